"""The small ResNets of the paper's CIFAR-10 experiments, beside plain twins without shortcuts.

Depth 6n + 2: one convolution, three stages of n blocks with 16, 32 and 64 channels, one fully
connected layer. With shortcuts 110 layers train; without them 56 do worse than 20.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from cnncourse.models.network import Network, initialise
from cnncourse.models.resnet import projection


class ResNetCifar(Network):
    """ResNet-20, 32, 44, 56 or 110 for images of 32 x 32, and its variants [1]_ [2]_.

    Parameters
    ----------
    depth : int, default 20
        Convolutions and fully connected layers, 6n + 2.
    num_classes : int, default 10
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 32
        Side of the images in pixels; others pass as well.
    shortcut : {"A", "B", None}, default "A"
        How a shortcut doubles the channels: "A" fills up with zeros and learns nothing, "B"
        is a convolution of 1 x 1. None builds the plain twin, without any shortcut.
    preactivation : bool, default False
        Whether batch normalisation and ReLU stand before each convolution, so that nothing
        stands on the shortcuts' way [2]_.

    Raises
    ------
    ValueError
        If the depth is not 6n + 2 or the shortcut is unknown.

    References
    ----------
    .. [1] He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016,
       section 4.2, arXiv:1512.03385.
    .. [2] He, Zhang, Ren and Sun, "Identity mappings in deep residual networks", ECCV 2016,
       arXiv:1603.05027.

    Examples
    --------
    >>> sum(p.numel() for p in ResNetCifar(20).parameters())
    269722
    """

    def __init__(
        self,
        depth: int = 20,
        num_classes: int = 10,
        *,
        in_channels: int = 3,
        image_size: int = 32,
        shortcut: str | None = "A",
        preactivation: bool = False,
    ) -> None:
        super().__init__()
        n, rest = divmod(depth - 2, 6)
        if n < 1 or rest:
            raise ValueError(f"depth is {depth}, it must be 6n + 2: 20, 32, 44, 56, 110, ...")
        if shortcut not in ("A", "B", None):
            raise ValueError(f'shortcut is {shortcut!r}, it must be "A", "B" or None')
        self.image_size = image_size
        self.conv1 = nn.Conv2d(in_channels, 16, 3, padding=1, bias=False)
        self.bn1 = nn.Identity() if preactivation else nn.BatchNorm2d(16)
        block = PreactivationBlock if preactivation else Block
        channels = 16
        for i, width in enumerate((16, 32, 64)):
            blocks = []
            for j in range(n):
                stride = 2 if i > 0 and j == 0 else 1
                blocks.append(block(channels, width, stride, shortcut))
                channels = width
            self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
        if preactivation:
            self.layer1[0].shares = True
        self.bn = nn.BatchNorm2d(64) if preactivation else nn.Identity()
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, num_classes)
        self.preactivation = preactivation
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 32, 32) images into (N, num_classes) logits."""
        x = self.bn1(self.conv1(x))  # (N, 16, 32, 32)
        x = x if self.preactivation else F.relu(x)
        x = self.layer1(x)
        x = self.layer2(x)  # (N, 32, 16, 16)
        x = self.layer3(x)  # (N, 64, 8, 8)
        x = F.relu(self.bn(x)) if self.preactivation else x
        return self.fc(self.avgpool(x).flatten(1))


class Block(nn.Module):
    """Two convolutions with their batch normalisation; ReLU after the first and after the sum.

    Parameters
    ----------
    in_channels, width : int
        Channels before and after.
    stride : int
        Steps of the first convolution.
    shortcut : {"A", "B", None}
        Way around, if there is one.
    """

    def __init__(self, in_channels: int, width: int, stride: int, shortcut: str | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = way_around(in_channels, width, stride, shortcut)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, width, OH, OW)."""
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            out = out + self.downsample(x)
        return F.relu(out)


class PreactivationBlock(nn.Module):
    """The same layers in another order: batch normalisation, ReLU, convolution, twice.

    Where the size changes, and in the first block of all, both ways start behind the first
    ReLU; elsewhere the shortcut hands its input on untouched.

    Parameters
    ----------
    in_channels, width : int
        Channels before and after.
    stride : int
        Steps of the first convolution.
    shortcut : {"A", "B", None}
        Way around, if there is one.
    """

    def __init__(self, in_channels: int, width: int, stride: int, shortcut: str | None) -> None:
        super().__init__()
        self.shares = in_channels != width
        self.bn1 = nn.BatchNorm2d(in_channels)
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.downsample = way_around(in_channels, width, stride, shortcut)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, width, OH, OW)."""
        active = F.relu(self.bn1(x))
        out = self.conv1(active)
        out = self.conv2(F.relu(self.bn2(out)))
        if self.downsample is not None:
            out = out + self.downsample(active if self.shares else x)
        return out


class ZeroPadding(nn.Module):
    """Option A: take every second pixel, and fill up with maps of zeros.

    Parameters
    ----------
    channels : int
        Maps of zeros to add behind the others.
    stride : int
        Pixels a step.
    """

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.channels, self.step = channels, stride

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, C + channels, OH, OW)."""
        x = x[:, :, :: self.step, :: self.step]
        return F.pad(x, (0, 0, 0, 0, 0, self.channels))


def way_around(
    in_channels: int, width: int, stride: int, shortcut: str | None
) -> nn.Module | None:
    """Make a block's shortcut.

    Parameters
    ----------
    in_channels, width : int
        Channels before and after.
    stride : int
        Pixels a step.
    shortcut : {"A", "B", None}
        Kind of shortcut.

    Returns
    -------
    Module or None
        The identity where the size stays; None for a plain network.
    """
    if shortcut is None:
        return None
    if stride == 1 and in_channels == width:
        return nn.Identity()
    if shortcut == "A":
        return ZeroPadding(width - in_channels, stride)
    return projection(in_channels, width, stride)
