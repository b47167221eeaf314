"""The convolution layer in three dimensions, for volumes and films."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.layers import add_layer_mistakes
from cnncourse.catalogue.windows import (
    add_kernel_mistakes,
    add_padding_mistakes,
    add_stride_mistakes,
    add_sum_mistakes,
    per_axis,
)


@exercise(
    "04_convolution",
    section="04_convolution#convolution-three-dimensions",
    outputs={"out": "N F OD OH OW"},
)
def conv3d(x, w, b=None, *, stride=1, padding=0):
    """Cross-correlate every volume with every filter, as PyTorch does."""
    return reference.conv3d(x, w, b, stride=stride, padding=padding)


@conv3d.cases
def _(rng):
    yield Case(
        "one clip of 3 frames of 2 x 3 pixels, one channel, one filter",
        {
            "x": rng.permutation(18).reshape(1, 1, 3, 2, 3) * 1.0,
            "w": rng.permutation(np.arange(-3.0, 5.0)).reshape(1, 1, 2, 2, 2),
        },
    )
    yield Case(
        "as many filters as channels, kernels that are cubes",
        {"x": rng.normal(size=(2, 3, 5, 4, 6)), "w": rng.normal(size=(3, 3, 3, 3, 3))},
    )
    N, C, F = rng.permutation([2, 3, 4])
    layer = {
        "x": rng.normal(size=(N, C, 7, 8, 6)),
        "w": rng.normal(size=(F, C, 4, 3, 2)),
        "b": rng.normal(size=F),
    }
    yield Case("several clips, channels and filters, and a bias", layer)
    yield Case("stride 3, which does not divide", layer | {"stride": 3})
    layer["x"] = np.asfortranarray(layer["x"])
    yield Case("padding 1, on volumes stored in another order", layer | {"padding": 1})
    yield Case(
        "triples: depth, rows, columns", layer | {"stride": (1, 3, 2), "padding": (2, 0, 1)}
    )
    yield Case(
        "a kernel one frame deep sees every frame alone",
        layer | {"w": rng.normal(size=(F, C, 1, 3, 2))},
    )


add_kernel_mistakes(conv3d, axes=3)


@conv3d.mistake(
    "the kernel is flipped in rows and columns",
    hint="No axis of the kernel is turned round: it lies on the volume as it is.",
    section="03_filters#filters-flip",
)
def _(right, x, w, *rest, **options):
    return right(x, np.flip(w, (3, 4)), *rest, **options)


@conv3d.mistake(
    "the kernel is flipped in depth",
    hint="No axis of the kernel is turned round: its first slice lies on the earlier frame.",
    section="03_filters#filters-flip",
)
def _(right, x, w, *rest, **options):
    return right(x, np.flip(w, 2), *rest, **options)


@conv3d.mistake(
    "only the first slice of the kernel is used",
    hint="The window is a box: its products are summed over depth, rows and columns.",
)
def _(right, x, w, *rest, **options):
    first = np.zeros_like(w)
    first[:, :, 0] = w[:, :, 0]
    return right(x, first, *rest, **options)


@conv3d.mistake(
    "every frame is filtered alone and the slices of the kernel are summed",
    hint="Slice d of the kernel lies on frame d of the window: each meets a frame of its own.",
)
def _(right, x, w, *rest, **options):
    flat = np.zeros_like(w)
    flat[:, :, 0] = w.sum(axis=2)
    return right(x, flat, *rest, **options)


@conv3d.mistake(
    "the window does not move in depth",
    hint="The window slides along three axes: does your loop, or your slice, move in depth?",
)
def _(right, *arrays, **options):
    out = right(*arrays, **options)
    return np.repeat(out[:, :, :1], out.shape[2], axis=2)


@conv3d.mistake(
    "the depth is not padded",
    hint="Padding adds frames before and after as well as rows and columns.",
    section="06_padding#padding-size",
)
def _(right, *arrays, padding=0, **options):
    return right(*arrays, padding=(0, *per_axis(padding, 3)[1:]), **options)


@conv3d.mistake(
    "the depth has stride 1",
    hint="One int is the stride of all three axes; the first number of a triple is the depth's.",
    section="04_convolution#convolution-stride",
)
def _(right, *arrays, stride=1, **options):
    return right(*arrays, stride=(1, *per_axis(stride, 3)[1:]), **options)


@conv3d.mistake(
    "triples are read backwards",
    hint="A triple names depth, rows, columns, in the order of the axes of x.",
)
def _(right, *arrays, **options):
    triples = {k: v[::-1] for k, v in options.items() if isinstance(v, tuple)}
    return right(*arrays, **options | triples)


add_sum_mistakes(conv3d, axes=3)
add_stride_mistakes(conv3d, axes=3)
add_padding_mistakes(conv3d, axes=3)
add_layer_mistakes(conv3d)
