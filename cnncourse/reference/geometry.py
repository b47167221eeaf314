"""Images sheared, zoomed and turned, as PyTorch samples them."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from cnncourse.reference.arrays import DEVICE, numpy, tensors


def affine(x, theta, *, mode="bilinear", padding_mode="zeros"):
    """Fetch every pixel of the output from a place in the image [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images, channels first.
    theta : (2, 3) array_like
        Where the pixel (column, row) comes from: ``theta @ (column, row, 1)``. Both axes run
        from -1 at the image's one edge to 1 at the other.
    mode : {"bilinear", "nearest"}, optional
        Whether a place between four pixels mixes them, or takes the nearest.
    padding_mode : {"zeros", "border", "reflection"}, optional
        What lies outside the image.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64
        As large as x.

    References
    ----------
    .. [1] Jaderberg, Simonyan, Zisserman and Kavukcuoglu, "Spatial Transformer Networks",
       NeurIPS 2015, arXiv:1506.02025.

    Examples
    --------
    >>> affine([[[[1.0, 2.0, 3.0]]]], [[-1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    array([[[[3., 2., 1.]]]])
    """
    (x,) = tensors(x)
    theta = torch.tensor(theta, dtype=torch.float64, device=DEVICE).expand(len(x), 2, 3)
    if not len(x):  # PyTorch refuses an empty batch here
        return numpy(x)
    grid = F.affine_grid(theta, x.shape, align_corners=False)
    return numpy(F.grid_sample(x, grid, mode, padding_mode, align_corners=False))


def shear(x, *, degrees, mode="bilinear", padding_mode="zeros"):
    """Let images lean to the side, like italics; the middle row stays.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images, channels first.
    degrees : float
        How far upright lines lean; to the right at the top if positive.
    mode, padding_mode
        As in `affine`.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64
        As large as x.

    Examples
    --------
    >>> shear([[[[0.0, 4.0, 0.0], [0.0, 8.0, 0.0]]]], degrees=45).round(3)
    array([[[[0., 2., 2.],
             [4., 4., 0.]]]])
    """
    slope = math.tan(math.radians(degrees))
    return _fetch(x, [[1, slope], [0, 1]], mode, padding_mode)


def zoom(x, *, factor, mode="bilinear", padding_mode="zeros"):
    """Enlarge what images show about their centre; their size stays.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images, channels first.
    factor : float
        How many times as large things appear; below 1 they shrink.
    mode, padding_mode
        As in `affine`.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64
        As large as x.

    Examples
    --------
    >>> zoom([[[[0.0, 4.0, 8.0, 0.0]]]], factor=2)
    array([[[[3., 5., 7., 6.]]]])
    """
    return _fetch(x, [[1 / factor, 0], [0, 1 / factor]], mode, padding_mode)


def rotate(x, *, degrees, mode="bilinear", padding_mode="zeros"):
    """Turn images about their centre; their size stays.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images, channels first.
    degrees : float
        The angle; counter-clockwise as one looks at the image if positive.
    mode, padding_mode
        As in `affine`.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64
        As large as x; what is turned out of the frame is lost.

    Examples
    --------
    >>> rotate([[[[1.0, 2.0], [3.0, 4.0]]]], degrees=90).round(3)
    array([[[[2., 4.],
             [1., 3.]]]])
    """
    angle = math.radians(degrees)
    cos, sin = math.cos(angle), math.sin(angle)
    return _fetch(x, [[cos, -sin], [sin, cos]], mode, padding_mode)


def _fetch(x, matrix, mode, padding_mode):
    """Fetch by a matrix that takes offsets from the centre, (right, down) in pixels."""
    H, W = np.shape(x)[2:]
    (a, b), (c, d) = matrix
    # affine_grid counts from -1 to 1 along each side, however long: pixels become sides.
    theta = [[a, b * H / W, 0.0], [c * W / H, d, 0.0]]
    return affine(x, theta, mode=mode, padding_mode=padding_mode)
