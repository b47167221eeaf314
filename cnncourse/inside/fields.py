"""Where in the image a value of a layer looks: its receptive field, with its place."""

from __future__ import annotations

import operator
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from cnncourse.inside.watch import as_tested, explained, layer_called
from cnncourse.models.network import pair
from cnncourse.models.same import SameConv2d, missing


@dataclass(frozen=True)
class Field:
    """What the values of a layer see along one axis.

    Parameters
    ----------
    start : int
        First pixel that value 0 sees; below 0 where it sees padding.
    size : int
        Pixels that a value sees.
    step : int
        Pixels between what two neighbouring values see first.
    """

    start: int = 0
    size: int = 1
    step: int = 1

    def span(self, index: int, length: int) -> tuple[int, int]:
        """Give the pixels that one value sees, without the padding.

        Parameters
        ----------
        index : int
            The value's row or column.
        length : int
            Height or width of the image in pixels.

        Returns
        -------
        (int, int)
            First pixel, and the pixel behind the last.

        Examples
        --------
        >>> Field(start=-2, size=5, step=2).span(0, 28), Field(-2, 5, 2).span(3, 28)
        ((0, 3), (4, 9))
        """
        first = self.start + index * self.step
        return max(first, 0), min(first + self.size, length)

    def behind(self, kernel: int, stride: int, padding: int) -> Field:
        """Widen by a window that slides over the layer."""
        return Field(
            self.start - padding * self.step,
            self.size + (kernel - 1) * self.step,
            self.step * stride,
        )


def receptive_window(
    model: nn.Module, layer: str, image_shape: tuple[int, int, int]
) -> tuple[Field, Field] | None:
    """Work out which pixels the values of a layer see.

    Parameters
    ----------
    model : Module
        Any network that `torch.fx` can follow; left as it was.
    layer : str
        The layer's name.
    image_shape : (int, int, int)
        Channels, height and width of the images.

    Returns
    -------
    (Field, Field) or None
        For rows and for columns; None if every value sees the whole image. Where paths meet,
        all count together, save those that lead through a pooling of the whole map.

    Raises
    ------
    ValueError
        If there is no such layer, or the model cannot be followed up to it.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> receptive_window(create("lenet5"), "pool2", (1, 28, 28))[0]
    Field(start=-2, size=16, step=4)
    """
    layer_called(model, layer)
    weight = next(model.parameters())
    image = torch.zeros(1, *image_shape, dtype=weight.dtype, device=weight.device)
    with as_tested(model), torch.no_grad(), explained(model, image):
        return _Walk(follow(model)).field_of(layer, image)


def follow(model: nn.Module) -> fx.GraphModule:
    """Write down what a model does, step by step, opening all but its smallest parts.

    Raises
    ------
    ValueError
        If the model decides what to do by looking at its input.
    """
    tracer = _Tracer()
    try:
        graph = tracer.trace(model)
    except Exception as error:
        raise ValueError(f"{type(model).__name__} cannot be followed: {error}") from error
    return fx.GraphModule(tracer.root, graph)


def is_end_of(step: fx.Node, layer: str) -> bool:
    """Say whether a step is the last of a layer, or of a block of several steps."""
    return _within(step, layer) and not _within(step.next, layer)


class _Tracer(fx.Tracer):
    """Opens what holds other layers; norms and windows are taken whole."""

    def is_leaf_module(self, layer, name):
        kept = hasattr(layer, "kernel_size") or isinstance(layer, nn.LocalResponseNorm)
        return kept or super().is_leaf_module(layer, name)


class _Walk(fx.Interpreter):
    """Runs a model step by step, and works out a field for each step's output."""

    def field_of(self, layer, image):
        self.fields, self.args_iter = {}, iter([image])
        for node in self.module.graph.nodes:
            self.env[node] = self.run_node(node)
            self.fields[node] = self._field(node, self.env[node])
            if is_end_of(node, layer):
                return self.fields[node]
        raise ValueError(f"{layer} does not run by itself while the model is tested")

    def _field(self, node, out):
        if node.op == "placeholder":
            return Field(), Field()
        fields = [self.fields[n] for n in node.all_input_nodes if self.fields.get(n)]
        if not fields or not isinstance(out, Tensor) or out.ndim != 4:
            return None
        before = tuple(_together(axis) for axis in zip(*fields, strict=True))
        x = next(self.env[n] for n in node.all_input_nodes if self.fields.get(n))
        windows = self._windows(node, x)
        if windows is not None:
            return tuple(f.behind(*w) for f, w in zip(before, windows, strict=True))
        return self._unchanged(node, x, out, before)

    def _unchanged(self, node, x, out, before):
        """Take a step that looks at single places; a change of size has to be explained."""
        if _turns(node, self.module) or x.shape[2:] == out.shape[2:]:
            return before
        if out.shape[2:] == (1, 1):
            return None  # pooled over the whole map
        raise ValueError(
            f"what the values see cannot be followed through {node.name}, which turns maps of "
            f"{tuple(x.shape[2:])} pixels into {tuple(out.shape[2:])}"
        )

    def _windows(self, node, x):
        """Give kernel, stride and padding for each axis, of a step that has a window."""
        if node.op == "call_module":
            layer = self.module.get_submodule(node.target)
            return _of_layer(layer, x) if hasattr(layer, "kernel_size") else None
        if node.target in (F.max_pool2d, F.avg_pool2d):
            return _of_call(node)
        if node.target is F.pad and len(node.args[1]) == 4:
            left, _, top, _ = node.args[1]
            return (1, 1, top), (1, 1, left)
        if node.target is operator.getitem and isinstance(node.args[1], tuple):
            return tuple((1, s.step or 1, -(s.start or 0)) for s in node.args[1][2:])
        return None


def _together(fields):
    """Put the fields of paths that meet into one."""
    start = min(field.start for field in fields)
    end = max(field.start + field.size for field in fields)
    return Field(start, end - start, max(field.step for field in fields))


def _of_layer(layer, x):
    kernels, strides = pair(layer.kernel_size), pair(layer.stride)
    dilations = pair(getattr(layer, "dilation", 1))
    reach = [d * (k - 1) + 1 for d, k in zip(dilations, kernels, strict=True)]
    if isinstance(layer, SameConv2d):
        sizes = zip(x.shape[2:], reach, strides, strict=True)
        padding = [missing(*along)[0] for along in sizes]
    elif isinstance(layer.padding, str):
        padding = [(r - 1) // 2 if layer.padding == "same" else 0 for r in reach]
    else:
        padding = pair(layer.padding)
    return tuple(zip(reach, strides, padding, strict=True))


def _of_call(node):
    def option(place, name, default):
        return node.args[place] if len(node.args) > place else node.kwargs.get(name, default)

    kernel = option(1, "kernel_size", None)
    stride = option(2, "stride", None) or kernel
    padding, dilation = option(3, "padding", 0), 1
    if node.target is F.max_pool2d:
        dilation = option(4, "dilation", 1)
    reach = [d * (k - 1) + 1 for d, k in zip(pair(dilation), pair(kernel), strict=True)]
    return tuple(zip(reach, pair(stride), pair(padding), strict=True))


def _turns(node, model):
    """Say whether a step moves the channels to another axis, or works where they were moved."""
    layer = model.get_submodule(node.target) if node.op == "call_module" else None
    return node.target == "permute" or isinstance(layer, nn.Linear)


def _within(node, name):
    """Say whether a step belongs to a layer, or to a layer within it."""
    return any(layer == name for layer, _ in (node.meta.get("nn_module_stack") or {}).values())
