"""What a trained network answers, and how often it is right."""

from __future__ import annotations

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
        Images and labels.
    batch_size : int, default 1000
        Images at a time.

    Returns
    -------
    loss : float
        Mean cross-entropy in nats.
    accuracy : float
        Fraction right, in [0, 1].
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
    images : (N, C, H, W) tensor of float32
        Pixels in [0, 1].
    batch_size : int, default 1000
        Images at a time.

    Returns
    -------
    (N, classes) tensor of float32
        Logits, on the model's device.
    """
    device = next(model.parameters()).device
    was_training = model.training
    model.eval()
    try:
        return torch.cat([model(batch.to(device)) for batch in images.split(batch_size)])
    finally:
        model.train(was_training)
