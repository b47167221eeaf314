"""The gradient of a convolution's input: gathered where channels are many, scattered where few."""

import numpy as np

from cnncourse.fast.rows import correlate
from cnncourse.fast.workers import run, spans

# Bytes of windows' shares that one worker keeps at hand.
CACHE = 1024 * 1024


def gathered_gradient(dout, w, dx, *, stride, padding):
    """Fill the input's gradient by convolutions of the output's.

    The pixels that are `stride` apart met the same kernel values, every `stride`-th of them;
    their gradient is a convolution of `dout`, of stride 1, with those values turned around.

    Parameters
    ----------
    dout : (N, F, OH, OW) ndarray of float
        Gradient of the loss with respect to the outputs.
    w : (F, C, KH, KW) ndarray of float
        Filters.
    dx : (N, C, H, W) ndarray of float
        Filled with the gradient with respect to the inputs.
    stride, padding : (int, int)
        As in `conv2d`.
    """
    for row, down, top in _phases(stride[0], padding[0], w.shape[2]):
        for column, across, left in _phases(stride[1], padding[1], w.shape[3]):
            pixels = dx[:, :, row :: stride[0], column :: stride[1]]
            taps = w[:, :, down, across].transpose(1, 0, 2, 3)
            if taps.size:
                correlate(dout, taps, None, pixels, stride=(1, 1), start=(top, left))
            else:
                pixels[...] = 0


def _phases(stride, padding, kernel):
    """Yield per phase its first pixel, its kernel values, and where its windows begin."""
    for phase in range(stride):
        count = len(range(phase, kernel, stride))
        pixel = (phase - padding) % stride
        start = (pixel + padding - phase) // stride - (count - 1)
        last = phase + (count - 1) * stride
        taps = slice(last, phase - 1 if phase else None, -stride) if count else slice(0, 0)
        yield pixel, taps, start


def scattered_gradient(dout, w, dx, *, stride, padding):
    """Fill the input's gradient by adding every window's share where the window lay.

    Parameters
    ----------
    dout, w, dx, stride, padding
        As in `gathered_gradient`.
    """
    N, F, OH, OW = dout.shape
    C, KH, KW = w.shape[1:]
    H, W = dx.shape[2:]
    taps = np.ascontiguousarray(w.transpose(2, 3, 1, 0)).reshape(-1, F)  # (KH * KW * C, F)
    height = max(1, CACHE // (KH * KW * C * OW * dx.itemsize))
    rows = max((OH - 1) * stride[0] + KH, padding[0] + H)
    columns = max((OW - 1) * stride[1] + KW, padding[1] + W)

    def work(shared):
        padded = np.empty((C, rows, columns), dx.dtype)
        for n in shared:
            padded[...] = 0
            for h0, h1 in spans(OH, height):
                shares = taps @ dout[n, :, h0:h1].reshape(F, -1)
                shares = shares.reshape(KH, KW, C, h1 - h0, OW)
                _add(shares, padded[:, h0 * stride[0] :], stride)
            dx[n] = padded[:, padding[0] : padding[0] + H, padding[1] : padding[1] + W]

    run(work, list(range(N)))


def _add(shares, padded, stride):
    """Add the windows' shares to the pixels under them."""
    KH, KW, _, OH, OW = shares.shape
    for i in range(KH):
        for j in range(KW):
            pixels = padded[:, i :: stride[0], j :: stride[1]]
            pixels[:, :OH, :OW] += shares[i, j]
