"""The shapes that one image takes on its way through a network."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.sizes.networks import (
    FLATTEN,
    RELU,
    conv,
    draw_channels,
    lenet,
    linear,
    norm,
    pool,
)


@exercise("03_sizes", section="10_sizes#sizes-trace", outputs={"shapes": "L 3"}, kind=int)
def trace_shapes(layers, shape):
    """Follow one image through a network."""
    return reference.trace_shapes(layers, shape)


@trace_shapes.cases
def _(rng):
    def case(claim, layers, *shape):
        return Case(claim, {"layers": layers, "shape": tuple(map(int, shape))})

    a, b, c = draw_channels(rng, 3)
    H, W = (int(side) for side in rng.permutation([17, 20, 23, 26])[:2])
    yield case("one convolution", [conv(3, a, 3)], 3, H, W)
    plain = [conv(3, a, 3), norm(a), RELU, conv(a, b, 2)]
    yield case("convolutions, ReLU and batch norm", plain, 3, H, W)
    yield case("a stride that does not divide, padding", _strided(a, b), 3, 21, 28)
    yield case("pooling: windows side by side, then windows that overlap", _pools(), a, 23, 19)
    yield case("dilation", [conv(b, c, 3, dilation=3), conv(c, a, 4, dilation=2)], b, H, W)
    yield case("groups change no shape", [conv(a, 2 * a, 3, groups=2, padding=1)], a, H, W)
    yield case("flatten, then fully connected layers", _with_head(c), c, 6, 5)
    yield case("LeNet-5", lenet(), 1, 28, 28)


def _strided(a, b):
    return [conv(3, a, 5, stride=2, padding=1), conv(a, b, 4, stride=3, padding=2)]


def _pools():
    return [pool(2), pool(3, stride=2, padding=1)]


def _with_head(channels):
    return [conv(channels, 7, 3, padding=1), FLATTEN, linear(7 * 6 * 5, 11), linear(11, 4)]


def _edited(edit):
    """Ask about other layers; `edit` changes one in place."""

    def wrong(right, layers, shape):
        layers = [dict(layer) for layer in layers]
        for layer in layers:
            edit(layer)
        return _loosely(layers, shape)

    def _loosely(layers, shape):
        # Sizes no longer fit the fully connected layers: these answer by their own numbers.
        spatial = [layer for layer in layers if layer["type"] not in ("flatten", "linear")]
        return _with_tail(reference.trace_shapes(spatial, shape), layers, shape)

    return wrong


def _with_tail(rows, layers, shape):
    """Add what flatten and fully connected layers make of the last of the rows."""
    rows = [tuple(row) for row in rows]
    for layer in layers[len(rows) :]:
        last = rows[-1] if rows else shape
        size = int(np.prod(last)) if layer["type"] == "flatten" else layer["out_features"]
        rows.append((size, 1, 1))
    return np.array(rows, dtype=np.int64)


def _without(option, value):
    def edit(layer):
        if option in layer:
            layer[option] = value

    return edit


def _pool_at_its_size(layer):
    if layer["type"] == "max_pool2d":
        layer["stride"] = layer["kernel_size"]


def _conv_with_stride_1(layer):
    if layer["type"] == "conv2d":
        layer["stride"] = 1


def _pool_by_division(layer):
    _pool_at_its_size(layer)
    _unpadded_pools(layer)


def _unpadded_pools(layer):
    if layer["type"] == "max_pool2d":
        layer["padding"] = 0


for _name, _hint, _section, _wrong in (
    (
        "height and width are exchanged",
        "A row says channels, height, width, in this order.",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: right(layers, shape)[:, [0, 2, 1]],
    ),
    (
        "width is taken to be the height",
        "Images need not be square: follow both sides.",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: right(layers, shape)[:, [0, 1, 1]],
    ),
    (
        "the channels come last",
        "A row says channels, height, width, in this order.",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: right(layers, shape)[:, [1, 2, 0]],
    ),
    (
        "a convolution keeps the number of channels",
        "Each filter makes one map: as many channels come out as there are filters.",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: _keep_channels(right(layers, shape), layers, shape),
    ),
    (
        "the stride of convolutions is ignored",
        "With stride 2 a map is about half as high and half as wide.",
        "10_sizes#sizes-output",
        _edited(_conv_with_stride_1),
    ),
    (
        "the padding is ignored",
        "Padding adds to both ends of both axes.",
        "10_sizes#sizes-output",
        _edited(_without("padding", 0)),
    ),
    (
        "the padding of pooling windows is ignored",
        "Pooling layers have a padding, too.",
        "10_sizes#sizes-pool",
        _edited(_unpadded_pools),
    ),
    (
        "the dilation is ignored",
        "A window of 3 with dilation 3 reaches over 7 pixels.",
        "10_sizes#sizes-output",
        _edited(_without("dilation", 1)),
    ),
    (
        "pooling windows always lie side by side",
        "A pooling layer has its own stride, which may be smaller than its window.",
        "10_sizes#sizes-pool",
        _edited(_pool_at_its_size),
    ),
    (
        "pooling divides by the size of its window, whatever its stride and padding",
        "That is right for windows side by side only: pooling has a formula, too.",
        "10_sizes#sizes-pool",
        _edited(_pool_by_division),
    ),
    (
        "sizes are rounded up",
        "What hangs over the edge is not computed.",
        "10_sizes#sizes-output",
        lambda right, layers, shape: _rounded_up(layers, shape),
    ),
    (
        "flatten keeps the shape",
        "All values of all channels stand in one row afterwards: C · H · W of them.",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: _unflattened(right(layers, shape), layers),
    ),
    (
        "flatten leaves the channels out",
        "Flatten makes one row of all channels: C · H · W values.",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: _flattened_per_channel(right(layers, shape), layers),
    ),
    (
        "a vector's features are told as its width",
        "A vector is written as (features, 1, 1): many channels of a single pixel.",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: _features_last(right(layers, shape), layers),
    ),
    (
        "layers that change no shape are left out",
        "A row for every layer, also for one that leaves the shape as it was.",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: right(layers, shape)[
            [layer["type"] not in ("relu", "batch_norm2d") for layer in layers]
        ],
    ),
    (
        "the shape of the image is listed, too",
        "A row for each layer: the first row is what comes out of the first layer.",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: np.vstack([[shape], right(layers, shape)]),
    ),
    (
        "every layer sees the image itself",
        "A layer begins with what the one before it left: is the shape updated in your loop?",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: _always_from_the_image(right, layers, shape),
    ),
    (
        "only the last shape is told",
        "A row for every layer, not only for the last.",
        "10_sizes#sizes-trace",
        lambda right, layers, shape: right(layers, shape)[-1:],
    ),
):
    trace_shapes.mistake(_name, hint=_hint, section=_section)(_wrong)


def _keep_channels(shapes, layers, shape):
    last, out = shape[0], shapes.copy()
    for row, layer in zip(out, layers, strict=True):
        if layer["type"] in ("flatten", "linear"):
            break
        row[0] = last
    return out


def _rounded_up(layers, shape):
    """Add to each side, before a layer, what makes room for one more window."""
    rows, last = [], shape
    for layer in layers:
        if layer["type"] in ("flatten", "linear"):
            break
        spare = layer.get("stride", 1) - 1
        wide = (last[0], last[1] + spare, last[2] + spare)
        last = tuple(int(v) for v in reference.trace_shapes([layer], wide)[0])
        rows.append(last)
    return _with_tail(rows, layers, shape)


def _unflattened(shapes, layers):
    out = shapes.copy()
    for i, layer in enumerate(layers):
        if layer["type"] == "flatten":
            out[i] = out[i - 1]
    return out


def _flattened_per_channel(shapes, layers):
    out = shapes.copy()
    for i, layer in enumerate(layers):
        if layer["type"] == "flatten":
            out[i, 0] = out[i - 1, 1] * out[i - 1, 2]
    return out


def _features_last(shapes, layers):
    vectors = [layer["type"] in ("flatten", "linear") for layer in layers]
    out = shapes.copy()
    out[vectors] = out[vectors][:, ::-1]
    return out


def _always_from_the_image(right, layers, shape):
    out = right(layers, shape).copy()
    for i, layer in enumerate(layers):
        if layer["type"] in ("conv2d", "max_pool2d"):
            seen = {**layer, "in_channels": shape[0], "groups": 1}
            seen = seen if layer["type"] == "conv2d" else layer
            out[i] = right([seen], shape)[0]
    return out
