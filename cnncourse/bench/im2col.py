"""Two convolutions that others are measured by: im2col as courses teach it, and a plain one."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def _padded(x, padding):
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def classic_forward(x, w, b, *, stride, padding):
    """Gather windows by index arrays, all images side by side in one matrix."""
    N, F = len(x), len(w)
    OH, OW = _output_size(x, w, stride, padding)
    columns = classic_columns(x, w.shape[2:], stride, padding)
    out = w.reshape(F, -1) @ columns + b[:, None]
    return out.reshape(F, OH, OW, N).transpose(3, 0, 1, 2)


def classic_backward(dout, x, w, *, stride, padding):
    """Redo the columns, and add their gradients to the pixels, kernel place by kernel place."""
    F, (KH, KW) = len(w), w.shape[2:]
    columns = classic_columns(x, (KH, KW), stride, padding)
    gradients = dout.transpose(1, 2, 3, 0).reshape(F, -1)
    dw = (gradients @ columns.T).reshape(w.shape)
    dcolumns = w.reshape(F, -1).T @ gradients
    (N, F, OH, OW), C = dout.shape, x.shape[1]
    shares = dcolumns.reshape(C, KH, KW, OH, OW, N).transpose(1, 2, 5, 0, 3, 4)
    return _add_windows(shares, x, stride, padding), dw, dout.sum((0, 2, 3))


def classic_columns(x, kernel, stride, padding):
    """Lay out the windows as (C * KH * KW, OH * OW * N), the images varying fastest."""
    C, (KH, KW) = x.shape[1], kernel
    padded = _padded(x, padding)
    OH = (padded.shape[2] - KH) // stride + 1
    OW = (padded.shape[3] - KW) // stride + 1
    i = np.tile(np.repeat(np.arange(KH), KW), C)[:, None]
    i = i + stride * np.repeat(np.arange(OH), OW)
    j = np.tile(np.arange(KW), KH * C)[:, None] + stride * np.tile(np.arange(OW), OH)
    k = np.repeat(np.arange(C), KH * KW)[:, None]
    return padded[:, k, i, j].transpose(1, 2, 0).reshape(C * KH * KW, -1)


def plain_forward(x, w, b, *, stride, padding):
    """Copy the windows through strides, and multiply once."""
    N, F = len(x), len(w)
    OH, OW = _output_size(x, w, stride, padding)
    out = w.reshape(F, -1) @ plain_columns(x, w.shape[2:], stride, padding)
    out = out.reshape(F, N, OH, OW) + b[:, None, None, None]
    return np.ascontiguousarray(out.transpose(1, 0, 2, 3))


def plain_backward(dout, x, w, *, stride, padding):
    """Multiply once for the filters, once for the columns, and add those place by place."""
    (N, F, OH, OW), (C, KH, KW) = dout.shape, w.shape[1:]
    gradients = dout.transpose(1, 0, 2, 3).reshape(F, -1)
    dw = (gradients @ plain_columns(x, (KH, KW), stride, padding).T).reshape(w.shape)
    shares = (w.reshape(F, -1).T @ gradients).reshape(C, KH, KW, N, OH, OW)
    shares = shares.transpose(1, 2, 3, 0, 4, 5)
    return _add_windows(shares, x, stride, padding), dw, gradients.sum(1)


def plain_columns(x, kernel, stride, padding):
    """Lay out the windows as (C * KH * KW, N * OH * OW)."""
    windows = sliding_window_view(_padded(x, padding), kernel, axis=(2, 3))
    windows = windows[:, :, ::stride, ::stride].transpose(1, 4, 5, 0, 2, 3)
    return windows.reshape(windows.shape[0] * kernel[0] * kernel[1], -1)


def _output_size(x, w, stride, padding):
    return [
        (size + 2 * padding - k) // stride + 1
        for size, k in zip(x.shape[2:], w.shape[2:], strict=True)
    ]


def _add_windows(shares, x, stride, padding):
    """Add (KH, KW, N, C, OH, OW) shares to the pixels under them, and cut off the padding."""
    KH, KW, *_, OH, OW = shares.shape
    dx = np.zeros_like(_padded(x, padding))
    for i in range(KH):
        for j in range(KW):
            dx[:, :, i : i + stride * OH : stride, j : j + stride * OW : stride] += shares[i, j]
    H, W = x.shape[2:]
    return dx[:, :, padding : padding + H, padding : padding + W]
