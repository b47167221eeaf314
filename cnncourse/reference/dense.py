"""Flattening and fully connected layers as PyTorch computes them."""

import math

from torch.nn import functional as F

from cnncourse.reference.arrays import numpy, tensors


def flatten(x, *, start_dim=1):
    """Join an axis and all that follow it to one.

    Parameters
    ----------
    x : array_like
        With at least one axis.
    start_dim : int, optional
        The first axis that is joined; 1 keeps the images of a batch apart.

    Returns
    -------
    out : ndarray of float64
        The numbers in the order of `x`, the last axis fastest.

    Examples
    --------
    >>> flatten([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])
    array([[1., 2., 3., 4.],
           [5., 6., 7., 8.]])
    """
    (x,) = tensors(x)
    return numpy(x.flatten(start_dim))


def linear(x, w, b=None):
    """Apply a fully connected layer.

    Parameters
    ----------
    x : (N, D) array_like
        D inputs for each of N images.
    w : (F, D) array_like
        A row of weights for each output.
    b : (F,) array_like or None
        A bias for each output.

    Returns
    -------
    out : (N, F) ndarray of float64
        ``out[n, f] = sum(x[n] * w[f]) + b[f]``.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, with PyTorch's own message.

    Examples
    --------
    >>> linear([[1.0, 2.0, 3.0]], [[1.0, 0.0, -1.0], [2.0, 1.0, 0.0]], [10.0, 20.0])
    array([[ 8., 24.]])
    """
    return numpy(F.linear(*tensors(x, w, b)))


def fc_to_conv(x, w, b=None, *, kernel_size):
    """Slide a fully connected layer over larger maps, as a convolution [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, at least as large as those that the layer was made for.
    w : (F, C * KH * KW) array_like
        Weights of a fully connected layer over flattened maps.
    b : (F,) array_like or None
        Its biases.
    kernel_size : (int, int)
        KH and KW: height and width in pixels of the maps that the layer was made for.

    Returns
    -------
    kernel : (F, C, KH, KW) ndarray of float64
        The same weights, as a convolution layer takes them.
    scores : (N, F, H - KH + 1, W - KW + 1) ndarray of float64
        What the layer answers at every place of the maps.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, with PyTorch's own message.

    References
    ----------
    .. [1] Long, Shelhamer and Darrell, "Fully Convolutional Networks for Semantic
       Segmentation", CVPR 2015, section 3.1.

    Examples
    --------
    >>> kernel, scores = fc_to_conv([[[[1.0, 2.0, 4.0]]]], [[1.0, -1.0]], kernel_size=(1, 2))
    >>> kernel
    array([[[[ 1., -1.]]]])
    >>> scores
    array([[[[-1., -2.]]]])
    """
    x, w, b = tensors(x, w, b)
    KH, KW = kernel_size
    kernel = w.reshape(len(w), w.shape[1] // math.prod(kernel_size), KH, KW)
    return numpy(kernel), numpy(F.conv2d(x, kernel, b))
