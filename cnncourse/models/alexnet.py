"""AlexNet: LeNet's plan, a thousand times larger, and the network that won ImageNet in 2012.

ReLU made it trainable, two GPUs made it fit, dropout and augmentation kept it from learning
the images by heart.
"""

from __future__ import annotations

from torch import Tensor, nn

from cnncourse.models.network import SMALL_IMAGES, Network, initialise


class AlexNet(Network):
    """AlexNet on one GPU, as torchvision has it [1]_.

    The first layer steps 4 pixels at once, which brings 224 pixels down to 55; on small images
    nothing would be left. Their form starts with 5 x 5 kernels that step by 1 and has 1,024
    units, not 4,096, in the fully connected layers: 32 -> 15 -> 7 -> 3 pixels.

    Parameters
    ----------
    num_classes : int, default 1000
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 224
        Side of the images in pixels; up to 64, the small form is built.
    dropout : float, default 0.5
        Share of the units silenced before the first two fully connected layers.

    References
    ----------
    .. [1] Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014,
       arXiv:1404.5997.

    Examples
    --------
    >>> sum(p.numel() for p in AlexNet(10, image_size=32).parameters())
    5871434
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
        kernel, stride, side, units = (5, 1, 3, 1024) if small else (11, 4, 6, 4096)
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 64, kernel, stride=stride, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(64, 192, 5, padding=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(192, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout),
            nn.Linear(256 * side**2, units),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(units, units),
            nn.ReLU(),
            nn.Linear(units, num_classes),
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 224, 224) images into (N, num_classes) logits."""
        x = self.features(x)  # (N, 256, 6, 6)
        x = self.avgpool(x)
        return self.classifier(x.flatten(1))


class AlexNet2012(Network):
    """AlexNet as printed in 2012: two towers, one on each of two GPUs [1]_.

    `groups=2` is the wall between the GPUs: the second, fourth and fifth convolutions see the
    maps of their own tower only, the third and the fully connected layers see both. Responses
    are normalised within a tower, since the GPUs talked to each other nowhere else. The paper
    writes 224 pixels, which give 55 only with a padding of 2 (or from 227 pixels without).
    Not followed: the initial weights, and dropout's halving at test time, which
    today's doubling while training replaces.

    Parameters
    ----------
    num_classes : int, default 1000
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    dropout : float, default 0.5
        Share of the units silenced in the first two fully connected layers.

    References
    ----------
    .. [1] Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
       neural networks", NeurIPS 2012.

    Examples
    --------
    >>> import torch
    >>> with torch.device("meta"):  # to count, no weights are needed
    ...     network = AlexNet2012()
    >>> sum(p.numel() for p in network.parameters())
    60965224
    """

    heads = ("classifier.6",)

    def __init__(
        self, num_classes: int = 1000, *, in_channels: int = 3, dropout: float = 0.5
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(in_channels, 96, 11, stride=4, padding=2),
            nn.ReLU(),
            TowerNorm(2),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(96, 256, 5, padding=2, groups=2),
            nn.ReLU(),
            TowerNorm(2),
            nn.MaxPool2d(3, stride=2),
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(384, 384, 3, padding=1, groups=2),
            nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1, groups=2),
            nn.ReLU(),
            nn.MaxPool2d(3, stride=2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(256 * 6 * 6, 4096),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(4096, 4096),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(4096, num_classes),
        )
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 224, 224) images into (N, num_classes) logits."""
        x = self.features(x)  # (N, 256, 6, 6)
        return self.classifier(x.flatten(1))


class TowerNorm(nn.LocalResponseNorm):
    """Divide each value by the strength of five neighbouring maps of its own tower.

    The paper's constants: (2 + 1e-4 * sum of squares) ** 0.75. PyTorch divides `alpha` by the
    number of neighbours, so it is given five times as much.

    Parameters
    ----------
    towers : int
        Parts that the maps fall into.
    """

    def __init__(self, towers: int = 1) -> None:
        super().__init__(5, alpha=5e-4, beta=0.75, k=2.0)
        self.towers = towers

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into maps of the same shape."""
        x = x.unflatten(1, (self.towers, -1)).flatten(0, 1)  # (N * towers, C / towers, H, W)
        return super().forward(x).unflatten(0, (-1, self.towers)).flatten(1, 2)
