"""Capstone C6: the way back through a shortcut, and through many layers."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("c6_resnet", section="12_backpropagation#backprop-chain", outputs={"dx": "N D"})
def residual_backward(dout, x, w1, w2):
    """Compute the gradient of a residual block's input."""
    return reference.residual_backward(dout, x, w1, w2)


@residual_backward.cases
def _(rng):
    def draw(N, D, M):
        return {
            "dout": rng.standard_normal((N, D)),
            "x": rng.standard_normal((N, D)),
            "w1": rng.standard_normal((D, M)) / np.sqrt(D),
            "w2": rng.standard_normal((M, D)) / np.sqrt(M),
        }

    one = np.array([[1.0]])
    tiny = {"dout": one, "x": 2 * one, "w1": 3 * one, "w2": 4 * one}
    yield Case("one number, all ReLUs open", tiny)
    blocked = {"dout": 5 * one, "x": 3 * one, "w1": -one, "w2": 2 * one}
    yield Case("the branch is shut: the shortcut is left", blocked)
    drawn = draw(3, 4, 9)
    yield Case("several images", drawn)
    yield Case("both layers as wide as the input", draw(4, 5, 5))
    silent = draw(3, 4, 6)
    yield Case("w2 is 0, as when gamma starts at 0", {**silent, "w2": 0 * silent["w2"]})
    yield Case("a wide branch", draw(5, 3, 20))
    yield Case("an empty batch", draw(0, 4, 3))


def _back(change):
    """Answer from what reaches the sum, the two masks and the parts of the way back."""

    def wrong(right, dout, x, w1, w2):
        h = x @ w1
        out = x + np.maximum(h, 0) @ w2
        return change(dout, x, w1, w2, h > 0, out > 0)

    return wrong


def _branch(dsum, w1, w2, inner):
    return ((dsum @ w2.T) * inner) @ w1.T


for _name, _hint, _wrong in (
    (
        "the shortcut is forgotten",
        "x goes two ways to the sum. What comes back along the shorter one?",
        _back(lambda dout, x, w1, w2, inner, outer: _branch(dout * outer, w1, w2, inner)),
    ),
    (
        "the branch is forgotten",
        "x goes two ways to the sum. What comes back through the two layers?",
        _back(lambda dout, x, w1, w2, inner, outer: dout * outer),
    ),
    (
        "the ReLU behind the sum is forgotten",
        "Where the output is 0, nothing comes back on either way.",
        _back(lambda dout, x, w1, w2, inner, outer: dout + _branch(dout, w1, w2, inner)),
    ),
    (
        "the shortcut leads around the last ReLU",
        "The sum comes first, then the ReLU: it stands on both ways.",
        _back(lambda dout, x, w1, w2, inner, outer: dout + _branch(dout * outer, w1, w2, inner)),
    ),
    (
        "only the shortcut goes through the last ReLU",
        "The sum comes first, then the ReLU: it stands on both ways.",
        _back(lambda dout, x, w1, w2, inner, outer: dout * outer + _branch(dout, w1, w2, inner)),
    ),
    (
        "the ReLU in the branch is forgotten",
        "Where x @ w1 is not positive, nothing comes back through it.",
        _back(
            lambda dout, x, w1, w2, inner, outer: (
                dout * outer + _branch(dout * outer, w1, w2, True)
            )
        ),
    ),
    (
        "both ReLUs are forgotten",
        "A ReLU lets the gradient pass only where its output is positive.",
        _back(lambda dout, x, w1, w2, inner, outer: dout + _branch(dout, w1, w2, True)),
    ),
    (
        "the branch's ReLU lets positive gradients through",
        "It is the input of a ReLU that decides, not the gradient.",
        _back(
            lambda dout, x, w1, w2, inner, outer: (
                dout * outer + np.maximum((dout * outer) @ w2.T, 0) @ w1.T
            )
        ),
    ),
    (
        "the last ReLU looks at the branch alone",
        "It gets the sum of both ways.",
        _back(
            lambda dout, x, w1, w2, inner, outer: _both(
                dout * (np.maximum(x @ w1, 0) @ w2 > 0), w1, w2, inner
            )
        ),
    ),
    (
        "the last ReLU looks at x",
        "It gets the sum of both ways.",
        _back(lambda dout, x, w1, w2, inner, outer: _both(dout * (x > 0), w1, w2, inner)),
    ),
    (
        "the last ReLU looks at the gradient",
        "It is the input of a ReLU that decides, not the gradient.",
        _back(lambda dout, x, w1, w2, inner, outer: _both(np.maximum(dout, 0), w1, w2, inner)),
    ),
    (
        "the two ways are averaged",
        "x takes part in both: its gradients add.",
        lambda right, *arrays: right(*arrays) / 2,
    ),
    (
        "the branch's gradient is taken away",
        "The branch is added on the way forward.",
        _back(
            lambda dout, x, w1, w2, inner, outer: (
                dout * outer - _branch(dout * outer, w1, w2, inner)
            )
        ),
    ),
    (
        "the gradient is divided by the number of images",
        "That belongs to the loss: each image has a row of its own in dout.",
        lambda right, dout, *arrays: right(dout, *arrays) / max(1, len(dout)),
    ),
):
    residual_backward.mistake(_name, hint=_hint)(_wrong)


def _both(dsum, w1, w2, inner):
    return dsum + _branch(dsum, w1, w2, inner)


@exercise("c6_resnet", section="12_backpropagation#backprop-chain", outputs={"sizes": "L"})
def gradient_sizes(slopes, *, shortcut):
    """Follow a gradient of 1 back through a chain of layers, each of one number."""
    return reference.gradient_sizes(slopes, shortcut=shortcut)


@gradient_sizes.cases
def _(rng):
    def draw(L, low, high):
        slopes = rng.uniform(low, high, L) * rng.choice([-1, 1], L)
        slopes[:2] = -abs(slopes[0]), abs(slopes[1])
        return slopes

    def case(claim, slopes, shortcut):
        return Case(claim, {"slopes": slopes, "shortcut": shortcut})

    two = np.array([0.5, 4.0])
    yield case("two layers, plain", two, False)
    yield case("two layers with shortcuts", two, True)
    small = rng.uniform(0.2, 0.6, 7)
    yield case("slopes below 1: the gradient vanishes", small, False)
    yield case("the same slopes with shortcuts", small, True)
    yield case("slopes of both signs, plain", draw(5, 1.2, 1.7), False)
    yield case("slopes of both signs, with shortcuts", draw(6, 1.2, 1.7), True)
    yield case("small slopes, with shortcuts", draw(9, 0.01, 0.1), True)
    yield case("a slope of 0 shuts a plain chain", np.array([0.7, 0.0, 0.9]), False)


def _factors(slopes, shortcut):
    return 1 + slopes if shortcut else slopes


def _from_behind(factors):
    return np.abs(np.cumprod(factors[::-1])[::-1])


for _name, _hint, _wrong in (
    (
        "the products start at the first layer",
        "The gradient comes from behind: what has it passed when it reaches layer i?",
        lambda right, slopes, *, shortcut: np.abs(np.cumprod(_factors(slopes, shortcut))),
    ),
    (
        "the last layer stands first",
        "The numbers were found from behind; the answer has the first layer first.",
        lambda right, slopes, *, shortcut: right(slopes, shortcut=shortcut)[::-1].copy(),
    ),
    (
        "the gradient of each layer's output is given",
        "The gradient of the input has passed the layer itself, too.",
        lambda right, slopes, *, shortcut: np.append(right(slopes, shortcut=shortcut)[1:], 1.0),
    ),
    (
        "the shortcuts are ignored",
        "With a shortcut a layer makes slope * x + x: what is its slope then?",
        lambda right, slopes, *, shortcut: right(slopes, shortcut=False),
    ),
    (
        "every chain has shortcuts",
        "Plain layers make slope * x and nothing more.",
        lambda right, slopes, *, shortcut: right(slopes, shortcut=True),
    ),
    (
        "1 is added to the product",
        "Each layer has a shortcut of its own: 1 is added before anything is multiplied.",
        lambda right, slopes, *, shortcut: np.abs(
            np.cumprod(slopes[::-1])[::-1] + (1 if shortcut else 0)
        ),
    ),
    (
        "slopes are added instead of multiplied",
        "What passes one layer and then another is multiplied twice.",
        lambda right, slopes, *, shortcut: np.abs(
            np.cumsum(_factors(slopes, shortcut)[::-1])[::-1]
        ),
    ),
    (
        "each layer is looked at alone",
        "The gradient of an early layer has passed all layers behind it.",
        lambda right, slopes, *, shortcut: np.abs(_factors(slopes, shortcut)),
    ),
    (
        "the sign is left on",
        "A size has no sign.",
        lambda right, slopes, *, shortcut: np.cumprod(_factors(slopes, shortcut)[::-1])[
            ::-1
        ].copy(),
    ),
    (
        "the sign is taken away before the shortcut is added",
        "A slope of -0.1 makes the shortcut's 1 smaller: add first, then take the absolute value.",
        lambda right, slopes, *, shortcut: right(np.abs(slopes), shortcut=shortcut),
    ),
    (
        "every entry is the product of all slopes",
        "The last layer's input is behind all others: only its own slope counts.",
        lambda right, slopes, *, shortcut: np.full(
            len(slopes), right(slopes, shortcut=shortcut)[0]
        ),
    ),
):
    gradient_sizes.mistake(_name, hint=_hint)(_wrong)
