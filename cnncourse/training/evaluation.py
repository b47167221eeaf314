"""What a trained network answers, and how often it is right."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnncourse.data import ImageSet


def evaluate(
    model: nn.Module, image_set: ImageSet, *, batch_size: int = 1000
) -> tuple[float, float]:
    """Measure a classifier on a whole set.

    Parameters
    ----------
    model : Module
        Turns (N, C, H, W) images into (N, classes) logits.
    image_set : ImageSet
        Images, as float32 or as bytes, and labels.
    batch_size : int, default 1000
        Images at a time.

    Returns
    -------
    loss : float
        Mean cross-entropy in nats.
    accuracy : float
        Fraction right, in [0, 1].

    Raises
    ------
    ValueError
        If there is no image.
    """
    logits = predict(model, image_set.images, batch_size=batch_size)
    labels = image_set.labels.to(logits.device)
    right = logits.argmax(1) == labels
    return F.cross_entropy(logits, labels).item(), right.double().mean().item()


@torch.inference_mode()
def predict(model: nn.Module, images: Tensor, *, batch_size: int = 1000) -> Tensor:
    """Compute the logits of many images, a batch at a time, with the model set to evaluate.

    Parameters
    ----------
    model : Module
        Turns (N, C, H, W) images into (N, classes) logits; left in the mode it was in.
    images : (N, C, H, W) tensor of float32 or uint8
        Pixels in [0, 1], or bytes.
    batch_size : int, default 1000
        Images at a time.

    Returns
    -------
    (N, classes) tensor of float32
        Logits, on the model's device.

    Raises
    ------
    ValueError
        If there is no image, or a batch would hold none.
    """
    if batch_size < 1 or len(images) < 1:
        raise ValueError(
            f"batches of {batch_size} from {len(images)} images: both must be at least 1"
        )
    device = next(model.parameters()).device
    with evaluating(model):
        parts = (_floats(part.to(device)) for part in images.split(batch_size))
        logits = torch.cat([model(part) for part in parts])
    return logits.float() if logits.dtype == torch.bfloat16 else logits


@contextlib.contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Set a model to evaluate for a while; every layer gets back the mode it was in.

    Parameters
    ----------
    model : Module
        Any model, some of its layers frozen in evaluation, perhaps.

    Yields
    ------
    None
        While the model evaluates.
    """
    modes = {layer: layer.training for layer in model.modules()}
    model.eval()
    try:
        yield
    finally:
        for layer, mode in modes.items():
            layer.training = mode


def _floats(images):
    """Make bytes floats as `cnncourse.data.load` does, in the layout that is fastest."""
    if images.dtype == torch.uint8:
        images = images.to(torch.float32).div_(255)
    return images.contiguous(memory_format=torch.channels_last)
