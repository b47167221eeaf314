"""The transposed convolution, which makes maps larger."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.layers import add_layer_mistakes
from cnncourse.catalogue.windows import (
    add_pair_mistakes,
    crop_spatial,
    pad_spatial,
    per_axis,
)


@exercise(
    "04_convolution",
    section="04_convolution#convolution-transposed",
    outputs={"out": "N F OH OW"},
)
def conv_transpose2d(x, w, b=None, *, stride=1, padding=0, output_padding=0):
    """Let every pixel paint its multiple of the kernel, as PyTorch does."""
    return reference.conv_transpose2d(
        x, w, b, stride=stride, padding=padding, output_padding=output_padding
    )


@conv_transpose2d.cases
def _(rng):
    yield Case(
        "a 2 x 3 image and a 2 x 2 kernel that overlap",
        {
            "x": rng.permutation(np.arange(1.0, 7.0)).reshape(1, 1, 2, 3),
            "w": rng.permutation([-1.0, 1.0, 2.0, 3.0]).reshape(1, 1, 2, 2),
        },
    )
    yield Case(
        "as many filters as channels, square kernels",
        {"x": rng.normal(size=(2, 3, 4, 5)), "w": rng.normal(size=(3, 3, 3, 3))},
    )
    N, C, F = rng.permutation([2, 3, 4])
    layer = {
        "x": rng.normal(size=(N, C, 5, 6)),
        "w": rng.normal(size=(C, F, 4, 3)),
        "b": rng.normal(size=F),
    }
    yield Case("several images, channels and filters, and a bias", layer)
    yield Case("stride 2", layer | {"stride": 2})
    yield Case("a stride larger than the kernel leaves gaps", layer | {"stride": 5})
    layer["x"] = np.asfortranarray(layer["x"])
    yield Case("padding 1 cuts off the border", layer | {"padding": 1, "stride": 2})
    yield Case("output padding without padding", layer | {"stride": 2, "output_padding": 1})
    yield Case(
        "pairs of all three, rows first",
        layer | {"stride": (2, 3), "padding": (2, 1), "output_padding": (1, 0)},
    )


def _overwrite(right, x, w, b, options, weights):
    out = right(x, np.zeros_like(w), None, **options)
    for i, j in weights:
        one = np.zeros((1, 1, *w.shape[2:]))
        one[..., i, j] = 1
        touched = right(np.ones((1, 1, *x.shape[2:])), one, None, **options) > 0.5
        out = np.where(touched, right(x, w * one, None, **options), out)
    return out if b is None else out + b[:, None, None]


@conv_transpose2d.mistake(
    "every weight of the kernel overwrites what the one before has painted",
    hint="Where two kernels overlap, both contributions count: look for an = that should be a +=.",
)
def _(right, x, w, b=None, **options):
    return _overwrite(right, x, w, b, options, np.ndindex(w.shape[2:]))


@conv_transpose2d.mistake(
    "every pixel overwrites what the one before has painted",
    hint="Where two kernels overlap, both contributions count: look for an = that should be a +=.",
)
def _(right, x, w, b=None, **options):
    # The last pixel that reaches a place does so by the first of the weights that do.
    return _overwrite(right, x, w, b, options, [*np.ndindex(w.shape[2:])][::-1])


@conv_transpose2d.mistake(
    "the kernel is painted upside down",
    hint="Every pixel paints the kernel as it is: w[:, :, 0, 0] lands in the top left corner.",
)
def _(right, x, w, *rest, **options):
    return right(x, np.flip(w, (2, 3)), *rest, **options)


@conv_transpose2d.mistake(
    "the rows and columns of the kernel are exchanged",
    hint="w[:, :, i, j] lands i rows below and j columns right of where the kernel begins.",
)
def _(right, x, w, *rest, **options):
    return right(x, w.swapaxes(2, 3), *rest, **options)


@conv_transpose2d.mistake(
    "the axes of the filters and of the channels are exchanged",
    hint="Here w is (C, F, KH, KW), input channels first: the other way round than in conv2d.",
)
def _(right, x, w, *rest, **options):
    return right(x, w.swapaxes(0, 1), *rest, **options)


@conv_transpose2d.mistake(
    "an ordinary convolution is computed",
    hint="A transposed convolution makes the image larger: every input pixel paints a whole "
    "kernel.",
)
def _(right, x, w, b=None, *, stride=1, padding=0, output_padding=0):
    return reference.conv2d(x, w.swapaxes(0, 1), b, stride=stride, padding=padding)


@conv_transpose2d.mistake(
    "the stride is ignored",
    hint="The kernels of two neighbouring input pixels begin `stride` output pixels apart.",
)
def _(right, x, w, b=None, *, stride=1, padding=0, output_padding=0):
    whole = pad_spatial(right(x, w), (0, 0), per_axis(output_padding))
    return _cut(whole, padding, b)


@conv_transpose2d.mistake(
    "stride zeros stand between two pixels, one too many",
    hint="The kernels of neighbouring pixels begin `stride` pixels apart, so that stride - 1 "
    "zeros lie between the two.",
)
def _(right, *arrays, stride=1, **options):
    return right(*arrays, stride=tuple(s + 1 for s in per_axis(stride)), **options)


@conv_transpose2d.mistake(
    "the output size counts as many strides as there are pixels",
    hint="Between H pixels there are H - 1 steps; the last kernel ends KH pixels after it began.",
)
def _(right, x, w, b=None, *, stride=1, padding=0, output_padding=0):
    options = {"stride": stride, "output_padding": output_padding}
    whole = pad_spatial(right(x, w, **options), (0, 0), per_axis(stride))
    return _cut(whole, padding, b)


@conv_transpose2d.mistake(
    "a slice that ends at -0 leaves nothing",
    hint="out[p:-p] cuts p pixels at both ends, but -0 is 0, and out[0:0] is empty. "
    "Write the end as a size instead.",
)
def _(right, *arrays, padding=0, **options):
    rows, columns = per_axis(padding)
    out = right(*arrays, padding=padding, **options)
    return out[:, :, : None if rows else 0, : None if columns else 0]


@conv_transpose2d.mistake(
    "the padding is ignored",
    hint="Padding is undone here: p pixels are cut off at every end of the output.",
)
def _(right, *arrays, padding=0, **options):
    return right(*arrays, **options)


@conv_transpose2d.mistake(
    "the padding is added to the output instead of cut off",
    hint="The forward layer added these pixels to its input, so that its transpose takes them "
    "away: padding makes the output smaller.",
)
def _(right, *arrays, padding=0, **options):
    return reference.pad2d(right(*arrays, **options), padding)


@conv_transpose2d.mistake(
    "the padding is cut off at the top and at the left only",
    hint="Padding p is cut off at both ends of an axis, so that it counts twice in the size.",
)
def _(right, *arrays, padding=0, **options):
    rows, columns = per_axis(padding)
    return right(*arrays, **options)[:, :, rows:, columns:]


@conv_transpose2d.mistake(
    "the padding is cut off at the bottom and at the right only",
    hint="The size is right, but padding p is cut off at both ends: "
    "at which row of the canvas does the output begin?",
)
def _(right, *arrays, padding=0, **options):
    sizes = right(*arrays, padding=padding, **options).shape[2:]
    return crop_spatial(right(*arrays, **options), sizes)


@conv_transpose2d.mistake(
    "the output padding is ignored",
    hint="output_padding keeps that many more rows at the bottom and columns at the right.",
)
def _(right, *arrays, output_padding=0, **options):
    return right(*arrays, **options)


@conv_transpose2d.mistake(
    "the output padding is added after the border was cut off",
    hint="Make the canvas larger first and cut afterwards: some of the extra pixels were painted "
    "on, and are not 0.",
)
def _(right, x, w, b=None, *, output_padding=0, **options):
    out = pad_spatial(right(x, w, None, **options), (0, 0), per_axis(output_padding))
    return out if b is None else out + b[:, None, None]


@conv_transpose2d.mistake(
    "the output padding is added at the top and at the left",
    hint="output_padding belongs to the far ends, the bottom and the right: why there?",
)
def _(right, x, w, b=None, *, padding=0, output_padding=0, **options):
    whole = pad_spatial(right(x, w, **options), per_axis(output_padding), (0, 0))
    return _cut(whole, padding, b)


add_pair_mistakes(conv_transpose2d, "stride", "padding", "output_padding")
add_layer_mistakes(conv_transpose2d, channel_axis=0)


@conv_transpose2d.mistake(
    "the bias is added with every weight that is painted",
    hint="Paint first: the bias is added once to every pixel of the finished output.",
    section="04_convolution#convolution-bias",
)
def _(right, x, w, b=None, **options):
    out = right(x, w, None, **options)
    times = right(np.ones((1, 1, *x.shape[2:])), np.ones((1, 1, *w.shape[2:])), None, **options)
    return out if b is None else out + b[:, None, None] * times


def _cut(whole, padding, b):
    (H, W), (rows, columns) = whole.shape[2:], per_axis(padding)
    out = whole[:, :, rows : H - rows, columns : W - columns]
    return out if b is None else out + b[:, None, None]
