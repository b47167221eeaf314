"""Parts of an image set: some of its classes, a few images of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from cnncourse.data import ImageSet


def some_classes(image_set: ImageSet, classes: Sequence[str]) -> ImageSet:
    """Keep the images of some classes, which are then counted from 0.

    Parameters
    ----------
    image_set : ImageSet
        Where they are taken from.
    classes : sequence of str
        Names of the classes, in the order in which they are to be counted.

    Returns
    -------
    ImageSet
        Under the same name, with labels 0 to ``len(classes) - 1``.

    Raises
    ------
    ValueError
        If a class is unknown or named twice, or none is named.

    Examples
    --------
    >>> from cnncourse.data import load
    >>> some_classes(load("digits", "test"), ("7", "3"))
    <digits, test: 73 images, 1 x 8 x 8, 2 classes>
    """
    classes = tuple(classes)
    unknown = [name for name in classes if name not in image_set.classes]
    if unknown:
        known = ", ".join(image_set.classes)
        raise ValueError(f"{image_set.name} has no class {unknown[0]!r}; it has {known}")
    if not classes or len(set(classes)) < len(classes):
        raise ValueError(f"classes are {classes}: name at least one, and none twice")
    number = torch.full((len(image_set.classes),), -1)
    number[[image_set.classes.index(name) for name in classes]] = torch.arange(len(classes))
    labels = number[image_set.labels]
    kept = labels >= 0
    return replace(image_set, images=image_set.images[kept], labels=labels[kept], classes=classes)


def few_of_each(image_set: ImageSet, count: int, *, seed: int = 0) -> ImageSet:
    """Draw the same number of images of every class.

    Parameters
    ----------
    image_set : ImageSet
        Where they are drawn from.
    count : int
        Images of each class.
    seed : int, default 0
        Another seed, other images; with the same one, fewer images are among more.

    Returns
    -------
    ImageSet
        ``count`` times as many images as classes.

    Raises
    ------
    ValueError
        If no image is asked for, or a class has fewer.

    Examples
    --------
    >>> from cnncourse.data import load
    >>> few_of_each(load("digits"), 5).labels.bincount().tolist()
    [5, 5, 5, 5, 5, 5, 5, 5, 5, 5]
    """
    there = image_set.labels.bincount(minlength=len(image_set.classes))
    if not 1 <= count <= int(there.min()):
        name = image_set.classes[int(there.argmin())]
        raise ValueError(
            f"count is {count}, it must be 1 to {int(there.min())}, the images of {name}"
        )
    generator = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(image_set), generator=generator)
    labels = image_set.labels[order]
    chosen = torch.cat([order[labels == label][:count] for label in range(len(image_set.classes))])
    return replace(image_set, images=image_set.images[chosen], labels=image_set.labels[chosen])
