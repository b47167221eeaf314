"""Watching a model without leaving a trace, and what it may be asked."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from cnncourse.shapes import ShapeError


def layer_called(model: nn.Module, name: str) -> nn.Module:
    """Find a part of a model by its name.

    Parameters
    ----------
    model : Module
        Any network.
    name : str
        As `model.named_modules()` has it, such as "layer3.2.conv1".

    Returns
    -------
    Module
        The part.

    Raises
    ------
    ValueError
        If there is none of this name; the message names the nearest.
    """
    layers = dict(model.named_modules())
    if name in layers and name != "":
        return layers[name]
    known = [known for known in layers if known]
    near = difflib.get_close_matches(str(name), known, n=3, cutoff=0.5)
    hint = f"did you mean {' or '.join(map(repr, near))}?" if near else _some(known)
    raise ValueError(f"{type(model).__name__} has no layer {name!r}: {hint}")


def _some(names):
    more = ", ..." if len(names) > 6 else ""
    return f"it has {', '.join(names[:6])}{more}" if names else "it has no layers at all"


@contextmanager
def as_tested(model: nn.Module) -> Iterator[None]:
    """Put a model in evaluation mode, and each of its parts back into the mode it was in."""
    before = [(part, part.training) for part in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for part, training in before:
            part.training = training


def run(model: nn.Module, images: Tensor, layer: str) -> tuple[Tensor, Tensor]:
    """Run a model once and catch what one of its layers makes.

    Parameters
    ----------
    model : Module
        Any network.
    images : (N, C, H, W) tensor
        What it is given.
    layer : str
        The layer's name.

    Returns
    -------
    logits : tensor
        What the model answers.
    maps : tensor
        What the layer makes, as it was before a layer behind it could change it in place.

    Raises
    ------
    ValueError
        If there is no such layer, or it does not run exactly once.
    """
    caught = []

    def keep(part, inputs, out):
        caught.append(out)
        return out.clone() if isinstance(out, Tensor) else None

    hook = layer_called(model, layer).register_forward_hook(keep)
    try:
        logits = model(images)
    finally:
        hook.remove()
    if len(caught) != 1:
        often = f"{len(caught)} times" if caught else "not at all"
        raise ValueError(
            f"{layer} runs {often} while the model is tested: name one that runs once"
        )
    return logits, caught[0]


@contextmanager
def explained(model: nn.Module, images: Tensor) -> Iterator[None]:
    """Let a model that was run step by step say itself why images do not fit."""
    try:
        yield
    except RuntimeError:
        model(images)
        raise


def as_images(model: nn.Module, images: Tensor) -> Tensor:
    """Bring a batch of images to where the model is.

    Parameters
    ----------
    model : Module
        Any network.
    images : (N, C, H, W) tensor of float
        Pixels as the model wants them.

    Returns
    -------
    (N, C, H, W) tensor of float
        The same on the model's device, without a past.

    Raises
    ------
    ShapeError
        If they are not a batch of images.
    TypeError
        If they are whole numbers, or no tensor.
    """
    if not isinstance(images, Tensor):
        raise TypeError(f"images are a {type(images).__name__}: torch.as_tensor makes a tensor")
    if images.ndim != 4:
        hint = ": images[None] makes a batch of one image" if images.ndim == 3 else ""
        raise ShapeError(f"images have shape {tuple(images.shape)}, not (N, C, H, W){hint}")
    if not images.is_floating_point():
        raise TypeError(f"images are {images.dtype}, a model takes float32: images.float() / 255")
    return images.detach().to(_device(model, images))


def as_targets(targets: int | Tensor | None, logits: Tensor) -> Tensor:
    """Bring the classes asked about to a tensor with one for each image.

    Parameters
    ----------
    targets : int or (N,) tensor of int or None
        Class of each image; None asks about the class that the model prefers.
    logits : (N, classes) tensor
        What the model answers.

    Returns
    -------
    (N,) tensor of int64
        On the device of the logits.

    Raises
    ------
    ShapeError
        If there is not one for each image, or the model's answer is no logits.
    ValueError
        If the model has no such class.
    """
    if not isinstance(logits, Tensor) or logits.ndim != 2:
        kind = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
        raise ShapeError(f"the model answers {kind}, not (N, classes) logits")
    N, num_classes = logits.shape
    if targets is None:
        return logits.detach().argmax(1)
    targets = torch.as_tensor(targets, device=logits.device)
    if targets.is_floating_point() or targets.dtype == torch.bool:
        raise TypeError(f"classes are counted in whole numbers, not in {targets.dtype}")
    if targets.ndim == 0:
        targets = targets.expand(N)
    if targets.shape != (N,):
        raise ShapeError(f"{N} images need as many classes, not shape {tuple(targets.shape)}")
    wrong = (targets < 0) | (targets >= num_classes)
    if wrong.any():
        raise ValueError(
            f"there is no class {targets[wrong][0].item()}: the model has "
            f"classes 0 to {num_classes - 1}"
        )
    return targets.long()


def _device(model, images):
    return next((p.device for p in model.parameters()), images.device)
