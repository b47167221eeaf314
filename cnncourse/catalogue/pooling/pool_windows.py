"""Mistakes that every pooling window invites, registered for one exercise after the other.

The exercises share one order of arguments: the maps x, then kernel_size; the other options
are keywords. `right` may answer with one array or with a tuple of them.
"""

import numpy as np

from cnncourse.catalogue.windows import add_pair_mistakes, crop_spatial, per_axis


def each(change, outputs):
    """Change one output, or every one of a tuple."""
    if isinstance(outputs, tuple):
        return tuple(change(out) for out in outputs)
    return change(outputs)


def sizes_of(outputs):
    """Tell the height and the width of an output, or of the first of a tuple."""
    return (outputs[0] if isinstance(outputs, tuple) else outputs).shape[-2:]


def stride_of(kernel_size, stride):
    """Give rows and columns their strides, the window's sizes if there is none."""
    return per_axis(kernel_size if stride is None else stride)


def draw_by_hand(rng):
    """Draw a small map of whole numbers that all differ, to be checked on paper."""
    return rng.permutation(np.arange(1.0, 25.0)).reshape(1, 1, 4, 6)


def add_pool_size_mistakes(exercise, rounded_up):
    """Register mistakes with the stride and the size of the output.

    `rounded_up` is called as `right` and keeps the windows that hang over the far end.
    """

    @exercise.mistake(
        "the stride is 1 when none is given",
        hint="Here pooling differs from convolution: without a stride the windows lie side by "
        "side. How far apart do they then begin?",
        section="08_pooling#pooling-stride",
    )
    def _(right, x, kernel_size, *, stride=None, **options):
        return right(x, kernel_size, stride=1 if stride is None else stride, **options)

    @exercise.mistake(
        "the windows always lie side by side, whatever the stride",
        hint="`kernel_size` says how large a window is, `stride` how far apart two of them begin; "
        "only without a stride are the two the same.",
        section="08_pooling#pooling-stride",
    )
    def _(right, x, kernel_size, *, stride=None, **options):
        return right(x, kernel_size, **options)

    @exercise.mistake(
        "the stride is always 1",
        hint="With stride 2 the window skips every other place, and the output is about half "
        "as high and half as wide.",
        section="08_pooling#pooling-stride",
    )
    def _(right, x, kernel_size, *, stride=None, **options):
        return right(x, kernel_size, stride=1, **options)

    @exercise.mistake(
        "the stride shrinks the output while the window still moves by one pixel",
        hint="The size is right. At which row and column of x does the window of out[1, 1] "
        "begin? Put the stride into your formula for that place.",
        section="08_pooling#pooling-stride",
    )
    def _(right, x, kernel_size, **options):
        sizes = sizes_of(right(x, kernel_size, **options))
        dense = right(x, kernel_size, **options | {"stride": 1})
        return each(lambda out: crop_spatial(out, sizes), dense)

    @exercise.mistake(
        "the output size counts windows that lie side by side",
        hint="The size is divided by the stride, not by the window: overlapping windows are more "
        "than fit side by side.",
        section="08_pooling#pooling-stride",
    )
    def _(right, x, kernel_size, **options):
        padded = zip(x.shape[-2:], per_axis(options.get("padding", 0)), strict=True)
        windows = [size + 2 * p for size, p in padded]
        sizes = [size // K for size, K in zip(windows, per_axis(kernel_size), strict=True)]
        return each(lambda out: crop_spatial(out, sizes), right(x, kernel_size, **options))

    @exercise.mistake(
        "the + 1 in the output size is forgotten",
        hint="The last row and the last column of the output are missing. "
        "Count the places of a window of 2 on a row of 3 pixels: there are two, not one.",
        section="08_pooling#pooling-stride",
    )
    def _(right, x, kernel_size, **options):
        outputs = right(x, kernel_size, **options)
        sizes = [max(size - 1, 0) for size in sizes_of(outputs)]
        return each(lambda out: crop_spatial(out, sizes), outputs)

    @exercise.mistake(
        "windows that hang over the edge are always kept",
        hint="The size is rounded down: when the stride does not divide, the last pixels "
        "go unused.",
        section="08_pooling#pooling-ceil",
    )
    def _(right, x, kernel_size, **options):
        return rounded_up(x, kernel_size, **options)

    @exercise.mistake(
        "the height and the width of the output are exchanged",
        hint="Rows come first: the output ends on the axes (OH, OW), and OH follows from H "
        "and KH.",
        section="08_pooling#pooling-stride",
    )
    def _(right, x, kernel_size, **options):
        return each(lambda out: out.swapaxes(-1, -2), right(x, kernel_size, **options))

    @exercise.mistake(
        "the window is 2 x 2, whatever kernel_size says",
        hint="Look for a 2 that is written out in your code: two pixels a side is the usual "
        "window, but not the only one.",
        section="08_pooling#pooling-max",
    )
    def _(right, x, kernel_size, **options):
        return right(x, 2, **options)


def add_pool_pair_mistakes(exercise, *keys):
    """Register mistakes with kernel_size and other options that may be pairs."""
    add_pair_mistakes(
        exercise,
        "kernel_size",
        *keys,
        section="08_pooling#pooling-stride",
        example="a window (3, 2) is 3 rows high.",
    )


def add_map_mistakes(exercise):
    """Register mistakes with images and channels."""

    @exercise.mistake(
        "only the first image is computed",
        hint="Images of a batch never meet, and each has its own output: does a loop or an "
        "index stop at image 0?",
    )
    def _(right, x, *rest, **options):
        def first(out):
            out[1:] = 0
            return out

        return each(first, right(x, *rest, **options))

    @exercise.mistake(
        "every channel gives what the first one gives",
        hint="Channel c of the output comes from channel c of x: which index stays at 0?",
    )
    def _(right, x, *rest, **options):
        return right(np.repeat(x[:, :1], x.shape[1], axis=1), *rest, **options)

    @exercise.mistake(
        "the channels of the output come last",
        hint="Your numbers may be right, but the channel axis is the second one, as it is in x.",
    )
    def _(right, x, *rest, **options):
        return each(lambda out: np.moveaxis(out, 1, -1), right(x, *rest, **options))
