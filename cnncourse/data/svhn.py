"""SVHN: MATLAB files, which torchvision checks and reads."""

from __future__ import annotations

import torch
import torchvision
from torch import Tensor

from cnncourse.data import download, files

CLASSES = tuple("0123456789")
SPLITS = ("train", "test", "extra")


def at_hand(*, name: str = "svhn") -> bool:
    """Tell whether the files of both splits lie in `CNNCOURSE_DATA` or in the cache."""
    return all(_at_hand(split) for split in ("train", "test"))


def load(
    split: str, *, name: str = "svhn", size: int | None = None
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Read one split, after a download where it is needed.

    Parameters
    ----------
    split : {"train", "test", "extra"}
        Part to read: 73,257, 26,032 or 531,131 images.
    name : str, default "svhn"
        Not used: there is one set.
    size : int, optional
        Not used: all images are of 32 x 32.

    Returns
    -------
    images : (N, 3, 32, 32) tensor of uint8
        Red, green and blue.
    labels : (N,) tensor of int64
        Digits; the files call a 0 ten, torchvision calls it 0.
    classes : tuple of str
        Names of the digits.

    Raises
    ------
    OSError
        If the file cannot be downloaded or is damaged.
    """
    path = _at_hand(split) or _download(split)
    try:
        there = torchvision.datasets.SVHN(path.parent, split=split)
    except (RuntimeError, ValueError, KeyError, TypeError) as error:
        raise OSError(f"{path} is damaged ({error}): delete it and load SVHN again") from error
    images = torch.from_numpy(there.data).contiguous()
    return images, torch.from_numpy(there.labels), CLASSES


def _at_hand(split):
    file = torchvision.datasets.SVHN.split_list[split][1]
    return files.first_of(file, f"svhn/{file}")


def _download(split):
    url, file, md5 = torchvision.datasets.SVHN.split_list[split]
    folder = files.cache_folder() / "svhn"
    steps = [
        f"on another machine, download {url};",
        f"put {file} into {folder}, or into a folder svhn of your own and set CNNCOURSE_DATA "
        f"to the folder that holds svhn.",
    ]
    download.fetch_or_explain("SVHN", download.Remote(file, md5, (url,)), folder, steps=steps)
    return folder / file
