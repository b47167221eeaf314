"""Softmax, where exponentials overflow and vanish; what its logarithm shares with it."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

SECTION = "07_activation#activation-softmax"
LARGEST = np.log(np.finfo(float).max)  # e to the power of more is infinite
SMALLEST = np.log(np.finfo(float).smallest_subnormal)  # e to the power of less is 0


def draw_scores(rng, *, first):
    """Draw the cases of softmax and of log_softmax, which differ in what the first is."""
    yield Case("one image, three classes", {"x": np.log(rng.permutation(first))[None]})
    N, C = rng.permutation([4, 5])
    x = rng.normal(size=(N, C))
    yield Case("a batch of images", {"x": x})
    yield Case("the other axis", {"x": x, "axis": 0})
    maps = rng.normal(size=(2, C, 3, 6))
    yield Case("a map of scores, classes on axis 1", {"x": maps, "axis": 1})
    yield Case("the same axis, counted from the end", {"x": maps - 1, "axis": -3})
    yield Case("scores of about 1000", {"x": 1000 + x})
    yield Case("scores of about -1000", {"x": x - 1000})
    yield Case("images whose scores lie far apart", {"x": x + 900.0 * np.arange(N)[::-1, None]})
    sure = rng.permutation(np.linspace(-900, 900, C)) + x
    yield Case(
        "classes whose scores lie far apart, stored in another order", {"x": sure.T.copy().T}
    )
    yield Case("one vector of scores", {"x": x[0]})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 5))})


def _quiet(wrong):
    def mistaken(right, x, *, axis=-1):
        with np.errstate(all="ignore"):
            return wrong(right, x, axis)

    return mistaken


def add_mistakes(exercise, rows):
    """Register mistakes told as functions of the right answer, x and the axis."""
    for name, hint, wrong in rows:
        exercise.mistake(name, hint=hint)(_quiet(wrong))


def _over_all(right, x):
    """Let all values of an array compete, as if they were one vector."""
    return right(x.reshape(-1)).reshape(x.shape) if x.size else x


def top(x, axis):
    """Give the largest score along an axis, which stays with length 1."""
    return x.max(axis=axis, keepdims=True, initial=-np.inf)


def without_shift(right, x, axis):
    """Say NaN where an exponential overflows, or where all of an image's vanish."""
    high = np.where(x > LARGEST, np.nan, right(x, axis=axis))
    all_vanish = top(x, axis) < SMALLEST
    # A sum that is infinite divides what is finite to 0.
    infinite = (top(x, axis) > LARGEST) & ~(x > LARGEST)
    return np.where(all_vanish, np.nan, np.where(infinite, 0.0, high))


def powers(x, axis):
    """Give the exponentials after the largest has become 1, from the probabilities."""
    out = reference.softmax(x, axis=axis)
    return out / out.max(axis=axis, keepdims=True, initial=0.0)


def add_axis_mistakes(exercise):
    """Register maxima and sums along a wrong axis, but for sums over the whole array."""
    add_mistakes(
        exercise,
        (
            (
                "the largest score and the sum are those of the whole array",
                "Every image's probabilities add up to 1 by themselves: along which axis is "
                "the sum, and does it keep that axis?",
                lambda right, x, axis: _over_all(right, x),
            ),
            (
                "it is always axis 1",
                "The classes may lie on any axis, -1 unless told otherwise. "
                "Is a 1 written out in your code?",
                lambda right, x, axis: right(x, axis=min(1, x.ndim - 1)),
            ),
            (
                "`axis` is ignored and the last axis is taken",
                "The classes may lie on any axis: does every max and every sum get `axis`?",
                lambda right, x, axis: right(x),
            ),
            (
                "the largest score is always that of the last axis",
                "The sum follows `axis`. Does the maximum that you subtract follow it, too?",
                lambda right, x, axis: right(x - top(x, -1), axis=axis),
            ),
            (
                "it is always axis 0",
                "Axis 0 runs over the images, which do not compete. "
                "Is a 0 written out in your code?",
                lambda right, x, axis: right(x, axis=0),
            ),
        ),
    )


@exercise("06_classifier", section=SECTION, outputs={"out": "..."})
def softmax(x, *, axis=-1):
    """Turn scores into probabilities along an axis, as PyTorch does."""
    return reference.softmax(x, axis=axis)


@softmax.cases
def _(rng):
    yield from draw_scores(rng, first=[1.0, 2.0, 5.0])


add_mistakes(
    softmax,
    (
        (
            "the exponentials overflow",
            "e to the power 1000 is infinite, and infinity by infinity is NaN. Subtracting one "
            "number from all scores changes no probability: which number makes it safe?",
            without_shift,
        ),
        (
            "the largest score of the whole array is subtracted",
            "Where an image's own scores are far below that one, all its exponentials vanish "
            "and 0 / 0 is NaN. Each image has a largest score of its own.",
            lambda right, x, axis: np.where(
                top(x, axis) - x.max(initial=-np.inf) < SMALLEST, np.nan, right(x, axis=axis)
            ),
        ),
        (
            "the lowest score is subtracted",
            "Then the exponents are positive, and may still be large. "
            "Which score leaves none above 0?",
            lambda right, x, axis: without_shift(
                right, x - x.min(axis=axis, keepdims=True, initial=np.inf), axis
            ),
        ),
    ),
)
add_axis_mistakes(softmax)
add_mistakes(
    softmax,
    (
        (
            "the sum runs over the whole array",
            "Every image's probabilities add up to 1 by themselves: along which axis is "
            "the sum, and does it keep that axis?",
            lambda right, x, axis: powers(x, axis) / powers(x, axis).sum(),
        ),
        (
            "the sum always runs over the last axis",
            "The maximum follows `axis`. Does the sum that you divide by follow it, too?",
            lambda right, x, axis: powers(x, axis) / powers(x, axis).sum(axis=-1, keepdims=True),
        ),
        (
            "NaN is replaced by 0 where exponentials overflow",
            "By then the answer is lost. Subtracting one number from all scores of an image "
            "changes no probability: which number keeps the exponentials from overflowing?",
            lambda right, x, axis: np.nan_to_num(without_shift(right, x, axis), nan=0.0),
        ),
        (
            "the exponentials are not divided by their sum",
            "The likeliest class has 1 already. What has to be 1 is the sum.",
            lambda right, x, axis: powers(x, axis),
        ),
        (
            "the exponentials are returned as they are",
            "Probabilities add up to 1: yours are in the right proportion, no more. "
            "And e to the power 1000 is infinite.",
            lambda right, x, axis: np.exp(x),
        ),
        (
            "the scores are divided by their sum, without exponentials",
            "Scores may be negative, probabilities may not: take exponentials first.",
            lambda right, x, axis: x / x.sum(axis=axis, keepdims=True),
        ),
        (
            "the logarithm of the softmax is returned",
            "Probabilities are asked for; their logarithms are the next exercise.",
            lambda right, x, axis: reference.log_softmax(x, axis=axis),
        ),
        (
            "every score goes through a sigmoid",
            "A sigmoid looks at each score by itself. In a softmax they share 1 among them.",
            lambda right, x, axis: reference.sigmoid(x),
        ),
        (
            "the highest score has the lowest probability",
            "The sign of the exponent is turned.",
            lambda right, x, axis: right(-x, axis=axis),
        ),
        (
            "the likeliest class takes all",
            "Softmax is a soft maximum: every class gets something, in proportion to e to the "
            "power of its score.",
            lambda right, x, axis: (x == top(x, axis)).astype(float),
        ),
        (
            "the exponentials are powers of 2",
            "The base is e, 2.718: which function takes e to a power?",
            lambda right, x, axis: right(x * np.log(2), axis=axis),
        ),
    ),
)
