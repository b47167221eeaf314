"""Mistakes that every sliding window invites, registered for one exercise after the other.

The exercises share one order of arguments: the images x, the kernels w (their spatial axes
last), then the rest; stride and padding are keywords.
"""

import numpy as np


def per_axis(value, axes=2):
    """Give every spatial axis its own number, as a tuple."""
    return value if isinstance(value, tuple) else (value,) * axes


def pad_spatial(x, before, after, mode="constant", **options):
    """Pad the last axes of an array, by other numbers at their two ends, as np.pad does."""
    untouched = [(0, 0)] * (x.ndim - len(before))
    return np.pad(x, untouched + list(zip(before, after, strict=True)), mode=mode, **options)


def crop_spatial(out, sizes):
    """Keep the first pixels along the last axes of an array."""
    return out[(..., *(slice(size) for size in sizes))]


def add_kernel_mistakes(exercise, *, axes=2):
    """Register mistakes with the kernel itself."""
    spatial = tuple(range(-axes, 0))

    @exercise.mistake(
        "the kernel is flipped",
        hint="A convolution layer lays the kernel on the image as it is; "
        "turned by 180 degrees it is the convolution of mathematics.",
        section="03_filters#filters-flip",
    )
    def _(right, x, w, *rest, **options):
        return right(x, np.flip(w, spatial), *rest, **options)

    @exercise.mistake(
        "the rows and columns of the kernel are exchanged",
        hint="Look at which index of the kernel walks down the image and which walks right; "
        "w[i, j] belongs to the pixel i rows below and j columns right of the window's corner.",
        section="03_filters#filters-two-dimensions",
    )
    def _(right, x, w, *rest, **options):
        return right(x, w.swapaxes(-1, -2), *rest, **options)


def add_sum_mistakes(exercise, *, axes=2):
    """Register mistakes with the sum over a window."""
    spatial = tuple(range(-axes, 0))

    @exercise.mistake(
        "the products of a window are averaged instead of summed",
        hint="The kernel already says how much every pixel counts: the products are added up, "
        "and nothing divides them.",
        section="03_filters#filters-two-dimensions",
    )
    def _(right, x, w, *rest, **options):
        return right(x, w / np.prod([w.shape[axis] for axis in spatial]), *rest, **options)

    @exercise.mistake(
        "every weight of the kernel overwrites the one before",
        hint="Only the last weight is left in your sum: look for an = that should be a +=.",
        section="03_filters#filters-two-dimensions",
    )
    def _(right, x, w, *rest, **options):
        last = np.zeros_like(w)
        last[(..., *(-1,) * axes)] = w[(..., *(-1,) * axes)]
        return right(x, last, *rest, **options)


def add_stride_mistakes(exercise, *, axes=2):
    """Register mistakes with the stride and the size of the output."""

    @exercise.mistake(
        "the stride is ignored",
        hint="With stride 2 the window skips every other place, and the output is about half "
        "as high and half as wide.",
        section="04_convolution#convolution-stride",
    )
    def _(right, *arrays, **options):
        return right(*arrays, **{**options, "stride": 1})

    @exercise.mistake(
        "the stride shrinks the output while the window still moves by one pixel",
        hint="The size is right. Where on the image does the window of out[1, 1] begin? "
        "Put the stride into your formula for that place.",
        section="04_convolution#convolution-stride",
    )
    def _(right, *arrays, **options):
        sizes = right(*arrays, **options).shape[-axes:]
        return crop_spatial(right(*arrays, **{**options, "stride": 1}), sizes)

    @exercise.mistake(
        "the + 1 in the output size is forgotten",
        hint="The last row and the last column of the output are missing. "
        "Count the places of a window of 2 on a row of 3 pixels: there are two, not one.",
        section="04_convolution#convolution-output-size",
    )
    def _(right, *arrays, **options):
        out = right(*arrays, **options)
        return crop_spatial(out, [max(size - 1, 0) for size in out.shape[-axes:]])

    @exercise.mistake(
        "the output size is rounded up instead of down",
        hint="A window that hangs over the edge is not computed: when the stride does not "
        "divide, the last pixels go unused.",
        section="04_convolution#convolution-output-size",
    )
    def _(right, x, w, *rest, **options):
        stride = per_axis(options.get("stride", 1), axes)
        # That many zeros make room for one more window wherever the stride does not divide.
        return right(pad_spatial(x, (0,) * axes, [s - 1 for s in stride]), w, *rest, **options)

    @exercise.mistake(
        "the height and the width of the output are exchanged",
        hint="Rows come first: out.shape ends on (OH, OW), and OH follows from H and KH.",
        section="04_convolution#convolution-output-size",
    )
    def _(right, *arrays, **options):
        return right(*arrays, **options).swapaxes(-1, -2)


def add_padding_end_mistakes(exercise, *, axes=2, value=0.0, section="06_padding#padding-size"):
    """Register mistakes with where the padding is added; `value` is what it holds.

    "same" is left as it is.
    """

    def add(name, hint, before, after):
        @exercise.mistake(name, hint=hint, section=section)
        def _(right, x, *rest, **options):
            if options.get("padding", 0) == "same":
                return right(x, *rest, **options)
            padding = per_axis(options.get("padding", 0), axes)
            ends = [before * p for p in padding], [after * p for p in padding]
            x = pad_spatial(x, *ends, constant_values=value)
            return right(x, *rest, **options | {"padding": 0})

    add(
        "the padding is ignored",
        "Padding p adds p rows above, p below, and p columns on either side, "
        "before the window starts to slide.",
        0,
        0,
    )
    add(
        "the padding is counted at the top and at the left only",
        "Padding p is added at both ends of an axis, so that it counts twice in the size.",
        1,
        0,
    )
    add(
        "the padding is added at the bottom and at the right only",
        "Padding p is added at both ends of an axis: where does the first window begin?",
        0,
        1,
    )


def add_padding_mistakes(exercise, *, axes=2):
    """Register mistakes with the padding; "same" is left as it is."""
    add_padding_end_mistakes(exercise, axes=axes)

    @exercise.mistake(
        "the padding repeats the border of the image",
        hint="Unless another mode is asked for, the new pixels are all 0.",
        section="06_padding#padding-modes",
    )
    def _(right, x, *rest, **options):
        if options.get("padding", 0) == "same":
            return right(x, *rest, **options)
        padding = per_axis(options.get("padding", 0), axes)
        return right(pad_spatial(x, padding, padding, "edge"), *rest, **options | {"padding": 0})


def add_pair_mistakes(
    exercise,
    *keys,
    section="06_padding#padding-size",
    example="padding=(1, 2) adds 1 row above and below.",
):
    """Register mistakes with arguments that may be pairs."""

    def add(name, hint, keys, replace):
        @exercise.mistake(name, hint=hint, section=section)
        def _(right, *arrays, **options):
            given = exercise.signature.bind(*arrays, **options).arguments
            pairs = {k: v for k, v in given.items() if k in keys and isinstance(v, tuple)}
            return right(**given | {k: replace(v) for k, v in pairs.items()})

    rows_first = "A pair names rows first, columns second, as a shape does: "
    add("pairs are read columns first", rows_first + example, keys, lambda pair: pair[::-1])
    for key in keys:
        add(
            f"the {key} pair is read columns first",
            rows_first + "which axis does its first number reach in your code?",
            (key,),
            lambda pair: pair[::-1],
        )
    add(
        "the first number of a pair serves both axes",
        "The second number of a pair belongs to the columns.",
        keys,
        lambda pair: pair[0],
    )
