"""Broken layers that go forward over images: linear, convolution, pooling."""

import numpy as np

from cnncourse.catalogue.exercise import exercise
from cnncourse.catalogue.spot_the_bug import broken
from cnncourse.catalogue.spot_the_bug.bug import Blind, Bug, anything, set_up

LONGEST = 100  # pixels: a stride beyond that tests nothing


def image(*rows):
    """Make a batch of one image with one channel."""
    return np.array(rows, dtype=float)[None, None]


def window_misfit(x, kernel_size, stride):
    """Say what is wrong with a window; None if nothing is."""
    if not 1 <= kernel_size <= min(x.shape[2:]):
        return f"a window of {kernel_size} pixels does not fit into {x.shape[2:]}"
    return None if 1 <= stride <= LONGEST else f"the stride is {stride}, not 1 to {LONGEST}"


@exercise(
    "16_spot_the_bug",
    section="09_fully_connected#fc-linear",
    outputs={"x": "N D", "w": "F D", "b": "F", "expected": "N F", "atol": ""},
)
def catch_linear_transposed():
    """Catch a fully connected layer that forgets to transpose its weights."""
    return _LINEAR.test(_LINEAR.good)


_LINEAR = Bug(
    layer="linear",
    broken=broken.broken_linear,
    good=lambda: (
        np.array([[1.0, 2, 3], [0, -1, 4]]),
        np.array([[1.0, 0, -1], [2, 1, 0], [0, 3, 1], [1, 1, 1]]),
        np.array([10.0, 20, 30, 40]),
    ),
    uneven=lambda: (
        np.array([[1.0, 2], [5, -4]]) / 7,
        np.array([[1.0, 2], [4, 9]]) / 7,
        np.array([1.0, 2]) / 7,
    ),
    unfit=lambda: (np.ones((2, 3)), np.ones((3, 4)), np.ones(4)),
    misfit=lambda x, w, b: (
        None if len(b) == len(w) else f"b has {len(b)} numbers, w has {len(w)} rows"
    ),
    blind=[
        Blind(
            "the weights are the same when rows and columns are swapped",
            "The identity, zeros, all ones: none of them changes when it is transposed. "
            "Which weights do?",
            lambda x, w, b: w.shape[0] == w.shape[1] and np.allclose(w, w.T),
            lambda: (np.array([[1.0, 2]]), np.array([[2.0, 5], [5, 3]]), np.array([1.0, 1])),
        ),
        Blind(
            "x hides what the weights are",
            "A 0 in x hides every weight that it meets. Take numbers that all differ.",
            anything,
            lambda: (np.zeros((1, 2)), np.array([[1.0, 2], [3, 4]]), np.array([5.0, 6])),
        ),
    ],
)
set_up(catch_linear_transposed, _LINEAR)


@exercise(
    "16_spot_the_bug",
    section="08_pooling#pooling-max",
    outputs={
        "x": "N C H W",
        "kernel_size": "",
        "stride": "",
        "expected": "N C OH OW",
        "atol": "",
    },
    kind={"x": float, "kernel_size": int, "stride": int, "expected": float, "atol": float},
)
def catch_max_pool_zero():
    """Catch max pooling whose largest value so far starts at 0."""
    return _MAX_POOL.test(_MAX_POOL.good)


_MAX_POOL = Bug(
    layer="max_pool2d",
    broken=broken.broken_max_pool2d,
    good=lambda: (image([-3, -1, 5, 2], [-2, -4, 0, 1]), 2, 2),
    uneven=lambda: (image([-3, -1, 5, 2], [-2, -4, 0, 1]) / 7, 2, 2),
    unfit=lambda: (image([-3, -1, 5, 2], [-2, -4, 0, 1]), 3, 1),
    misfit=window_misfit,
    blind=[
        Blind(
            "every window holds a number that is not negative",
            "Where a layer starts counting shows only if all it sees lies below the start.",
            anything,
            lambda: (image([-3, -1, 5, 2], [-2, 4, 0, 1]), 2, 2),
        ),
    ],
)
set_up(catch_max_pool_zero, _MAX_POOL)


@exercise(
    "16_spot_the_bug",
    section="03_filters#filters-flip",
    outputs={"x": "N C H W", "w": "F C KH KW", "expected": "N F OH OW", "atol": ""},
)
def catch_conv2d_flipped():
    """Catch a convolution layer that turns its kernels by 180 degrees."""
    return _CONV2D.test(_CONV2D.good)


_CONV2D = Bug(
    layer="conv2d",
    broken=broken.broken_conv2d,
    good=lambda: (image([0, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]), image([1, 2], [3, 4])),
    uneven=lambda: (image([1, 2, 3, 7], [5, 4, 9, 8]) / 7, image([1, 2], [3, 9]) / 7),
    unfit=lambda: (image([1, 2, 3], [4, 5, 6]), np.ones((1, 2, 2, 2))),
    blind=[
        Blind(
            "the kernel looks the same when it is turned by 180 degrees",
            "Box, Gauss and Laplace do, and so does a single 1 in the middle. A kernel of which "
            "no two numbers are equal does not.",
            lambda x, w: np.allclose(w, w[:, :, ::-1, ::-1]),
            lambda: (image([1, 2, 3, 5], [5, 4, 9, 8]), image([1, 2], [2, 1])),
        ),
        Blind(
            "the image hides which way round the kernel is",
            "On a plain surface only the sum of the kernel counts. A single bright pixel draws "
            "the whole kernel.",
            anything,
            lambda: (np.ones((1, 1, 3, 4)), image([1, 2], [3, 4])),
        ),
    ],
)
set_up(catch_conv2d_flipped, _CONV2D)


@exercise(
    "16_spot_the_bug",
    section="08_pooling#pooling-stride",
    outputs={
        "x": "N C H W",
        "kernel_size": "",
        "stride": "",
        "expected": "N C OH OW",
        "atol": "",
    },
    kind={"x": float, "kernel_size": int, "stride": int, "expected": float, "atol": float},
)
def catch_avg_pool_stride():
    """Catch average pooling that counts its windows by H // stride."""
    return _AVG_POOL.test(_AVG_POOL.good)


_AVG_POOL = Bug(
    layer="avg_pool2d",
    broken=broken.broken_avg_pool2d,
    good=lambda: (image([1, 3, 5, 7], [3, 1, 7, 9], [0, 4, 2, 2]), 2, 1),
    uneven=lambda: (image([1, 3, 5, 7], [3, 1, 7, 9], [0, 4, 2, 3]) / 7, 2, 1),
    unfit=lambda: (image([1, 3, 5, 7], [3, 1, 7, 9], [0, 4, 2, 2]), 4, 1),
    misfit=window_misfit,
    blind=[
        Blind(
            "the windows lie side by side",
            "With a stride as long as the window, H // stride is the right number. Let the two "
            "differ.",
            lambda x, kernel_size, stride: kernel_size == stride,
            lambda: (image([1, 3, 5, 7, 9], [3, 1, 7, 9, 0]), 2, 2),
        ),
        Blind(
            "this size comes out right by both formulas",
            "Work out (H - K) // stride + 1 and H // stride for some sizes, for rows and for "
            "columns. Where do they differ?",
            anything,
            lambda: (np.arange(35.0).reshape(1, 1, 7, 5), 3, 2),
        ),
    ],
)
set_up(catch_avg_pool_stride, _AVG_POOL)
