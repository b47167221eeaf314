"""The small ResNets of the paper's experiments with CIFAR-10."""

from cnncourse import reference
from cnncourse.catalogue import Case, exercise
from cnncourse.catalogue.networks import surgery
from cnncourse.catalogue.networks.shared import (
    COUNTS,
    NORM,
    RELU,
    SIZES,
    add,
    add_bias,
    add_last_relu,
    add_norm_mistakes,
    ask,
)


@exercise(
    "12_networks",
    section=SIZES,
    outputs={"num_params": "", "out": "N classes"},
    kind=COUNTS,
)
def resnet_cifar(depth, num_classes=10, *, width=16):
    """Make ResNet-20, 32, 44, 56 or 110 for images of 32 x 32."""
    return reference.resnet_cifar(depth, num_classes, width=width)


@resnet_cifar.drive
def _(function, x=None, **sizes):
    return ask(resnet_cifar, function, x, sizes=sizes)


@resnet_cifar.cases
def _(rng):
    def case(claim, depth, classes, width, N, side):
        x = rng.normal(size=(N, 3, side, side))
        return Case(claim, {"depth": depth, "num_classes": classes, "width": width, "x": x})

    yield case("ResNet-8, narrow: a block in each stage", 8, 3, 2, 1, 32)
    yield case("a batch, three times as wide", 8, 5, 6, 2, 16)
    yield case("ResNet-14, smaller images: two blocks in each stage", 14, 4, 3, 2, 16)
    yield Case("ResNet-20: 269,722 parameters", {"depth": 20})


@resnet_cifar.mistake(
    "there is a block too many in each stage",
    hint="6n + 2 layers: n blocks of two convolutions in each of three stages, and two more. "
    "What is n for 20?",
)
def _(right, depth, *args, **options):
    return right(depth + 6, *args, **options)


def _blocks(network):
    """The residual blocks, in order."""
    return [one for one in network if hasattr(one, "shortcut")]


def _in_each(change):
    """Make a change in every block."""

    def in_all(network):
        for place, one in enumerate(network):
            if hasattr(one, "shortcut"):
                network[place] = change(one)
        return network

    return in_all


def _plain(block):
    from torch import nn

    class Plain(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = block

        def forward(self, x):
            return self.block.last(self.block.body(x))

    return Plain()


def _added_last(block):
    from torch import nn

    class AddedLast(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = block

        def forward(self, x):
            return self.block.last(self.block.body(x)) + self.block.shortcut(x)

    return AddedLast()


def _projected(block):
    from torch import nn

    first, last = block.body[0], block.body[3]
    before, after = first.in_channels, last.out_channels
    if before != after:
        convolution = nn.Conv2d(before, after, 1, stride=first.stride, bias=False)
        block.shortcut = nn.Sequential(convolution, nn.BatchNorm2d(after))
    return block


def _zeros_in_front(block):
    from torch import nn

    more, way = block.body[0].out_channels - block.body[0].in_channels, block.shortcut

    class InFront(nn.Module):
        def forward(self, x):
            return way(x).roll(more, dims=1)

    block.shortcut = InFront()
    return block


def _second_steps(block):
    stride = block.body[0].stride
    surgery.change(block.body, only=(0,), stride=1)
    surgery.change(block.body, only=(1,), stride=stride)
    return block


def _not_in_blocks(network, kind, make):
    """Change what stands outside the blocks."""
    for place, one in enumerate(network):
        if type(one).__name__ == kind:
            network[place] = make(one)
    return network


def _identity(layer):
    from torch import nn

    return nn.Identity()


def _largest(layer):
    from torch import nn

    return nn.AdaptiveMaxPool2d(1)


def _first_steps(network):
    blocks = _blocks(network)
    surgery.change(blocks[0].body, only=(0,), stride=2)
    blocks[0].shortcut.stride = 2
    return network


for _name, _hint, _change, _section in (
    (
        "there are no shortcuts",
        "Each block adds what goes in to what its convolutions make: without that it is the plain "
        "network that the paper compares with.",
        _in_each(_plain),
        SIZES,
    ),
    (
        "the shortcuts are option B, with projections",
        "Option A has no weights: every second pixel, and maps of zeros.",
        _in_each(_projected),
        "10_sizes#sizes-parameters",
    ),
    (
        "the shortcut is added behind the last ReLU",
        "First the sum, then the ReLU: what does the last line of your block add?",
        _in_each(_added_last),
        RELU,
    ),
    (
        "the maps of zeros stand in front",
        "Maps of zeros are added behind the others.",
        _in_each(_zeros_in_front),
        SIZES,
    ),
    (
        "the second convolution of a block takes the stride",
        "Which of the two convolutions steps? The second sees maps that are small already.",
        _in_each(_second_steps),
        "04_convolution#convolution-stride",
    ),
    (
        "there is no ReLU behind the sum",
        "What leaves a block is never negative.",
        _in_each(lambda block: surgery.without(block, "ReLU", only=(-1,))),
        RELU,
    ),
    (
        "there is no ReLU inside the blocks",
        "Between two convolutions stands a ReLU: else they are one.",
        _in_each(lambda block: surgery.without(block, "ReLU", only=(0,))),
        RELU,
    ),
    (
        "the first stage steps, too",
        "32 pixels stay 32 through the first stage: it starts as it goes on.",
        _first_steps,
        "04_convolution#convolution-stride",
    ),
    (
        "the first convolution has no ReLU",
        "Convolution, batch normalisation, ReLU: so it is also in front of the blocks.",
        lambda network: _not_in_blocks(network, "ReLU", _identity),
        RELU,
    ),
    (
        "the first convolution has no batch normalisation",
        "Convolution, batch normalisation, ReLU: so it is also in front of the blocks.",
        lambda network: _not_in_blocks(network, "BatchNorm2d", _identity),
        NORM,
    ),
    (
        "the largest value of each map goes on, not the mean",
        "The last maps are averaged: global average pooling.",
        lambda network: _not_in_blocks(network, "AdaptiveAvgPool2d", _largest),
        "08_pooling#pooling-global",
    ),
):
    add(resnet_cifar, _name, _hint, _change, _section)
add_last_relu(resnet_cifar)
add_bias(resnet_cifar)
add_norm_mistakes(resnet_cifar)
