"""The digits on which LeNet is trained: 16 x 16 pixels, NumPy arrays, no PyTorch.

LeNet's two convolutions of 5 x 5 do not fit images of 8 x 8 pixels. Every pixel becomes a
square of four: on 16 x 16, the size of the first LeNet's images in 1989, all layers of
LeNet-5 fit.
"""

import functools
import importlib.util
from pathlib import Path

import numpy as np

import cnncourse

CLASSES = 10
SIZE = 16  # pixels, height and width
_HANDED_OUT = Path(cnncourse.__file__).with_name("training_digits.npz")


@functools.cache
def training_digits():
    """Read the images and labels to train on.

    Returns
    -------
    images : (1433, 1, 16, 16) ndarray of float64
        Pixels with mean 0 and standard deviation 1; read-only.
    labels : (1433,) ndarray of int64
        Digits; read-only.
    """
    if _HANDED_OUT.exists():  # in the exam room, where scikit-learn is absent
        with np.load(_HANDED_OUT) as file:
            return _prepare(file["counts"], file["labels"], like=file["counts"])
    counts, labels, testing = _read_all()
    return _prepare(counts[~testing], labels[~testing], like=counts[~testing])


@functools.cache
def unseen_digits():
    """Read the images and labels that nobody trains on; there are none in the exam room.

    Returns
    -------
    images : (364, 1, 16, 16) ndarray of float64
        On the scale of the training images; read-only.
    labels : (364,) ndarray of int64
        Digits; read-only.
    """
    counts, labels, testing = _read_all()
    return _prepare(counts[testing], labels[testing], like=counts[~testing])


def hand_out(folder):
    """Write the training part beside a copy of this package, for the exam room.

    Parameters
    ----------
    folder : Path
        The copy of the package `cnncourse`.
    """
    counts, labels, testing = _read_all()
    np.savez(folder / _HANDED_OUT.name, counts=counts[~testing], labels=labels[~testing])


def _read_all():
    """Ink counts of 0 to 16, labels, and which images are kept for the test."""
    # The file alone: importing scikit-learn takes seconds, and a class is waiting.
    package = importlib.util.find_spec("sklearn")
    if package is None:
        raise ImportError("the digits come with scikit-learn: pip install scikit-learn")
    file = Path(package.submodule_search_locations[0], "datasets", "data", "digits.csv.gz")
    table = np.loadtxt(file, delimiter=",", dtype=np.int64)
    labels = table[:, -1]
    testing = np.zeros(len(labels), dtype=bool)
    for label in range(CLASSES):  # the split of cnncourse.data
        testing[np.flatnonzero(labels == label)[::5]] = True
    return table[:, :-1].reshape(-1, 1, 8, 8).astype(np.uint8), labels, testing


def _prepare(counts, labels, *, like):
    images = (counts - like.mean()) / like.std()
    images = images.repeat(2, axis=2).repeat(2, axis=3)
    for array in (images, labels):
        array.flags.writeable = False
    return images, labels
