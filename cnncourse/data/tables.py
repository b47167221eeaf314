"""Pictures written as tables of numbers: Sign Language MNIST and FER-2013, from Kaggle."""

from __future__ import annotations

import csv

import numpy as np
import torch
from torch import Tensor

from cnncourse.data import files
from cnncourse.data.records import ALL

LETTERS = tuple("ABCDEFGHIKLMNOPQRSTUVWXY")  # J and Z are movements
EXPRESSIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
_J = 9  # the label that Sign Language MNIST leaves out
_FOLDERS = {
    "sign-mnist": ("sign-mnist", "sign-language-mnist"),
    "fer2013": ("fer2013",),
}
_USAGE = {"train": ("Training",), "test": ("PublicTest", "PrivateTest")}


def at_hand(*, name: str) -> bool:
    """Tell whether the tables lie in `CNNCOURSE_DATA` or in the cache."""
    return all(_path(name, split) for split in ("train", "test"))


def load(
    split: str, *, name: str, size: int | None = None
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Read one split.

    Parameters
    ----------
    split : {"train", "test"}
        Part to read.
    name : {"sign-mnist", "fer2013"}
        Which of the two.
    size : int, optional
        Not used: all images are of 28 x 28 or of 48 x 48.

    Returns
    -------
    images : (N, 1, 28, 28) or (N, 1, 48, 48) tensor of uint8
        Grey.
    labels : (N,) tensor of int64
        Numbers of the classes, from 0 and without a gap.
    classes : tuple of str
        Letters, or expressions.

    Raises
    ------
    OSError
        If the tables are not there, and with what to do, or if they are damaged.
    """
    path = _path(name, split)
    if path is None:
        raise OSError(_by_hand(name))
    try:
        images, labels = (_signs if name == "sign-mnist" else _faces)(path, split)
    except (ValueError, KeyError, IndexError, UnicodeDecodeError) as error:
        raise OSError(
            f"{path} is damaged ({error}): unpack it from Kaggle's archive again"
        ) from error
    classes = LETTERS if name == "sign-mnist" else EXPRESSIONS
    return torch.from_numpy(images), torch.from_numpy(labels), classes


def _path(name, split):
    if name == "sign-mnist":
        file = f"sign_mnist_{split}"
        names = (f"{file}/{file}.csv", f"{file}.csv")  # Kaggle's archive holds it twice
    else:
        names = ("fer2013.csv", "fer2013/fer2013.csv", "icml_face_data.csv")
    return files.first_of(*(f"{root}/{file}" for root in _FOLDERS[name] for file in names))


def _signs(path, split):
    table = np.loadtxt(path, dtype=np.int64, delimiter=",", skiprows=1, ndmin=2)
    labels, pixels = table[:, 0], table[:, 1:]
    if pixels.shape[1] != 28 * 28:
        raise ValueError(f"a row holds {pixels.shape[1]} pixels, 784 make a picture")
    _within(pixels, 0, 255, "pixel")
    _within(labels, 0, 24, "label")
    if (labels == _J).any():
        raise ValueError(f"a label is {_J}, the letter J, which the set leaves out")
    images = pixels.reshape(-1, 1, 28, 28).astype(np.uint8)
    return images, labels - (labels > _J)


def _faces(path, split):
    images, labels = [], []
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            if row["Usage"] in _USAGE[split]:
                images.append(_face(row["pixels"], len(images)))
                labels.append(int(row["emotion"]))
    if not images:
        raise ValueError(f"no row is of {' or '.join(_USAGE[split])}")
    labels = np.array(labels, dtype=np.int64)
    _within(labels, 0, len(EXPRESSIONS) - 1, "label")
    return np.stack(images), labels


def _face(text, number):
    pixels = np.array(text.split(), dtype=np.int64)
    if pixels.size != 48 * 48:
        raise ValueError(f"picture {number} holds {pixels.size} pixels, 2,304 make one")
    _within(pixels, 0, 255, "pixel")
    return pixels.reshape(1, 48, 48).astype(np.uint8)


def _within(numbers, low, high, what):
    if numbers.size == 0 or numbers.min() < low or numbers.max() > high:
        raise ValueError(f"a {what} is not from {low} to {high}")


def _by_hand(name):
    record = ALL[name]
    wanted = (
        "sign_mnist_train.csv and sign_mnist_test.csv"
        if name == "sign-mnist"
        else "fer2013.csv or icml_face_data.csv"
    )
    steps = [
        f"sign in at Kaggle and accept the terms at {record.home};",
        "download the archive there and unpack it;",
        f"put {wanted} into a folder {name} in {files.cache_folder()}, or into a folder {name} of "
        f"your own and set CNNCOURSE_DATA to the folder that holds {name}.",
    ]
    return files.by_hand(record.title, "Kaggle gives it only to those who sign in.", steps)
