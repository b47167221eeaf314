"""Kernels on one grey image: cross-correlation and convolution."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("02_filters", section="03_filters#filters-two-dimensions", outputs={"out": "OH OW"})
def corr2d(x, k):
    """Slide a kernel over an image and sum the products at every place where it fits."""
    return reference.corr2d(x, k)


def _draw_images_and_kernels(rng):
    yield Case("a 3 x 4 image and a 2 x 2 kernel of whole numbers", _by_hand(rng))
    x = rng.normal(size=(7, 6))
    yield Case("a tall kernel of 4 x 2", {"x": x, "k": rng.normal(size=(4, 2))})
    yield Case("a wide kernel of 2 x 5", {"x": x, "k": rng.normal(size=(2, 5))})
    yield Case("a square kernel of 3 x 3", {"x": x, "k": rng.normal(size=(3, 3))})
    yield Case("a kernel of 1 x 1 scales the image", {"x": x, "k": rng.normal(size=(1, 1))})
    yield Case(
        "a kernel as large as the image: one value", {"x": x[:3], "k": rng.normal(size=(3, 6))}
    )
    yield Case(
        "an image whose columns lie together in memory",
        {"x": rng.normal(size=(9, 5)).T, "k": rng.normal(size=(2, 3))},
    )


def _by_hand(rng):
    pixels, weights = rng.permutation(np.arange(1.0, 13.0)), rng.permutation(np.arange(1.0, 5.0))
    return {"x": pixels.reshape(3, 4), "k": weights.reshape(2, 2)}


corr2d.cases(_draw_images_and_kernels)


@corr2d.mistake(
    "the kernel is flipped",
    hint="Cross-correlation lays the kernel on the image as it is; nothing is turned.",
    section="03_filters#filters-flip",
)
def _(right, x, k):
    return right(x, k[::-1, ::-1])


@corr2d.mistake(
    "the last row and the last column of windows are forgotten",
    hint="Count the places by hand: where does a kernel of 2 fit along 3 pixels?",
)
def _(right, x, k):
    return right(x, k)[:-1, :-1]


@corr2d.mistake(
    "the last row and the last column are never filled in",
    hint="`range(n)` stops at n - 1: over how many places should each loop run?",
)
def _(right, x, k):
    out = right(x, k)
    out[-1], out[:, -1] = 0.0, 0.0
    return out


@corr2d.mistake(
    "the output is made as large as the image",
    hint="Only places where the whole kernel lies on the image count: along 3 pixels a kernel of "
    "2 has two.",
    section="03_filters#filters-modes",
)
def _(right, x, k):
    KH, KW = k.shape
    return np.pad(right(x, k), ((0, KH - 1), (0, KW - 1)))


@corr2d.mistake(
    "rows and columns of the output are swapped",
    hint="The first index counts rows, from the top; the second counts columns, from the left.",
)
def _(right, x, k):
    return right(x, k).T.copy()


@corr2d.mistake(
    "the kernel is transposed",
    hint="The kernel's first index, too, counts rows: k[0, 1] belongs to the pixel on the right.",
)
def _(right, x, k):
    KH, KW = k.shape
    H, W = x.shape
    # A transposed kernel that is larger than the image has no place to stand.
    return right(x, k.T) if KW <= H and KH <= W else np.zeros((0, 0))


@corr2d.mistake(
    "the window and the kernel are multiplied as matrices",
    hint="`*` pairs each pixel with its own weight; `@` mixes rows with columns.",
)
def _(right, x, k):
    # The sum over window @ k: pixel (u, v) meets the sum of row v. It fails where k is not square.
    return right(x, (k @ np.ones(k.shape)).T)


@corr2d.mistake(
    "the products are averaged",
    hint="The products are added up; nothing divides the sum.",
)
def _(right, x, k):
    return right(x, k) / k.size


@corr2d.mistake(
    "the image is padded with zeros",
    hint="The kernel stays inside the image here, so the answer is smaller than the image.",
    section="03_filters#filters-modes",
)
def _(right, x, k):
    KH, KW = k.shape
    return right(np.pad(x, (((KH - 1) // 2, KH // 2), ((KW - 1) // 2, KW // 2))), k)


@exercise("02_filters", section="03_filters#filters-flip", outputs={"out": "OH OW"})
def conv2d_true(x, k):
    """Convolve an image with a kernel in the mathematical sense, where the kernel fits."""
    return reference.conv2d_true(x, k)


conv2d_true.cases(_draw_images_and_kernels)


@conv2d_true.mistake(
    "the kernel is not flipped",
    hint="Convolution turns the kernel by 180 degrees before it slides; without the turn it is "
    "cross-correlation.",
)
def _(right, x, k):
    return right(x, k[::-1, ::-1])


@conv2d_true.mistake(
    "the kernel is flipped top to bottom only",
    hint="A turn by 180 degrees reverses both the rows and the columns.",
)
def _(right, x, k):
    return right(x, k[:, ::-1])


@conv2d_true.mistake(
    "the kernel is flipped left to right only",
    hint="A turn by 180 degrees reverses both the rows and the columns.",
)
def _(right, x, k):
    return right(x, k[::-1])


@conv2d_true.mistake(
    "the kernel is transposed and not flipped",
    hint="A transpose swaps rows with columns; a turn by 180 degrees reverses both and keeps "
    "the shape.",
)
def _(right, x, k):
    KH, KW = k.shape
    H, W = x.shape
    return right(x, k.T[::-1, ::-1]) if KW <= H and KH <= W else np.zeros((0, 0))


@conv2d_true.mistake(
    "the kernel is turned by 90 degrees",
    hint="`np.rot90` turns once by a quarter; the kernel needs half a turn.",
)
def _(right, x, k):
    KH, KW = k.shape
    H, W = x.shape
    return right(x, np.rot90(k, 3)) if KW <= H and KH <= W else np.zeros((0, 0))


@conv2d_true.mistake(
    "the image is flipped and not the kernel",
    hint="Turn the kernel; a turned image gives the answer upside down.",
)
def _(right, x, k):
    return right(x[::-1, ::-1], k[::-1, ::-1])


@conv2d_true.mistake(
    "the last row and the last column of windows are forgotten",
    hint="Count the places by hand: where does a kernel of 2 fit along 3 pixels?",
    section="03_filters#filters-two-dimensions",
)
def _(right, x, k):
    return right(x, k)[:-1, :-1]
