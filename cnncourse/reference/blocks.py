"""Blocks in which an image takes more than one way, and the small ResNets made of them."""

import torch
from torch import nn
from torch.nn import functional as F


class Branches(nn.Module):
    """Several ways over the same maps, their answers laid one behind the other."""

    def __init__(self, *branches):
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x):
        """Join the channels."""
        return torch.cat([branch(x) for branch in self.branches], 1)


class Residual(nn.Module):
    """A body and a way around it; what both make is added, then comes the last layer."""

    def __init__(self, body, shortcut):
        super().__init__()
        self.body, self.shortcut, self.last = body, shortcut, nn.ReLU()

    def forward(self, x):
        """Add."""
        return self.last(self.body(x) + self.shortcut(x))


class Shortcut(nn.Module):
    """`zero_pad_shortcut` as a layer."""

    def __init__(self, out_channels, stride):
        super().__init__()
        self.out_channels, self.stride = out_channels, stride

    def forward(self, x):
        """Skip pixels, add maps of zeros."""
        return zero_pad_shortcut(x, self.out_channels, self.stride)


def Inception(in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool):  # noqa: N802
    """Make an Inception block, as printed in 2014: every convolution with a bias and a ReLU [1]_.

    Parameters
    ----------
    in_channels : int
        Channels of the maps.
    c1, c3_reduce, c3, c5_reduce, c5, pool : int
        Filters: 1 x 1; 1 x 1 and then 3 x 3; 1 x 1 and then 5 x 5; 1 x 1 behind the pooling.

    Returns
    -------
    network : Branches
        Turns (N, in_channels, H, W) into (N, c1 + c3 + c5 + pool, H, W).

    References
    ----------
    .. [1] Szegedy et al., "Going deeper with convolutions", CVPR 2015, arXiv:1409.4842.
    """
    return Branches(
        _convs((in_channels, c1, 1)),
        _convs((in_channels, c3_reduce, 1), (c3_reduce, c3, 3)),
        _convs((in_channels, c5_reduce, 1), (c5_reduce, c5, 5)),
        nn.Sequential(nn.MaxPool2d(3, stride=1, padding=1), *_convs((in_channels, pool, 1))),
    )


def zero_pad_shortcut(x, out_channels, stride):
    """Bring maps to another size without a weight: option A of the ResNet paper [1]_.

    Parameters
    ----------
    x : (N, C, H, W) tensor
        Maps.
    out_channels : int
        At least C: maps of zeros are added behind.
    stride : int
        Of the rows and of the columns, the first and every `stride`-th after it stay.

    Returns
    -------
    out : (N, out_channels, OH, OW) tensor

    References
    ----------
    .. [1] He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016,
       arXiv:1512.03385.
    """
    x = x[:, :, ::stride, ::stride]
    return F.pad(x, (0, 0, 0, 0, 0, out_channels - x.shape[1]))


def BasicBlock(in_channels, out_channels, stride=1):  # noqa: N802
    """Make a basic block of ResNet: two convolutions of 3 x 3 and a shortcut around both [1]_.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    stride : int
        Of the first convolution, and of the shortcut's projection.

    Returns
    -------
    network : Residual

    References
    ----------
    .. [1] He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016,
       arXiv:1512.03385.
    """
    body = _normed((in_channels, out_channels, 3, stride), (out_channels, out_channels, 3, 1))
    return Residual(body, _projection(in_channels, out_channels, stride))


def Bottleneck(in_channels, width, stride=1):  # noqa: N802
    """Make a bottleneck of ResNet, whose 3 x 3 convolution takes the stride [1]_.

    Parameters
    ----------
    in_channels : int
        Channels before.
    width : int
        Channels inside; after, there are four times as many.
    stride : int
        Of the 3 x 3 convolution, and of the shortcut's projection.

    Returns
    -------
    network : Residual

    References
    ----------
    .. [1] He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016,
       arXiv:1512.03385.
    """
    body = _normed((in_channels, width, 1, 1), (width, width, 3, stride), (width, 4 * width, 1, 1))
    return Residual(body, _projection(in_channels, 4 * width, stride))


def resnet_cifar(depth, num_classes=10, *, width=16):
    """Make ResNet-20, 32, 44, 56 or 110 for CIFAR-10, with shortcuts of option A [1]_.

    Parameters
    ----------
    depth : int
        6n + 2, for n blocks in each of the three stages.
    num_classes : int
        Length of the answer.
    width : int
        Channels of the first stage; doubled twice.

    Returns
    -------
    network : Sequential

    References
    ----------
    .. [1] He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016,
       section 4.2, arXiv:1512.03385.

    Examples
    --------
    >>> sum(parameter.numel() for parameter in resnet_cifar(20).parameters())
    269722
    """
    first = _normed((3, width, 3, 1))
    blocks, channels = [], width
    for stage in range(3):
        for block in range((depth - 2) // 6):
            stride = 2 if stage and not block else 1
            blocks.append(_cifar_block(channels, width * 2**stage, stride))
            channels = width * 2**stage
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes)]
    return nn.Sequential(*first, nn.ReLU(), *blocks, *head)


def _cifar_block(in_channels, out_channels, stride):
    body = _normed((in_channels, out_channels, 3, stride), (out_channels, out_channels, 3, 1))
    return Residual(body, Shortcut(out_channels, stride))


def _convs(*sizes):
    layers = []
    for channels, filters, side in sizes:
        layers += [nn.Conv2d(channels, filters, side, padding=side // 2), nn.ReLU()]
    return nn.Sequential(*layers)


def _normed(*sizes):
    """Convolutions with batch normalisation, and ReLU between them but not behind the last."""
    layers = []
    for channels, filters, side, stride in sizes:
        padding = side // 2
        conv = nn.Conv2d(channels, filters, side, stride=stride, padding=padding, bias=False)
        layers += [conv, nn.BatchNorm2d(filters), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def _projection(in_channels, out_channels, stride):
    if stride == 1 and in_channels == out_channels:
        return nn.Identity()
    return _normed((in_channels, out_channels, 1, stride))
