"""The convolution layer with its way back, judged by `torch.autograd.gradcheck`.

PyTorch is absent where a student's function is graded. So the function is asked beforehand
for all that gradcheck is going to ask: its outputs at every shifted input, and its gradients
for every unit vector. The judge puts the answers into a `torch.autograd.Function` and runs
the real gradcheck on it.
"""

import contextlib
import functools

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.backward.conv import conv2d_backward
from cnncourse.catalogue.exercise import Case, Finding, exercise
from cnncourse.catalogue.numpy_lenet.conv_forward import conv2d_forward, draw_layer
from cnncourse.catalogue.numpy_lenet.way_back import add_memory_mistakes, adopt_backward

SHIFT = 1e-6  # gradcheck's eps
INPUTS = ("x", "w", "b")
BACKWARD = (
    "dx keeps the last filter only",
    "dx keeps the first filter only",
    "a pixel keeps the gradient of its last window only",
    "a pixel keeps the gradient through the last weight that met it only",
    "a pixel keeps the gradient of the last filter in its last window only",
    "the kernel is turned by 180 degrees in dx",
    "dw keeps the last window only",
    "dw keeps the last window of the last image only",
    "dw is turned by 180 degrees",
    "dw has the channels before the filters",
    "the rows and columns of dw are exchanged",
    "dw is averaged over the windows",
    "dw is the same for every channel",
    "db is averaged over images and places",
    "db is averaged over the places",
    "db is not summed over the places",
    "db is not summed over the batch",
    "db is summed over the filters",
    "db keeps axes of length 1",
    "the windows move by one pixel, whatever the stride",
    "the stride is ignored where dx is scattered",
    "the stride is ignored where dw is gathered",
    "the padding is cut off at the top and the left only",
    "the padding is cut off at the wrong end",
    "the padding is cut off by p:-p, which leaves nothing at padding 0",
    "dx still has the padding around it",
    "dw is divided by N",
    "db is divided by N",
    "dw and db are divided by N",
    "all gradients are divided by N",
    "dw comes from the first image only",
    "only the first image is computed",
    "dout is ignored, as if it were 1 everywhere",
    "the sign is wrong",
)

# Layers as small as gradcheck wants them cannot tell these from others.
NOT_FORWARD = (
    "the channels are averaged instead of summed",
    "the output is reshaped where its axes should be moved",
    "the padding is counted at the top and at the left only",
    "the first two axes of w are exchanged",
)


@exercise(
    "15_numpy_lenet",
    section="12_backpropagation#backprop-convolution",
    outputs={
        "out": "N F OH OW",
        "shifted": "P N F OH OW",
        "dx": "D N C H W",  # for each unit vector as dout, then for a mixed one
        "dw": "D F C KH KW",
        "db": "D F",
    },
)
def conv2d_function(x, w, b, *, stride=1, padding=0):
    """Convolve, and return the way back as well."""
    options = {"stride": stride, "padding": padding}
    return _forward(x, w, b, **options), lambda dout: _backward(dout, x, w, **options)


@conv2d_function.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 7.0)).reshape(1, 1, 2, 3)
    w = np.array([[[[2.0, -1.0]]]])
    yield Case("a 2 x 3 image, one filter of 1 x 2", {"x": x, "w": w, "b": np.array([1.0])})
    yield Case("windows that overlap", draw_layer(rng, 1, 1, 3, 4, 1, 2, 2))
    C, F = rng.permutation([2, 3])
    yield Case("channels and filters", draw_layer(rng, 1, C, 2, 3, F, 1, 2))
    yield Case("several images", draw_layer(rng, 3, 1, 2, 3, 2, 2, 1))
    yield Case("stride 2", draw_layer(rng, 1, 1, 4, 5, 2, 2, 1) | {"stride": 2})
    yield Case("padding 1", draw_layer(rng, 1, 1, 3, 2, 2, 2, 3) | {"padding": 1})
    yield Case(
        "all at once: stride 2 that leaves a row unused, padding 1",
        draw_layer(rng, 2, 2, 3, 4, 2, 2, 3) | {"stride": 2, "padding": 1},
    )


@conv2d_function.drive
def _(function, x, w, b, **options):
    def ask(*arrays):
        value = function(*arrays, **options)
        if not (isinstance(value, tuple) and len(value) == 2 and callable(value[1])):
            raise TypeError("it should return the tuple (out, backward), backward a function")
        return value

    out, backward = ask(x, w, b)
    inputs = [np.array(array) for array in (x, w, b)]
    shifted = [ask(*arrays)[0] for arrays in shifts(inputs)]
    ask(-2 * x, 3 * w, b)  # as the next layer's call will come between
    asked = [*units(np.shape(out)), _mixed(np.shape(out))]
    slopes = [way_back(backward, dout) for dout in asked]
    return np.array(out), np.array(shifted), *map(np.array, zip(*slopes, strict=True))


def way_back(backward, dout):
    """Ask for the gradients of one dout; copies, since the next call may write over them."""
    before = dout.copy()
    slopes = backward(dout)
    if not np.array_equal(dout, before):
        raise ValueError("backward changes dout in place; copy it first")
    if not (isinstance(slopes, tuple) and len(slopes) == 3):
        raise TypeError("backward should return the tuple (dx, dw, db)")
    return [np.array(slope) for slope in slopes]


def shifts(inputs):
    """Yield the inputs with one number moved down, then up: gradcheck's own points."""
    for array in inputs:
        for index in np.ndindex(array.shape):
            before = array[index]
            for moved in (before - SHIFT, before + SHIFT):
                array[index] = moved
                yield [one.copy() for one in inputs]
            array[index] = before


def units(shape):
    """Yield every array of this shape that holds a single 1, and 0 elsewhere."""
    for index in np.ndindex(*shape):
        unit = np.zeros(shape)
        unit[index] = 1
        yield unit


def _mixed(shape):
    """A dout of numbers great and small, of both signs, besides the unit vectors."""
    return np.linspace(-2.0, 3.0, np.prod(shape, dtype=int)).reshape(shape)


# Every mistake asks for the same points and the same unit vectors: PyTorch answers them once.


def _forward(*inputs, **options):
    """The right output."""
    return _remembered(_key(inputs), tuple(options.items())).copy()


def _backward(dout, x, w, **options):
    """The right gradients, a sum of those that each number of dout alone would give."""
    shape, slopes = _slopes(_key((x, w)), tuple(options.items()))
    if dout.shape != shape:
        raise ValueError(f"dout has shape {dout.shape}, out has {shape}")
    flat = np.split(dout.ravel() @ slopes, [x.size, x.size + w.size])
    return flat[0].reshape(x.shape), flat[1].reshape(w.shape), flat[2]


def _key(inputs):
    return tuple((array.shape, array.tobytes()) for array in inputs if array is not None)


def _arrays(key):
    return [np.frombuffer(data).reshape(shape) for shape, data in key]


@functools.lru_cache(maxsize=4096)
def _remembered(key, options):
    return reference.conv2d(*_arrays(key), **dict(options))


@functools.lru_cache(maxsize=1024)
def _slopes(key, options):
    x, w = _arrays(key)
    out, backward = reference.conv2d_function(x, w, np.zeros(len(w)), **dict(options))
    rows = [np.concatenate([each.ravel() for each in backward(d)]) for d in units(out.shape)]
    return out.shape, np.array(rows)  # a row for each number of out


def _add_forward_mistake(mistake):
    ask = functools.partial(mistake.function.func, _forward)

    @conv2d_function.mistake(mistake.name, hint=mistake.hint, section=mistake.section)
    def _(right, x, w, b, **options):
        wrong, (out, backward) = ask(x, w, b, **options), right(x, w, b, **options)
        if wrong.shape == out.shape:
            return wrong, backward
        return wrong, lambda dout: (0 * x, 0 * w, 0 * b)


@conv2d_function.judge
def _(arguments, out, shifted, dx, dw, db):
    inputs = [np.ascontiguousarray(arguments[name]) for name in INPUTS]
    options = {k: v for k, v in arguments.items() if k not in INPUTS}
    if {array.dtype for array in (out, shifted, dx, dw, db)} != {np.dtype(float)}:
        return Finding("computes in float32: gradcheck shifts by 1e-6 and needs float64")
    expected = reference.conv2d(*inputs, **options)
    differs = _difference(out, expected)
    if differs:
        return Finding(*differs, _name_of(out, inputs, options))
    for name, got, wanted in zip(INPUTS, (dx, dw, db), inputs, strict=True):
        if got.shape[1:] != wanted.shape:
            said = f"d{name} has shape {got.shape[1:]}, expected {wanted.shape}, that of {name}"
            return Finding(f"d{name} has another shape than {name}", said)
    slopes = [each[:-1] for each in (dx, dw, db)]
    for wrong, claimed in enumerate(slopes):
        finding = _explain(wrong, inputs, shifted, claimed)
        if finding:  # gradcheck would take longer to refuse it
            return finding
    answers = list(zip(shifts([array.copy() for array in inputs]), shifted, strict=True))
    wrong = reference.gradcheck_replay(inputs, out, slopes, answers, eps=SHIFT)
    if wrong is not None:
        return Finding(f"gradcheck refuses d{INPUTS[wrong]}")
    for name, each in zip(INPUTS, (dx, dw, db), strict=True):
        if not np.allclose(each[-1], np.tensordot(_mixed(out.shape).ravel(), each[:-1], 1)):
            said = "is right where dout is a single 1 among zeros, and wrong for other numbers"
            return Finding(f"d{name} {said}")
    return None


def _difference(out, expected):
    """Say how an output differs, without numbers and with them; None if it does not."""
    if out.shape != expected.shape:
        said = f"out has shape {out.shape}, expected {expected.shape}"
        return "out has the wrong shape", said
    wrong = np.argwhere(~np.isclose(out, expected, rtol=1e-9, atol=1e-9))
    if not len(wrong):
        return None
    place = tuple(wrong[0])
    said = f"out[{', '.join(map(str, place))}] is {out[place]:.6g}, expected {expected[place]:.6g}"
    return "values of out are wrong", f"{said} ({len(wrong)} of {out.size} values differ)"


def _name_of(out, inputs, options):
    """Name the known mistake of the way forward that gives this output."""
    for name, mistake in conv2d_forward.mistakes.items():
        with contextlib.suppress(ValueError, RuntimeError):  # it may not fit these sizes
            if _difference(out, mistake.function(*inputs, **options)) is None:
                return name
    return None


def _explain(wrong, inputs, shifted, claimed):
    """Name the first entry of a gradient that disagrees with the differences, if one does."""
    name, first = INPUTS[wrong], 2 * sum(array.size for array in inputs[:wrong])
    moved = shifted[first : first + 2 * inputs[wrong].size]
    rises = (moved[1::2] - moved[::2]) / (2 * SHIFT)  # (entries of the input, *shape of out)
    rises = np.moveaxis(rises, 0, -1).reshape(claimed.shape)
    agree = np.abs(rises - claimed) <= 1e-5 + 1e-3 * np.abs(rises)  # gradcheck's tolerances
    if agree.all():
        return None
    place = tuple(np.argwhere(~agree)[0])
    output = ", ".join(map(str, np.unravel_index(place[0], shifted.shape[1:])))
    entry = ", ".join(map(str, place[1:]))
    return Finding(
        f"gradcheck refuses d{name}",
        f"gradcheck refuses d{name}: moving {name}[{entry}] moves out[{output}] "
        f"{rises[place]:.4g} times as far, d{name}[{entry}] says {claimed[place]:.4g}",
    )


add_memory_mistakes(conv2d_function)
adopt_backward(conv2d_function, conv2d_backward, BACKWARD, forward=_forward, backward=_backward)
for _mistake in conv2d_forward.mistakes.values():
    if _mistake.name not in NOT_FORWARD:
        _add_forward_mistake(_mistake)
