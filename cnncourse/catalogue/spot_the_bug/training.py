"""Broken layers that know about training: batch norm and dropout."""

import numpy as np

from cnncourse.catalogue.exercise import exercise
from cnncourse.catalogue.spot_the_bug import broken
from cnncourse.catalogue.spot_the_bug.bug import Blind, Bug, anything, set_up


@exercise(
    "16_spot_the_bug",
    section="15_normalisation#norm-batch",
    outputs={
        "x": "N C H W",
        "weight": "C",
        "bias": "C",
        "expected": "N C H W",
        "atol": "",
    },
)
def catch_batch_norm_variance():
    """Catch batch norm that divides by the unbiased deviation."""
    return _BATCH_NORM.test(_BATCH_NORM.good)


def _maps(*channels):
    """Make a batch whose images are single pixels; a list for each channel."""
    return np.array(channels, dtype=float).T[:, :, None, None]


def _channel_misfit(x, weight, bias):
    C = x.shape[1]
    if len(weight) != C or len(bias) != C:
        return f"x has {C} channels, weight {len(weight)} numbers and bias {len(bias)}"
    return None


_BATCH_NORM = Bug(
    layer="batch_norm2d",
    broken=broken.broken_batch_norm2d,
    good=lambda: (_maps([1, 3, 5], [10, 40, 10]), np.array([1.0, 2]), np.array([0.0, 5])),
    uneven=lambda: (_maps([1, 3, 8], [10, 40, 10]), np.array([1.0, 2]), np.array([0.0, 5])),
    unfit=lambda: (_maps([1, 3, 5], [10, 40, 10]), np.array([1.0]), np.array([0.0])),
    atol=1e-3,
    misfit=_channel_misfit,
    blind=[
        Blind(
            "every channel holds one number only, over and over",
            "A channel without spread has variance 0 by either formula.",
            lambda x, weight, bias: not x.var(axis=(0, 2, 3)).any(),
            lambda: (_maps([3, 3], [7, 7]), np.array([1.0, 2]), np.array([1.0, 5])),
        ),
        Blind(
            "the weights hide the normalised numbers",
            "A weight of 0 leaves nothing but the bias.",
            anything,
            lambda: (_maps([1, 3], [7, 5]), np.array([0.0, 0]), np.array([1.0, 5])),
        ),
    ],
)
set_up(catch_batch_norm_variance, _BATCH_NORM)


@exercise(
    "16_spot_the_bug",
    section="16_regularisation#regular-dropout",
    outputs={
        "x": "N D",
        "draws": "N D",
        "p": "",
        "training": "",
        "expected": "N D",
        "atol": "",
    },
    kind={
        "x": float,
        "draws": float,
        "p": float,
        "training": bool,
        "expected": float,
        "atol": float,
    },
)
def catch_dropout_scale():
    """Catch dropout that divides by the chance of the wrong event."""
    return _DROPOUT.test(_DROPOUT.good)


def _dropout_misfit(x, draws, p, training):
    if x.shape != draws.shape:
        return f"x has shape {x.shape}, draws {draws.shape}"
    if not 0 <= p < 1:
        return f"p is {p:g}, and should be in [0, 1)"
    return None if (draws >= 0).all() and (draws < 1).all() else "draws are not in [0, 1)"


_DROPOUT = Bug(
    layer="dropout",
    broken=broken.broken_dropout,
    good=lambda: (np.array([[3.0, 6, -9]]), np.array([[0.1, 0.5, 0.9]]), 0.25, True),
    uneven=lambda: (np.array([[1.0, 2, -9]]), np.array([[0.1, 0.5, 0.9]]), 0.3, True),
    unfit=lambda: (np.array([[3.0, 6, -9]]), np.array([[0.1, 0.5]]), 0.25, True),
    misfit=_dropout_misfit,
    # What is kept is decided in float64: a draw close to p is no matter of rounding.
    as_torch=lambda x, draws, p, training: (x, np.asarray(draws) >= p, p, training),
    blind=[
        Blind(
            "nothing is dropped in test mode",
            "Without training, dropout hands on what it gets, bug or no bug.",
            lambda x, draws, p, training: not training,
            lambda: (np.array([[3.0, 6, -9]]), np.array([[0.1, 0.5, 0.9]]), 0.25, False),
        ),
        Blind(
            "with p one half the bug cannot be seen",
            "One half is dropped and one half is kept: two numbers that should be told apart "
            "are the same.",
            lambda x, draws, p, training: abs(p - 0.5) < 1e-3,
            lambda: (np.array([[3.0, 6, -9]]), np.array([[0.1, 0.5, 0.9]]), 0.5, True),
        ),
        Blind(
            "nothing is left to be scaled",
            "What is dropped is 0, whatever it is divided by. Keep some numbers that are not 0.",
            anything,
            lambda: (np.array([[3.0, 6, -9]]), np.array([[0.1, 0.5, 0.7]]), 0.75, True),
        ),
    ],
)
set_up(catch_dropout_scale, _DROPOUT)
