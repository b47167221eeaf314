"""Windows of an image as a view, as columns, and added up again, as PyTorch lays them out."""

import numpy as np
import torch
from torch.nn import functional as F

from cnncourse.reference.arrays import numpy, tensors


def sliding_windows(x, kernel_size, *, stride=1):
    """Show every window of every image, without copying a number.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images or feature maps, channels first.
    kernel_size : int or pair of int
        Size of a window in pixels, rows first.
    stride : int, default 1
        Pixels between the beginnings of two neighbouring windows.

    Returns
    -------
    windows : (N, C, OH, OW, KH, KW) ndarray of float64
        ``windows[n, c, i, j, u, v]`` is ``x[n, c, i * stride + u, j * stride + v]``. A view
        of `x` if that is a writable float64 array without negative strides.

    Raises
    ------
    RuntimeError
        If the window is larger than the image, with PyTorch's own message.

    Examples
    --------
    >>> row = np.array([[[[1.0, 2.0, 3.0, 4.0]]]])
    >>> sliding_windows(row, (1, 2))[0, 0, 0, :, 0]
    array([[1., 2.], [2., 3.], [3., 4.]])
    """
    KH, KW = _pair(kernel_size)
    # The processor's memory, also where there is a GPU: a view cannot leave it.
    images = torch.from_numpy(np.require(x, np.float64, "W"))
    return images.unfold(2, KH, stride).unfold(3, KW, stride).numpy()


def im2col(x, kernel_size, *, stride=1, padding=0):
    """Lay every window out as a column [1]_, in the order of `torch.nn.functional.unfold`.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images or feature maps, channels first.
    kernel_size : int or pair of int
        Size of a window in pixels, rows first.
    stride, padding : int
        In pixels.

    Returns
    -------
    cols : (N, C * KH * KW, L) ndarray of float64
        One column for each of the L = OH * OW places, row by row; down a column run the
        channels, in each of them the window's pixels row by row.

    Raises
    ------
    RuntimeError
        If the window is larger than the padded image, with PyTorch's own message.

    References
    ----------
    .. [1] Chellapilla, Puri and Simard, "High performance convolutional neural networks for
       document processing", IWFHR 2006.

    Examples
    --------
    >>> im2col([[[[1.0, 2.0, 3.0, 4.0]]]], (1, 2))
    array([[[1., 2., 3.], [2., 3., 4.]]])
    """
    return numpy(F.unfold(*tensors(x), _pair(kernel_size), padding=padding, stride=stride))


def col2im(cols, output_size, kernel_size, *, stride=1, padding=0):
    """Put every column back where its window lay and add where windows overlap.

    It is the adjoint of `im2col`: ``(im2col(x) * cols).sum()`` equals
    ``(x * col2im(cols)).sum()`` for every `x` and `cols`.

    Parameters
    ----------
    cols : (N, C * KH * KW, L) array_like
        One column for each window, as `im2col` orders them.
    output_size : pair of int
        Rows and columns of the image, without its padding.
    kernel_size : int or pair of int
        Size of a window in pixels, rows first.
    stride, padding : int
        In pixels, as in `im2col`.

    Returns
    -------
    x : (N, C, H, W) ndarray of float64
        What fell into the padding is left out.

    Raises
    ------
    RuntimeError
        If the number of columns does not fit the sizes, with PyTorch's own message.

    Examples
    --------
    >>> col2im([[[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]], (1, 4), (1, 2))
    array([[[[1., 2., 2., 1.]]]])
    """
    options = {"padding": padding, "stride": stride}
    return numpy(F.fold(*tensors(cols), output_size, _pair(kernel_size), **options))


def _pair(value):
    return value if isinstance(value, tuple) else (value, value)
