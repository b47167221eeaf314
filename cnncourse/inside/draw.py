"""Draws what was found inside: heat over a picture, filters and crops side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from torch import Tensor

from cnncourse.plotting import show_array
from cnncourse.shapes import ShapeError

HEAT = "inferno"  # brightness grows with the value, for every kind of colour vision


def show_heat(
    image: Tensor,
    heat: Tensor,
    *,
    ax: Axes | None = None,
    title: str | None = None,
    limits: tuple[float, float] | None = None,
    opacity: float = 0.6,
) -> Axes:
    """Lay a map over the picture it belongs to, stretched to the picture's size.

    Parameters
    ----------
    image : (C, H, W) tensor
        One or three channels, in [0, 1].
    heat : (h, w) tensor
        What `saliency`, `grad_cam` or `occlusion_map` gives for one image.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    title : str, optional
        What stands above the picture.
    limits : (float, float), optional
        Values of the darkest and the brightest colour; by default the map's own extremes.
    opacity : float, default 0.6
        How much of the picture the map covers, from 0 to 1.

    Returns
    -------
    ax : matplotlib.axes.Axes
        With the picture below and the map above; the figure needs a text for those who do
        not see it.

    Raises
    ------
    ShapeError
        If the image is not (1 or 3, H, W) or the map not (h, w).
    """
    picture, heat = _picture(image), _numbers(heat)
    if heat.ndim != 2 or heat.size == 0:
        raise ShapeError(f"the map has shape {heat.shape}, not (h, w): take that of one image")
    H, W = picture.shape[-2:]
    ax = show_array(picture, ax=ax, title=title, limits=(0, 1))
    low, high = limits or (heat.min(), heat.max())
    ax.imshow(
        heat,
        extent=(-0.5, W - 0.5, H - 0.5, -0.5),
        cmap=HEAT,
        vmin=low,
        vmax=high,
        alpha=opacity,
        interpolation="bilinear" if heat.shape != (H, W) else "nearest",
    )
    return ax


def show_filters(
    weight: Tensor, *, columns: int | None = None, ax: Axes | None = None, title: str | None = None
) -> Axes:
    """Draw the filters of a first layer side by side.

    Parameters
    ----------
    weight : (F, C, KH, KW) tensor
        Three channels are drawn in colour, each filter stretched to [0, 1]; one channel with
        white at 0, red above and blue below.
    columns : int, optional
        Filters in a row; by default about as many as there are rows.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    title : str, optional
        What stands above.

    Returns
    -------
    ax : matplotlib.axes.Axes
        With one picture of all filters.

    Raises
    ------
    ShapeError
        If the filters look at neither one nor three channels.
    """
    weight = _numbers(weight)
    if weight.ndim != 4 or weight.shape[1] not in (1, 3):
        raise ShapeError(
            f"filters of shape {weight.shape} cannot be drawn as pictures: those of a first "
            f"layer are (F, 1 or 3, KH, KW)"
        )
    if weight.shape[1] == 3:
        low = weight.min((1, 2, 3), keepdims=True)
        span = weight.max((1, 2, 3), keepdims=True) - low
        whole = tile((weight - low) / np.where(span > 0, span, 1), columns=columns)
        return show_array(whole, ax=ax, title=title)
    reach = max(float(np.abs(weight).max()), 1e-12)
    whole = tile(weight, columns=columns, gap_value=0.0)[0]
    return show_array(whole, ax=ax, title=title, limits=(-reach, reach))


def tile(
    pictures: Tensor | Sequence[Tensor],
    *,
    columns: int | None = None,
    gap: int = 1,
    gap_value: float = 1.0,
) -> np.ndarray:
    """Lay pictures side by side in one array.

    Parameters
    ----------
    pictures : sequence of (C, H, W) tensors, or one (N, C, H, W) tensor
        They may differ in size, as crops at a border do: the smaller are put top left.
    columns : int, optional
        Pictures in a row; by default about as many as there are rows.
    gap : int, default 1
        Pixels between two pictures.
    gap_value : float, default 1.0
        What the gaps are filled with.

    Returns
    -------
    (C, height, width) ndarray
        All of them.

    Raises
    ------
    ShapeError
        If there is no picture, or their channels differ.

    Examples
    --------
    >>> tile(np.zeros((3, 1, 2, 2)), columns=2).shape
    (1, 5, 5)
    """
    pictures = [_numbers(picture) for picture in pictures]
    if not pictures or any(p.ndim != 3 or len(p) != len(pictures[0]) for p in pictures):
        shapes = ", ".join(str(p.shape) for p in pictures[:4]) or "nothing"
        raise ShapeError(f"pictures must be (C, H, W) with the same C, not {shapes}")
    columns = columns or math.ceil(math.sqrt(len(pictures)))
    rows = math.ceil(len(pictures) / columns)
    H, W = (max(p.shape[axis] for p in pictures) + gap for axis in (1, 2))
    whole = np.full((len(pictures[0]), rows * H - gap, columns * W - gap), gap_value)
    for n, picture in enumerate(pictures):
        top, left = n // columns * H, n % columns * W
        whole[:, top : top + picture.shape[1], left : left + picture.shape[2]] = picture
    return whole


def _numbers(array):
    return array.detach().cpu().numpy() if isinstance(array, Tensor) else np.asarray(array)


def _picture(image):
    picture = _numbers(image)
    if picture.ndim != 3 or len(picture) not in (1, 3):
        raise ShapeError(f"the image has shape {picture.shape}, not (1 or 3, H, W)")
    return picture if len(picture) == 3 else picture[0]
