"""Windows as the columns of a matrix."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.fast.layer import compare_few_images
from cnncourse.catalogue.windows import add_padding_mistakes, pad_spatial, per_axis


@exercise("08_fast", section="13_fast#fast-im2col", outputs={"cols": "N C*KH*KW L"})
def im2col(x, kernel_size, *, stride=1, padding=0):
    """Lay every window out as a column, as PyTorch's unfold does."""
    return reference.im2col(x, kernel_size, stride=stride, padding=padding)


compare_few_images(im2col)


@im2col.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 13)).reshape(1, 1, 3, 4)
    yield Case("one image of 3 x 4 pixels, windows of 2 x 2", {"x": x, "kernel_size": 2})
    x = rng.permutation(np.arange(1.0, 25)).reshape(1, 2, 3, 4)
    yield Case("two channels", {"x": x, "kernel_size": (2, 3)})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 9, 8))
    yield Case(
        "several images, stored in another order",
        {"x": np.asfortranarray(x), "kernel_size": (3, 2)},
    )
    yield Case("stride 4, which does not divide", {"x": x, "kernel_size": (3, 2), "stride": 4})
    yield Case("padding 2", {"x": x, "kernel_size": (2, 3), "padding": 2})
    both = {"x": x, "kernel_size": (3, 4), "stride": 2, "padding": 1}
    yield Case("stride 2 and padding 1", both)
    yield Case("a window as large as the image", {"x": x, "kernel_size": (9, 8)})
    yield Case("an empty batch stays empty", both | {"x": np.zeros((0, 3, 9, 8))})
    # Processor time on a quiet core: by strides or slices 1 to 2 ms, by index arrays 6 ms; loops
    # over the images and their places 0.6 s.
    yield Case(
        "100 images of 64 x 64 pixels in 0.15 s; loops over the places need 0.6 s",
        {"x": rng.normal(size=(100, 1, 64, 64)), "kernel_size": 2},
        section="13_fast#fast-loops",
        seconds=0.15,
    )


def num_places(x, kernel_size, stride=1, padding=0):
    """Count the windows down and along an image."""
    return [
        (size + 2 * padding - K) // stride + 1
        for size, K in zip(x.shape[2:], per_axis(kernel_size), strict=True)
    ]


def _change_windows(right, x, kernel_size, change, **options):
    """Let a mistake happen to the columns as windows (N, C, KH, KW, OH, OW)."""
    cols = right(x, kernel_size, **options)
    sizes = (*x.shape[:2], *per_axis(kernel_size), *num_places(x, kernel_size, **options))
    changed = np.ascontiguousarray(change(cols.reshape(sizes)))
    return changed.reshape(len(x), cols.shape[1], -1) if len(x) else cols


@im2col.mistake(
    "the places come before the windows' pixels",
    hint="A window is a column: its pixels lie along the second axis, the places along the last.",
)
def _(right, *arrays, **options):
    return right(*arrays, **options).swapaxes(1, 2)


@im2col.mistake(
    "the places come before the images",
    hint="np.array of a list puts the list's axis first, and yours runs over places. "
    "That axis has to go last.",
)
def _(right, *arrays, **options):
    return right(*arrays, **options).transpose(2, 0, 1)


@im2col.mistake(
    "the windows are reshaped where their axes should be moved",
    hint="reshape never reorders: (N, C, OH, OW, KH, KW) has to become (N, C, KH, KW, OH, OW) "
    "before its axes are merged.",
)
def _(right, x, kernel_size, **options):
    def change(windows):
        return windows.transpose(0, 1, 4, 5, 2, 3)

    return _change_windows(right, x, kernel_size, change, **options)


@im2col.mistake(
    "rows of windows are reshaped into columns",
    hint="You have one window a row, (L, C * KH * KW). A reshape cuts the rows into pieces; "
    "transpose instead.",
)
def _(right, *arrays, **options):
    cols = right(*arrays, **options)
    return np.ascontiguousarray(cols.swapaxes(1, 2)).reshape(cols.shape)


@im2col.mistake(
    "the channels come last in a column",
    hint="Down a column the channel varies slowest: first all pixels of channel 0, then "
    "those of channel 1.",
)
def _(right, x, kernel_size, **options):
    def change(windows):
        return windows.transpose(0, 2, 3, 1, 4, 5)

    return _change_windows(right, x, kernel_size, change, **options)


@im2col.mistake(
    "a window is read column by column",
    hint="In a window the rows come first: the pixel to the right comes next, not the one below.",
)
def _(right, x, kernel_size, **options):
    return _change_windows(right, x, kernel_size, lambda v: v.swapaxes(2, 3), **options)


@im2col.mistake(
    "the places are numbered down the columns",
    hint="The windows of the first row of places come first, left to right: OH before OW.",
)
def _(right, x, kernel_size, **options):
    return _change_windows(right, x, kernel_size, lambda v: v.swapaxes(4, 5), **options)


@im2col.mistake(
    "the place in row i and column j is given the number i * OH + j",
    hint="A row of places is OW long: how many places come before the first one of row 1?",
)
def _(right, x, kernel_size, **options):
    OH, OW = num_places(x, kernel_size, **options)
    cols = right(x, kernel_size, **options)
    out = np.zeros_like(cols)
    for i, j in np.ndindex(OH, OW):
        out[:, :, i * OH + j] = cols[:, :, i * OW + j]
    return out


@im2col.mistake(
    "all images share one matrix",
    hint="Each image has a matrix of its own: the first axis stays N.",
)
def _(right, *arrays, **options):
    cols = right(*arrays, **options)
    return cols.swapaxes(0, 1).reshape(cols.shape[1], -1)


@im2col.mistake(
    "every column begins with another image",
    hint="Is the batch axis still the first when you merge the others? A column holds pixels "
    "of one image only.",
)
def _(right, *arrays, **options):
    cols = right(*arrays, **options)
    return np.ascontiguousarray(cols.transpose(1, 2, 0)).reshape(cols.shape)


@im2col.mistake(
    "the stride is ignored",
    hint="With stride 2 there are about half as many places down, and half as many along.",
)
def _(right, x, kernel_size, *, stride=1, padding=0):
    return right(x, kernel_size, padding=padding)


@im2col.mistake(
    "the stride shrinks the number of places while the window still moves by one pixel",
    hint="There are as many columns as there should be. At which pixel does the second window "
    "begin?",
)
def _(right, x, kernel_size, *, stride=1, padding=0):
    OH, OW = num_places(x, kernel_size, stride, padding)

    def change(windows):
        return windows[..., :OH, :OW]

    return _change_windows(right, x, kernel_size, change, padding=padding)


@im2col.mistake(
    "the + 1 in the number of places is forgotten",
    hint="The last row and column of places are missing: a window of 2 has two places on a "
    "row of 3 pixels.",
    section="04_convolution#convolution-output-size",
)
def _(right, x, kernel_size, **options):
    return _change_windows(right, x, kernel_size, lambda v: v[..., :-1, :-1], **options)


@im2col.mistake(
    "the number of places is rounded up",
    hint="A window that hangs over the edge is no window: when the stride does not divide, "
    "the last pixels go unused.",
    section="04_convolution#convolution-output-size",
)
def _(right, x, kernel_size, *, stride=1, **options):
    x = pad_spatial(x, (0, 0), (stride - 1, stride - 1))
    return right(x, kernel_size, stride=stride, **options)


add_padding_mistakes(im2col)


@im2col.mistake(
    "kernel_size is read columns first",
    hint="kernel_size=(2, 3) is 2 rows and 3 columns, as in a shape.",
)
def _(right, x, kernel_size, **options):
    return right(x, per_axis(kernel_size)[::-1], **options)
