"""ZFNet: AlexNet looked into, found wanting in its first two layers, and mended.

Zeiler and Fergus drew what AlexNet's maps respond to, saw dead filters and aliasing, and
answered with a smaller first kernel and a smaller first step.
"""

from __future__ import annotations

from torch import Tensor, nn

from cnncourse.models.alexnet import TowerNorm
from cnncourse.models.network import SMALL_IMAGES, Network, initialise


class ZFNet(Network):
    """The 2013 network of Zeiler and Fergus, their figure 3 [1]_.

    224 -> 110 -> 55 -> 26 -> 13 -> 6 pixels: the first convolution is padded by 1, and the
    first two poolings round up, which is how the paper's sizes come out. The small form starts
    with 3 x 3 kernels, takes no stride outside its pooling layers, 32 -> 16 -> 8 -> 4 pixels,
    and has 1,024 units, not 4,096, in the fully connected layers.

    Parameters
    ----------
    num_classes : int, default 1000
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 224
        Side of the images in pixels; up to 64, the small form is built.
    dropout : float, default 0.5
        Share of the units silenced in the fully connected layers.

    References
    ----------
    .. [1] Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
       arXiv:1311.2901.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):  # to count, no weights are needed
    ...     network = ZFNet()
    >>> sum(p.numel() for p in network.parameters())
    62357608
    """

    heads = ("classifier.6",)

    def __init__(
        self,
        num_classes: int = 1000,
        *,
        in_channels: int = 3,
        image_size: int = 224,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.image_size = image_size
        small = image_size <= SMALL_IMAGES
        side, units = (4, 1024) if small else (6, 4096)
        kernel, stride = (3, 1) if small else (7, 2)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 96, kernel, stride=stride, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            TowerNorm(),
            nn.Conv2d(96, 256, 5, stride=stride, padding=2 if small else 0),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            TowerNorm(),
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2, ceil_mode=small),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Linear(256 * side**2, units),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(units, units),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(units, num_classes),
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 224, 224) images into (N, num_classes) logits."""
        x = self.features(x)  # (N, 256, 6, 6)
        x = self.avgpool(x)
        return self.classifier(x.flatten(1))
