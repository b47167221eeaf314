"""In which order the numbers of a batch lie in memory."""

from __future__ import annotations

import torch
from torch import Tensor, nn

# Channels that oneDNN takes at once: 8 with AVX2, 16 with AVX-512.
BLOCK = 16


def memory_format(model: nn.Module, device: torch.device) -> torch.memory_format:
    """Choose the layout that convolutions are fastest in, but for a kind that it would break.

    Channels last is faster on processors and GPUs; the numbers differ by rounding at most. On a
    processor, oneDNN's gradient of a strided convolution of 1 x 1 writes past its memory in that
    layout when there are few channels [1]_: "double free", and worse, wrong numbers. A network
    with such a layer keeps the usual layout.

    Parameters
    ----------
    model : Module
        Network to train.
    device : device
        Where it computes.

    Returns
    -------
    memory_format
        `torch.channels_last` or `torch.contiguous_format`.

    References
    ----------
    .. [1] oneDNN, issue 6035: "1x1 convolution backward_weights writes past the rtus workspace".
    """
    if device.type == "cpu" and any(map(_is_broken, model.modules())):
        return torch.contiguous_format
    return torch.channels_last


def lay_out(values: Tensor, layout: torch.memory_format) -> Tensor:
    """Bring images or weights into a layout, to the letter.

    Where an axis has length 1, a tensor can be in both layouts at once, and what computes with
    it may take it for the wrong one; the usual layout is therefore always made anew.

    Parameters
    ----------
    values : 4-d tensor
        Images or weights.
    layout : memory_format
        What `memory_format` chose.

    Returns
    -------
    tensor
        The same values.
    """
    if layout == torch.channels_last:
        return values.contiguous(memory_format=layout)
    return values.clone(memory_format=layout)


def _is_broken(layer):
    return (
        isinstance(layer, nn.Conv2d)
        and layer.kernel_size == (1, 1)
        and layer.stride != (1, 1)
        and layer.in_channels // layer.groups < BLOCK
    )
