"""VGG: nothing but 3 x 3 convolutions, 8 to 16 of them, halved by pooling five times.

Two 3 x 3 layers see as far as one of 5 x 5, with fewer weights and one ReLU more; that depth
pays is what the 2014 paper measured, by changing nothing else.
"""

from __future__ import annotations

from torch import Tensor, nn

from cnncourse.models.network import SMALL_IMAGES, Network, initialise

# Convolutions in each of the five blocks: the paper's columns A, B, D and E.
BLOCKS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
CHANNELS = (64, 128, 256, 512, 512)


class VGG(Network):
    """VGG with 11, 13, 16 or 19 layers that learn [1]_.

    On small images, five halvings leave 1 x 1 pixel, so the small form has 512 numbers, not
    25,088, in front of the fully connected layers, and those have 512 units, not 4,096.

    Parameters
    ----------
    depth : {11, 13, 16, 19}, default 16
        Convolutions and fully connected layers.
    num_classes : int, default 1000
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 224
        Side of the images in pixels; up to 64, the small form is built.
    batch_norm : bool, default False
        Whether each convolution is followed by batch normalisation, which the paper came a
        year too early for.
    dropout : float, default 0.5
        Share of the units silenced in the fully connected layers.

    Raises
    ------
    ValueError
        If there is no VGG of this depth.

    References
    ----------
    .. [1] Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
       recognition", ICLR 2015, arXiv:1409.1556.

    Examples
    --------
    >>> sum(p.numel() for p in VGG(16, 10, image_size=32).parameters())
    15245130
    """

    heads = ("classifier.6",)

    def __init__(
        self,
        depth: int = 16,
        num_classes: int = 1000,
        *,
        in_channels: int = 3,
        image_size: int = 224,
        batch_norm: bool = False,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if depth not in BLOCKS:
            raise ValueError(f"depth is {depth}, VGG comes with {', '.join(map(str, BLOCKS))}")
        self.image_size = image_size
        side, units = (1, 512) if image_size <= SMALL_IMAGES else (7, 4096)
        self.features = nn.Sequential(*convolutions(BLOCKS[depth], in_channels, batch_norm))
        self.avgpool = nn.AdaptiveAvgPool2d(side)
        self.classifier = nn.Sequential(
            nn.Linear(512 * side**2, units),
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
        x = self.features(x)  # (N, 512, 7, 7)
        x = self.avgpool(x)
        return self.classifier(x.flatten(1))


def convolutions(blocks: tuple[int, ...], channels: int, batch_norm: bool) -> list[nn.Module]:
    """List the layers in front of the classifier.

    Parameters
    ----------
    blocks : tuple of int
        Convolutions before each pooling layer.
    channels : int
        Channels of the images.
    batch_norm : bool
        Whether each convolution is followed by batch normalisation.

    Returns
    -------
    list of Module
        Convolutions, ReLUs and pooling layers in order.
    """
    layers = []
    for number, width in zip(blocks, CHANNELS, strict=True):
        for _ in range(number):
            layers.append(nn.Conv2d(channels, width, 3, padding=1))
            layers += [nn.BatchNorm2d(width)] * batch_norm
            layers.append(nn.ReLU())
            channels = width
        layers.append(nn.MaxPool2d(2))
    return layers
