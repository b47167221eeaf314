"""The logarithm of softmax, which is finite where softmax itself has become 0."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.classifier.softmax import (
    LARGEST,
    SECTION,
    SMALLEST,
    add_axis_mistakes,
    add_mistakes,
    draw_scores,
    powers,
    top,
    without_shift,
)
from cnncourse.catalogue.exercise import exercise

# What is added to a probability, or put in its place, to have a logarithm at all.
SMALL_NUMBERS = (1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-300)


@exercise("06_classifier", section=SECTION, outputs={"out": "..."})
def log_softmax(x, *, axis=-1):
    """Give the logarithms of the probabilities, as PyTorch does."""
    return reference.log_softmax(x, axis=axis)


@log_softmax.cases
def _(rng):
    yield from draw_scores(rng, first=[1.0, 3.0, 6.0])


def _logarithm(out):
    """Take the logarithm; where exponentials have vanished it is minus infinity."""
    return np.log(np.where(out < np.finfo(float).smallest_subnormal, 0.0, out))


def _difference_without_shift(right, x, axis):
    """Say what a sum of exponentials that overflows, or vanishes, leaves of the difference."""
    out = np.where(top(x, axis) > LARGEST, -np.inf, right(x, axis=axis))
    return np.where(top(x, axis) < SMALLEST, np.inf, out)


add_mistakes(
    log_softmax,
    (
        (
            "the logarithm is taken of a probability that has become 0",
            "e to the power -1000 is 0 in float64, and its logarithm minus infinity. "
            "The logarithm of a quotient is a difference: take it on paper before you compute.",
            lambda right, x, axis: _logarithm(reference.softmax(x, axis=axis)),
        ),
        (
            "the exponentials overflow",
            "e to the power 1000 is infinite, and so is the logarithm of a sum that holds it. "
            "Take the largest score out of the sum first.",
            _difference_without_shift,
        ),
        (
            "the logarithm is taken of a softmax whose exponentials overflow",
            "Infinity by infinity is NaN. Subtract the largest score of each image first; and "
            "a probability of 0 will still have minus infinity for its logarithm.",
            lambda right, x, axis: _logarithm(without_shift(reference.softmax, x, axis)),
        ),
        (
            "the largest score of the whole array is subtracted",
            "Where an image's own scores are far below that one, all its exponentials vanish, "
            "and log(0) is minus infinity. Each image has a largest score of its own.",
            lambda right, x, axis: np.where(
                top(x, axis) - x.max(initial=-np.inf) < SMALLEST, np.inf, right(x, axis=axis)
            ),
        ),
        (
            "the largest score is taken out of the sum, but not out of the score",
            "Both terms of the difference must be shifted alike, or one shifted back.",
            lambda right, x, axis: right(x, axis=axis) + top(x, axis),
        ),
        (
            "the largest score is taken out of the score, but not out of the sum",
            "Both terms of the difference must be shifted alike, or one shifted back.",
            lambda right, x, axis: _difference_without_shift(right, x, axis) - top(x, axis),
        ),
    ),
)
add_axis_mistakes(log_softmax)


def _log_sum(x, axis):
    """Give the logarithm of the sum of exponentials of which the largest is 1."""
    return np.log(powers(x, axis).sum(axis=axis, keepdims=True))


add_mistakes(
    log_softmax,
    (
        (
            "the sum runs over the whole array",
            "Every image's probabilities add up to 1 by themselves: along which axis is "
            "the sum, and does it keep that axis?",
            lambda right, x, axis: (
                right(x, axis=axis) + _log_sum(x, axis) - np.log(powers(x, axis).sum())
            ),
        ),
        (
            "the sum always runs over the last axis",
            "The maximum follows `axis`. Does the sum follow it, too?",
            lambda right, x, axis: (
                right(x, axis=axis)
                + _log_sum(x, axis)
                - np.log(powers(x, axis).sum(axis=-1, keepdims=True))
            ),
        ),
        (
            "the logarithm of the sum is added",
            "The logarithm of a quotient is a difference. Which of the two is subtracted?",
            lambda right, x, axis: right(x, axis=axis) + 2 * _log_sum(x, axis),
        ),
        (
            "the logarithm is taken before the sum",
            "The logarithms of the exponentials are the scores again. "
            "What has to be summed before the logarithm is taken?",
            lambda right, x, axis: (
                x - top(x, axis) - (x - top(x, axis)).sum(axis=axis, keepdims=True)
            ),
        ),
        (
            "one logarithm is divided by the other",
            "The logarithm of a quotient is not the quotient of two logarithms: what is it?",
            lambda right, x, axis: (x - top(x, axis)) / _log_sum(x, axis),
        ),
        (
            "the sign is turned",
            "A probability is at most 1 and its logarithm at most 0. "
            "The minus of the loss comes later.",
            lambda right, x, axis: -right(x, axis=axis),
        ),
        (
            "the probabilities themselves are returned",
            "Their logarithms are asked for.",
            lambda right, x, axis: reference.softmax(x, axis=axis),
        ),
        (
            "the logarithm is to base 2",
            "np.log is the natural logarithm, np.log2 counts in bits.",
            lambda right, x, axis: right(x, axis=axis) / np.log(2),
        ),
        (
            "the logarithm is to base 10",
            "np.log is the natural logarithm, np.log10 another one.",
            lambda right, x, axis: right(x, axis=axis) / np.log(10),
        ),
        (
            "the logarithm of the sum is missing",
            "The scores are shifted, no more: what do the exponentials add up to?",
            lambda right, x, axis: x - top(x, axis),
        ),
        (
            "the sum is subtracted without its logarithm",
            "The logarithm of a quotient is the difference of two logarithms, and the second "
            "one is that of the whole sum.",
            lambda right, x, axis: (
                x - top(x, axis) - np.exp(x - top(x, axis) - right(x, axis=axis))
            ),
        ),
        (
            "the exponentials are averaged instead of summed",
            "The denominator of a softmax is the sum over the classes.",
            lambda right, x, axis: right(x, axis=axis) + np.log(x.shape[axis]),
        ),
        (
            "every score goes through a sigmoid",
            "A sigmoid looks at each score by itself. In a softmax they share 1 among them.",
            lambda right, x, axis: -np.logaddexp(0, -x),
        ),
    ),
)


for _small in SMALL_NUMBERS:

    @log_softmax.mistake(
        f"the probabilities are kept away from 0 by {_small:g}",
        hint="That keeps minus infinity away and puts in its place a number that is wrong: "
        "the logarithm of the probability may well be -1000. "
        "Can you do without the probability?",
    )
    def _(right, x, *, axis=-1, small=_small):
        return np.log(reference.softmax(x, axis=axis) + small)
