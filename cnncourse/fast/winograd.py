"""Winograd's way for kernels of 3 x 3 and 5 x 5: fewer multiplications, more additions.

A tile of 6 x 6 pixels and a kernel become 36 values each; their products, summed over the
channels, become the 4 x 4 (or 2 x 2) outputs of the tile. That is 36 multiplications where
the definition needs 144 (or 100). The price is rounding: in float32 an error of about 1e-5 of
the largest output, some ten times that of the definition.

References
----------
.. [1] A. Lavin and S. Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016,
   arXiv:1509.09308.
"""

import functools
import math

import numpy as np

from cnncourse.fast.rows import copy_rows, images_at_once
from cnncourse.fast.workers import run, spans

TILE = 6
# Tiles in one block: columns of the products.
TILES = 196
# Pairs of a filter and a channel that are transformed at a time.
VALUES = 4096
# Channels below which the transforms do not pay.
CHANNELS = 48


@functools.cache
def transforms(kernel, dtype):
    """Give the matrices for a kernel size, from the points 0, 1, -1, 2, -2 and infinity.

    Parameters
    ----------
    kernel : int
        Pixels along one axis of the kernel, at most 6.
    dtype : str
        "float32" or "float64".

    Returns
    -------
    B : (6, 6) ndarray of float
        What a tile's pixels are multiplied with, along each axis.
    G : (6, kernel) ndarray of float
        What a kernel's values are multiplied with.
    A : (7 - kernel, 6) ndarray of float
        What the products are multiplied with, to give outputs.

    Examples
    --------
    >>> B, G, A = transforms(3, "float64")
    >>> A @ ((G @ [1, 10, 100]) * (B @ [1, 2, 3, 4, 5, 6]))
    array([321., 432., 543., 654.])
    """
    points = np.array([0.0, 1, -1, 2, -2])
    B, G, A = np.zeros((TILE, TILE)), np.zeros((TILE, kernel)), np.zeros((7 - kernel, TILE))
    for row, point in enumerate(points):
        others = np.delete(points, row)
        B[row, :-1] = np.poly(others)[::-1]
        G[row] = point ** np.arange(kernel) / np.prod(point - others)
        A[:, row] = point ** np.arange(7 - kernel)
    B[-1], G[-1, -1], A[-1, -1] = np.poly(points)[::-1], 1, 1
    return tuple(matrix.astype(dtype) for matrix in (B, G, A))


def pays(x_shape, out_shape, kernel, stride):
    """Say whether Winograd's way is faster than the rows, by what was measured.

    Parameters
    ----------
    x_shape, out_shape : tuple of int
        (N, C, H, W) and (N, F, OH, OW).
    kernel, stride : (int, int)
        Of the convolution.

    Returns
    -------
    bool
        Where channels are few, the transforms cost more than the products that they save.
    """
    if kernel not in ((3, 3), (5, 5)) or stride != (1, 1):
        return False
    (C, (F, OH, OW)), step = (x_shape[1], out_shape[1:]), 7 - kernel[0]
    tiles = math.ceil(OH / step) * math.ceil(OW / step)
    saved = tiles * TILE**2 / (OH * OW * kernel[0] ** 2)
    return min(C, F) >= CHANNELS and saved < 0.5


def transformed_filters(w, *, turned=False):
    """Multiply the filters with G from both sides.

    Parameters
    ----------
    w : (F, C, K, K) ndarray of float
        Filters of 3 x 3 or 5 x 5.
    turned : bool, default False
        Whether to turn them by half a turn, and exchange F and C, as the gradient needs them.

    Returns
    -------
    U : (36, F, C) or (36, C, F) ndarray of float
        What `correlate` takes.
    """
    F, C, K = w.shape[:3]
    G = transforms(K, str(w.dtype))[1]
    both = np.kron(G[:, ::-1], G[:, ::-1]) if turned else np.kron(G, G)
    values, U = w.reshape(F * C, -1).T, np.empty((TILE**2, F * C), w.dtype)

    def work(shared):
        for begin, end in shared:
            np.matmul(both, values[:, begin:end], out=U[:, begin:end])

    run(work, spans(F * C, VALUES))
    U = U.reshape(-1, F, C)
    return U.transpose(0, 2, 1) if turned else U


def correlate(x, U, b, out, *, kernel, start):
    """Do what `rows.correlate` does, for stride 1.

    Parameters
    ----------
    x : (N, C, H, W) ndarray of float
        Images.
    U : (36, F, C) ndarray of float
        What `transformed_filters` makes of the filters.
    b : (F,) ndarray of float or None
        What is added to each filter's outputs.
    out : (N, F, OH, OW) ndarray of float
        Filled with the outputs.
    kernel : int
        Height and width of a filter, 3 or 5.
    start : (int, int)
        Row and column of the input where the first window begins.
    """
    C, step = x.shape[1], 7 - kernel
    B, _, A = transforms(kernel, str(x.dtype))

    def work(shared):
        for (n0, n1), (t0, t1), across in shared:
            block = out[n0:n1, :, t0 * step : t1 * step]
            corner = (start[0] + t0 * step, start[1])
            V = _transformed(x[n0:n1], B, corner, step, (t1 - t0, across))
            M = np.matmul(U, V.reshape(TILE**2, C, -1))  # (36, F, tiles)
            _write(M, A, block, (t1 - t0, across))
            if b is not None:
                block += b[:, None, None]

    run(work, _blocks(out.shape, step))


def filter_gradients(dout, x, *, kernel, start):
    """Do what `weights.filter_gradients` does, for stride 1.

    Parameters
    ----------
    dout : (N, F, OH, OW) ndarray of float
        Gradient of the loss with respect to the outputs.
    x : (N, C, H, W) ndarray of float
        Images.
    kernel : int
        Height and width of a filter, 3 or 5.
    start : (int, int)
        Row and column of the input where the first window begins.

    Returns
    -------
    dw : (F, C, kernel, kernel) ndarray of float
        Gradient of the loss with respect to the filters.
    db : (F,) ndarray of float
        Gradient with respect to the biases.
    """
    (F, C), step = (dout.shape[1], x.shape[1]), 7 - kernel
    B, G, A = transforms(kernel, str(x.dtype))
    turned = np.ascontiguousarray(A.T)

    def work(shared):
        total, biases = None, np.zeros(F, x.dtype)
        for (n0, n1), (t0, t1), across in shared:
            corner = (start[0] + t0 * step, start[1])
            V = _transformed(x[n0:n1], B, corner, step, (t1 - t0, across))
            rows = dout[n0:n1, :, t0 * step : t1 * step]
            D = _transformed(rows, turned, (0, 0), step, (t1 - t0, across))
            D, V = D.reshape(TILE**2, F, -1), V.reshape(TILE**2, C, -1)
            total = _added(total, np.matmul(D, V.transpose(0, 2, 1)))
            biases += D[TILE + 1].sum(1)  # at the point (1, 1) all outputs of a tile add up
        return total, biases

    totals, biases = zip(*run(work, _blocks(dout.shape, step)), strict=True)
    totals = [total for total in totals if total is not None]  # a worker may come too late
    return _turned_back(totals, np.kron(G, G)), sum(biases)


def _added(total, more):
    """Add in place, but for the first."""
    if total is None:
        return more
    total += more
    return total


def _turned_back(totals, both):
    """Add up what the workers found, and turn it into gradients of filters."""
    F, C = totals[0].shape[1:]
    totals = [total.reshape(TILE**2, -1) for total in totals]
    dw = np.empty((F * C, both.shape[1]), both.dtype)

    def work(shared):
        for begin, end in shared:
            part = functools.reduce(np.add, [total[:, begin:end] for total in totals])
            np.matmul(part.T, both, out=dw[begin:end])

    run(work, spans(F * C, VALUES))
    return dw.reshape(F, C, *[math.isqrt(both.shape[1])] * 2)


def _blocks(shape, step):
    """Cut the outputs into blocks of images and rows of tiles."""
    N, _, OH, OW = shape
    down, across = math.ceil(OH / step), math.ceil(OW / step)
    images = images_at_once(N, down * across, wanted=TILES)
    height = max(1, TILES // (images * across))
    return [(n, t, across) for n in spans(N, images) for t in spans(down, min(height, down))]


def _transformed(x, matrix, start, step, tiles):
    """Cut images into tiles, and multiply a matrix from both sides: (6, 6, C, tiles)."""
    (N, C), (down, across), size = x.shape[:2], tiles, matrix.shape[1]
    pixels = _sorted(x, size, start, step, ((down - 1) * step + size, across))
    columns = (matrix @ pixels.reshape(size, -1)).reshape(TILE, *pixels.shape[1:])
    rows = np.empty((size, TILE, C, down, N, across), x.dtype)
    for k in range(size):
        rows[k] = columns[:, :, k::step][:, :, :down]
    return (matrix @ rows.reshape(size, -1)).reshape(TILE, *rows.shape[1:])


def _sorted(x, size, start, step, shape):
    """Copy pixels by their column in their tile: (size, C, rows, N, across).

    Reading whole rows first, and shifting by one tile where tiles overlap, is up to twice as
    fast as reading every `step`-th pixel of the short rows of small images.
    """
    (N, C), (R, across) = x.shape[:2], shape
    rows = np.empty((C, R, N, across * step), x.dtype)
    copy_rows(x, rows.transpose(1, 0, 2, 3)[:, None], start=start, step=(1, 1))
    pixels = np.empty((size, C, R, N, across), x.dtype)
    columns = pixels.reshape(size, -1)
    columns[:step] = rows.reshape(-1, step).T
    for k in range(step, size):
        columns[k, :-1] = columns[k - step, 1:]
        last = pixels[k, ..., -1:].transpose(1, 0, 2, 3)[:, None]
        right = start[1] + (across - 1) * step + k
        copy_rows(x, last, start=(start[0], right), step=(1, 1))
    return pixels


def _write(M, A, out, tiles):
    """Turn products back into the pixels of their tiles."""
    N, F = out.shape[:2]
    step = len(A)
    half = A @ M.reshape(TILE, -1)  # (step, 6 * F * tiles)
    pixels = np.matmul(A, half.reshape(step, TILE, -1))
    pixels = pixels.reshape(step, step, F, tiles[0], N, tiles[1]).transpose(0, 1, 4, 2, 3, 5)
    for i in range(step):
        for j in range(step):
            part = out[:, :, i::step, j::step]
            part[...] = pixels[i, j, :, :, : part.shape[2], : part.shape[3]]
