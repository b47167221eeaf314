"""Gradients of layers as PyTorch's autograd computes them."""

import torch
from torch.nn import functional as F

from cnncourse.reference.arrays import DEVICE, numpy, tensors


def relu_backward(dout, x):
    """Send a gradient back through ReLU.

    Parameters
    ----------
    dout : (...) array_like
        Gradient of the loss with respect to the output.
    x : (...) array_like
        What went into the layer; the same shape.

    Returns
    -------
    dx : (...) ndarray of float64
        `dout` where `x` is above 0, else 0, at 0 itself as well.

    Examples
    --------
    >>> relu_backward([5.0, 6.0, 7.0], [-1.0, 0.0, 2.0])
    array([0., 0., 7.])
    """
    (dx,) = _pull_back(F.relu, tensors(x), dout)
    return dx


def linear_backward(dout, x, w):
    """Send a gradient back through a fully connected layer, ``x @ w.T + b``.

    Parameters
    ----------
    dout : (N, F) array_like
        Gradient of the loss with respect to the output.
    x : (N, D) array_like
        What went into the layer.
    w : (F, D) array_like
        Its weights, a row for each output.

    Returns
    -------
    dx : (N, D) ndarray of float64
    dw : (F, D) ndarray of float64
    db : (F,) ndarray of float64
        Gradients of the loss with respect to `x`, `w` and the bias.

    Examples
    --------
    >>> linear_backward([[10.0]], [[1.0, 2.0]], [[3.0, 4.0]])
    (array([[30., 40.]]), array([[10., 20.]]), array([10.]))
    """
    x, w = tensors(x, w)
    return _pull_back(F.linear, [x, w, _zero_bias(w)], dout)


def cross_entropy_backward(logits, labels):
    """Differentiate the mean cross-entropy of a batch with respect to its logits.

    Parameters
    ----------
    logits : (N, K) array_like
        Scores of K classes for each image, before any softmax.
    labels : (N,) array_like of int
        The right classes, from 0 on.

    Returns
    -------
    dlogits : (N, K) ndarray of float64
        Of the mean over N, in nats.

    Examples
    --------
    >>> cross_entropy_backward([[0.0, 0.0], [0.0, 0.0]], [0, 1])
    array([[-0.25,  0.25],
           [ 0.25, -0.25]])
    """
    logits, labels = tensors(logits, labels)
    labels = labels.long().to(DEVICE)
    (dlogits,) = _pull_back(lambda x: F.cross_entropy(x, labels), [logits], 1.0)
    return dlogits


def conv2d_backward(dout, x, w, *, stride=1, padding=0):
    """Send a gradient back through a convolution layer.

    Parameters
    ----------
    dout : (N, F, OH, OW) array_like
        Gradient of the loss with respect to the output.
    x : (N, C, H, W) array_like
        What went into the layer.
    w : (F, C, KH, KW) array_like
        Its filters.
    stride, padding : int or pair of int, optional
        As in `conv2d`.

    Returns
    -------
    dx : (N, C, H, W) ndarray of float64
    dw : (F, C, KH, KW) ndarray of float64
    db : (F,) ndarray of float64
        Gradients of the loss with respect to `x`, `w` and the bias.

    Raises
    ------
    RuntimeError
        If the shapes of x and w do not fit, with PyTorch's own message.
    ValueError
        If dout has not the shape of the output.

    Examples
    --------
    >>> dx, dw, db = conv2d_backward([[[[10.0, 20.0]]]], [[[[1.0, 2.0, 3.0]]]], [[[[4.0, 5.0]]]])
    >>> dx
    array([[[[ 40., 130., 100.]]]])
    >>> dw
    array([[[[50., 80.]]]])
    """
    x, w = tensors(x, w)

    def layer(x, w, b):
        return F.conv2d(x, w, b, stride=stride, padding=padding)

    return _pull_back(layer, [x, w, _zero_bias(w)], dout)


def max_pool2d_backward(dout, x, kernel_size, *, stride=None, padding=0):
    """Send a gradient back through max pooling.

    Parameters
    ----------
    dout : (N, C, OH, OW) array_like
        Gradient of the loss with respect to the output.
    x : (N, C, H, W) array_like
        What was pooled.
    kernel_size, stride, padding
        As in `max_pool2d`.

    Returns
    -------
    dx : (N, C, H, W) ndarray of float64
        Every number of `dout` goes to the pixel that won its window, the first one read
        among equals, and is added to what that pixel got from other windows.

    Raises
    ------
    RuntimeError
        If the options do not fit, with PyTorch's own message.
    ValueError
        If dout has not the shape of the output.

    Examples
    --------
    >>> max_pool2d_backward([[[[10.0, 20.0]]]], [[[[1.0, 5.0, 2.0]]]], (1, 2), stride=1)
    array([[[[ 0., 30.,  0.]]]])
    """

    def layer(x):
        return F.max_pool2d(x, kernel_size, stride, padding=padding)

    (dx,) = _pull_back(layer, tensors(x), dout)
    return dx


def avg_pool2d_backward(
    dout, input_size, kernel_size, *, stride=None, padding=0, count_include_pad=True
):
    """Send a gradient back through average pooling.

    Parameters
    ----------
    dout : (N, C, OH, OW) array_like
        Gradient of the loss with respect to the output.
    input_size : (int, int, int, int)
        Shape (N, C, H, W) of what was pooled; its values do not matter.
    kernel_size, stride, padding, count_include_pad
        As in `avg_pool2d`.

    Returns
    -------
    dx : (N, C, H, W) ndarray of float64
        Every number of `dout`, divided as its window's sum was, goes to all its pixels.

    Raises
    ------
    RuntimeError
        If the options do not fit, with PyTorch's own message.
    ValueError
        If dout has not the shape of the output.

    Examples
    --------
    >>> avg_pool2d_backward([[[[10.0, 20.0]]]], (1, 1, 1, 3), (1, 2), stride=1)
    array([[[[ 5., 15., 10.]]]])
    """

    def layer(x):
        return F.avg_pool2d(x, kernel_size, stride, padding, count_include_pad=count_include_pad)

    x = torch.zeros(input_size, dtype=torch.float64, device=DEVICE)
    (dx,) = _pull_back(layer, [x], dout)
    return dx


def _zero_bias(w):
    return torch.zeros(len(w), dtype=torch.float64, device=DEVICE)


def _pull_back(layer, inputs, dout):
    """Give the gradient of each input, when that of the output is `dout`."""
    inputs = [one.requires_grad_() for one in inputs]
    out = layer(*inputs)
    (dout,) = tensors(dout)
    if dout.shape != out.shape:
        shapes = f"{tuple(dout.shape)}, the output of the layer {tuple(out.shape)}"
        raise ValueError(f"dout has the shape {shapes}")
    # A loss whose gradient with respect to out is dout. Handed to torch.autograd.grad as
    # grad_outputs, it would import SymPy, a second and more.
    gradients = torch.autograd.grad((out * dout).sum(), inputs)
    return tuple(numpy(gradient) for gradient in gradients)
