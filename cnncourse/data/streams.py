"""Datasets too large for memory: torchvision's own classes, on folders of this course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torchvision

from cnncourse.data import files
from cnncourse.data.records import Dataset


@dataclass(frozen=True)
class _Place:
    """How torchvision's class is called for a part, and what has to lie in its folder."""

    splits: dict[str, dict]
    needed: Callable[[str], str]
    steps: str


_PLACES = {
    "imagenet": _Place(
        {"train": {"split": "train"}, "val": {"split": "val"}},
        lambda split: f"ILSVRC2012_img_{split}.tar and ILSVRC2012_devkit_t12.tar.gz",
        "apply for access at {home} and download",
    ),
    "coco": _Place(
        {
            split: {
                "root": f"{split}2017",
                "annFile": f"annotations/instances_{split}2017.json",
            }
            for split in ("train", "val")
        },
        lambda split: f"{split}2017 and annotations, unpacked",
        "download from {home}",
    ),
    "places365": _Place(
        {
            "train": {"split": "train-standard", "small": True},
            "val": {"split": "val", "small": True},
        },
        lambda split: "the lists and the small images, unpacked",
        "download from {home}",
    ),
    "kinetics700": _Place(
        {"train": {"split": "train"}, "val": {"split": "val"}, "test": {"split": "test"}},
        lambda split: f"{split} with a folder for each class",
        "download with the scripts at {home}",
    ),
    "cityscapes": _Place(
        {
            split: {"split": split, "mode": "fine", "target_type": "semantic"}
            for split in ("train", "val", "test")
        },
        lambda split: "leftImg8bit and gtFine, unpacked",
        "register at {home} and download",
    ),
    "voc": _Place(
        {split: {"year": "2012", "image_set": split} for split in ("train", "val", "trainval")},
        lambda split: "VOCdevkit",
        "download VOCtrainval_11-May-2012.tar from {home}, unpack it,",
    ),
    "lsun": _Place(
        {split: {"classes": split} for split in ("train", "val", "test")},
        lambda split: "the folders that end on _lmdb",
        "download with the script at {home}",
    ),
}
_FIXED = {"kinetics700": {"frames_per_clip": 16, "num_classes": "700"}}


def stream(entry: Dataset, split: str, options: dict) -> object:
    """Open a dataset through torchvision; `cnncourse.data.stream` says what it takes.

    Parameters
    ----------
    entry : Dataset
        Its record.
    split : str
        Part to read.
    options : dict
        Further arguments of torchvision's class.

    Returns
    -------
    torchvision.datasets.VisionDataset
        Reads an image and its label when asked for one.

    Raises
    ------
    ValueError
        If there is no class for it, or no such part.
    OSError
        If it is not at hand, or a package is missing that reads it.
    """
    if entry.name not in _PLACES:
        way = (
            f"load({entry.name!r}) puts it into memory"
            if entry.loader
            else f"torchvision has no class for it, see {entry.home}"
        )
        raise ValueError(f"{entry.title} is not read image by image: {way}")
    place = _PLACES[entry.name]
    if split not in place.splits:
        raise ValueError(
            f"split is {split!r}, {entry.title} has {', '.join(place.splits)} to read"
        )
    folder = files.first_of(entry.name)
    if folder is None:
        raise OSError(_by_hand(entry, place, split, "it is too large to fetch unasked."))
    return _open(entry, place, split, folder, options)


def _open(entry, place, split, folder, options):
    arguments = {"root": "."} | place.splits[split] | _FIXED.get(entry.name, {})
    for key in ("root", "annFile"):
        if key in arguments:
            arguments[key] = str(folder / arguments[key])
    try:
        return getattr(torchvision.datasets, entry.torchvision)(**(arguments | options))
    except ImportError as error:
        raise OSError(
            f"{entry.title} cannot be read: torchvision needs the package {error.name} for it, "
            f"which this course does not install"
        ) from error
    except (RuntimeError, FileNotFoundError) as error:
        raise OSError(
            _by_hand(entry, place, split, f"{folder} is not complete: {error}")
        ) from error


def _by_hand(entry, place, split, reason):
    steps = [
        f"{place.steps.format(home=entry.home)} {place.needed(split)};",
        f"put that into a folder {entry.name} in {files.cache_folder()}, or into a folder "
        f"{entry.name} of your own and set CNNCOURSE_DATA to the folder that holds {entry.name}.",
    ]
    return files.by_hand(f"{entry.title}, part {split},", reason, steps)
