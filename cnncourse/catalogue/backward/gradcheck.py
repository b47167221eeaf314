"""The gradient check: are these derivatives right?"""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.backward import gradcheck_cases as cases
from cnncourse.catalogue.backward import scalar_functions as functions
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "07_backward",
    section="12_backpropagation#backprop-check",
    outputs={"agrees": ""},
    kind=bool,
)
def gradcheck(f, grad, x, *, eps=1e-6, atol=1e-5, rtol=1e-3):
    """Tell whether a gradient agrees with central differences, as PyTorch's gradcheck does."""
    return reference.gradcheck(f, grad, x, eps=eps, atol=atol, rtol=rtol)


@gradcheck.cases
def _(rng):
    squares = {"f": functions.sum_of_squares}
    first = cases.simplest(rng)
    # Not in the order of difficulty: whoever knows the order knows every yes and no.
    others = [
        *cases.wrong_entries(rng),
        *cases.wrong_throughout(rng),
        *cases.within_tolerances(rng),
        *cases.large_steps(rng),
    ]
    for claim, more in [first, *(others[place] for place in rng.permutation(len(others)))]:
        yield Case(claim, squares | more)


def _each(right, f, grad, x, **options):
    """Ask about one entry after the other, the rest held still."""

    def about(place):
        def at(value):
            moved = np.array(x)
            moved[place] = value[0]
            return moved

        def slope(value):
            return np.array([grad(at(value)).reshape(x.shape)[place]])

        return right(lambda value: f(at(value)), slope, np.array([x[place]]), **options)

    if np.shape(grad(x)) != x.shape:
        return [False]
    return [about(place) for place in np.ndindex(x.shape)]


@gradcheck.mistake(
    "one entry that agrees is enough",
    hint="A gradient with a single wrong entry is wrong. any, or all?",
)
def _(right, *arguments, **options):
    return any(_each(right, *arguments, **options))


@gradcheck.mistake(
    "only the first entry is looked at",
    hint="Does a `return` stand inside your loop? After the first entry that agrees, "
    "the others have still to be looked at.",
)
def _(right, *arguments, **options):
    return _each(right, *arguments, **options)[0]


@gradcheck.mistake(
    "only the last entry counts",
    hint="Each entry overwrites what the one before it had decided. "
    "Once one has been wrong, nothing makes it right.",
)
def _(right, *arguments, **options):
    return _each(right, *arguments, **options)[-1]


@gradcheck.mistake(
    "a gradient of NaN passes",
    hint="NaN is neither larger nor smaller than a tolerance, and `error > tolerance` is False. "
    "Ask which entries are right, not which are wrong.",
)
def _(right, f, grad, x, **options):
    def healed(x):
        gradient = grad(x)
        if gradient.shape != x.shape:
            return gradient
        return np.where(np.isnan(gradient), reference.numerical_gradient(f, x), gradient)

    return right(f, healed, x, **options)


def _add_bent(name, hint, bend):
    """Register a check that sees the gradient g and the differences n otherwise.

    `bend` says, from both and the tolerances, which entries are taken as right; the others
    are left to the right check.
    """

    @gradcheck.mistake(name, hint=hint)
    def _(right, f, grad, x, *, eps=1e-6, **tolerances):
        n = reference.numerical_gradient(f, x, eps=eps)

        def bent(x):
            g = grad(x)
            return np.where(bend(g, n), n, g) if g.shape == x.shape else g

        return right(f, bent, x, eps=eps, **tolerances)


_add_bent(
    "a gradient that is too small passes",
    "An error below 0 is smaller than every tolerance: what should be taken of a difference "
    "before it is compared?",
    lambda g, n: g < n,
)
_add_bent(
    "a gradient that is too large passes",
    "An error below 0 is smaller than every tolerance: what should be taken of a difference "
    "before it is compared?",
    lambda g, n: g > n,
)
_add_bent(
    "the sign of the gradient is lost",
    "abs belongs around the difference, not around what is compared: 3 and -3 are far apart.",
    lambda g, n: np.isclose(g, -n, rtol=1e-6, atol=1e-6),
)


def _add_tolerance(name, hint, allow):
    """Register a check that allows another error in entries of the right shape."""

    @gradcheck.mistake(name, hint=hint)
    def _(right, f, grad, x, *, eps=1e-6, atol=1e-5, rtol=1e-3):
        g, n = grad(x), reference.numerical_gradient(f, x, eps=eps)
        if g.shape != x.shape:
            return False
        with np.errstate(invalid="ignore", divide="ignore"):
            return bool(np.all(np.abs(g - n) <= allow(g, n, atol, rtol)))


for _wrong in (
    (
        "the tolerance is 0 or less where the gradient is negative",
        "rtol is multiplied by the size of the numerical gradient, whatever its sign.",
        lambda g, n, atol, rtol: atol + rtol * n,
    ),
    (
        "rtol is not used",
        "Large numbers are allowed larger errors: atol + rtol * |n|.",
        lambda g, n, atol, rtol: atol,
    ),
    (
        "atol is not used",
        "Where the slope is 0 a share of it is 0, too, and rounding alone is more than that.",
        lambda g, n, atol, rtol: rtol * np.abs(n),
    ),
    (
        "rtol is taken of the gradient that is to be checked",
        "The tolerance follows from the numerical gradient: a wrong one that is large would "
        "excuse itself. np.allclose(a, b) takes it of b.",
        lambda g, n, atol, rtol: atol + rtol * np.abs(g),
    ),
    (
        "the larger of the two tolerances counts, not their sum",
        "atol and rtol * |n| are added before the comparison: is there an `or`, or a maximum?",
        lambda g, n, atol, rtol: np.maximum(atol, rtol * np.abs(n)),
    ),
    (
        "the error is taken relative to the larger of both, without atol",
        "That is another measure. PyTorch's is |g - n| against atol + rtol * |n|.",
        lambda g, n, atol, rtol: rtol * np.maximum(np.abs(g), np.abs(n)),
    ),
    (
        "the largest entry lends its tolerance to all",
        "A small entry may be wrong altogether beside a large one. "
        "Does every entry have a tolerance of its own?",
        lambda g, n, atol, rtol: atol + rtol * np.abs(n).max(),
    ),
    (
        "the tolerances are those of np.allclose",
        "np.allclose brings its own rtol and atol unless it is given yours.",
        lambda g, n, atol, rtol: 1e-8 + 1e-5 * np.abs(n),
    ),
    (
        "the tolerances are written out",
        "The caller may ask for others: are there numbers where the names atol and rtol "
        "should be?",
        lambda g, n, atol, rtol: 1e-5 + 1e-3 * np.abs(n),
    ),
):
    _add_tolerance(*_wrong)


@gradcheck.mistake(
    "errors of opposite signs cancel",
    hint="The sum of all errors is 0 when one entry is too large and another too small.",
)
def _(right, f, grad, x, *, eps=1e-6, atol=1e-5, rtol=1e-3):
    g, n = grad(x), reference.numerical_gradient(f, x, eps=eps)
    return g.shape == x.shape and bool(np.abs(np.sum(g - n)) <= atol + rtol * np.abs(n).sum())


@gradcheck.mistake(
    "a gradient of another shape passes",
    hint="NumPy stretches axes of length 1 until two arrays fit, and compares without a word. "
    "Compare the shapes first.",
)
def _(right, f, grad, x, **options):
    return right(f, lambda x: grad(x).reshape(x.shape), x, **options)


def _add_difference(name, hint, of):
    """Register a check against other differences: `of` f and x make the function they see."""

    @gradcheck.mistake(name, hint=hint)
    def _(right, f, grad, x, **options):
        return right(of(f, x), grad, x, **options)


for _wrong in (
    (
        "the differences are one-sided",
        "With a large eps the difference between x and x + eps shows: "
        "on which sides of x should f be called?",
        lambda f, x: lambda moved: 2 * f(x + np.maximum(moved - x, 0)),
    ),
    (
        "a difference over 2 eps is divided by eps",
        "Right gradients are refused, and twice the right one passes: "
        "how far apart are the two places where f is called?",
        lambda f, x: lambda moved: 2 * f(moved),
    ),
    (
        "a difference over eps is divided by 2 eps",
        "Right gradients are refused, and half the right one passes: "
        "how far apart are the two places where f is called?",
        lambda f, x: lambda moved: f(x + np.maximum(moved - x, 0)),
    ),
):
    _add_difference(*_wrong)


@gradcheck.mistake(
    "eps is not used",
    hint="The caller may ask for another step, and a coarse one errs: "
    "is there a number where the name eps should be?",
)
def _(right, f, grad, x, *, eps=1e-6, **tolerances):
    return right(f, grad, x, **tolerances)


@gradcheck.mistake(
    "True and False are exchanged",
    hint="True says that the gradient is right.",
)
def _(right, *arguments, **options):
    return not right(*arguments, **options)


@gradcheck.mistake(
    "every gradient is called right",
    hint="Compare the gradient with the differences, entry by entry.",
)
def _(right, *arguments, **options):
    return True


@gradcheck.mistake(
    "every gradient is called wrong",
    hint="Even a right gradient differs from the differences in its last digits: "
    "are the tolerances in use?",
)
def _(right, *arguments, **options):
    return False
