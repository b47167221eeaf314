"""DenseNet: each layer sees the maps of all layers before it, laid side by side.

ResNet adds, DenseNet keeps: a layer need only contribute a few maps of its own, so the whole
gets by with a third of the parameters.
"""

from __future__ import annotations

from collections import OrderedDict

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnncourse.models.network import SMALL_IMAGES, Network, initialise

GROWTH = 32  # maps that each layer contributes
NUMBERS = (6, 12, 24, 16)  # layers in each of the four blocks: 121 in all, with the others


class DenseNet121(Network):
    """DenseNet-BC with 121 layers [1]_.

    The small form steps by 1 in a first convolution of 3 x 3 and leaves out the first pooling:
    32 -> 16 -> 8 -> 4 pixels.

    Parameters
    ----------
    num_classes : int, default 1000
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 224
        Side of the images in pixels; up to 64, the small form is built.

    References
    ----------
    .. [1] Huang, Liu, van der Maaten and Weinberger, "Densely connected convolutional
       networks", CVPR 2017, arXiv:1608.06993.

    Examples
    --------
    >>> sum(p.numel() for p in DenseNet121().parameters())
    7978856
    """

    heads = ("classifier",)

    def __init__(
        self, num_classes: int = 1000, *, in_channels: int = 3, image_size: int = 224
    ) -> None:
        super().__init__()
        self.image_size = image_size
        small = image_size <= SMALL_IMAGES
        kernel, stride, padding = (3, 1, 1) if small else (7, 2, 3)
        layers = OrderedDict(
            conv0=nn.Conv2d(in_channels, 64, kernel, stride, padding, bias=False),
            norm0=nn.BatchNorm2d(64),
            relu0=nn.ReLU(),
            pool0=nn.Identity() if small else nn.MaxPool2d(3, stride=2, padding=1),
        )
        channels = 64
        for i, number in enumerate(NUMBERS, start=1):
            layers[f"denseblock{i}"] = dense_block(channels, number)
            channels += number * GROWTH
            if i < len(NUMBERS):
                layers[f"transition{i}"] = transition(channels)
                channels //= 2
        layers["norm5"] = nn.BatchNorm2d(channels)
        self.features = nn.Sequential(layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(channels, num_classes)
        initialise(self, mode="fan_in")

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 224, 224) images into (N, num_classes) logits."""
        x = F.relu(self.features(x))  # (N, 1024, 7, 7)
        return self.classifier(self.avgpool(x).flatten(1))


class DenseLayer(nn.Module):
    """Put 32 new maps behind those there are: 1 x 1 to 128 maps, then 3 x 3.

    Parameters
    ----------
    channels : int
        Maps there are.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, 4 * GROWTH, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(4 * GROWTH)
        self.conv2 = nn.Conv2d(4 * GROWTH, GROWTH, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, C + 32, H, W)."""
        new = self.conv1(F.relu(self.norm1(x)))
        new = self.conv2(F.relu(self.norm2(new)))
        return torch.cat([x, new], 1)


def dense_block(channels: int, number: int) -> nn.Sequential:
    """Stack layers, each of which is given all that was there before.

    Parameters
    ----------
    channels : int
        Maps at the beginning.
    number : int
        Number of layers.

    Returns
    -------
    Sequential
        Ends with `channels` + 32 * `number` maps.
    """
    layers = {f"denselayer{i + 1}": DenseLayer(channels + i * GROWTH) for i in range(number)}
    return nn.Sequential(OrderedDict(layers))


def transition(channels: int) -> nn.Sequential:
    """Halve the maps in number and in size.

    Parameters
    ----------
    channels : int
        Maps before.

    Returns
    -------
    Sequential
        Batch normalisation, ReLU, a convolution of 1 x 1 and a mean over tiles of 2 x 2.
    """
    return nn.Sequential(
        OrderedDict(
            norm=nn.BatchNorm2d(channels),
            relu=nn.ReLU(),
            conv=nn.Conv2d(channels, channels // 2, 1, bias=False),
            pool=nn.AvgPool2d(2),
        )
    )
