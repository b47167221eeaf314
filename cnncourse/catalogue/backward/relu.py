"""Back through ReLU: a gate that x has opened or shut."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.backward.outputs import SECTION, add_upstream_mistakes
from cnncourse.catalogue.exercise import Case, exercise


@exercise("07_backward", section=SECTION + "relu", outputs={"dx": "..."})
def relu_backward(dout, x):
    """Send a gradient back through ReLU, as PyTorch does."""
    return reference.relu_backward(dout, x)


@relu_backward.cases
def _(rng):
    x = rng.permutation([-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]).reshape(1, 1, 2, 3)
    # Whatever the draw, all four pairs of signs.
    signs = np.where(np.isin(np.abs(x), [1, 3]), np.sign(x), -np.sign(x))
    dout = signs * rng.permutation(np.arange(4.0, 10.0)).reshape(x.shape)
    yield Case("a 2 x 3 map of whole numbers, none of them 0", {"dout": dout, "x": x})
    N, C = rng.permutation([2, 3])
    x, dout = rng.normal(size=(2, N, C, 5, 4))
    yield Case("several images and channels", {"dout": dout, "x": x})
    zeros = np.maximum(x, 0) * [1, 1, -1, 1]
    zeros[0, 0, 0] = [0.0, -0.0, 0.0, -0.0]
    yield Case("many entries that are exactly 0, or -0", {"dout": dout, "x": zeros})
    yield Case("tiny numbers above and below 0", {"dout": dout * 1e3, "x": x * 1e-12})
    yield Case(
        "arrays stored in other orders",
        {"dout": np.asfortranarray(dout), "x": x[:, :, ::-1]},
    )
    flat = rng.normal(size=(2, 4, 7))
    yield Case("two axes, after a fully connected layer", {"dout": flat[0], "x": flat[1]})
    yield Case("an empty batch stays empty", dict.fromkeys(("dout", "x"), np.zeros((0, 3, 2, 2))))


@relu_backward.mistake(
    "the slope at 0 is 1",
    hint="At exactly 0 ReLU has a kink, and PyTorch takes the slope of the left side there.",
)
def _(right, dout, x):
    return right(dout, np.where(x == 0, 1, x))


@relu_backward.mistake(
    "the slope at 0 is one half",
    hint="Halfway between both sides is a fair choice, but not PyTorch's: it takes the slope of "
    "the left side.",
)
def _(right, dout, x):
    return right(np.where(x == 0, dout / 2, dout), np.where(x == 0, 1, x))


@relu_backward.mistake(
    "the gate is opened by dout instead of x",
    hint="Which numbers went into the layer and were cut off at 0: those of dout, or of x?",
)
def _(right, dout, x):
    return right(dout, dout)


@relu_backward.mistake(
    "negative gradients are cut off as well",
    hint="Where x is above 0 dout passes as it is, whatever its own sign.",
)
def _(right, dout, x):
    return right(right(dout, dout), x)


@relu_backward.mistake(
    "dout passes everywhere",
    hint="Where x is below 0 the output is 0, whatever becomes of x. How much does the loss "
    "change then?",
)
def _(right, dout, x):
    return np.array(dout)


@relu_backward.mistake(
    "the gate is open where it should be shut",
    hint="Which way does the comparison with 0 point in your code?",
)
def _(right, dout, x):
    return right(dout, -x)


@relu_backward.mistake(
    "dout is multiplied by the output of the layer",
    hint="The slope of ReLU, 0 or 1, is wanted, and not its value.",
)
def _(right, dout, x):
    return right(dout * x, x)


@relu_backward.mistake(
    "dout is multiplied by the sign of x",
    hint="np.sign is -1 below 0. What is the slope of ReLU there?",
)
def _(right, dout, x):
    return right(dout, x) - right(dout, -x)


@relu_backward.mistake(
    "the output of the layer is returned",
    hint="That is the way forward. Back comes a gradient: dout, where the gate was open.",
    section=SECTION + "chain",
)
def _(right, dout, x):
    return right(x, x)


@relu_backward.mistake(
    "x is returned where the gate is shut",
    hint="np.where(condition, a, b) takes b where the condition fails: which number goes there?",
)
def _(right, dout, x):
    return np.where(x > 0, right(dout, x), x)


@relu_backward.mistake(
    "the gate opens only a little above 0",
    hint="Any number above 0 opens it, however small: is there a tolerance in your comparison?",
)
def _(right, dout, x):
    return right(dout, np.where(np.abs(x) < 1e-9, 0, x))


add_upstream_mistakes(relu_backward)
