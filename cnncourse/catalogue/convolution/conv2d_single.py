"""The convolution layer at its simplest: one image, one channel, one kernel."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.windows import (
    add_kernel_mistakes,
    add_padding_mistakes,
    add_stride_mistakes,
    add_sum_mistakes,
)


@exercise(
    "04_convolution",
    section="03_filters#filters-two-dimensions",
    outputs={"out": "OH OW"},
)
def conv2d_single(x, w, b=0.0, *, stride=1, padding=0):
    """Cross-correlate one image of one channel with one kernel and add a bias."""
    return reference.conv2d(x[None, None], w[None, None], [b], stride=stride, padding=padding)[
        0, 0
    ]


@conv2d_single.cases
def _(rng):
    x, w = draw_by_hand(rng)
    yield Case("a 3 x 4 image and a 2 x 2 kernel", {"x": x, "w": w})
    H, W = 8 + rng.permutation(2)
    x = rng.normal(size=(H, W))
    yield Case("a kernel of 3 x 2 pixels", {"x": x, "w": rng.normal(size=(3, 2))})
    yield Case("a bias", {"x": x, "w": rng.normal(size=(2, 3)), "b": float(rng.integers(3, 9))})
    w = rng.normal(size=(3, 3))
    yield Case("stride 4, which does not divide", {"x": x, "w": w, "stride": 4})
    yield Case("padding 2", {"x": x, "w": w, "padding": 2})
    yield Case(
        "bias, stride and padding at once, on a view of a larger image",
        {
            "x": rng.normal(size=(10, 18))[:, ::2].T,
            "w": rng.normal(size=(4, 3)),
            "b": float(rng.integers(3, 9)),
            "stride": 2,
            "padding": 1,
        },
    )
    yield Case("a kernel as large as the image", {"x": x, "w": rng.normal(size=x.shape)})


def draw_by_hand(rng):
    """Draw a small image and a kernel of whole numbers, to be checked on paper."""
    # All weights differ, so that no turn of the kernel leaves it as it was.
    x, w = rng.permutation(12), rng.permutation([-1, 1, 2, 3])
    return x.reshape(3, 4) * 1.0, w.reshape(2, 2) * 1.0


@conv2d_single.mistake(
    "the window and the kernel are multiplied as matrices",
    hint="`@` multiplies rows by columns. Here every pixel meets the one weight that lies on it: "
    "what does that in NumPy?",
)
def _(right, x, w, *rest, **options):
    if w.shape[0] != w.shape[1]:
        raise ValueError(f"matmul: a {w.shape} window does not multiply a {w.shape} kernel")
    # The sum over a matrix product: columns' sums of the window times rows' sums of w.
    return right(x, np.tile(w.sum(axis=1), (len(w), 1)), *rest, **options)


add_kernel_mistakes(conv2d_single)
add_sum_mistakes(conv2d_single)
add_stride_mistakes(conv2d_single)
add_padding_mistakes(conv2d_single)


@conv2d_single.mistake(
    "the bias is missing",
    hint="b is one number, added to every pixel of the output.",
    section="04_convolution#convolution-bias",
)
def _(right, x, w, b=0.0, **options):
    return right(x, w, **options)


@conv2d_single.mistake(
    "the bias is added once for every weight of the kernel",
    hint="Sum the window first, then add b: once for every pixel of the output.",
    section="04_convolution#convolution-bias",
)
def _(right, x, w, b=0.0, **options):
    return right(x, w, b * w.size, **options)
