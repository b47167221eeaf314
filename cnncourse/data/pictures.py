"""Pictures in files: read, cut to a square, scaled, and put into one tensor of bytes."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from rich.progress import track
from torch import Tensor

ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp")
_LONG = 5_000  # pictures from which on a bar is shown


def read(paths: Sequence[str | Path], size: int) -> Tensor:
    """Read pictures of any size.

    Parameters
    ----------
    paths : sequence of path
        Files.
    size : int
        Side in pixels; each picture is cut to its middle square and scaled to that.

    Returns
    -------
    (N, 3, size, size) tensor of uint8
        Red, green and blue.

    Raises
    ------
    OSError
        If a file is no picture or damaged; the message names it.
    """
    return decode(((path, path) for path in paths), len(paths), size)


def decode(
    sources: Iterable[tuple[str | Path, str | Path | bytes]], number: int, size: int
) -> Tensor:
    """Read pictures from files or from bytes.

    Parameters
    ----------
    sources : iterable of (name, path or bytes)
        What to call each picture, and where it is.
    number : int
        How many there are.
    size : int
        Side in pixels.

    Returns
    -------
    (N, 3, size, size) tensor of uint8
        Red, green and blue.

    Raises
    ------
    OSError
        If one is no picture or damaged; the message names it.
    """
    images = torch.empty((number, 3, size, size), dtype=torch.uint8)
    bar = track(sources, "reading pictures", total=number, transient=True, disable=number < _LONG)
    for image, (name, source) in zip(images, bar, strict=True):
        image.copy_(_square(name, source, size).permute(2, 0, 1))
    return images


def in_folders(folder: Path) -> tuple[list[Path], Tensor, tuple[str, ...]]:
    """List the pictures of a folder that has a folder for each class.

    Parameters
    ----------
    folder : Path
        Its folders' names are the classes, in the order of the alphabet.

    Returns
    -------
    paths : list of Path
        The files, class by class.
    labels : (N,) tensor of int64
        Number of the class of each.
    classes : tuple of str
        Names of the classes.

    Raises
    ------
    OSError
        If there is no folder with a picture in it.
    """
    per_class = {
        inner.name: sorted(p for p in inner.iterdir() if p.suffix.lower() in ENDINGS)
        for inner in sorted(folder.iterdir())
        if inner.is_dir()
    }
    classes = tuple(name for name, paths in per_class.items() if paths)
    if not classes:
        raise OSError(f"{folder} has no folder with pictures in it: one for each class is needed")
    paths = [path for name in classes for path in per_class[name]]
    labels = [label for label, name in enumerate(classes) for _ in per_class[name]]
    return paths, torch.tensor(labels), classes


def every_fifth(labels: Tensor, split: str) -> Tensor:
    """Choose a split of a set that comes without one: every fifth of each class is for the test.

    Parameters
    ----------
    labels : (N,) tensor of int64
        Class of each picture.
    split : {"train", "test"}
        Part to choose.

    Returns
    -------
    (M,) tensor of int64
        Numbers of the pictures, in their order.
    """
    testing = torch.zeros(len(labels), dtype=torch.bool)
    for label in labels.unique():
        testing[torch.nonzero(labels == label)[::5, 0]] = True
    return torch.nonzero(testing if split == "test" else ~testing)[:, 0]


def _square(name, source, size):
    try:
        with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
            if image.size == (size, size):
                return torch.from_numpy(np.array(image.convert("RGB")))
            image.draft("RGB", (2 * size, 2 * size))  # a JPEG is then read at a fraction
            square = ImageOps.fit(image.convert("RGB"), (size, size), Image.Resampling.BILINEAR)
    except (OSError, SyntaxError, ValueError) as error:
        raise OSError(
            f"{name} is no picture, or a damaged one ({error}): delete it, or unpack the "
            f"archive it came in again"
        ) from error
    return torch.from_numpy(np.array(square))
