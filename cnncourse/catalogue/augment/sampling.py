"""Mistakes that every sampling between pixels invites, for one exercise after the other.

The exercises take the images x and one keyword-only amount; `reference` functions of the same
name take PyTorch's `mode` and `padding_mode` besides.
"""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.windows import pad_spatial

_WHERE = "17_augmentation#augment-geometry"


def add_sampling_mistakes(exercise):
    """Register mistakes with the neighbours of a place."""

    def sample(x, **options):
        return getattr(reference, exercise.name)(x, **options)

    @exercise.mistake(
        "the nearest pixel is taken instead of a mixture",
        hint="A place a quarter of the way from one pixel to the next takes three quarters of "
        "the one and a quarter of the other.",
        section=_WHERE,
    )
    def _(right, x, **amount):
        return sample(x, **amount, mode="nearest")

    @exercise.mistake(
        "the border of the image is repeated outside",
        hint="Outside the image everything is 0; np.interp and np.clip repeat the last pixel.",
        section=_WHERE,
    )
    def _(right, x, **amount):
        return sample(x, **amount, padding_mode="border")

    @exercise.mistake(
        "a place less than a pixel outside counts as outside altogether",
        hint="Between the last pixel and the first zero the image fades: column -0.25 is three "
        "quarters of column 0 and a quarter of nothing. Zeros around the image make it simple.",
        section=_WHERE,
    )
    def _(right, x, **amount):
        inside = right(np.ones_like(x), **amount) > 1 - 1e-6
        return right(x, **amount) * inside


def add_centre_mistakes(exercise):
    """Register mistakes with the point that stays where it is."""

    @exercise.mistake(
        "the first pixel stays in place instead of the centre",
        hint="Count rows and columns from the centre, apply the formula, and count from the "
        "corner again.",
        section=_WHERE,
    )
    def _(right, x, **amount):
        H, W = x.shape[2:]
        # With as many zeros before it, the first pixel is the centre.
        return right(pad_spatial(x, (H - 1, W - 1), (0, 0)), **amount)[..., H - 1 :, W - 1 :]

    @exercise.mistake(
        "the centre lies at (H / 2, W / 2)",
        hint="Pixels of a row of 4 have the numbers 0, 1, 2, 3: what is half-way between the "
        "first and the last?",
        section=_WHERE,
    )
    def _(right, x, **amount):
        H, W = x.shape[2:]
        return right(pad_spatial(x, (0, 0), (1, 1)), **amount)[..., :H, :W]

    @exercise.mistake(
        "the centre is rounded to a whole pixel",
        hint="With an even number of pixels the centre lies between two of them: "
        "is there a // where a / belongs?",
        section=_WHERE,
    )
    def _(right, x, **amount):
        H, W = x.shape[2:]
        # One row of zeros below an even number of them moves the centre down by half a pixel.
        more = pad_spatial(x, (0, 0), (1 - H % 2, 1 - W % 2))
        return right(more, **amount)[..., :H, :W]


def add_batch_mistakes(exercise):
    """Register mistakes with images and channels."""

    @exercise.mistake(
        "only the first image is computed",
        hint="Images of a batch are alike: does a loop or an index stop at image 0?",
        section=_WHERE,
    )
    def _(right, x, **amount):
        out = right(x, **amount)
        out[1:] = 0
        return out

    @exercise.mistake(
        "every channel gives what the first one gives",
        hint="Channel c of the output comes from channel c of x: which index stays at 0?",
        section=_WHERE,
    )
    def _(right, x, **amount):
        return right(np.repeat(x[:, :1], x.shape[1], axis=1), **amount)
