"""Edges: the length of the brightness gradient."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

_PYTHAGORAS = np.array([(3, 4), (4, 3), (6, 8), (8, 6), (5, 12), (12, 5), (8, 15), (15, 8)])


@exercise("02_filters", section="03_filters#filters-edges", outputs={"out": "H-2 W-2"})
def edge_magnitude(x):
    """Measure the length of the gradient by Sobel's kernels at every inner pixel."""
    return reference.edge_magnitude(x)


@edge_magnitude.cases
def _(rng):
    right, below = rng.choice(_PYTHAGORAS)
    x = np.full((3, 3), rng.integers(1, 9) * 1.0)
    x[1, 2] += right
    x[2, 1] += below
    yield Case("a 3 x 3 image: one whole number", {"x": x})
    yield Case("an image of 7 x 5", {"x": rng.normal(size=(7, 5))})
    step = np.full((4, 6), rng.uniform(0.0, 0.4))
    step[:, 3:] += rng.uniform(0.3, 0.6)
    yield Case("an upright edge, brighter to the right", {"x": step})
    yield Case("a level edge, darker below", {"x": 1 - step.T})
    yield Case("a flat image has no edges", {"x": np.full((5, 4), rng.uniform(0.2, 0.8))})
    yield Case("a 4 x 9 image, columns together in memory", {"x": rng.normal(size=(9, 4)).T})


@edge_magnitude.mistake(
    "the absolute values are added",
    hint="The two answers are the legs of a right-angled triangle; its longest side is asked.",
)
def _(right, x):
    along, down = _gradient(x)
    return np.abs(along) + np.abs(down)


@edge_magnitude.mistake(
    "the square root is missing",
    hint="An edge twice as steep should give twice the answer.",
)
def _(right, x):
    return right(x) ** 2


@edge_magnitude.mistake(
    "the two answers are added before they are squared",
    hint="Square each answer first: a rise to the right must not cancel a fall downwards.",
)
def _(right, x):
    return np.abs(sum(_gradient(x)))


@edge_magnitude.mistake(
    "only upright edges are seen",
    hint="sobel_x answers to changes along a row; what of those down a column?",
)
def _(right, x):
    return np.abs(_gradient(x)[0])


@edge_magnitude.mistake(
    "only level edges are seen",
    hint="sobel_y answers to changes down a column; what of those along a row?",
)
def _(right, x):
    return np.abs(_gradient(x)[1])


@edge_magnitude.mistake(
    "the kernels are Prewitt's",
    hint="Sobel's kernels count the middle row, or column, twice.",
    section="03_filters#filters-kernels",
)
def _(right, x):
    prewitt = np.outer(np.ones(3), [-1.0, 0.0, 1.0])
    return np.hypot(reference.corr2d(x, prewitt), reference.corr2d(x, prewitt.T))


@edge_magnitude.mistake(
    "the differences are not smoothed",
    hint="Sobel's kernels compare three pixels on either side, the middle one counted twice.",
    section="03_filters#filters-kernels",
)
def _(right, x):
    along = reference.corr2d(x[1:-1], np.array([[-1.0, 0.0, 1.0]]))
    down = reference.corr2d(x[:, 1:-1], np.array([[-1.0], [0.0], [1.0]]))
    return np.hypot(along, down)


@edge_magnitude.mistake(
    "the answer is divided by 8",
    hint="Here the kernels stay as they are, so the answer is eight times the slope per pixel.",
)
def _(right, x):
    return right(x) / 8


@edge_magnitude.mistake(
    "the answer is scaled to at most 1",
    hint="Leave the numbers as they come; scaling is for showing a picture.",
)
def _(right, x):
    out = right(x)
    return out / max(out.max(), 1e-12)


@edge_magnitude.mistake(
    "the image is padded with zeros",
    hint="Only inner pixels count: zeros around the image make an edge that is not there.",
    section="06_padding#padding-modes",
)
def _(right, x):
    return right(np.pad(x, 1))


def _gradient(x):
    sobel = np.outer([1.0, 2.0, 1.0], [-1.0, 0.0, 1.0])
    return reference.corr2d(x, sobel), reference.corr2d(x, sobel.T)
