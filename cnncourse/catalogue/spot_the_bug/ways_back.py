"""Broken layers on the way back: ReLU and max pooling."""

import numpy as np

from cnncourse.catalogue.exercise import exercise
from cnncourse.catalogue.spot_the_bug import broken
from cnncourse.catalogue.spot_the_bug.bug import Blind, Bug, anything, set_up
from cnncourse.catalogue.spot_the_bug.windows import image, window_misfit


@exercise(
    "16_spot_the_bug",
    section="12_backpropagation#backprop-relu",
    outputs={"dout": "N D", "x": "N D", "expected": "N D", "atol": ""},
)
def catch_relu_backward_guided():
    """Catch a way back through ReLU that lets no negative gradient pass."""
    return _RELU.test(_RELU.good)


_RELU = Bug(
    layer="relu_backward",
    broken=broken.broken_relu_backward,
    good=lambda: (np.array([[5.0, -6, 7, -8]]), np.array([[1.0, 2, -3, -4]])),
    uneven=lambda: (np.array([[5.0, -6, 9, -8]]) / 7, np.array([[1.0, 2, -3, -4]])),
    unfit=lambda: (np.array([[5.0, -6, 7, -8]]), np.array([[1.0, 2, -3]])),
    misfit=lambda dout, x: (
        None if dout.shape == x.shape else f"dout has shape {dout.shape}, x {x.shape}"
    ),
    blind=[
        Blind(
            "no gradient from above is negative",
            "A dout of ones is what a sum has as a loss. From a real loss come gradients of both "
            "signs.",
            lambda dout, x: (dout >= 0).all(),
            lambda: (np.array([[5.0, 6, 7, 8]]), np.array([[1.0, 2, -3, -4]])),
        ),
        Blind(
            "negative gradients meet only what ReLU has cut off",
            "There both give 0. Let a negative gradient meet an x that passed.",
            anything,
            lambda: (np.array([[5.0, 6, -7, -8]]), np.array([[1.0, 2, -3, -4]])),
        ),
    ],
)
set_up(catch_relu_backward_guided, _RELU)


@exercise(
    "16_spot_the_bug",
    section="12_backpropagation#backprop-pooling",
    outputs={
        "dout": "N C OH OW",
        "x": "N C H W",
        "kernel_size": "",
        "stride": "",
        "expected": "N C H W",
        "atol": "",
    },
    kind={
        "dout": float,
        "x": float,
        "kernel_size": int,
        "stride": int,
        "expected": float,
        "atol": float,
    },
)
def catch_max_pool_backward_overlap():
    """Catch a way back through max pooling that keeps only the last of several gradients."""
    return _MAX_POOL.test(_MAX_POOL.good)


def _misfit(dout, x, kernel_size, stride):
    if why := window_misfit(x, kernel_size, stride):
        return why
    due = (*x.shape[:2], *((size - kernel_size) // stride + 1 for size in x.shape[2:]))
    return None if dout.shape == due else f"dout has shape {dout.shape}, these windows give {due}"


_MAX_POOL = Bug(
    layer="max_pool2d_backward",
    broken=broken.broken_max_pool2d_backward,
    good=lambda: (image([10, 20]), image([1, 2, 3], [4, 9, 5]), 2, 1),
    uneven=lambda: (image([10, 20]) / 7, image([1, 2, 3], [4, 9, 5]), 2, 1),
    unfit=lambda: (image([10, 20, 30]), image([1, 2, 3], [4, 9, 5]), 2, 1),
    misfit=_misfit,
    blind=[
        Blind(
            "the windows do not overlap",
            "Then no pixel gets more than one gradient, and there is nothing to add up.",
            lambda dout, x, kernel_size, stride: kernel_size <= stride,
            lambda: (image([10, 20]), image([1, 2, 3, 6], [4, 9, 5, 7]), 2, 2),
        ),
        Blind(
            "no pixel is the largest of two windows",
            "Where windows overlap, put the largest number into the overlap, and let both "
            "windows have a gradient.",
            anything,
            lambda: (image([10, 20]), image([1, 2, 8], [4, 7, 5]), 2, 1),
        ),
    ],
)
set_up(catch_max_pool_backward_overlap, _MAX_POOL)
