"""The arithmetic of residual networks, asked of PyTorch: layers, shortcuts, ways back."""

import torch
import torch.nn.functional as F
from torch import nn

from cnncourse.reference.arrays import numpy, one_thread, tensors


def resnet_counts(n, *, widths=(16, 32, 64), num_classes=10):
    """Count the layers and the parameters of a residual network for small images.

    Parameters
    ----------
    n : int
        Blocks in each stage.
    widths : tuple of int
        Channels of each stage.
    num_classes : int, default 10
        Length of the answer.

    Returns
    -------
    depth : int
        Convolutions on the way, and the fully connected layer.
    params : int
        Weights, biases and what batch norm learns; option A's shortcuts have none.

    Examples
    --------
    >>> resnet_counts(3)
    (20, 269722)
    """
    stem, head = _convolved(3, widths[0]), nn.Linear(widths[-1], num_classes, device="meta")
    depth, params = 2, _count(stem) + _count(head)
    for channels, width in zip((widths[0], *widths), widths, strict=False):
        first, other = _convolved(channels, width), _convolved(width, width)
        depth += 2 * n
        params += _count(first) + (2 * n - 1) * _count(other)
    return depth, params


def shortcut_a(x, out_channels, *, stride=1):
    """Bring maps to another size without learning: leave pixels out, add maps of zeros.

    Parameters
    ----------
    x : (N, C, H, W) ndarray of float
        Maps in front of a block.
    out_channels : int
        Channels behind it, at least C.
    stride : int, default 1
        Steps of the block's first convolution in pixels.

    Returns
    -------
    out : (N, out_channels, OH, OW) ndarray of float64

    Examples
    --------
    >>> import numpy as np
    >>> shortcut_a(np.array([[[[1.0, 2.0, 3.0]]]]), 2, stride=2).tolist()
    [[[[1.0, 3.0]], [[0.0, 0.0]]]]
    """
    (maps,) = tensors(x)
    with one_thread():
        kept = maps[:, :, ::stride, ::stride]
        return numpy(F.pad(kept, (0, 0, 0, 0, 0, int(out_channels) - maps.shape[1])))


def residual_backward(dout, x, w1, w2):
    """Compute the gradient of a residual block's input.

    Parameters
    ----------
    dout : (N, D) ndarray of float
        Gradient of the block's output, ``relu(x + relu(x @ w1) @ w2)``.
    x : (N, D) ndarray of float
        Its input.
    w1 : (D, M) ndarray of float
        Weights of the first layer.
    w2 : (M, D) ndarray of float
        Weights of the second layer.

    Returns
    -------
    dx : (N, D) ndarray of float64

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([[1.0]])
    >>> residual_backward(one, 2 * one, 3 * one, 4 * one).tolist()
    [[13.0]]
    """
    dout, x, w1, w2 = tensors(dout, x, w1, w2)
    with one_thread():
        x.requires_grad_()
        out = F.relu(x + F.relu(x @ w1) @ w2)
        (dx,) = torch.autograd.grad(out, x, dout)
    return numpy(dx)


def gradient_sizes(slopes, *, shortcut):
    """Follow a gradient of 1 back through a chain of layers, each of one number.

    Parameters
    ----------
    slopes : (L,) ndarray of float
        Layer i makes ``slopes[i] * x`` of its input x; with a shortcut, ``x`` is added.
    shortcut : bool
        Whether each layer has a shortcut around it.

    Returns
    -------
    sizes : (L,) ndarray of float64
        Absolute value of the gradient of each layer's input, first layer first.

    Examples
    --------
    >>> gradient_sizes([0.5, 4.0], shortcut=False).tolist()
    [2.0, 4.0]
    """
    (slopes,) = tensors(slopes)
    with one_thread():
        x = torch.ones((), dtype=torch.float64, device=slopes.device, requires_grad=True)
        inputs = []
        for slope in slopes:
            inputs.append(x)
            x = slope * x + x if shortcut else slope * x
        return numpy(torch.stack(torch.autograd.grad(x, inputs)).abs())


def _convolved(channels, width):
    """Make a convolution of 3 x 3 without a bias, and the batch norm behind it."""
    conv = nn.Conv2d(channels, width, 3, bias=False, device="meta")
    return nn.Sequential(conv, nn.BatchNorm2d(width, device="meta"))


def _count(part):
    return sum(p.numel() for p in part.parameters())
