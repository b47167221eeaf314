"""How much of the image one value has seen."""

import itertools

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("03_sizes", section="10_sizes#sizes-receptive", outputs={"fields": "L"}, kind=int)
def receptive_field(layers):
    """Tell how many pixels of the image one value can see, along one axis."""
    return reference.receptive_field(layers)


@receptive_field.cases
def _(rng):
    def case(claim, *rows):
        names = ("kernel_size", "stride", "dilation")
        return Case(claim, {"layers": [dict(zip(names, row, strict=True)) for row in rows]})

    k, odd = int(rng.integers(4, 8)), int(rng.choice([5, 7]))
    yield case("two convolutions of 3", (3, 1, 1), (3, 1, 1))
    yield case("windows of different sizes", (k, 1, 1), (3, 1, 1), (odd, 1, 1))
    yield case("1 x 1 sees no further", (odd, 1, 1), (1, 1, 1), (k, 1, 1))
    yield case("a stride widens what comes after it", (3, 1, 1), (2, 2, 1), (odd, 1, 1))
    yield case("strides multiply", (k, 2, 1), (3, 3, 1), (3, 2, 1), (4, 1, 1))
    yield case("dilation", (3, 1, 2), (odd, 1, 3))
    yield case("a stride, then a dilation", (3, 2, 1), (k, 1, 2), (3, 3, 3), (3, 1, 2))
    yield case("LeNet-5", (5, 1, 1), (2, 2, 1), (5, 1, 1), (2, 2, 1))


def _grown(step):
    """Grow a field layer by layer, as a slip does it; `step` gives what one layer adds."""

    def wrong(right, layers):
        # What a layer adds is asked of the right function: it alone, at stride 1.
        field, jump, jumps, fields = 1, 1, [], []
        for layer in layers:
            reach = int(right([{**layer, "stride": 1}])[0]) - 1
            field += step(layer, reach, jump, jumps)
            jumps.append(jump)
            jump *= layer["stride"]
            fields.append(field)
        return np.array(fields)

    return wrong


for _name, _hint, _wrong in (
    (
        "strides do not widen the later windows",
        "After a stride of 2, neighbouring values lie two pixels of the image apart.",
        _grown(lambda layer, reach, jump, jumps: reach),
    ),
    (
        "a layer's own stride already widens its window",
        "A stride moves the window on; how far it reaches depends on the strides before.",
        _grown(lambda layer, reach, jump, jumps: reach * jump * layer["stride"]),
    ),
    (
        "the strides are added instead of multiplied",
        "Two strides of 2 make steps of 4 pixels, three make steps of 8.",
        _grown(lambda layer, reach, jump, jumps: reach * _added(jumps, jump)),
    ),
    (
        "each stride is added to the jump",
        "A stride of 1 changes nothing, and two strides of 2 make steps of 4 pixels.",
        _grown(
            lambda layer, reach, jump, jumps: reach * (1 + sum(_strides(jumps, jump))),
        ),
    ),
    (
        "the dilation moves the later values apart, as a stride does",
        "Dilation spreads the weights of one layer; its window still moves on by its stride.",
        lambda right, layers: _dilated_jumps(right, layers),
    ),
    (
        "only the stride of the layer before counts",
        "All strides up to here have moved the values apart.",
        _grown(lambda layer, reach, jump, jumps: reach * (jump // jumps[-1] if jumps else 1)),
    ),
    (
        "the dilation is ignored",
        "A window of 3 with dilation 2 reaches over five values.",
        lambda right, layers: right([{**layer, "dilation": 1} for layer in layers]),
    ),
    (
        "a window of k adds k pixels",
        "A window of 1 adds nothing, one of 3 adds one pixel at either side.",
        _grown(lambda layer, reach, jump, jumps: (reach + 1) * jump),
    ),
    (
        "the field grows at one side only",
        "A window of 3 adds a pixel at either side, two in all.",
        _grown(lambda layer, reach, jump, jumps: reach * jump // 2),
    ),
    (
        "the fields of the layers are multiplied",
        "Two windows of 3 see five pixels, not nine: they overlap.",
        lambda right, layers: np.cumprod([right([layer])[0] for layer in layers]),
    ),
    (
        "the field of no layer at all is taken to be 0",
        "Before the first layer a value sees one pixel: itself.",
        lambda right, layers: right(layers) - 1,
    ),
    (
        "the area is counted",
        "Along one axis: 5, not 25.",
        lambda right, layers: right(layers) ** 2,
    ),
    (
        "only the last field is told",
        "One number for each layer is asked for.",
        lambda right, layers: right(layers)[-1:],
    ),
    (
        "the layers are taken in the opposite order",
        "Begin with the layer next to the image: its stride counts for all that follow.",
        lambda right, layers: right(layers[::-1]),
    ),
    (
        "every layer is measured by itself",
        "A value sees through all the layers before: add up.",
        lambda right, layers: np.array([right([layer])[0] for layer in layers]),
    ),
):
    receptive_field.mistake(_name, hint=_hint)(_wrong)


def _added(jumps, jump):
    """Add the strides so far, where they should be multiplied."""
    return sum(step for step in _strides(jumps, jump) if step > 1) or 1


def _strides(jumps, jump):
    """Tell the strides of the layers before, from the jumps that they made."""
    return [later // earlier for earlier, later in itertools.pairwise([*jumps, jump])]


def _dilated_jumps(right, layers):
    """Let each dilation widen what comes after it: as a layer of 1 with that stride does."""
    rows = []
    for layer in layers:
        rows += [layer, {"kernel_size": 1, "stride": layer["dilation"], "dilation": 1}]
    return right(rows)[::2]
