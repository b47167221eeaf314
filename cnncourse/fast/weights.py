"""The gradients of a convolution's filters and biases.

A filter's value at (i, j) met, in every window, the pixel i rows down and j columns across: its
gradient is the product of the output's gradients with those pixels. The copies are those of
`rows`, but stored as (kernel column, channel, row, image, output column): the pixels of kernel
row i are then one matrix, i rows further on in memory, and nothing is copied per kernel row.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncourse.fast.rows import copy_rows, images_at_once
from cnncourse.fast.workers import run, spans

# Bytes of copies that one worker keeps at hand.
CACHE = 2 * 1024 * 1024
# Pixels that one product sums over, where the cache holds as many.
SUMMED = 16384
# A product with fewer columns than this runs slowly: then every kernel row is copied, too.
NARROW = 12


def filter_gradients(dout, x, kernel, *, stride, start):
    """Sum over all windows the output's gradient times the pixels under the filter.

    Parameters
    ----------
    dout : (N, F, OH, OW) ndarray of float
        Gradient of the loss with respect to the outputs.
    x : (N, C, H, W) ndarray of float
        Images.
    kernel : (int, int)
        Height and width of a filter.
    stride, start : (int, int)
        As in `rows.correlate`.

    Returns
    -------
    dw : (F, C, KH, KW) ndarray of float
        Gradient of the loss with respect to the filters.
    db : (F,) ndarray of float
        Gradient with respect to the biases.
    """
    N, F, OH, OW = dout.shape
    C, (KH, KW) = x.shape[1], kernel
    shift = 1 if C * KW >= NARROW else KH  # kernel rows that are copied
    lines = max(shift * stride[0] * KW * C, F)
    wanted = min(SUMMED, CACHE // (lines * x.itemsize))
    images = images_at_once(N, OH * OW, wanted=wanted)
    row = shift * stride[0] * KW * C * images * OW * x.itemsize
    height = min(max(CACHE // row, 1), OH)
    blocks = [(n, h) for n in spans(N, images) for h in spans(OH, height)]

    def work(shared):
        total = np.zeros((KH // shift, shift * KW * C, F), x.dtype)
        biases = np.zeros(F, x.dtype)
        for (n0, n1), (h0, h1) in shared:
            gradients = _as_matrix(dout[n0:n1, :, h0:h1])
            top = start[0] + h0 * stride[0]
            pixels = _stacked if shift > 1 else _shifted
            windows = pixels(x[n0:n1], kernel, stride, (top, start[1]), (h1 - h0, OW))
            for i, matrix in enumerate(windows):
                total[i] += matrix @ gradients.T  # measured: faster than its transpose
            biases += gradients @ np.ones(gradients.shape[1], x.dtype)
        return total, biases

    totals, biases = zip(*run(work, blocks), strict=True)
    dw = sum(totals)  # (KH, KW * C, F), or (1, KH * KW * C, F)
    dw = dw.reshape(KH, KW, C, F).transpose(3, 2, 0, 1)
    return np.ascontiguousarray(dw), sum(biases)


def _as_matrix(dout):
    """Bring (n, F, h, OW) gradients into the order (F, h * n * OW)."""
    F = dout.shape[1]
    if len(dout) == 1:
        return dout[0].reshape(F, -1)
    return dout.transpose(1, 2, 0, 3).reshape(F, -1)


def _shifted(x, kernel, stride, start, size):
    """Yield for each kernel row the (KW * C, h * n * OW) pixels under it, without a copy."""
    (n, C), (KH, KW), (OH, OW), step = x.shape[:2], kernel, size, stride[0]
    R = OH + (KH - 1) // step
    phases = min(step, KH)  # rows that are `step` apart lie together
    copies = np.empty((KW, C, phases, R, n, OW), x.dtype)
    for phase in range(phases):
        rows = copies[:, :, phase].transpose(2, 0, 1, 3, 4)
        copy_rows(x, rows, start=(start[0] + phase, start[1]), step=stride)
    line = phases * R * n * OW * x.itemsize
    for i in range(KH):
        first = copies[0, 0, i % step, i // step :]
        yield as_strided(first, (KW * C, OH * n * OW), (line, x.itemsize))


def _stacked(x, kernel, stride, start, size):
    """Yield once the (KH * KW * C, h * n * OW) pixels under all kernel rows, copied."""
    (n, C), (KH, KW), (OH, OW) = x.shape[:2], kernel, size
    copies = np.empty((KH, KW, C, OH, n, OW), x.dtype)
    for i in range(KH):
        rows = copies[i].transpose(2, 0, 1, 3, 4)
        copy_rows(x, rows, start=(start[0] + i, start[1]), step=stride)
    yield copies.reshape(KH * KW * C, -1)
