"""Kernels on one signal: cross-correlation and convolution."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

_DIGITS = np.arange(1.0, 10.0)


@exercise("02_filters", section="03_filters#filters-window", outputs={"out": "L-K+1"})
def cross_correlate1d(x, k):
    """Slide a kernel along a signal and sum the products at every place where it fits."""
    return reference.cross_correlate1d(x, k)


@cross_correlate1d.cases
def _(rng):
    yield Case(
        "five values and a kernel of two",
        {"x": rng.permutation(_DIGITS)[:5], "k": rng.permutation(_DIGITS[:3])[:2]},
    )
    x = rng.normal(size=rng.integers(9, 13))
    yield Case("a kernel of three, with negative values", {"x": x, "k": rng.normal(size=3)})
    yield Case("a kernel of four, an even length", {"x": x, "k": rng.normal(size=4)})
    yield Case("a kernel of one scales the signal", {"x": x, "k": rng.normal(size=1)})
    yield Case("a kernel as long as the signal: one value", {"x": x[:6], "k": rng.normal(size=6)})
    yield Case(
        "a signal of whole numbers and a kernel of fractions",
        {"x": rng.permutation(np.arange(-8, 12)), "k": rng.normal(size=5)},
    )


@cross_correlate1d.mistake(
    "the kernel is flipped",
    hint="Cross-correlation pairs the first value of the window with the first of the kernel.",
    section="03_filters#filters-flip",
)
def _(right, x, k):
    return right(x, k[::-1])


@cross_correlate1d.mistake(
    "the last window is forgotten",
    hint="Count the places by hand: where does a kernel of 2 fit on a signal of 3?",
)
def _(right, x, k):
    return right(x, k)[:-1]


@cross_correlate1d.mistake(
    "the last window is never filled in",
    hint="`range(n)` stops at n - 1: over how many places should the loop run?",
)
def _(right, x, k):
    out = right(x, k)
    out[-1] = 0.0
    return out


@cross_correlate1d.mistake(
    "the output is made as long as the signal",
    hint="Only places where the whole kernel lies on the signal count, so the answer is shorter "
    "than the signal.",
    section="03_filters#filters-modes",
)
def _(right, x, k):
    return np.pad(right(x, k), (0, len(k) - 1))


@cross_correlate1d.mistake(
    "the windows run past the end of the signal",
    hint="Nothing follows the signal: the last window ends where the signal ends.",
    section="03_filters#filters-modes",
)
def _(right, x, k):
    return right(np.pad(x, (0, len(k) - 1)), k)


@cross_correlate1d.mistake(
    "the signal is padded on both sides",
    hint="Nothing is added to the signal here: the kernel stays inside it.",
    section="03_filters#filters-modes",
)
def _(right, x, k):
    K = len(k)
    return right(np.pad(x, ((K - 1) // 2, K // 2)), k)


@cross_correlate1d.mistake(
    "the products are averaged",
    hint="The products are added up; nothing divides the sum.",
)
def _(right, x, k):
    return right(x, k) / len(k)


@cross_correlate1d.mistake(
    "the window moves by its own length",
    hint="Two neighbouring windows overlap: the kernel moves by one sample at a time.",
)
def _(right, x, k):
    return right(x, k)[:: len(k)]


@cross_correlate1d.mistake(
    "every value of the signal is multiplied by the first value of the kernel",
    hint="Each value in the window has a kernel value of its own.",
)
def _(right, x, k):
    return right(x, np.full_like(k, k[0]))


@cross_correlate1d.mistake(
    "the sums are cut to whole numbers",
    hint="An array made like x holds what x holds; make the one for the answer of float64.",
)
def _(right, x, k):
    return right(x, k).astype(x.dtype)


@exercise("02_filters", section="03_filters#filters-modes", outputs={"out": "length"})
def convolve1d(x, k, *, mode="valid"):
    """Convolve a signal with a kernel no longer than it; the modes are those of NumPy."""
    return reference.convolve1d(x, k, mode=mode)


@convolve1d.cases
def _(rng):
    yield Case(
        "valid, five values and a kernel of two",
        {"x": rng.permutation(_DIGITS)[:5], "k": rng.permutation(_DIGITS[:3])[:2]},
    )
    x = rng.normal(size=rng.integers(9, 13))
    odd, even = rng.normal(size=5), rng.normal(size=4)
    yield Case("full, a kernel of five", {"x": x, "k": odd, "mode": "full"})
    yield Case("same, a kernel of five", {"x": x, "k": odd, "mode": "same"})
    yield Case("valid, a kernel of five", {"x": x, "k": odd})
    yield Case("same, a kernel of four: an even length", {"x": x, "k": even, "mode": "same"})
    yield Case("full, a kernel of four", {"x": x, "k": even, "mode": "full"})
    yield Case("same, a kernel of one scales the signal", {"x": x, "k": even[:1], "mode": "same"})
    yield Case("same, a kernel as long as the signal", {"x": x[:5], "k": odd, "mode": "same"})


@convolve1d.mistake(
    "the kernel is not flipped",
    hint="Convolution pairs the first value of the window with the last of the kernel.",
    section="03_filters#filters-flip",
)
def _(right, x, k, *, mode="valid"):
    return right(x, k[::-1], mode=mode)


@convolve1d.mistake(
    "the mode is ignored",
    hint="Compare the lengths that valid, same and full should give for one signal and kernel.",
)
def _(right, x, k, *, mode="valid"):
    return right(x, k)


@convolve1d.mistake(
    "the signal is flipped and not the kernel",
    hint="Flip the kernel; a flipped signal gives the answer back to front.",
    section="03_filters#filters-flip",
)
def _(right, x, k, *, mode="valid"):
    return right(x[::-1], k[::-1], mode=mode)


@convolve1d.mistake(
    "'same' is padded at the start only",
    hint="'same' is the middle of 'full': with an odd kernel it loses as much at either end.",
)
def _(right, x, k, *, mode="valid"):
    return right(x, k, mode="full")[: len(x)] if mode == "same" else right(x, k, mode=mode)


@convolve1d.mistake(
    "'same' is padded at the end only",
    hint="'same' is the middle of 'full': with an odd kernel it loses as much at either end.",
)
def _(right, x, k, *, mode="valid"):
    return right(x, k, mode="full")[len(k) - 1 :] if mode == "same" else right(x, k, mode=mode)


@convolve1d.mistake(
    "'same' is one off for even kernels",
    hint="With an even kernel there is no exact middle; the text says at which index of 'full' "
    "'same' starts.",
)
def _(right, x, k, *, mode="valid"):
    full, start = right(x, k, mode="full"), len(k) // 2
    return full[start : start + len(x)] if mode == "same" else right(x, k, mode=mode)


@convolve1d.mistake(
    "'same' adds as many zeros at both ends, also for even kernels",
    hint="K - 1 zeros are needed in all: for an even K that number is odd, and the ends differ.",
)
def _(right, x, k, *, mode="valid"):
    return right(np.pad(x, (len(k) - 1) // 2), k) if mode == "same" else right(x, k, mode=mode)


@convolve1d.mistake(
    "'full' adds one zero too many at each end",
    hint="In the first and the last window of 'full', kernel and signal share one value.",
)
def _(right, x, k, *, mode="valid"):
    return right(np.pad(x, 1), k, mode=mode) if mode == "full" else right(x, k, mode=mode)


@convolve1d.mistake(
    "the signal is continued by its end values",
    hint="Outside the signal stand zeros, as in `numpy.convolve`.",
)
def _(right, x, k, *, mode="valid"):
    if mode == "valid":
        return right(x, k)
    K = len(k)
    return right(np.pad(x, K, mode="edge"), k, mode=mode)[K:-K]
