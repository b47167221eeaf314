"""GTSRB: traffic signs of many sizes, which torchvision lists and this module scales."""

from __future__ import annotations

from pathlib import Path

import torch
import torchvision
from torch import Tensor

from cnncourse.data import download, files, pictures

SIDE = 32  # pixels, unless another size is asked for
CLASSES = tuple(f"sign {number}" for number in range(43))
# As in torchvision's GTSRB.download, which keeps them in its code.
_HOME = "https://sid.erda.dk/public/archives/daaeac0d7ce1152aea9b61d9f1e19370/"
_ARCHIVES = {
    "train": (("GTSRB-Training_fixed.zip", "513f3c79a4c5141765e10e952eaa2478"),),
    "test": (
        ("GTSRB_Final_Test_Images.zip", "c7e4e6327067d32654124b0fe9e82185"),
        ("GTSRB_Final_Test_GT.zip", "fe31e9c9270bbcd7b84b7f21a9d9d9e5"),
    ),
}
_PARTS = {
    "train": ("gtsrb/GTSRB/Training",),
    "test": ("gtsrb/GTSRB/Final_Test/Images", "gtsrb/GT-final_test.csv"),
}


def at_hand(*, name: str = "gtsrb") -> bool:
    """Tell whether both splits lie in `CNNCOURSE_DATA` or in the cache."""
    return all(files.folder_with(*parts) for parts in _PARTS.values())


def load(
    split: str, *, name: str = "gtsrb", size: int | None = None
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Read one split, after a download where it is needed.

    Parameters
    ----------
    split : {"train", "test"}
        Part to read: 26,640 or 12,630 images.
    name : str, default "gtsrb"
        Not used: there is one set.
    size : int, default 32
        Side in pixels to scale the images to.

    Returns
    -------
    images : (N, 3, size, size) tensor of uint8
        Red, green and blue.
    labels : (N,) tensor of int64
        Numbers of the signs.
    classes : tuple of str
        "sign 0" to "sign 42", since the files name them by numbers.

    Raises
    ------
    OSError
        If the files cannot be downloaded or are damaged.
    """
    folder = files.folder_with(*_PARTS[split]) or _download(split)
    try:
        # torchvision keeps the list of files to itself; its pictures come through PIL.
        samples = torchvision.datasets.GTSRB(folder, split=split)._samples
        labels = [_label(path, label, split) for path, label in samples]
    except (RuntimeError, ValueError, KeyError, FileNotFoundError) as error:
        raise OSError(
            f"the GTSRB files in {folder / 'gtsrb'} are damaged ({error}): "
            f"delete that folder and load GTSRB again"
        ) from error
    images = pictures.read([path for path, _ in samples], size or SIDE)
    return images, torch.tensor(labels), CLASSES


def _label(path, label, split):
    """Take the number of the sign from its folder: torchvision only counts the folders."""
    number = int(Path(path).parent.name) if split == "train" else label
    if not 0 <= number < len(CLASSES):
        raise ValueError(f"{path} is of sign {number}, they are 0 to 42")
    return number


def _download(split):
    folder = files.cache_folder() / "gtsrb"
    archives = [name for name, _ in _ARCHIVES[split]]
    steps = [
        f"on another machine, download {', '.join(archives)} from {_HOME} and unpack them;",
        f"put what is in them into {folder}, or into a folder gtsrb of your own and set "
        f"CNNCOURSE_DATA to the folder that holds gtsrb.",
    ]
    for name, md5 in _ARCHIVES[split]:
        remote = download.Remote(name, md5, (_HOME + name,))
        unpack = download.unpack_zip
        download.fetch_or_explain("GTSRB", remote, folder, steps=steps, unpack=unpack)
    return folder.parent
