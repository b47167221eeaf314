"""Windows that lie where they should not, and windows that overwrite each other."""

import numpy as np

from cnncourse.catalogue.windows import crop_spatial, pad_spatial


def lay_otherwise(right, dout, x, w, *, stride, before, after):
    """Ask for the gradients of windows that lie elsewhere, as many as dout has.

    The images are padded by `before` at the top and the left, by `after` at the other ends.
    """
    padded = pad_spatial(x, before, after)
    windows = zip(dout.shape[2:], stride, w.shape[2:], strict=True)
    used = [(count - 1) * step + K for count, step, K in windows]
    if used[0] > padded.shape[2] or used[1] > padded.shape[3]:
        raise ValueError("could not broadcast: windows hang over the padded images")
    inside, dw, db = right(dout, crop_spatial(padded, used), w, stride=stride)
    dpadded = np.zeros(padded.shape)
    dpadded[:, :, : used[0], : used[1]] = inside
    return crop_spatial(dpadded[:, :, before[0] :, before[1] :], x.shape[2:]), dw, db


def overwrite_windows(right, dout, x, w, stride, padding):
    """Give dx where each window replaces what the ones before it had left."""
    padded = pad_spatial(x, padding, padding)
    dpadded = np.zeros(padded.shape)
    (SH, SW), (KH, KW) = stride, w.shape[2:]
    for i, j in np.ndindex(dout.shape[2:]):
        alone = np.zeros_like(dout)
        alone[:, :, i, j] = dout[:, :, i, j]
        here = (..., slice(i * SH, i * SH + KH), slice(j * SW, j * SW + KW))
        dpadded[here] = right(alone, padded, w, stride=stride)[0][here]
    return crop_spatial(dpadded[:, :, padding[0] :, padding[1] :], x.shape[2:])


def overwrite_weights(right, dout, x, w, stride, padding):
    """Give dx where each weight of the kernel replaces what the ones before it had left."""
    padded = pad_spatial(x, padding, padding)
    dpadded = np.zeros(padded.shape)
    (OH, OW), (SH, SW) = dout.shape[2:], stride
    for k, m in np.ndindex(w.shape[2:]):
        alone = np.zeros_like(w)
        alone[:, :, k, m] = w[:, :, k, m]
        here = (..., slice(k, k + SH * (OH - 1) + 1, SH), slice(m, m + SW * (OW - 1) + 1, SW))
        dpadded[here] = right(dout, padded, alone, stride=stride)[0][here]
    return crop_spatial(dpadded[:, :, padding[0] :, padding[1] :], x.shape[2:])
