"""Sizes and costs of layers, in whole numbers: output sizes, receptive field, parameters, MACs."""

from __future__ import annotations

from collections.abc import Iterable


class ShapeError(ValueError):
    """Sizes that do not fit each other; the message carries the numbers."""


def conv_output_size(
    size: int, kernel: int, *, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Count the places where a kernel fits along one axis.

    Pooling windows are counted the same way.

    Parameters
    ----------
    size : int
        Length of the input in pixels.
    kernel : int
        Length of the kernel in pixels, before dilation.
    stride : int, default 1
        Steps between two windows; what does not fill a last window is left out.
    padding : int, default 0
        Pixels added at each end.
    dilation : int, default 1
        Distance between neighbouring kernel values; 1 leaves no gap.

    Returns
    -------
    int
        Length of the output.

    Raises
    ------
    ShapeError
        If an option is out of range or the kernel does not fit once.

    Examples
    --------
    >>> conv_output_size(28, 5, padding=2), conv_output_size(7, 3, stride=2, dilation=2)
    (28, 2)
    """
    if min(size, kernel, stride, dilation) < 1 or padding < 0:
        raise ShapeError(
            f"size {size}, kernel {kernel}, stride {stride} and dilation {dilation} "
            f"must be at least 1, padding {padding} at least 0"
        )
    reach = dilation * (kernel - 1) + 1
    if reach > size + 2 * padding:
        raise ShapeError(
            f"a kernel that reaches over {reach} pixels does not fit in {size + 2 * padding} "
            f"({size} + 2 x {padding} of padding)"
        )
    return (size + 2 * padding - reach) // stride + 1


def receptive_field(layers: Iterable[tuple[int, int]]) -> int:
    """Count the input pixels, along one axis, that one value of the last layer sees.

    Parameters
    ----------
    layers : iterable of (int, int)
        Kernel and stride of each layer, first layer first, in pixels.

    Returns
    -------
    int
        Side of the receptive field in input pixels.

    Examples
    --------
    LeNet-5 up to its second pooling layer:

    >>> receptive_field([(5, 1), (2, 2), (5, 1), (2, 2)])
    16
    """
    field, step = 1, 1
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field


def count_conv_params(
    in_channels: int, out_channels: int, kernel: int, *, groups: int = 1, bias: bool = True
) -> int:
    """Count the weights and biases of a convolution with a square kernel.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    kernel : int
        Side of the kernel in pixels; 1 counts a fully connected layer.
    groups : int, default 1
        Groups of channels that do not see each other.
    bias : bool, default True
        Whether each output channel has a bias.

    Returns
    -------
    int
        Number of parameters.

    Raises
    ------
    ShapeError
        If a count is below 1 or `groups` does not divide both channel counts.

    Examples
    --------
    >>> count_conv_params(1, 6, 5), count_conv_params(84, 10, 1)
    (156, 850)
    """
    if min(in_channels, out_channels, kernel, groups) < 1:
        raise ShapeError(
            f"channels {in_channels} and {out_channels}, kernel {kernel} and groups {groups} "
            f"must be at least 1"
        )
    if in_channels % groups or out_channels % groups:
        raise ShapeError(
            f"{groups} groups do not divide {in_channels} and {out_channels} channels"
        )
    return out_channels * (in_channels // groups * kernel**2 + bias)


def count_conv_macs(
    in_channels: int, out_channels: int, kernel: int, out_size: tuple[int, int], *, groups: int = 1
) -> int:
    """Count the multiplications of a convolution with a square kernel, for one image.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    kernel : int
        Side of the kernel in pixels.
    out_size : (int, int)
        Height and width of the output in pixels.
    groups : int, default 1
        Groups of channels that do not see each other.

    Returns
    -------
    int
        Multiply-accumulates; a bias adds none.

    Raises
    ------
    ShapeError
        If a count is below 1 or `groups` does not divide both channel counts.

    Examples
    --------
    >>> count_conv_macs(1, 6, 5, (28, 28))
    117600
    """
    OH, OW = out_size
    weights = count_conv_params(in_channels, out_channels, kernel, groups=groups, bias=False)
    return weights * OH * OW
