"""The convolution layer: all images, channels, filters and options at once."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "04_convolution",
    section="04_convolution#convolution-several-filters",
    outputs={"out": "N F OH OW"},
)
def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    """Cross-correlate every image with every filter, as PyTorch does."""
    return reference.conv2d(
        x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups
    )


@conv2d.cases
def _(rng):
    yield Case(
        "one image, one channel, one filter",
        {"x": rng.integers(-9, 10, (1, 1, 3, 4)) * 1.0, "w": rng.integers(-3, 4, (1, 1, 2, 2)) * 1.0},
    )
    x = rng.normal(size=(2, 3, 7, 6))
    w = rng.normal(size=(4, 3, 3, 2))
    b = rng.normal(size=4)
    yield Case("several images, channels and filters, and a bias", {"x": x, "w": w, "b": b})
    yield Case("stride 2 that does not divide", {"x": x, "w": w, "b": b, "stride": 2})


@conv2d.mistake(
    "the kernel is flipped",
    hint="CNN layers slide the kernel as it is; turning it by 180 degrees is true convolution.",
    section="03_filters#filters-flip",
)
def _(right, x, w, b=None, **options):
    return right(x, np.flip(w, axis=(2, 3)), b, **options)
