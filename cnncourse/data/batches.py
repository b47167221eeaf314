"""Batches from memory: bytes are picked, made floats and augmented at once, by one process."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from cnncourse.data import ImageSet, labels


class Batches:
    """An image set in batches, augmented on the way; each pass over it is one epoch.

    Images may lie in memory as bytes, a quarter of float32: only the batch at hand is made
    floats. No process is started, so there is nothing to copy between processes.

    Parameters
    ----------
    image_set : ImageSet
        Images, as float32 or as bytes (`load(..., as_bytes=True)`), and labels.
    batch_size : int, default 128
        Images in a batch; the last of an epoch may have fewer.
    augment : callable, optional
        Takes (images, generator), as `cnncourse.data.augmentation.named` makes them. One that
        mixes labels is given them as well. What spoils labels of this dataset gives a warning.
    shuffle : bool, default True
        Whether the order is drawn anew for each epoch.
    seed : int, default 0
        Fixes the order and all chance in `augment`.
    device : str, default "cpu"
        Where the batches are wanted; the whole set moves there once.

    Attributes
    ----------
    generator : torch.Generator
        Its state says how far the chance has been used: save it to go on bit for bit.

    Raises
    ------
    ValueError
        If a batch would hold no image, or there is none.

    Examples
    --------
    >>> from cnncourse.data import load
    >>> images, labels = next(iter(Batches(load("digits", as_bytes=True), batch_size=50)))
    >>> images.shape, images.dtype, labels.shape
    (torch.Size([50, 1, 8, 8]), torch.float32, torch.Size([50]))
    """

    def __init__(
        self,
        image_set: ImageSet,
        *,
        batch_size: int = 128,
        augment: Callable | None = None,
        shuffle: bool = True,
        seed: int = 0,
        device: str = "cpu",
    ) -> None:
        if batch_size < 1 or len(image_set) < 1:
            raise ValueError(
                f"batches of {batch_size} from {len(image_set)} images: both must be at least 1"
            )
        labels.warn(image_set.name, augment)
        self.images = image_set.images.to(device, memory_format=torch.channels_last)
        self.labels = image_set.labels.to(device)
        self.batch_size, self.augment, self.shuffle = batch_size, augment, shuffle
        self.generator = torch.Generator().manual_seed(seed)

    def __len__(self) -> int:
        return -(-len(self.labels) // self.batch_size)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        N = len(self.labels)
        order = torch.randperm(N, generator=self.generator) if self.shuffle else torch.arange(N)
        for index in order.to(self.labels.device).split(self.batch_size):
            yield self._batch(index)

    def _batch(self, index):
        images, targets = self.images[index], self.labels[index]
        if images.dtype == torch.uint8:
            images = images.to(torch.float32).div_(255)
        if getattr(self.augment, "mixes_labels", False):
            images, targets = self.augment(images, self.generator, targets)
        elif self.augment is not None:
            images = self.augment(images, self.generator)
        return images.contiguous(memory_format=torch.channels_last), targets
