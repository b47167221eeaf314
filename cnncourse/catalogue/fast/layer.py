"""What the fast layers share: their cases, the batch against the clock, their mistakes."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.convolution.conv2d_single import draw_by_hand
from cnncourse.catalogue.exercise import Case
from cnncourse.catalogue.layers import add_layer_mistakes
from cnncourse.catalogue.windows import (
    add_kernel_mistakes,
    add_padding_mistakes,
    add_stride_mistakes,
    add_sum_mistakes,
    pad_spatial,
)

LARGE = 16  # images; of a batch at least as large, only FEW are compared
FEW = 3


def draw_layer(rng, N, C, H, W, F, KH, KW):
    """Draw images, filters and biases."""
    x, w = rng.normal(size=(N, C, H, W)), rng.normal(size=(F, C, KH, KW))
    return {"x": x, "w": w, "b": rng.normal(size=F)}


def draw_smallest(rng):
    """Draw one image and one filter of whole numbers, to be checked on paper."""
    x, w = draw_by_hand(rng)
    return {"x": x[None, None], "w": w[None, None]}


def draw_layer_cases(rng):
    """Draw the cases of a whole layer with stride and padding, without those for speed."""
    yield Case("one image, one channel, one filter", draw_smallest(rng))
    yield Case(
        "as many filters as channels, square kernels",
        {"x": rng.normal(size=(2, 3, 7, 6)), "w": rng.normal(size=(3, 3, 3, 3))},
    )
    N, C, F = rng.permutation([4, 5, 7])
    layer = draw_layer(rng, N, C, 9, 8, F, 3, 2)
    yield Case("several images, channels and filters, and a bias", layer)
    layer = layer | {"x": np.asfortranarray(layer["x"]), "stride": 4}
    yield Case("stride 4, which does not divide, on images stored in another order", layer)
    layer = draw_layer(rng, 2, 3, 7, 8, 4, 3, 2)
    yield Case("padding 2", layer | {"padding": 2})
    yield Case("stride 2 and padding 1", layer | {"stride": 2, "padding": 1})
    yield Case("a kernel as large as the image", draw_layer(rng, 2, 3, 5, 4, 6, 5, 4))
    yield Case(
        "kernels of a single pixel, stride 3", draw_layer(rng, 3, 4, 8, 7, 2, 1, 1) | {"stride": 3}
    )
    yield Case("an empty batch stays empty", layer | {"x": np.zeros((0, 3, 7, 8))})


def compare_few_images(exercise):
    """Register a drive that hands over only a few images of a large batch.

    A student's function computes all of them, but their answers would fill megabytes of a
    notebook. The reference, whose images do not depend on each other, is asked for those alone.
    """

    @exercise.drive
    def _(function, **arguments):
        name, images = next(iter(arguments.items()))
        few = np.linspace(0, len(images) - 1, FEW).astype(int)
        if len(images) < LARGE:
            return exercise.call(function, **arguments)
        if function is exercise.reference:
            return exercise.call(function, **arguments | {name: images[few]})
        out = exercise.call(function, **arguments)
        if not isinstance(out, np.ndarray) or not out.ndim:
            return out
        # A batch of another length is wrong already: enough of it to say so.
        return out[few] if len(out) == len(images) else out[:FEW]


def add_fast_layer_mistakes(exercise, *, stride=True):
    """Register the mistakes of every convolution layer, however it is computed."""
    add_kernel_mistakes(exercise)
    add_sum_mistakes(exercise)
    if stride:
        add_stride_mistakes(exercise)
    add_padding_mistakes(exercise)
    add_layer_mistakes(exercise)

    @exercise.mistake(
        "the bias is added once for every weight of the kernel",
        hint="Sum the whole window first: the bias is added once to every pixel of the output.",
        section="04_convolution#convolution-bias",
    )
    def _(right, x, w, b=None, **options):
        return right(x, w, None if b is None else b * w[0, 0].size, **options)

    @exercise.mistake(
        "the bias is added once for every product",
        hint="The bias stands in the innermost loop or sum: it is added once to every pixel of "
        "the output, after all the products.",
        section="04_convolution#convolution-bias",
    )
    def _(right, x, w, b=None, **options):
        return right(x, w, None if b is None else b * w[0].size, **options)

    @exercise.mistake(
        "the axes of the filters and of the channels are exchanged",
        hint="w is (F, C, KH, KW): the first index names the output channel, the second the "
        "input's.",
        section="04_convolution#convolution-several-filters",
    )
    def _(right, x, w, *rest, **options):
        return right(x, w.swapaxes(0, 1), *rest, **options)


def add_axis_mistakes(exercise):
    """Register mistakes with the order of axes where windows become a matrix."""

    @exercise.mistake(
        "the windows are reshaped where their axes should be moved",
        hint="reshape never reorders: (N, C, OH, OW, KH, KW) has to become (N, C, KH, KW, OH, OW) "
        "before its axes are merged.",
        section="13_fast#fast-im2col",
    )
    def _(right, x, w, *rest, stride=1, padding=0):
        windows = _windows(x, w, stride, padding)
        N, _, OH, OW = windows.shape[:4]
        return right(windows.reshape(N, w[0].size, OH, OW), _flat(w), *rest)

    @exercise.mistake(
        "the channels are merged with the pixels of a window before they stand beside them",
        hint="(N, C, OH, OW, KH, KW) read as (N, OH * OW, C * KH * KW) takes places for channels: "
        "move C behind the places first.",
        section="13_fast#fast-im2col",
    )
    def _(right, x, w, *rest, stride=1, padding=0):
        windows = _windows(x, w, stride, padding)
        N, _, OH, OW = windows.shape[:4]
        rows = windows.reshape(N, OH, OW, w[0].size)
        return right(np.moveaxis(rows, 3, 1), _flat(w), *rest)

    @exercise.mistake(
        "the filters are reshaped where they should be transposed",
        hint="w.reshape(-1, F) cuts every filter into pieces. Make each filter one row, "
        "w.reshape(F, -1), and transpose that if you need columns.",
        section="13_fast#fast-im2col",
    )
    def _(right, x, w, *rest, **options):
        return right(x, w.reshape(-1, len(w)).T.reshape(w.shape), *rest, **options)

    @exercise.mistake(
        "a window is read channels last, a filter channels first",
        hint="A row of the filter matrix runs through its channels, and in each through rows and "
        "columns. Your windows have to be laid out in the same order: which axis varies "
        "slowest in yours?",
        section="13_fast#fast-im2col",
    )
    def _(right, x, w, *rest, **options):
        F, C, KH, KW = w.shape
        return right(x, w.reshape(F, KH, KW, C).transpose(0, 3, 1, 2), *rest, **options)

    @exercise.mistake(
        "images and filters are mixed up in the last reshape",
        hint="Your product has the filters before the images in memory. A reshape to "
        "(N, F, OH, OW) leaves them so; the axes have to be moved.",
        section="13_fast#fast-im2col",
    )
    def _(right, *arrays, **options):
        out = right(*arrays, **options)
        return np.ascontiguousarray(out.swapaxes(0, 1)).reshape(out.shape)

    @exercise.mistake(
        "the filters come before the images",
        hint="The numbers may be right, but out is (N, F, OH, OW): which axis of yours is N?",
        section="13_fast#fast-im2col",
    )
    def _(right, *arrays, **options):
        return right(*arrays, **options).swapaxes(0, 1)

    @exercise.mistake(
        "the places are numbered down the columns",
        hint="The windows of a row of places come first, left to right, then those of the next "
        "row: OH before OW.",
        section="13_fast#fast-im2col",
    )
    def _(right, *arrays, **options):
        out = right(*arrays, **options)
        return np.ascontiguousarray(out.swapaxes(2, 3)).reshape(out.shape)


def _windows(x, w, stride, padding):
    """Copy all windows of the padded images, place by place."""
    x = pad_spatial(x, (padding,) * 2, (padding,) * 2)
    return reference.sliding_windows(x, w.shape[2:], stride=stride).copy()


def _flat(w):
    """Lay every filter out as one of a single pixel and many channels."""
    return w.reshape(len(w), w[0].size, 1, 1)
