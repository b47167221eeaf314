"""The datasets of the course: `load` one by its name; only that call imports PyTorch."""

from __future__ import annotations

import difflib
import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["DATASETS", "ImageSet", "at_hand", "load"]

DATASETS = {"digits": "cnncourse.data.digits", "mnist": "cnncourse.data.mnist"}
SPLITS = ("train", "test")


@dataclass(frozen=True, eq=False)
class ImageSet:
    """Images with their labels, all in memory.

    Parameters
    ----------
    name : str
        Name of the dataset.
    split : str
        "train" or "test".
    images : (N, C, H, W) tensor of float32
        Pixels in [0, 1], channels first.
    labels : (N,) tensor of int64
        Class of each image.
    classes : tuple of str
        Name of each class.

    Raises
    ------
    ValueError
        If the images have no four axes, or are not as many as the labels.
    """

    name: str
    split: str
    images: Tensor
    labels: Tensor
    classes: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.images.ndim != 4:
            raise ValueError(
                f"images of shape {tuple(self.images.shape)} are not (N, C, H, W): "
                f"is the axis of channels missing?"
            )
        if len(self.images) != len(self.labels):
            raise ValueError(f"{len(self.images)} images come with {len(self.labels)} labels")

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        N, C, H, W = self.images.shape
        return (
            f"<{self.name}, {self.split}: {N:,} images, {C} x {H} x {W}, "
            f"{len(self.classes)} classes>"
        )


def load(name: str, split: str = "train", *, size: int | None = None) -> ImageSet:
    """Load a dataset into memory; download it if it is not there yet.

    Parameters
    ----------
    name : {"digits", "mnist"}
        "digits" is scikit-learn's, 1,797 images of 8 x 8 pixels, always at hand. "mnist" is read
        from the folder that the environment variable `CNNCOURSE_DATA` names (it holds
        `MNIST/raw`), else from the cache folder, where it is downloaded once.
    split : {"train", "test"}, default "train"
        Part to load.
    size : int, optional
        Side in pixels to scale the images to, bilinearly; by default they stay as they are.

    Returns
    -------
    ImageSet
        Images, labels and names of the classes.

    Raises
    ------
    ValueError
        If the dataset or the split is unknown.
    OSError
        If the dataset is neither at hand nor to be had; the message says what to do.

    Examples
    --------
    >>> load("digits", "test", size=28)
    <digits, test: 364 images, 1 x 28 x 28, 10 classes>
    """
    if split not in SPLITS:
        raise ValueError(f'split is {split!r}, it must be "train" or "test"')
    images, labels, classes = _module(name).load(split)
    if size is not None:
        images = _scaled(images, size)
    return ImageSet(name, split, images, labels, classes)


def at_hand(name: str) -> bool:
    """Tell whether a dataset can be loaded without a download.

    Parameters
    ----------
    name : {"digits", "mnist"}
        Name of the dataset.

    Returns
    -------
    bool
        Whether its files are on this machine.

    Raises
    ------
    ValueError
        If the dataset is unknown.
    """
    return _module(name).at_hand()


def _module(name):
    if name not in DATASETS:
        near = difflib.get_close_matches(str(name).lower(), DATASETS, n=1, cutoff=0.4)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(DATASETS)}"
        raise ValueError(f"no dataset is called {name!r}: {hint}")
    return importlib.import_module(DATASETS[name])


def _scaled(images, size):
    from torch.nn.functional import interpolate

    scaled = interpolate(images, size=(size, size), mode="bilinear", antialias=True)
    return scaled.clamp_(0, 1)
