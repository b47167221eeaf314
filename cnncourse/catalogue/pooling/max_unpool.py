"""Unpooling: every value back to where it lay."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("05_pooling", section="08_pooling#pooling-indices", outputs={"out": "N C OH OW"})
def max_unpool2d(x, indices, *, output_size):
    """Put every value back where it lay, on a map of zeros, as PyTorch does."""
    return reference.max_unpool2d(x, indices, output_size=output_size)


@max_unpool2d.cases
def _(rng):
    numbers = rng.permutation(np.arange(1.0, 7.0)).reshape(1, 1, 2, 3)
    yield Case(
        "six values go back to a map of 4 x 6",
        {"x": numbers, "indices": _places(rng, numbers.shape, 2, 2, 6), "output_size": (4, 6)},
    )
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 3, 4))
    yield Case(
        "several images and channels, each with places of its own",
        {"x": x, "indices": _places(rng, x.shape, 2, 2, 8), "output_size": (6, 8)},
    )
    yield Case(
        "a map of 7 x 9, as windows of 2 x 2 leave a row and a column unused",
        {"x": x, "indices": _places(rng, x.shape, 2, 2, 9), "output_size": (7, 9)},
    )
    yield Case(
        "windows of 3 pixels, 4 apart, stored in another order",
        {
            "x": np.asfortranarray(x),
            "indices": np.asfortranarray(_places(rng, x.shape, 3, 4, 15)),
            "output_size": (11, 15),
        },
    )
    yield Case("windows that overlap name a place twice", _shared(rng))
    yield Case(
        "an empty batch stays empty",
        {
            "x": np.zeros((0, 3, 2, 2)),
            "indices": np.zeros((0, 3, 2, 2), dtype=np.int64),
            "output_size": (4, 5),
        },
    )


def _places(rng, shape, window, step, width):
    """Draw a place in each window, as an index into rows of `width` pixels."""
    i, j = np.indices(shape)[2:]
    rows, columns = rng.integers(window, size=(2, *shape))
    return (i * step + rows) * width + j * step + columns


def _shared(rng):
    values = rng.normal(size=(2, 3, 6 * 5)) + 3
    indices = _places(rng, (2, 3, 4, 3), 3, 1, 5)
    x = np.take_along_axis(values, indices.reshape(2, 3, -1), axis=2).reshape(indices.shape)
    return {"x": x, "indices": indices, "output_size": (6, 5)}


def _add_place_mistake(name, hint, place):
    """Register indices read otherwise; `place` makes row and column of them."""

    @max_unpool2d.mistake(name, hint=hint)
    def _(right, x, indices, *, output_size):
        W = output_size[1]
        rows, columns = place(indices, output_size)
        return right(x, rows * W + columns, output_size=output_size)


for _wrong in (
    (
        "an index is counted down the columns",
        "Places are counted as one reads: along the first row, then along the second.",
        lambda indices, size: np.divmod(indices, size[0])[::-1],
    ),
    (
        "rows and columns are counted from 1",
        "Index 0 is the first pixel of the first row: is there a - 1 too many?",
        lambda indices, size: np.divmod(np.maximum(indices - 1, 0), size[1]),
    ),
):
    _add_place_mistake(*_wrong)


@max_unpool2d.mistake(
    "the values stand in the corners of their windows",
    hint="`indices` says where in its window every value lay. Where does your code look at it?",
)
def _(right, x, indices, *, output_size):
    (H, W), (OH, OW) = x.shape[2:], output_size
    i, j = np.indices(x.shape)[2:]
    return right(x, i * (OH // H) * OW + j * (OW // W), output_size=output_size)


@max_unpool2d.mistake(
    "every value fills its whole window",
    hint="Only the place named by the index gets the value; the rest of the window is 0.",
)
def _(right, x, indices, *, output_size):
    (H, W), (OH, OW) = x.shape[2:], output_size
    out = np.zeros((*x.shape[:2], OH, OW))
    filled = np.repeat(np.repeat(x, OH // H, axis=2), OW // W, axis=3)
    out[:, :, : filled.shape[2], : filled.shape[3]] = filled
    return out


@max_unpool2d.mistake(
    "values that share a place are added up",
    hint="Where windows overlap, two of them may have kept one and the same pixel. "
    "Put back once, it has its value again; added up, it is too large.",
)
def _(right, x, indices, *, output_size):
    # Window by window, so that each value reaches the sum by itself.
    return sum(
        right(x[:, :, i, j, None, None], indices[:, :, i, j, None, None], output_size=output_size)
        for i, j in np.ndindex(x.shape[2:])
    )


@max_unpool2d.mistake(
    "the output has twice the size of the input",
    hint="`output_size` says how large the output is; which windows were pooled, "
    "the input alone does not tell.",
)
def _(right, x, indices, *, output_size):
    OH, OW = (2 * size for size in x.shape[2:])
    rows, columns = np.divmod(indices, output_size[1])
    if max(rows.max(initial=0) - OH, columns.max(initial=0) - OW) >= 0:
        raise ValueError("an index is out of bounds")
    return right(x, rows * OW + columns, output_size=(OH, OW))


@max_unpool2d.mistake(
    "the height and the width of the output are exchanged",
    hint="`output_size` names rows first, columns second, as a shape does.",
)
def _(right, x, indices, *, output_size):
    return right(x, indices, output_size=output_size[::-1])


@max_unpool2d.mistake(
    "the output is turned on its side",
    hint="Row index // W, column index % W: which of the two comes first in out[n, c, ...]?",
)
def _(right, x, indices, *, output_size):
    return right(x, indices, output_size=output_size).swapaxes(2, 3)


@max_unpool2d.mistake(
    "every channel goes to the places of the first",
    hint="indices[n, c] belongs to channel c of image n: which index stays at 0?",
)
def _(right, x, indices, *, output_size):
    first = np.repeat(indices[:, :1], x.shape[1], axis=1)
    return right(x, first, output_size=output_size)


@max_unpool2d.mistake(
    "every image goes to the places of the first",
    hint="indices[n, c] belongs to channel c of image n: which index stays at 0?",
)
def _(right, x, indices, *, output_size):
    return right(
        x, np.repeat(indices[:1], max(len(x), 1), axis=0)[: len(x)], output_size=output_size
    )


@max_unpool2d.mistake(
    "all maps are put onto the first one",
    hint="An index counts within one map. Flattened as a whole, the output would need an index "
    "that counts on from map to map: keep the axes N and C apart.",
)
def _(right, x, indices, *, output_size):
    out = np.zeros((*x.shape[:2], *output_size))
    for n, c in np.ndindex(x.shape[:2]):
        one = slice(n, n + 1), slice(c, c + 1)
        here = right(np.ones(x[one].shape), indices[one], output_size=output_size)[0, 0] > 0
        out[0, 0, here] = right(x[one], indices[one], output_size=output_size)[0, 0, here]
    return out


@max_unpool2d.mistake(
    "only the first image is computed",
    hint="Images of a batch never meet, and each has its own output: does a loop or an "
    "index stop at image 0?",
)
def _(right, x, indices, *, output_size):
    out = right(x, indices, output_size=output_size)
    out[1:] = 0
    return out
