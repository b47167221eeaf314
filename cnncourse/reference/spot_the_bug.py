"""Right layers, several of each, for tests that have to spare them all."""

import torch
from torch.nn import functional as F

EPS = 1e-5  # what batch norm adds to the variance


def right_outputs(layer, *inputs):
    """Compute what right layers answer, in PyTorch, on the CPU.

    Parameters
    ----------
    layer : str
        A key of `LAYERS`, such as ``"linear"``.
    *inputs : ndarray, int, float or bool
        What the layer takes, in its order.

    Returns
    -------
    outputs : dict of str to ndarray of float64
        One for each way of computing, by a few words on it; ``"in float64"`` comes first.

    Raises
    ------
    RuntimeError, ValueError, IndexError
        If the inputs do not fit, with PyTorch's own message.

    Examples
    --------
    >>> import numpy as np
    >>> outputs = right_outputs("linear", np.ones((1, 3)), np.ones((1, 3)), np.ones(1))
    >>> {way: float(out[0, 0]) for way, out in outputs.items()}
    {'in float64': 4.0, 'in float32': 4.0, 'in float32, in another order': 4.0}
    """
    one_way, other_way = LAYERS[layer]
    outputs = {
        "in float64": one_way(*_tensors(inputs, torch.float64)),
        "in float32": one_way(*_tensors(inputs, torch.float32)),
    }
    if other_way is not None:
        outputs["in float32, in another order"] = other_way(*_tensors(inputs, torch.float32))
    return {way: out.double().numpy() for way, out in outputs.items()}


def _tensors(inputs, dtype):
    """Copy what has axes to tensors, labels and masks with their own kind of numbers."""
    return [
        torch.tensor(each, dtype=dtype if each.dtype.kind == "f" else None)
        if getattr(each, "ndim", 0)
        else each
        for each in inputs
    ]


def _linear_reversed(x, w, b):
    return F.linear(x.flip(1), w.flip(1)) + b


def _conv2d_reversed(x, w):
    # Image and kernel turned around give the same sums, from the other end.
    everywhere = (1, 2, 3)
    return F.conv2d(x.flip(everywhere), w.flip(everywhere)).flip((2, 3))


def _softmax_by_logs(x):
    return F.log_softmax(x, dim=1).exp()


def _cross_entropy_reversed(logits, labels):
    return F.cross_entropy(logits.flip((0, 1)), logits.shape[1] - 1 - labels.flip(0))


def _batch_norm(x, weight, bias):
    return F.batch_norm(x, None, None, weight, bias, training=True, eps=EPS)


def _batch_norm_reversed(x, weight, bias):
    everywhere = (0, 2, 3)
    return _batch_norm(x.flip(everywhere), weight, bias).flip(everywhere)


def _dropout(x, keep, p, training):
    return torch.where(keep, x / (1 - p), 0.0) if training else x


def _dropout_by_factor(x, keep, p, training):
    return x * (keep * (1 / (1 - p))) if training else x


def _relu_backward(dout, x):
    x.requires_grad_()
    return _slope(F.relu(x), x, dout)


def _max_pool2d_backward(dout, x, kernel_size, stride):
    x.requires_grad_()
    return _slope(F.max_pool2d(x, kernel_size, stride), x, dout)


LAYERS = {
    "linear": (F.linear, _linear_reversed),
    "max_pool2d": (F.max_pool2d, None),
    "conv2d": (F.conv2d, _conv2d_reversed),
    "avg_pool2d": (F.avg_pool2d, None),
    "softmax": (lambda x: F.softmax(x, dim=1), _softmax_by_logs),
    "cross_entropy": (F.cross_entropy, _cross_entropy_reversed),
    "batch_norm2d": (_batch_norm, _batch_norm_reversed),
    "dropout": (_dropout, _dropout_by_factor),
    "relu_backward": (_relu_backward, None),
    "max_pool2d_backward": (_max_pool2d_backward, None),
}


def _slope(out, x, dout):
    # A loss whose gradient for out is dout: given as grad_outputs, it would import SymPy.
    return torch.autograd.grad((out * dout).sum(), x)[0]
