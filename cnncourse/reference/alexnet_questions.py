"""AlexNet's questions, asked of PyTorch: sides, windows that overlap, parameters, responses."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.reference.sizes import conv_output_size


def window_sides(size, windows):
    """Follow the side of an image through convolutions and poolings.

    Parameters
    ----------
    size : int
        Side of the image in pixels.
    windows : (L, 3) array_like of int
        Kernel size, stride and padding of each layer, in pixels.

    Returns
    -------
    sides : (L,) ndarray of int64
        Side of the maps after each layer, in pixels.

    Examples
    --------
    >>> window_sides(227, [(11, 4, 0), (3, 2, 0)])
    array([55, 27])
    """
    sides = []
    for kernel_size, stride, padding in np.asarray(windows).tolist():
        size = conv_output_size(size, kernel_size, stride=stride, padding=padding)
        sides.append(size)
    return np.array(sides, dtype=np.int64)


def pool_coverage(length, kernel_size, stride):
    """Count the pooling windows that each pixel of a row lies in.

    Parameters
    ----------
    length, kernel_size, stride : int
        In pixels; the row is not padded.

    Returns
    -------
    counts : (length,) ndarray of int64
        0 for a pixel that no window sees.

    Examples
    --------
    >>> pool_coverage(7, 3, 2)
    array([1, 1, 2, 1, 2, 1, 1])
    """
    row = torch.zeros(1, 1, length, requires_grad=True)
    F.avg_pool1d(row, kernel_size, stride).sum().backward()
    return (row.grad[0, 0] * kernel_size).round().long().numpy()


def heaviest_layer(shapes):
    """Find the layer with most parameters, and its share of all.

    Parameters
    ----------
    shapes : list of tuple of int
        Shapes of the weights: (F, C, KH, KW) of a convolution, (outputs, inputs) of a fully
        connected layer. Each layer has a bias for every output.

    Returns
    -------
    index : int
        The layer's place in the list; of equals the first.
    share : float
        Its parameters over those of all layers.

    Examples
    --------
    >>> heaviest_layer([(2, 3, 1, 1), (4, 2)])
    (1, 0.6)
    """
    layers = [nn.Linear(*shape[::-1], device="meta") for shape in map(_as_matrix, shapes)]
    counts = [sum(p.numel() for p in layer.parameters()) for layer in layers]
    index = counts.index(max(counts))
    return index, counts[index] / sum(counts)


def local_response_norm(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0, towers=1):
    """Divide each value by the strength of its neighbours on other maps [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like of float
        Feature maps.
    size : int, default 5
        Maps that a sum runs over, the map itself in the middle; odd.
    alpha, beta, k : float
        The divisor is (k + alpha * sum of squares) ** beta. PyTorch divides its own `alpha` by
        `size`, the paper does not.
    towers : int, default 1
        Parts of equal width that the maps fall into; none sees those of another.

    Returns
    -------
    out : (N, C, H, W) ndarray of float

    References
    ----------
    .. [1] Krizhevsky, Sutskever and Hinton, "ImageNet classification with deep convolutional
       neural networks", NeurIPS 2012, section 3.3.

    Examples
    --------
    >>> x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)
    >>> local_response_norm(x, size=3, alpha=1.0, beta=1.0, k=1.0).ravel().round(3)
    array([0.167, 0.133, 0.214])
    """
    maps = torch.tensor(np.array(x, dtype=np.float64))
    apart = maps.unflatten(1, (towers, -1)).flatten(0, 1)  # (N * towers, C / towers, H, W)
    out = F.local_response_norm(apart, size, alpha=alpha * size, beta=beta, k=k)
    return out.unflatten(0, (-1, towers)).flatten(1, 2).numpy()


def _as_matrix(shape):
    return shape[0], int(np.prod(shape[1:]))
