"""The ten broken layers, as the notebook shows them: each has one bug, on purpose."""

import numpy as np


def broken_linear(x, w, b):
    """A fully connected layer: x (N, D), w (F, D), b (F,) to (N, F)."""
    return x @ w + b


def broken_max_pool2d(x, kernel_size, stride):
    """Keep the largest value of every window: x (N, C, H, W) to (N, C, OH, OW)."""
    N, C, H, W = x.shape
    OH = (H - kernel_size) // stride + 1
    OW = (W - kernel_size) // stride + 1
    out = np.zeros((N, C, OH, OW))
    for i in range(kernel_size):
        for j in range(kernel_size):
            down = slice(i, i + stride * (OH - 1) + 1, stride)
            along = slice(j, j + stride * (OW - 1) + 1, stride)
            out = np.maximum(out, x[:, :, down, along])
    return out


def broken_conv2d(x, w):
    """Cross-correlate: x (N, C, H, W), w (F, C, KH, KW) to (N, F, OH, OW)."""
    N, _, H, W = x.shape
    F, _, KH, KW = w.shape
    OH, OW = H - KH + 1, W - KW + 1
    out = np.zeros((N, F, OH, OW))
    for i in range(KH):
        for j in range(KW):
            pixels = x[:, :, i : i + OH, j : j + OW]
            out += np.einsum("nchw,fc->nfhw", pixels, w[:, :, -1 - i, -1 - j])
    return out


def broken_avg_pool2d(x, kernel_size, stride):
    """Average every window: x (N, C, H, W) to (N, C, OH, OW)."""
    N, C, H, W = x.shape
    OH, OW = H // stride, W // stride
    out = np.zeros((N, C, OH, OW))
    for i in range(OH):
        for j in range(OW):
            top, left = i * stride, j * stride
            window = x[:, :, top : top + kernel_size, left : left + kernel_size]
            out[:, :, i, j] = window.mean(axis=(2, 3))
    return out


def broken_softmax(x):
    """Turn every row of scores (N, C) into probabilities (N, C)."""
    e = np.exp(x)
    return e / e.sum(axis=1, keepdims=True)


def broken_cross_entropy(logits, labels):
    """Mean surprise over a batch: logits (N, C), labels (N,) to one number, in nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -logs[:, labels].mean()


def broken_batch_norm2d(x, weight, bias):
    """Normalise every channel over the batch, as in training: x (N, C, H, W)."""
    mean = x.mean(axis=(0, 2, 3), keepdims=True)
    var = x.var(axis=(0, 2, 3), keepdims=True, ddof=1)
    normal = (x - mean) / np.sqrt(var + 1e-5)
    return weight[:, None, None] * normal + bias[:, None, None]


def broken_dropout(x, draws, p, training):
    """Drop where the draw, uniform in [0, 1), is below p: x and draws are (N, D)."""
    if not training:
        return x.copy()
    return x * (draws >= p) / p


def broken_relu_backward(dout, x):
    """Carry the gradient of the loss back through ReLU: dout and x have one shape."""
    return np.maximum(dout, 0) * (x > 0)


def broken_max_pool2d_backward(dout, x, kernel_size, stride):
    """Give each window's gradient to its largest pixel: dout (N, C, OH, OW) to dx like x."""
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        top, left = i * stride, j * stride
        window = x[n, c, top : top + kernel_size, left : left + kernel_size]
        row, column = np.unravel_index(window.argmax(), window.shape)
        dx[n, c, top + row, left + column] = dout[n, c, i, j]
    return dx
