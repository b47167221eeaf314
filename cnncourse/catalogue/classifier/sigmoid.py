"""The two S-shaped functions, from exponentials that must not overflow."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

SECTION = "07_activation#activation-sigmoid"
LARGEST = np.log(np.finfo(float).max)  # e to the power of more is infinite


def _draw_maps(rng):
    """Draw what both are asked; the first case can be done on paper, with fractions."""
    x = np.log([1, 2, 3, 4, 1 / 2, 1 / 3, 1 / 4, 5])
    yield (
        "logarithms of whole numbers and their reciprocals",
        rng.permutation(x).reshape(1, 1, 2, 4),
    )
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 5, 7))
    yield "several images and channels", 2 * x
    yield "values between -30 and 30", rng.uniform(-30, 30, size=(N, C, 4, 6))
    large = rng.uniform(800, 1000, size=(1, 2, 3, 4))
    yield "large values, up to 1000", large
    yield "large negative values, down to -1000", -large
    mixed = rng.choice([-1.0, 1.0], size=(N, 4, 3, 5)) * rng.uniform(380, 1000, (N, 4, 3, 5))
    mixed.flat[:2] = [-400.0, 400.0]
    yield "small and large values in one array", np.concatenate([mixed, x[:, :1, :3, :5] / 9], 1)
    yield "maps stored in another order", np.asfortranarray(x)
    yield "an empty batch stays empty", np.zeros((0, 3, 5, 4))


def _add(exercise, rows):
    """Register one-line mistakes; what overflows in them stays quiet."""

    def quiet(wrong):
        def mistaken(right, x):
            with np.errstate(all="ignore"):
                return wrong(right, x)

        return mistaken

    for name, hint, wrong in rows:
        exercise.mistake(name, hint=hint)(quiet(wrong))


@exercise("06_classifier", section=SECTION, outputs={"out": "N C H W"})
def sigmoid(x):
    """Squeeze every value into (0, 1), as PyTorch does."""
    return reference.sigmoid(x)


@sigmoid.cases
def _(rng):
    for claim, x in _draw_maps(rng):
        yield Case(claim, {"x": x})


_add(
    sigmoid,
    (
        (
            "the exponential overflows for large positive values",
            "e to the power 1000 is infinite in float64, and infinity by infinity is NaN. "
            "Which of the two exponentials is small where x is large?",
            lambda right, x: np.where(x > LARGEST, np.nan, right(x)),
        ),
        (
            "NaN is replaced by 0 where the exponential overflows",
            "By then the answer is lost: for large x it is near 1. "
            "Which of the two exponentials is small where x is large?",
            lambda right, x: np.where(x > LARGEST, 0.0, right(x)),
        ),
        (
            "the sign of the exponent is forgotten",
            "The larger x, the closer to 1: is your function falling?",
            lambda right, x: right(-x),
        ),
        (
            "the brackets around the denominator are missing",
            "1 / 1 + e is 1 + e for Python, too: what should the bar of the fraction reach over?",
            lambda right, x: 1 / 1 + np.exp(-x),
        ),
        (
            "it is tanh that is computed",
            "Both are S-shaped, but a sigmoid runs from 0 to 1 and passes through one half.",
            lambda right, x: reference.tanh(x),
        ),
        (
            "the derivative is returned instead of the value",
            "s (1 - s) is largest in the middle; the sigmoid itself rises from end to end.",
            lambda right, x: right(x) * (1 - right(x)),
        ),
        (
            "the values of an array share 1 among them",
            "That is a softmax, in which values compete. A sigmoid looks at each by itself.",
            lambda right, x: np.exp(x) / np.exp(x).sum(),
        ),
        (
            "the exponential of x is missing its denominator",
            "e to the power x is not bounded: what divides it?",
            lambda right, x: np.exp(x),
        ),
        (
            "only the reciprocal of the exponential is returned",
            "What is added to the exponential before it divides 1?",
            lambda right, x: np.exp(-x),
        ),
        (
            "every value is rounded to 0 or 1",
            "A sigmoid is a soft step: 0 gives one half.",
            lambda right, x: (x > 0).astype(float),
        ),
        (
            "it is stretched to run from -1 to 1",
            "A sigmoid ends at 0 on the left. Is there a factor of 2 too many?",
            lambda right, x: 2 * right(x) - 1,
        ),
        (
            "the size of x is used without its sign",
            "The size of x keeps the exponential small, and that is a good idea; "
            "but minus 2 and 2 must not give the same.",
            lambda right, x: right(np.abs(x)),
        ),
        (
            "the formula for negative x serves all values",
            "With the size of x in place of x, every exponential is below 1. Only one of "
            "the two formulas is right on each side: where do you choose?",
            lambda right, x: right(-np.abs(x)),
        ),
    ),
)


@exercise("06_classifier", section=SECTION, outputs={"out": "N C H W"})
def tanh(x):
    """Squeeze every value into (-1, 1), as PyTorch does."""
    return reference.tanh(x)


@tanh.cases
def _(rng):
    for claim, x in _draw_maps(rng):
        yield Case(claim, {"x": x})


_add(
    tanh,
    (
        (
            "an exponential overflows at both ends",
            "Far out, one of the two exponentials is infinite, and infinity by infinity is NaN. "
            "Divide numerator and denominator by the larger one.",
            lambda right, x: np.where(np.abs(x) > LARGEST, np.nan, right(x)),
        ),
        (
            "the exponential overflows for large positive values",
            "e to the power 2x is infinite there, and infinity by infinity is NaN. "
            "Which exponential is small where x is large?",
            lambda right, x: np.where(2 * x > LARGEST, np.nan, right(x)),
        ),
        (
            "the exponential overflows for large negative values",
            "e to the power -2x is infinite there, and infinity by infinity is NaN. "
            "Which exponential is small where x is very negative?",
            lambda right, x: np.where(-2 * x > LARGEST, np.nan, right(x)),
        ),
        (
            "NaN is replaced by 0 where an exponential overflows",
            "By then the answer is lost: far out it is near -1 or 1. "
            "Divide numerator and denominator by the larger exponential.",
            lambda right, x: np.where(np.abs(x) > LARGEST, 0.0, right(x)),
        ),
        (
            "NaN is replaced by 1 where an exponential overflows",
            "By then the answer is lost: on the left it is near -1. "
            "Divide numerator and denominator by the larger exponential.",
            lambda right, x: np.where(np.abs(x) > LARGEST, 1.0, right(x)),
        ),
        (
            "it is the sigmoid that is computed",
            "Both are S-shaped, but tanh runs from -1 to 1 and passes through 0.",
            lambda right, x: reference.sigmoid(x),
        ),
        (
            "the curve is half as steep",
            "Stretching a sigmoid to run from -1 to 1 is not yet all: "
            "at 0 tanh rises as fast as x does.",
            lambda right, x: right(x / 2),
        ),
        (
            "the curve is twice as steep",
            "At 0 tanh rises as fast as x does. Is there a factor of 2 too many in the exponent?",
            lambda right, x: right(2 * x),
        ),
        (
            "the sign is turned",
            "tanh rises: it has the sign of x. Which exponential is subtracted from which?",
            lambda right, x: -right(x),
        ),
        (
            "numerator and denominator are exchanged",
            "The values of tanh stay between -1 and 1: the difference is divided by the sum.",
            lambda right, x: 1 / right(x),
        ),
        (
            "the derivative is returned instead of the value",
            "1 - tanh² is largest in the middle; tanh itself rises from end to end.",
            lambda right, x: 1 - right(x) ** 2,
        ),
        (
            "the difference of the exponentials is not divided",
            "Half the difference is the hyperbolic sine, which has no bounds. What divides it?",
            lambda right, x: np.sinh(x),
        ),
        (
            "values are cut off at -1 and 1",
            "The curve bends towards its bounds, it does not break: the exponentials are missing.",
            lambda right, x: np.clip(x, -1, 1),
        ),
        (
            "the size of x is used without its sign",
            "The size of x keeps the exponential small, and that is a good idea; "
            "but tanh of a negative value is negative.",
            lambda right, x: right(np.abs(x)),
        ),
        (
            "the sigmoid is stretched, but not moved down",
            "tanh passes through 0.",
            lambda right, x: 1 + right(x),
        ),
    ),
)
