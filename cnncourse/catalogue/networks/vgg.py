"""VGG, from a table of stages."""

from cnncourse import reference
from cnncourse.catalogue import Case, exercise
from cnncourse.catalogue.networks import surgery
from cnncourse.catalogue.networks.shared import (
    COUNTS,
    NORM,
    RUNNING,
    SIZES,
    add,
    add_dropout_mistakes,
    add_hidden_without_relu,
    add_last_relu,
    add_no_relu,
    ask,
)


@exercise(
    "12_networks",
    section=SIZES,
    outputs={"num_params": "", "out": "N classes"},
    kind=COUNTS,
)
def VGG(depth=16, num_classes=1000, *, width=64, batch_norm=False):  # noqa: N802
    """Make VGG with 11, 13, 16 or 19 layers for images of 224 x 224."""
    return reference.VGG(depth, num_classes, width=width, batch_norm=batch_norm)


@VGG.drive
def _(function, x=None, training=False, **sizes):
    return ask(VGG, function, x, training=training, sizes=sizes)


@VGG.cases
def _(rng):
    x = rng.normal(size=(1, 3, 224, 224))
    narrow = {"num_classes": 5, "width": 1}
    yield Case("VGG-11, narrow: one image", {"depth": 11, **narrow, "x": x})
    yield Case(
        "VGG-11 while training, with dropout",
        {"depth": 11, **narrow, "num_classes": 6, "x": x + 0.1, "training": True},
    )
    yield Case(
        "VGG-11 with batch normalisation",
        {"depth": 11, **narrow, "batch_norm": True, "x": x - 0.1},
    )
    yield Case("VGG-16: 138,357,544 parameters", {"depth": 16, "num_classes": 1000})
    yield Case("VGG-19: 143,667,240 parameters", {"depth": 19, "num_classes": 1000})


add_no_relu(VGG)
add_last_relu(VGG)
add_hidden_without_relu(VGG, 2)
add_dropout_mistakes(VGG)


@VGG.mistake(
    "all depths are built alike",
    hint="The table of stages says how many convolutions each has. Who looks the depth up in it?",
)
def _(right, depth=16, *args, **options):
    return right(16, *args, **options)


@VGG.mistake(
    "batch normalisation is missing",
    hint="With `batch_norm=True`, each convolution is followed by batch normalisation.",
    section=NORM,
)
def _(right, *args, batch_norm=False, **options):
    return right(*args, **options)


@VGG.mistake(
    "batch normalisation is always there",
    hint="Batch normalisation came a year after VGG: it is there only where it is asked for.",
    section=NORM,
)
def _(right, *args, batch_norm=False, **options):
    return right(*args, batch_norm=True, **options)


def _norm_behind_relu(network):
    from torch import nn

    layers = list(network)
    for i, layer in reversed(list(enumerate(layers))):
        if isinstance(layer, nn.BatchNorm2d):
            layers[i : i + 2] = layers[i + 1], layer
    return nn.Sequential(*layers)


def _no_bias(network):
    from torch import nn

    with_norm = any(isinstance(one, nn.BatchNorm2d) for one in network)
    return surgery.change(network, bias=False) if with_norm else network


def _last_stage_wider(network):
    from torch import nn

    convs = [one for one in network if isinstance(one, nn.Conv2d)]
    wide = convs[-1].out_channels
    last = [i for i, one in enumerate(convs) if one.out_channels == wide]
    stage = last[len(last) // 2 :]
    for i, place in enumerate(stage):
        surgery.change(
            network,
            only=(place,),
            in_channels=2 * wide if i else wide,
            out_channels=2 * wide,
        )
    return surgery.refit(network, 224)


add(
    VGG,
    "the convolutions lose their bias beside batch normalisation",
    "torchvision's VGG keeps the biases with batch normalisation, and so does this one.",
    _no_bias,
    NORM,
)
add(
    VGG,
    "batch normalisation uses the batch at test time, too",
    "After `network.eval()` the running statistics are used. Does your network know its mode?",
    surgery.by_the_batch,
    RUNNING,
)
add(
    VGG,
    "batch normalisation stands behind the ReLU",
    "Convolution, batch normalisation, ReLU: in which order are yours?",
    _norm_behind_relu,
    NORM,
)
add(
    VGG,
    "the last stage doubles its filters, too",
    "64, 128, 256, 512, and 512 once more: the last stage is as wide as the one before.",
    _last_stage_wider,
)
