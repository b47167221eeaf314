"""Cheap convolutions: 1 x 1, which mixes channels, and depthwise separable."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.layers import add_layer_mistakes
from cnncourse.catalogue.windows import (
    add_kernel_mistakes,
    add_padding_mistakes,
    add_pair_mistakes,
    add_stride_mistakes,
    add_sum_mistakes,
)


@exercise(
    "04_convolution",
    section="04_convolution#convolution-one-by-one",
    outputs={"out": "N F H W"},
)
def conv1x1(x, w, b=None):
    """Mix the channels of every pixel by one matrix, as a 1 x 1 convolution does."""
    return reference.conv2d(x, w[:, :, None, None], b)


@conv1x1.cases
def _(rng):
    x = rng.permutation(12).reshape(1, 2, 2, 3) * 1.0
    w = rng.permutation([-2.0, -1.0, 1.0, 2.0]).reshape(2, 2)
    yield Case("one image, two channels mixed into two", {"x": x, "w": w})
    N, C, F = rng.permutation([2, 3, 4])
    w, b = rng.normal(size=(F, C)), rng.normal(size=F)
    x = rng.normal(size=(N, C, 6, 5))
    yield Case("several images, channels and filters", {"x": x, "w": w})
    yield Case("a bias", {"x": x, "w": w, "b": b})
    last = rng.normal(size=(N, 5, 7, C)).transpose(0, 3, 1, 2)
    yield Case("images stored channels last", {"x": last, "w": w, "b": b})
    pixel = rng.normal(size=(N, C, 1, 1))
    yield Case("a single pixel: a fully connected layer", {"x": pixel, "w": w, "b": b})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, C, 6, 5)), "w": w, "b": b})


@conv1x1.mistake(
    "w is transposed",
    hint="w is (F, C): its rows make output channels. Which side of the product holds the pixels?",
)
def _(right, x, w, *rest):
    # Where w is not square, the product would not even exist.
    F, C = w.shape
    if F != C:
        raise ValueError(f"matmul: {C} channels do not fit {F}")
    return right(x, w.T, *rest)


@conv1x1.mistake(
    "channels and pixels are mixed up by a reshape",
    hint="reshape(N * H * W, C) keeps the order in memory, where a channel's pixels lie side by "
    "side. Move the channel axis last first.",
)
def _(right, x, *rest):
    N, C, H, W = x.shape
    return right(np.moveaxis(x.reshape(N, H, W, C), -1, 1), *rest)


@conv1x1.mistake(
    "channels and pixels are mixed up by two reshapes",
    hint="reshape keeps the order in memory: it can merge neighbouring axes, but not exchange "
    "them. Follow one pixel's channels through your code.",
)
def _(right, x, *rest):
    N, C, H, W = x.shape
    out = right(np.moveaxis(x.reshape(N, H, W, C), -1, 1), *rest)
    return np.moveaxis(out, 1, -1).reshape(out.shape)


@conv1x1.mistake(
    "rows and columns of the image are exchanged",
    hint="Every pixel stays where it is: out[n, f, i, j] depends on x[n, :, i, j] alone.",
)
def _(right, x, *rest):
    return right(x.swapaxes(2, 3), *rest)


add_layer_mistakes(conv1x1)


@exercise(
    "04_convolution",
    section="04_convolution#convolution-depthwise",
    outputs={"out": "N F OH OW"},
)
def depthwise_separable_conv2d(x, depthwise, pointwise, b=None, *, stride=1, padding=0):
    """Filter every channel by its own kernel, then mix the channels."""
    maps = reference.conv2d(
        x, depthwise[:, None], stride=stride, padding=padding, groups=x.shape[1]
    )
    return reference.conv2d(maps, pointwise[:, :, None, None], b)


@depthwise_separable_conv2d.cases
def _(rng):
    yield Case(
        "one image, two channels, one filter",
        {
            "x": rng.permutation(12).reshape(1, 2, 2, 3) * 1.0,
            "depthwise": rng.permutation(np.arange(-3.0, 5.0)).reshape(2, 2, 2),
            "pointwise": rng.permutation([-1.0, 2.0]).reshape(1, 2),
        },
    )
    N, C, F = rng.permutation([2, 3, 4])
    layer = {
        "x": rng.normal(size=(N, C, 8, 7)),
        "depthwise": rng.normal(size=(C, 3, 3)),
        "pointwise": rng.normal(size=(F, C)),
    }
    yield Case("several images, channels and filters, square kernels", layer)
    layer |= {"depthwise": rng.normal(size=(C, 3, 2)), "b": rng.normal(size=F)}
    yield Case("a bias, and kernels of 3 x 2 pixels", layer)
    yield Case("stride 4, which does not divide", layer | {"stride": 4})
    yield Case("padding 1", layer | {"padding": 1})
    layer["x"] = np.asfortranarray(layer["x"])
    yield Case(
        "pairs of stride and padding, on images stored in another order",
        layer | {"stride": (3, 2), "padding": (1, 2)},
    )


add_kernel_mistakes(depthwise_separable_conv2d)


@depthwise_separable_conv2d.mistake(
    "every channel is filtered by the first kernel",
    hint="Channel c has its own kernel, depthwise[c].",
)
def _(right, x, depthwise, *rest, **options):
    return right(x, np.repeat(depthwise[:1], len(depthwise), axis=0), *rest, **options)


@depthwise_separable_conv2d.mistake(
    "the first step already sums the channels",
    hint="The depthwise step keeps as many maps as there are channels; "
    "they meet only in the pointwise step.",
)
def _(right, x, depthwise, pointwise, b=None, **options):
    filtered = right(x, depthwise, np.ones_like(pointwise), None, **options)
    return _mix(np.repeat(filtered[:, :1], len(depthwise), axis=1), pointwise, b)


@depthwise_separable_conv2d.mistake(
    "the channels are not mixed",
    hint="After the depthwise step there is one map for every channel; pointwise, (F, C), "
    "turns these C maps into F.",
    section="04_convolution#convolution-one-by-one",
)
def _(right, x, depthwise, pointwise, b=None, **options):
    return right(x, depthwise, np.eye(len(depthwise)), None, **options)


@depthwise_separable_conv2d.mistake(
    "a ReLU stands between the two steps",
    hint="MobileNet puts one there, but as a layer of its own: here both steps are linear.",
)
def _(right, x, depthwise, pointwise, b=None, **options):
    maps = right(x, depthwise, np.eye(len(depthwise)), None, **options)
    return _mix(np.maximum(maps, 0), pointwise, b)


@depthwise_separable_conv2d.mistake(
    "the stride is applied in both steps",
    hint="Only the depthwise step moves a window, and only there does the stride count.",
    section="04_convolution#convolution-stride",
)
def _(right, x, depthwise, *rest, **options):
    down, along = np.broadcast_to(options.get("stride", 1), 2)
    return right(x, depthwise, *rest, **options)[:, :, ::down, ::along]


@depthwise_separable_conv2d.mistake(
    "the padding is applied in both steps",
    hint="A 1 x 1 kernel needs no padding: pad before the depthwise step alone.",
    section="06_padding#padding-size",
)
def _(right, x, depthwise, pointwise, b=None, **options):
    padding = options.get("padding", 0)
    maps = right(x, depthwise, np.eye(len(depthwise)), None, **options)
    return _mix(reference.pad2d(maps, padding), pointwise, b)


@depthwise_separable_conv2d.mistake(
    "the bias is missing",
    hint="b[f] is added to every pixel of feature map f, after the channels were mixed.",
    section="04_convolution#convolution-bias",
)
def _(right, x, depthwise, pointwise, b=None, **options):
    return right(x, depthwise, pointwise, None, **options)


@depthwise_separable_conv2d.mistake(
    "the bias is added once for every channel",
    hint="The bias belongs to the feature map: add it once, after the channels were mixed.",
    section="04_convolution#convolution-bias",
)
def _(right, x, depthwise, pointwise, b=None, **options):
    return right(x, depthwise, pointwise, None if b is None else b * x.shape[1], **options)


@depthwise_separable_conv2d.mistake(
    "the channels of the output come last",
    hint="Your numbers may be right, but the channel axis is the second one: "
    "move it there (np.moveaxis) before you return.",
)
def _(right, *arrays, **options):
    return np.moveaxis(right(*arrays, **options), 1, -1)


add_sum_mistakes(depthwise_separable_conv2d)
add_stride_mistakes(depthwise_separable_conv2d)
add_padding_mistakes(depthwise_separable_conv2d)
add_pair_mistakes(depthwise_separable_conv2d, "stride", "padding")


def _mix(maps, pointwise, b):
    return reference.conv2d(maps, pointwise[:, :, None, None], b)
