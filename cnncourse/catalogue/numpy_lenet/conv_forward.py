"""The convolution layer's output, with the options that networks need most."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.layers import add_layer_mistakes
from cnncourse.catalogue.windows import (
    add_kernel_mistakes,
    add_padding_mistakes,
    add_stride_mistakes,
    add_sum_mistakes,
)


@exercise(
    "15_numpy_lenet",
    section="04_convolution#convolution-several-filters",
    outputs={"out": "N F OH OW"},
)
def conv2d_forward(x, w, b=None, *, stride=1, padding=0):
    """Cross-correlate every image with every filter and add the bias."""
    return reference.conv2d(x, w, b, stride=stride, padding=padding)


@conv2d_forward.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 13.0)).reshape(1, 1, 3, 4)
    w = np.array([[1.0, 0.0], [2.0, -1.0]])[None, None]
    yield Case("a 3 x 4 image, one filter of 2 x 2, no bias", {"x": x, "w": w})
    N, C, F = rng.permutation([2, 3, 4])
    layer = draw_layer(rng, N, C, 8, 9, F, 3, 2)
    yield Case("several images, channels and filters", layer)
    layer["x"] = np.asfortranarray(layer["x"])
    yield Case(
        "stride 3, which does not divide, on images stored in another order",
        layer | {"stride": 3},
    )
    layer = draw_layer(rng, 2, 3, 6, 7, 4, 3, 2)
    yield Case("padding 2", layer | {"padding": 2})
    yield Case("stride 2 and padding 1", layer | {"stride": 2, "padding": 1})
    square = draw_layer(rng, 2, 3, 5, 5, 3, 3, 3)
    yield Case("as many filters as channels, square kernels", square | {"padding": 1})
    yield Case("an empty batch stays empty", layer | {"x": np.zeros((0, 3, 6, 7))})


def draw_layer(rng, N, C, H, W, F, KH, KW):
    """Draw images, weights and biases of a layer."""
    x, w = rng.normal(size=(N, C, H, W)), rng.normal(size=(F, C, KH, KW))
    return {"x": x, "w": w, "b": rng.normal(size=F)}


add_kernel_mistakes(conv2d_forward)
add_sum_mistakes(conv2d_forward)
add_layer_mistakes(conv2d_forward)
add_stride_mistakes(conv2d_forward)
add_padding_mistakes(conv2d_forward)


@conv2d_forward.mistake(
    "the first two axes of w are exchanged",
    hint="The first axis of w runs over the filters, the second over the channels of x.",
)
def _(right, x, w, b=None, **options):
    return right(x, w.swapaxes(0, 1) if w.shape[0] == w.shape[1] else w, b, **options)
