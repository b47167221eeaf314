"""Batch normalisation at its simplest: features of a batch, while training."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.regularise.standardise import (
    add_affine_mistakes,
    add_spread_mistakes,
    draw_affine,
    draw_columns,
)


@exercise("09_regularise", section="15_normalisation#norm-batch", outputs={"out": "N D"})
def batch_norm(x, weight, bias, *, eps=1e-5):
    """Normalise every feature over the batch, as PyTorch does while training."""
    return reference.batch_norm(x, weight, bias, eps=eps)


@batch_norm.cases
def _(rng):
    # Three features: of two, every row by itself would give 1 and -1 as well.
    by_hand = {"weight": np.array([2.0, 3, 4]), "bias": rng.integers(4, 9, 3).astype(float)}
    yield Case("four rows of three features", {"x": draw_columns(rng, 3), **by_hand})
    N, D = 5 + rng.permutation(3)[:2]
    x = rng.normal(rng.uniform(-4, 4, D), rng.uniform(1, 3, D), size=(N, D))
    weight, bias = draw_affine(rng, D)
    parameters = {"weight": weight, "bias": bias}
    yield Case("features of other means and spreads", {"x": x, **parameters})
    yield Case("eps 0.5", {"x": x, **parameters, "eps": 0.5})
    yield Case("numbers that differ by thousandths", {"x": x / 1000, **parameters})
    constant = x.copy()
    constant[:, 0] = 3
    yield Case("a feature that is the same in every row", {"x": constant, **parameters})
    yield Case("two rows, stored in another order", {"x": np.asfortranarray(x[:2]), **parameters})


def _moments(given):
    x = given["x"]
    return x.mean(axis=0), x.std(axis=0), len(x)


def _add_axis_mistake(name, hint, normalise):
    """Register numbers normalised over other axes; `normalise` has no weights yet."""

    @batch_norm.mistake(name, hint=hint)
    def _(right, x, weight, bias, *, eps=1e-5):
        def plain(columns):
            D = columns.shape[1]
            return right(columns, np.ones(D), np.zeros(D), eps=eps)

        return normalise(plain, x) * weight + bias


_add_axis_mistake(
    "every row is normalised by itself",
    "A feature is compared with the same feature of the other rows: over which axis do you "
    "take the mean?",
    lambda plain, x: plain(x.T).T,
)
_add_axis_mistake(
    "all features share one mean and one variance",
    "Every feature has a mean and a variance of its own: (D,) numbers, not one.",
    lambda plain, x: plain(x.reshape(-1, 1)).reshape(x.shape),
)
add_spread_mistakes(batch_norm, _moments, "15_normalisation#norm-batch")
add_affine_mistakes(batch_norm, "15_normalisation#norm-batch")
