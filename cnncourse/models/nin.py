"""Network in Network: convolutions of 1 x 1 between the others, and no fully connected layer.

Every pixel's channels pass through a small network of their own, and the mean of one map a
class is the answer; GoogLeNet took up both ideas.
"""

from __future__ import annotations

from torch import Tensor, nn

from cnncourse.models.network import Network, initialise


class NiN(Network):
    """Network in Network for images of 32 x 32, with 966,986 parameters for ten classes [1]_.

    Images of other sizes pass as well, since the last layer takes the mean over whatever is
    left. Unlike the paper's own code there is no ReLU behind the last convolution: it would cut
    the logits off at 0.

    Parameters
    ----------
    num_classes : int, default 10
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 32
        Side of the images in pixels.
    dropout : float, default 0.5
        Share of the values silenced behind each pooling layer.

    References
    ----------
    .. [1] Lin, Chen and Yan, "Network in network", ICLR 2014, arXiv:1312.4400.

    Examples
    --------
    >>> sum(p.numel() for p in NiN().parameters())
    966986
    """

    heads = ("features.20",)

    def __init__(
        self,
        num_classes: int = 10,
        *,
        in_channels: int = 3,
        image_size: int = 32,
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        self.image_size = image_size
        self.features = nn.Sequential(
            *mlpconv(in_channels, (192, 160, 96), 5),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            nn.Dropout(dropout),
            *mlpconv(96, (192, 192, 192), 5),
            nn.MaxPool2d(3, stride=2, ceil_mode=True),
            nn.Dropout(dropout),
            *mlpconv(192, (192, 192, num_classes), 3)[:-1],
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 32, 32) images into (N, num_classes) logits."""
        x = self.features(x)  # (N, num_classes, 8, 8)
        return self.avgpool(x).flatten(1)


def mlpconv(channels: int, widths: tuple[int, int, int], kernel: int) -> list[nn.Module]:
    """List one block: a convolution, then two of 1 x 1, each with its ReLU.

    Parameters
    ----------
    channels : int
        Channels of the maps the block is given.
    widths : (int, int, int)
        Channels behind each of the three.
    kernel : int
        Side of the first kernel in pixels; its padding keeps the size.

    Returns
    -------
    list of Module
        Six layers.
    """
    a, b, c = widths
    return [
        nn.Conv2d(channels, a, kernel, padding=kernel // 2),
        nn.ReLU(),
        nn.Conv2d(a, b, 1),
        nn.ReLU(),
        nn.Conv2d(b, c, 1),
        nn.ReLU(),
    ]
