"""MNIST and the sets made after it: torchvision names their files and reads them."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from pathlib import Path

import torch
import torchvision
from torch import Tensor

from cnncourse.data import download, files

CLASSES = tuple("0123456789")
LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CLASSES = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST", "kmnist": "KMNIST"}
_TITLES = {
    "mnist": "MNIST",
    "fashion-mnist": "Fashion-MNIST",
    "kmnist": "Kuzushiji-MNIST",
    "emnist": "EMNIST",
}
_DAMAGE = (AssertionError, EOFError, IndexError, KeyError, RuntimeError, TypeError, ValueError)


def at_hand(*, name: str) -> bool:
    """Tell whether the four files lie in `CNNCOURSE_DATA` or in the cache."""
    return _folder_at_hand(name) is not None


def load(
    split: str, *, name: str, size: int | None = None
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Read one split, after a download where it is needed.

    Parameters
    ----------
    split : {"train", "test"}
        Part to read.
    name : {"mnist", "fashion-mnist", "kmnist", "emnist"}
        Which of the sets; "emnist" is its part of letters.
    size : int, optional
        Not used: all images are of 28 x 28.

    Returns
    -------
    images : (N, 1, 28, 28) tensor of uint8
        Ink bright.
    labels : (N,) tensor of int64
        Numbers of the classes.
    classes : tuple of str
        Names of the classes.

    Raises
    ------
    OSError
        If the files cannot be downloaded or are damaged.
    """
    folder = _folder_at_hand(name) or _download(name)
    train = split == "train"
    try:
        if name == "emnist":
            return _upright(torchvision.datasets.EMNIST(folder, "letters", train=train))
        there = _class(name)(folder, train=train, download=False)
        _same_number(there)
    except _DAMAGE as error:
        raise OSError(
            f"the {_TITLES[name]} files in {folder / _raw(name)} are damaged ({error}): "
            f"delete that folder and load {_TITLES[name]} again"
        ) from error
    classes = CLASSES if name == "mnist" else tuple(there.classes)
    return there.data[:, None], there.targets.to(torch.int64), classes


def _upright(there):
    """Transpose EMNIST's pictures, which lie in its files by columns; its letters count from 1."""
    _same_number(there)
    if there.targets.min() < 1 or there.targets.max() > len(LETTERS):
        raise ValueError("a label is not from 1 to 26")
    images = there.data[:, None].transpose(2, 3).contiguous()
    return images, there.targets.to(torch.int64) - 1, LETTERS


def _same_number(there):
    if len(there.data) != len(there.targets):
        raise ValueError(f"{len(there.data)} images come with {len(there.targets)} labels")


def _class(name):
    return getattr(torchvision.datasets, _CLASSES[name])


def _raw(name):
    return Path("EMNIST" if name == "emnist" else _CLASSES[name]) / "raw"


def _file_names(name):
    if name == "emnist":
        parts = ("train-images-idx3", "train-labels-idx1", "test-images-idx3", "test-labels-idx1")
        return [f"emnist-letters-{part}-ubyte" for part in parts]
    return [Path(archive).stem for archive, _ in _class(name).resources]


def _folder_at_hand(name):
    return files.folder_with(*(str(_raw(name) / file) for file in _file_names(name)))


def _download(name):
    folder = files.cache_folder()
    raw = folder / _raw(name)
    steps = _steps(name, raw)
    if name == "emnist":
        there = torchvision.datasets.EMNIST
        remote = download.Remote("gzip.zip", there.md5, (there.url,))
        unpack = _unpack_letters
        download.fetch_or_explain(_TITLES[name], remote, raw, steps=steps, unpack=unpack)
        return folder
    # Each file appears whole or not at all, so a download that was cut off goes on where it was.
    there, unpack = _class(name), download.unpack_gzip
    for archive, md5 in there.resources:
        if not (raw / Path(archive).stem).is_file():
            remote = download.Remote(archive, md5, tuple(m + archive for m in there.mirrors))
            download.fetch_or_explain(_TITLES[name], remote, raw, steps=steps, unpack=unpack)
    return folder


def _unpack_letters(packed, folder):
    with tempfile.TemporaryDirectory(dir=packed.parent) as unzipped:
        download.unpack_zip(packed, Path(unzipped))
        for file in _file_names("emnist"):
            with (
                gzip.open(Path(unzipped) / "gzip" / f"{file}.gz") as source,
                open(folder / file, "wb") as target,
            ):
                shutil.copyfileobj(source, target)


def _steps(name, raw):
    inside = _raw(name)
    archives = (
        "gzip.zip"
        if name == "emnist"
        else ", ".join(archive for archive, _ in _class(name).resources)
    )
    return [
        f"on another machine, download {archives} from one of the addresses above and unpack "
        f"(gunzip): {', '.join(_file_names(name))};",
        f"put these four files into {raw}, or into a folder {inside} of your own and set "
        f"CNNCOURSE_DATA to the folder that holds {inside.parent}.",
    ]
