"""Assignment 11: other right solutions, beside the notebook's own."""

import numpy as np


def pair(value):
    """Turn one number into two."""
    return value if isinstance(value, tuple) else (value, value)


def hflip_by_index(x):
    """Fetches the columns from the last to the first."""
    return x[..., np.arange(x.shape[3] - 1, -1, -1)]


def hflip_pixel_by_pixel(x):
    """Puts every column where its mirror image stands."""
    out = np.empty_like(x)
    W = x.shape[3]
    for j in range(W):
        out[..., W - 1 - j] = x[..., j]
    return out


def flip_one_by_one(x, *, p=0.5, rng):
    """Throws a coin for one image after the other, like a loader does."""
    flipped = [np.flip(one, 2) if rng.uniform() < p else one for one in x]
    return np.array(flipped).reshape(x.shape)


def flip_by_binomial(x, *, p=0.5, rng):
    """Throws all coins in one call, each as a binomial number of one trial."""
    chosen = rng.binomial(1, p, size=len(x)).astype(bool)
    return np.where(chosen[:, None, None, None], np.flip(x, 3), x)


def flip_by_choice(x, *, p=0.5, rng):
    """Chooses the step of a slice for every image."""
    out = np.empty(x.shape)
    for n, step in enumerate(rng.choice([-1, 1], p=[p, 1 - p], size=len(x))):
        out[n] = x[n, :, :, ::step]
    return out


def crop_by_index(x, size, *, padding=0, rng):
    """Fetches rows and columns of all images at once."""
    N, C, H, W = x.shape
    OH, OW = pair(size)
    padded = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    padded[:, :, padding : padding + H, padding : padding + W] = x
    rows = rng.integers(0, H + 2 * padding - OH + 1, size=N)[:, None] + np.arange(OH)
    columns = rng.integers(0, W + 2 * padding - OW, size=N, endpoint=True)[:, None]
    columns = columns + np.arange(OW)
    images = np.arange(N)[:, None, None]
    cut = padded.transpose(0, 2, 3, 1)[images, rows[:, :, None], columns[:, None, :]]
    return cut.transpose(0, 3, 1, 2)


def crop_by_windows(x, size, *, padding=0, rng):
    """Looks at all windows, and takes one of each image."""
    margin = (padding, padding)
    padded = np.pad(x, ((0, 0), (0, 0), margin, margin))
    windows = np.lib.stride_tricks.sliding_window_view(padded, pair(size), axis=(2, 3))
    tops = [int(rng.integers(windows.shape[2])) for _ in x]  # one number after the other
    lefts = [int(rng.integers(windows.shape[3])) for _ in x]
    return windows[np.arange(len(x)), :, tops, lefts].astype(float)


def shear_by_two_shifts(x, *, degrees):
    """Shifts every row by whole pixels, twice, and mixes the two."""
    out = np.zeros(x.shape)
    N, C, H, W = x.shape
    for i in range(H):
        shift = np.tan(degrees * np.pi / 180) * (i - H / 2 + 0.5)
        whole = int(np.floor(shift))
        for step, weight in ((whole, 1 - (shift - whole)), (whole + 1, shift - whole)):
            fetched = np.zeros((N, C, W))
            first, last = max(0, -step), min(W, W - step)
            if first < last:
                fetched[..., first:last] = x[:, :, i, first + step : last + step]
            out[:, :, i] += weight * fetched
    return out


def shear_by_weights(x, *, degrees):
    """Has a table of weights for every row."""
    H, W = x.shape[2:]
    slope = np.sin(np.radians(degrees)) / np.cos(np.radians(degrees))
    shifts = slope * (np.arange(H) - (H - 1) / 2)
    places = np.arange(W) + shifts[:, None]
    weights = np.maximum(0, 1 - np.abs(places[..., None] - np.arange(W)))
    return np.einsum("ijk,ncik->ncij", weights, x)


def _sampled(x, rows, columns):
    """Sum over the four neighbours, on an image with zeros around it."""
    H, W = x.shape[2:]
    rows, columns = np.clip(rows, -1, H) + 1, np.clip(columns, -1, W) + 1
    padded = np.pad(x, ((0, 0), (0, 0), (1, 2), (1, 2)))
    i, j = rows.astype(int), columns.astype(int)
    v, u = rows - i, columns - j
    upper = (1 - u) * padded[:, :, i, j] + u * padded[:, :, i, j + 1]
    lower = (1 - u) * padded[:, :, i + 1, j] + u * padded[:, :, i + 1, j + 1]
    return (1 - v) * upper + v * lower


def zoom_by_places(x, *, factor):
    """Uses the sampler that rotate needs."""
    H, W = x.shape[2:]
    rows, columns = np.meshgrid(
        (np.arange(H) - (H - 1) / 2) / factor + (H - 1) / 2,
        (np.arange(W) - (W - 1) / 2) / factor + (W - 1) / 2,
        indexing="ij",
    )
    return _sampled(x, rows, columns)


def zoom_by_interp(x, *, factor):
    """Interpolates rows, then columns, with a zero at each end."""

    def along_last(x):
        size = x.shape[-1]
        centre = (size - 1) / 2
        places = centre + (np.arange(size) - centre) / factor
        positions = np.arange(-1, size + 1)
        out = np.zeros(x.shape)
        for index in np.ndindex(x.shape[:-1]):
            out[index] = np.interp(places, positions, [0, *x[index], 0])
        return out

    return along_last(along_last(x).swapaxes(2, 3)).swapaxes(2, 3)


def rotate_by_complex_numbers(x, *, degrees):
    """Turns places in the complex plane, whose imaginary axis points upwards."""
    H, W = x.shape[2:]
    centre = complex((W - 1) / 2, -(H - 1) / 2)
    i, j = np.mgrid[:H, :W]
    fetched = centre + (j - 1j * i - centre) * np.exp(-1j * np.radians(degrees))
    return _sampled(x, -fetched.imag, fetched.real)


def rotate_pixel_by_pixel(x, *, degrees):
    """Loops over the pixels of the output and their four neighbours."""
    N, C, H, W = x.shape
    angle = degrees / 180 * np.pi
    matrix = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    centre = np.array([(H - 1) / 2, (W - 1) / 2])
    out = np.zeros((N, C, H, W))
    for pixel in np.ndindex(H, W):
        place = centre + matrix @ (np.array(pixel) - centre)
        first = np.floor(place).astype(int)
        for corner in np.ndindex(2, 2):
            i, j = first + corner
            if 0 <= i < H and 0 <= j < W:
                weight = np.prod(1 - np.abs(place - (i, j)))
                out[:, :, *pixel] += weight * x[:, :, i, j]
    return out


def jitter_image_by_image(x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
    """Goes through the images, with torchvision's blend of two pictures."""
    N = len(x)
    factors = [rng.uniform(1 - a, 1 + a, size=N) for a in (brightness, contrast, saturation)]
    weights = np.array([0.299, 0.587, 0.114])

    def blend(one, other, f):
        return (f * one + (1 - f) * other).clip(0, 1)

    out = np.empty(x.shape)
    for n in range(N):
        image = blend(x[n], np.zeros(x[n].shape), factors[0][n])
        image = blend(image, np.tensordot(weights, image, axes=1).mean(), factors[1][n])
        out[n] = blend(image, np.tensordot(weights, image, axes=1), factors[2][n])
    return out


def jitter_channels_last(x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
    """Moves the channels to the end, as pictures are stored."""
    image = np.moveaxis(x, 1, -1)  # (N, H, W, 3)
    shape = (-1, 1, 1, 1)
    first = 1 + brightness * (2 * rng.random(len(x)) - 1)
    second = 1 + contrast * (2 * rng.random(len(x)) - 1)
    third = 1 + saturation * (2 * rng.random(len(x)) - 1)
    image = np.minimum(image * first.reshape(shape), 1)
    luma = (image * [0.299, 0.587, 0.114]).sum(axis=-1, keepdims=True)
    mean = luma.mean(axis=(1, 2), keepdims=True)
    image = np.clip(mean + second.reshape(shape) * (image - mean), 0, 1)
    luma = (image * [0.299, 0.587, 0.114]).sum(axis=-1, keepdims=True)
    return np.moveaxis(np.clip(luma + third.reshape(shape) * (image - luma), 0, 1), -1, 1)


def cutout_by_mask(x, *, size, rng):
    """Compares all rows and columns with the squares' ends."""
    N, _, H, W = x.shape
    top, left = (rng.integers(length, size=(N, 1)) - size // 2 for length in (H, W))
    rows = (np.arange(H) >= top) & (np.arange(H) < top + size)
    columns = (np.arange(W) >= left) & (np.arange(W) < left + size)
    return x * ~(rows[:, None, :, None] & columns[:, None, None, :])


def cutout_on_a_margin(x, *, size, rng):
    """Puts a margin around the images in which a square may hang."""
    N, _, H, W = x.shape
    out = np.pad(x, ((0, 0), (0, 0), (size, size), (size, size)))
    rows = rng.integers(0, H, size=N)
    columns = rng.integers(0, W, size=N)
    for one, row, column in zip(out, rows, columns, strict=True):
        row, column = row + size - size // 2, column + size - size // 2
        one[:, row : row + size, column : column + size] = 0.0
    return out[:, :, size : size + H, size : size + W]


def mixup_towards_the_partner(x, labels, *, alpha, rng):
    """Walks from each image towards its partner."""
    away = 1 - rng.beta(alpha, alpha)
    order = rng.permutation(len(x))
    return x + away * (x[order] - x), labels + away * (labels[order] - labels)


def mixup_by_a_matrix(x, labels, *, alpha, rng):
    """Mixes rows of the batch by one matrix for images and labels."""
    share = rng.beta(alpha, alpha)
    identity = np.eye(len(x))
    mixing = share * identity + (1 - share) * identity[rng.permutation(len(x))]
    return np.tensordot(mixing, x, axes=1), mixing @ labels


def cutmix_by_mask(x, labels, *, alpha, rng):
    """Has a mask of the box, and counts its pixels."""
    N, _, H, W = x.shape
    lam = rng.beta(alpha, alpha)
    order = rng.permutation(N)
    row, column = rng.integers(0, H), rng.integers(0, W)
    h, w = int(H * (1 - lam) ** 0.5), int(W * (1 - lam) ** 0.5)
    i, j = np.ogrid[:H, :W]
    top, left = row - h // 2, column - w // 2
    box = (i >= top) & (i < top + h) & (j >= left) & (j < left + w)
    mixed = labels + box.mean() * (labels[order] - labels)
    return np.where(box, x[order], x), mixed


def cutmix_pixel_by_pixel(x, labels, *, alpha, rng):
    """Copies pixel by pixel, those outside the image left out, and counts them."""
    N, _, H, W = x.shape
    side = np.sqrt(1.0 - rng.beta(alpha, alpha))
    order = rng.permutation(N)
    row, column = int(rng.integers(H)), int(rng.integers(W))
    h, w = int(np.floor(H * side)), int(np.floor(W * side))
    out, replaced = np.array(x), 0
    for i in range(row - h // 2, row - h // 2 + h):
        for j in range(column - w // 2, column - w // 2 + w):
            if 0 <= i < H and 0 <= j < W:
                out[:, :, i, j] = x[order, :, i, j]
                replaced += 1
    theirs = replaced / (H * W)
    return out, (1 - theirs) * labels + theirs * labels[order]


ALTERNATIVES = {
    "hflip": {"columns fetched": hflip_by_index, "loop over columns": hflip_pixel_by_pixel},
    "random_hflip": {
        "image by image": flip_one_by_one,
        "binomial numbers": flip_by_binomial,
        "a choice of steps": flip_by_choice,
    },
    "random_crop": {"fancy indices": crop_by_index, "sliding windows": crop_by_windows},
    "shear": {"two whole shifts": shear_by_two_shifts, "tables": shear_by_weights},
    "zoom": {"bilinear sampler": zoom_by_places, "np.interp twice": zoom_by_interp},
    "rotate": {
        "complex numbers": rotate_by_complex_numbers,
        "pixel by pixel": rotate_pixel_by_pixel,
    },
    "color_jitter": {
        "image by image": jitter_image_by_image,
        "channels last": jitter_channels_last,
    },
    "cutout": {"mask": cutout_by_mask, "margin": cutout_on_a_margin},
    "mixup": {"towards the partner": mixup_towards_the_partner, "matrix": mixup_by_a_matrix},
    "cutmix": {"mask": cutmix_by_mask, "pixel by pixel": cutmix_pixel_by_pixel},
}
