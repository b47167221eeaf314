"""What a network costs: parameters and multiply-accumulates."""

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


@exercise("03_sizes", section="10_sizes#sizes-parameters", outputs={"counts": "L"}, kind=int)
def count_params(layers):
    """Count the parameters of every layer."""
    return reference.count_params(layers)


@count_params.cases
def _(rng):
    a, b, c = draw_channels(rng, 3)
    yield Case("one convolution", {"layers": [conv(3, a, 3)]})
    yield Case(
        "layers that learn nothing have none",
        {"layers": [conv(a, b, 5), RELU, pool(2), FLATTEN]},
    )
    yield Case("without a bias", {"layers": [conv(b, c, 3, bias=False), conv(c, a, 1)]})
    yield Case("a stride, padding and dilation cost nothing", {"layers": [_geometry(a, b)]})
    yield Case("fully connected layers", {"layers": [linear(9 * a, b), linear(b, 3, bias=False)]})
    yield Case("batch norm: a weight and a bias for each channel", {"layers": [norm(a), norm(b)]})
    yield Case("groups", {"layers": [conv(a, 2 * b, 3, groups=2), conv(c, 3 * c, 5, groups=c)]})
    yield Case("LeNet-5", {"layers": lenet()})


def _geometry(a, b):
    return conv(a, b, 4, stride=3, padding=2, dilation=2)


@exercise("03_sizes", section="10_sizes#sizes-macs", outputs={"counts": "L"}, kind=int)
def count_macs(layers, sizes):
    """Count the multiply-accumulates of every layer, for one image."""
    return reference.count_macs(layers, sizes)


@count_macs.cases
def _(rng):
    def case(claim, layers, *sizes):
        return Case(claim, {"layers": layers, "sizes": np.array(sizes, dtype=np.int64)})

    a, b, c = draw_channels(rng, 3)
    H, W = (int(side) for side in rng.permutation([5, 7, 8, 11])[:2])
    yield case("one convolution", [conv(3, a, 3)], (H, W))
    yield case("layers that multiply nothing", [RELU, pool(2), norm(a)], (H, W), (4, 6), (4, 6))
    yield case("a bias adds nothing", [conv(a, b, 2, bias=False), conv(b, a, 2)], (H, W), (4, 9))
    # Even sides: to divide them by the stride once more, or their product, is the same mistake.
    strided = [conv(b, c, 3, stride=2)]
    yield case("a stride shows in the output alone", strided, (6, 2 * rng.integers(4, 9)))
    yield case("padding is multiplied like pixels", [conv(a, c, 5, padding=2)], (H, W))
    yield case("dilation costs nothing", [conv(c, b, 3, dilation=2)], (H, 9))
    yield case("groups", [conv(a, 2 * b, 3, groups=2), conv(c, c, 3, groups=c)], (H, W), (4, W))
    yield case("fully connected layers", [FLATTEN, linear(9 * a, b)], (1, 1), (1, 1))


# How students miscount. A convolution is told by its "kernel_size" and "out_channels".


def _per_layer(change):
    """Answer rightly for every layer but those that `change` gives another number for."""

    def wrong(right, layers, *rest):
        out = right(layers, *rest).copy()
        for i, layer in enumerate(layers):
            one = rest and (rest[0][i : i + 1],)
            number = change(layer, lambda new, one=one: int(right([new], *one)[0]))
            out[i] = out[i] if number is None else number
        return out

    return wrong


def _convs(change):
    return _per_layer(lambda layer, ask: change(layer, ask) if layer["type"] == "conv2d" else None)


for _name, _hint, _wrong in (
    (
        "every layer has a bias",
        "Where `bias` is False there is none.",
        _per_layer(lambda layer, ask: ask({**layer, "bias": True}) if "bias" in layer else None),
    ),
    (
        "the biases are left out",
        "One number for each output channel, or each output feature, is added, and learned.",
        _per_layer(lambda layer, ask: ask({**layer, "bias": False}) if "bias" in layer else None),
    ),
    (
        "there is one bias for each input channel",
        "A bias is added to what comes out: one for each output channel.",
        _convs(
            lambda layer, ask: ask({**layer, "bias": False}) + layer["bias"] * layer["in_channels"]
        ),
    ),
    (
        "a whole layer has one bias",
        "A bias is added to what comes out: one for each output channel, or output feature.",
        _per_layer(
            lambda layer, ask: (
                ask({**layer, "bias": False}) + layer["bias"] if "bias" in layer else None
            )
        ),
    ),
    (
        "a kernel spans one channel only",
        "Each filter has weights for every channel of its input.",
        _convs(
            lambda layer, ask: (
                ask({**layer, "bias": False}) * layer["groups"] // layer["in_channels"]
                + layer["bias"] * layer["out_channels"]
            )
        ),
    ),
    (
        "the side of a kernel is counted instead of its pixels",
        "A kernel of 3 by 3 has nine weights for each channel.",
        _convs(
            lambda layer, ask: (
                ask({**layer, "bias": False}) // layer["kernel_size"]
                + layer["bias"] * layer["out_channels"]
            )
        ),
    ),
    (
        "the number of filters is left out",
        "That is one filter: the layer has `out_channels` of them.",
        _convs(
            lambda layer, ask: (
                ask({**layer, "bias": False}) // layer["out_channels"] + layer["bias"]
            )
        ),
    ),
    (
        "groups are ignored",
        "With two groups a filter sees half of the input's channels, and has half the weights.",
        _convs(lambda layer, ask: ask({**layer, "groups": 1})),
    ),
    (
        "the groups divide twice",
        "Filters are not fewer for the groups; each of them sees fewer channels.",
        _convs(lambda layer, ask: ask(layer) // layer["groups"]),
    ),
    (
        "the biases are divided by the groups as well",
        "Each output channel has its bias, whatever the groups.",
        _convs(
            lambda layer, ask: (
                ask({**layer, "bias": False})
                + layer["bias"] * layer["out_channels"] // layer["groups"]
            )
        ),
    ),
    (
        "batch norm has no parameters",
        "It scales every channel and shifts it, by numbers that are learned.",
        _per_layer(lambda layer, ask: 0 if layer["type"] == "batch_norm2d" else None),
    ),
    (
        "batch norm has one parameter for each channel",
        "It scales every channel and shifts it: two numbers.",
        _per_layer(
            lambda layer, ask: layer["num_features"] if layer["type"] == "batch_norm2d" else None
        ),
    ),
    (
        "batch norm's running statistics count as parameters",
        "They are kept, not learned: no gradient changes them.",
        _per_layer(
            lambda layer, ask: (
                4 * layer["num_features"] if layer["type"] == "batch_norm2d" else None
            )
        ),
    ),
    (
        "fully connected layers are left out",
        "Each of their outputs has a weight for every input, and a bias.",
        _per_layer(lambda layer, ask: 0 if layer["type"] == "linear" else None),
    ),
    (
        "all is added up into one number",
        "One number for each layer is asked for, 0 for those without parameters.",
        lambda right, layers: right(layers).sum(keepdims=True),
    ),
    (
        "layers without parameters are left out",
        "One number for each layer is asked for, 0 for those without parameters.",
        lambda right, layers: right(layers)[right(layers) > 0],
    ),
):
    count_params.mistake(_name, hint=_hint)(_wrong)


def _scaled(scale):
    """Count each convolution's products times a factor that a slip brings in."""

    def wrong(right, layers, sizes):
        out = right(layers, sizes).copy()
        for i, layer in enumerate(layers):
            if layer["type"] == "conv2d":
                out[i] = round(float(out[i]) * scale(layer, *map(int, sizes[i])))
        return out

    return wrong


def _input_side(layer, side):
    reach = layer["dilation"] * (layer["kernel_size"] - 1) + 1
    return (side - 1) * layer["stride"] + reach - 2 * layer["padding"]


for _name, _hint, _wrong in (
    (
        "the size of the output is left out",
        "Every weight is used once at every place of the output: how many places are there?",
        _scaled(lambda layer, H, W: 1 / (H * W)),
    ),
    (
        "the height of the output is squared",
        "Images need not be square: H times W places.",
        _scaled(lambda layer, H, W: H / W),
    ),
    (
        "the places of the input are counted",
        "A window stands at as many places as the output has pixels.",
        _scaled(lambda layer, H, W: _input_side(layer, H) * _input_side(layer, W) / (H * W)),
    ),
    (
        "a product and its sum count as two",
        "A multiply-accumulate is both at once; floating point operations (FLOPs) are twice as "
        "many.",
        lambda right, layers, sizes: 2 * right(layers, sizes),
    ),
    (
        "the bias counts as well",
        "A bias is added, but nothing is multiplied by it.",
        lambda right, layers, sizes: (
            right(layers, sizes)
            + [
                int(layer.get("bias", False)) * _outputs(layer) * int(np.prod(size))
                for layer, size in zip(layers, sizes, strict=True)
            ]
        ),
    ),
    (
        "a kernel spans one channel only",
        "Each filter multiplies every channel of its input.",
        _scaled(lambda layer, H, W: layer["groups"] / layer["in_channels"]),
    ),
    (
        "the number of filters is left out",
        "Each of the `out_channels` filters is laid on every place.",
        _scaled(lambda layer, H, W: 1 / layer["out_channels"]),
    ),
    (
        "the side of a kernel is counted instead of its pixels",
        "A kernel of 3 by 3 multiplies nine pixels of each channel.",
        _scaled(lambda layer, H, W: 1 / layer["kernel_size"]),
    ),
    (
        "groups are ignored",
        "With two groups a filter sees half of the input's channels only.",
        _scaled(lambda layer, H, W: layer["groups"]),
    ),
    (
        "the groups divide twice",
        "Filters are not fewer for the groups; each of them sees fewer channels.",
        _scaled(lambda layer, H, W: 1 / layer["groups"]),
    ),
    (
        "the stride divides once more",
        "The output's size knows the stride already.",
        _scaled(lambda layer, H, W: 1 / layer["stride"] ** 2),
    ),
    (
        "the gaps of a dilated window are multiplied",
        "A window of 3 with dilation 2 reaches over five pixels and multiplies three of them.",
        _scaled(
            lambda layer, H, W: (
                ((layer["dilation"] * (layer["kernel_size"] - 1) + 1) / layer["kernel_size"]) ** 2
            )
        ),
    ),
    (
        "fully connected layers are left out",
        "Each of their outputs multiplies every input once.",
        _per_layer(lambda layer, ask: 0 if layer["type"] == "linear" else None),
    ),
    (
        "layers that multiply nothing are left out",
        "One number for each layer is asked for, 0 for those that multiply no weights.",
        lambda right, layers, sizes: right(layers, sizes)[right(layers, sizes) > 0],
    ),
    (
        "all is added up into one number",
        "One number for each layer is asked for.",
        lambda right, layers, sizes: right(layers, sizes).sum(keepdims=True),
    ),
):
    count_macs.mistake(_name, hint=_hint)(_wrong)


def _outputs(layer):
    return layer.get("out_channels") or layer.get("out_features") or 0
