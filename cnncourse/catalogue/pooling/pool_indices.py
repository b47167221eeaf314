"""Max pooling that remembers where each value lay."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.pooling.pool_padding import hang_over
from cnncourse.catalogue.pooling.pool_windows import (
    add_map_mistakes,
    add_pool_pair_mistakes,
    add_pool_size_mistakes,
    draw_by_hand,
    stride_of,
)
from cnncourse.catalogue.windows import per_axis


@exercise(
    "05_pooling",
    section="08_pooling#pooling-indices",
    outputs={"out": "N C OH OW", "indices": "N C OH OW"},
    kind={"out": float, "indices": int},
)
def max_pool2d_with_indices(x, kernel_size, *, stride=None, padding=0):
    """Keep the largest value of every window and its place, as PyTorch does."""
    return reference.max_pool2d_with_indices(x, kernel_size, stride=stride, padding=padding)


@max_pool2d_with_indices.cases
def _(rng):
    yield Case(
        "one image, one channel, windows of 2 x 2", {"x": draw_by_hand(rng), "kernel_size": 2}
    )
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 7, 8))
    yield Case("several images and channels, windows of 2 x 3", {"x": x, "kernel_size": (2, 3)})
    yield Case(
        "windows that overlap, on images stored in another order",
        {"x": np.asfortranarray(x), "kernel_size": 3, "stride": 2},
    )
    yield Case(
        "ties, as a ReLU leaves them: the first of equal values counts",
        {"x": np.maximum(x.round(), 0), "kernel_size": 3, "stride": 2},
    )
    yield Case(
        "only negative values, and padding 1",
        {"x": -1 - np.abs(x), "kernel_size": 3, "stride": 2, "padding": 1},
    )
    yield Case(
        "pairs of kernel_size, stride and padding, rows first",
        {"x": x, "kernel_size": (5, 4), "stride": (1, 2), "padding": (2, 1)},
    )
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 6, 5)), "kernel_size": 2})


def _add_index_mistake(name, hint, place):
    """Register indices counted otherwise; `place` makes them of rows and columns."""

    @max_pool2d_with_indices.mistake(name, hint=hint)
    def _(right, x, kernel_size, *, stride=None, padding=0):
        out, indices = right(x, kernel_size, stride=stride, padding=padding)
        rows, columns = np.divmod(indices, x.shape[3])
        geometry = {
            "shape": x.shape,
            "pads": per_axis(padding),
            "window": per_axis(kernel_size),
            "step": stride_of(kernel_size, stride),
        }
        return out, place(rows, columns, **geometry)


def _in_window(rows, columns, *, pads, window, step, **_):
    i, j = np.indices(rows.shape)[2:]
    return (rows + pads[0] - i * step[0]) * window[1] + columns + pads[1] - j * step[1]


for _wrong in (
    (
        "an index counts within its window",
        "argmax counts from the corner of the window. In which row and column of the map does "
        "that window begin?",
        _in_window,
    ),
    (
        "an index counts on the padded map",
        "An index names a place of x as it came in: take the padding off row and column first, "
        "and count W pixels to a row.",
        lambda rows, columns, *, shape, pads, **_: (
            (rows + pads[0]) * (shape[3] + 2 * pads[1]) + columns + pads[1]
        ),
    ),
    (
        "the padding is not taken off rows and columns",
        "Row 0 of the padded map lies above the map: which number has it on the map itself?",
        lambda rows, columns, *, shape, pads, **_: (rows + pads[0]) * shape[3] + columns + pads[1],
    ),
    (
        "the padding is taken off the columns only",
        "Rows were padded, too: which row of the map is row 0 of the padded one?",
        lambda rows, columns, *, shape, pads, **_: (rows + pads[0]) * shape[3] + columns,
    ),
    (
        "the padding is taken off the rows only",
        "Columns were padded, too: which column of the map is column 0 of the padded one?",
        lambda rows, columns, *, shape, pads, **_: rows * shape[3] + columns + pads[1],
    ),
    (
        "a row counts as wide as the padded map",
        "Row and column are right; the map without its padding has W pixels to a row.",
        lambda rows, columns, *, shape, pads, **_: rows * (shape[3] + 2 * pads[1]) + columns,
    ),
    (
        "a row counts as wide as the output",
        "An index names a place of x, and x has W pixels to a row, not OW.",
        lambda rows, columns, **_: rows * rows.shape[3] + columns,
    ),
    (
        "a row counts as many pixels as there are rows",
        "To get to the next row one walks past W pixels, a row's width, not H.",
        lambda rows, columns, *, shape, **_: rows * shape[2] + columns,
    ),
    (
        "an index counts down the columns",
        "Places are counted as one reads: along the first row, then along the second.",
        lambda rows, columns, *, shape, **_: columns * shape[2] + rows,
    ),
    (
        "an index counts on from map to map",
        "Every map is counted by itself, from 0 to H x W - 1: channel and image are not part of "
        "the index.",
        lambda rows, columns, *, shape, **_: (
            np.arange(shape[0] * shape[1]).reshape(*shape[:2], 1, 1) * shape[2] * shape[3]
            + rows * shape[3]
            + columns
        ),
    ),
    (
        "an index counts from 1",
        "The first pixel of the first row has index 0.",
        lambda rows, columns, *, shape, **_: rows * shape[3] + columns + 1,
    ),
    (
        "an index names the row only",
        "One number has to tell row and column: how many pixels lie before the one you found?",
        lambda rows, columns, **_: rows,
    ),
    (
        "an index names the column only",
        "One number has to tell row and column: how many pixels lie before the one you found?",
        lambda rows, columns, **_: columns,
    ),
):
    _add_index_mistake(*_wrong)


@max_pool2d_with_indices.mistake(
    "the last of equal values counts",
    hint="Among equal values the first one read is named: a later one has to be larger, not only "
    "as large.",
)
def _(right, x, kernel_size, **options):
    places = np.arange(x[0:1, 0:1].size or 1).reshape(1, 1, *x.shape[2:])
    # A little more for every later place decides the ties, and nothing else.
    return right(x, kernel_size, **options)[0], right(x + 1e-9 * places, kernel_size, **options)[1]


@max_pool2d_with_indices.mistake(
    "equal values are searched column by column",
    hint="Among equal values the first one read is named: read along the rows.",
)
def _(right, x, kernel_size, **options):
    H, W = x.shape[2:]
    places = np.arange(W) * H + np.arange(H)[:, None]
    return right(x, kernel_size, **options)[0], right(x - 1e-9 * places, kernel_size, **options)[1]


@max_pool2d_with_indices.mistake(
    "the two outputs are exchanged",
    hint="The values come first, the indices second.",
)
def _(right, x, kernel_size, **options):
    return right(x, kernel_size, **options)[::-1]


@max_pool2d_with_indices.mistake(
    "the padding holds zeros",
    hint="Among negative values a zero would win, although it is no pixel of the map, and its "
    "index would name a place that is not there. Which number can never win?",
    section="08_pooling#pooling-padding",
)
def _(right, x, kernel_size, *, padding=0, **options):
    (rows, columns), W = per_axis(padding), x.shape[3]
    out, indices = right(hang_over(x, (rows, columns), (0, 0)), kernel_size, **options)
    row, column = np.divmod(indices, W + 2 * columns)
    return out, (row - rows) * W + column - columns


@max_pool2d_with_indices.mistake(
    "the padding is ignored",
    hint="Padding p adds p rows above, p below, and p columns on either side, "
    "before the window starts to slide.",
    section="08_pooling#pooling-padding",
)
def _(right, x, kernel_size, *, padding=0, **options):
    return right(x, kernel_size, **options)


add_pool_size_mistakes(
    max_pool2d_with_indices,
    lambda *arrays, **options: reference.max_pool2d_with_indices(
        *arrays, **options, ceil_mode=True
    ),
)
add_pool_pair_mistakes(max_pool2d_with_indices, "stride", "padding")
add_map_mistakes(max_pool2d_with_indices)
