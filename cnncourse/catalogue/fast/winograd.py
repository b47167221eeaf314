"""Winograd's F(2 x 2, 3 x 3): one tile, then the whole layer."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.fast.layer import (
    add_fast_layer_mistakes,
    compare_few_images,
    draw_layer,
)
from cnncourse.catalogue.windows import pad_spatial

# The transforms of Lavin and Gray, which the notebook gives.
B = np.array([[1, 0, 0, 0], [0, 1, -1, 1], [-1, 1, 1, 0], [0, 0, 0, -1.0]])
G = np.array([[2, 0, 0], [1, 1, 1], [1, -1, 1], [0, 0, 2]]) / 2
A = np.array([[1, 0], [1, 1], [1, -1], [0, -1.0]])
# B tile B' is what B' tile B would be, had the tile been turned by these.
_TURN = np.linalg.inv(B.T) @ B


@exercise("08_fast", section="13_fast#fast-winograd", outputs={"out": "2 2"})
def winograd_tile(x, w):
    """Lay a kernel of 3 x 3 on a tile of 4 x 4, at its four places."""
    return reference.corr2d(x, w)


@winograd_tile.cases
def _(rng):
    x, w = rng.permutation(16).reshape(4, 4), rng.permutation(9).reshape(3, 3) - 4
    yield Case("a tile and a kernel of whole numbers", {"x": x * 1.0, "w": w * 1.0})
    x, w = rng.normal(size=(4, 4)), rng.normal(size=(3, 3))
    yield Case("a tile and a kernel of fractions", {"x": x, "w": w})
    one = np.zeros((4, 4))
    one[tuple(rng.integers(1, 3, size=2))] = rng.uniform(1, 2)
    yield Case("a tile that is 0 but for one pixel", {"x": one, "w": w})
    yield Case("a tile cut out of a larger image", {"x": rng.normal(size=(8, 4))[::2].T, "w": w})
    weight = np.zeros((3, 3))
    weight[tuple(rng.permutation(3)[:2])] = rng.uniform(1, 2)
    yield Case("a kernel that is 0 but for one weight", {"x": x, "w": weight})


@winograd_tile.mistake(
    "the kernel is flipped",
    hint="The transforms compute what a layer computes: the kernel goes in as it is.",
    section="03_filters#filters-flip",
)
def _(right, x, w):
    return right(x, w[::-1, ::-1])


@winograd_tile.mistake(
    "the two transforms are multiplied as matrices",
    hint="Between the transforms every number meets the one at its own place, 16 products in "
    "all: that is `*`, not `@`.",
)
def _(right, x, w):
    return A.T @ ((G @ w @ G.T) @ (B.T @ x @ B)) @ A


@winograd_tile.mistake(
    "the tile is transformed with B and its transpose exchanged",
    hint="The tile becomes Bᵀ x B. B @ x @ B.T has the same shape and other numbers.",
)
def _(right, x, w):
    return right(_TURN @ x @ _TURN.T, w)


@winograd_tile.mistake(
    "only the rows of the tile are transformed as they should be",
    hint="Bᵀ stands on the left of the tile, B on the right.",
)
def _(right, x, w):
    return right(x @ _TURN.T, w)


@winograd_tile.mistake(
    "only the columns of the tile are transformed as they should be",
    hint="Bᵀ stands on the left of the tile, B on the right.",
)
def _(right, x, w):
    return right(_TURN @ x, w)


@winograd_tile.mistake(
    "the output is transposed",
    hint="out[0, 1] is one pixel to the right of out[0, 0], not below it.",
)
def _(right, x, w):
    return right(x, w).T


@winograd_tile.mistake(
    "the rows and columns of the kernel are exchanged",
    hint="The kernel becomes G w Gᵀ, not G wᵀ Gᵀ.",
)
def _(right, x, w):
    return right(x, w.T)


@exercise("08_fast", section="13_fast#fast-winograd", outputs={"out": "N F OH OW"})
def winograd_conv2d(x, w, b=None, *, padding=0):
    """Cross-correlate every image with every filter of 3 x 3, as PyTorch does."""
    return reference.conv2d(x, w, b, padding=padding)


@winograd_conv2d.cases
def _(rng):
    x, w = rng.permutation(16).reshape(1, 1, 4, 4), rng.permutation(9).reshape(1, 1, 3, 3) - 4
    yield Case("one tile, one channel, one filter", {"x": x * 1.0, "w": w * 1.0})
    yield Case(
        "as many filters as channels, several tiles",
        {"x": rng.normal(size=(2, 3, 8, 6)), "w": rng.normal(size=(3, 3, 3, 3))},
    )
    N, C, F = rng.permutation([4, 5, 7])
    layer = draw_layer(rng, N, C, 10, 8, F, 3, 3)
    layer["x"] = np.asfortranarray(layer["x"])
    yield Case("several images, channels, filters and a bias, stored in another order", layer)
    layer = draw_layer(rng, 2, 3, 9, 7, 4, 3, 3)
    yield Case("an output of 7 x 5 pixels, which 2 does not divide", layer)
    yield Case("padding 2", layer | {"padding": 2})
    yield Case(
        "padding 1 and an even width", draw_layer(rng, 2, 3, 7, 8, 4, 3, 3) | {"padding": 1}
    )
    yield Case("an output of a single pixel", draw_layer(rng, 3, 2, 3, 3, 4, 3, 3))
    yield Case("an empty batch stays empty", layer | {"x": np.zeros((0, 3, 9, 7))})
    # Processor time on a quiet core: all tiles at once 22 ms, by stacks of small products 0.09 s;
    # seven loops 4 s, loops over images and tiles 1.6 s.
    yield Case(
        "200 images of 50 x 50 pixels in 0.3 s; loops over images and tiles need 1 s",
        draw_layer(rng, 200, 1, 50, 50, 2, 3, 3),
        section="13_fast#fast-loops",
        seconds=0.3,
    )


compare_few_images(winograd_conv2d)


def _tile_by_tile(right, x, w, rest, padding, change):
    """Compute every 2 x 2 pixels of the output from a tile that `change` has changed."""
    out = right(x, w, *rest, padding=padding)
    OH, OW = out.shape[2:]
    x = pad_spatial(x, (padding,) * 2, (padding + OH % 2, padding + OW % 2))
    tiles = reference.sliding_windows(x, 4, stride=2)
    N, C, TH, TW = tiles.shape[:4]
    batch = change(tiles).transpose(0, 2, 3, 1, 4, 5).reshape(N * TH * TW, C, 4, 4)
    small = right(batch, w, *rest).reshape(N, TH, TW, len(w), 2, 2)
    return small.transpose(0, 3, 1, 4, 2, 5).reshape(N, len(w), 2 * TH, 2 * TW)[..., :OH, :OW]


@winograd_conv2d.mistake(
    "the tiles are transformed with B and its transpose exchanged",
    hint="A tile d becomes Bᵀ d B. B @ d @ B.T has the same shape and other numbers.",
)
def _(right, x, w, *rest, padding=0):
    return _tile_by_tile(right, x, w, rest, padding, lambda d: _TURN @ d @ _TURN.T)


@winograd_conv2d.mistake(
    "the rows and columns of every tile are exchanged",
    hint="The last two axes of a tile are its rows and its columns, in this order.",
)
def _(right, x, w, *rest, padding=0):
    return _tile_by_tile(right, x, w, rest, padding, lambda d: d.swapaxes(-1, -2))


@winograd_conv2d.mistake(
    "a last row or column that fills no tile is left out",
    hint="An output of odd size needs a last tile that hangs over the edge. Give the image one "
    "more row of zeros there, and cut the output afterwards.",
)
def _(right, x, *rest, padding=0):
    out = right(x, *rest, padding=padding)
    OH, OW = out.shape[2:]
    return out[:, :, : OH - OH % 2, : OW - OW % 2]


@winograd_conv2d.mistake(
    "a last row or column that fills no tile stays 0",
    hint="An output of odd size needs a last tile that hangs over the edge of the image. "
    "How many tiles cover 5 pixels?",
)
def _(right, x, *rest, padding=0):
    out = right(x, *rest, padding=padding)
    OH, OW = out.shape[2:]
    out[:, :, OH - OH % 2 :], out[..., OW - OW % 2 :] = 0, 0
    return out


def _even(right, x, rest, padding):
    """Compute the output with one more row and column where it takes that to fill the tiles."""
    OH, OW = right(x, *rest, padding=padding).shape[2:]
    return right(pad_spatial(x, (padding,) * 2, (padding + OH % 2, padding + OW % 2)), *rest)


@winograd_conv2d.mistake(
    "the row or column that fills up the last tile is not cut off",
    hint="OH = H + 2 * padding - 2, also when that is odd.",
)
def _(right, x, *rest, padding=0):
    return _even(right, x, rest, padding)


@winograd_conv2d.mistake(
    "the tiles' 2 x 2 pixels are reshaped where their axes should be moved",
    hint="(TH, TW, 2, 2) has to become (TH, 2, TW, 2) before its axes are merged: the two rows "
    "of a tile belong to different rows of the output.",
)
def _(right, x, *rest, padding=0):
    OH, OW = right(x, *rest, padding=padding).shape[2:]
    out = _even(right, x, rest, padding)
    N, F, H, W = out.shape
    tiles = out.reshape(N, F, H // 2, 2, W // 2, 2).swapaxes(3, 4)
    return np.ascontiguousarray(tiles).reshape(out.shape)[:, :, :OH, :OW]


@winograd_conv2d.mistake(
    "the 2 x 2 pixels of every tile are transposed",
    hint="Of a tile's two rows the first goes on top: in which order do your axes merge?",
)
def _(right, x, *rest, padding=0):
    OH, OW = right(x, *rest, padding=padding).shape[2:]
    out = _even(right, x, rest, padding)
    N, F, H, W = out.shape
    tiles = out.reshape(N, F, H // 2, 2, W // 2, 2).swapaxes(3, 5)
    return np.ascontiguousarray(tiles).reshape(out.shape)[:, :, :OH, :OW]


add_fast_layer_mistakes(winograd_conv2d, stride=False)
