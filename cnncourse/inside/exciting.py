"""Finds the images, and the places in them, that excite a map most."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnncourse.inside.fields import receptive_window
from cnncourse.inside.maps import feature_maps
from cnncourse.inside.watch import as_images
from cnncourse.shapes import ShapeError


@dataclass(frozen=True)
class Excitation:
    """The strongest answer of a map to one image.

    Parameters
    ----------
    image : int
        Which image of the set.
    row, column : int
        Where on the map.
    value : float
        How strong the answer is.
    window : tuple of int
        What the place sees of the image: top, left, and the row and column behind the last.
    """

    image: int
    row: int
    column: int
    value: float
    window: tuple[int, int, int, int]

    def crop(self, images: Tensor) -> Tensor:
        """Cut what the place sees out of its image.

        Parameters
        ----------
        images : (N, C, H, W) tensor
            The set that was searched, or one like it: reconstructions by `deconvolve`.

        Returns
        -------
        (C, height, width) tensor
            A view.
        """
        top, left, bottom, right = self.window
        return images[self.image, :, top:bottom, left:right]


def maximally_activating(
    model: nn.Module,
    images: Tensor,
    layer: str,
    *,
    channel: int,
    k: int = 9,
    batch_size: int = 256,
) -> list[Excitation]:
    """Find the images of a set that excite a map most, and where [1]_, [2]_.

    Parameters
    ----------
    model : Module
        Any network that `torch.fx` can follow up to the layer; left as it was.
    images : (N, C, H, W) tensor of float
        The set to search, as the model wants it.
    layer : str
        The layer's name.
    channel : int
        Which of the layer's maps.
    k : int, default 9
        How many images to find, at most one place in each; fewer if the set is smaller.
    batch_size : int, default 256
        Images at a time.

    Returns
    -------
    list of Excitation
        The strongest first; of equals the one that comes first in the set, in its image the
        place that is read first.

    Raises
    ------
    ValueError
        If the model has no such layer or the layer no such map, if `k` is below 1, or if the
        model cannot be followed.
    ShapeError
        If the images do not fit the model, or the layer makes no maps.

    References
    ----------
    .. [1] Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
       arXiv:1311.2901.
    .. [2] Girshick, Donahue, Darrell and Malik, "Rich feature hierarchies for accurate object
       detection and semantic segmentation", CVPR 2014, arXiv:1311.2524, section 3.1.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> images = torch.rand(20, 1, 28, 28)
    >>> found = maximally_activating(create("lenet5"), images, "conv2", channel=5, k=3)
    >>> len(found), found[0].value >= found[1].value
    (3, True)
    """
    if k < 1:
        raise ValueError(f"k is {k}, at least one image has to be asked for")
    images = as_images(model, images)
    values, places, width = _strongest(model, images, layer, channel, batch_size)
    order = torch.sort(values, descending=True, stable=True).indices[:k].tolist()
    fields = receptive_window(model, layer, tuple(images.shape[1:]))
    found = []
    for n in order:
        row, column = divmod(places[n].item(), width)
        window = _window(fields, row, column, *images.shape[2:])
        found.append(Excitation(n, row, column, values[n].item(), window))
    return found


def _strongest(model, images, layer, channel, batch_size):
    """Find each image's largest value on the map, its flat place, and the map's width."""
    values, places, width = [], [], 1
    for batch in images.split(batch_size):
        maps = feature_maps(model, batch, layer)
        _check(maps, layer, channel)
        width = maps.shape[3]
        value, place = maps[:, channel].flatten(1).max(1)
        values.append(value)
        places.append(place)
    return torch.cat(values), torch.cat(places), width


def _check(maps, layer, channel):
    if maps.ndim != 4:
        raise ShapeError(f"{layer} makes {tuple(maps.shape)}, not (N, F, h, w) maps")
    if not 0 <= channel < maps.shape[1]:
        raise ValueError(f"{layer} has no map {channel}: it has maps 0 to {maps.shape[1] - 1}")


def _window(fields, row, column, H, W):
    if fields is None:
        return 0, 0, H, W
    (top, bottom), (left, right) = fields[0].span(row, H), fields[1].span(column, W)
    return top, left, bottom, right
