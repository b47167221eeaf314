"""Right and wrong gradients of simple functions, for the gradient check to tell apart."""

import numpy as np

from cnncourse.catalogue.backward import scalar_functions as functions


def _of_squares(change):
    """Make a gradient of the sum of squares, 2 x, and change it."""

    def gradient(x):
        return change(2 * x)

    return gradient


def _plus(error):
    return _of_squares(lambda right: right + error)


def _times(factor):
    return _of_squares(lambda right: right * factor)


def of_cubes(x):
    """Return the gradient of the sum of cubes."""
    return 3 * x * x


def simplest(rng):
    """Draw the first case: the right gradient of a sum of squares."""
    return "2 x for the sum of squares", {
        "grad": _times(1),
        "x": rng.permutation([-3.0, 1.0, 2.0]),
    }


def wrong_entries(rng):
    """Draw gradients that are wrong in a few entries."""
    x = rng.permutation([-1.0, 1.0]).repeat(2) * rng.uniform(1, 2, 4)
    small = np.concatenate([rng.uniform(90, 100, (2, 2)), [[95.0, 1.0]]])
    last, first, inner, place = np.zeros((3, 2)), np.zeros(4), np.zeros(4), np.zeros((2, 3))
    last[-1, -1] = 0.05 * rng.choice([-1, 1])
    first[0] = rng.choice([-1, 1]) * 50
    inner[1:3] = rng.permutation([-0.5, 0.5])
    place.flat[rng.integers(1, 5)] = np.nan  # neither the first nor the last
    yield "the last entry is wrong, and small beside the others", {"grad": _plus(last), "x": small}
    yield "the first entry is wrong by far", {"grad": _plus(first), "x": x}
    yield "two entries are wrong, one too large and one too small", {"grad": _plus(inner), "x": x}
    yield "one entry is NaN", {"grad": _plus(place), "x": rng.normal(size=(2, 3))}


def wrong_throughout(rng):
    """Draw gradients that are wrong everywhere."""
    x = rng.uniform(1, 2, (2, 1, 3))
    yield "twice the gradient, every entry too large", {"grad": _times(2), "x": x}
    yield "half the gradient, every entry too small", {"grad": _times(0.5), "x": x}
    signs = rng.permutation([-1, 1, 1])
    yield "the gradient with the wrong sign", {"grad": _times(-1), "x": x * signs}
    wide = _of_squares(lambda right: right[None])
    yield "the right numbers, with an axis too many", {"grad": wide, "x": x[0]}


def within_tolerances(rng):
    """Draw gradients that are off by a little."""
    x = rng.uniform(100, 200, (3, 2))
    close = rng.uniform(3e-4, 6e-4, x.shape) * rng.choice([-1, 1], x.shape)
    yield "large entries off by less than rtol allows", {"grad": _times(1 + close), "x": x}
    tiny = rng.uniform(4e-6, 8e-6, 4) * rng.choice([-1, 1], 4)
    yield "entries of 0, off by less than atol allows", {"grad": _plus(tiny), "x": np.zeros(4)}
    fifth = {"grad": _times(1.8), "x": x / 100, "rtol": 0.6}
    yield "rtol 0.6, and 1.8 times the gradient", fifth
    strict = {"grad": _times(1 + 1e-4), "x": x, "atol": 1e-6, "rtol": 1e-5}
    yield "off by a ten-thousandth, more than a strict rtol allows", strict
    x = rng.uniform(1, 2, 3)
    # Neither part alone forgives such an error; and the signs differ, whatever the draw.
    most = rng.permutation([-1, 1, 1]) * 0.85 * (0.5 + 0.25 * 2 * x)
    both = {"grad": _plus(most), "x": x, "atol": 0.5, "rtol": 0.25}
    yield "atol 0.5 and rtol 0.25, which add up", both


def large_steps(rng):
    """Draw gradients that are right, and steps that are large."""
    x = rng.uniform(1, 2, (2, 2)) * [-1, 1]
    yield "eps 0.5, which is exact for squares", {"grad": _times(1), "x": x, "eps": 0.5}
    cubes = {"f": functions.sum_of_cubes, "grad": of_cubes, "x": x}
    yield "eps 1, too coarse for cubes", cubes | {"eps": 1.0}
