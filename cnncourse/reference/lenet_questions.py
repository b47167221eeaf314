"""The parts of LeNet-5 as printed in 1998, asked of PyTorch: connections, tiles, drawings."""

import functools

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.reference.arrays import numpy, tensors


def sparse_conv_params(inputs, in_channels, *, kernel_size=5):
    """Count the parameters of a convolution whose filters see some of the maps only [1]_.

    Parameters
    ----------
    inputs : list of list of int
        For each filter, the maps that it sees.
    in_channels : int
        Maps in all; some may be seen by no filter.
    kernel_size : int, default 5
        Side of every window in pixels.

    Returns
    -------
    sparse : int
        Weights and biases of these filters.
    dense : int
        Weights and biases of as many filters that see all maps.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86(11), 1998, section II-B, Table I.

    Examples
    --------
    >>> sparse_conv_params([[0], [0, 1]], 2)
    (77, 102)
    """
    sparse = sum(_conv_params(len(maps), 1, kernel_size) for maps in inputs)
    return sparse, _conv_params(in_channels, len(inputs), kernel_size)


def subsample(x, coefficient, bias):
    """Subsample maps as LeNet-5 does: sums of tiles, scaled, shifted and squashed [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like of float
        Feature maps; H and W are even.
    coefficient, bias : (C,) array_like of float
        One trained number of each kind for every map.

    Returns
    -------
    out : (N, C, H // 2, W // 2) ndarray of float64
        1.7159 tanh(2v / 3), where v is the sum of a tile of 2 x 2 pixels times the map's
        coefficient plus its bias.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86(11), 1998, sections II-B and appendix A.

    Examples
    --------
    >>> x = np.array([[3.0, 1.0], [-2.0, 0.0]]).reshape(1, 1, 2, 2)
    >>> subsample(x, [0.25], [0.5]).round(3)
    array([[[[1.]]]])
    """
    maps, coefficient, bias = tensors(x, coefficient, bias)
    sums = F.avg_pool2d(maps, 2, divisor_override=1)  # (N, C, H // 2, W // 2)
    return numpy(1.7159 * torch.tanh(2 / 3 * _per_map(sums, coefficient, bias)))


def nearest_drawing(x, drawings):
    """Compare features with fixed drawings, as the last layer of LeNet-5 does [1]_.

    Parameters
    ----------
    x : (N, H * W) array_like of float
        The features of each image, laid out row by row.
    drawings : (K, H, W) array_like of float
        A drawing for each class: 1 for ink, -1 for paper.

    Returns
    -------
    distances : (N, K) ndarray of float64
        Squared distance of each image's features to each drawing.
    answers : (N,) ndarray of int64
        The nearest drawing of each image; of equally near ones the first.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86(11), 1998, section II-B, equation 7.

    Examples
    --------
    >>> distances, answers = nearest_drawing([[2.0, -1.0]], [[[1.0, 1.0]], [[1.0, -1.0]]])
    >>> distances, answers
    (array([[5., 1.]]), array([1]))
    """
    features, drawings = tensors(x, drawings)
    drawings = drawings.flatten(1)
    distances = numpy((features[:, None] - drawings).square().sum(2))  # (N, K)
    return distances, distances.argmin(axis=1)  # NumPy promises the first of equals


def errors_by_digit(labels, answers, num_classes):
    """Count which digit was read as which, and the share of each digit that was misread.

    Parameters
    ----------
    labels, answers : (N,) array_like of int
        The digit that was meant, and the one that the network said.
    num_classes : int
        Number of digits.

    Returns
    -------
    counts : (num_classes, num_classes) ndarray of int64
        The confusion matrix: a row for each label, a column for each answer.
    error : (num_classes,) ndarray of float64
        Share of the images of a digit that were answered wrongly; 0 for a digit without images.

    Examples
    --------
    >>> counts, error = errors_by_digit([0, 0, 0, 1], [0, 1, 1, 1], 2)
    >>> counts.tolist(), error.round(3).tolist()
    ([[1, 2], [0, 1]], [0.667, 0.0])
    """
    pairs = tuple(torch.tensor(np.array(digits, dtype=np.int64)) for digits in (labels, answers))
    counts = torch.zeros(num_classes, num_classes, dtype=torch.int64)
    counts.index_put_(pairs, torch.tensor(1), accumulate=True)
    wrong = counts.sum(1) - counts.diagonal()
    return counts.numpy(), (wrong.double() / counts.sum(1).clamp(min=1)).numpy()


def _per_map(sums, coefficient, bias):
    return coefficient[:, None, None] * sums + bias[:, None, None]


@functools.cache  # filters that see equally many maps are alike, and building a layer is slow
def _conv_params(a, b, kernel_size):
    layer = nn.Conv2d(a, b, kernel_size, device="meta")
    return sum(p.numel() for p in layer.parameters())
