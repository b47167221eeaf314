"""Photographs in folders, as Kaggle delivers them, and CIFAR-10 written as JPEG files."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from cnncourse.data import files, pictures
from cnncourse.data.records import ALL

SIDE = 64  # pixels, unless another size is asked for


@dataclass(frozen=True)
class _Layout:
    """Where the parts of a set lie, by the names of Kaggle's archive."""

    slug: str
    parts: dict[str, str]  # from the part to its folder; "all" where there are no parts
    flat: tuple[str, ...] = ()  # the classes, where the files' names begin with them


_LAYOUTS = {
    "dogs-vs-cats": _Layout("dogs-vs-cats", {"all": "train"}, flat=("cat", "dog")),
    "flowers": _Layout("flowers-recognition", {"all": "flowers"}),
    "intel": _Layout("intel-image-classification", {"train": "seg_train", "test": "seg_test"}),
    "asl": _Layout("asl-alphabet", {"train": "asl_alphabet_train", "test": "asl_alphabet_test"}),
}
_JPEG = ("cifar10-jpeg.tar.gz", "cifar10-jpeg/cifar10-jpeg.tar.gz")


def at_hand(*, name: str) -> bool:
    """Tell whether the set lies in `CNNCOURSE_DATA` or in the cache."""
    if name == "cifar10-jpeg":
        return files.first_of(*_JPEG) is not None
    return all(_part(name, part) for part in _LAYOUTS[name].parts)


def load(
    split: str, *, name: str, size: int | None = None
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Read one split.

    Parameters
    ----------
    split : {"train", "test"}
        Part to read.
    name : {"dogs-vs-cats", "flowers", "intel", "asl", "cifar10-jpeg"}
        Which set.
    size : int, default 64
        Side in pixels; each picture is cut to its middle square and scaled to that. 32 for
        "cifar10-jpeg".

    Returns
    -------
    images : (N, 3, size, size) tensor of uint8
        Red, green and blue.
    labels : (N,) tensor of int64
        Numbers of the classes.
    classes : tuple of str
        Names of the classes.

    Raises
    ------
    OSError
        If the set is not there, and with what to do, or if a picture is damaged.
    """
    if name == "cifar10-jpeg":
        return _from_archive(split, size or 32)
    part = split if split in _LAYOUTS[name].parts else "all"
    folder = _part(name, part)
    if folder is None:
        raise OSError(_by_hand(name))
    paths, labels, classes = _list(name, part, folder)
    if part == "all":
        chosen = pictures.every_fifth(labels, split)
        paths, labels = [paths[i] for i in chosen.tolist()], labels[chosen]
    return pictures.read(paths, size or SIDE), labels, classes


def _part(name, part):
    """Find a part's folder; Kaggle's archives often hold it twice, one inside the other."""
    layout = _LAYOUTS[name]
    inner = layout.parts[part]
    roots = (name, layout.slug)
    return files.first_of(
        *(f"{root}/{inner}/{inner}" for root in roots), *(f"{root}/{inner}" for root in roots)
    )


def _list(name, part, folder):
    layout = _LAYOUTS[name]
    if name == "asl" and part == "test":
        return _named_after(folder, _asl_classes(), "_test")
    return _named_after(folder, layout.flat, ".") if layout.flat else pictures.in_folders(folder)


def _asl_classes():
    folder = _part("asl", "train")
    if folder is None:
        raise OSError(_by_hand("asl"))
    return pictures.in_folders(folder)[2]


def _named_after(folder, classes, after):
    """List files such as cat.17.jpg and A_test.jpg, which begin with the name of their class."""
    paths, labels = [], []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in pictures.ENDINGS:
            continue
        beginning = path.name.split(after)[0]
        if beginning not in classes:
            raise OSError(f"{path} is named after none of the classes {', '.join(classes)}")
        paths.append(path)
        labels.append(classes.index(beginning))
    if not paths:
        raise OSError(f"{folder} holds no picture")
    return paths, torch.tensor(labels), classes


def _from_archive(split, size):
    path = files.first_of(*_JPEG)
    if path is None:
        raise OSError(
            "there is no cifar10-jpeg.tar.gz in the folder that CNNCOURSE_DATA names, nor in "
            f'{files.cache_folder()}: load("cifar10") downloads the original'
        )
    try:
        with tarfile.open(path) as archive:
            found = {
                member.name: archive.extractfile(member).read()
                for member in archive
                if member.isfile() and Path(member.name).parts[0] == split
            }
    except (tarfile.TarError, EOFError) as error:
        raise OSError(f"{path} is damaged ({error}): fetch it again") from error
    if not found:
        raise OSError(f"{path} has no folder {split} with pictures in it: fetch it again")
    names = sorted(found)
    classes = tuple(sorted({Path(name).parts[1] for name in names}))
    labels = torch.tensor([classes.index(Path(name).parts[1]) for name in names])
    sources = ((f"{path}: {name}", found[name]) for name in names)
    return pictures.decode(sources, len(names), size), labels, classes


def _by_hand(name):
    record = ALL[name]
    layout = _LAYOUTS[name]
    wanted = ", ".join(layout.parts.values())
    steps = [
        f"sign in at Kaggle and accept the terms at {record.home};",
        "download the archive there and unpack it, with what is packed inside it;",
        f"put {wanted} into a folder {name} in {files.cache_folder()}, or into a folder {name} of "
        f"your own and set CNNCOURSE_DATA to the folder that holds {name}.",
    ]
    return files.by_hand(record.title, "Kaggle gives it only to those who sign in.", steps)
