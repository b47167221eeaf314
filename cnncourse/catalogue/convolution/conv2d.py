"""The convolution layer: images, channels, filters and all options at once."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.convolution.conv2d_single import draw_by_hand
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.layers import add_layer_mistakes
from cnncourse.catalogue.windows import (
    add_kernel_mistakes,
    add_padding_mistakes,
    add_pair_mistakes,
    add_stride_mistakes,
    add_sum_mistakes,
    crop_spatial,
    pad_spatial,
    per_axis,
)


@exercise(
    "04_convolution",
    section="04_convolution#convolution-several-filters",
    outputs={"out": "N F OH OW"},
)
def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlate every image with every filter, as PyTorch does."""
    return reference.conv2d(
        x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


@conv2d.cases
def _(rng):
    x, w = draw_by_hand(rng)
    yield Case("one image, one channel, one filter", {"x": x[None, None], "w": w[None, None]})
    yield Case(
        "as many filters as channels, square kernels",
        {"x": rng.normal(size=(2, 3, 7, 6)), "w": rng.normal(size=(3, 3, 3, 3))},
    )
    N, C, F = rng.permutation([4, 5, 7])
    layer = _layer(rng, N, C, 9, 8, F, 3, 2)
    yield Case("several images, channels and filters, and a bias", layer)
    layer["x"] = np.asfortranarray(layer["x"])
    yield Case(
        "stride 4, which does not divide, on images stored in another order",
        layer | {"stride": 4},
    )
    layer = _layer(rng, 2, 3, 7, 6, 4, 3, 2)
    yield Case("padding 2", layer | {"padding": 2})
    yield Case(
        "pairs of stride and padding, rows first", layer | {"stride": (3, 2), "padding": (1, 2)}
    )
    yield Case("dilation 2", layer | {"dilation": 2})
    yield Case(
        "padding 'same' around an even width and a dilated height",
        _layer(rng, 2, 3, 7, 6, 4, 3, 4) | {"padding": "same", "dilation": (2, 1)},
    )
    yield Case("two groups", _layer(rng, 2, 4, 7, 5, 6, 3, 2, groups=2))
    yield Case(
        "stride, padding, dilation and three groups at once",
        _layer(rng, 2, 6, 11, 9, 9, 3, 2, groups=3)
        | {"stride": (2, 3), "padding": (2, 1), "dilation": (2, 3)},
    )
    yield Case("an empty batch stays empty", layer | {"x": np.zeros((0, 3, 7, 6))})


def _layer(rng, N, C, H, W, F, KH, KW, *, groups=1):
    x, w = rng.normal(size=(N, C, H, W)), rng.normal(size=(F, C // groups, KH, KW))
    layer = {"x": x, "w": w, "b": rng.normal(size=F)}
    return layer if groups == 1 else layer | {"groups": groups}


add_kernel_mistakes(conv2d)
add_sum_mistakes(conv2d)
add_stride_mistakes(conv2d)
add_padding_mistakes(conv2d)
add_layer_mistakes(conv2d)
add_pair_mistakes(conv2d, "stride", "padding", "dilation")


@conv2d.mistake(
    "the bias is added once for every weight of the kernel",
    hint="Sum the whole window first: the bias is added once to every pixel of the output.",
    section="04_convolution#convolution-bias",
)
def _(right, x, w, b=None, **options):
    return right(x, w, None if b is None else b * w[0, 0].size, **options)


@conv2d.mistake(
    "the filters are reshaped where they should be transposed",
    hint="w.reshape(-1, F) cuts every filter into pieces. Make each filter one row, "
    "w.reshape(F, -1), and transpose that.",
)
def _(right, x, w, *rest, **options):
    return right(x, w.reshape(-1, len(w)).T.reshape(w.shape), *rest, **options)


@conv2d.mistake(
    "the axes of the filters and of the channels are exchanged",
    hint="w is (F, C, KH, KW): the first index names the output channel, the second the input's.",
)
def _(right, x, w, *rest, **options):
    return right(x, w.swapaxes(0, 1), *rest, **options)


def _pad_same(right, x, w, rest, options, before, after):
    if options.get("padding") != "same":
        return right(x, w, *rest, **options)
    missing = zip(w.shape[2:], per_axis(options.get("dilation", 1)), strict=True)
    missing = [(K, d * (K - 1)) for K, d in missing]
    x = pad_spatial(x, [before(K, p) for K, p in missing], [after(K, p) for K, p in missing])
    return right(x, w, *rest, **options | {"padding": 0})


@conv2d.mistake(
    "'same' adds the odd pixel at the top and at the left",
    hint="When the number of new pixels is odd, PyTorch puts the one left over at the far end.",
    section="06_padding#padding-even",
)
def _(right, x, w, *rest, **options):
    return _pad_same(right, x, w, rest, options, lambda K, p: p - p // 2, lambda K, p: p // 2)


@conv2d.mistake(
    "'same' adds as much at both ends, whatever the kernel",
    hint="A kernel of even size needs an odd number of new pixels, which no two equal ends share.",
    section="06_padding#padding-even",
)
def _(right, x, w, *rest, **options):
    return _pad_same(right, x, w, rest, options, lambda K, p: p // 2, lambda K, p: p // 2)


@conv2d.mistake(
    "'same' adds half the kernel at both ends",
    hint="K // 2 at both ends keeps the size for odd kernels without dilation only. "
    "By how much does the output shrink when there is no padding? That many pixels are missing.",
    section="06_padding#padding-same",
)
def _(right, x, w, *rest, **options):
    return _pad_same(right, x, w, rest, options, lambda K, p: K // 2, lambda K, p: K // 2)


@conv2d.mistake(
    "'same' forgets the dilation",
    hint="A dilated kernel reaches further, so that more pixels are lost and have to be added.",
    section="06_padding#padding-same",
)
def _(right, x, w, *rest, **options):
    return _pad_same(right, x, w, rest, options, lambda K, p: (K - 1) // 2, lambda K, p: K // 2)


@conv2d.mistake(
    "the dilation is ignored",
    hint="With dilation 2 the weights lie on every other pixel.",
    section="04_convolution#convolution-dilation",
)
def _(right, *arrays, **options):
    return right(*arrays, **options | {"dilation": 1})


@conv2d.mistake(
    "the dilation shrinks the output while the kernel stays dense",
    hint="The size is right. Which pixel of the window does w[1, 1] meet? Put the dilation into "
    "your formula for that place.",
    section="04_convolution#convolution-dilation",
)
def _(right, *arrays, **options):
    sizes = right(*arrays, **options).shape[2:]
    return crop_spatial(right(*arrays, **options | {"dilation": 1}), sizes)


@conv2d.mistake(
    "the dilation counts the pixels left out",
    hint="Dilation counts from 1: it is the step between two weights, and 1 leaves no gap.",
    section="04_convolution#convolution-dilation",
)
def _(right, *arrays, **options):
    dilation = tuple(d + 1 for d in per_axis(options.get("dilation", 1)))
    return right(*arrays, **options | {"dilation": dilation})


@conv2d.mistake(
    "a dilated kernel is taken to reach over dilation x K pixels",
    hint="After the last weight there is no gap: 3 weights 2 apart reach over 5 pixels, not 6.",
    section="04_convolution#convolution-dilation",
)
def _(right, x, *rest, **options):
    padding, dilation = options.get("padding", 0), per_axis(options.get("dilation", 1))
    if padding == "same":
        return right(x, *rest, **options)
    x = pad_spatial(x, per_axis(padding), per_axis(padding))
    sizes = [size - (d - 1) for size, d in zip(x.shape[2:], dilation, strict=True)]
    return right(crop_spatial(x, sizes), *rest, **options | {"padding": 0})


@conv2d.mistake(
    "the groups are ignored and every filter sees every channel",
    hint="With two groups the first half of the filters sees only the first half of the channels.",
    section="04_convolution#convolution-groups",
)
def _(right, x, w, *rest, groups=1, **options):
    return right(x, np.tile(w, (1, groups, 1, 1)), *rest, **options)


@conv2d.mistake(
    "every group reads the first channels",
    hint="Group g begins at channel g * C // groups: does your slice of x move with g?",
    section="04_convolution#convolution-groups",
)
def _(right, x, w, *rest, **options):
    first = x[:, : w.shape[1]]
    return right(np.tile(first, (1, options.get("groups", 1), 1, 1)), w, *rest, **options)


@conv2d.mistake(
    "the channels are dealt out to the groups in turn",
    hint="A group holds neighbouring channels: the first C // groups of them, then the next.",
    section="04_convolution#convolution-groups",
)
def _(right, x, *rest, **options):
    groups = options.get("groups", 1)
    dealt = np.arange(x.shape[1]).reshape(-1, groups).T.ravel()
    return right(x[:, dealt], *rest, **options)


@conv2d.mistake(
    "the filters are dealt out to the groups in turn",
    hint="Group 0 makes the first F // groups feature maps, group 1 the next ones.",
    section="04_convolution#convolution-groups",
)
def _(right, x, w, b=None, **options):
    groups = options.get("groups", 1)
    dealt = np.arange(len(w)).reshape(-1, groups).T.ravel()
    out = right(x, w[dealt], None if b is None else b[dealt], **options)
    out[:, dealt] = out.copy()
    return out
