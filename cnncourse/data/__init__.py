"""The datasets of the course: `load` one by its name; only that call imports PyTorch.

`catalogue` tells of 25 of them what they are, what they permit and where to get them.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cnncourse.data.records import ALL, CATALOGUE, Catalogue, Dataset
from cnncourse.data.records.record import unknown

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "DATASETS",
    "Catalogue",
    "Dataset",
    "ImageSet",
    "at_hand",
    "catalogue",
    "load",
    "record",
    "stream",
]

# Where each set that fits into memory is read; CIFAR-10 as JPEG files is a copy, not a set.
DATASETS = {
    **{name: entry.loader for name, entry in ALL.items() if entry.loader},
    "cifar10-jpeg": "cnncourse.data.photographs",
}
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
    images : (N, C, H, W) tensor of float32 or uint8
        Pixels in [0, 1], or bytes, channels first.
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


def load(
    name: str, split: str = "train", *, size: int | None = None, as_bytes: bool = False
) -> ImageSet:
    """Load a dataset into memory; download it if it is not there yet.

    It is looked for in the folder that the environment variable `CNNCOURSE_DATA` names, then in
    the cache folder, where it is downloaded once. Sets that Kaggle guards have to be put there
    by hand; the error says how.

    Parameters
    ----------
    name : str
        "digits" and "shapes32" are always at hand; others are the names of `catalogue()`, and
        "cifar10-jpeg", a re-encoded copy of CIFAR-10.
    split : {"train", "test"}, default "train"
        Part to load; "svhn" also has "extra".
    size : int, optional
        Side in pixels to scale the images to, bilinearly; by default they stay as they are, and
        photographs of many sizes become 64 x 64, traffic signs 32 x 32.
    as_bytes : bool, default False
        Whether to keep the pixels as bytes, a quarter of the memory; else they are float32 in
        [0, 1].

    Returns
    -------
    ImageSet
        Images, labels and names of the classes.

    Raises
    ------
    ValueError
        If the dataset or the split is unknown, or if it does not fit into memory.
    OSError
        If the dataset is neither at hand nor to be had; the message says what to do.

    Examples
    --------
    >>> load("digits", "test", size=28)
    <digits, test: 364 images, 1 x 28 x 28, 10 classes>
    """
    module = _module(name)
    splits = getattr(module, "SPLITS", SPLITS)
    if split not in splits:
        raise ValueError(f"split is {split!r}, it must be {_one_of(splits)}")
    if size is not None and size < 1:
        raise ValueError(f"size is {size}, an image has at least one pixel a side")
    images, labels, classes = module.load(split, name=name, size=size)
    images = _as_asked(images, size, as_bytes)
    return ImageSet(name, split, images, labels, classes)


def at_hand(name: str) -> bool:
    """Tell whether a dataset can be loaded without a download.

    Parameters
    ----------
    name : str
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
    return _module(name).at_hand(name=name)


def catalogue() -> Catalogue:
    """List the 25 datasets of the course, easy ones first.

    Returns
    -------
    Catalogue
        Records by name; `table` writes them as Markdown.

    Examples
    --------
    >>> datasets = catalogue()
    >>> len(datasets), datasets["gtsrb"].num_classes
    (25, 43)
    """
    return CATALOGUE


def record(name: str) -> Dataset:
    """Look up what is known of a dataset, be it of the catalogue or built in.

    Parameters
    ----------
    name : str
        Name of the dataset.

    Returns
    -------
    Dataset
        Its record.

    Raises
    ------
    ValueError
        If the dataset is unknown.

    Examples
    --------
    >>> record("mnist").label_changes[0].augmentation
    'hflip'
    """
    if name not in ALL:
        raise ValueError(unknown(name, ALL))
    return ALL[name]


def stream(name: str, split: str = "train", **options: object) -> object:
    """Open a dataset that is too large for memory, or whose labels are more than a class.

    Parameters
    ----------
    name : str
        One of the advanced datasets that torchvision reads: "imagenet", "coco", "places365",
        "kinetics700", "cityscapes", "voc", "lsun".
    split : str, default "train"
        Part to read, by the name that the catalogue gives it.
    **options
        Passed on to torchvision's class, `transform` for example.

    Returns
    -------
    torchvision.datasets.VisionDataset
        Reads an image and its label when asked for one.

    Raises
    ------
    ValueError
        If the dataset is unknown, or torchvision has no class for it.
    OSError
        If it is not at hand; the message says what to do.
    """
    from cnncourse.data import streams

    return streams.stream(record(name), split, options)


def _module(name):
    if name in DATASETS:
        return importlib.import_module(DATASETS[name])
    if name not in ALL:
        raise ValueError(unknown(name, (*DATASETS, *(n for n in ALL if n not in DATASETS))))
    entry = ALL[name]
    hint = (
        f"stream({name!r}) reads it image by image through torchvision's {entry.torchvision}"
        if entry.torchvision
        else f"see {entry.home} for the makers' own tools"
    )
    raise ValueError(f"{entry.title} does not go into memory as images and classes: {hint}")


def _one_of(names):
    quoted = [f'"{name}"' for name in names]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _as_asked(images, size, as_bytes):
    import torch

    if not as_bytes and images.dtype == torch.uint8:
        images = images.to(torch.float32).div_(255)
    if size is not None and images.shape[2:] != (size, size):
        images = _scaled(images, size)
    if as_bytes and images.dtype != torch.uint8:
        images = images.mul(255).round_().to(torch.uint8)
    return images


def _scaled(images, size):
    import torch
    from torch.nn.functional import interpolate

    scaled = interpolate(images, size=(size, size), mode="bilinear", antialias=True)
    return scaled if images.dtype == torch.uint8 else scaled.clamp_(0, 1)
