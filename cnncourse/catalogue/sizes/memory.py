"""What a network costs: the memory of its activations."""

import math

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.sizes.networks import draw_channels


@exercise("03_sizes", section="10_sizes#sizes-memory", outputs={"memory": ""}, kind=int)
def activation_memory(shapes, *, batch_size=1, bytes_per_value=4):
    """Add up the memory of all activations that a training step keeps."""
    return reference.activation_memory(
        shapes, batch_size=batch_size, bytes_per_value=bytes_per_value
    )


@activation_memory.cases
def _(rng):
    def case(claim, rows, **options):
        return Case(claim, {"shapes": np.array(rows, dtype=np.int64), **options})

    a, b, c = draw_channels(rng, 3)
    rows = [(3, 9, 7), (a, 8, 6), (b, 4, 3), (c, 1, 1)]
    yield case("a small image and one layer", [(1, 4, 3), (int(rng.integers(2, 6)), 2, 1)])
    yield case("several layers", rows)
    yield case("a batch", rows, batch_size=int(rng.integers(5, 30)))
    yield case("half precision", rows, bytes_per_value=2)
    yield case("double precision and a batch", rows, batch_size=3, bytes_per_value=8)
    yield case("an image alone", rows[:1])


for _name, _hint, _wrong in (
    (
        "the image itself is left out",
        "The first layer's weights need it again for their gradient: it is kept, too.",
        lambda right, shapes, **options: right(shapes[1:], **options),
    ),
    (
        "only the largest layer counts",
        "While training, all activations are kept until the gradients have come back.",
        lambda right, shapes, **options: max(right(row[None], **options) for row in shapes),
    ),
    (
        "only the last layer counts",
        "While training, all activations are kept until the gradients have come back.",
        lambda right, shapes, **options: right(shapes[-1:], **options),
    ),
    (
        "the batch is left out",
        "Every image of the batch has activations of its own.",
        lambda right, shapes, **options: right(shapes, **{**options, "batch_size": 1}),
    ),
    (
        "values are counted instead of bytes",
        "A float32 takes four bytes.",
        lambda right, shapes, *, bytes_per_value=4, **options: (
            right(shapes, bytes_per_value=4, **options) // 4
        ),
    ),
    (
        "every value takes four bytes",
        "That is right for float32: use `bytes_per_value`.",
        lambda right, shapes, **options: right(shapes, **{**options, "bytes_per_value": 4}),
    ),
    (
        "bits are counted",
        "A byte holds eight bits; asked for are bytes.",
        lambda right, shapes, **options: 8 * right(shapes, **options),
    ),
    (
        "the channels are left out",
        "Each channel is a map of H times W values.",
        lambda right, shapes, **options: right(shapes * [0, 1, 1] + [1, 0, 0], **options),
    ),
    (
        "channels, height and width are added instead of multiplied",
        "A volume: C maps of H rows of W values.",
        lambda right, shapes, **options: right(
            np.stack([shapes.sum(axis=1), *(np.ones_like(shapes[:, 0]),) * 2], axis=1), **options
        ),
    ),
    (
        "the layers are multiplied instead of added",
        "Each row by itself is a number of values: multiply along it, then add the rows up.",
        lambda right, shapes, **options: _rows_multiplied(right, shapes, **options),
    ),
    (
        "the height is squared",
        "Images need not be square: H times W values in a map.",
        lambda right, shapes, **options: right(shapes[:, [0, 1, 1]], **options),
    ),
    (
        "everything is counted twice",
        "The gradients need memory, too, but asked for are the activations.",
        lambda right, shapes, **options: 2 * right(shapes, **options),
    ),
):
    activation_memory.mistake(_name, hint=_hint)(_wrong)


def _rows_multiplied(right, shapes, **options):
    one = right(np.ones((1, 3), dtype=np.int64), **options)
    return one * math.prod(shapes.ravel().tolist())
