"""Average pooling, and by what a sum is divided."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.pooling.pool_padding import hang_over
from cnncourse.catalogue.pooling.pool_windows import (
    add_map_mistakes,
    add_pool_pair_mistakes,
    add_pool_size_mistakes,
    draw_by_hand,
    stride_of,
)
from cnncourse.catalogue.windows import add_padding_end_mistakes, crop_spatial, per_axis


@exercise("05_pooling", section="08_pooling#pooling-average", outputs={"out": "N C OH OW"})
def avg_pool2d(x, kernel_size, *, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """Average every window, as PyTorch does."""
    options = {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    return reference.avg_pool2d(x, kernel_size, stride=stride, padding=padding, **options)


@avg_pool2d.cases
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
    around = {"x": x, "kernel_size": 3, "stride": 2, "padding": 1}
    yield Case("padding 1, whose zeros count", around)
    yield Case(
        "padding 1, whose zeros do not count, though pixels of value 0 do",
        around | {"x": np.maximum(x, 0), "count_include_pad": False},
    )
    yield Case(
        "pairs of kernel_size, stride and padding, rows first",
        {"x": x, "kernel_size": (5, 4), "stride": (1, 2), "padding": (2, 1)},
    )
    yield Case(
        "ceil_mode: a window that hangs over the edge is divided by what it holds",
        {"x": x, "kernel_size": 3, "stride": 2, "ceil_mode": True},
    )
    far = {"x": x[:, :, :5], "kernel_size": (2, 4), "stride": 3, "padding": 1, "ceil_mode": True}
    yield Case("ceil_mode and padding, whose zeros count", far)
    yield Case(
        "ceil_mode and padding, whose zeros do not count", far | {"count_include_pad": False}
    )
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 6, 5)), "kernel_size": 2})


def _whole(right, x, kernel_size, *, stride=None, padding=0, ceil_mode=False, **options):
    """Divide every sum by the size of the whole window, wherever it lies."""
    given = {"stride": stride, "padding": padding, "ceil_mode": ceil_mode}
    sizes = right(x, kernel_size, **given).shape[2:]
    step = stride_of(kernel_size, stride)
    padded = hang_over(x, per_axis(padding), [s - 1 for s in step])
    return crop_spatial(right(padded, kernel_size, stride=step), sizes)


@avg_pool2d.mistake(
    "every sum is divided by the size of the whole window",
    hint="Near the edge a window may hold fewer pixels than KH x KW that count. "
    "Ask of each window: how many?",
    section="08_pooling#pooling-padding",
)
def _(right, x, kernel_size, **options):
    return _whole(right, x, kernel_size, **options)


@avg_pool2d.mistake(
    "count_include_pad is ignored and the padding always counts",
    hint="With count_include_pad=False a sum is divided by the number of pixels of the map "
    "in the window, and the padding is left out.",
    section="08_pooling#pooling-padding",
)
def _(right, x, kernel_size, *, count_include_pad=True, **options):
    return right(x, kernel_size, **options)


@avg_pool2d.mistake(
    "the padding never counts",
    hint="Unless count_include_pad is False the zeros of the padding are averaged in, "
    "like pixels.",
    section="08_pooling#pooling-padding",
)
def _(right, x, kernel_size, *, count_include_pad=True, **options):
    return right(x, kernel_size, count_include_pad=False, **options)


@avg_pool2d.mistake(
    "count_include_pad is taken the wrong way round",
    hint="True, as it is unless told otherwise, means that the zeros of the padding count.",
    section="08_pooling#pooling-padding",
)
def _(right, x, kernel_size, *, count_include_pad=True, **options):
    return right(x, kernel_size, count_include_pad=not count_include_pad, **options)


@avg_pool2d.mistake(
    "pixels of value 0 do not count",
    hint="A pixel of the map may well be 0. Count places, not values: which rows and columns "
    "of the window lie on the map?",
    section="08_pooling#pooling-padding",
)
def _(right, x, kernel_size, *, count_include_pad=True, **options):
    out = right(x, kernel_size, count_include_pad=count_include_pad, **options)
    if count_include_pad:
        return out
    with np.errstate(invalid="ignore"):
        return out / right(x != 0, kernel_size, count_include_pad=False, **options)


@avg_pool2d.mistake(
    "what hangs over the padded map counts, too",
    hint="With ceil_mode the last window may reach beyond the padding. "
    "What lies there is neither pixel nor padding, and never counts.",
    section="08_pooling#pooling-ceil",
)
def _(right, x, kernel_size, *, count_include_pad=True, **options):
    if count_include_pad:
        return _whole(right, x, kernel_size, **options)
    return right(x, kernel_size, count_include_pad=False, **options)


@avg_pool2d.mistake(
    "the window is summed",
    hint="An average is a sum divided by how many numbers were added.",
)
def _(right, x, kernel_size, **options):
    return _whole(right, x, kernel_size, **options) * np.prod(per_axis(kernel_size))


@avg_pool2d.mistake(
    "a sum is divided by the square of the window's height",
    hint="A window of 2 x 3 pixels holds six of them, not four.",
)
def _(right, x, kernel_size, **options):
    KH, KW = per_axis(kernel_size)
    return _whole(right, x, kernel_size, **options) * KW / KH


@avg_pool2d.mistake(
    "the largest value is kept",
    hint="That is max pooling. Here every value of a window counts.",
    section="08_pooling#pooling-max",
)
def _(right, x, kernel_size, *, count_include_pad=True, **options):
    return reference.max_pool2d(x, kernel_size, **options)


@avg_pool2d.mistake(
    "averages are rounded down",
    hint="Does your code divide by // where / is meant?",
)
def _(right, x, kernel_size, **options):
    return np.floor(right(x, kernel_size, **options))


add_pool_size_mistakes(
    avg_pool2d,
    lambda *arrays, **options: reference.avg_pool2d(*arrays, **options | {"ceil_mode": True}),
)
add_padding_end_mistakes(avg_pool2d, section="08_pooling#pooling-padding")
add_pool_pair_mistakes(avg_pool2d, "stride", "padding")
add_map_mistakes(avg_pool2d)


@avg_pool2d.mistake(
    "the padding holds minus infinity",
    hint="Minus infinity never wins a maximum, but it spoils every sum. "
    "What can be added without changing one?",
    section="08_pooling#pooling-padding",
)
def _(right, x, kernel_size, *, padding=0, **options):
    sizes = right(x, kernel_size, padding=padding, **options).shape[2:]
    padded = hang_over(x, per_axis(padding), (0, 0), -np.inf)
    return crop_spatial(right(padded, kernel_size, **options), sizes)


@avg_pool2d.mistake(
    "the average runs over all channels",
    hint="Every channel is pooled by itself, and the output has as many channels as x.",
)
def _(right, x, *rest, **options):
    return np.repeat(right(x, *rest, **options).mean(axis=1, keepdims=True), x.shape[1], axis=1)


@avg_pool2d.mistake(
    "ceil_mode is ignored",
    hint="With ceil_mode the division in the output size rounds up, and the last window may "
    "hang over the edge.",
    section="08_pooling#pooling-ceil",
)
def _(right, x, kernel_size, *, ceil_mode=False, **options):
    return right(x, kernel_size, **options)


@avg_pool2d.mistake(
    "ceil_mode keeps a window that begins in the padding at the far end",
    hint="A window has to begin in the map or in the padding before it. The last one "
    "is left out when it would begin at row H + PH of the padded map, or later.",
    section="08_pooling#pooling-ceil",
)
def _(right, x, kernel_size, *, ceil_mode=False, count_include_pad=True, **options):
    keywords = {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    out = right(x, kernel_size, **options, **keywords)
    if not ceil_mode:
        return out
    step = stride_of(kernel_size, options.get("stride"))
    padded = hang_over(x, per_axis(options.get("padding", 0)), [s - 1 for s in step])
    kept = right(padded, kernel_size, stride=step)
    # The average of no pixel at all is 0 / 0.
    kept[:] = 0.0 if count_include_pad else np.nan
    kept[:, :, : out.shape[2], : out.shape[3]] = out
    return kept
