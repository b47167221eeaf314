"""Other right ways to do assignment 01, for the audit: images as arrays."""

import numpy as np


def chw_by_stacking(image):
    """One map for each channel, stacked."""
    return np.stack([image[:, :, c] for c in range(image.shape[2])])


def nchw_by_loops(images):
    """Every value carried to its place."""
    images = images[..., None] if images.ndim == 3 else images
    N, H, W, C = images.shape
    out = np.zeros((N, C, H, W))
    for n, c, i, j in np.ndindex(out.shape):
        out[n, c, i, j] = images[n, i, j, c]
    return out


def nchw_by_swaps(images):
    """Two exchanges of neighbours."""
    if images.ndim == 3:
        return np.expand_dims(images, 1)
    return images.swapaxes(2, 3).swapaxes(1, 2)


def statistics_by_moments(x):
    """The mean of the squares less the square of the mean."""
    mean = np.einsum("nchw->c", x) / (x.size / x.shape[1])
    centred = x - mean.reshape(1, -1, 1, 1)  # subtracted first, so that no digits are lost
    return mean, np.sqrt(np.einsum("nchw,nchw->c", centred, centred) / (x.size / x.shape[1]))


def statistics_by_channels(x):
    """One channel after the other."""
    channels = [x[:, c] for c in range(x.shape[1])]
    return np.array([c.mean() for c in channels]), np.array([c.std() for c in channels])


def normalize_by_channels(x, mean, std):
    """One channel after the other."""
    out = np.empty(x.shape)
    for c in range(x.shape[1]):
        out[:, c] = (x[:, c] - mean[c]) / std[c]
    return out


def normalize_channels_last(x, mean, std):
    """Channels moved last, where NumPy lines them up by itself."""
    return np.moveaxis((np.moveaxis(x, 1, -1) - mean) / std, -1, 1)


def one_hot_by_loop(labels, num_classes):
    """One row after the other."""
    out = np.zeros((len(labels), num_classes), dtype=int)
    for n, label in enumerate(labels):
        out[n, label] = 1
    return out


ALTERNATIVES = {
    "to_chw": {
        "stacking": chw_by_stacking,
        "rollaxis": lambda image: np.rollaxis(image, 2),
        "einsum": lambda image: np.einsum("hwc->chw", image),
    },
    "to_nchw": {"loops": nchw_by_loops, "swaps": nchw_by_swaps},
    "to_float": {
        "a product": lambda images: images * (1 / 255),
        "a table": lambda images: np.linspace(0, 1, 256)[images],
    },
    "channel_statistics": {
        "moments": statistics_by_moments,
        "one by one": statistics_by_channels,
    },
    "normalize": {
        "one by one": normalize_by_channels,
        "channels last": normalize_channels_last,
    },
    "one_hot": {
        "a loop": one_hot_by_loop,
        "rows of eye": lambda labels, num_classes: np.eye(num_classes, dtype=int)[labels],
    },
}
