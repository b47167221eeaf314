"""Networks as lists of layers: drawn for the cases of several exercises."""

import numpy as np


def conv(in_channels, out_channels, kernel_size, **options):
    """Describe a convolution layer, every option spelled out."""
    return {
        "type": "conv2d",
        "in_channels": int(in_channels),
        "out_channels": int(out_channels),
        "kernel_size": int(kernel_size),
        "stride": 1,
        "padding": 0,
        "dilation": 1,
        "groups": 1,
        "bias": True,
        **options,
    }


def pool(kernel_size, **options):
    """Describe a max pooling layer, every option spelled out."""
    return {
        "type": "max_pool2d",
        "kernel_size": int(kernel_size),
        "stride": int(kernel_size),
        "padding": 0,
        **options,
    }


def linear(in_features, out_features, **options):
    """Describe a fully connected layer."""
    return {
        "type": "linear",
        "in_features": int(in_features),
        "out_features": int(out_features),
        "bias": True,
        **options,
    }


def norm(num_features):
    """Describe batch normalisation."""
    return {"type": "batch_norm2d", "num_features": int(num_features)}


RELU, FLATTEN = {"type": "relu"}, {"type": "flatten"}


def lenet():
    """List the layers of LeNet-5 on 28 x 28 pixels."""
    return [
        conv(1, 6, 5, padding=2),
        RELU,
        pool(2),
        conv(6, 16, 5),
        RELU,
        pool(2),
        FLATTEN,
        linear(400, 120),
        linear(120, 84),
        linear(84, 10),
    ]


def draw_channels(rng, count):
    """Draw different numbers of channels, all of them even."""
    return [2 * int(c) for c in rng.choice(np.arange(2, 9), size=count, replace=False)]
