"""Mistakes with the padding of pooling, registered for one exercise after the other."""

import numpy as np

from cnncourse.catalogue.pooling.pool_windows import each, sizes_of
from cnncourse.catalogue.windows import (
    add_padding_end_mistakes,
    crop_spatial,
    pad_spatial,
    per_axis,
)


def hang_over(x, padding, extra, value=0.0):
    """Pad the last two axes at both ends, and at their far ends by some more."""
    far = [around + more for around, more in zip(padding, extra, strict=True)]
    return pad_spatial(x, padding, far, constant_values=value)


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

    add_padding_end_mistakes(exercise, value=-np.inf, section="08_pooling#pooling-padding")
