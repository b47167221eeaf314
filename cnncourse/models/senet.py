"""SENet: each block asks its maps which of them matter, and turns the others down.

The mean of every map (squeeze) passes through two small layers to a weight between 0 and 1 a
map (excitation): little to compute, and the idea that won ImageNet's last round, in 2017.
"""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnncourse.models.resnet import BasicBlock, Bottleneck, ResNet


class SqueezeExcitation(nn.Module):
    """Weigh every map by what the means of all of them say.

    Parameters
    ----------
    channels : int
        Number of maps.
    reduction : int, default 16
        How many times fewer units there are in the middle.
    """

    def __init__(self, channels: int, *, reduction: int = 16) -> None:
        super().__init__()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into maps of the same shape."""
        weight = F.relu(self.fc1(self.avgpool(x)))  # (N, C / 16, 1, 1)
        return x * torch.sigmoid(self.fc2(weight))


class SEBasicBlock(BasicBlock):
    """A ResNet block of two convolutions, weighed before it is added; parameters as there."""

    def __init__(self, in_channels: int, width: int, stride: int = 1, **options: object) -> None:
        super().__init__(in_channels, width, stride, **options)
        self.se = SqueezeExcitation(width)

    def residual(self, x: Tensor) -> Tensor:
        """Say what to add to the input."""
        return self.se(super().residual(x))


class SEBottleneck(Bottleneck):
    """A ResNet bottleneck, weighed before it is added; parameters as there."""

    def __init__(self, in_channels: int, width: int, stride: int = 1, **options: object) -> None:
        super().__init__(in_channels, width, stride, **options)
        self.se = SqueezeExcitation(4 * width)

    def residual(self, x: Tensor) -> Tensor:
        """Say what to add to the input."""
        return self.se(super().residual(x))


class SEResNet(ResNet):
    """ResNet with squeeze and excitation in every block [1]_; parameters as for `ResNet`.

    SE-ResNet-50 has 2,530,992 parameters more than ResNet-50, a tenth.

    References
    ----------
    .. [1] Hu, Shen and Sun, "Squeeze-and-excitation networks", CVPR 2018, arXiv:1709.01507.

    Examples
    --------
    >>> sum(p.numel() for p in SEResNet(50).parameters())
    28088024
    """

    plans: ClassVar = {
        depth: (SEBasicBlock if block is BasicBlock else SEBottleneck, numbers)
        for depth, (block, numbers) in ResNet.plans.items()
    }
