"""MobileNet v2: a convolution taken apart into one over space and one over channels.

Each block widens the channels, filters every map on its own (depthwise), and projects back to
few channels without a ReLU, which there would destroy what it cuts off.
"""

from __future__ import annotations

from torch import Tensor, nn

from cnncourse.models.network import SMALL_IMAGES, Network, initialise

# The paper's table 2: how much wider inside, channels after, blocks, steps of the first.
STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)


class MobileNetV2(Network):
    """MobileNet v2 with 3,504,872 parameters [1]_.

    The small form steps by 1 in the first convolution and in the first stage that would step
    by 2: 32 -> 16 -> 8 -> 4 pixels, not 1.

    Parameters
    ----------
    num_classes : int, default 1000
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 224
        Side of the images in pixels; up to 64, the small form is built.
    dropout : float, default 0.2
        Share silenced before the last layer.

    References
    ----------
    .. [1] Sandler, Howard, Zhu, Zhmoginov and Chen, "MobileNetV2: inverted residuals and linear
       bottlenecks", CVPR 2018, arXiv:1801.04381.

    Examples
    --------
    >>> sum(p.numel() for p in MobileNetV2().parameters())
    3504872
    """

    heads = ("classifier.1",)

    def __init__(
        self,
        num_classes: int = 1000,
        *,
        in_channels: int = 3,
        image_size: int = 224,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.image_size = image_size
        small = image_size <= SMALL_IMAGES
        layers = [conv_unit(in_channels, 32, 3, stride=1 if small else 2)]
        channels = 32
        for i, (expansion, width, number, stride) in enumerate(STAGES):
            for j in range(number):
                step = stride if j == 0 and not (small and i == 1) else 1
                layers.append(InvertedResidual(channels, width, step, expansion))
                channels = width
        layers.append(conv_unit(channels, 1280, 1))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(1280, num_classes))
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 224, 224) images into (N, num_classes) logits."""
        x = self.features(x)  # (N, 1280, 7, 7)
        return self.classifier(self.avgpool(x).flatten(1))


class InvertedResidual(nn.Module):
    """Widen, filter each map on its own, project; the shortcut joins the narrow ends.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels at the two narrow ends.
    stride : int
        Steps of the depthwise convolution.
    expansion : int
        How many times wider the middle is.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = in_channels * expansion
        self.adds = stride == 1 and in_channels == out_channels
        self.conv = nn.Sequential(
            *([conv_unit(in_channels, wide, 1)] if expansion > 1 else []),
            conv_unit(wide, wide, 3, stride=stride, groups=wide),
            nn.Conv2d(wide, out_channels, 1, bias=False),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, out_channels, OH, OW)."""
        return x + self.conv(x) if self.adds else self.conv(x)


def conv_unit(
    in_channels: int, out_channels: int, kernel: int, *, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    """Make a convolution with batch normalisation and a ReLU that stops at 6.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    kernel, stride, groups : int
        As for `torch.nn.Conv2d`; the padding keeps the size.

    Returns
    -------
    Sequential
        The three layers.
    """
    return nn.Sequential(
        nn.Conv2d(
            in_channels,
            out_channels,
            kernel,
            stride=stride,
            padding=kernel // 2,
            groups=groups,
            bias=False,
        ),
        nn.BatchNorm2d(out_channels),
        nn.ReLU6(),
    )
