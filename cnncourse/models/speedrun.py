"""A network for speedruns: how few seconds until CIFAR-10 is read to 94 %?

Its first layer is not learned but computed from the images; behind it stand six convolutions,
five of them on maps of a quarter of the pixels or less.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnncourse.models.network import Network, initialise

WIDTHS = (64, 256, 256)


class Speedrun(Network):
    """A small network after Jordan's airbench94, for images of 32 x 32 [1]_.

    A convolution of 2 x 2 that whitens (see `whiten`), then three groups of two convolutions
    each, with one pooling, then one fully connected layer whose answer is scaled down. Smaller
    images pass as well, down to 9 x 9.

    Parameters
    ----------
    num_classes : int, default 10
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 32
        Side of the images in pixels.
    width : float, default 1.0
        Share of the channels to keep, to train on a small machine.

    Raises
    ------
    ValueError
        If the width leaves a layer without channels.

    References
    ----------
    .. [1] Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", 2024, arXiv:2404.00498.

    Examples
    --------
    >>> sum(p.numel() for p in Speedrun().parameters())
    1972792
    """

    def __init__(
        self,
        num_classes: int = 10,
        *,
        in_channels: int = 3,
        image_size: int = 32,
        width: float = 1.0,
    ) -> None:
        super().__init__()
        self.image_size = image_size
        widths = [round(width * channels) for channels in WIDTHS]
        if min(widths) < 1:
            raise ValueError(
                f"width is {width}: it leaves {min(widths)} of {min(WIDTHS)} channels"
            )
        first = 2 * 4 * in_channels  # each whitened number and its negative
        self.conv1 = nn.Conv2d(in_channels, first, 2)
        self.layer1 = Group(first, widths[0])
        self.layer2 = Group(widths[0], widths[1])
        self.layer3 = Group(widths[1], widths[2])
        self.maxpool = nn.AdaptiveMaxPool2d(1)
        self.fc = nn.Linear(widths[2], num_classes, bias=False)
        initialise(self)
        nn.init.kaiming_normal_(self.fc.weight, nonlinearity="linear")

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 32, 32) images into (N, num_classes) logits."""
        x = F.gelu(self.conv1(x))  # (N, 8 C, 31, 31)
        x = self.layer1(x)  # (N, 64, 15, 15)
        x = self.layer2(x)  # (N, 256, 7, 7)
        x = self.layer3(x)  # (N, 256, 3, 3)
        return self.fc(self.maxpool(x).flatten(1)) / 9

    @torch.no_grad()
    def whiten(self, images: Tensor, *, least: float = 5e-4) -> None:
        """Compute the first layer from images, and keep it from learning.

        The pixels of a 2 x 2 window depend on each other: mostly they are alike. Along the
        axes in which they do not, and divided by their spread in each, they are independent
        and all of one size. Only the layer's biases go on learning.

        Parameters
        ----------
        images : (N, C, H, W) tensor of float32
            A few thousand training images, pixels in [0, 1].
        least : float, default 5e-4
            Added to every variance, so that axes that hold only noise are not blown up.
        """
        C = images.shape[1]
        patches = F.unfold(images, 2).transpose(1, 2).reshape(-1, 4 * C).double()
        mean = patches.mean(0)
        variances, axes = torch.linalg.eigh((patches - mean).T.cov())
        filters = (axes / (variances.clamp(min=0) + least).sqrt()).T
        weight, shift = torch.cat([filters, -filters]), filters @ mean
        self.conv1.weight.copy_(weight.view(-1, C, 2, 2))
        self.conv1.bias.copy_(torch.cat([-shift, shift]))
        self.conv1.weight.requires_grad_(False)


class Group(nn.Sequential):
    """Two convolutions with batch normalisation and GELU; the first is followed by pooling.

    Parameters
    ----------
    in_channels, width : int
        Channels before and after.
    """

    def __init__(self, in_channels: int, width: int) -> None:
        super().__init__(
            nn.Conv2d(in_channels, width, 3, padding=1, bias=False),
            nn.MaxPool2d(2),
            _norm(width),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            _norm(width),
            nn.GELU(),
        )


def _norm(width):
    # Runs are short: the statistics have to keep up with weights that change fast.
    return nn.BatchNorm2d(width, momentum=0.4)
