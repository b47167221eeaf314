"""Augmentations drawn: a row for each, so that one sees what it does and how far it goes."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from cnncourse.data.augmentation import DEFAULTS, Augmentation, named
from cnncourse.plotting import show_arrays


def gallery(images: Tensor, *augmentations: object, columns: int = 6, seed: int = 0) -> np.ndarray:
    """Draw what augmentations make of a picture.

    Parameters
    ----------
    images : (N, C, H, W) tensor of float32 or uint8
        The first is augmented; mixing augmentations take the others as partners, so give
        at least two.
    *augmentations : Augmentation, str or callable
        A row each; by default all of them by name, "rescale" excepted, which changes nothing
        that can be seen.
    columns : int, default 6
        Pictures in a row, the first of which is the picture as it was.
    seed : int, default 0
        Fixes what is drawn.

    Returns
    -------
    axes : (rows, columns) ndarray of matplotlib.axes.Axes
        One for each picture.

    Raises
    ------
    ValueError
        If there is no picture, or a partner is missing.
    """
    if images.ndim != 4 or not len(images) or columns < 2:
        raise ValueError(
            f"images of shape {tuple(images.shape)} in {columns} columns: (N, C, H, W) with "
            f"N of at least 1 and 2 columns or more are needed"
        )
    if images.dtype == torch.uint8:
        images = images.to(torch.float32) / 255
    names = augmentations or tuple(name for name in DEFAULTS if name != "rescale")
    rows = [named(one) if isinstance(one, str) else one for one in names]
    pictures = [picture for one in rows for picture in _row(images, one, columns, seed)]
    titles = [title for one in rows for title in (_title(one), *[""] * (columns - 1))]
    figsize = (1.2 * columns, 1.45 * len(rows))
    limits = (0, 1)
    axes = show_arrays(pictures, titles=titles, columns=columns, figsize=figsize, limits=limits)
    return axes.reshape(len(rows), columns)


def _row(images, augmentation, columns, seed):
    generator = torch.Generator().manual_seed(seed)
    first = images[:1]
    if getattr(augmentation, "mixes_labels", False):
        if len(images) < 2:
            raise ValueError(f"{augmentation} needs a second picture to mix with")
        pairs = [images[[0, 1 + i % (len(images) - 1)]] for i in range(columns - 1)]
        shares = torch.eye(2)
        changed = torch.cat([augmentation(pair, generator, shares)[0][:1] for pair in pairs])
    else:
        changed = augmentation(first.repeat(columns - 1, 1, 1, 1), generator)
    return [_drawable(picture) for picture in torch.cat([first, changed]).clamp(0, 1)]


def _drawable(picture):
    return picture[0].numpy() if len(picture) == 1 else picture.numpy()


def _title(augmentation):
    is_named = isinstance(augmentation, Augmentation)
    return augmentation.name if is_named else type(augmentation).__name__
