"""ZFNet: waves that a stride makes slower than they are, and filters kept within a radius."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("c3_zfnet", section="08_pooling#pooling-shift", outputs={"seen": ""})
def alias_frequency(frequency, stride):
    """Tell which wave a layer sees that looks at every `stride`-th pixel only."""
    return reference.alias_frequency(frequency, stride)


@alias_frequency.cases
def _(rng):
    def case(claim, low, high, stride):
        # Sixty-fourths, odd ones: never on the edge between two ranges.
        frequency = (2 * int(rng.integers(low, high)) + 1) / 64
        return Case(claim, {"frequency": frequency, "stride": stride})

    yield case("a slow wave, every second pixel", 1, 4, 2)
    yield case("a stride of 1 changes nothing", 4, 15, 1)
    yield case("a wave too fast for stride 2: it folds back", 9, 15, 2)
    yield case("stride 4, faster than one period a place", 9, 11, 4)
    yield case("stride 4, faster than one and a half periods a place", 13, 15, 4)
    yield case("stride 4, between half a period and a whole one", 5, 7, 4)
    yield Case("as many pixels a period as the stride: a wave stands still", _still(rng))
    yield case("stride 3", 7, 10, 3)


def _still(rng):
    stride = int(rng.choice([4, 8]))
    return {"frequency": 1 / stride, "stride": stride}


for _name, _hint, _wrong in (
    (
        "the wave is as fast as in the image",
        "Between two places lie `stride` pixels: how many periods is that?",
        lambda right, frequency, stride: frequency,
    ),
    (
        "nothing folds back: the frequency is above a half",
        "Whole periods between two places cannot be seen, and a wave forwards looks like one "
        "backwards.",
        lambda right, frequency, stride: frequency * stride,
    ),
    (
        "whole periods are taken away, but what is above a half is left",
        "0.7 periods forwards are 0.3 backwards, and a cosine looks the same either way.",
        lambda right, frequency, stride: frequency * stride % 1.0,
    ),
    (
        "the wave is cut at the fastest that can be seen",
        "Nothing is cut: a wave that is too fast appears as another one.",
        lambda right, frequency, stride: min(frequency * stride, 0.5),
    ),
    (
        "the frequency is divided by the stride",
        "The map has fewer places: from one to the next, the wave goes further, not less far.",
        lambda right, frequency, stride: frequency / stride,
    ),
    (
        "the answer is in periods a pixel",
        "Asked for are periods a place of the map.",
        lambda right, frequency, stride: right(frequency, stride) / stride,
    ),
    (
        "a whole period is folded away only once",
        "At stride 4 a wave can go on by more than one period between two places.",
        lambda right, frequency, stride: _folded_once(frequency * stride),
    ),
    (
        "a wave that runs backwards has a negative frequency",
        "A cosine looks the same either way: take the distance to the nearest whole number.",
        lambda right, frequency, stride: frequency * stride - round(frequency * stride),
    ),
):
    alias_frequency.mistake(_name, hint=_hint)(_wrong)


def _folded_once(periods):
    return 1 - periods if periods > 0.5 else periods


@exercise("c3_zfnet", section="16_regularisation#regular-l2", outputs={"out": "F C KH KW"})
def renormalize_filters(w, *, radius=0.1):
    """Shrink every filter whose root mean square is above a radius to this radius."""
    return reference.renormalize_filters(w, radius=radius)


@renormalize_filters.cases
def _(rng):
    hand = rng.permutation([3.0, 0.0, 0.0, 4.0]).reshape(1, 1, 2, 2)
    yield Case("one filter of 2 x 2, too large", {"w": hand, "radius": 0.5})
    w = rng.normal(size=(4, 1, 3, 2)) * np.array([4.0, 0.05, 2.0, 0.02]).reshape(4, 1, 1, 1)
    yield Case("two filters too large, two that are left as they are", {"w": w, "radius": 0.5})
    wide = rng.normal(size=(5, 3, 2, 4)) * rng.permutation([1.0, 3.0, 0.1, 0.2, 5.0]).reshape(
        5, 1, 1, 1
    )
    yield Case("three channels, one length for the whole filter", {"w": wide, "radius": 0.6})
    small = {"w": 0.01 * rng.normal(size=(3, 3, 5, 5))}
    yield Case("all filters within the paper's radius", small)
    yield Case("all filters beyond the paper's radius", {"w": 2 + rng.normal(size=(3, 2, 4, 4))})
    negative = -1 - np.abs(rng.normal(size=(3, 2, 3, 3)))
    yield Case("negative weights", {"w": negative, "radius": 0.7})
    dead = np.concatenate([np.zeros((1, 2, 3, 3)), 3 * rng.normal(size=(2, 2, 3, 3))])
    yield Case("a filter of zeros stays one", {"w": dead, "radius": 0.4})


def _shrunk(length, *, both=False):
    """Hold what `length` measures of each filter to the radius."""

    def wrong(right, w, *, radius=0.1):
        with np.errstate(divide="ignore"):
            ratio = radius / length(w)
        return w * (ratio if both else np.minimum(ratio, 1))

    return wrong


_WINDOW = (1, 2, 3)


def _rms(w, axis=_WINDOW):
    return np.sqrt((w**2).mean(axis=axis, keepdims=True))


for _name, _hint, _wrong in (
    (
        "small filters are stretched to the radius as well",
        "Only filters beyond the radius are changed.",
        lambda right, w, *, radius=0.1: w * (radius / np.where(_rms(w) > 0, _rms(w), 1)),
    ),
    (
        "the length of a filter is measured, not its root mean square",
        "The root mean square divides the sum of squares by the number of weights.",
        _shrunk(lambda w: np.sqrt((w**2).sum(axis=_WINDOW, keepdims=True))),
    ),
    (
        "all filters are measured together",
        "Every filter has a root mean square of its own.",
        _shrunk(lambda w: _rms(w, axis=(0, 1, 2, 3))),
    ),
    (
        "each channel of a filter is measured by itself",
        "A filter is all of its channels together.",
        _shrunk(lambda w: _rms(w, axis=(2, 3))),
    ),
    (
        "weights are cut off at the radius",
        "A filter is made smaller as a whole: its pattern stays the same.",
        lambda right, w, *, radius=0.1: np.clip(w, -radius, radius),
    ),
    (
        "the mean square is taken for its root",
        "A mean of squares is measured in squares: a root is missing.",
        _shrunk(lambda w: (w**2).mean(axis=_WINDOW, keepdims=True)),
    ),
    (
        "the mean of the absolute values is measured",
        "Root mean square: square first, then the mean, then the root.",
        _shrunk(lambda w: np.abs(w).mean(axis=_WINDOW, keepdims=True)),
    ),
    (
        "the spread about the mean is measured",
        "The mean of a filter is not subtracted.",
        _shrunk(lambda w: w.std(axis=_WINDOW, keepdims=True)),
    ),
    (
        "filters that are too large get length 1, not the radius",
        "What is shrunk ends with a root mean square of exactly `radius`.",
        lambda right, w, *, radius=0.1: (
            right(w, radius=radius) / np.where(_rms(w) > radius, radius, 1)
        ),
    ),
    (
        "nothing is changed",
        "A filter beyond the radius has to be made smaller.",
        lambda right, w, *, radius=0.1: w.copy(),
    ),
):
    renormalize_filters.mistake(_name, hint=_hint)(_wrong)
