"""All windows at once, as a view by strides."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.windows import per_axis


@exercise(
    "08_fast",
    section="13_fast#fast-windows",
    outputs={"windows": "N C OH OW KH KW", "is_view": ""},
    kind={"windows": float, "is_view": bool},
)
def sliding_windows(x, kernel_size, *, stride=1):
    """Show every window of every image without a copy."""
    return reference.sliding_windows(x, kernel_size, stride=stride)


@sliding_windows.drive
def _(function, x, kernel_size, **options):
    windows = function(x, kernel_size, **options)
    # A copy lies elsewhere: comparing the ends of the two is exact enough, and quick.
    is_view = isinstance(windows, np.ndarray) and np.may_share_memory(windows, x)
    return windows, bool(is_view)


@sliding_windows.cases
def _(rng):
    x = rng.permutation(12).reshape(1, 1, 3, 4) * 1.0
    yield Case("one image of 3 x 4 pixels, windows of 2 x 2", {"x": x, "kernel_size": 2})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 11, 9))
    yield Case("several images and channels, windows of 2 x 3", {"x": x, "kernel_size": (2, 3)})
    yield Case("windows of 3 x 2, stride 2", {"x": x, "kernel_size": (3, 2), "stride": 2})
    yield Case("stride 3, which does not divide", {"x": x, "kernel_size": (3, 2), "stride": 3})
    yield Case(
        "images stored in another order, stride 2",
        {"x": np.asfortranarray(x), "kernel_size": (2, 4), "stride": 2},
    )
    yield Case("a window as large as the image", {"x": x, "kernel_size": (11, 9)})
    yield Case("windows of a single pixel", {"x": x, "kernel_size": 1, "stride": 4})


@sliding_windows.mistake(
    "the windows are copied",
    hint="The numbers are right, but they lie in new memory. reshape copies where it must, and "
    "so do an index array, np.stack and np.zeros that is filled.",
)
def _(right, x, kernel_size, **options):
    return right(x, kernel_size, **options).copy()


@sliding_windows.mistake(
    "the stride is ignored",
    hint="With stride 2 every other window is left out: fewer windows, further apart.",
)
def _(right, x, kernel_size, **options):
    return right(x, kernel_size)


@sliding_windows.mistake(
    "the stride shrinks the output while the window still moves by one pixel",
    hint="The shape is right. How many bytes lie between the corners of two neighbouring "
    "windows? Put the stride into that number.",
)
def _(right, x, kernel_size, *, stride=1):
    OH, OW = right(x, kernel_size, stride=stride).shape[2:4]
    return right(x, kernel_size)[:, :, :OH, :OW]


@sliding_windows.mistake(
    "the stride spreads the pixels of a window instead of the windows",
    hint="The stride belongs to the two axes that count places, OH and OW. Inside a window "
    "neighbouring pixels stay neighbours.",
)
def _(right, x, kernel_size, *, stride=1):
    OH, OW = right(x, kernel_size, stride=stride).shape[2:4]
    reach = tuple(stride * (K - 1) + 1 for K in per_axis(kernel_size))
    return right(x, reach)[:, :, :OH, :OW, ::stride, ::stride]


@sliding_windows.mistake(
    "the stride is applied to the rows only",
    hint="Both OH and OW move by the stride: look at your columns.",
)
def _(right, x, kernel_size, *, stride=1):
    return right(x, kernel_size)[:, :, ::stride]


@sliding_windows.mistake(
    "windows lie side by side and never overlap",
    hint="Without a stride a window moves by one pixel, whatever its size.",
)
def _(right, x, kernel_size, *, stride=1):
    KH, KW = per_axis(kernel_size)
    return right(x, kernel_size)[:, :, ::KH, ::KW]


@sliding_windows.mistake(
    "the + 1 in the number of windows is forgotten",
    hint="A window of 2 has two places on a row of 3 pixels, not one.",
    section="04_convolution#convolution-output-size",
)
def _(right, x, kernel_size, **options):
    return right(x, kernel_size, **options)[:, :, :-1, :-1]


@sliding_windows.mistake(
    "the pixels of a window come before its places",
    hint="The order of the axes is (N, C, OH, OW, KH, KW): first where the window is, then "
    "where in it.",
)
def _(right, x, kernel_size, **options):
    return right(x, kernel_size, **options).transpose(0, 1, 4, 5, 2, 3)


@sliding_windows.mistake(
    "places and pixels take turns",
    hint="The order of the axes is (N, C, OH, OW, KH, KW), not rows with rows and columns with "
    "columns.",
)
def _(right, x, kernel_size, **options):
    return right(x, kernel_size, **options).transpose(0, 1, 2, 4, 3, 5)


@sliding_windows.mistake(
    "the rows and columns of the windows are exchanged",
    hint="The fifth axis walks down a window, the sixth walks right: which of the image's "
    "strides does each need?",
)
def _(right, x, kernel_size, **options):
    return right(x, kernel_size, **options).swapaxes(4, 5)


@sliding_windows.mistake(
    "kernel_size is read columns first",
    hint="kernel_size=(2, 3) is 2 rows and 3 columns, as in a shape.",
)
def _(right, x, kernel_size, **options):
    return right(x, per_axis(kernel_size)[::-1], **options)


@sliding_windows.mistake(
    "the images are taken to lie row by row in memory",
    hint="How far apart two neighbours lie depends on how the array is stored. Do not compute "
    "it from the shape: ask x.strides.",
)
def _(right, x, kernel_size, **options):
    in_memory = x.T if x.flags.f_contiguous else x
    return right(in_memory.reshape(x.shape), kernel_size, **options)


@sliding_windows.mistake(
    "only the first image is shown",
    hint="All N images belong to the view: which stride leads from one to the next?",
)
def _(right, x, kernel_size, **options):
    return right(x, kernel_size, **options)[:1]
