"""The arithmetic of VGG, asked of PyTorch's own layers: weights, work, the size of the signal."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def stack_weights(kernel_size, channels):
    """Count the weights of one layer, and of the 3 x 3 layers that see as far as it does.

    Parameters
    ----------
    kernel_size : int
        Side of the one layer's window in pixels, odd and at least 3.
    channels : int
        Channels in front of every layer and behind it; there are no biases.

    Returns
    -------
    single, stack : int
        Weights of the one layer, and of all layers of 3 x 3 together.

    Examples
    --------
    >>> stack_weights(5, 2)
    (100, 72)
    """
    seen, stack = torch.zeros(1, 1, kernel_size, kernel_size), 0
    small = _count(_conv(channels, channels, 3, bias=False))
    while seen.shape[-1] > 1:  # each layer leaves out a rim of one pixel
        seen, stack = F.conv2d(seen, torch.zeros(1, 1, 3, 3)), stack + small
    return _count(_conv(channels, channels, kernel_size, bias=False)), stack


def vgg_conv_params(numbers, widths, *, in_channels=3, batch_norm=False):
    """Count the parameters of VGG's convolutions, with those of batch norm behind them.

    Parameters
    ----------
    numbers : list of int
        Convolutions of 3 x 3 in each block.
    widths : list of int
        Channels that the convolutions of each block make.
    in_channels : int, default 3
        Channels of the image.
    batch_norm : bool, default False
        Whether batch norm follows every convolution, which keeps its bias all the same.

    Returns
    -------
    params : int
        Weights and biases of all blocks.

    Examples
    --------
    >>> vgg_conv_params([1, 2], [2, 4])
    280
    """
    return sum(
        _count(layer) + batch_norm * _count(_norm(layer.out_channels))
        for block in _blocks(numbers, widths, in_channels)
        for layer in block
    )


def vgg_block_macs(numbers, widths, size, *, in_channels=3):
    """Count the multiply-accumulates of each block of VGG, for one image.

    Parameters
    ----------
    numbers : list of int
        Convolutions of 3 x 3, with a rim of one pixel of zeros, in each block.
    widths : list of int
        Channels that the convolutions of each block make.
    size : (int, int)
        Height and width of the image in pixels; each block ends with pooling that halves both
        and rounds down.
    in_channels : int, default 3
        Channels of the image.

    Returns
    -------
    macs : (B,) ndarray of int64
        One number a block; pooling multiplies nothing.

    Examples
    --------
    >>> vgg_block_macs([1, 2], [2, 4], (6, 4))
    array([1296, 1296])
    """
    places, macs = torch.zeros(1, 1, *map(int, size)), []  # one map shows the size of all
    for block in _blocks(numbers, widths, in_channels):
        places = F.max_pool2d(places, 2) if macs else places  # behind the block before
        macs.append(0)
        for layer in block:
            places = F.conv2d(places, torch.zeros(1, 1, 3, 3), padding=layer.padding)
            macs[-1] += layer.weight.numel() * places.numel()
    return np.array(macs, dtype=np.int64)


def signal_growth(channels, *, std, kernel_size=3):
    """Tell how large the signal is behind each layer, against the image, in the mean.

    Parameters
    ----------
    channels : list of int
        Channels of the image, then those that each convolution makes.
    std : float
        Standard deviation that all weights are drawn with, around 0; biases are 0.
    kernel_size : int, default 3
        Side of every window in pixels.

    Returns
    -------
    growth : (L,) ndarray of float64
        Root mean square of what reaches layer after layer, that of the image being 1, where
        a ReLU halves the mean square.

    Notes
    -----
    A layer with `n` inputs to each sum keeps the size if its weights are drawn with PyTorch's
    ``calculate_gain("relu") / sqrt(n)``; other weights scale it in proportion.

    Examples
    --------
    >>> signal_growth([2, 3, 5], std=1.0).round(3).tolist()
    [3.0, 11.023]
    """
    kept = [
        nn.init.calculate_gain("relu") / math.sqrt(_conv(a, 1, kernel_size).weight.numel())
        for a in channels[:-1]
    ]
    return np.cumprod(std / np.array(kept, dtype=np.float64))


def _blocks(numbers, widths, channels):
    for number, width in zip(numbers, widths, strict=True):
        block = []
        for _ in range(int(number)):
            block.append(_conv(channels, int(width), 3, padding=1))
            channels = int(width)
        yield block


def _conv(a, b, kernel_size, **options):
    return nn.Conv2d(int(a), int(b), int(kernel_size), **options)


def _norm(channels):
    return nn.BatchNorm2d(channels)


def _count(layer):
    return sum(p.numel() for p in layer.parameters())
