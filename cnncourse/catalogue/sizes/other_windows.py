"""Sizes that follow other rules: transposed convolution and pooling."""

import math

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("03_sizes", section="10_sizes#sizes-transposed", outputs={"out": ""}, kind=int)
def conv_transpose_output_size(
    size, kernel_size, *, stride=1, padding=0, output_padding=0, dilation=1
):
    """Count the pixels that a transposed convolution paints along one axis."""
    return reference.conv_transpose_output_size(
        size,
        kernel_size,
        stride=stride,
        padding=padding,
        output_padding=output_padding,
        dilation=dilation,
    )


@conv_transpose_output_size.cases
def _(rng):
    def case(claim, size, kernel_size, **options):
        return Case(claim, {"size": int(size), "kernel_size": kernel_size, **options})

    yield case("a kernel of 3 painted by a few pixels", rng.integers(4, 8), 3)
    yield case("a single pixel paints one kernel", 1, int(rng.integers(4, 9)))
    yield case("kernels painted 2 apart", rng.integers(8, 15), 5, stride=2)
    yield case(
        "kernels painted further apart than they are wide", rng.integers(8, 15), 2, stride=3
    )
    yield case("padding cuts off both ends", rng.integers(8, 15), 5, padding=1)
    yield case("one pixel more at the end", rng.integers(8, 15), 3, stride=2, output_padding=1)
    yield case("a kernel spread by dilation", rng.integers(8, 15), 4, dilation=3)
    yield case(
        "everything at once",
        rng.integers(8, 15),
        4,
        stride=3,
        padding=2,
        output_padding=2,
        dilation=2,
    )


def _changed(**changes):
    """Ask the right function with other options; each change is made from the arguments."""

    def wrong(right, size, kernel_size, **options):
        given = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, **options}
        given |= {"size": size, "kernel_size": kernel_size}
        return right(**{**given, **{name: change(given) for name, change in changes.items()}})

    return wrong


def _shifted(difference):
    """Answer rightly, then add what a slip in the formula adds."""

    def wrong(right, size, kernel_size, **options):
        given = {"stride": 1, "padding": 0, "output_padding": 0, "dilation": 1, **options}
        given |= {"size": size, "kernel_size": kernel_size}
        return right(size, kernel_size, **options) + difference(given)

    return wrong


def _convolved(size, kernel_size, *, output_padding=0, **options):
    """Count the places of a window that goes the other way, and may not fit once."""
    given = {"stride": 1, "padding": 0, "dilation": 1, **options}
    return math.floor(_starts({**given, "size": size, "kernel_size": kernel_size})) + 1


for _name, _hint, _wrong in (
    (
        "the stride is taken between all pixels and one more",
        "Between the first and the last of n pixels lie n - 1 strides.",
        _changed(size=lambda given: given["size"] + 1),
    ),
    (
        "the padding makes the output larger",
        "The padding of a transposed convolution is cut off: it undoes the padding of the "
        "convolution it turns round.",
        _shifted(lambda given: 4 * given["padding"]),
    ),
    (
        "the padding is ignored",
        "That many pixels are cut off at either end.",
        _changed(padding=lambda given: 0),
    ),
    (
        "the padding is cut off at one end only",
        "It is cut off at both ends.",
        _shifted(lambda given: given["padding"]),
    ),
    (
        "the output padding is ignored",
        "That many pixels are added at the end of the output.",
        _changed(output_padding=lambda given: 0),
    ),
    (
        "the output padding is added at both ends",
        "It makes up for what a stride that does not divide has left over, at the end only.",
        _shifted(lambda given: given["output_padding"]),
    ),
    (
        "the stride is ignored",
        "With stride 2 neighbouring pixels paint their kernels 2 pixels apart.",
        _changed(stride=lambda given: 1, output_padding=lambda given: 0),
    ),
    (
        "the stride divides",
        "A transposed convolution makes images larger: the strides are multiplied.",
        _shifted(
            lambda given: (
                (given["size"] - 1) // given["stride"] - (given["size"] - 1) * given["stride"]
            )
        ),
    ),
    (
        "the dilation is ignored",
        "A kernel of 4 spread by 3 paints over 10 pixels.",
        _changed(dilation=lambda given: 1),
    ),
    (
        "a kernel is taken to paint dilation times its size",
        "Between 4 weights there are 3 gaps: the last weight has no gap behind it.",
        _shifted(lambda given: given["dilation"] - 1),
    ),
    (
        "the output of an ordinary convolution is told",
        "A transposed convolution goes the other way: its output is the larger one.",
        lambda right, size, kernel_size, **options: _convolved(size, kernel_size, **options),
    ),
    (
        "the last kernel paints one pixel less",
        "A single pixel paints a whole kernel: try your formula with size 1.",
        _shifted(lambda given: -1),
    ),
    (
        "the last kernel paints one pixel more",
        "A single pixel paints just one kernel: try your formula with size 1.",
        _shifted(lambda given: 1),
    ),
    (
        "the size is multiplied by the stride and nothing else",
        "The last pixel paints a whole kernel, which reaches further than a stride.",
        _shifted(
            lambda given: (
                given["stride"]
                - 1
                - given["dilation"] * (given["kernel_size"] - 1)
                + 2 * given["padding"]
                - given["output_padding"]
            )
        ),
    ),
):
    conv_transpose_output_size.mistake(_name, hint=_hint)(_wrong)


@exercise("03_sizes", section="10_sizes#sizes-pool", outputs={"out": ""}, kind=int)
def pool_output_size(size, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Count the places of a pooling window along one axis."""
    return reference.pool_output_size(
        size,
        kernel_size,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil_mode=ceil_mode,
    )


@pool_output_size.cases
def _(rng):
    def case(claim, size, kernel_size, **options):
        return Case(claim, {"size": int(size), "kernel_size": kernel_size, **options})

    step = int(rng.integers(3, 6))
    yield case("windows of 2 side by side", 2 * rng.integers(3, 8), 2)
    yield case("windows of 3 side by side that leave 2 pixels over", 3 * rng.integers(4, 9) + 2, 3)
    yield case("windows that overlap", 2 * rng.integers(6, 12), 3, stride=2)
    yield case("padding at both ends", 2 * rng.integers(6, 12), 4, stride=2, padding=2)
    yield case("a window spread by dilation", rng.integers(20, 30), 3, stride=1, dilation=4)
    yield case(
        "ceil_mode: a last window hangs over the end",
        2 * rng.integers(6, 12),
        3,
        stride=2,
        ceil_mode=True,
    )
    yield case(
        "ceil_mode: the windows fit, and none is added",
        2 * rng.integers(6, 12) + 1,
        3,
        stride=2,
        ceil_mode=True,
    )
    # The window after the last would begin in the padding at the far end.
    yield case(
        "ceil_mode: a window that would begin behind the last pixel is left out",
        step * rng.integers(3, 7) - 1,
        2,
        stride=step,
        padding=1,
        ceil_mode=True,
    )
    yield case(
        "everything at once",
        5 * rng.integers(4, 8) + 1,
        3,
        stride=5,
        padding=1,
        dilation=2,
        ceil_mode=True,
    )


def _pool(**changes):
    """Ask the right function with other options; each change is made from the arguments."""

    def wrong(right, size, kernel_size, **options):
        given = {"stride": None, "padding": 0, "dilation": 1, "ceil_mode": False, **options}
        given |= {"size": size, "kernel_size": kernel_size}
        given["stride"] = given["stride"] or kernel_size
        return right(**{**given, **{name: change(given) for name, change in changes.items()}})

    return wrong


def _starts(given):
    """Count the strides to the last window, as a fraction."""
    reach = given["dilation"] * (given["kernel_size"] - 1) + 1
    return (given["size"] + 2 * given["padding"] - reach) / given["stride"]


for _name, _hint, _wrong in (
    (
        "a window may begin behind the last pixel",
        "With ceil_mode the last window has to begin on the map or in the padding before it, "
        "not in the padding behind it.",
        lambda right, *args, **options: _with_all_windows(right, *args, **options),
    ),
    (
        "ceil_mode is ignored",
        "With ceil_mode the quotient is rounded up.",
        _pool(ceil_mode=lambda given: False),
    ),
    (
        "the quotient is always rounded up",
        "Rounding up is what ceil_mode asks for; without it a window that hangs over is left out.",
        _pool(ceil_mode=lambda given: True),
    ),
    (
        "ceil_mode adds a window in any case",
        "Where the windows fit, rounding up changes nothing.",
        lambda right, *args, **options: (
            right(*args, **{**options, "ceil_mode": False}) + options.get("ceil_mode", False)
        ),
    ),
    (
        "the stride is 1 when it is None",
        "Pooling differs from convolution here: None means that the windows lie side by side.",
        lambda right, *args, **options: right(*args, **{"stride": 1, **options}),
    ),
    (
        "the stride is always the size of the window",
        "Only when it is None.",
        lambda right, *args, **options: right(*args, **{**options, "stride": None}),
    ),
    (
        "the padding is ignored",
        "Padding p adds p pixels at either end.",
        _pool(padding=lambda given: 0),
    ),
    (
        "the padding is counted at one end only",
        "Padding p adds p pixels at either end.",
        _pool(padding=lambda given: 0, size=lambda given: given["size"] + given["padding"]),
    ),
    (
        "the dilation is ignored",
        "With dilation 4, three pixels of a window reach over nine.",
        _pool(dilation=lambda given: 1),
    ),
    (
        "the + 1 is forgotten",
        "A row of 4 pixels has two places for windows of 2 side by side: count them.",
        lambda right, *args, **options: right(*args, **options) - 1,
    ),
    (
        "one window too many is counted",
        "A row of 4 pixels has two places for windows of 2 side by side: count them.",
        lambda right, *args, **options: right(*args, **options) + 1,
    ),
):
    pool_output_size.mistake(_name, hint=_hint)(_wrong)


def _with_all_windows(right, size, kernel_size, **options):
    out = right(size, kernel_size, **options)
    if not options.get("ceil_mode"):
        return out
    given = {"stride": kernel_size, "padding": 0, "dilation": 1, **options}
    given |= {"size": size, "kernel_size": kernel_size}
    return out + (_starts(given) > out - 1)
