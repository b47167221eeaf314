"""A gradient without any calculus: two differences for each entry."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.backward import scalar_functions as functions
from cnncourse.catalogue.exercise import Case, exercise

# The answer is compared with the central differences for the same eps. They are one number,
# whoever computes them, but for rounding: f is off by some 3e-16 of its size, and a difference
# divided by 2 * eps by as much over eps. With eps at least 1e-5 and values of f below 6 that
# is under 2e-10, five times less than what `compare` lets pass; and one-sided differences
# are off by eps / 2 second derivatives, 5e-6 and more. So every eps that a case names does.


# The blank: an array whose axes have no names, since x may be of any shape.
@exercise(
    "07_backward",
    section="12_backpropagation#backprop-check",
    outputs={"grad": "..."},
    oracle="the formula",
)
def numerical_gradient(f, x, *, eps=1e-5):
    """Differentiate f at x by central differences."""
    return reference.numerical_gradient(f, x, eps=eps)


@numerical_gradient.cases
def _(rng):
    whole = rng.permutation([-1.0, 1.0, 2.0])
    yield Case(
        "three whole numbers, the sum of their squares",
        {"f": functions.sum_of_squares, "x": whole},
    )
    yield Case(
        "eps 1, where a cube shows its error",
        {"f": functions.sum_of_cubes, "x": rng.permutation([1.0, 2.0, 3.0, 4.0]), "eps": 1.0},
    )
    yield Case(
        "a matrix of 2 x 3, every slope depending on all entries",
        {"f": functions.product, "x": rng.uniform(0.7, 1.3, (2, 3))},
    )
    yield Case(
        "a slope that jumps at 0: halfway between the slopes on both sides",
        {
            "f": functions.sum_of_magnitudes,
            "x": rng.permutation([-2.0, 0.0, 0.0, 1.0]),
            "eps": 0.5,
        },
    )
    yield Case(
        "a batch of images, four axes, eps 0.1",
        {"f": functions.squared_sum, "x": rng.uniform(0, 0.5, (2, 1, 3, 2)), "eps": 0.1},
    )
    yield Case(
        "a view of a larger array",
        {"f": functions.sum_of_sines, "x": rng.normal(size=(4, 6))[:, ::2].T, "eps": 0.02},
    )
    yield Case(
        "the loss of a classifier",
        {"f": functions.cross_entropy_of_class_0, "x": rng.normal(size=5)},
    )
    yield Case(
        "a single number", {"f": functions.sum_of_cubes, "x": rng.uniform(0.5, 1.5, (1, 1))}
    )


def _one_way(f, x, choose):
    """Make an f that is moved one way only: `choose` keeps steps up or steps down."""
    return lambda moved: f(x + choose(moved - x, 0))


@numerical_gradient.mistake(
    "the differences are one-sided, f(x + eps) against f(x)",
    hint="The slope belongs to the middle between x and x + eps then, and not to x. "
    "How do you bring the middle back?",
)
def _(right, f, x, *, eps=1e-5):
    return 2 * right(_one_way(f, x, np.maximum), x, eps=eps)


@numerical_gradient.mistake(
    "the differences are one-sided, f(x) against f(x - eps)",
    hint="The slope belongs to the middle between x - eps and x then, and not to x. "
    "How do you bring the middle back?",
)
def _(right, f, x, *, eps=1e-5):
    return 2 * right(_one_way(f, x, np.minimum), x, eps=eps)


@numerical_gradient.mistake(
    "a difference over eps is divided by 2 eps",
    hint="The two places where f is called must lie as far apart as the number you divide by. "
    "A step of eps down undoes a step of eps up: it leads back to x, not below it.",
)
def _(right, f, x, *, eps=1e-5):
    return right(_one_way(f, x, np.maximum), x, eps=eps)


@numerical_gradient.mistake(
    "a difference over 2 eps is divided by eps",
    hint="Your slopes are twice too steep: how far apart are the two places?",
)
def _(right, f, x, *, eps=1e-5):
    return 2 * right(f, x, eps=eps)


@numerical_gradient.mistake(
    "the difference is divided by 2 and then multiplied by eps",
    hint="Python reads a / 2 * eps from left to right: what is divided by what?",
)
def _(right, f, x, *, eps=1e-5):
    return eps**2 * right(f, x, eps=eps)


@numerical_gradient.mistake(
    "the differences are not divided at all",
    hint="A slope is a rise divided by a run.",
)
def _(right, f, x, *, eps=1e-5):
    return 2 * eps * right(f, x, eps=eps)


@numerical_gradient.mistake(
    "the sign is wrong",
    hint="A function that rises has a slope above 0: which of the two values is taken away?",
)
def _(right, f, x, *, eps=1e-5):
    return -right(f, x, eps=eps)


def _left_behind(right, f, x, eps, shift):
    """Give each slope with all entries before it moved."""
    grad = np.empty(x.shape)
    moved = np.array(x)
    for place in np.ndindex(x.shape):
        grad[place] = right(f, moved, eps=eps)[place]
        moved[place] += shift
    return grad


@numerical_gradient.mistake(
    "an entry that was moved down is not put back",
    hint="Before the next entry moves, the one before it has to be where it was. "
    "Keep its old value in a variable.",
)
def _(right, f, x, *, eps=1e-5):
    return _left_behind(right, f, x, eps, -eps)


@numerical_gradient.mistake(
    "an entry that was moved up is not put back",
    hint="Before the next entry moves, the one before it has to be where it was. "
    "Keep its old value in a variable.",
)
def _(right, f, x, *, eps=1e-5):
    return _left_behind(right, f, x, eps, eps)


@numerical_gradient.mistake(
    "the whole array is moved at once",
    hint="f(x + eps) moves every entry, and gives the sum of all slopes. "
    "A gradient asks for each entry by itself.",
)
def _(right, f, x, *, eps=1e-5):
    return np.full(x.shape, right(lambda step: f(x + step[0]), np.zeros(1), eps=eps)[0])


@numerical_gradient.mistake(
    "a whole row is moved at once",
    hint="range(len(x)) counts rows; x[i] is a row when x has two axes. "
    "np.ndindex(x.shape) names every entry, whatever the number of axes.",
)
def _(right, f, x, *, eps=1e-5):
    if x.ndim == 1:
        return right(f, x, eps=eps)
    steps = right(lambda step: f(x + step), np.zeros((len(x), *[1] * (x.ndim - 1))), eps=eps)
    return np.broadcast_to(steps, x.shape).copy()


@numerical_gradient.mistake(
    "eps is written out as 1e-5",
    hint="The caller may ask for another step: is there a number where the name eps should be?",
)
def _(right, f, x, *, eps=1e-5):
    return right(f, x)


@numerical_gradient.mistake(
    "the gradient is one long row, whatever the shape of x",
    hint="Each entry of x has its slope in the same place: the two have the same shape.",
)
def _(right, f, x, *, eps=1e-5):
    return right(f, x, eps=eps).ravel()
