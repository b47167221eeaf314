"""Convolution row by row: copy the input once per kernel column, and let BLAS find the rows.

A kernel of KH x KW pixels usually has every value copied KH * KW times before the product.
Here the copies lie in memory as (row, kernel column, channel, image, output column): the KH
rows that one output row needs are then neighbours, a matrix that BLAS reads where it is.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncourse.fast.workers import num_workers, run, spans

# Bytes of copies that one worker keeps at hand: they stay near its core.
CACHE = 2 * 1024 * 1024
# Columns a product should have, so that packing the filters for it costs little.
COLUMNS = 128


def correlate(x, w, b, out, *, stride, start):
    """Slide filters over images, writing into an array that is there.

    Parameters
    ----------
    x : (N, C, H, W) ndarray of float
        Images.
    w : (F, C, KH, KW) ndarray of float
        Filters.
    b : (F,) ndarray of float or None
        What is added to each filter's outputs.
    out : (N, F, OH, OW) ndarray of float
        Filled with the outputs.
    stride : (int, int)
        Pixels between two windows, down and across.
    start : (int, int)
        Row and column of the input where the first window begins; negative in the padding.
        Whatever lies outside the input counts as zero.
    """
    N, F, OH, OW = out.shape
    if not out.size:
        return
    KH, KW = w.shape[2:]
    filters = np.ascontiguousarray(w.transpose(0, 2, 3, 1)).reshape(F, -1)  # (F, KH * KW * C)
    images, height = _block(x, w, out, stride[0])
    blocks = [(n, h) for n in spans(N, images) for h in spans(OH, height)]
    rows = (height - 1) * stride[0] + KH
    size = rows * KW * x.shape[1] * images * OW

    def work(shared):
        scratch = np.empty(size, x.dtype)
        for (n0, n1), (h0, h1) in shared:
            top = start[0] + h0 * stride[0]
            R = (h1 - h0 - 1) * stride[0] + KH
            copies = scratch[: R * KW * x.shape[1] * (n1 - n0) * OW]
            copies = copies.reshape(R, KW, x.shape[1], n1 - n0, OW)
            copy_rows(x[n0:n1], copies, start=(top, start[1]), step=(1, stride[1]))
            _multiply(filters, copies, out[n0:n1, :, h0:h1], stride[0])
            if b is not None:
                out[n0:n1, :, h0:h1] += b[:, None, None]

    run(work, blocks)


def copy_rows(x, copies, *, start, step):
    """Copy rows of images once per kernel column, each copy shifted by one pixel.

    Parameters
    ----------
    x : (N, C, H, W) ndarray of float
        Images.
    copies : (R, KW, C, N, OW) ndarray of float
        Filled; `copies[r, j, c, n, o]` is the pixel `x[n, c, top + down * r, left + j +
        across * o]`, or zero where the image has no such pixel.
    start : (int, int)
        Row `top` and column `left` of the image where the copies begin.
    step : (int, int)
        Pixels `down` between two rows that are copied, and `across` between two columns.
    """
    H, W = x.shape[2:]
    R, KW, *_, OW = copies.shape
    down, across = step
    first, last = _inside(R, H, start[0], down)
    copies[:first] = 0
    copies[last:] = 0
    if first == last:
        return
    rows = x[:, :, start[0] + first * down :: down][:, :, : last - first]
    rows = rows.transpose(2, 1, 0, 3)  # (rows, C, N, W)
    for j in range(KW):
        left = start[1] + j
        begin, end = _inside(OW, W, left, across)
        copy = copies[first:last, j]
        copy[..., :begin] = 0
        copy[..., end:] = 0
        if begin < end:
            pixels = rows[..., left + begin * across :: across]
            copy[..., begin:end] = pixels[..., : end - begin]


def _inside(count, length, offset, step):
    """Say which of the places offset, offset + step, ... lie in range(length)."""
    first = min(max(-(offset // step), 0), count)
    return first, min(max(-((offset - length) // step), first), count)


def _multiply(filters, copies, out, stride):
    """Write the products of the filters with every output row's pixels."""
    N, OW = copies.shape[3:]
    F, K = filters.shape
    OH = out.shape[2]
    row = copies.strides[0]
    windows = as_strided(
        copies, (OH, K, N * OW), (stride * row, N * OW * copies.itemsize, copies.itemsize)
    )
    if N == 1 and out.strides[3] == out.itemsize:
        np.matmul(filters, windows, out=out[0].transpose(1, 0, 2))
    else:
        out[...] = np.matmul(filters, windows).reshape(OH, F, N, OW).transpose(2, 1, 0, 3)


def images_at_once(count, columns, *, wanted=COLUMNS):
    """Choose how many images a block holds.

    Parameters
    ----------
    count : int
        Images there are.
    columns : int
        Columns that one image adds to a product.
    wanted : int, default COLUMNS
        Columns that a product should have.

    Returns
    -------
    int
        No more than give the columns wanted, and so many that each worker has as many blocks.
    """
    workers = num_workers()
    rounds = math.ceil(count / (max(1, wanted // columns) * workers))
    return math.ceil(count / (rounds * workers))


def _block(x, w, out, stride):
    """Choose how many images and output rows one block holds."""
    N, _, OH, OW = out.shape
    KH, KW = w.shape[2:]
    line = KW * x.shape[1] * OW * x.itemsize  # bytes of one row of one image
    # Neighbouring blocks both copy the rows between them: low blocks would copy them often.
    low = (min(OH, 4 * KH) - 1) * stride + KH
    images = images_at_once(N, OW, wanted=min(COLUMNS, OW * (CACHE // (line * low))))
    height = max(1, (CACHE // (line * images) - KH) // stride + 1)
    return images, _even(OH, height)


def _even(length, size):
    """Cut a length into as few pieces as the size allows, and those about equal."""
    return math.ceil(length / math.ceil(length / size))
