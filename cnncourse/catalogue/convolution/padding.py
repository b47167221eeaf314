"""Padding: the pixels around an image, in four modes."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.windows import pad_spatial, per_axis


@exercise(
    "04_convolution",
    section="06_padding#padding-modes",
    outputs={"out": "N C OH OW"},
)
def pad2d(x, padding, *, mode="zeros"):
    """Put pixels around every feature map, as PyTorch does."""
    return reference.pad2d(x, padding, mode=mode)


@pad2d.cases
def _(rng):
    tiny = rng.permutation(np.arange(1.0, 7.0)).reshape(1, 1, 2, 3)
    yield Case("one image of 2 x 3 pixels, padding 1, zeros", {"x": tiny, "padding": 1})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 5, 4))
    yield Case("several images and channels, padding 2", {"x": x, "padding": 2})
    yield Case("a pair: rows first, columns second", {"x": x, "padding": (1, 3)})
    yield Case(
        "replicate repeats the border pixel, in the corners too",
        {"x": x, "padding": (1, 2), "mode": "replicate"},
    )
    yield Case(
        "reflect leaves the border pixel single, and reaches to the far side",
        {"x": x, "padding": (4, 2), "mode": "reflect"},
    )
    yield Case(
        "circular continues on the opposite side",
        {"x": x, "padding": (2, 3), "mode": "circular"},
    )
    yield Case("padding 0 leaves the rows alone", {"x": x, "padding": (0, 2)})
    yield Case(
        "padding 0 leaves the columns alone, circular",
        {"x": x, "padding": (3, 0), "mode": "circular"},
    )
    last = rng.normal(size=(2, 3, 4, 6)).transpose(0, 3, 1, 2)
    yield Case("images stored channels last", {"x": last, "padding": (2, 1), "mode": "reflect"})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 4, 5)), "padding": (2, 1)})


@pad2d.mistake(
    "every axis is padded, the batch and the channels too",
    hint="Only the last two axes grow: an image more or a channel more is no padding.",
    section="06_padding#padding-size",
)
def _(right, x, padding, *, mode="zeros"):
    numpy_mode = {"zeros": "constant", "replicate": "edge", "circular": "wrap"}.get(mode, mode)
    if x.size == 0:
        return np.pad(x, padding)
    return np.pad(x, padding, mode=numpy_mode)


@pad2d.mistake(
    "the pair is read columns first",
    hint="Everywhere in this course rows come first: (1, 3) adds 1 row and 3 columns at each end.",
    section="06_padding#padding-size",
)
def _(right, x, padding, *, mode="zeros"):
    return right(x, per_axis(padding)[::-1], mode=mode)


@pad2d.mistake(
    "the first number of the pair serves both axes",
    hint="The second number of the pair is the padding of the columns.",
    section="06_padding#padding-size",
)
def _(right, x, padding, *, mode="zeros"):
    return right(x, per_axis(padding)[0], mode=mode)


@pad2d.mistake(
    "the padding is added at the bottom and at the right only",
    hint="Padding p is added at both ends of an axis, which grows by 2p.",
    section="06_padding#padding-size",
)
def _(right, x, padding, *, mode="zeros"):
    rows, columns = per_axis(padding)
    return right(x, padding, mode=mode)[:, :, rows:, columns:]


@pad2d.mistake(
    "the padding is added at the top and at the left only",
    hint="Padding p is added at both ends of an axis, which grows by 2p.",
    section="06_padding#padding-size",
)
def _(right, x, padding, *, mode="zeros"):
    H, W = x.shape[2:]
    rows, columns = per_axis(padding)
    return right(x, padding, mode=mode)[:, :, : rows + H, : columns + W]


@pad2d.mistake(
    "the mode is ignored and every new pixel is 0",
    hint="Zeros are only the first of four modes: where does your code look at `mode`?",
)
def _(right, x, padding, *, mode="zeros"):
    return right(x, padding)


@pad2d.mistake(
    "reflect repeats the border pixel",
    hint="The mirror stands on the border pixel, not beside it: 1 2 3 goes on with 2, not 3.",
)
def _(right, x, padding, *, mode="zeros"):
    if mode == "reflect":
        spread = per_axis(padding)
        return pad_spatial(x, spread, spread, "symmetric")
    return right(x, padding, mode=mode)


@pad2d.mistake(
    "reflect and replicate are exchanged",
    hint="Reflect mirrors the image; replicate repeats its border pixel.",
)
def _(right, x, padding, *, mode="zeros"):
    other = {"reflect": "replicate", "replicate": "reflect"}
    return right(x, padding, mode=other.get(mode, mode))


@pad2d.mistake(
    "circular takes its pixels from the near end",
    hint="Walk off the image at the top and you come back in at the bottom: the row above the "
    "first is the last.",
)
def _(right, x, padding, *, mode="zeros"):
    if mode != "circular":
        return right(x, padding, mode=mode)
    (H, W), (rows, columns) = x.shape[2:], per_axis(padding)
    from_row = np.r_[0:rows, 0:H, H - rows : H]
    from_column = np.r_[0:columns, 0:W, W - columns : W]
    return x[:, :, from_row[:, None], from_column]


@pad2d.mistake(
    "the corners stay 0",
    hint="A corner lies above and beside the image at once: pad the rows first, then the "
    "columns of what you then have.",
)
def _(right, x, padding, *, mode="zeros"):
    rows, columns = per_axis(padding)
    out = right(x, padding, mode=mode)
    beside = np.ones(out.shape[2:], bool)
    beside[rows : rows + x.shape[2]] = False
    beside[:, columns : columns + x.shape[3]] = False
    return np.where(beside, 0.0, out)


@pad2d.mistake(
    "a slice that begins at -0 takes the whole image",
    hint="x[-p:] means the last p rows, but -0 is 0, and x[0:] is everything.",
    section="06_padding#padding-size",
)
def _(right, x, padding, *, mode="zeros"):
    rows, columns = per_axis(padding)
    if mode == "circular" and 0 in (rows, columns):
        doubled = np.concatenate([x, x], axis=2 if rows == 0 else 3)
        return right(doubled, padding, mode=mode)
    return right(x, padding, mode=mode)
