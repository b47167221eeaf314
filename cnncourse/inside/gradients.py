"""Asks the gradient which pixels, or which maps, a class goes by."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnncourse.inside.watch import as_images, as_targets, as_tested, run
from cnncourse.shapes import ShapeError


@torch.enable_grad()
def saliency(model: nn.Module, images: Tensor, targets: int | Tensor | None = None) -> Tensor:
    """Measure how much each pixel moves the logit of a class [1]_.

    The gradient of the logit with respect to the image, its absolute value, the largest over
    the channels of a pixel.

    Parameters
    ----------
    model : Module
        Turns (N, C, H, W) images into (N, classes) logits; left as it was.
    images : (N, C, H, W) tensor of float
        Pixels as the model wants them.
    targets : int or (N,) tensor of int, optional
        The class to ask about for all or for each; by default the one the model prefers.

    Returns
    -------
    (N, H, W) tensor
        At least 0; in logits per unit of brightness.

    Raises
    ------
    ValueError
        If the model has no such class.
    ShapeError
        If the images are no batch, or do not fit the model.

    References
    ----------
    .. [1] Simonyan, Vedaldi and Zisserman, "Deep inside convolutional networks: visualising
       image classification models and saliency maps", ICLR workshop 2014, arXiv:1312.6034.

    Examples
    --------
    A model whose first logit is 3 times the first pixel minus the second:

    >>> linear = nn.Sequential(nn.Flatten(), nn.Linear(2, 1))
    >>> linear[1].weight.data = torch.tensor([[3.0, -1.0]])
    >>> saliency(linear, torch.zeros(1, 1, 1, 2), 0)
    tensor([[[3., 1.]]])
    """
    images = as_images(model, images).clone().requires_grad_()
    with as_tested(model):
        logits = model(images)
        score = logits.gather(1, as_targets(targets, logits)[:, None])
        (gradient,) = torch.autograd.grad(score.sum(), images)
    return gradient.abs().amax(1)


@torch.enable_grad()
def grad_cam(
    model: nn.Module, images: Tensor, targets: int | Tensor | None = None, *, layer: str
) -> Tensor:
    """Weight the maps of a layer by what they do for the logit of a class [1]_.

    A map's weight is the mean of the logit's gradient over the map; of the weighted sum of
    the maps, what speaks for the class is kept.

    Parameters
    ----------
    model : Module
        Turns (N, C, H, W) images into (N, classes) logits; left as it was.
    images : (N, C, H, W) tensor of float
        Pixels as the model wants them.
    targets : int or (N,) tensor of int, optional
        The class to ask about for all or for each; by default the one the model prefers.
    layer : str
        The layer whose maps are weighted, usually the last that has maps.

    Returns
    -------
    (N, h, w) tensor
        At least 0, as large as the layer's maps; `show_heat` stretches it over the image.

    Raises
    ------
    ValueError
        If the model has no such layer or class, or the layer does not run exactly once or has
        no part in the answer.
    ShapeError
        If the images do not fit the model, or the layer makes no maps.

    References
    ----------
    .. [1] Selvaraju et al., "Grad-CAM: visual explanations from deep networks via
       gradient-based localization", ICCV 2017, arXiv:1610.02391.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> grad_cam(create("lenet5"), torch.rand(2, 1, 28, 28), 3, layer="conv2").shape
    torch.Size([2, 10, 10])
    """
    images = as_images(model, images).clone().requires_grad_()
    with as_tested(model):
        logits, maps = run(model, images, layer)
        if not isinstance(maps, Tensor) or maps.ndim != 4:
            shape = tuple(maps.shape) if isinstance(maps, Tensor) else type(maps).__name__
            raise ShapeError(f"{layer} makes {shape}, not (N, F, h, w) maps")
        score = logits.gather(1, as_targets(targets, logits)[:, None])
        (gradient,) = torch.autograd.grad(score.sum(), maps, allow_unused=True)
    if gradient is None:
        raise ValueError(f"{layer} has no part in the answer: its gradient is nowhere")
    weights = gradient.mean((2, 3), keepdim=True)  # (N, F, 1, 1)
    return (weights * maps).sum(1).relu().detach()
