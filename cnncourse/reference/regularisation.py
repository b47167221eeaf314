"""Dropout and the L2 penalty, by PyTorch."""

import torch

from cnncourse.reference.arrays import DEVICE, numpy, tensors


def dropout(x, *, p=0.5, training=True, rng):
    """Set numbers to 0 at random and scale the others up [1]_.

    Parameters
    ----------
    x : array_like
    p : float, optional
        The share that is dropped on average, in [0, 1].
    training : bool, optional
        Whether to drop anything.
    rng : numpy.random.Generator
        Draws ``random(x.shape)``; a number is dropped where its draw is below p.

    Returns
    -------
    out : ndarray of float64
        As large as x.

    References
    ----------
    .. [1] Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, "Dropout: A Simple Way
       to Prevent Neural Networks from Overfitting", JMLR 15, 2014.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> rng.random(4).round(1)
    array([0.6, 0.3, 0. , 0. ])
    >>> dropout([1.0, 2.0, 3.0, 4.0], p=0.2, rng=np.random.default_rng(0))
    array([1.25, 2.5 , 0.  , 0.  ])
    """
    (x,) = tensors(x)
    return _drop(x, p, rng.random(tuple(x.shape))) if training else numpy(x)


def dropout2d(x, *, p=0.5, training=True, rng):
    """Set whole feature maps to 0 at random and scale the others up [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, channels first.
    p, training
        As in `dropout`.
    rng : numpy.random.Generator
        Draws ``random((N, C))``; a map is dropped where its draw is below p.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64

    References
    ----------
    .. [1] Tompson, Goroshin, Jain, LeCun and Bregler, "Efficient Object Localization Using
       Convolutional Networks", CVPR 2015, arXiv:1411.4280.

    Examples
    --------
    >>> import numpy as np
    >>> x = [[[[1.0, 2.0]], [[3.0, 4.0]], [[5.0, 6.0]]]]
    >>> dropout2d(x, p=0.5, rng=np.random.default_rng(0))[0, :, 0]
    array([[2., 4.],
           [0., 0.],
           [0., 0.]])
    """
    (x,) = tensors(x)
    return _drop(x, p, rng.random(tuple(x.shape[:2]))) if training else numpy(x)


def _drop(x, p, draws):
    keep = torch.as_tensor(draws >= p, device=DEVICE)
    keep = keep.reshape(*keep.shape, *[1] * (x.ndim - keep.ndim))
    # With p = 1 nothing is kept, and there is nothing to divide.
    return numpy(torch.where(keep, x / (1 - p if p < 1 else 1), 0.0))


def l2_penalty(parameters, *, weight_decay):
    """Penalise weights by their squares; biases and scales go free.

    Parameters
    ----------
    parameters : dict of str to array_like
        A network's parameters by name. Those with fewer than two axes go free.
    weight_decay : float
        Twice the factor of the sum of the squares.

    Returns
    -------
    penalty : 0-d ndarray of float64
        Its gradient by each weight is `weight_decay` times that weight.

    Examples
    --------
    >>> l2_penalty({"fc.weight": [[3.0, -1.0]], "fc.bias": [9.0]}, weight_decay=0.5)
    array(2.5)
    """
    arrays = [array for array in tensors(*parameters.values()) if array.ndim > 1]
    total = sum((array.square().sum() for array in arrays), torch.zeros((), device=DEVICE))
    return numpy(weight_decay / 2 * total.double())
