"""Convolution layers as PyTorch computes them."""

import warnings

from torch.nn import functional as F

from cnncourse.reference.arrays import numpy, tensors


def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlate a batch of images with every filter and add the bias.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images or feature maps, channels first.
    w : (F, C // groups, KH, KW) array_like
        One filter for each output channel.
    b : (F,) array_like, optional
        One bias for each filter.
    stride, padding, dilation : int or pair of int, optional
        In pixels, rows first; `padding` may also be ``"same"`` or ``"valid"``.
    groups : int, optional
        Into how many separate groups the channels are split.

    Returns
    -------
    out : (N, F, OH, OW) ndarray of float64
        One feature map for each filter.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, with PyTorch's own message.
    ValueError
        If ``padding="same"`` meets a stride above 1.

    Examples
    --------
    >>> x = [[[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]]]
    >>> conv2d(x, [[[[-1.0, 1.0]]]])
    array([[[[1., 1.], [1., 1.]]]])
    """
    options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    with warnings.catch_warnings():
        # "same" with an even kernel copies the image once: nothing a reader needs to know.
        warnings.filterwarnings("ignore", message="Using padding='same'", category=UserWarning)
        return numpy(F.conv2d(*tensors(x, w, b), **options))


def conv_transpose2d(x, w, b=None, *, stride=1, padding=0, output_padding=0):
    """Let every pixel paint its multiple of the kernel, the transpose of `conv2d` [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, channels first.
    w : (C, F, KH, KW) array_like
        The kernel from each input channel (first axis) to each output channel (second).
    b : (F,) array_like, optional
        One bias for each output channel.
    stride : int or pair of int, optional
        Output pixels between the kernels of two neighbouring input pixels, rows first.
    padding : int or pair of int, optional
        Pixels cut off at each end of the output, rows first.
    output_padding : int or pair of int, optional
        Pixels kept beyond that at the bottom and at the right; less than the stride.

    Returns
    -------
    out : (N, F, OH, OW) ndarray of float64
        ``OH = (H - 1) * stride - 2 * padding + KH + output_padding``, and OW likewise.

    Raises
    ------
    RuntimeError
        If the shapes or options do not fit, with PyTorch's own message.

    References
    ----------
    .. [1] Dumoulin and Visin, "A guide to convolution arithmetic for deep learning", 2016,
       arXiv:1603.07285.

    Examples
    --------
    >>> conv_transpose2d([[[[1.0, 2.0]]]], [[[[1.0, 1.0, 1.0]]]])
    array([[[[1., 3., 3., 2.]]]])
    """
    options = {"stride": stride, "padding": padding, "output_padding": output_padding}
    return numpy(F.conv_transpose2d(*tensors(x, w, b), **options))


def conv3d(x, w, b=None, *, stride=1, padding=0):
    """Cross-correlate volumes, or clips of film, with every filter and add the bias.

    Parameters
    ----------
    x : (N, C, D, H, W) array_like
        Volumes, channels first, then depth (or time), rows and columns.
    w : (F, C, KD, KH, KW) array_like
        One filter for each output channel.
    b : (F,) array_like, optional
        One bias for each filter.
    stride, padding : int or triple of int, optional
        In voxels: depth, rows, columns.

    Returns
    -------
    out : (N, F, OD, OH, OW) ndarray of float64
        One feature volume for each filter.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, with PyTorch's own message.

    Examples
    --------
    What changes from one frame to the next:

    >>> clip = [[[[[1.0, 2.0]], [[1.0, 5.0]]]]]
    >>> conv3d(clip, [[[[[-1.0]], [[1.0]]]]])
    array([[[[[0., 3.]]]]])
    """
    return numpy(F.conv3d(*tensors(x, w, b), stride=stride, padding=padding))
