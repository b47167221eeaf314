"""ConvNeXt: a ResNet brought up to date, one habit of the vision transformers at a time.

Patches for a stem, 7 x 7 depthwise filters, one normalisation and one GELU a block: with these
alone, convolutions caught up in 2022.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnncourse.models.network import SMALL_IMAGES, Network

# Channels and blocks of the four stages.
STAGES = ((96, 3), (192, 3), (384, 9), (768, 3))


class ConvNeXtTiny(Network):
    """ConvNeXt in its smallest published size [1]_.

    The first layer cuts the image into patches of 4 x 4; the small form takes patches of 2 x 2,
    which leaves 16 pixels of 32, not 8.

    Parameters
    ----------
    num_classes : int, default 1000
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 224
        Side of the images in pixels; up to 64, the small form is built.
    drop_path : float, default 0.1
        Share of the images for which the last block is skipped while training; the blocks
        before it are skipped less often, the first never.

    References
    ----------
    .. [1] Liu, Mao, Wu, Feichtenhofer, Darrell and Xie, "A ConvNet for the 2020s", CVPR 2022,
       arXiv:2201.03545.

    Examples
    --------
    >>> with torch.device("meta"):  # to count, no weights are needed
    ...     network = ConvNeXtTiny()
    >>> sum(p.numel() for p in network.parameters())
    28589128
    """

    heads = ("classifier.2",)

    def __init__(
        self,
        num_classes: int = 1000,
        *,
        in_channels: int = 3,
        image_size: int = 224,
        drop_path: float = 0.1,
    ) -> None:
        super().__init__()
        self.image_size = image_size
        patch = 2 if image_size <= SMALL_IMAGES else 4
        layers = [nn.Sequential(nn.Conv2d(in_channels, 96, patch, stride=patch), ChannelNorm(96))]
        total, done, channels = sum(number for _, number in STAGES), 0, 96
        for width, number in STAGES:
            if width != channels:
                half = nn.Conv2d(channels, width, 2, stride=2)
                layers.append(nn.Sequential(ChannelNorm(channels), half))
            rates = [drop_path * (done + i) / (total - 1) for i in range(number)]
            layers.append(nn.Sequential(*(ConvNeXtBlock(width, rate) for rate in rates)))
            done, channels = done + number, width
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(
            ChannelNorm(768), nn.Flatten(), nn.Linear(768, num_classes)
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(layer.weight, std=0.02)
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 224, 224) images into (N, num_classes) logits."""
        x = self.features(x)  # (N, 768, 7, 7)
        return self.classifier(self.avgpool(x))


class ConvNeXtBlock(nn.Module):
    """Filter each map on its own, then mix the channels of each pixel, and add a little of it.

    Parameters
    ----------
    channels : int
        Number of maps.
    drop_path : float
        Share of the images that skip the block while training.
    """

    def __init__(self, channels: int, drop_path: float) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.Conv2d(channels, channels, 7, padding=3, groups=channels),
            ChannelsLast(),
            nn.LayerNorm(channels, eps=1e-6),
            nn.Linear(channels, 4 * channels),  # on the last axis: a convolution of 1 x 1
            nn.GELU(),
            nn.Linear(4 * channels, channels),
            ChannelsFirst(),
        )
        self.layer_scale = nn.Parameter(torch.full((channels, 1, 1), 1e-6))
        self.drop_path = drop_path

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into maps of the same shape."""
        out = self.layer_scale * self.block(x)
        if self.training and self.drop_path > 0:
            keep = torch.full_like(out[:, :1, :1, :1], 1 - self.drop_path)
            out = out * torch.bernoulli(keep) / keep
        return x + out


class ChannelNorm(nn.LayerNorm):
    """Normalise the channels of each pixel.

    Parameters
    ----------
    channels : int
        Number of maps.
    """

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into maps of the same shape."""
        x = x.permute(0, 2, 3, 1)
        x = F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)
        return x.permute(0, 3, 1, 2)


class ChannelsLast(nn.Module):
    """Turn (N, C, H, W) into (N, H, W, C)."""

    def forward(self, x: Tensor) -> Tensor:
        """Move the channels to the end."""
        return x.permute(0, 2, 3, 1)


class ChannelsFirst(nn.Module):
    """Turn (N, H, W, C) into (N, C, H, W)."""

    def forward(self, x: Tensor) -> Tensor:
        """Move the channels to the front."""
        return x.permute(0, 3, 1, 2)
