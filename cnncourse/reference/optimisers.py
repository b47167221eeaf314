"""Initialisation and optimiser steps as PyTorch computes them."""

import torch
from torch.nn import init
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from cnncourse.reference.arrays import numpy, tensors

# The functions inside torch.optim.SGD and AdamW: the classes would import torch's compiler,
# which takes seconds. The tests compare with the classes.


def kaiming_normal(shape, *, rng):
    """Draw weights that keep the size of signals through a layer and its ReLU [1]_.

    Parameters
    ----------
    shape : tuple of int
        (F, C, KH, KW) of a convolution or (OUT, IN) of a fully connected layer.
    rng : numpy.random.Generator
        Draws ``rng.standard_normal(shape)``, once.

    Returns
    -------
    w : ndarray of float64
        Of that shape, normal with mean 0 and variance 2 / fan_in, where fan_in is the number
        of inputs that one output is summed from.

    Raises
    ------
    ValueError
        If the shape has fewer than two axes, with PyTorch's own message.

    References
    ----------
    .. [1] He, Zhang, Ren and Sun, "Delving Deep into Rectifiers: Surpassing Human-Level
       Performance on ImageNet Classification", ICCV 2015.

    Examples
    --------
    >>> import numpy as np
    >>> w = kaiming_normal((5, 8), rng=np.random.default_rng(0))
    >>> bool(np.allclose(w, np.random.default_rng(0).standard_normal((5, 8)) / 2))
    True
    """
    fan_in, _ = init._calculate_fan_in_and_fan_out(torch.empty(shape, device="meta"))
    return rng.standard_normal(shape) * init.calculate_gain("relu") / fan_in**0.5


def sgd_step(w, grad, velocity, *, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """Take one step of stochastic gradient descent, as torch.optim.SGD does [1]_.

    Parameters
    ----------
    w : array_like
        Parameters, of any shape.
    grad : array_like
        Gradient of the loss at w, of the same shape.
    velocity : array_like
        What the step before returned, of the same shape; zeros before the first.
    lr : float
        Learning rate.
    momentum : float, optional
        Share of the velocity that is kept.
    nesterov : bool, optional
        Whether to step along the gradient plus momentum times the new velocity, instead of
        along the new velocity.
    weight_decay : float, optional
        Times w, it is added to the gradient, before all else.

    Returns
    -------
    w : ndarray of float64
        The parameters after the step.
    velocity : ndarray of float64
        momentum * velocity + gradient; lr has no part in it.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, with PyTorch's own message.

    References
    ----------
    .. [1] Sutskever, Martens, Dahl and Hinton, "On the importance of initialization and
       momentum in deep learning", ICML 2013; PyTorch keeps lr out of the velocity.

    Examples
    --------
    >>> sgd_step([5.0], [2.0], [10.0], lr=0.5, momentum=0.5)
    (array([1.5]), array([7.]))
    """
    w, grad, velocity = tensors(w, grad, velocity)
    buffers = [velocity]
    if momentum == 0:  # PyTorch keeps no velocity then: the first step of any momentum
        buffers, momentum, nesterov = [None], 1.0, False
    sgd(
        [w],
        [grad],
        buffers,
        foreach=False,
        weight_decay=weight_decay,
        momentum=momentum,
        lr=lr,
        dampening=0.0,
        nesterov=nesterov,
        maximize=False,
    )
    return numpy(w), numpy(buffers[0])


def adamw_step(w, grad, m, v, t, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """Take one step of AdamW, as torch.optim.AdamW does [1]_ [2]_.

    Parameters
    ----------
    w : array_like
        Parameters, of any shape.
    grad : array_like
        Gradient of the loss at w, of the same shape.
    m, v : array_like
        Running averages of the gradient and of its square, of the same shape; zeros before
        the first step.
    t : int
        Number of this step; the first is 1.
    lr : float, optional
        Learning rate.
    betas : (float, float), optional
        Share of m and of v that is kept.
    eps : float, optional
        Added to the root of the corrected v.
    weight_decay : float, optional
        Times lr, the part of w that is taken away, apart from the gradient.

    Returns
    -------
    w : ndarray of float64
        The parameters after the step.
    m, v : ndarray of float64
        The averages after the step, not corrected.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, with PyTorch's own message.

    References
    ----------
    .. [1] Kingma and Ba, "Adam: A Method for Stochastic Optimization", ICLR 2015.
    .. [2] Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.

    Examples
    --------
    >>> w, m, v = adamw_step([1.0], [4.0], [0.0], [0.0], 1, lr=0.5, eps=0.0, weight_decay=0.0)
    >>> w, m.round(6), v.round(6)
    (array([0.5]), array([0.4]), array([0.016]))
    """
    w, grad, m, v = tensors(w, grad, m, v)
    steps = torch.tensor(float(t - 1))
    adamw(
        [w],
        [grad],
        [m],
        [v],
        [],
        [steps],
        foreach=False,
        capturable=False,
        amsgrad=False,
        beta1=betas[0],
        beta2=betas[1],
        lr=lr,
        weight_decay=weight_decay,
        eps=eps,
        maximize=False,
    )
    return numpy(w), numpy(m), numpy(v)
