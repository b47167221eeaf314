"""What the notebook gives: LeNet's first parameters, and stand-ins for what is not written.

The stand-ins serve this one LeNet and no exercise: its layers know no other sizes, and the
gradients of the network are rounded to two or three digits.
"""

import time

import numpy as np

from cnncourse.catalogue.numpy_lenet.digits import CLASSES, SIZE, training_digits

__all__ = ["CLASSES", "SIZE", "own_or_given", "start", "training_digits"]

SHAPES = {
    "conv1.weight": (6, 1, 5, 5),
    "conv1.bias": (6,),
    "conv2.weight": (16, 6, 5, 5),
    "conv2.bias": (16,),
    "fc1.weight": (120, 64),
    "fc1.bias": (120,),
    "fc2.weight": (84, 120),
    "fc2.bias": (84,),
    "fc3.weight": (CLASSES, 84),
    "fc3.bias": (CLASSES,),
}
_KEEP = 256  # steps between two powers of 2 that rounding leaves
_PATIENCE = 0.5  # seconds for eight images, forward and backward
_AGREE = 1e-4  # of the largest number: float32 serves for training


def start(rng):
    """Draw the parameters that training starts from.

    Parameters
    ----------
    rng : numpy.random.Generator

    Returns
    -------
    parameters : dict of str to ndarray of float64
        The weights have variance 1 / fan_in, the biases are 0.
    """
    parameters = {}
    for name, shape in SHAPES.items():
        most = np.sqrt(3 / np.prod(shape[1:])) if name.endswith("weight") else 0.0
        parameters[name] = rng.uniform(-most, most, size=shape)
    return parameters


def own_or_given(name, namespace):
    """Take a student's function if it serves, else the stand-in; print which, and why.

    Parameters
    ----------
    name : str
        Name of the exercise.
    namespace : dict
        Where the student's function would be: ``globals()``.

    Returns
    -------
    function : callable
    """
    stand_in, questions = _STAND_INS[name], _QUESTIONS[name]
    why = _unfit(namespace.get(name), stand_in, questions)
    print(f"{name}: your own" if why is None else f"{name}: the given one, since yours {why}")
    return namespace[name] if why is None else stand_in


def _unfit(own, stand_in, questions):
    """Say what keeps a student's function from being used; None if nothing does."""
    if not callable(own):
        return "is not there"
    began = time.perf_counter()
    try:
        for question, tolerance in questions():
            if not _agree(question(own), question(stand_in), tolerance):
                return "gives other numbers"
    except NotImplementedError:
        return "is not written yet"
    except Exception as error:
        return f"raises {type(error).__name__}"
    seconds = time.perf_counter() - began
    if seconds > _PATIENCE:
        return f"takes {seconds:.1f} s for 8 images, too long to train with"
    return None


def _agree(got, expected, tolerance):
    return len(got) == len(expected) and all(
        np.shape(one) == np.shape(other)
        and np.allclose(one, other, rtol=0, atol=tolerance * np.abs(other).max())
        for one, other in zip(got, expected, strict=True)
    )


def _conv_questions():
    rng = np.random.default_rng(1)
    for (N, C, H, F), options in (((8, 1, SIZE, 6), {"padding": 2}), ((8, 6, 8, 16), {})):
        x, w = rng.normal(size=(N, C, H, H)), rng.normal(size=(F, C, 5, 5))
        yield _layer_question(rng, x, w, rng.normal(size=F), **options)


def _pool_questions():
    rng = np.random.default_rng(2)
    yield _layer_question(rng, np.maximum(rng.normal(size=(8, 6, SIZE, SIZE)), 0))


def _linear_questions():
    rng = np.random.default_rng(3)
    yield _layer_question(rng, *[rng.normal(size=size) for size in ((8, 64), (120, 64), 120)])


def _layer_question(rng, *arrays, **options):
    seed = int(rng.integers(2**31))

    def ask(layer):
        out, backward = layer(*arrays, **options)
        slopes = backward(np.random.default_rng(seed).normal(size=out.shape))
        return (out, *slopes) if isinstance(slopes, tuple) else (out, slopes)

    return ask, _AGREE


def _network_questions():
    rng = np.random.default_rng(4)
    parameters, x = start(rng), rng.normal(size=(8, 1, SIZE, SIZE))
    labels = rng.integers(CLASSES, size=8)

    def ask(network):
        loss, gradients = network(parameters, x, labels)
        return [np.array(loss), *[gradients[name] for name in SHAPES]]

    yield ask, 3 / _KEEP


def _refuse(layer):
    raise ValueError(f"the given {layer} knows the sizes of the notebook's LeNet alone")


def _places(H, K):
    """Pairs of output and input pixels, all of them, for each weight of a K x K kernel."""
    OH = H - K + 1
    rows, columns = np.divmod(np.arange(OH * OH), OH)
    return [(rows + i) * H + columns + j for i in range(K) for j in range(K)]


def _conv2d(x, w, b, *, stride=1, padding=0):
    """A fully connected layer most of whose weights are 0, and the others shared."""
    kind = (w.shape, x.shape[1:], stride, padding)
    first = (SHAPES["conv1.weight"], (1, SIZE, SIZE), 1, 2)
    second = (SHAPES["conv2.weight"], (6, SIZE // 2, SIZE // 2), 1, 0)
    if kind not in (first, second):
        _refuse("conv2d_function")
    N, C, H = x.shape[:3]
    F, K = len(w), w.shape[2]
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    side = H + 2 * padding
    places, pixels = _places(side, K), np.arange((side - K + 1) ** 2)
    matrix = np.zeros((F, len(pixels), C, side * side))
    for k, place in enumerate(places):
        matrix[:, pixels, :, place] = w.reshape(F, C, K * K)[:, :, k]
    matrix = matrix.reshape(F * len(pixels), C * side * side)
    flat = padded.reshape(N, -1)
    out = (flat @ matrix.T).reshape(N, F, side - K + 1, side - K + 1) + b[:, None, None]

    def backward(dout):
        rows = dout.reshape(N, -1)
        slopes = (rows.T @ flat).reshape(F, len(pixels), C, side * side)
        dw = np.stack([slopes[:, pixels, :, place].sum(axis=0) for place in places], axis=-1)
        dx = (rows @ matrix).reshape(padded.shape)[:, :, padding:, padding:][:, :, :H, :H]
        return dx, dw.reshape(w.shape), dout.sum(axis=(0, 2, 3))

    return out, backward


def _max_pool2d(x):
    """Winners of pairs of rows, then of pairs of columns."""
    if x.shape[1:] not in ((6, SIZE, SIZE), (16, 4, 4)):
        _refuse("max_pool2d_function")
    upper, lower = x[:, :, ::2], x[:, :, 1::2]
    rows = np.maximum(upper, lower)
    left, right = rows[..., ::2], rows[..., 1::2]
    out = np.maximum(left, right)
    # Among equal values PyTorch takes the first in reading order: the upper row before the
    # lower one, whichever column it stands in.
    high = np.maximum(upper[..., ::2], upper[..., 1::2]) == out
    winners = []
    for row, ahead in ((upper, high), (lower, ~high)):
        first = (row[..., ::2] == out) & ahead
        winners.append((first, (row[..., 1::2] == out) & ahead & ~first))

    def backward(dout):
        dx = np.zeros_like(x)
        for i, pair in enumerate(winners):
            for j, won in enumerate(pair):
                dx[:, :, i::2, j::2] = won * dout
        return dx

    return out, backward


def _linear(x, w, b):
    if w.shape not in [SHAPES[f"fc{i}.weight"] for i in (1, 2, 3)]:
        _refuse("linear_function")
    out = np.einsum("ni,oi->no", x, w, optimize=True) + b

    def backward(dout):
        dx = np.einsum("no,oi->ni", dout, w, optimize=True)
        return dx, np.einsum("no,ni->oi", dout, x, optimize=True), np.einsum("no->o", dout)

    return out, backward


def _round(array):
    mantissa, exponent = np.frexp(array)
    return np.ldexp(np.round(mantissa * _KEEP) / _KEEP, exponent)


def _lenet_gradients(parameters, x, labels):
    def layer(function, name, maps, **options):
        return function(maps, parameters[f"{name}.weight"], parameters[f"{name}.bias"], **options)

    tape, maps = [], x
    for name, options in (("conv1", {"padding": 2}), ("conv2", {})):
        maps, back = layer(_conv2d, name, maps, **options)
        pooled, unpool = _max_pool2d(np.maximum(maps, 0))
        tape.append((name, back, maps > 0, unpool))
        maps = pooled
    values = maps.reshape(len(x), -1)
    for name in ("fc1", "fc2", "fc3"):
        values, back = layer(_linear, name, values if name == "fc1" else np.maximum(values, 0))
        tape.append((name, back, values > 0, None))
    shifted = values - values.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    right = np.eye(CLASSES)[labels]
    slope, gradients = (np.exp(logs) - right) / len(x), {}
    for name, back, positive, unpool in reversed(tape):
        if unpool is not None:
            N, C, H, W = positive.shape
            slope = unpool(slope.reshape(N, C, H // 2, W // 2))
        if name != "fc3":
            slope = slope * positive
        slope, dw, db = back(slope)
        gradients |= {f"{name}.weight": _round(dw), f"{name}.bias": _round(db)}
    loss = -(logs * right).sum() / len(x)
    return float(_round(loss)), {name: gradients[name] for name in parameters}


_STAND_INS = {
    "conv2d_function": _conv2d,
    "max_pool2d_function": _max_pool2d,
    "linear_function": _linear,
    "lenet_gradients": _lenet_gradients,
}
_QUESTIONS = {
    "conv2d_function": _conv_questions,
    "max_pool2d_function": _pool_questions,
    "linear_function": _linear_questions,
    "lenet_gradients": _network_questions,
}
