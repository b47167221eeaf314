"""Both gradients of a layer with few channels: images last, so that every copy is a long row.

In LeNet's layers a row of an image is some ten pixels long, and a product has six rows: copying
takes longer than multiplying. With the images as the last axis, the pixels under one value of
the kernel are rows of `OW * n` neighbours. They are copied once, for the filters' gradient; the
windows' shares in the input's gradient then overwrite them, and are added where they lay.
"""

import math

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnncourse.fast.rows import images_at_once
from cnncourse.fast.workers import run, spans

# Bytes of windows that one worker keeps at hand.
CACHE = 2 * 1024 * 1024
# Images whose windows must fit there, and images that there must be.
SMALL, FEW = 16, 4


def pays(w_shape, out_shape, itemsize):
    """Say whether this is faster than copying rows, by what was measured.

    Parameters
    ----------
    w_shape, out_shape : tuple of int
        (F, C, KH, KW) and (N, F, OH, OW).
    itemsize : int
        Bytes of a number.

    Returns
    -------
    bool
        From 16 images on that fit the cache, it takes 0.3 to 0.9 of the time; at 13 the same.
    """
    return out_shape[0] >= FEW and SMALL * _size(w_shape, out_shape) * itemsize <= CACHE


def gradients(dout, x, w, *, stride, padding):
    """Find the gradients of a convolution.

    Parameters
    ----------
    dout : (N, F, OH, OW) ndarray of float
        Gradient of the loss with respect to the outputs.
    x : (N, C, H, W) ndarray of float
        Images.
    w : (F, C, KH, KW) ndarray of float
        Filters.
    stride, padding : (int, int)
        As in `conv2d`.

    Returns
    -------
    dx : (N, C, H, W) ndarray of float
        Gradient with respect to the images.
    dw : (F, C, KH, KW) ndarray of float
        Gradient with respect to the filters.
    db : (F,) ndarray of float
        Gradient with respect to the biases.
    """
    (F, C, *kernel), (H, W) = w.shape, x.shape[2:]
    taps = np.ascontiguousarray(w.transpose(2, 3, 1, 0)).reshape(-1, F)  # (KH * KW * C, F)
    inside = (slice(None), slice(padding[0], padding[0] + H), slice(padding[1], padding[1] + W))
    dx = np.empty(x.shape, x.dtype)

    def work(shared):
        total, biases = np.zeros(taps.shape, x.dtype), np.zeros(F, x.dtype)
        for n0, n1 in shared:
            outputs = _images_last(dout[n0:n1], (0, 0)).reshape(F, -1)
            padded = _images_last(x[n0:n1], padding)
            windows = _windows(padded, kernel, stride, dout.shape[2:])
            columns = np.array(windows, order="C").reshape(len(taps), -1)
            total += columns @ outputs.T
            biases += outputs.sum(1)
            np.matmul(taps, outputs, out=columns)
            _add(columns.reshape(windows.shape), windows, padded)
            dx[n0:n1] = padded[inside].transpose(3, 0, 1, 2)
        return total, biases

    wanted = CACHE // x.itemsize
    images = images_at_once(len(x), _size(w.shape, dout.shape), wanted=wanted)
    totals, biases = zip(*run(work, spans(len(x), images)), strict=True)
    dw = sum(totals).reshape(*kernel, C, F).transpose(3, 2, 0, 1)
    return dx, np.ascontiguousarray(dw), sum(biases)


def _size(w_shape, out_shape):
    """Count the values in the windows of one image."""
    return math.prod(w_shape[1:]) * math.prod(out_shape[2:])


def _images_last(x, padding):
    """Bring (n, C, H, W) images into the order (C, H, W, n), with zeros around them."""
    (n, C, H, W), (down, across) = x.shape, padding
    shape = (C, H + 2 * down, W + 2 * across, n)
    padded = (np.zeros if down or across else np.empty)(shape, x.dtype)
    padded[:, down : down + H, across : across + W] = x.transpose(1, 2, 3, 0)
    return padded


def _windows(padded, kernel, stride, size):
    """View (C, rows, columns, n) images as (KH, KW, C, OH, OW, n) windows."""
    channel, row, column, image = padded.strides
    return as_strided(
        padded,
        (*kernel, len(padded), *size, padded.shape[-1]),
        (row, column, channel, row * stride[0], column * stride[1], image),
    )


def _add(shares, windows, padded):
    """Add the windows' shares to the pixels under them, which are cleared first."""
    padded[...] = 0
    for i, j in np.ndindex(shares.shape[:2]):
        pixels = windows[i, j]
        pixels += shares[i, j]
