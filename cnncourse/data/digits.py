"""Scikit-learn's handwritten digits: 1,797 images of 8 x 8 pixels, installed with it."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor

CLASSES = tuple("0123456789")


def at_hand(*, name: str = "digits") -> bool:
    """Say yes: the images are a part of scikit-learn."""
    return True


def load(
    split: str, *, name: str = "digits", size: int | None = None
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Read one split; every fifth image of each digit is kept for the test.

    Parameters
    ----------
    split : {"train", "test"}
        Part to read: 1,433 or 364 images.
    name : str, default "digits"
        Not used: there is one set.
    size : int, optional
        Not used: all images are of 8 x 8.

    Returns
    -------
    images : (N, 1, 8, 8) tensor of float32
        Pixels in [0, 1]; the files count 0 to 16.
    labels : (N,) tensor of int64
        Digits.
    classes : tuple of str
        Names of the digits.
    """
    digits = load_digits()
    testing = np.zeros(len(digits.target), dtype=bool)
    for label in range(10):
        testing[np.flatnonzero(digits.target == label)[::5]] = True
    chosen = testing if split == "test" else ~testing
    images = torch.tensor(digits.images[chosen, None] / 16, dtype=torch.float32)
    return images, torch.tensor(digits.target[chosen], dtype=torch.int64), CLASSES
