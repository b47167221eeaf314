"""Back through a fully connected layer: three matrix products' worth of bookkeeping."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.backward.outputs import (
    SECTION,
    add_batch_mistakes,
    add_upstream_mistakes,
    replace_at,
)
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "07_backward",
    section=SECTION + "linear",
    outputs={"dx": "N D", "dw": "F D", "db": "F"},
)
def linear_backward(dout, x, w):
    """Send a gradient back through x @ w.T + b, as PyTorch does."""
    return reference.linear_backward(dout, x, w)


@linear_backward.cases
def _(rng):
    numbers = rng.permutation(np.arange(1.0, 10.0))
    dout = rng.permutation([-2.0, 1.0, 3.0, 4.0]).reshape(2, 2)
    x, w = numbers[:8].reshape(2, 2, 2)
    # Square throughout, so that products in the wrong order still exist, and can be named.
    yield Case(
        "two images, two inputs, two outputs, whole numbers", {"dout": dout, "x": x, "w": w}
    )
    N, D, F = rng.permutation([4, 5, 7])
    layer = _layer(rng, N, D, F)
    yield Case("other numbers of images, inputs and outputs", layer)
    yield Case("a single image", _layer(rng, 1, D, F))
    yield Case("a single output", _layer(rng, N, D, 1))
    yield Case("a single input", _layer(rng, N, 1, F))
    stored = {name: np.asfortranarray(array) for name, array in layer.items()}
    yield Case("arrays stored in another order", stored | {"x": layer["x"][::-1]})
    empty = {"dout": np.zeros((0, F)), "x": np.zeros((0, D)), "w": layer["w"]}
    yield Case("an empty batch: dw and db are 0", empty)


def _layer(rng, N, D, F):
    return {
        "dout": rng.normal(size=(N, F)),
        "x": rng.normal(size=(N, D)),
        "w": rng.normal(size=(F, D)),
    }


@linear_backward.mistake(
    "dw is transposed",
    hint="w is (F, D), and dw has the shape of w: which factor of the product gives its rows?",
)
def _(right, dout, x, w):
    dx, dw, db = right(dout, x, w)
    return dx, dw.T, db


@linear_backward.mistake(
    "w is transposed in dx",
    hint="The way forward multiplies by w.T. What remains for the way back, so that (N, F) "
    "becomes (N, D)?",
)
def _(right, dout, x, w):
    F, D = w.shape
    if F != D:  # the product would not even exist
        raise ValueError(f"matmul: {F} outputs do not fit {D} inputs")
    return replace_at(right(dout, x, w), 0, right(dout, x, w.T)[0])


@linear_backward.mistake(
    "dout is not transposed in dw",
    hint="dout is (N, F) and x is (N, D): over which of the three do the products for dw add up, "
    "and over which does @ add up?",
)
def _(right, dout, x, w):
    N, F = dout.shape
    if N != F:
        raise ValueError(f"matmul: {F} outputs do not fit {N} images")
    return replace_at(right(dout, x, w), 1, right(dout.T, x, w)[1])


@linear_backward.mistake(
    "dx and dw are exchanged",
    hint="The order of the tuple is (dx, dw, db).",
)
def _(right, dout, x, w):
    dx, dw, db = right(dout, x, w)
    return dw, dx, db


@linear_backward.mistake(
    "dw is made from w instead of x",
    hint="By what is a weight multiplied on the way forward? That is its slope.",
)
def _(right, dout, x, w):
    N, F = dout.shape
    if N != F:
        raise ValueError(f"matmul: {N} images do not fit {F} outputs")
    return replace_at(right(dout, x, w), 1, right(dout, w, w)[1])


@linear_backward.mistake(
    "db is not summed over the batch",
    hint="Each bias is added in every image, and db has the shape of b, (F,).",
)
def _(right, dout, x, w):
    return replace_at(right(dout, x, w), 2, np.array(dout))


@linear_backward.mistake(
    "db is summed over the outputs",
    hint="One number for each output is wanted: which axis of dout, (N, F), has to go?",
)
def _(right, dout, x, w):
    return replace_at(right(dout, x, w), 2, dout.sum(axis=1))


@linear_backward.mistake(
    "db keeps an axis of length 1",
    hint="b is (F,), and so is db: is there a keepdims too many?",
)
def _(right, dout, x, w):
    dx, dw, db = right(dout, x, w)
    return dx, dw, db[None]


@linear_backward.mistake(
    "db is the sum of all of dout",
    hint="A sum without an axis gives one number. One for each output is wanted.",
)
def _(right, dout, x, w):
    dx, dw, db = right(dout, x, w)
    return dx, dw, np.full_like(db, db.sum())


@linear_backward.mistake(
    "db is 0 or 1, whatever dout",
    hint="The slope of the output along its bias is 1: what does the chain rule multiply it by?",
    section=SECTION + "chain",
)
def _(right, dout, x, w):
    return replace_at(right(dout, x, w), 2, np.ones(len(w)))


add_batch_mistakes(linear_backward)
add_upstream_mistakes(linear_backward)
