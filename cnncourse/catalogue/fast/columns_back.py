"""Columns back into an image: the adjoint of im2col."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.fast.columns import num_places
from cnncourse.catalogue.fast.layer import compare_few_images
from cnncourse.catalogue.windows import per_axis


@exercise("08_fast", section="13_fast#fast-im2col", outputs={"x": "N C H W"})
def col2im(cols, output_size, kernel_size, *, stride=1, padding=0):
    """Add every column back where its window lay, as PyTorch's fold does."""
    return reference.col2im(cols, output_size, kernel_size, stride=stride, padding=padding)


compare_few_images(col2im)


@col2im.cases
def _(rng):
    x = rng.permutation(12).reshape(1, 1, 3, 4)
    cols = draw_columns(rng, x, 2, whole=True)
    yield Case(
        "windows of 2 x 2 on an image of 3 x 4 pixels",
        {"cols": cols, "output_size": (3, 4), "kernel_size": 2},
    )
    N, C = rng.permutation([2, 3])
    x = np.zeros((N, C, 9, 8))

    def arguments(kernel_size, **options):
        cols = draw_columns(rng, x, kernel_size, **options)
        return {"cols": cols, "output_size": (9, 8), "kernel_size": kernel_size, **options}

    yield Case("windows that lie side by side", arguments(3, stride=3))
    overlapping = arguments((3, 2))
    overlapping["cols"] = np.asfortranarray(overlapping["cols"])
    yield Case("windows of 3 x 2 that overlap, stored in another order", overlapping)
    yield Case("stride 4, which leaves gaps and does not divide", arguments((3, 2), stride=4))
    yield Case("padding 2", arguments((4, 3), padding=2))
    both = arguments((3, 4), stride=2, padding=1)
    yield Case("stride 2 and padding 1", both)
    yield Case("an empty batch stays empty", both | {"cols": both["cols"][:0]})
    # Processor time on a quiet core: by slices 2 ms, by bincount 4 ms, by np.add.at 22 ms; loops
    # over the images and their places 1 s.
    x = np.empty((100, 1, 64, 64))
    yield Case(
        "100 images of 64 x 64 pixels in 0.15 s; loops over the places need 1 s",
        {
            "cols": draw_columns(rng, x, 2),
            "output_size": (64, 64),
            "kernel_size": 2,
        },
        section="13_fast#fast-loops",
        seconds=0.15,
    )


def draw_columns(rng, x, kernel_size, *, whole=False, **options):
    """Draw numbers in the shape of an image's columns, whole ones to be added on paper."""
    places = np.prod(num_places(x, kernel_size, **options))
    size = (len(x), x.shape[1] * np.prod(per_axis(kernel_size)), places)
    return rng.integers(1, 10, size=size) * 1.0 if whole else rng.normal(size=size)


def _change_columns(right, cols, rest, options, change):
    """Let a mistake happen to the columns as windows (N, C, KH, KW, OH, OW)."""
    output_size, kernel_size = rest
    KH, KW = per_axis(kernel_size)
    OH, OW = _places(output_size, kernel_size, **options)
    sizes = (len(cols), cols.shape[1] // (KH * KW), KH, KW, OH, OW)
    changed = np.ascontiguousarray(change(cols.reshape(sizes), sizes))
    return right(changed.reshape(cols.shape), *rest, **options)


def _places(output_size, kernel_size, stride=1, padding=0):
    return num_places(np.empty((1, 1, *output_size)), kernel_size, stride, padding)


def _last_one_wins(cols, output_size, kernel_size, order, *, stride=1, padding=0):
    """Write every number to its pixel, in one order or another, over what is there."""
    H, W = output_size
    padded = H + 2 * padding, W + 2 * padding
    places = np.arange(padded[0] * padded[1]).reshape(1, 1, *padded)
    targets = reference.im2col(places, kernel_size, stride=stride)[0].astype(int)
    numbers = cols.reshape(len(cols), -1, *targets.shape)
    out = np.zeros((*numbers.shape[:2], places.size))
    # Of equal targets the last one stays.
    out[:, :, targets.ravel(order)] = numbers.transpose(
        (0, 1, 2, 3) if order == "C" else (0, 1, 3, 2)
    ).reshape(*numbers.shape[:2], -1)
    return out.reshape(*numbers.shape[:2], *padded)[
        :, :, padding : padding + H, padding : padding + W
    ]


@col2im.mistake(
    "a window overwrites what the windows before it have left",
    hint="Where windows overlap, their numbers are added: look for an = that should be a +=.",
)
def _(right, cols, output_size, kernel_size, **options):
    return _last_one_wins(cols, output_size, kernel_size, "F", **options)


@col2im.mistake(
    "a pixel that several windows share gets one number only",
    hint="Numbers that meet on a pixel are added. `=` keeps the last of them, and so does "
    "`out[rows, columns] += ...` with index arrays that name a pixel twice: NumPy then adds once.",
)
def _(right, cols, output_size, kernel_size, **options):
    return _last_one_wins(cols, output_size, kernel_size, "C", **options)


@col2im.mistake(
    "numbers that meet on a pixel are averaged",
    hint="They are added. That is what makes col2im the adjoint of im2col, and not its inverse.",
)
def _(right, cols, *rest, **options):
    counts = right(np.ones_like(cols), *rest, **options)
    return right(cols, *rest, **options) / np.maximum(counts, 1)


def _with_padding(right, cols, output_size, kernel_size, *, stride=1, padding=0):
    """Add the columns up on the padded image, and leave it so."""
    padded = tuple(size + 2 * padding for size in output_size)
    return right(cols, padded, kernel_size, stride=stride)


@col2im.mistake(
    "the padding is left on",
    hint="output_size is the image without its padding: cut off what fell beside the image.",
    section="06_padding#padding-size",
)
def _(right, cols, output_size, kernel_size, **options):
    return _with_padding(right, cols, output_size, kernel_size, **options)


@col2im.mistake(
    "nothing is left when the padding is 0",
    hint="`out[padding:-padding]` is `out[0:0]` when the padding is 0. Write the end as a "
    "beginning plus a size.",
    section="06_padding#padding-size",
)
def _(right, cols, *rest, **options):
    x = right(cols, *rest, **options)
    return x if options.get("padding") else x[:, :, :0, :0]


@col2im.mistake(
    "the padding is cut off at the bottom and at the right only",
    hint="The image begins at row `padding` and column `padding` of the padded one.",
    section="06_padding#padding-size",
)
def _(right, cols, output_size, kernel_size, **options):
    H, W = output_size
    return _with_padding(right, cols, output_size, kernel_size, **options)[:, :, :H, :W]


@col2im.mistake(
    "the padding is cut off at the top and at the left only",
    hint="The padding lies at both ends: how many rows should be left?",
    section="06_padding#padding-size",
)
def _(right, cols, output_size, kernel_size, *, padding=0, **options):
    x = _with_padding(right, cols, output_size, kernel_size, padding=padding, **options)
    return x[:, :, padding:, padding:]


@col2im.mistake(
    "the stride is ignored",
    hint="The shape is right. How far from the first window was the second one cut out?",
)
def _(right, cols, output_size, kernel_size, *, stride=1, padding=0):
    OH, OW = _places(output_size, kernel_size, stride, padding)
    KH, KW = per_axis(kernel_size)
    H, W = output_size
    dense = right(cols, (OH + KH - 1, OW + KW - 1), (KH, KW))
    x = np.zeros((*dense.shape[:2], H + 2 * padding, W + 2 * padding))
    x[:, :, : dense.shape[2], : dense.shape[3]] = dense
    return x[:, :, padding : padding + H, padding : padding + W]


def _by_wrong_number(columns, OH, OW):
    """Look up the place in row i and column j under i * OH + j."""
    return columns[..., np.arange(OH)[:, None] * OH + np.arange(OW)]


def _add_order_mistake(name, hint, change):
    @col2im.mistake(name, hint=hint)
    def _(right, cols, *rest, **options):
        return _change_columns(right, cols, rest, options, change)


_add_order_mistake(
    "the channels are taken to come last in a column",
    "Down a column the channel varies slowest: the first KH * KW numbers are channel 0.",
    lambda v, sizes: v.reshape(len(v), sizes[2], sizes[3], sizes[1], *sizes[4:]).transpose(
        0, 3, 1, 2, 4, 5
    ),
)
_add_order_mistake(
    "a window is filled column by column",
    "The pixel to the right comes next in a column, not the one below: KH before KW.",
    lambda v, sizes: v.reshape(*sizes[:2], sizes[3], sizes[2], *sizes[4:]).swapaxes(2, 3),
)
_add_order_mistake(
    "the places are numbered down the columns",
    "The windows of the first row of places come first, left to right: OH before OW.",
    lambda v, sizes: v.reshape(*sizes[:4], sizes[5], sizes[4]).swapaxes(4, 5),
)
_add_order_mistake(
    "the place in row i and column j is given the number i * OH + j",
    "A row of places is OW long: how many places come before the first one of row 1?",
    lambda v, sizes: _by_wrong_number(v.reshape(*sizes[:4], sizes[4] * sizes[5]), *sizes[4:]),
)
_add_order_mistake(
    "every window is put down upside down",
    "The first number of a window goes to its upper left corner.",
    lambda v, sizes: v[:, :, ::-1, ::-1],
)
_add_order_mistake(
    "columns are read as rows by a reshape",
    "The second axis runs down a window, the last one from place to place. "
    "To have a window in a row, transpose; a reshape cuts the columns into pieces.",
    lambda v, sizes: v.reshape(len(v), sizes[4] * sizes[5], -1).swapaxes(1, 2).reshape(v.shape),
)


@col2im.mistake(
    "only the first image is filled",
    hint="Each image has its own columns: which index stays at 0?",
)
def _(right, cols, *rest, **options):
    x = right(cols, *rest, **options)
    x[1:] = 0
    return x
