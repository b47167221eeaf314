"""Normalisation layers as PyTorch computes them."""

import torch
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_weights

from cnncourse.reference.arrays import numpy, tensors


def batch_norm(x, weight, bias, *, eps=1e-5):
    """Normalise every feature over the batch, as while training.

    Parameters
    ----------
    x : (N, D) array_like
        Features, at least two rows.
    weight, bias : (D,) array_like
        By what each normalised feature is multiplied, and what is added to it.
    eps : float, optional
        What is added to a variance before its root is taken.

    Returns
    -------
    out : (N, D) ndarray of float64

    Raises
    ------
    ValueError
        If there is a single row, with PyTorch's own message.

    Examples
    --------
    >>> batch_norm([[1.0], [7.0]], [2.0], [5.0], eps=7.0)
    array([[3.5],
           [6.5]])
    """
    x, weight, bias = tensors(x, weight, bias)
    return numpy(F.batch_norm(x, None, None, weight, bias, training=True, eps=eps))


def batch_norm2d(
    x, weight, bias, running_mean, running_var, *, training=True, momentum=0.1, eps=1e-5
):
    """Normalise every channel over images and pixels, and keep running statistics [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, channels first.
    weight, bias : (C,) array_like
        By what each normalised channel is multiplied, and what is added to it.
    running_mean, running_var : (C,) array_like
        Statistics of earlier batches.
    training : bool, optional
        Whether to normalise by the batch and update the running statistics, or to normalise
        by these and leave them as they are.
    momentum : float, optional
        The share of the new batch in the running statistics.
    eps : float, optional
        What is added to a variance before its root is taken.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64
    running_mean, running_var : (C,) ndarray of float64
        The variance of a batch enters with the divisor n - 1; normalising divides by n.

    Raises
    ------
    ValueError
        If a channel holds a single number while training, with PyTorch's own message.

    References
    ----------
    .. [1] Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by
       Reducing Internal Covariate Shift", ICML 2015, arXiv:1502.03167.

    Examples
    --------
    >>> x = [[[[1.0, 7.0]]]]
    >>> out, mean, var = batch_norm2d(x, [1.0], [0.0], [0.0], [0.0], momentum=0.5, eps=7.0)
    >>> out, mean, var
    (array([[[[-0.75,  0.75]]]]), array([2.]), array([9.]))
    """
    x, weight, bias, running_mean, running_var = tensors(
        x, weight, bias, running_mean, running_var
    )
    options = {"training": training, "momentum": momentum, "eps": eps}
    out = F.batch_norm(x, running_mean, running_var, weight, bias, **options)
    return numpy(out), numpy(running_mean), numpy(running_var)


def batch_norm2d_backward(dout, x, weight, *, eps=1e-5, constant=()):
    """Send a gradient back through batch normalisation, as while training.

    Parameters
    ----------
    dout : (N, C, H, W) array_like
        Gradient of the loss by the layer's output.
    x : (N, C, H, W) array_like
        The layer's input.
    weight : (C,) array_like
        By what each normalised channel was multiplied.
    eps : float, optional
        As in `batch_norm2d`.
    constant : tuple of str, optional
        Statistics, "mean" or "var", that are taken not to depend on x, as a wrong derivation
        does.

    Returns
    -------
    dx : (N, C, H, W) ndarray of float64
    dweight, dbias : (C,) ndarray of float64

    Examples
    --------
    >>> dout, x = [[[[1.0, 0.0]]]], [[[[1.0, 7.0]]]]
    >>> dx, dweight, dbias = batch_norm2d_backward(dout, x, [4.0], eps=7.0)
    >>> dx.round(5), dweight, dbias
    (array([[[[ 0.21875, -0.21875]]]]), array([-0.75]), array([1.]))
    """
    dout, x, weight = tensors(dout, x, weight)
    bias = torch.zeros_like(weight)
    inputs = [tensor.requires_grad_() for tensor in (x, weight, bias)]
    if constant:
        out = _batch_norm_with_constants(*inputs, eps, constant)
    else:
        out = F.batch_norm(x, None, None, weight, bias, training=True, eps=eps)
    # Through a sum: asked with `dout` itself, autograd first imports SymPy, for seconds.
    return tuple(numpy(gradient) for gradient in torch.autograd.grad((out * dout).sum(), inputs))


def _batch_norm_with_constants(x, weight, bias, eps, constant):
    var, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
    mean = mean.detach() if "mean" in constant else mean
    var = var.detach() if "var" in constant else var
    scale = (var + eps).rsqrt() * weight
    return (x - mean[:, None, None]) * scale[:, None, None] + bias[:, None, None]


def fuse_conv_bn(w, b, weight, bias, running_mean, running_var, *, eps=1e-5):
    """Fold a batch normalisation, as at test, into the convolution before it.

    Parameters
    ----------
    w : (F, C, KH, KW) array_like
        The convolution's filters.
    b : (F,) array_like or None
        The convolution's biases, if it has any.
    weight, bias, running_mean, running_var : (F,) array_like
        The normalisation's parameters and running statistics.
    eps : float, optional
        As in `batch_norm2d`.

    Returns
    -------
    w : (F, C, KH, KW) ndarray of float64
    b : (F,) ndarray of float64
        Of one convolution that computes the same as the two layers.

    Examples
    --------
    >>> fuse_conv_bn([[[[1.0]]]], [7.0], [6.0], [5.0], [3.0], [3.0], eps=1.0)
    (array([[[[3.]]]]), array([17.]))
    """
    w, b, weight, bias, mean, var = tensors(w, b, weight, bias, running_mean, running_var)
    fused = fuse_conv_bn_weights(w, b, mean, var, eps, weight, bias)
    return tuple(numpy(parameter.detach()) for parameter in fused)


def layer_norm(x, weight, bias, *, eps=1e-5):
    """Normalise every sample by itself, over the last axes [1]_.

    Parameters
    ----------
    x : (N, ...) array_like
    weight, bias : array_like
        As large as the last axes of x, however many: these are normalised over, together.
    eps : float, optional
        What is added to a variance before its root is taken.

    Returns
    -------
    out : ndarray of float64
        As large as x.

    References
    ----------
    .. [1] Ba, Kiros and Hinton, "Layer Normalization", 2016, arXiv:1607.06450.

    Examples
    --------
    >>> layer_norm([[1.0, 7.0]], [2.0, 4.0], [5.0, 6.0], eps=7.0)
    array([[3.5, 9. ]])
    """
    x, weight, bias = tensors(x, weight, bias)
    return numpy(F.layer_norm(x, weight.shape, weight, bias, eps))


def group_norm(x, num_groups, weight, bias, *, eps=1e-5):
    """Normalise groups of neighbouring channels of every image by themselves [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, channels first.
    num_groups : int
        How many groups the channels form; divides C.
    weight, bias : (C,) array_like
        By what each normalised channel is multiplied, and what is added to it.
    eps : float, optional
        What is added to a variance before its root is taken.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64

    Raises
    ------
    RuntimeError
        If the groups do not divide the channels, with PyTorch's own message.

    References
    ----------
    .. [1] Wu and He, "Group Normalization", ECCV 2018, arXiv:1803.08494.

    Examples
    --------
    >>> group_norm([[[[1.0]], [[7.0]]]], 1, [2.0, 4.0], [5.0, 6.0], eps=7.0).ravel()
    array([3.5, 9. ])
    """
    x, weight, bias = tensors(x, weight, bias)
    return numpy(F.group_norm(x, num_groups, weight, bias, eps))
