"""ResNet: blocks that learn what to add to their input, so that depth can do no harm.

A plain network of 56 layers trained worse than one of 20; with a shortcut past every two or
three layers, 152 trained better than any before and won everything in 2015.
"""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor, nn
from torch.nn import functional as F

from cnncourse.models.network import SMALL_IMAGES, Network, initialise


class BasicBlock(nn.Module):
    """Two convolutions of 3 x 3 and a shortcut around both.

    Parameters
    ----------
    in_channels : int
        Channels of the maps.
    width : int
        Channels inside and after.
    stride : int, default 1
        Steps of the first convolution and of the shortcut.
    **ignored
        Options of the other block.
    """

    expansion = 1

    def __init__(self, in_channels: int, width: int, stride: int = 1, **ignored: object) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = projection(in_channels, width, stride)

    def residual(self, x: Tensor) -> Tensor:
        """Say what to add to the input."""
        x = F.relu(self.bn1(self.conv1(x)))
        return self.bn2(self.conv2(x))

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, width * expansion, OH, OW)."""
        shortcut = x if self.downsample is None else self.downsample(x)
        return F.relu(self.residual(x) + shortcut)


class Bottleneck(BasicBlock):
    """A 3 x 3 convolution between two of 1 x 1, which thin the channels and widen them again.

    Parameters
    ----------
    in_channels : int
        Channels of the maps.
    width : int
        Channels inside; after, there are four times as many.
    stride : int, default 1
        Steps of one convolution and of the shortcut.
    stride_on : {"3x3", "1x1"}, default "3x3"
        Which convolution steps. The paper's was the first 1 x 1, which skips three quarters of
        its input; torchvision's is the 3 x 3 ("ResNet v1.5").
    """

    expansion = 4

    def __init__(
        self, in_channels: int, width: int, stride: int = 1, *, stride_on: str = "3x3"
    ) -> None:
        nn.Module.__init__(self)
        first, second = (1, stride) if stride_on == "3x3" else (stride, 1)
        self.conv1 = nn.Conv2d(in_channels, width, 1, stride=first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride=second, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)
        self.downsample = projection(in_channels, 4 * width, stride)

    def residual(self, x: Tensor) -> Tensor:
        """Say what to add to the input."""
        x = F.relu(self.bn1(self.conv1(x)))
        x = F.relu(self.bn2(self.conv2(x)))
        return self.bn3(self.conv3(x))


class ResNet(Network):
    """ResNet with 18, 34, 50, 101 or 152 layers [1]_.

    The small form steps by 1 in a first convolution of 3 x 3 and leaves out the first pooling,
    else 32 pixels would be 8 before the first block; it ends at 4 x 4.

    Parameters
    ----------
    depth : {18, 34, 50, 101, 152}, default 18
        Convolutions and fully connected layers, those of the shortcuts not counted.
    num_classes : int, default 1000
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 224
        Side of the images in pixels; up to 64, the small form is built.
    stride_on : {"3x3", "1x1"}, default "3x3"
        Which convolution of a bottleneck steps: torchvision's choice or the paper's.

    Raises
    ------
    ValueError
        If there is no ResNet of this depth, or `stride_on` is neither.

    References
    ----------
    .. [1] He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016,
       arXiv:1512.03385.

    Examples
    --------
    >>> sum(p.numel() for p in ResNet(18).parameters())
    11689512
    """

    # Which block, and how many of it in each of the four stages: the paper's table 1.
    plans: ClassVar = {
        18: (BasicBlock, (2, 2, 2, 2)),
        34: (BasicBlock, (3, 4, 6, 3)),
        50: (Bottleneck, (3, 4, 6, 3)),
        101: (Bottleneck, (3, 4, 23, 3)),
        152: (Bottleneck, (3, 8, 36, 3)),
    }

    def __init__(
        self,
        depth: int = 18,
        num_classes: int = 1000,
        *,
        in_channels: int = 3,
        image_size: int = 224,
        stride_on: str = "3x3",
    ) -> None:
        super().__init__()
        if depth not in self.plans:
            known = ", ".join(map(str, self.plans))
            raise ValueError(f"depth is {depth}, {type(self).__name__} comes with {known}")
        if stride_on not in ("3x3", "1x1"):
            raise ValueError(f'stride_on is {stride_on!r}, it must be "3x3" or "1x1"')
        self.image_size = image_size
        small = image_size <= SMALL_IMAGES
        kernel, stride, padding = (3, 1, 1) if small else (7, 2, 3)
        self.conv1 = nn.Conv2d(in_channels, 64, kernel, stride, padding, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.Identity() if small else nn.MaxPool2d(3, stride=2, padding=1)
        block, numbers = self.plans[depth]
        channels = 64
        for i, number in enumerate(numbers):
            width, blocks = 64 * 2**i, []
            for j in range(number):
                step = 2 if i > 0 and j == 0 else 1
                blocks.append(block(channels, width, step, stride_on=stride_on))
                channels = width * block.expansion
            self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)
        initialise(self)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 224, 224) images into (N, num_classes) logits."""
        x = F.relu(self.bn1(self.conv1(x)))  # (N, 64, 112, 112)
        x = self.maxpool(x)  # (N, 64, 56, 56)
        x = self.layer1(x)
        x = self.layer2(x)  # 28 x 28
        x = self.layer3(x)  # 14 x 14
        x = self.layer4(x)  # 7 x 7, 512 or 2048 channels
        return self.fc(self.avgpool(x).flatten(1))


def projection(in_channels: int, out_channels: int, stride: int) -> nn.Sequential | None:
    """Make the shortcut that brings maps to another size, or none where they have it already.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    stride : int
        Pixels a step.

    Returns
    -------
    Sequential or None
        A convolution of 1 x 1 and its batch normalisation.
    """
    if stride == 1 and in_channels == out_channels:
        return None
    return nn.Sequential(
        nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
        nn.BatchNorm2d(out_channels),
    )
