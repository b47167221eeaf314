"""The networks of the course, an architecture a file, and a look inside any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["trace"]


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
    >>> import torch
    >>> from cnncourse.models.lenet import LeNet5
    >>> outputs = trace(LeNet5(), torch.zeros(2, 1, 28, 28))
    >>> list(outputs)[:3], outputs["conv2"].shape
    (['conv1', 'pool1', 'conv2'], torch.Size([2, 16, 10, 10]))
    """
    outputs = {}
    hooks = [
        layer.register_forward_hook(
            lambda layer, inputs, out, name=name: outputs.update({name: out.detach()})
        )
        for name, layer in model.named_children()
    ]
    try:
        model(images)
    finally:
        for hook in hooks:
            hook.remove()
    return outputs
