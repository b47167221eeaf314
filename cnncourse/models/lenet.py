"""LeNet-5, as we would write it today and as it was printed in 1998.

Convolution and subsampling twice, then fully connected layers: the plan of almost every network
since, learned from end to end, and good enough to read the amounts on cheques.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnncourse.models.network import Network

# Table I of the paper: the maps of S2 that each of the 16 maps of C3 looks at.
C3_INPUTS = (
    (0, 1, 2), (1, 2, 3), (2, 3, 4), (3, 4, 5), (0, 4, 5), (0, 1, 5),
    (0, 1, 2, 3), (1, 2, 3, 4), (2, 3, 4, 5), (0, 3, 4, 5), (0, 1, 4, 5), (0, 1, 2, 5),
    (0, 1, 3, 4), (1, 2, 4, 5), (0, 2, 3, 5),
    (0, 1, 2, 3, 4, 5),
)  # fmt: skip

# Ten digits on 12 rows of 7 pixels, a row in two hexadecimal figures, drawn for this course
# after the idea of the paper's figure 3.
GLYPHS = (
    "1c3663636363636363361c00",
    "181c1e1818181818187e7e00",
    "3e7f63607038180c06037f7f",
    "3e7f6360603c3c6060637f3e",
    "30383c3633313f7f30303000",
    "7f7f03033f7f606060637f3e",
    "3c3e0703033f7f6363637f3e",
    "7f7f6060303018180c0c0606",
    "3e7f6363633e3e6363637f3e",
    "3e7f6363637f7e6060703e1e",
)


class LeNet5(Network):
    """LeNet-5 in today's dress: every map connected, ReLU, max pooling [1]_.

    Two convolutions of 5 x 5, each halved by pooling, then three fully connected layers.
    For one channel and ten classes it has 61,706 parameters: 156 + 2,416 in the convolutions,
    48,120 + 10,164 + 850 behind them.

    Parameters
    ----------
    num_classes : int, default 10
        Length of the answer.
    in_channels : int, default 1
        Channels of the images.
    image_size : {28, 32}, default 28
        Side of the images in pixels; 28 are padded to the paper's 32.

    Raises
    ------
    ValueError
        If `image_size` is neither 28 nor 32.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> LeNet5()(torch.zeros(3, 1, 28, 28)).shape
    torch.Size([3, 10])
    """

    heads = ("fc3",)

    def __init__(
        self, num_classes: int = 10, *, in_channels: int = 1, image_size: int = 28
    ) -> None:
        super().__init__()
        if image_size not in (28, 32):
            raise ValueError(f"image_size is {image_size}, LeNet-5 reads 28 or 32 pixels")
        self.image_size = image_size
        self.conv1 = nn.Conv2d(in_channels, 6, 5, padding=(32 - image_size) // 2)
        self.pool1 = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.pool2 = nn.MaxPool2d(2)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 28, 28) images into (N, num_classes) logits."""
        x = self.pool1(F.relu(self.conv1(x)))  # (N, 6, 14, 14)
        x = self.pool2(F.relu(self.conv2(x)))  # (N, 16, 5, 5)
        x = x.flatten(1)  # (N, 400)
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        return self.fc3(x)


class LeNet5Original(Network):
    """LeNet-5 as printed in 1998, with 60,000 trainable parameters [1]_.

    Counted as the paper does: C1 156, S2 12, C3 1,516, S4 32, C5 48,120, F6 10,164. The 840
    values of the output layer are drawn by hand and fixed, so they count as none; here they are
    a buffer. C3 holds the 60 kernels of the paper's Table I, not 96. S2 and S4 train one
    coefficient and one bias a map. C5 spans its whole 5 x 5 input, so it is written as a fully
    connected layer. Not followed: the paper's second-order step sizes and its "none of these"
    term in the loss; the pixels' scale is the paper's, -0.1 for paper and 1.175 for ink.

    Parameters
    ----------
    num_classes : int, default 10
        Digits told apart, at most ten: there is a drawing for each.
    in_channels : int, default 1
        Channels of the images.

    Raises
    ------
    ValueError
        If `num_classes` is not 1 to 10.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86(11), 1998, section II-B.

    Examples
    --------
    >>> sum(p.numel() for p in LeNet5Original().parameters())
    60000
    """

    image_size = 28

    def __init__(self, num_classes: int = 10, *, in_channels: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, 6, 5)
        self.pool1 = Subsampling(6)
        self.conv2 = SparseConv2d(C3_INPUTS, 5)
        self.pool2 = Subsampling(16)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.output = RadialBasis(num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, 28, 28) images into (N, num_classes) logits, minus a squared distance."""
        x = F.pad(1.275 * x - 0.1, (2, 2, 2, 2), value=-0.1)  # (N, C, 32, 32)
        x = squash(self.pool1(squash(self.conv1(x))))  # (N, 6, 14, 14)
        x = squash(self.pool2(squash(self.conv2(x))))  # (N, 16, 5, 5)
        x = x.flatten(1)  # (N, 400)
        x = squash(self.fc1(x))
        x = squash(self.fc2(x))
        return self.output(x)


def squash(x: Tensor) -> Tensor:
    """Apply the paper's sigmoid, 1.7159 tanh(2x / 3), which keeps 1 and -1 where they are.

    Parameters
    ----------
    x : tensor
        Of any shape.

    Returns
    -------
    tensor
        Of the same shape, within -1.7159 and 1.7159.

    Examples
    --------
    >>> squash(torch.tensor([-1.0, 0.0, 1.0])).round(decimals=4)
    tensor([-1.,  0.,  1.])
    """
    return 1.7159 * torch.tanh(2 / 3 * x)


class Subsampling(nn.Module):
    """Add up tiles of 2 x 2, times one trained coefficient a map, plus one trained bias.

    Parameters
    ----------
    channels : int
        Number of maps.
    """

    kernel_size, stride, padding = 2, 2, 0

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels, 1, 1), 0.25))  # starts as the mean
        self.bias = nn.Parameter(torch.zeros(channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, C, H // 2, W // 2)."""
        return self.weight * F.avg_pool2d(x, 2, divisor_override=1) + self.bias


class SparseConv2d(nn.Module):
    """Convolve with filters that each look at some of the maps only.

    Parameters
    ----------
    inputs : sequence of sequences of int
        For each output map, the input maps it looks at.
    kernel_size : int
        Side of every kernel in pixels.
    """

    stride, padding = 1, 0

    def __init__(self, inputs: tuple[tuple[int, ...], ...], kernel_size: int) -> None:
        super().__init__()
        pairs = [(f, c) for f, maps in enumerate(inputs) for c in maps]
        rows, columns = zip(*pairs, strict=True)
        self.register_buffer("rows", torch.tensor(rows), persistent=False)
        self.register_buffer("columns", torch.tensor(columns), persistent=False)
        self.in_channels, self.kernel_size = max(columns) + 1, kernel_size
        self.size = (len(inputs), self.in_channels, kernel_size, kernel_size)
        start = torch.empty(len(pairs), kernel_size, kernel_size).uniform_(-1, 1)
        if not start.is_meta:
            fan_in = torch.tensor([len(inputs[row]) * kernel_size**2 for row in rows])
            start /= fan_in.sqrt()[:, None, None]  # fewer maps, larger weights
        self.weight = nn.Parameter(start)
        self.bias = nn.Parameter(torch.zeros(len(inputs)))

    def dense_weight(self) -> Tensor:
        """Lay the kernels out as (F, C, KH, KW), with 0 where there is no connection."""
        empty = self.weight.new_zeros(self.size)
        return empty.index_put((self.rows, self.columns), self.weight)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, F, OH, OW)."""
        return F.conv2d(x, self.dense_weight(), self.bias)


class RadialBasis(nn.Module):
    """Answer with minus the squared distance to a fixed drawing of each digit.

    With these logits the cross-entropy is the paper's equation 9 without its constant.

    Parameters
    ----------
    num_classes : int
        Number of drawings, at most ten.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        if not 1 <= num_classes <= len(GLYPHS):
            raise ValueError(
                f"num_classes is {num_classes}, but the 1998 output layer compares with drawings "
                f"of the digits 0 to 9: take 1 to 10, or use LeNet5"
            )
        drawings = torch.tensor([_pixels(text) for text in GLYPHS[:num_classes]])
        self.register_buffer("drawings", drawings.flatten(1))  # (num_classes, 84)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, 84) features into (N, num_classes) logits."""
        return -(x[:, None] - self.drawings).square().sum(2)


def glyph(text: str) -> Tensor:
    """Unpack a drawing.

    Parameters
    ----------
    text : str
        Two hexadecimal figures a row; the lowest bit is the leftmost pixel.

    Returns
    -------
    (rows, 7) tensor of float32
        1 for ink and -1 for paper.

    Examples
    --------
    >>> glyph("0341")
    tensor([[ 1.,  1., -1., -1., -1., -1., -1.],
            [ 1., -1., -1., -1., -1., -1.,  1.]])
    """
    return torch.tensor(_pixels(text))


def _pixels(text):
    rows = bytes.fromhex(text)
    return [[1.0 if row >> column & 1 else -1.0 for column in range(7)] for row in rows]
