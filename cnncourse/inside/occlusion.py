"""Covers one place after another, and watches what becomes of the answer."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnncourse.inside.watch import as_images, as_targets, as_tested
from cnncourse.shapes import ShapeError


@torch.no_grad()
def occlusion_map(
    model: nn.Module,
    image: Tensor,
    target: int | None = None,
    *,
    size: int = 7,
    stride: int = 1,
    fill: float = 0.5,
    batch_size: int = 256,
) -> Tensor:
    """Slide a grey square over an image and record the probability of a class [1]_.

    Where the probability falls, the network was looking; where it stays, it was not, or it
    saw the same elsewhere.

    Parameters
    ----------
    model : Module
        Turns (N, C, H, W) images into (N, classes) logits; left as it was.
    image : (C, H, W) tensor of float
        One image, as the model wants it.
    target : int, optional
        The class; by default the one that the model prefers.
    size : int, default 7
        Side of the square in pixels. It is centred on a pixel: with an even side it reaches
        one pixel further up and left. What hangs over the border is cut off.
    stride : int, default 1
        Pixels between two places, from pixel (0, 0) on.
    fill : float, default 0.5
        What the square is painted with; 0.5 is grey where pixels lie in [0, 1].
    batch_size : int, default 256
        Covered images at a time.

    Returns
    -------
    (ceil(H / stride), ceil(W / stride)) tensor
        Probability of the class with the square centred on each of these pixels.

    Raises
    ------
    ValueError
        If the model has no such class, or `size` or `stride` is below 1.
    ShapeError
        If the image is not (C, H, W), or does not fit the model.

    References
    ----------
    .. [1] Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
       arXiv:1311.2901, section 4.2.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> occlusion_map(create("lenet5"), torch.rand(1, 28, 28), 3, stride=4).shape
    torch.Size([7, 7])
    """
    if min(size, stride) < 1:
        raise ValueError(f"size is {size} and stride is {stride}, both must be at least 1")
    if image.ndim != 3:
        raise ShapeError(f"the image has shape {tuple(image.shape)}, not (C, H, W)")
    image = as_images(model, image[None])[0]
    _, H, W = image.shape
    places = [(i, j) for i in range(0, H, stride) for j in range(0, W, stride)]
    with as_tested(model):
        target = as_targets(target, model(image[None]))
        scores = [
            model(_covered(image, places[start : start + batch_size], size, fill)).softmax(1)
            for start in range(0, len(places), batch_size)
        ]
    return torch.cat(scores)[:, target[0]].reshape(-(-H // stride), -(-W // stride))


def _covered(image, places, size, fill):
    """Copy an image for each place and paint a square around it."""
    images = image.repeat(len(places), 1, 1, 1)
    for covered, (i, j) in zip(images, places, strict=True):
        top, left = i - size // 2, j - size // 2
        covered[:, max(top, 0) : top + size, max(left, 0) : left + size] = fill
    return images
