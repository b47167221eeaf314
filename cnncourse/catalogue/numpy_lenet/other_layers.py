"""The pooling and the fully connected layer, each with its way back."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.backward.linear import linear_backward
from cnncourse.catalogue.backward.max_pool_backward import max_pool2d_backward
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.numpy_lenet.way_back import add_memory_mistakes, adopt_backward

POOL_BACKWARD = (
    "every one of several equal winners gets the whole gradient",
    "equal winners share the gradient",
    "of equal winners the last one gets the gradient",
    "of equal winners the one in the first column gets the gradient",
    "every pixel of the window gets the gradient",
    "the gradient is shared by the whole window",
    "the smallest value gets the gradient",
    "the gradient is multiplied by the largest value",
    "the largest value itself comes back",
    "dout is ignored, as if it were 1 everywhere",
    "the sign is wrong",
)
LINEAR_BACKWARD = (
    "db is not summed over the batch",
    "db is summed over the outputs",
    "db keeps an axis of length 1",
    "dw is divided by N",
    "db is divided by N",
    "dw and db are divided by N",
    "all gradients are divided by N",
    "dw comes from the first image only",
    "dw is overwritten by every image",
    "dout is ignored, as if it were 1 everywhere",
    "the sign is wrong",
)


def _there_and_back(function, inputs, dout, count):
    """Call a layer, then once more as the next layer would, then the first call's way back."""

    def ask(*arrays):
        value = function(*arrays)
        if not (isinstance(value, tuple) and len(value) == 2 and callable(value[1])):
            raise TypeError("it should return the tuple (out, backward), backward a function")
        return value

    out, backward = ask(*inputs)
    ask(*[np.flip(array).copy() for array in inputs])
    backward(dout / 2)
    slopes = backward(dout)
    if count == 1:
        return out, slopes
    if not (isinstance(slopes, tuple) and len(slopes) == count):
        raise TypeError("backward should return the tuple (dx, dw, db)")
    return out, *slopes


@exercise(
    "15_numpy_lenet",
    section="12_backpropagation#backprop-pooling",
    outputs={"out": "N C OH OW", "dx": "N C H W"},
)
def max_pool2d_function(x):
    """Keep the largest value of every tile of 2 x 2, and return the way back as well."""
    return reference.max_pool2d_function(x)


@max_pool2d_function.drive
def _(function, x, dout):
    return _there_and_back(function, [x], dout, 1)


@max_pool2d_function.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 9.0)).reshape(1, 1, 2, 4)
    yield Case("a 2 x 4 map", {"x": x, "dout": np.array([[[[10.0, 20.0]]]])})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 4, 6))
    dout = rng.normal(size=(N, C, 2, 3))
    yield Case("several images and channels", {"x": x, "dout": dout})
    yield Case("only negative values", {"x": -1 - np.abs(x), "dout": dout})
    order = np.asfortranarray(x)
    yield Case("maps stored in another order", {"x": order, "dout": np.asfortranarray(dout)})
    tiles = np.array([[0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 0], [1, 0, 1, 0]], dtype=float)
    tiles = tiles[rng.permutation(np.arange(4 * N * C) % 4)].reshape(N, C, 2, 2, 2, 2)
    ties = tiles.transpose(0, 1, 2, 4, 3, 5).reshape(N, C, 4, 4)
    claim = "ties, as a ReLU leaves them: the first in reading order wins"
    yield Case(claim, {"x": ties, "dout": rng.normal(size=(N, C, 2, 2))})


adopt_backward(
    max_pool2d_function,
    max_pool2d_backward,
    POOL_BACKWARD,
    forward=lambda x: reference.max_pool2d(x, 2),
    fixed=(2,),
)
add_memory_mistakes(max_pool2d_function)


def _add_pool_output_mistakes():
    def add(name, hint, section, change):
        @max_pool2d_function.mistake(name, hint=hint, section=section)
        def _(right, x):
            out, backward = right(x)
            return change(x, out), backward

    add(
        "the tiles are averaged",
        "One value of each tile goes on, the largest.",
        "08_pooling#pooling-max",
        lambda x, out: reference.avg_pool2d(x, 2),
    )
    add(
        "the largest value is searched for from 0 on",
        "In a tile of negative values the largest is negative too.",
        "08_pooling#pooling-max",
        lambda x, out: np.maximum(out, 0),
    )

    @max_pool2d_function.mistake(
        "reshape makes tiles of four pixels of one row",
        hint="Split the axes of rows and of columns each in two, "
        "(N, C, OH, 2, OW, 2), before anything is moved together.",
        section="08_pooling#pooling-max",
    )
    def _(right, x):
        N, C, H, W = x.shape
        out, backward = right(x.reshape(N, C, H * W // 4, 2, 2).reshape(N, -1, 2, 2))
        small = (N, C, H // 2, W // 2)
        return out.reshape(small), lambda dout: backward(dout.reshape(out.shape)).reshape(x.shape)


_add_pool_output_mistakes()


@exercise(
    "15_numpy_lenet",
    section="12_backpropagation#backprop-linear",
    outputs={"out": "N O", "dx": "N I", "dw": "O I", "db": "O"},
)
def linear_function(x, w, b):
    """Apply a fully connected layer, and return the way back as well."""
    return reference.linear_function(x, w, b)


@linear_function.drive
def _(function, x, w, b, dout):
    return _there_and_back(function, [x, w, b], dout, 3)


@linear_function.cases
def _(rng):
    x, w = rng.permutation([1.0, 2.0, 3.0])[None], rng.permutation([-1.0, 0.0, 1.0, 2.0, 3.0, 4.0])
    small = {"x": x, "w": w.reshape(2, 3), "b": np.array([10.0, 20.0])}
    yield Case("one image of three features, two outputs", small | {"dout": np.array([[1.0, 2]])})
    for claim, N in (("several images", 4), ("a large batch", 33)):
        inputs, outputs = rng.permutation([5, 6])
        yield Case(claim, _layer(rng, N, inputs, outputs))
    yield Case("as many outputs as inputs", _layer(rng, 3, 4, 4))
    layer = _layer(rng, 3, 5, 2)
    yield Case("stored in another order", {k: np.asfortranarray(v) for k, v in layer.items()})


def _layer(rng, N, inputs, outputs):
    sizes = {"x": (N, inputs), "w": (outputs, inputs), "b": outputs, "dout": (N, outputs)}
    return {name: rng.normal(size=size) for name, size in sizes.items()}


adopt_backward(
    linear_function,
    linear_backward,
    LINEAR_BACKWARD,
    forward=lambda x, w, b: x @ w.T + b,
)
add_memory_mistakes(linear_function)


@linear_function.mistake(
    "the bias is missing",
    hint="b[o] is added to output o of every image.",
    section="09_fully_connected#fc-linear",
)
def _(right, x, w, b):
    return right(x, w, 0 * b)


@linear_function.mistake(
    "w is used without transposing it",
    hint="Row o of w belongs to output o: which axis of w runs over the features of x?",
    section="09_fully_connected#fc-linear",
)
def _(right, x, w, b):
    return right(x, w.T if w.shape[0] == w.shape[1] else w, b)


def _add_square_mistakes():
    def add(name, hint, place):
        @linear_function.mistake(name, hint=hint)
        def _(right, x, w, b):
            out, backward = right(x, w, b)

            def turned(dout):
                slopes = list(backward(dout))
                if place == 0:
                    slopes[0] = dout @ w.T if w.shape[0] == w.shape[1] else slopes[0]
                else:
                    slopes[place] = slopes[place].T.copy()
                return tuple(slopes)

            return out, turned

    add(
        "dx is computed with w turned over",
        "out is x @ w.T; each x[n, i] meets w[o, i] for every o.",
        0,
    )
    add("dw is turned over", "dw has the shape of w: a row for each output.", 1)


_add_square_mistakes()
