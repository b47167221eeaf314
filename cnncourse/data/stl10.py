"""STL-10: plain bytes, a picture after the other, each stored by columns."""

from __future__ import annotations

import numpy as np
import torch
import torchvision
from torch import Tensor

from cnncourse.data import download, files

CLASSES = (
    "airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck",
)  # fmt: skip
SIDE = 96
_FOLDER = torchvision.datasets.STL10.base_folder


def at_hand(*, name: str = "stl10") -> bool:
    """Tell whether the files of both splits lie in `CNNCOURSE_DATA` or in the cache."""
    return _folder_at_hand() is not None


def load(
    split: str, *, name: str = "stl10", size: int | None = None
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Read one split, after a download of all of it (2.6 GB) where it is needed.

    Parameters
    ----------
    split : {"train", "test"}
        Part to read: 5,000 or 8,000 images.
    name : str, default "stl10"
        Not used: there is one set.
    size : int, optional
        Not used: all images are of 96 x 96.

    Returns
    -------
    images : (N, 3, 96, 96) tensor of uint8
        Red, green and blue.
    labels : (N,) tensor of int64
        Numbers of the classes; the files count from 1.
    classes : tuple of str
        Names of the classes.

    Raises
    ------
    OSError
        If the files cannot be downloaded or are damaged.
    """
    folder = (_folder_at_hand() or _download()) / _FOLDER
    pixels = np.fromfile(folder / f"{split}_X.bin", dtype=np.uint8)
    labels = np.fromfile(folder / f"{split}_y.bin", dtype=np.uint8).astype(np.int64) - 1
    wrong = labels.size == 0 or labels.min() < 0 or labels.max() >= len(CLASSES)
    if pixels.size != len(labels) * 3 * SIDE**2 or wrong:
        raise OSError(
            f"the STL-10 files in {folder} are damaged ({pixels.size:,} bytes for "
            f"{len(labels):,} labels): delete that folder and load STL-10 again"
        )
    images = pixels.reshape(-1, 3, SIDE, SIDE).transpose(0, 1, 3, 2)
    return torch.from_numpy(np.ascontiguousarray(images)), torch.from_numpy(labels), CLASSES


def _folder_at_hand():
    names = ("train_X.bin", "train_y.bin", "test_X.bin", "test_y.bin")
    return files.folder_with(*(f"{_FOLDER}/{name}" for name in names))


def _download():
    there, folder = torchvision.datasets.STL10, files.cache_folder()
    remote = download.Remote(there.filename, there.tgz_md5, (there.url,))
    steps = [
        f"on another machine, download {there.url} and unpack it (tar xzf);",
        f"put the folder {_FOLDER} into {folder}, or anywhere else and set CNNCOURSE_DATA to "
        f"the folder that holds it.",
    ]
    unpack = download.unpack_tar
    download.fetch_or_explain("STL-10", remote, folder, steps=steps, unpack=unpack)
    return folder
