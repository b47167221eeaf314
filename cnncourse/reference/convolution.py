"""Convolution layers as PyTorch computes them."""

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
    return numpy(F.conv2d(*tensors(x, w, b), **options))
