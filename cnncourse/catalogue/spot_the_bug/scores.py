"""Broken layers of a classifier's end: softmax and its loss."""

import numpy as np

from cnncourse.catalogue.exercise import exercise
from cnncourse.catalogue.spot_the_bug import broken
from cnncourse.catalogue.spot_the_bug.bug import Blind, Bug, anything, set_up


@exercise(
    "16_spot_the_bug",
    section="07_activation#activation-softmax",
    outputs={"x": "N C", "expected": "N C", "atol": ""},
)
def catch_softmax_overflow():
    """Catch a softmax whose exponentials overflow."""
    return _SOFTMAX.test(_SOFTMAX.good)


_SOFTMAX = Bug(
    layer="softmax",
    broken=broken.broken_softmax,
    good=lambda: (np.array([[1000.0, 1000, 1000, 1000], [0, 0, 0, 1000]]),),
    uneven=lambda: (np.array([[1000.0, 1001, 1003]]),),
    unfit=lambda: (np.zeros((0, 4)),),
    blind=[
        Blind(
            "no score is large enough",
            "How large may x be until np.exp(x) is more than float64 can hold? Try it.",
            anything,
            lambda: (np.array([[10.0, 10, 10, 10], [0, 0, 0, 100]]),),
        ),
    ],
)
set_up(catch_softmax_overflow, _SOFTMAX)


@exercise(
    "16_spot_the_bug",
    section="09_fully_connected#fc-loss",
    outputs={"logits": "N C", "labels": "N", "expected": "", "atol": ""},
    kind={"logits": float, "labels": int, "expected": float, "atol": float},
)
def catch_cross_entropy_pairs():
    """Catch a cross-entropy that asks every image for every label of the batch."""
    return _CROSS_ENTROPY.test(_CROSS_ENTROPY.good)


def _label_misfit(logits, labels):
    if len(logits) != len(labels):
        return f"there are {len(logits)} images and {len(labels)} labels"
    classes = logits.shape[1]
    if labels.min() < 0 or labels.max() >= classes:
        return f"with {classes} classes, labels go from 0 to {classes - 1}"
    return None


_CROSS_ENTROPY = Bug(
    layer="cross_entropy",
    broken=broken.broken_cross_entropy,
    good=lambda: (np.array([[0.0, 0, -50], [100, 0, 0]]), np.array([0, 1])),
    uneven=lambda: (np.array([[0.0, 1, 3], [1, 0, -1]]), np.array([1, 0])),
    unfit=lambda: (np.array([[0.0, 0, 2], [8, 0, 0]]), np.array([1, 3])),
    misfit=_label_misfit,
    blind=[
        Blind(
            "the batch holds only one image",
            "One image and one label make one pair, whatever the loss does. What about two?",
            lambda logits, labels: len(labels) == 1,
            lambda: (np.array([[0.0, 1, 3]]), np.array([1])),
        ),
        Blind(
            "all images have the same label",
            "Then it makes no difference whose label an image is asked for.",
            lambda logits, labels: (labels == labels[0]).all(),
            lambda: (np.array([[0.0, 1, 3], [1, 0, -1]]), np.array([1, 1])),
        ),
        Blind(
            "the images are scored too much alike",
            "If two images get the same scores, their labels may be swapped without a trace.",
            anything,
            lambda: (np.array([[0.0, 1, 3], [0, 1, 3]]), np.array([1, 0])),
        ),
    ],
)
set_up(catch_cross_entropy_pairs, _CROSS_ENTROPY)
