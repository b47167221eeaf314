"""ZFNet: a signal's way back to the pixels, through a ReLU and through a convolution."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("c3_zfnet", section="12_backpropagation#backprop-relu", outputs={"out": "..."})
def rectify_back(x, signal, *, rule):
    """Send a signal back through a ReLU by one of three rules."""
    return reference.rectify_back(x, signal, rule=rule)


@rectify_back.cases
def _(rng):
    x = rng.permutation([2.0, -1.0, 3.0, -4.0])
    signal = x[[1, 0, 3, 2]] * [1, -1, 1, 1]  # signs of every kind, by hand
    signs = np.array([1, 1, -1, -1]), np.array([1, -1, 1, -1])
    order = rng.permutation(4)
    x, signal = (np.abs(a) * s[order] for a, s in zip((x, signal), signs, strict=True))
    yield Case("four values, the gradient's rule", {"x": x, "signal": signal, "rule": "gradient"})
    yield Case("the same values, the deconvnet's", {"x": x, "signal": signal, "rule": "deconvnet"})
    yield Case("the same values, the guided rule", {"x": x, "signal": signal, "rule": "guided"})
    maps, back = rng.normal(size=(2, 3, 4, 5)), rng.normal(size=(2, 3, 4, 5))
    for rule in ("gradient", "deconvnet", "guided"):
        yield Case(f"maps of several images, {rule}", {"x": maps, "signal": back, "rule": rule})
    flat = np.where(rng.random((3, 4)) < 0.5, 0.0, np.abs(rng.normal(size=(3, 4))) + 1)
    flat[0, 0], flat[1, 1] = 0.0, 1.5
    some = {"x": flat, "signal": rng.normal(size=(3, 4)) ** 2 + 0.5}
    yield Case("a ReLU that got exactly 0, the gradient's rule", some | {"rule": "gradient"})
    yield Case("a ReLU that got exactly 0, the deconvnet's", some | {"rule": "deconvnet"})


def _other_rule(names):
    return lambda right, x, signal, *, rule: right(x, signal, rule=names.get(rule, rule))


for _name, _hint, _wrong in (
    (
        "the gradient's rule and the deconvnet's are exchanged",
        "The gradient asks what went in; the deconvnet never looks at it.",
        _other_rule({"gradient": "deconvnet", "deconvnet": "gradient"}),
    ),
    (
        "all rules are the gradient's",
        "The deconvnet asks whether the signal that comes back is above 0.",
        _other_rule({"deconvnet": "gradient", "guided": "gradient"}),
    ),
    (
        "all rules are the deconvnet's",
        "The gradient's rule lets negative signals pass where x was above 0.",
        _other_rule({"gradient": "deconvnet", "guided": "deconvnet"}),
    ),
    (
        "the deconvnet's rule is the guided one",
        "The deconvnet looks at the signal alone, wherever x was below 0.",
        _other_rule({"deconvnet": "guided"}),
    ),
    (
        "the guided rule is the deconvnet's",
        "Guided means both: x above 0, and the signal above 0.",
        _other_rule({"guided": "deconvnet"}),
    ),
    (
        "the guided rule is the gradient's",
        "Guided means both: x above 0, and the signal above 0.",
        _other_rule({"guided": "gradient"}),
    ),
    (
        "guided lets pass where either is above 0",
        "Guided means both at once, not one of the two.",
        lambda right, x, signal, *, rule: (
            signal * ((x > 0) | (signal > 0)) if rule == "guided" else right(x, signal, rule=rule)
        ),
    ),
    (
        "a ReLU that got exactly 0 lets the gradient pass",
        "PyTorch takes the slope at 0 to be 0.",
        lambda right, x, signal, *, rule: (
            right(x, signal, rule=rule)
            if rule == "deconvnet"
            else right(np.where(x == 0, 1.0, x), signal, rule=rule)
        ),
    ),
    (
        "x comes back, not the signal",
        "What goes back is the signal; x only says where it may pass.",
        lambda right, x, signal, *, rule: x * (right(np.abs(x), signal, rule=rule) != 0),
    ),
    (
        "the signal is multiplied by x",
        "A ReLU's slope is 1 or 0: it lets a signal pass or does not.",
        lambda right, x, signal, *, rule: x * right(x, signal, rule=rule),
    ),
    (
        "a mask comes back, not the signal",
        "Where it may pass, the signal itself goes on.",
        lambda right, x, signal, *, rule: 1.0 * (right(x, signal, rule=rule) != 0),
    ),
):
    rectify_back.mistake(_name, hint=_hint)(_wrong)


@exercise("c3_zfnet", section="04_convolution#convolution-transposed", outputs={"out": "C L"})
def project_back(signal, w, *, stride=1):
    """Draw each value of a row of maps as its filter, at the place it looked at."""
    return reference.project_back(signal, w, stride=stride)


@project_back.cases
def _(rng):
    one = np.zeros((1, 4))
    one[0, int(rng.integers(1, 3))] = 2.0
    yield Case("one value of one map", {"signal": one, "w": _ramp(rng)})
    row = rng.permutation([1.0, 2.0, 4.0, 3.0])[None]
    yield Case("values whose filters overlap", {"signal": row, "w": _ramp(rng)})
    maps = rng.normal(size=(4, 5))
    yield Case("several maps and channels", {"signal": maps, "w": rng.normal(size=(4, 2, 3))})
    wide = rng.normal(size=(3, 4, 5))
    yield Case("a stride of 2", {"signal": maps[:3], "w": wide, "stride": 2})
    yield Case("a stride of 4, which leaves gaps", {"signal": row, "w": _ramp(rng), "stride": 4})
    yield Case("a filter of one pixel", {"signal": maps, "w": rng.normal(size=(4, 3, 1))})
    long = {"signal": rng.normal(size=(2, 6)), "w": rng.normal(size=(2, 3, 7)), "stride": 3}
    yield Case("wide filters, a stride of 3", long)


def _ramp(rng):
    return np.sort(rng.permutation(np.arange(1.0, 7.0))[:3])[None, None]


def _each(right, signal, w, stride, draw):
    """Lay filters down one by one, the way `draw` has it."""
    out = np.zeros_like(right(signal, w, stride=stride))
    K = w.shape[2]
    for (f, i), value in np.ndenumerate(signal):
        draw(out[:, i * stride : i * stride + K], value, w[f])
    return out


def _overwrite(window, value, kernel):
    window[:] = value * kernel


def _strongest(window, value, kernel):
    window[:] = np.where(np.abs(value * kernel) > np.abs(window), value * kernel, window)


for _name, _hint, _wrong in (
    (
        "the filters are flipped",
        "A value of 1 on the map draws its filter as it is.",
        lambda right, signal, w, *, stride=1: right(signal, w[:, :, ::-1], stride=stride),
    ),
    (
        "where filters overlap, the last one wins",
        "What several values draw on one pixel is added: += and not =.",
        lambda right, signal, w, *, stride=1: _each(right, signal, w, stride, _overwrite),
    ),
    (
        "where filters overlap, the strongest wins",
        "What several values draw on one pixel is added.",
        lambda right, signal, w, *, stride=1: _each(right, signal, w, stride, _strongest),
    ),
    (
        "the stride is ignored",
        "Neighbouring values looked at windows that begin `stride` pixels apart.",
        lambda right, signal, w, *, stride=1: right(signal, w),
    ),
    (
        "the stride is ignored, but for the length",
        "The value at place i begins to draw at pixel i * stride.",
        lambda right, signal, w, *, stride=1: _stretched(right, signal, w, stride),
    ),
    (
        "only the first map is projected back",
        "Every map draws with its own filter, and all drawings are added.",
        lambda right, signal, w, *, stride=1: right(signal[:1], w[:1], stride=stride),
    ),
    (
        "the channels are added up",
        "Each channel of a filter draws on its own channel of the image.",
        lambda right, signal, w, *, stride=1: np.broadcast_to(
            right(signal, w, stride=stride).sum(axis=0), right(signal, w, stride=stride).shape
        ).copy(),
    ),
    (
        "all maps draw with the first filter",
        "Map f draws with filter f.",
        lambda right, signal, w, *, stride=1: right(
            signal, np.repeat(w[:1], len(w), axis=0), stride=stride
        ),
    ),
    (
        "negative values do not draw",
        "A convolution is answered with its sign; rectifying is another step.",
        lambda right, signal, w, *, stride=1: right(np.maximum(signal, 0), w, stride=stride),
    ),
    (
        "overlapping drawings are averaged",
        "What several values draw on one pixel is added, not averaged.",
        lambda right, signal, w, *, stride=1: _averaged(right, signal, w, stride),
    ),
    (
        "the last window is cut short",
        "The last value draws its whole filter: the row is (OL - 1) * stride + K long.",
        lambda right, signal, w, *, stride=1: right(signal, w, stride=stride)[
            :, : signal.shape[1] * stride
        ],
    ),
):
    project_back.mistake(_name, hint=_hint)(_wrong)


def _stretched(right, signal, w, stride):
    near, out = right(signal, w), np.zeros_like(right(signal, w, stride=stride))
    out[:, : near.shape[1]] = near
    return out


def _averaged(right, signal, w, stride):
    times = right(np.ones((1, signal.shape[1])), np.ones((1, 1, w.shape[2])), stride=stride)
    return right(signal, w, stride=stride) / np.maximum(times, 1)
