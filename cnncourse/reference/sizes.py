"""Sizes and costs, asked of PyTorch itself: shapes of outputs, counts of operations."""

import warnings

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

BYTES = {2: torch.float16, 4: torch.float32, 8: torch.float64}


def conv_output_size(size, kernel_size, *, stride=1, padding=0, dilation=1):
    """Count the places of a convolution's window along one axis.

    Parameters
    ----------
    size, kernel_size, stride, padding, dilation : int
        In pixels.

    Returns
    -------
    out : int

    Raises
    ------
    RuntimeError
        If the window is larger than the padded axis.

    Examples
    --------
    >>> conv_output_size(28, 5), conv_output_size(7, 3, stride=2)
    (24, 3)
    """
    x, w = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    return F.conv1d(x, w, stride=stride, padding=padding, dilation=dilation).shape[2]


def same_padding(kernel_size, *, dilation=1):
    """Tell how many pixels PyTorch's ``padding="same"`` adds before and after an axis.

    Parameters
    ----------
    kernel_size, dilation : int
        In pixels; the stride is 1, PyTorch takes no other here.

    Returns
    -------
    before, after : int
        Where they differ, the end gets one pixel more.

    Examples
    --------
    >>> same_padding(3), same_padding(4)
    ((1, 1), (1, 2))
    """
    reach = dilation * (kernel_size - 1)
    x, w = torch.zeros(1, 1, 2 * reach + 1), torch.zeros(1, 1, kernel_size)
    x[..., reach] = w[..., 0] = 1  # the first weight sees the pixel that lies `before` to the left
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch warns that an even kernel costs it a copy
        out = F.conv1d(x, w, padding="same", dilation=dilation)
    before = int(out.argmax()) - reach
    return before, reach - before


def conv_transpose_output_size(
    size, kernel_size, *, stride=1, padding=0, output_padding=0, dilation=1
):
    """Count the pixels that a transposed convolution paints along one axis.

    Parameters
    ----------
    size, kernel_size, stride, padding, output_padding, dilation : int
        In pixels; `output_padding` is below `stride` or `dilation`.

    Returns
    -------
    out : int

    Examples
    --------
    >>> conv_transpose_output_size(4, 3, stride=2, padding=1)
    7
    """
    x, w = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel_size)
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    return F.conv_transpose1d(x, w, output_padding=output_padding, **options).shape[2]


def pool_output_size(size, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Count the places of a pooling window along one axis.

    Parameters
    ----------
    size, kernel_size, padding, dilation : int
        In pixels; `padding` is at most half of `kernel_size`.
    stride : int or None
        None means the size of the window.
    ceil_mode : bool
        Whether a last window may hang over the end.

    Returns
    -------
    out : int

    Examples
    --------
    >>> pool_output_size(6, 3, stride=2), pool_output_size(6, 3, stride=2, ceil_mode=True)
    (2, 3)
    """
    options = {"padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return F.max_pool1d(torch.zeros(1, 1, size), kernel_size, stride, **options).shape[2]


@torch.no_grad()
def trace_shapes(layers, shape):
    """Follow one image through a network.

    Parameters
    ----------
    layers : list of dict
        Each with its ``"type"``: ``conv2d``, ``batch_norm2d``, ``relu``, ``max_pool2d``,
        ``flatten`` or ``linear``, and PyTorch's options by their names.
    shape : (int, int, int)
        Channels, height and width of the image.

    Returns
    -------
    shapes : (L, 3) ndarray of int64
        Channels, height and width after each layer; a vector of n features is (n, 1, 1).

    Examples
    --------
    >>> trace_shapes([{"type": "max_pool2d", "kernel_size": 2}, {"type": "flatten"}], (6, 5, 4))
    array([[ 6,  2,  2],
           [24,  1,  1]])
    """
    x, rows = torch.zeros(1, *shape), []
    for layer in layers:
        x = _module(layer)(x)
        rows.append((*x.shape[1:], 1, 1)[:3])
    return np.array(rows, dtype=np.int64).reshape(-1, 3)


def count_params(layers):
    """Count the parameters of every layer.

    Parameters
    ----------
    layers : list of dict
        As for `trace_shapes`.

    Returns
    -------
    counts : (L,) ndarray of int64
        Weights and biases; what a layer keeps without learning it does not count.

    Examples
    --------
    >>> count_params([{"type": "linear", "in_features": 3, "out_features": 2}])
    array([8])
    """
    counts = [sum(p.numel() for p in _module(layer).parameters()) for layer in layers]
    return np.array(counts, dtype=np.int64)


def count_macs(layers, sizes):
    """Count the multiply-accumulates of every layer, for one image.

    Parameters
    ----------
    layers : list of dict
        As for `trace_shapes`.
    sizes : (L, 2) array_like of int
        Height and width of each layer's output in pixels.

    Returns
    -------
    counts : (L,) ndarray of int64
        Of convolutions and fully connected layers; others multiply no weights and count 0.

    Examples
    --------
    >>> count_macs([{"type": "linear", "in_features": 3, "out_features": 2}], [(1, 1)])
    array([6])
    """
    pairs = zip(layers, np.asarray(sizes).tolist(), strict=True)
    return np.array([_macs(layer, size) for layer, size in pairs], dtype=np.int64)


def activation_memory(shapes, *, batch_size=1, bytes_per_value=4):
    """Add up the memory of all activations that a training step keeps.

    Parameters
    ----------
    shapes : (L, 3) array_like of int
        Channels, height and width of the image and of every layer's output.
    batch_size : int
    bytes_per_value : int
        2, 4 or 8: half, single or double precision.

    Returns
    -------
    memory : int
        In bytes.

    Examples
    --------
    >>> activation_memory([(1, 28, 28), (6, 24, 24)], batch_size=2)
    33920
    """
    rows = np.asarray(shapes).tolist()
    kept = [torch.empty(batch_size, *row, dtype=BYTES[bytes_per_value]) for row in rows]
    return sum(tensor.nbytes for tensor in kept)


def receptive_field(layers):
    """Measure how many pixels of the image one value can see, along one axis.

    Parameters
    ----------
    layers : list of dict
        Each with ``kernel_size``, ``stride`` and ``dilation``.

    Returns
    -------
    fields : (L,) ndarray of int64
        After each layer, in pixels.

    Examples
    --------
    >>> receptive_field([{"kernel_size": 3, "stride": 2, "dilation": 1}] * 2)
    array([3, 7])
    """
    x = image = torch.ones(1, 1, 1000, dtype=torch.float64, requires_grad=True)
    fields = []
    for layer in layers:
        w = torch.ones(1, 1, layer["kernel_size"], dtype=torch.float64)
        x = F.conv1d(x, w, stride=layer["stride"], dilation=layer["dilation"])
        (seen,) = torch.autograd.grad(x[0, 0, x.shape[2] // 2], image, retain_graph=True)
        first, last = torch.nonzero(seen[0, 0])[[0, -1], 0]
        fields.append(int(last - first) + 1)
    return np.array(fields, dtype=np.int64)


def _module(layer):
    """Build a layer of PyTorch's from its description."""
    options = {name: value for name, value in layer.items() if name != "type"}
    kinds = {
        "conv2d": nn.Conv2d,
        "batch_norm2d": nn.BatchNorm2d,
        "relu": nn.ReLU,
        "max_pool2d": nn.MaxPool2d,
        "flatten": nn.Flatten,
        "linear": nn.Linear,
    }
    return kinds[layer["type"]](**options)


@torch.no_grad()
def _macs(layer, size):
    """Multiply ones by ones: the sum of the outputs is the number of products."""
    if layer["type"] == "linear":
        x = torch.ones(1, layer["in_features"], dtype=torch.float64)
    elif layer["type"] == "conv2d":
        layer = {**layer, "padding": 0}  # an image as large as gives this output without it
        sides = [_input_size(layer, pixels) for pixels in size]
        x = torch.ones(1, layer["in_channels"], *sides, dtype=torch.float64)
    else:
        return 0
    module = _module({**layer, "bias": False}).double()
    nn.init.ones_(module.weight)
    return int(module(x).sum())


def _input_size(layer, size):
    reach = layer.get("dilation", 1) * (layer["kernel_size"] - 1) + 1
    return (size - 1) * layer.get("stride", 1) + reach
