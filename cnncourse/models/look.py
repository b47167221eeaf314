"""Looks inside a network: what each layer makes, a table of them all, how far the last one sees.

All three watch the network as it is, whatever it is made of; nothing in it is changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

from cnncourse.models.network import pair
from cnncourse.shapes import receptive_field


def trace(model: nn.Module, images: Tensor) -> dict[str, Tensor]:
    """Run a model once and keep what each of its layers makes.

    Parameters
    ----------
    model : Module
        Any network; only its direct layers are watched.
    images : (N, C, H, W) tensor of float32
        Pixels in [0, 1].

    Returns
    -------
    dict of str to tensor
        Each layer's output under the layer's name, in the order they ran.

    Examples
    --------
    >>> from cnncourse.models.lenet import LeNet5
    >>> outputs = trace(LeNet5(), torch.zeros(2, 1, 28, 28))
    >>> list(outputs)[:3], outputs["conv2"].shape
    (['conv1', 'pool1', 'conv2'], torch.Size([2, 16, 10, 10]))
    """
    outputs = {}

    def keep(name, layer, out):
        outputs[name] = out.detach()

    with _watched(dict(model.named_children()), keep):
        model(images)
    return outputs


@dataclass(frozen=True)
class Row:
    """One layer of a network.

    Parameters
    ----------
    name : str
        The layer's name in the network.
    kind : str
        Its class.
    shape : tuple of int
        Shape of its output for one image, without the batch.
    parameters : int
        Numbers it learns.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class Summary:
    """The layers of a network in the order they ran; printed, a table.

    Parameters
    ----------
    rows : tuple of Row
        A row each.
    parameters : int
        Numbers the whole network learns, parts that did not run among them.
    """

    rows: tuple[Row, ...]
    parameters: int

    def __str__(self) -> str:
        head = ("layer", "output shape", "parameters")
        lines = [(f"{r.name} ({r.kind})", _shape(r.shape), f"{r.parameters:,}") for r in self.rows]
        total = ("total", "", f"{self.parameters:,}")
        wide = [max(map(len, column)) for column in zip(head, *lines, total, strict=True)]
        rule = "-" * (sum(wide) + 4)
        table = [f"{a:<{wide[0]}}  {b:<{wide[1]}}  {c:>{wide[2]}}" for a, b, c in (head, *lines)]
        last = f"{total[0]:<{wide[0]}}  {'':<{wide[1]}}  {total[2]:>{wide[2]}}"
        return "\n".join([table[0], rule, *table[1:], rule, last])

    __repr__ = __str__


def summary(
    model: nn.Module,
    image_shape: tuple[int, int, int] | None = None,
    *,
    depth: int | None = None,
    activations: bool = True,
    channels_last: bool = False,
) -> Summary:
    """Run a model on one black image, and list its layers with their shapes and parameters.

    Parameters
    ----------
    model : Module
        Any network; it may live on the device "meta", where nothing is computed.
    image_shape : (int, int, int), optional
        Channels, height and width of the image; by default what the model is made for.
    depth : int, optional
        How far to open blocks; 1 lists the direct layers only. By default all are opened.
    activations : bool, default True
        Whether ReLU and its like have rows of their own; in Keras they are part of a layer.
    channels_last : bool, default False
        Write shapes as Keras does, (H, W, C).

    Returns
    -------
    Summary
        A row a layer, in the order they ran while testing; what runs only while training has
        no row, but its parameters are in the total.

    Raises
    ------
    ValueError
        If no `image_shape` is given for a model that does not say what it is made for.

    Examples
    --------
    >>> from cnncourse.models.lenet import LeNet5
    >>> print(summary(LeNet5()))
    layer              output shape     parameters
    ----------------------------------------------
    conv1 (Conv2d)     (N, 6, 28, 28)          156
    pool1 (MaxPool2d)  (N, 6, 14, 14)            0
    conv2 (Conv2d)     (N, 16, 10, 10)       2,416
    pool2 (MaxPool2d)  (N, 16, 5, 5)             0
    fc1 (Linear)       (N, 120)             48,120
    fc2 (Linear)       (N, 84)              10,164
    fc3 (Linear)       (N, 10)                 850
    ----------------------------------------------
    total                                   61,706
    """
    rows = []

    def keep(name, layer, out):
        shape = tuple(out.shape[1:])
        if channels_last and len(shape) == 3:
            shape = (*shape[1:], shape[0])
        rows.append(Row(name, type(layer).__name__, shape, _parameters(layer, name, depth)))

    weight = next(model.parameters())
    C, H, W = image_shape or _image_shape(model)
    with torch.no_grad(), _testing(model), _watched(_layers(model, depth, activations), keep):
        model(torch.zeros(1, C, H, W, dtype=weight.dtype, device=weight.device))
    return Summary(tuple(rows), sum(p.numel() for p in model.parameters()))


def receptive_layers(model: nn.Module) -> list[tuple[int, int]]:
    """List the windows that widen what the last feature of a network sees.

    Parameters
    ----------
    model : Module
        Any network that `torch.fx` can follow. Where paths meet, the one that sees furthest
        counts; pooling over whole maps and fully connected layers are left out.

    Returns
    -------
    list of (int, int)
        Kernel and stride of each convolution and pooling layer, as `shapes.receptive_field`
        takes them; a dilated kernel counts with its gaps.

    Examples
    --------
    >>> from cnncourse.models.lenet import LeNet5
    >>> receptive_layers(LeNet5())
    [(5, 1), (2, 2), (5, 1), (2, 2)]
    """
    tracer = _Tracer()
    paths = {}
    for node in tracer.trace(model).nodes:
        path = max((paths[n] for n in node.all_input_nodes), key=receptive_field, default=[])
        if node.op == "call_module":
            path = path + _windows(model.get_submodule(node.target))
        paths[node] = path
    return path


class _Tracer(fx.Tracer):
    """Layers with a kernel are not opened, so that one written by hand counts as well."""

    def is_leaf_module(self, layer, name):
        return hasattr(layer, "kernel_size") or super().is_leaf_module(layer, name)


def _windows(layer):
    if not hasattr(layer, "kernel_size"):
        return []
    kernel, dilation = pair(layer.kernel_size)[0], pair(getattr(layer, "dilation", 1))[0]
    return [(dilation * (kernel - 1) + 1, pair(layer.stride)[0])]


def _layers(model, depth, activations):
    """Choose the layers that get a row: the smallest, and whatever learns on its own."""
    return {
        name: layer
        for name, layer in model.named_modules()
        if name
        and (depth is None or name.count(".") < depth)
        and (_is_row(layer, name, depth) or _parameters(layer, name, depth))
        and (activations or type(layer).__module__ != nn.ReLU.__module__)
    }


def _is_row(layer, name, depth):
    return name.count(".") + 1 == depth or not any(layer.children())


def _parameters(layer, name, depth):
    whole = _is_row(layer, name, depth)
    return sum(p.numel() for p in layer.parameters(recurse=whole))


def _image_shape(model):
    if not hasattr(model, "image_size"):
        raise ValueError(
            f"{type(model).__name__} does not say which images it is made for: "
            f"give image_shape=(C, H, W)"
        )
    first = next(part for part in model.modules() if hasattr(part, "in_channels"))
    return first.in_channels, model.image_size, model.image_size


def _shape(shape):
    return f"({', '.join(['N', *map(str, shape)])})"


@contextmanager
def _watched(layers, keep) -> Iterator[None]:
    """Call `keep(name, layer, out)` whenever one of the layers has run."""
    hooks = [
        layer.register_forward_hook(lambda layer, inputs, out, name=name: keep(name, layer, out))
        for name, layer in layers.items()
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def _testing(model) -> Iterator[None]:
    """Put a model in evaluation mode, and every part of it back as it was."""
    before = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for part, training in before:
            part.training = training
