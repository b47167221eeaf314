"""GoogLeNet: four kinds of filters side by side, made cheap by convolutions of 1 x 1.

An Inception block lets training choose between 1 x 1, 3 x 3, 5 x 5 and pooling by taking all of
them; the mean over each map replaces the large fully connected layers.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnncourse.models.alexnet import TowerNorm
from cnncourse.models.network import SMALL_IMAGES, Network, initialise

# The paper's table 1: 1 x 1; 1 x 1 then 3 x 3; 1 x 1 then 5 x 5; pooling then 1 x 1.
BLOCKS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class Outputs(NamedTuple):
    """What the network answers while it trains with auxiliary heads, as in torchvision."""

    logits: Tensor
    aux_logits2: Tensor
    aux_logits1: Tensor


class GoogLeNet(Network):
    """GoogLeNet, as printed in 2014 or as torchvision has it [1]_.

    torchvision's has batch normalisation and no biases, and by an old mistake that its weights
    were trained with, 3 x 3 kernels where the paper has 5 x 5; its fourth pooling is 2 x 2. The
    paper's normalises responses twice near the input. The small form steps by 1 in its first
    layer and leaves out the first pooling: 32 -> 16 -> 8 -> 4 pixels.

    Parameters
    ----------
    num_classes : int, default 1000
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 224
        Side of the images in pixels; up to 64, the small form is built.
    batch_norm : bool, default True
        Whether to build torchvision's form; the paper's has 6,998,552 parameters.
    aux_logits : bool, default False
        Whether two more heads answer while training; the network then returns `Outputs`.
    width : float, default 1
        Share of the channels to keep, to train on a small machine.
    dropout : float, optional
        Share silenced before the last layer; by default the paper's 0.4, or torchvision's 0.2.
    transform_input : bool, default False
        Whether images normalised as for the other networks are scaled to [-1, 1] instead, which
        torchvision's weights expect.

    References
    ----------
    .. [1] Szegedy, Liu, Jia, Sermanet, Reed, Anguelov, Erhan, Vanhoucke and Rabinovich, "Going
       deeper with convolutions", CVPR 2015, arXiv:1409.4842.

    Examples
    --------
    >>> sum(p.numel() for p in GoogLeNet(batch_norm=False).parameters())
    6998552
    """

    heads = ("fc", "aux1.fc2", "aux2.fc2")

    def __init__(
        self,
        num_classes: int = 1000,
        *,
        in_channels: int = 3,
        image_size: int = 224,
        batch_norm: bool = True,
        aux_logits: bool = False,
        width: float = 1.0,
        dropout: float | None = None,
        transform_input: bool = False,
    ) -> None:
        super().__init__()
        self.image_size, self.transform_input = image_size, transform_input
        small, bn = image_size <= SMALL_IMAGES, batch_norm
        a, b = round(64 * width), round(192 * width)
        kernel, stride, padding = (3, 1, 1) if small else (7, 2, 3)
        self.conv1 = ConvUnit(
            in_channels, a, kernel, stride=stride, padding=padding, batch_norm=bn
        )
        self.maxpool1 = nn.Identity() if small else halve(3)
        self.norm1 = nn.Identity() if bn else TowerNorm()
        self.conv2 = ConvUnit(a, a, 1, batch_norm=bn)
        self.conv3 = ConvUnit(a, b, 3, padding=1, batch_norm=bn)
        self.norm2 = nn.Identity() if bn else TowerNorm()
        self.maxpool2 = halve(3)
        channels = {}
        for name, plan in BLOCKS.items():
            block = Inception(b, tuple(round(n * width) for n in plan), batch_norm=bn)
            self.add_module(f"inception{name}", block)
            channels[name] = b = block.out_channels
        self.maxpool3 = halve(3)
        self.maxpool4 = halve(2 if bn else 3)
        head = {"batch_norm": bn, "width": width, "adaptive": bn or small}
        self.aux1 = AuxiliaryHead(channels["4a"], num_classes, **head) if aux_logits else None
        self.aux2 = AuxiliaryHead(channels["4d"], num_classes, **head) if aux_logits else None
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.dropout = nn.Dropout((0.2 if bn else 0.4) if dropout is None else dropout)
        self.fc = nn.Linear(b, num_classes)
        # Without batch normalisation, layers that thin the channels must not raise the signal.
        initialise(self, mode="fan_out" if bn else "fan_in")

    def forward(self, x: Tensor) -> Tensor | Outputs:
        """Turn (N, C, 224, 224) images into (N, num_classes) logits."""
        if self.transform_input:
            x = _from_minus_one_to_one(x)
        x = self.norm1(self.maxpool1(self.conv1(x)))  # (N, 64, 56, 56)
        x = self.norm2(self.conv3(self.conv2(x)))  # (N, 192, 56, 56)
        x = self.maxpool2(x)  # (N, 192, 28, 28)
        x = self.inception3b(self.inception3a(x))  # (N, 480, 28, 28)
        x = early = self.inception4a(self.maxpool3(x))  # (N, 512, 14, 14)
        x = self.inception4c(self.inception4b(x))
        x = late = self.inception4d(x)  # (N, 528, 14, 14)
        x = self.inception4e(x)  # (N, 832, 14, 14)
        x = self.inception5b(self.inception5a(self.maxpool4(x)))  # (N, 1024, 7, 7)
        x = self.avgpool(x).flatten(1)  # (N, 1024)
        x = self.fc(self.dropout(x))
        if self.training and self.aux1 is not None:
            return Outputs(x, self.aux2(late), self.aux1(early))
        return x


class Inception(nn.Module):
    """Four branches over the same maps, their answers laid one behind the other.

    Parameters
    ----------
    in_channels : int
        Channels of the maps.
    plan : tuple of 6 int
        A row of the paper's table 1, in its order.
    batch_norm : bool
        Whether to build torchvision's form.
    """

    def __init__(self, in_channels: int, plan: tuple[int, ...], *, batch_norm: bool) -> None:
        super().__init__()
        one, reduce3, three, reduce5, five, pooled = plan
        kernel = 3 if batch_norm else 5  # torchvision's slip, kept so that its weights load
        bn = {"batch_norm": batch_norm}
        self.out_channels = one + three + five + pooled
        self.branch1 = ConvUnit(in_channels, one, 1, **bn)
        self.branch2 = nn.Sequential(
            ConvUnit(in_channels, reduce3, 1, **bn), ConvUnit(reduce3, three, 3, padding=1, **bn)
        )
        self.branch3 = nn.Sequential(
            ConvUnit(in_channels, reduce5, 1, **bn),
            ConvUnit(reduce5, five, kernel, padding=kernel // 2, **bn),
        )
        self.branch4 = nn.Sequential(
            nn.MaxPool2d(3, stride=1, padding=1), ConvUnit(in_channels, pooled, 1, **bn)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, out_channels, H, W)."""
        return torch.cat([self.branch1(x), self.branch2(x), self.branch3(x), self.branch4(x)], 1)


class AuxiliaryHead(nn.Module):
    """A classifier half-way up, which feeds the early layers a gradient of their own.

    Parameters
    ----------
    in_channels : int
        Channels of the maps.
    num_classes : int
        Length of the answer.
    batch_norm : bool
        Whether to build torchvision's form.
    width : float
        Share of the units to keep.
    adaptive : bool
        Whether maps of any size are brought to 4 x 4, or by the paper's fixed windows, 5 x 5
        and 3 apart, only those of 14 x 14.
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        *,
        batch_norm: bool,
        width: float = 1.0,
        adaptive: bool = True,
    ) -> None:
        super().__init__()
        channels, units = round(128 * width), round(1024 * width)
        self.pool = nn.AdaptiveAvgPool2d(4) if adaptive else nn.AvgPool2d(5, stride=3)
        self.conv = ConvUnit(in_channels, channels, 1, batch_norm=batch_norm)
        self.fc1 = nn.Linear(16 * channels, units)
        self.dropout = nn.Dropout(0.7)
        self.fc2 = nn.Linear(units, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 14, 14) maps into (N, num_classes) logits."""
        x = self.conv(self.pool(x)).flatten(1)
        return self.fc2(self.dropout(F.relu(self.fc1(x))))


class ConvUnit(nn.Module):
    """A convolution and its ReLU, with batch normalisation between them or without.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    kernel_size, stride, padding : int
        As for `torch.nn.Conv2d`.
    batch_norm : bool
        Whether there is batch normalisation, which makes the bias superfluous.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        batch_norm: bool,
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(
            in_channels,
            out_channels,
            kernel_size,
            stride=stride,
            padding=padding,
            bias=not batch_norm,
        )
        self.bn = nn.BatchNorm2d(out_channels, eps=0.001) if batch_norm else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, F, OH, OW)."""
        return F.relu(self.bn(self.conv(x)))


def halve(size: int) -> nn.MaxPool2d:
    """Make the pooling layer that halves 112 to 56 and so on: it rounds up.

    Parameters
    ----------
    size : int
        Side of a window in pixels; windows are 2 apart.

    Returns
    -------
    MaxPool2d
        The layer.
    """
    return nn.MaxPool2d(size, stride=2, ceil_mode=True)


def auxiliary_loss(outputs: Tensor | Outputs, labels: Tensor) -> Tensor:
    """Add up the cross-entropies of the three heads, the auxiliary ones at 0.3 each.

    Parameters
    ----------
    outputs : Outputs or (N, num_classes) tensor
        What the network answered; plain logits count alone.
    labels : (N,) tensor of int64
        Classes.

    Returns
    -------
    scalar tensor
        Loss in nats, a mean over N.
    """
    if isinstance(outputs, Tensor):
        return F.cross_entropy(outputs, labels)
    main, *others = (F.cross_entropy(logits, labels) for logits in outputs)
    return main + 0.3 * sum(others)


def _from_minus_one_to_one(x):
    mean = x.new_tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
    deviation = x.new_tensor([0.229, 0.224, 0.225]).view(3, 1, 1)
    return (x * deviation + mean - 0.5) / 0.5
