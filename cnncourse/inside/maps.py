"""What one layer makes of images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnncourse.inside.watch import as_images, as_tested, run


@torch.no_grad()
def feature_maps(model: nn.Module, images: Tensor, layer: str) -> Tensor:
    """Run a model in evaluation mode and keep what one layer makes.

    Parameters
    ----------
    model : Module
        Any network; left as it was.
    images : (N, C, H, W) tensor of float
        Pixels as the model wants them.
    layer : str
        The layer's name, as `model.named_modules()` has it.

    Returns
    -------
    (N, F, h, w) tensor
        The layer's output; (N, F) behind a fully connected layer.

    Raises
    ------
    ValueError
        If the model has no such layer, or it does not run exactly once.
    ShapeError
        If the images are no batch, or do not fit the model.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> feature_maps(create("lenet5"), torch.zeros(2, 1, 28, 28), "conv2").shape
    torch.Size([2, 16, 10, 10])
    """
    with as_tested(model):
        return run(model, as_images(model, images), layer)[1]
