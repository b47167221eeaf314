"""Mirror images."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("11_augment", section="17_augmentation#augment-flip", outputs={"out": "N C H W"})
def hflip(x):
    """Mirror images left to right, as PyTorch does."""
    return reference.hflip(x)


@hflip.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 7.0)).reshape(1, 1, 2, 3)
    yield Case("one image of 2 x 3 pixels", {"x": x})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 5, 4))
    yield Case("several images and channels", {"x": x})
    yield Case("images stored in another order", {"x": np.asfortranarray(x) - 2})
    yield Case("images one pixel wide stay as they are", {"x": rng.normal(size=(N, C, 4, 1))})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 5, 4))})


def _add_axes_mistake(name, hint, change):
    @hflip.mistake(name, hint=hint)
    def _(right, x):
        return change(right, x)


for _wrong in (
    (
        "the rows are reversed instead of the columns",
        "A flip changes left and right, as a mirror does: which axis of (N, C, H, W) runs from "
        "left to right?",
        lambda right, x: right(x.swapaxes(2, 3)).swapaxes(2, 3),
    ),
    (
        "the channels are reversed instead of the columns",
        "Red has become blue. Axes are counted from 0: which number has W in (N, C, H, W)?",
        lambda right, x: right(x.swapaxes(1, 3)).swapaxes(1, 3),
    ),
    (
        "the images change places instead of their columns",
        "x[::-1] reverses the first axis, the images of the batch. Which axis runs from left to "
        "right?",
        lambda right, x: right(x.swapaxes(0, 3)).swapaxes(0, 3),
    ),
    (
        "rows and columns are both reversed",
        "That is a turn by 180 degrees. A mirror leaves up and down as they are.",
        lambda right, x: right(right(x).swapaxes(2, 3)).swapaxes(2, 3),
    ),
    (
        "every axis is reversed",
        "np.flip reverses all axes unless it is told which.",
        lambda right, x: right(right(x).swapaxes(2, 3)).swapaxes(2, 3)[::-1, ::-1],
    ),
    (
        "channels and columns are both reversed",
        "The mirror is right, but red has become blue: which axis should be left alone?",
        lambda right, x: right(x)[:, ::-1],
    ),
    (
        "rows and columns are exchanged",
        "A transposed image lies on its side. A mirror keeps every pixel in its row.",
        lambda right, x: x.swapaxes(2, 3),
    ),
    (
        "only the first image is flipped",
        "Images of a batch are alike: does an index stop at image 0?",
        lambda right, x: np.concatenate([right(x[:1]), x[1:]]),
    ),
):
    _add_axes_mistake(*_wrong)
