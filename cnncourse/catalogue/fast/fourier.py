"""A convolution layer by the fast Fourier transform."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.fast.layer import (
    add_fast_layer_mistakes,
    compare_few_images,
    draw_layer,
    draw_layer_cases,
)
from cnncourse.catalogue.windows import pad_spatial


@exercise("08_fast", section="13_fast#fast-fft", outputs={"out": "N F OH OW"})
def conv2d_fft(x, w, b=None, *, stride=1, padding=0):
    """Cross-correlate every image with every filter, as PyTorch does."""
    return reference.conv2d(x, w, b, stride=stride, padding=padding)


@conv2d_fft.cases
def _(rng):
    yield from draw_layer_cases(rng)
    # Processor time on a quiet core: by rfft2 13 ms, by fft2 27 ms; seven loops 8 s, loops over
    # every pixel of the output 2.2 s, over images and places with all filters at once 1.2 s.
    yield Case(
        "100 images of 64 x 64 pixels, kernels of 5 x 5, in 0.3 s; seven loops need 8 s",
        draw_layer(rng, 100, 1, 64, 64, 2, 5, 5),
        section="13_fast#fast-loops",
        seconds=0.3,
    )


compare_few_images(conv2d_fft)


def _around(right, x, w, rest, stride, padding, before, after, mode="constant", start=(0, 0)):
    """Convolve a padded image that goes on beyond its ends, and cut out the output's size."""
    x = pad_spatial(x, (padding, padding), (padding, padding))
    sizes = [size - K + 1 for size, K in zip(x.shape[2:], w.shape[2:], strict=True)]
    # An empty batch has no end to go on from.
    x = pad_spatial(x, before, after, mode if x.size else "constant")
    i, j = start
    out = right(x, w, *rest)[:, :, i : i + sizes[0], j : j + sizes[1]]
    return out[:, :, ::stride, ::stride]


def _circle(x, w, padding, ends):
    """Continue a padded image around its ends, before or behind it."""
    x = pad_spatial(x, (padding,) * 2, (padding,) * 2)
    reach = [K - 1 for K in w.shape[2:]]
    before, after = ((0, 0), reach) if ends == "behind" else (reach, (0, 0))
    # An empty batch has no end to go on from.
    return pad_spatial(x, before, after, "wrap" if x.size else "constant")


@conv2d_fft.mistake(
    "the product of the transforms is returned as it is, flipped and going in a circle",
    hint="Two things are left to do. The product flips the kernel, which a layer does not; and "
    "windows that reach over the end find the beginning again: cut them off.",
)
def _(right, x, w, *rest, stride=1, padding=0):
    return right(_circle(x, w, padding, "before"), w[:, :, ::-1, ::-1], *rest, stride=stride)


@conv2d_fft.mistake(
    "the kernel is flipped, and the result is cut out from its first pixel on",
    hint="The product of two transforms flips the kernel, which a layer does not, and its "
    "first values have wrapped around. Settle the flip first, then where the result stands.",
)
def _(right, x, w, *rest, stride=1, padding=0):
    sizes = [n + 2 * padding - K + 1 for n, K in zip(x.shape[2:], w.shape[2:], strict=True)]
    out = right(_circle(x, w, padding, "before"), w[:, :, ::-1, ::-1], *rest)
    return out[:, :, : sizes[0] : stride, : sizes[1] : stride]


@conv2d_fft.mistake(
    "the image wraps around: its padding holds the opposite border",
    hint="The Fourier transform takes the image for one tile of an endless floor. Where are the "
    "zeros that keep one tile's border from the next tile's?",
)
def _(right, x, w, *rest, stride=1, padding=0):
    x = pad_spatial(x, (padding,) * 2, (padding,) * 2, "wrap" if x.size else "constant")
    return right(x, w, *rest, stride=stride)


@conv2d_fft.mistake(
    "the result is cut out from its first pixel on, where it wraps around",
    hint="The product of two transforms is a circular convolution. At which row does the first "
    "value stand whose window lies on the image as a whole?",
)
def _(right, x, w, *rest, stride=1, padding=0):
    before = [K - 1 for K in w.shape[2:]]
    return _around(right, x, w, rest, stride, padding, before, (0, 0), "wrap")


@conv2d_fft.mistake(
    "the result is cut out from its first pixel on, where the kernel hangs over the edge",
    hint="The full convolution begins with windows that hold one pixel of the image only. "
    "At which row does the first value stand whose window lies on the image as a whole?",
)
def _(right, x, w, *rest, stride=1, padding=0):
    before = [K - 1 for K in w.shape[2:]]
    return _around(right, x, w, rest, stride, padding, before, (0, 0))


@conv2d_fft.mistake(
    "the result is cut out one pixel too late",
    hint="Count from 0: before the first whole window lie KH - 1 rows, not KH.",
)
def _(right, x, w, *rest, stride=1, padding=0):
    return _around(right, x, w, rest, stride, padding, (0, 0), (1, 1), start=(1, 1))


@conv2d_fft.mistake(
    "the result is cut out one pixel too late, into what wraps around",
    hint="Count from 0: at which row does the first whole window stand?",
)
def _(right, x, w, *rest, stride=1, padding=0):
    return _around(right, x, w, rest, stride, padding, (0, 0), (1, 1), "wrap", start=(1, 1))


@conv2d_fft.mistake(
    "the result is cut out one pixel too early",
    hint="Before the first whole window lie KH - 1 rows in which the kernel hangs over the edge.",
)
def _(right, x, w, *rest, stride=1, padding=0):
    return _around(right, x, w, rest, stride, padding, (1, 1), (0, 0))


@conv2d_fft.mistake(
    "the result is cut out one pixel too early, where it wraps around",
    hint="Before the first whole window lie KH - 1 rows that hold two ends of the image.",
)
def _(right, x, w, *rest, stride=1, padding=0):
    return _around(right, x, w, rest, stride, padding, (1, 1), (0, 0), "wrap")


@conv2d_fft.mistake(
    "the whole of the full convolution is returned",
    hint="Only places at which the kernel lies on the padded image count: "
    "OH = H + 2 * padding - KH + 1 of them for stride 1. Cut them out.",
)
def _(right, x, w, *rest, stride=1, padding=0):
    ends = [padding + K - 1 for K in w.shape[2:]]
    return right(pad_spatial(x, ends, ends), w, *rest, stride=stride)


@conv2d_fft.mistake(
    "the whole circle is returned",
    hint="Only places at which the kernel lies on the padded image count: "
    "OH = H + 2 * padding - KH + 1 of them for stride 1. Cut them out.",
)
def _(right, x, w, *rest, stride=1, padding=0):
    return right(_circle(x, w, padding, "behind"), w, *rest, stride=stride)


@conv2d_fft.mistake(
    "irfft2 is not told how wide the image was",
    hint="rfft2 of 8 columns and of 9 gives 5 columns each. Going back, irfft2 takes an even "
    "width unless you give it the size, as s=(H, W).",
)
def _(right, x, w, b=None, *, stride=1, padding=0):
    sizes = [n + 2 * padding - K + 1 for n, K in zip(x.shape[2:], w.shape[2:], strict=True)]
    circle = right(_circle(x, w, padding, "behind"), w)
    narrow = np.fft.irfft2(np.fft.rfft2(circle)) if circle.shape[3] > 1 else circle
    out = narrow[:, :, : sizes[0] : stride, : sizes[1] : stride]
    return out if b is None else out + b[:, None, None]


@conv2d_fft.mistake(
    "the stride is taken before the kernel has been laid on",
    hint="Convolve first, at every place, and keep every stride-th result.",
)
def _(right, x, w, *rest, stride=1, padding=0):
    x = pad_spatial(x, (padding,) * 2, (padding,) * 2)[:, :, ::stride, ::stride]
    missing = [max(K - size, 0) for size, K in zip(x.shape[2:], w.shape[2:], strict=True)]
    return right(pad_spatial(x, (0, 0), missing), w, *rest)


add_fast_layer_mistakes(conv2d_fft)
