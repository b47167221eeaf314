"""Keras's padding='same', also where a stride is taken, which PyTorch leaves to us.

The output has a pixel for each step begun, ceil(size / stride); an odd number of padded pixels
puts the extra one behind, so that strided windows lie elsewhere than with PyTorch's padding=1.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F


class SameConv2d(nn.Conv2d):
    """A convolution whose output has ceil(H / stride) x ceil(W / stride) pixels.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    kernel_size : int
        Side of the kernel in pixels.
    stride : int, default 1
        Pixels between two windows.

    Examples
    --------
    >>> import torch
    >>> SameConv2d(1, 4, 3, stride=2)(torch.zeros(2, 1, 7, 6)).shape
    torch.Size([2, 4, 4, 3])
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: int, *, stride: int = 1
    ) -> None:
        super().__init__(in_channels, out_channels, kernel_size, stride=stride)

    def forward(self, x: Tensor) -> Tensor:
        """Turn (N, C, H, W) maps into (N, F, OH, OW)."""
        H, W = x.shape[2:]
        (KH, KW), (SH, SW) = self.kernel_size, self.stride
        top, bottom = missing(H, KH, SH)
        left, right = missing(W, KW, SW)
        return super().forward(F.pad(x, (left, right, top, bottom)))


def missing(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Count the pixels that the last window lacks, split in front and behind.

    Parameters
    ----------
    size, kernel, stride : int
        Lengths along one axis in pixels.

    Returns
    -------
    (int, int)
        Pixels to add in front and behind; never fewer behind.

    Examples
    --------
    >>> missing(28, 3, 1), missing(28, 3, 2), missing(7, 3, 2)
    ((1, 1), (0, 1), (1, 1))
    """
    last = (-(-size // stride) - 1) * stride
    lacking = max(last + kernel - size, 0)
    return lacking // 2, lacking - lacking // 2
