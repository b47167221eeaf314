"""Gradients by differences, and whether others agree with them."""

import numpy as np
import torch


def numerical_gradient(f, x, *, eps=1e-5):
    """Differentiate a function by central differences.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x` and returns a number.
    x : (...) ndarray of float
        Where.
    eps : float, optional
        How far each entry is moved, either way. The error is about ``eps**2 / 6`` third
        derivatives, and a rounding error of `f` divided by `eps`.

    Returns
    -------
    grad : (...) ndarray of float64
        An estimate of the gradient, in the shape of `x`.

    Examples
    --------
    The sum of the cubes, whose gradient is 3 x ** 2; a step of 1 adds 1:

    >>> numerical_gradient(lambda x: (x**3).sum(), np.array([1.0, 2.0]), eps=1)
    array([ 4., 13.])
    """
    steps = eps * np.eye(x.size).reshape(x.size, *x.shape)
    rises = [(float(f(x + step)) - float(f(x - step))) / (2 * eps) for step in steps]
    return np.array(rises, dtype=np.float64).reshape(x.shape)


def gradcheck(f, grad, x, *, eps=1e-6, atol=1e-5, rtol=1e-3):
    """Tell whether a gradient agrees with central differences, as PyTorch's gradcheck does.

    Parameters
    ----------
    f : callable
        Takes an array of the shape of `x` and returns a number.
    grad : callable
        Takes the same and returns what is claimed to be the gradient of `f` there.
    x : (...) ndarray of float
        Where.
    eps : float, optional
        How far each entry is moved, either way.
    atol, rtol : float, optional
        An entry of the gradient may be off by ``atol + rtol * abs(n)``, where n is what the
        differences give.

    Returns
    -------
    agrees : bool
        Whether all entries do, and the gradient has the shape of `x`.

    Examples
    --------
    >>> gradcheck(lambda x: (x**2).sum(), lambda x: 2 * x, np.array([1.0, 2.0]))
    True
    """
    # torch.autograd.gradcheck itself, which a test compares this with, would import SymPy at
    # its first call, a second and more.
    gradient = np.asarray(grad(x), dtype=np.float64)
    if gradient.shape != x.shape:
        return False
    differences = numerical_gradient(f, x, eps=eps)
    return torch.allclose(*map(torch.as_tensor, (gradient, differences)), rtol=rtol, atol=atol)
