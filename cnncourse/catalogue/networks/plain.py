"""A stage of VGG, and LeNet-5: networks whose layers stand one behind the other."""

from cnncourse import reference
from cnncourse.catalogue import Case, exercise
from cnncourse.catalogue.networks import surgery
from cnncourse.catalogue.networks.shared import (
    COUNTS,
    RELU,
    SIZES,
    add,
    add_hidden_without_relu,
    add_last_relu,
    add_no_relu,
    add_softmax,
    ask,
)


@exercise(
    "12_networks",
    section=SIZES,
    outputs={"num_params": "", "out": "N F OH OW"},
    kind=COUNTS,
)
def conv_stage(in_channels, out_channels, num_convs):
    """Make a stage of convolutions and one pooling layer."""
    return reference.conv_stage(in_channels, out_channels, num_convs)


@conv_stage.drive
def _(function, x, **sizes):
    return ask(conv_stage, function, x, sizes=sizes)


@conv_stage.cases
def _(rng):
    def case(claim, N, C, F, number, H, W):
        sizes = {"in_channels": C, "out_channels": F, "num_convs": number}
        return Case(claim, {**sizes, "x": rng.normal(size=(N, C, H, W))})

    yield case("one convolution, one channel", 1, 1, 2, 1, 4, 4)
    yield case("a batch of colour images", 2, 3, 4, 1, 6, 8)
    yield case("two convolutions", 2, 3, 5, 2, 8, 6)
    yield case("three convolutions, as many channels as before", 2, 4, 4, 3, 6, 10)
    yield case("odd sizes, which pooling rounds down", 3, 2, 6, 2, 7, 9)


add_no_relu(conv_stage)
add(
    conv_stage,
    "only the last convolution has a ReLU",
    "Each convolution is followed by a ReLU of its own. What stands inside the loop?",
    lambda network: surgery.without(network, "ReLU", only=slice(None, -1)),
    RELU,
)
add(
    conv_stage,
    "the last convolution has no ReLU",
    "Each convolution is followed by a ReLU, also the one in front of the pooling.",
    lambda network: surgery.without(network, "ReLU", only=slice(-1, None)),
    RELU,
)
add(
    conv_stage,
    "the convolutions do not pad",
    "A stage halves the size, and only its pooling does: its convolutions keep it. By what?",
    lambda network: surgery.change(network, padding=0),
    "10_sizes#sizes-same",
)
add(
    conv_stage,
    "there is no pooling",
    "The maps that leave a stage have half as many rows and columns. What makes them fewer?",
    lambda network: surgery.without(network, "MaxPool2d"),
    "10_sizes#sizes-pool",
)
add(
    conv_stage,
    "pooling rounds up",
    "Seven rows become three: PyTorch's pooling rounds down if nothing else is said.",
    lambda network: surgery.pooled(network, "MaxPool2d", 2, ceil_mode=True),
    "08_pooling#pooling-ceil",
)
add(
    conv_stage,
    "averages are pooled, not maxima",
    "A stage keeps the largest value of every tile.",
    lambda network: surgery.pooled(network, "AvgPool2d", 2),
    "08_pooling#pooling-average",
)
add(
    conv_stage,
    "the pooling windows overlap",
    "The tiles are 2 x 2 and stand side by side: is yours larger?",
    lambda network: surgery.pooled(network, "MaxPool2d", 3, stride=2, padding=1),
    "08_pooling#pooling-stride",
)
add(
    conv_stage,
    "the convolutions have no bias",
    "Only where batch normalisation follows is a bias of no use; here each filter has one.",
    lambda network: surgery.change(network, bias=False),
    "10_sizes#sizes-parameters",
)


@conv_stage.mistake(
    "there is one convolution too many",
    hint="Print the network and count: how often does your loop run, and what stands before it?",
)
def _(right, in_channels, out_channels, num_convs):
    return right(in_channels, out_channels, num_convs + 1)


@conv_stage.mistake(
    "the number of convolutions is ignored",
    hint="`num_convs` says how many convolutions there are. Where does your function use it?",
)
def _(right, in_channels, out_channels, num_convs):
    return right(in_channels, out_channels, 1)


@exercise(
    "12_networks",
    section=SIZES,
    outputs={"num_params": "", "out": "N classes"},
    kind=COUNTS,
)
def LeNet5(num_classes=10, in_channels=1):  # noqa: N802
    """Make LeNet-5 for images of 28 x 28."""
    return reference.LeNet5(num_classes, in_channels)


@LeNet5.drive
def _(function, x, **sizes):
    return ask(LeNet5, function, x, sizes=sizes)


@LeNet5.cases
def _(rng):
    def case(claim, N, classes, C):
        sizes = {"num_classes": classes, "in_channels": C}
        return Case(claim, {**sizes, "x": rng.normal(size=(N, C, 28, 28))})

    yield case("one image: 61,706 parameters, ten logits", 1, 10, 1)
    yield case("a batch of images", 3, 10, 1)
    yield case("seven classes", 2, 7, 1)
    yield case("colour images", 2, 5, 3)


add_no_relu(LeNet5)
add_last_relu(LeNet5)
add_softmax(LeNet5)
add_hidden_without_relu(LeNet5, 2)


def _not_padded(network):
    return surgery.refit(surgery.change(network, padding=0, only=(0,)), 28)


def _padded_twice(network):
    return surgery.refit(surgery.change(network, padding=2, only=(1,)), 28)


def _channels_last(network):
    from torch import nn

    class Flatten(nn.Module):
        def forward(self, x):
            return x.permute(0, 2, 3, 1).flatten(1)

    return surgery.swap(network, "Flatten", lambda layer: Flatten())


for _name, _hint, _change, _section in (
    (
        "the images are not padded",
        "28 pixels become the paper's 32: by how many on each side, and in which layer?",
        _not_padded,
        "10_sizes#sizes-output",
    ),
    (
        "the second convolution is padded, too",
        "14 pixels become 10 in the second convolution: nothing is padded there.",
        _padded_twice,
        "10_sizes#sizes-output",
    ),
    (
        "averages are pooled, not maxima",
        "The paper's subsampling took means; today's LeNet-5, and this one, takes maxima.",
        lambda network: surgery.pooled(network, "AvgPool2d", 2),
        "08_pooling#pooling-average",
    ),
    (
        "the maps are flattened channels-last",
        "`flatten(1)` lays one map behind the other. Is there a permute in front of yours?",
        _channels_last,
        "09_fully_connected#fc-flatten",
    ),
    (
        "the convolutions have no bias",
        "Each of the 6 filters of the first convolution has 25 weights and a bias: 156.",
        lambda network: surgery.change(network, bias=False),
        "10_sizes#sizes-parameters",
    ),
):
    add(LeNet5, _name, _hint, _change, _section)


@LeNet5.mistake(
    "the number of classes is ignored",
    hint="How many logits does your last layer give, and what was asked for?",
)
def _(right, num_classes=10, in_channels=1):
    return right(10, in_channels)
