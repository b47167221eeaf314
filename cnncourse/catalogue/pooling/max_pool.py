"""Max pooling: of one map, then the whole layer."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.pooling.pool_padding import add_max_padding_mistakes, hang_over
from cnncourse.catalogue.pooling.pool_windows import (
    add_map_mistakes,
    add_pool_pair_mistakes,
    add_pool_size_mistakes,
    draw_by_hand,
    stride_of,
)
from cnncourse.catalogue.windows import crop_spatial, per_axis


@exercise("05_pooling", section="08_pooling#pooling-max", outputs={"out": "OH OW"})
def max_pool2d_single(x, kernel_size, *, stride=None):
    """Keep the largest value of every window of one map."""
    return reference.max_pool2d(x[None, None], kernel_size, stride=stride)[0, 0]


@max_pool2d_single.cases
def _(rng):
    x = draw_by_hand(rng)[0, 0]
    yield Case("a 4 x 6 map and windows of 2 x 2, side by side", {"x": x, "kernel_size": 2})
    H, W = 8 + rng.permutation(2)
    x = rng.normal(size=(H, W))
    yield Case("windows of 3 x 2 pixels", {"x": x, "kernel_size": (3, 2)})
    yield Case("only negative values", {"x": -1 - np.abs(x), "kernel_size": 2})
    yield Case("windows of 3 x 3 that overlap, stride 2", {"x": x, "kernel_size": 3, "stride": 2})
    yield Case("stride 3, which leaves gaps", {"x": x, "kernel_size": 2, "stride": 3})
    view = rng.normal(size=(10, 18))[:, ::2].T
    yield Case(
        "a pair of strides, rows first, on a view of a larger map",
        {"x": view, "kernel_size": (2, 3), "stride": (1, 2)},
    )
    yield Case("a window as large as the map", {"x": x, "kernel_size": x.shape})


def _add_largest_mistakes(exercise):
    @exercise.mistake(
        "the largest value is searched for from 0 on",
        hint="In a window of negative values the largest is negative too. "
        "With which number does your search begin?",
        section="08_pooling#pooling-max",
    )
    def _(right, x, kernel_size, **options):
        return np.maximum(right(x, kernel_size, **options), 0)

    @exercise.mistake(
        "the window is averaged",
        hint="That is average pooling. Here one value of each window survives, the largest.",
        section="08_pooling#pooling-average",
    )
    def _(right, x, kernel_size, *, dilation=1, **options):
        average = reference.avg_pool2d(x.reshape(-1, 1, *x.shape[-2:]), kernel_size, **options)
        return average.reshape(*x.shape[:-2], *average.shape[-2:])

    @exercise.mistake(
        "the smallest value is kept",
        hint="Which way does the comparison in your code point?",
        section="08_pooling#pooling-max",
    )
    def _(right, x, kernel_size, **options):
        return -right(-x, kernel_size, **options)

    @exercise.mistake(
        "the value furthest from 0 is kept",
        hint="Largest means largest as a number: of -5 and 3 it is 3.",
        section="08_pooling#pooling-max",
    )
    def _(right, x, kernel_size, **options):
        high, low = right(x, kernel_size, **options), -right(-x, kernel_size, **options)
        return np.where(high > -low, high, low)


_add_largest_mistakes(max_pool2d_single)
add_pool_size_mistakes(
    max_pool2d_single,
    lambda x, *rest, **options: reference.max_pool2d(
        x[None, None], *rest, **options, ceil_mode=True
    )[0, 0],
)
add_pool_pair_mistakes(max_pool2d_single, "stride")


@exercise("05_pooling", section="08_pooling#pooling-max", outputs={"out": "N C OH OW"})
def max_pool2d(x, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Keep the largest value of every window, as PyTorch does."""
    options = {"padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return reference.max_pool2d(x, kernel_size, stride=stride, **options)


@max_pool2d.cases
def _(rng):
    yield Case(
        "one image, one channel, windows of 2 x 2", {"x": draw_by_hand(rng), "kernel_size": 2}
    )
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 7, 8))
    yield Case("several images and channels, windows of 2 x 3", {"x": x, "kernel_size": (2, 3)})
    yield Case(
        "windows that overlap, on images stored in another order",
        {"x": np.asfortranarray(x), "kernel_size": 3, "stride": 2},
    )
    yield Case(
        "only negative values, and padding 1",
        {"x": -1 - np.abs(x), "kernel_size": 3, "stride": 2, "padding": 1},
    )
    yield Case(
        "pairs of kernel_size, stride and padding, rows first",
        {"x": x, "kernel_size": (5, 4), "stride": (1, 2), "padding": (2, 1)},
    )
    yield Case(
        "ceil_mode keeps a window that hangs over the edge",
        {"x": x, "kernel_size": 3, "stride": 2, "ceil_mode": True},
    )
    yield Case(
        "ceil_mode leaves out a window that would begin in the padding at the far end",
        {"x": x[:, :, :5], "kernel_size": 2, "stride": 3, "padding": 1, "ceil_mode": True},
    )
    wide = rng.normal(size=(2, 2, 11, 10))
    yield Case("dilation 2", {"x": wide, "kernel_size": 3, "stride": 2, "dilation": 2})
    yield Case(
        "everything at once",
        {
            "x": wide,
            "kernel_size": (2, 3),
            "stride": (3, 2),
            "padding": (1, 0),
            "dilation": (4, 3),
            "ceil_mode": True,
        },
    )
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 6, 5)), "kernel_size": 2})


_add_largest_mistakes(max_pool2d)
add_pool_size_mistakes(
    max_pool2d,
    lambda *arrays, **options: reference.max_pool2d(*arrays, **options | {"ceil_mode": True}),
)
add_max_padding_mistakes(max_pool2d)
add_pool_pair_mistakes(max_pool2d, "stride", "padding", "dilation")
add_map_mistakes(max_pool2d)


@max_pool2d.mistake(
    "the maximum runs over all channels",
    hint="Every channel is pooled by itself, and the output has as many channels as x.",
)
def _(right, x, *rest, **options):
    return np.repeat(right(x, *rest, **options).max(axis=1, keepdims=True), x.shape[1], axis=1)


@max_pool2d.mistake(
    "ceil_mode is ignored",
    hint="With ceil_mode the division in the output size rounds up, and the last window may "
    "hang over the edge.",
    section="08_pooling#pooling-ceil",
)
def _(right, x, kernel_size, *, ceil_mode=False, **options):
    return right(x, kernel_size, **options)


@max_pool2d.mistake(
    "ceil_mode keeps a window that begins in the padding at the far end",
    hint="A window has to begin in the map or in the padding before it. The last one "
    "is left out when it would begin at row H + PH of the padded map, or later.",
    section="08_pooling#pooling-ceil",
)
def _(right, x, kernel_size, *, stride=None, padding=0, ceil_mode=False, **options):
    step = stride_of(kernel_size, stride)
    extra = [s - 1 if ceil_mode else 0 for s in step]
    x = hang_over(x, per_axis(padding), extra, -np.inf)
    return right(x, kernel_size, stride=step, **options)


@max_pool2d.mistake(
    "ceil_mode adds a window where the stride divides, too",
    hint="When the division leaves no remainder, rounding up and rounding down agree.",
    section="08_pooling#pooling-ceil",
)
def _(right, x, kernel_size, *, stride=None, padding=0, ceil_mode=False, **options):
    step = stride_of(kernel_size, stride)
    extra = step if ceil_mode else (0, 0)
    x = hang_over(x, per_axis(padding), extra, -np.inf)
    return right(x, kernel_size, stride=step, **options)


@max_pool2d.mistake(
    "the dilation is ignored",
    hint="With dilation 2 a window looks at every other pixel, and reaches further.",
    section="08_pooling#pooling-dilation",
)
def _(right, x, kernel_size, *, dilation=1, **options):
    return right(x, kernel_size, **options)


@max_pool2d.mistake(
    "the dilation shrinks the output while the window stays dense",
    hint="The size is right. Which pixels does the first window look at? With dilation 2 they "
    "are 0, 2 and 4, not 0, 1 and 2.",
    section="08_pooling#pooling-dilation",
)
def _(right, x, kernel_size, *, dilation=1, **options):
    sizes = right(x, kernel_size, dilation=dilation, **options).shape[2:]
    return crop_spatial(right(x, kernel_size, **options), sizes)


@max_pool2d.mistake(
    "every pixel between those of a dilated window counts, too",
    hint="The window reaches far enough, but with dilation 2 it looks at every other pixel only.",
    section="08_pooling#pooling-dilation",
)
def _(right, x, kernel_size, *, stride=None, dilation=1, **options):
    pairs = zip(per_axis(kernel_size), per_axis(dilation), strict=True)
    reach = tuple(d * (K - 1) + 1 for K, d in pairs)
    return right(x, reach, stride=stride_of(kernel_size, stride), **options)


@max_pool2d.mistake(
    "the dilation counts the pixels left out",
    hint="Dilation counts from 1: it is the step between two pixels, and 1 leaves no gap.",
    section="08_pooling#pooling-dilation",
)
def _(right, x, kernel_size, *, dilation=1, **options):
    return right(x, kernel_size, dilation=tuple(d + 1 for d in per_axis(dilation)), **options)


@max_pool2d.mistake(
    "a dilated window is taken to reach over dilation x K pixels",
    hint="After the last pixel there is no gap: 3 pixels 2 apart reach over 5, not 6.",
    section="08_pooling#pooling-dilation",
)
def _(right, x, kernel_size, *, padding=0, dilation=1, **options):
    x = hang_over(x, per_axis(padding), (0, 0), -np.inf)
    sizes = [size - (d - 1) for size, d in zip(x.shape[2:], per_axis(dilation), strict=True)]
    return right(crop_spatial(x, sizes), kernel_size, dilation=dilation, **options)
