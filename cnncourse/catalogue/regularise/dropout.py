"""Dropout of single numbers, and of whole feature maps."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

_DROPOUT, _DROPOUT2D = "16_regularisation#regular-dropout", "16_regularisation#regular-dropout2d"


def _generator(rng):
    return np.random.default_rng(rng.integers(2**32))


@exercise("09_regularise", section=_DROPOUT, outputs={"out": "N D"})
def dropout(x, *, p=0.5, training=True, rng):
    """Set numbers to 0 at random and scale the others up, as PyTorch does."""
    return reference.dropout(x, p=p, training=training, rng=rng)


@dropout.cases
def _(rng):
    whole = rng.permutation(np.arange(1.0, 13)).reshape(2, 6)
    yield Case("two rows of six numbers, p = 0.5", {"x": whole, "rng": _generator(rng)})
    N, D = rng.permutation([7, 9])
    x = rng.normal(size=(N, D)) + 3
    yield Case("p = 0.2: one in five is dropped", {"x": x, "p": 0.2, "rng": _generator(rng)})
    yield Case(
        "p = 0.7, on numbers stored in another order",
        {"x": np.asfortranarray(x), "p": 0.7, "rng": _generator(rng)},
    )
    yield from _odd_cases(rng, x)


def _odd_cases(rng, x):
    yield Case(
        "at test nothing happens", {"x": x, "p": 0.4, "training": False, "rng": _generator(rng)}
    )
    yield Case("p = 0 drops nothing", {"x": x, "p": 0.0, "rng": _generator(rng)})
    yield Case("p = 1 drops all, and nothing is NaN", {"x": x, "p": 1.0, "rng": _generator(rng)})
    yield Case("an empty batch stays empty", {"x": x[:0], "p": 0.3, "rng": _generator(rng)})


def _at(p, factor, out):
    """Multiply what was kept; `factor` would divide by 0 at its ends."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return out * factor(np.float64(p))


def _add_scale_mistakes(exercise, section):
    """Register mistakes with the scale, and with what happens at test."""

    def add(name, hint, factor, at_test=lambda p: 1.0):
        @exercise.mistake(name, hint=hint, section=section)
        def _(right, x, *, p=0.5, training=True, rng):
            out = right(x, p=p, training=training, rng=rng)
            return _at(p, factor if training else at_test, out)

    add(
        "what is kept is not scaled",
        "With p = 0.5 half of the sum is gone. By which factor do the numbers that stay make up "
        "for it on average?",
        lambda p: 1 - p,
    )
    add(
        "the scaling happens at test, as in AlexNet",
        "That was the form of 2012. Today what is kept is scaled while training, so that at test "
        "nothing is left to do.",
        lambda p: 1 - p,
        lambda p: 1 - p,
    )
    add(
        "what is kept is scaled at test, too",
        "Scaled while training, the numbers have the right mean already: nothing is done at test.",
        lambda p: 1.0,
        lambda p: 1 - p,
    )
    add(
        "what is kept is divided by p",
        "p is the share that is dropped. Which share is kept, and by what do you divide?",
        lambda p: (1 - p) / p,
    )
    add(
        "what is kept is multiplied by 1 - p",
        "The numbers that stay have to grow to make up for those that are gone.",
        lambda p: (1 - p) ** 2,
    )
    add(
        "what is kept is multiplied by p",
        "The numbers that stay have to grow to make up for those that are gone.",
        lambda p: (1 - p) * p,
    )

    @exercise.mistake(
        "what is kept is divided by the share that happened to be kept",
        hint="The share that is kept on average depends on p alone, not on this call's draws.",
        section=section,
    )
    def _(right, x, *, p=0.5, training=True, rng):
        kept = right(np.ones_like(x), p=p, training=training, rng=rng) != 0
        with np.errstate(invalid="ignore"):
            return x * kept / np.float64(kept.mean() if kept.size else 1)

    @exercise.mistake(
        "numbers are dropped at test, too",
        hint="At test a network should give the same answer twice: what is `training` for?",
        section=section,
    )
    def _(right, x, *, p=0.5, training=True, rng):
        return right(x, p=p, rng=rng)

    @exercise.mistake(
        "training means the opposite",
        hint="When does dropout act, and when does it leave x alone?",
        section=section,
    )
    def _(right, x, *, p=0.5, training=True, rng):
        return right(x, p=p, training=not training, rng=rng)

    @exercise.mistake(
        "p = 1 divides by 0",
        hint="0 / 0 is no number. With p = 1 nothing is kept, and the answer is 0 everywhere.",
        section=section,
    )
    def _(right, x, *, p=0.5, training=True, rng):
        out = right(x, p=p, training=training, rng=rng)
        return out * np.nan if training and p == 1 else out


def _add_mask_mistakes(exercise, section):
    """Register mistakes with the comparison."""

    def add(name, hint, keep, factor):
        @exercise.mistake(name, hint=hint, section=section)
        def _(right, x, *, p=0.5, training=True, rng):
            if not training:
                return right(x, p=p, training=False, rng=rng)
            # What is dropped at a share q shows which draws lie below q.
            q = keep(p)
            kept = np.where(right(np.ones_like(x), p=q, rng=rng) == 0, x, 0.0)
            return _at(p, factor, kept)

    add(
        "the numbers are kept that should be dropped",
        "A number is dropped where its draw is below p: look at your comparison.",
        lambda p: p,
        lambda p: 1 / (1 - p),
    )
    add(
        "p is taken as the share that is kept",
        "In PyTorch p is the share that is dropped; the paper of 2014 used the letter for the "
        "share that is kept.",
        lambda p: p,
        lambda p: 1 / p,
    )
    add(
        "a number is kept where its draw is below 1 - p",
        "The share is right, but the exercise asks for other draws: a number is dropped where its "
        "draw is below p.",
        lambda p: 1 - p,
        lambda p: 1 / (1 - p),
    )


def _add_shape_mistake(exercise, section, name, hint, draw):
    """Register draws of another shape; `draw` takes the generator and the sizes of x."""

    @exercise.mistake(name, hint=hint, section=section)
    def _(right, x, *, p=0.5, training=True, rng):
        if not training or not x.size or not 0 < p < 1:
            return right(x, p=p, training=training, rng=rng)
        return x * draw(right, np.ones(x.shape), {"p": p, "rng": rng})


for _wrong in (
    (
        "every row drops the same numbers",
        "Each row has draws of its own: of which shape are yours?",
        lambda right, ones, options: right(ones[:1], **options),
    ),
    (
        "whole rows are dropped",
        "Each number has a draw of its own: of which shape are yours?",
        lambda right, ones, options: right(ones[:, :1], **options),
    ),
    (
        "the draws are laid out column by column",
        "`rng.random(x.shape)` is asked once, for all numbers; the order of its draws is the "
        "order of the rows.",
        lambda right, ones, options: right(ones.T, **options).T,
    ),
):
    _add_shape_mistake(dropout, _DROPOUT, *_wrong)
_add_scale_mistakes(dropout, _DROPOUT)
_add_mask_mistakes(dropout, _DROPOUT)


@exercise("09_regularise", section=_DROPOUT2D, outputs={"out": "N C H W"})
def dropout2d(x, *, p=0.5, training=True, rng):
    """Set whole feature maps to 0 at random and scale the others up, as PyTorch does."""
    return reference.dropout2d(x, p=p, training=training, rng=rng)


@dropout2d.cases
def _(rng):
    whole = rng.permutation(np.arange(1.0, 17)).reshape(1, 8, 1, 2)
    yield Case("one image, eight maps of two pixels", {"x": whole, "rng": _generator(rng)})
    C, H, W = 7 + rng.permutation(3)
    x = rng.normal(size=(6, C, H, W)) + 3
    yield Case("several images, p = 0.2", {"x": x, "p": 0.2, "rng": _generator(rng)})
    yield Case(
        "p = 0.7, on maps stored channels last",
        {
            "x": x.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2),
            "p": 0.7,
            "rng": _generator(rng),
        },
    )
    yield from _odd_cases(rng, x)


def _like_dropout(ones, shape, options):
    """Drop single places of an array of `shape`, repeated over `ones`."""
    return reference.dropout(np.ones(shape), **options)


for _wrong in (
    (
        "single pixels are dropped",
        "A whole map is dropped, or none of it: one draw for each image and channel.",
        lambda right, ones, options: _like_dropout(ones, ones.shape, options),
    ),
    (
        "every image drops the same maps",
        "Each image has draws of its own: of which shape are yours?",
        lambda right, ones, options: right(ones[:1], **options),
    ),
    (
        "whole images are dropped",
        "Each map of an image has a draw of its own: of which shape are yours?",
        lambda right, ones, options: right(ones[:, :1], **options),
    ),
    (
        "the same pixels are dropped in all channels",
        "A map is dropped as a whole: the draws count images and channels, not pixels.",
        lambda right, ones, options: _like_dropout(ones, (len(ones), 1, *ones.shape[2:]), options),
    ),
    (
        "the draws are laid out channel by channel",
        "`rng.random((N, C))` is asked once; the order of its draws is image by image.",
        lambda right, ones, options: right(ones.swapaxes(0, 1), **options).swapaxes(0, 1),
    ),
):
    _add_shape_mistake(dropout2d, _DROPOUT2D, *_wrong)
_add_scale_mistakes(dropout2d, _DROPOUT)  # where the scale and p are explained
_add_mask_mistakes(dropout2d, _DROPOUT)
