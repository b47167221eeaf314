"""AlexNet and ZFNet, whose first layers bring 224 pixels down to 6."""

from cnncourse import reference
from cnncourse.catalogue import Case, exercise
from cnncourse.catalogue.networks import surgery
from cnncourse.catalogue.networks.shared import (
    COUNTS,
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
def AlexNet(num_classes=1000, *, width=64):  # noqa: N802
    """Make AlexNet for images of 224 x 224."""
    return reference.AlexNet(num_classes, width=width)


@AlexNet.drive
def _(function, x=None, training=False, **sizes):
    return ask(AlexNet, function, x, training=training, sizes=sizes)


@AlexNet.cases
def _(rng):
    x = rng.normal(size=(1, 3, 224, 224))
    yield Case("one image, a narrow network", {"num_classes": 5, "width": 1, "x": x})
    yield Case(
        "while training, with dropout",
        {"num_classes": 6, "width": 2, "x": x + 0.1, "training": True},
    )
    yield Case("61,100,840 parameters for a thousand classes", {"num_classes": 1000})
    yield Case("57,044,810 parameters for ten classes", {"num_classes": 10})


def _first_not_padded(network):
    return surgery.refit(surgery.change(network, padding=0, only=(0,)), 224)


def _first_not_padded_but_adaptive(network):
    from torch import nn

    network = surgery.change(network, padding=0, only=(0,))
    return surgery.swap(
        network, "Flatten", lambda layer: nn.Sequential(nn.AdaptiveAvgPool2d(6), layer)
    )


def _two_towers(network):
    def split(layer):
        fits = not (layer.in_channels % 2 or layer.out_channels % 2)
        return surgery.changed(layer, groups=2) if fits else layer

    return surgery.swap(network, "Conv2d", split, only=(1, 3, 4))


add_no_relu(AlexNet)
add_last_relu(AlexNet)
add_hidden_without_relu(AlexNet, 2)
add_dropout_mistakes(AlexNet)
add(
    AlexNet,
    "the pooling windows do not overlap",
    "The windows are 3 x 3 and step by 2: neighbours share a row or a column.",
    lambda network: surgery.pooled(network, "MaxPool2d", 2),
    "08_pooling#pooling-stride",
)
add(
    AlexNet,
    "the images are not padded",
    "224 pixels become 55 with a padding of 2 in the first convolution, and 54 without.",
    _first_not_padded,
    "10_sizes#sizes-output",
)
add(
    AlexNet,
    "the images are not padded, which adaptive pooling hides",
    "Whatever comes, adaptive pooling makes 6 x 6 of it. Print the sizes: 224, 55, 27, 13, 6.",
    _first_not_padded_but_adaptive,
    "10_sizes#sizes-output",
)
add(
    AlexNet,
    "the network is split into the two towers of 2012",
    "One GPU is enough today: every filter sees all the maps before it. Which option splits them?",
    _two_towers,
    "04_convolution#convolution-groups",
)
add(
    AlexNet,
    "averages are pooled, not maxima",
    "AlexNet keeps the largest value of every window.",
    lambda network: surgery.pooled(network, "AvgPool2d", 3, stride=2),
    "08_pooling#pooling-average",
)
add(
    AlexNet,
    "the last pooling is missing",
    "Three poolings: behind the first, the second and the fifth convolution. 13 become 6.",
    lambda network: surgery.refit(surgery.without(network, "MaxPool2d", only=(2,)), 224),
    "10_sizes#sizes-pool",
)


@AlexNet.mistake(
    "the number of classes is ignored",
    hint="How many logits does your last layer give, and what was asked for?",
)
def _(right, num_classes=1000, *, width=64):
    return right(1000, width=width)


@exercise(
    "12_networks",
    section=SIZES,
    outputs={"num_params": "", "out": "N classes"},
    kind=COUNTS,
)
def ZFNet(num_classes=1000, *, width=96):  # noqa: N802
    """Make ZFNet for images of 224 x 224."""
    return reference.ZFNet(num_classes, width=width)


@ZFNet.drive
def _(function, x=None, training=False, **sizes):
    return ask(ZFNet, function, x, training=training, sizes=sizes)


@ZFNet.cases
def _(rng):
    x = rng.normal(size=(1, 3, 224, 224))
    yield Case("one image, a narrow network", {"num_classes": 5, "width": 3, "x": x})
    yield Case(
        "while training, with dropout",
        {"num_classes": 6, "width": 3, "x": x + 0.1, "training": True},
    )
    yield Case("62,357,608 parameters for a thousand classes", {"num_classes": 1000})


def _change_and_refit(**change):
    return lambda network: surgery.refit(surgery.change(network, **change), 224)


add_no_relu(ZFNet)
add_last_relu(ZFNet)
add_hidden_without_relu(ZFNet, 2)
add_dropout_mistakes(ZFNet)
for _name, _hint, _change, _section in (
    (
        "pooling rounds down",
        "110 pixels become 55: that takes half a step more. Which option of pooling rounds up?",
        lambda network: surgery.refit(
            surgery.pooled(network, "MaxPool2d", 3, stride=2, only=(0, 1)), 224
        ),
        "10_sizes#sizes-pool",
    ),
    (
        "the first layer is still AlexNet's",
        "Zeiler and Fergus saw that AlexNet's first layer is too coarse. Theirs: 7 x 7, stride 2.",
        _change_and_refit(kernel_size=11, stride=4, padding=2, only=(0,)),
        "10_sizes#sizes-output",
    ),
    (
        "the second convolution steps by 1",
        "55 pixels become 26: the second convolution steps, too.",
        _change_and_refit(stride=1, only=(1,)),
        "04_convolution#convolution-stride",
    ),
    (
        "the second convolution is padded as AlexNet's",
        "55 pixels become 26 with nothing added at the border, and 28 with two rows each side.",
        _change_and_refit(padding=2, only=(1,)),
        "10_sizes#sizes-output",
    ),
    (
        "the images are not padded",
        "224 pixels become 110 with a padding of 1 in the first convolution, and 109 without.",
        _change_and_refit(padding=0, only=(0,)),
        "10_sizes#sizes-output",
    ),
    (
        "the images are padded by 3, as for 7 x 7 in ResNet",
        "224 pixels become 110 with a padding of 1 in the first convolution, and 112 with 3.",
        _change_and_refit(padding=3, only=(0,)),
        "10_sizes#sizes-output",
    ),
    (
        "the pooling windows do not overlap",
        "The windows are 3 x 3 and step by 2: neighbours share a row or a column.",
        lambda network: surgery.pooled(network, "MaxPool2d", 2, ceil_mode=False),
        "08_pooling#pooling-stride",
    ),
):
    add(ZFNet, _name, _hint, _change, _section)
