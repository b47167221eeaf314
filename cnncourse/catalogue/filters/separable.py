"""Kernels that split into a column and a row: how to tell, and what it saves."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "02_filters",
    section="03_filters#filters-separable",
    outputs={"separable": ""},
    kind=bool,
)
def is_separable(k):
    """Tell whether a kernel is the outer product of a column and a row."""
    return reference.is_separable(k)


@is_separable.cases
def _(rng):
    digits = rng.permutation(np.arange(1.0, 10.0))
    cross = np.zeros((3, 3))
    cross[1], cross[:, 1] = digits[:3], digits[3:6]
    yield Case("a 3 x 3 cross on zeros is not separable", {"k": cross})
    outer = np.outer(digits[:3], digits[3:6])
    yield Case("whole numbers, a column times a row", {"k": outer})
    broken = outer.copy()
    broken[rng.integers(3), rng.integers(3)] += 1
    yield Case("the same with one number changed", {"k": broken})
    yield Case("5 x 3, a column times a row, rounded", {"k": np.outer(*_pair(rng, 5, 3))})
    yield Case("2 x 4, of any numbers", {"k": rng.uniform(1, 2, (2, 4)) * [1, 2, -1, 3]})
    zeros = np.outer([0, *digits[:2]], [0, *digits[2:5]])
    yield Case("a column times a row, zeros in the first row and column", {"k": zeros})
    yield Case("tiny numbers, not separable", {"k": broken * 1e-13})
    symmetric = np.outer(digits[:4], digits[:4])
    yield Case("symmetric, a column times itself", {"k": symmetric})
    yield Case("one row of five", {"k": rng.normal(size=(1, 5))})
    yield Case("nothing but zeros is separable", {"k": np.zeros((3, 2))})


def _pair(rng, KH, KW):
    return rng.uniform(0.5, 2.0, KH), -rng.uniform(0.5, 2.0, KW)


@is_separable.mistake(
    "a determinant of zero is taken as proof",
    hint="Three rows can depend on each other without being multiples of one row.",
)
def _(right, k):
    return bool(abs(np.linalg.det(k)) <= 1e-9 * np.abs(k).max() ** len(k))


@is_separable.mistake(
    "the kernel is tested for symmetry",
    hint="Symmetric or not says nothing here: compare the rows with one another.",
)
def _(right, k):
    return k.shape == k.T.shape and np.allclose(k, k.T, rtol=1e-9, atol=0.0)


@is_separable.mistake(
    "exact equality is asked for",
    hint="0.1 * 3 is not quite 0.3: leave room for rounding, in proportion to the numbers.",
)
def _(right, k):
    return right(k) and not np.any(k % 1)


@is_separable.mistake(
    "the tolerance is fixed, however small the numbers",
    hint="Measure what is left over against the largest number of the kernel.",
)
def _(right, k):
    return right(k) or bool(np.abs(k).max() < 1e-9)


@is_separable.mistake(
    "the kernel's first row and column are used even when they are zero",
    hint="Compare with a row that is not zero: the one with the largest number is safe.",
)
def _(right, k):
    return right(k) and bool(k[0, 0])


@is_separable.mistake(
    "the kernel of zeros is left out",
    hint="Zero times any row is a column times a row as well.",
)
def _(right, k):
    return right(k) and bool(np.any(k))


@is_separable.mistake(
    "every kernel is called separable",
    hint="Try to write a cross on zeros as a column times a row: what must its corners be?",
)
def _(right, k):
    return True


@is_separable.mistake(
    "no kernel is called separable",
    hint="In a separable kernel every row is a multiple of one row.",
)
def _(right, k):
    return False


@exercise("02_filters", section="03_filters#filters-separable", outputs={"out": "OH OW"})
def separable_conv2d(x, column, row):
    """Cross-correlate an image with a column, then the result with a row."""
    return reference.separable_conv2d(x, column, row)


@separable_conv2d.cases
def _(rng):
    pixels, weights = rng.permutation(np.arange(1.0, 13.0)), rng.permutation(np.arange(1.0, 5.0))
    yield Case(
        "a 3 x 4 image, a column and a row of two",
        {"x": pixels.reshape(3, 4), "column": weights[:2], "row": weights[2:]},
    )
    x, column, row = rng.normal(size=(9, 7)), rng.normal(size=5), rng.normal(size=5)
    yield Case(
        "a column of four and a row of three", {"x": x, "column": column[:4], "row": row[:3]}
    )
    yield Case("a column of two and a row of five", {"x": x, "column": column[:2], "row": row})
    yield Case("a row of one only scales", {"x": x, "column": column, "row": row[:1]})
    yield Case(
        "an image whose columns lie together in memory",
        {"x": x.T, "column": column[:3], "row": row[:4]},
    )


@separable_conv2d.mistake(
    "column and row are swapped",
    hint="A column runs down the image, so it meets pixels of one column.",
)
def _(right, x, column, row):
    return right(x, row, column)


@separable_conv2d.mistake(
    "column and row are flipped",
    hint="Both passes are cross-correlations, as in CNN layers: nothing is flipped.",
    section="03_filters#filters-flip",
)
def _(right, x, column, row):
    return right(x, column[::-1], row[::-1])


@separable_conv2d.mistake(
    "the row is left out",
    hint="Two passes: what the first one gives is the image of the second.",
)
def _(right, x, column, row):
    return right(x, column, np.ones(1))


@separable_conv2d.mistake(
    "the column is left out",
    hint="The second pass should read the result of the first, not the image again.",
)
def _(right, x, column, row):
    return right(x, np.ones(1), row)


@separable_conv2d.mistake(
    "the two passes are added",
    hint="The passes follow one another: the row slides over what the column gave.",
)
def _(right, x, column, row):
    OH, OW = right(x, column, row).shape
    return right(x, column, np.ones(1))[:, :OW] + right(x, np.ones(1), row)[:OH]


@separable_conv2d.mistake(
    "the weights of column and row are added",
    hint="Weight (u, v) of the kernel is column u times row v.",
)
def _(right, x, column, row):
    return right(x, column, np.ones_like(row)) + right(x, np.ones_like(column), row)
