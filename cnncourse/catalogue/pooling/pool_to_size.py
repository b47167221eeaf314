"""Averages over whole maps, and over windows that fit an output of a given size."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.pooling.pool_windows import add_map_mistakes, draw_by_hand
from cnncourse.catalogue.windows import per_axis


@exercise("05_pooling", section="08_pooling#pooling-global", outputs={"out": "N C"})
def global_avg_pool2d(x):
    """Average every map as a whole, as PyTorch does."""
    return reference.global_avg_pool2d(x)


@global_avg_pool2d.cases
def _(rng):
    x = rng.permutation([1.0, 2, 3, 4, 5, 9, 10, 11, 12, 13, 14, 21]).reshape(1, 2, 2, 3)
    yield Case("one image, two channels of 2 x 3 pixels", {"x": x})
    N, C = rng.permutation([3, 4])
    x = rng.normal(size=(N, C, 5, 7))
    yield Case("several images and channels", {"x": x})
    yield Case("maps stored in another order", {"x": np.asfortranarray(x) - 2})
    yield Case("maps of a single pixel", {"x": rng.normal(size=(N, C, 1, 1))})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 5, 4))})


def _add_axes_mistake(name, hint, reduce):
    @global_avg_pool2d.mistake(name, hint=hint)
    def _(right, x):
        return reduce(x)


for _wrong in (
    (
        "the two pixel axes are kept, one pixel each",
        "The numbers are right; the output is asked for as (N, C), without axes of length 1.",
        lambda x: reference.adaptive_avg_pool2d(x, 1),
    ),
    (
        "the average runs over the channels",
        "Which two of the axes N, C, H, W run over the pixels of one map?",
        lambda x: x.mean(axis=1),
    ),
    (
        "the average runs over the channels and the rows",
        "Axes are counted from 0: in (N, C, H, W), which number has H?",
        lambda x: x.mean(axis=(1, 2)),
    ),
    (
        "the average runs over the rows only",
        "One axis too many is left: the columns of a map are averaged, too.",
        lambda x: x.mean(axis=2),
    ),
    (
        "the average runs over the columns only",
        "One axis too many is left: the rows of a map are averaged, too.",
        lambda x: x.mean(axis=3),
    ),
    (
        "the average runs over the channels as well",
        "Every channel keeps a number of its own: the output is (N, C).",
        lambda x: x.mean(axis=(1, 2, 3)),
    ),
    (
        "the average runs over the images as well",
        "Images of a batch never meet: the output is (N, C).",
        lambda x: reference.global_avg_pool2d(x).sum(axis=0) / max(len(x), 1),
    ),
    (
        "every map is summed",
        "An average is a sum divided by how many numbers were added.",
        lambda x: reference.global_avg_pool2d(x) * x[0:1, 0:1].size,
    ),
    (
        "a sum is divided by the square of the height",
        "A map of 2 x 3 pixels holds six of them, not four.",
        lambda x: reference.global_avg_pool2d(x) * x.shape[3] / x.shape[2],
    ),
    (
        "the largest value is kept",
        "That is global max pooling. Here every pixel of a map counts.",
        lambda x: reference.max_pool2d(x, x.shape[2:])[:, :, 0, 0],
    ),
    (
        "the axes of the images and of the channels are exchanged",
        "The output keeps the order of x: images first, then channels.",
        lambda x: reference.global_avg_pool2d(x).T,
    ),
):
    _add_axes_mistake(*_wrong)


@exercise("05_pooling", section="08_pooling#pooling-global", outputs={"out": "N C OH OW"})
def adaptive_avg_pool2d(x, output_size):
    """Average windows that fit the output's size, as PyTorch does."""
    return reference.adaptive_avg_pool2d(x, output_size)


@adaptive_avg_pool2d.cases
def _(rng):
    x = draw_by_hand(rng)
    yield Case("a 4 x 6 map becomes 2 x 3: sizes that divide", {"x": x, "output_size": (2, 3)})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 10, 7))
    yield Case("sizes that do not divide: windows overlap", {"x": x, "output_size": (4, 5)})
    yield Case("one number for both axes", {"x": x, "output_size": 3})
    yield Case("one pixel is the average of the map", {"x": x, "output_size": (1, 1)})
    small = x[:, :, :3, :4]
    yield Case("as large as the map, nothing changes", {"x": small, "output_size": (3, 4)})
    yield Case("larger than the map, pixels repeat", {"x": small, "output_size": (5, 6)})
    last = rng.normal(size=(2, 8, 11, 3)).transpose(0, 3, 1, 2)
    yield Case("images stored channels last", {"x": last, "output_size": (3, 7)})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 5, 4)), "output_size": 2})


def _by_windows(right, x, output_size, window):
    """Average the windows whose first row and row after the last `window` tells."""
    down, along = (
        [window(i, size, out) for i in range(out)]
        for size, out in zip(x.shape[2:], per_axis(output_size), strict=True)
    )
    return np.block([[right(x[:, :, a:b, c:d], 1) for c, d in along] for a, b in down])


def _add_window_mistake(name, hint, window):
    @adaptive_avg_pool2d.mistake(name, hint=hint)
    def _(right, x, output_size):
        return _by_windows(right, x, output_size, window)


for _wrong in (
    (
        "windows of H // OH pixels lie side by side",
        "When OH does not divide H, this leaves the last pixels out. Windows are not all of one "
        "size: work out where each begins and where it ends.",
        lambda i, H, OH: (i * (H // OH), (i + 1) * (H // OH)),
    ),
    (
        "windows of one size begin H // OH pixels apart",
        "Windows are not all of one size: work out where each begins and where it ends.",
        lambda i, H, OH: (i * (H // OH), H - (OH - 1 - i) * (H // OH)),
    ),
    (
        "the ends of the windows are rounded down",
        "A window that ends within a pixel takes the whole pixel in: its end is rounded up.",
        lambda i, H, OH: (i * H // OH, (i + 1) * H // OH),
    ),
    (
        "the beginnings of the windows are rounded up",
        "A window that begins within a pixel takes the whole pixel in: its beginning is rounded "
        "down.",
        lambda i, H, OH: (-(-i * H // OH), -(-(i + 1) * H // OH)),
    ),
    (
        "beginnings and ends are rounded to the nearest pixel",
        "Beginnings are rounded down, ends up, so that each pixel a window touches counts.",
        lambda i, H, OH: (round(i * H / OH), round((i + 1) * H / OH)),
    ),
    (
        "every window reaches one pixel too far",
        "A slice a:b ends before b: is there a + 1 too many?",
        lambda i, H, OH: (i * H // OH, -(-(i + 1) * H // OH) + 1),
    ),
    (
        "every window ends one pixel too early",
        "A slice a:b ends before b: is there a - 1 too many?",
        lambda i, H, OH: (i * H // OH, -(-(i + 1) * H // OH) - 1),
    ),
):
    _add_window_mistake(*_wrong)


@adaptive_avg_pool2d.mistake(
    "the output_size pair is read columns first",
    hint="A pair names rows first, columns second, as a shape does.",
)
def _(right, x, output_size):
    return right(x, per_axis(output_size)[::-1])


@adaptive_avg_pool2d.mistake(
    "the first number of a pair serves both axes",
    hint="The second number of a pair belongs to the columns.",
)
def _(right, x, output_size):
    return right(x, per_axis(output_size)[0])


@adaptive_avg_pool2d.mistake(
    "the height and the width of the output are exchanged",
    hint="Rows come first: the output ends on the axes (OH, OW).",
)
def _(right, x, output_size):
    return right(x, output_size).swapaxes(2, 3)


@adaptive_avg_pool2d.mistake(
    "the output size is taken for the size of a window",
    hint="output_size says how many windows there are, not how large one is.",
)
def _(right, x, output_size):
    return reference.avg_pool2d(x, output_size)


@adaptive_avg_pool2d.mistake(
    "the windows are summed",
    hint="An average is a sum divided by how many numbers were added.",
)
def _(right, x, output_size):
    # Along each axis, a sum is as many times the average as the window has pixels.
    pixels = [
        [-(-(i + 1) * size // out) - i * size // out for i in range(out)]
        for size, out in zip(x.shape[2:], per_axis(output_size), strict=True)
    ]
    return right(x, output_size) * np.outer(*pixels)


@adaptive_avg_pool2d.mistake(
    "the average runs over all channels",
    hint="Every channel is pooled by itself, and the output has as many channels as x.",
)
def _(right, x, output_size):
    return right(np.repeat(x.mean(axis=1, keepdims=True), x.shape[1], axis=1), output_size)


add_map_mistakes(adaptive_avg_pool2d)
