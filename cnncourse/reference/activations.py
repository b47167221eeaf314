"""Activation functions as PyTorch computes them."""

import torch
from torch.nn import functional as F

from cnncourse.reference.arrays import numpy, tensors


def relu(x):
    """Replace negative values by 0 [1]_.

    Parameters
    ----------
    x : array_like
        Of any shape.

    Returns
    -------
    out : ndarray of float64
        Of the shape of `x`.

    References
    ----------
    .. [1] Nair and Hinton, "Rectified Linear Units Improve Restricted Boltzmann Machines",
       ICML 2010.

    Examples
    --------
    >>> relu([-2.0, 0.0, 3.0])
    array([0., 0., 3.])
    """
    return numpy(F.relu(*tensors(x)))


def leaky_relu(x, *, negative_slope=0.01):
    """Multiply negative values by a small slope, and keep the others [1]_.

    Parameters
    ----------
    x : array_like
        Of any shape.
    negative_slope : float, optional
        What negative values are multiplied by.

    Returns
    -------
    out : ndarray of float64
        Of the shape of `x`.

    References
    ----------
    .. [1] Maas, Hannun and Ng, "Rectifier Nonlinearities Improve Neural Network Acoustic
       Models", ICML 2013.

    Examples
    --------
    >>> leaky_relu([-2.0, 0.0, 3.0], negative_slope=0.5)
    array([-1.,  0.,  3.])
    """
    return numpy(F.leaky_relu(*tensors(x), negative_slope))


def sigmoid(x):
    """Squeeze every value into (0, 1): ``1 / (1 + exp(-x))``.

    Parameters
    ----------
    x : array_like
        Of any shape.

    Returns
    -------
    out : ndarray of float64
        Of the shape of `x`.

    Examples
    --------
    >>> sigmoid([-1000.0, 0.0, 1000.0])
    array([0. , 0.5, 1. ])
    """
    return numpy(torch.sigmoid(*tensors(x)))


def tanh(x):
    """Squeeze every value into (-1, 1): the hyperbolic tangent.

    Parameters
    ----------
    x : array_like
        Of any shape.

    Returns
    -------
    out : ndarray of float64
        Of the shape of `x`.

    Examples
    --------
    >>> tanh([-1000.0, 0.0, 1000.0])
    array([-1.,  0.,  1.])
    """
    return numpy(torch.tanh(*tensors(x)))


def softmax(x, *, axis=-1):
    """Turn scores into probabilities that add up to 1 along an axis.

    Parameters
    ----------
    x : array_like
        Scores, also called logits, of any shape.
    axis : int, optional
        Which axis runs over the classes; PyTorch calls it ``dim``.

    Returns
    -------
    out : ndarray of float64
        Of the shape of `x`.

    Examples
    --------
    >>> softmax([[1000.0, 1000.0], [0.0, -1000.0]])
    array([[0.5, 0.5],
           [1. , 0. ]])
    """
    return numpy(torch.softmax(*tensors(x), dim=axis))


def log_softmax(x, *, axis=-1):
    """Give the logarithms of the probabilities of `softmax`, finite even where those are 0.

    Parameters
    ----------
    x : array_like
        Scores, also called logits, of any shape.
    axis : int, optional
        Which axis runs over the classes; PyTorch calls it ``dim``.

    Returns
    -------
    out : ndarray of float64
        Of the shape of `x`, at most 0.

    Examples
    --------
    >>> log_softmax([[0.0, -1000.0]])
    array([[    0., -1000.]])
    """
    return numpy(torch.log_softmax(*tensors(x), dim=axis))
