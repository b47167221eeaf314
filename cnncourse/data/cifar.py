"""CIFAR-10 and CIFAR-100: pickles, of which nothing but arrays and names is let in."""

from __future__ import annotations

import pickle

import numpy as np
import torch
import torchvision
from torch import Tensor

from cnncourse.data import download, files

_CLASSES = {"cifar10": "CIFAR10", "cifar100": "CIFAR100"}
_TITLES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100"}
_PIXELS = 3 * 32 * 32
# All that a pickle of arrays needs; any other name in a file is refused before it runs.
_HARMLESS = {
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("_codecs", "encode"),
}


def at_hand(*, name: str) -> bool:
    """Tell whether all its files lie in `CNNCOURSE_DATA` or in the cache."""
    return _folder_at_hand(name) is not None


def load(
    split: str, *, name: str, size: int | None = None
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Read one split, after a download where it is needed.

    Parameters
    ----------
    split : {"train", "test"}
        Part to read: 50,000 or 10,000 images.
    name : {"cifar10", "cifar100"}
        Which of the two.
    size : int, optional
        Not used: all images are of 32 x 32.

    Returns
    -------
    images : (N, 3, 32, 32) tensor of uint8
        Red, green and blue.
    labels : (N,) tensor of int64
        Numbers of the classes; of CIFAR-100 the fine ones.
    classes : tuple of str
        Names of the classes.

    Raises
    ------
    OSError
        If the files cannot be downloaded or are damaged.
    """
    there = _class(name)
    folder = (_folder_at_hand(name) or _download(name)) / there.base_folder
    try:
        batches = [_batch(folder / file) for file in _files(there)[split]]
        classes = tuple(_unpickle(folder / there.meta["filename"])[there.meta["key"]])
    except (pickle.UnpicklingError, EOFError, KeyError, ValueError, IndexError) as error:
        raise OSError(
            f"the {_TITLES[name]} files in {folder} are damaged ({error}): "
            f"delete that folder and load {_TITLES[name]} again"
        ) from error
    images, labels = (torch.from_numpy(np.concatenate(a)) for a in zip(*batches, strict=True))
    return images.view(-1, 3, 32, 32), labels, classes


def _batch(path):
    batch = _unpickle(path)
    images = np.ascontiguousarray(batch["data"], dtype=np.uint8)
    labels = np.asarray(batch["labels" if "labels" in batch else "fine_labels"], dtype=np.int64)
    if images.shape != (len(labels), _PIXELS):
        raise ValueError(
            f"{path.name} holds images of shape {images.shape} and {len(labels)} labels"
        )
    return images, labels


class _Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        if (module, name) not in _HARMLESS:
            raise pickle.UnpicklingError(f"it names {module}.{name}, which no CIFAR file does")
        return super().find_class(module.replace("numpy.core", "numpy._core"), name)


def _unpickle(path):
    with open(path, "rb") as file:
        return _Unpickler(file, encoding="latin1").load()


def _class(name):
    return getattr(torchvision.datasets, _CLASSES[name])


def _files(there):
    return {
        "train": [file for file, _ in there.train_list],
        "test": [file for file, _ in there.test_list],
    }


def _folder_at_hand(name):
    there = _class(name)
    parts = _files(there)
    needed = [*parts["train"], *parts["test"], there.meta["filename"]]
    return files.folder_with(*(f"{there.base_folder}/{file}" for file in needed))


def _download(name):
    there, folder = _class(name), files.cache_folder()
    remote = download.Remote(there.filename, there.tgz_md5, (there.url,))
    steps = [
        f"on another machine, download {there.url} and unpack it (tar xzf);",
        f"put the folder {there.base_folder} into {folder}, or anywhere else and set "
        f"CNNCOURSE_DATA to the folder that holds it.",
    ]
    unpack = download.unpack_tar
    download.fetch_or_explain(_TITLES[name], remote, folder, steps=steps, unpack=unpack)
    return folder
