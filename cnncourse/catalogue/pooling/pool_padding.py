"""Mistakes with the padding of pooling, registered for one exercise after the other."""

import numpy as np

from cnncourse.catalogue.pooling.pool_windows import each, sizes_of
from cnncourse.catalogue.windows import crop_spatial, per_axis


def hang_over(x, padding, extra, value=0.0):
    """Pad the last two axes at both ends, and at their far ends by some more."""
    (rows, columns), (down, along) = padding, extra
    spread = [(0, 0)] * (x.ndim - 2) + [(rows, rows + down), (columns, columns + along)]
    return np.pad(x, spread, constant_values=value)


def add_padding_end_mistakes(exercise, value):
    """Register mistakes with where the padding is added; `value` is what it holds."""

    def on_padded(right, x, rest, options, before, after):
        rows, columns = per_axis(options.get("padding", 0))
        spread = [(before * rows, after * rows), (before * columns, after * columns)]
        x = np.pad(x, [(0, 0), (0, 0), *spread], constant_values=value)
        return right(x, *rest, **options | {"padding": 0})

    @exercise.mistake(
        "the padding is ignored",
        hint="Padding p adds p rows above, p below, and p columns on either side, "
        "before the window starts to slide.",
        section="08_pooling#pooling-padding",
    )
    def _(right, x, *rest, **options):
        return on_padded(right, x, rest, options, 0, 0)

    @exercise.mistake(
        "the padding is counted at the top and at the left only",
        hint="Padding p is added at both ends of an axis, so that it counts twice in the size.",
        section="08_pooling#pooling-padding",
    )
    def _(right, x, *rest, **options):
        return on_padded(right, x, rest, options, 1, 0)

    @exercise.mistake(
        "the padding is added at the bottom and at the right only",
        hint="Padding p is added at both ends of an axis: where does the first window begin?",
        section="08_pooling#pooling-padding",
    )
    def _(right, x, *rest, **options):
        return on_padded(right, x, rest, options, 0, 1)


def add_max_padding_mistakes(exercise):
    """Register mistakes with the padding of a maximum."""

    @exercise.mistake(
        "the padding holds zeros",
        hint="Among negative values a zero would win, although it is no pixel of the map. "
        "Which number can never win?",
        section="08_pooling#pooling-padding",
    )
    def _(right, x, *rest, padding=0, **options):
        sizes = sizes_of(right(x, *rest, padding=padding, **options))
        padded = hang_over(x, per_axis(padding), (0, 0))
        return each(lambda out: crop_spatial(out, sizes), right(padded, *rest, **options))

    add_padding_end_mistakes(exercise, -np.inf)
