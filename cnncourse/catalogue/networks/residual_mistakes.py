"""Mistakes that are made in every residual block."""

from cnncourse.catalogue.networks import surgery
from cnncourse.catalogue.networks.shared import (
    NORM,
    RELU,
    SIZES,
    add,
    add_bias,
    add_norm_mistakes,
)


def behind(*layers):
    """Put layers one behind the other."""
    from torch import nn

    return nn.Sequential(*layers)


def add_block_mistakes(exercise):
    """Register what goes wrong with a shortcut, a ReLU or batch normalisation."""
    add(
        exercise,
        "the shortcut is added behind the last ReLU",
        "First the sum, then the ReLU: what does your last line add?",
        _added_last,
        RELU,
    )
    add(
        exercise,
        "there is no ReLU behind the sum",
        "What leaves the block is never negative.",
        lambda network: surgery.without(network, "ReLU", only=(-1,)),
        RELU,
    )
    add(
        exercise,
        "there is no ReLU inside the block",
        "Between two convolutions stands a ReLU: else they are one.",
        lambda network: surgery.without(network, "ReLU", only=slice(None, -1)),
        RELU,
    )
    add(
        exercise,
        "there is a ReLU in front of the sum, too",
        "What is added may be negative: the body ends with batch normalisation.",
        _relu_before_sum,
        RELU,
    )
    add(
        exercise,
        "there is no shortcut",
        "The block adds what goes in to what its convolutions make. Where is the sum?",
        _no_shortcut,
        SIZES,
    )
    add(
        exercise,
        "the input itself is never added: every shortcut has a projection",
        "Where size and channels stay, the shortcut is the input as it is, without a weight.",
        _always_projected,
        SIZES,
    )
    add(
        exercise,
        "the projection has no batch normalisation",
        "The projection is a convolution and its batch normalisation.",
        _projection_not_normed,
        NORM,
    )
    add(
        exercise,
        "the projection ends with a ReLU",
        "The shortcut is not to be cut off at 0: nothing follows its batch normalisation.",
        _projection_with_relu,
        RELU,
    )
    add(
        exercise,
        "batch normalisation stands behind the ReLU",
        "Convolution, batch normalisation, ReLU: in which order are yours?",
        _relu_before_norm,
        NORM,
    )
    add_bias(exercise)
    add_norm_mistakes(exercise)


def _added_last(network):
    from torch import nn

    class AddedLast(nn.Module):
        def __init__(self):
            super().__init__()
            self.block = network

        def forward(self, x):
            return self.block.last(self.block.body(x)) + self.block.shortcut(x)

    return AddedLast()


def _relu_before_sum(network):
    from torch import nn

    network.body.append(nn.ReLU())
    return network


def _no_shortcut(network):
    from torch import nn

    class Nothing(nn.Module):
        def forward(self, x):
            return 0

    network.shortcut = Nothing()
    return network


def _is_projected(network):
    from torch import nn

    return not isinstance(network.shortcut, nn.Identity)


def _always_projected(network):
    from torch import nn

    if not _is_projected(network):
        convs = [one for one in network.body if isinstance(one, nn.Conv2d)]
        before, after = convs[0].in_channels, convs[-1].out_channels
        convolution = nn.Conv2d(before, after, 1, bias=False)
        network.shortcut = nn.Sequential(convolution, nn.BatchNorm2d(after))
    return network


def _projection_not_normed(network):
    if _is_projected(network):
        network.shortcut = behind(network.shortcut[0])
    return network


def _projection_with_relu(network):
    from torch import nn

    if _is_projected(network):
        network.shortcut.append(nn.ReLU())
    return network


def _relu_before_norm(network):
    from torch import nn

    layers = list(network.body)
    for i, layer in reversed(list(enumerate(layers[:-1]))):
        if isinstance(layer, nn.BatchNorm2d):
            layers[i : i + 2] = layers[i + 1], layer
    network.body = nn.Sequential(*layers)
    return network
