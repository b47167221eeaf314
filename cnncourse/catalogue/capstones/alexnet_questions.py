"""AlexNet: sides, windows that overlap, where the parameters are, responses normalised."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

# Kernel size, stride and padding of the paper's convolutions and poolings.
WINDOWS = np.array(
    [(11, 4, 0), (3, 2, 0), (5, 1, 2), (3, 2, 0), (3, 1, 1), (3, 1, 1), (3, 1, 1), (3, 2, 0)]
)
# Shapes of the weights, of the network with two towers.
WEIGHTS = [
    (96, 3, 11, 11),
    (256, 48, 5, 5),
    (384, 256, 3, 3),
    (384, 192, 3, 3),
    (256, 192, 3, 3),
    (4096, 9216),
    (4096, 4096),
    (1000, 4096),
]


@exercise("c2_alexnet", section="10_sizes#sizes-output", outputs={"sides": "L"}, kind=int)
def window_sides(size, windows):
    """Follow the side of an image through convolutions and poolings."""
    return reference.window_sides(size, windows)


@window_sides.cases
def _(rng):
    def case(claim, size, *windows):
        return Case(claim, {"size": int(size), "windows": np.array(windows, dtype=np.int64)})

    yield case("one window, at every place", rng.integers(8, 13), (3, 1, 0))
    yield case("a stride that divides", 4 * rng.integers(9, 15) + 3, (11, 4, 0))
    yield case("a stride that leaves pixels over", 4 * rng.integers(9, 15) + 2, (11, 4, 0))
    yield case("padding at both ends", 4 * rng.integers(9, 15), (11, 4, 2))
    yield case("two layers, one after the other", 4 * rng.integers(9, 15) + 3, *WINDOWS[:2])
    yield case("the first three layers, padding in between", 67, *WINDOWS[:3])
    yield case("the whole network, on 227 pixels", 227, *WINDOWS)
    padded = WINDOWS + np.array([[0, 0, 2]] + 7 * [[0, 0, 0]])
    side = 8 * int(rng.integers(20, 40))
    yield case("the whole network, padded by 2, on another size", side, *padded)


def _changed(change):
    """Ask about other windows: `change` takes kernel sizes, strides and paddings."""

    def wrong(right, size, windows):
        return right(size, np.stack(change(*windows.T), axis=1))

    return wrong


def _rounded(up):
    def wrong(right, size, windows):
        sides = []
        for kernel_size, stride, padding in windows.tolist():
            size = up(right, size, kernel_size, stride, padding)
            sides.append(size)
        return np.array(sides, dtype=np.int64)

    return wrong


def _one(right, size, kernel_size, stride, padding):
    return int(right(max(size, kernel_size), np.array([(kernel_size, stride, padding)]))[0])


for _name, _hint, _wrong in (
    (
        "the + 1 is forgotten",
        "Count the places of a window of 3 on a row of 4 pixels: there are two, not one.",
        _rounded(lambda right, n, k, s, p: _one(right, n, k, s, p) - 1),
    ),
    (
        "quotients are rounded up",
        "A window that would hang over the end is left out.",
        _rounded(lambda right, n, k, s, p: _one(right, n + s - 1, k, s, p)),
    ),
    (
        "the stride is ignored",
        "With stride 4 the window stands at every fourth place only.",
        _changed(lambda k, s, p: (k, np.ones_like(s), p)),
    ),
    (
        "the padding is ignored",
        "The window slides over the padded image: how wide is that?",
        _rounded(lambda right, n, k, s, p: _one(right, n, k, s, 0)),
    ),
    (
        "the padding is counted at one end only",
        "Padding 2 adds two pixels before the row and two behind it.",
        _rounded(lambda right, n, k, s, p: _one(right, n + p, k, s, 0)),
    ),
    (
        "every layer sees the image itself",
        "A layer begins with what the one before it left: is the size updated in your loop?",
        lambda right, size, windows: np.array([right(size, row[None])[0] for row in windows]),
    ),
    (
        "only the last side is told",
        "A side for every layer, not only for the last.",
        lambda right, size, windows: right(size, windows)[-1:],
    ),
    (
        "the side of the image is listed, too",
        "The first side is what comes out of the first layer.",
        lambda right, size, windows: np.concatenate([[size], right(size, windows)]),
    ),
    (
        "the window is not taken off",
        "A row of 5 pixels has 3 places for a window of 3.",
        _changed(lambda k, s, p: (np.ones_like(k), s, p)),
    ),
    (
        "the 1 is added before the division",
        "Places are the strides to the last window, and one more: the 1 comes last.",
        _rounded(lambda right, n, k, s, p: max((n + 2 * p - k + 1) // s, 1)),
    ),
):
    window_sides.mistake(_name, hint=_hint)(_wrong)


@exercise("c2_alexnet", section="08_pooling#pooling-stride", outputs={"counts": "L"}, kind=int)
def pool_coverage(length, kernel_size, stride):
    """Count the pooling windows that each pixel of a row lies in."""
    return reference.pool_coverage(length, kernel_size, stride)


@pool_coverage.cases
def _(rng):
    def case(claim, length, kernel_size, stride):
        arguments = {"length": int(length), "kernel_size": kernel_size, "stride": stride}
        return Case(claim, arguments)

    places = int(rng.integers(4, 9))
    yield case("windows of 2, side by side", 2 * places, 2, 2)
    yield case("AlexNet's windows of 3, 2 apart", 2 * places + 1, 3, 2)
    yield case("one pixel at the end that no window sees", 2 * places + 2, 3, 2)
    yield case("windows at every place", places + 6, 4, 1)
    yield case("a stride larger than the window leaves gaps", 4 * places + 1, 2, 4)
    yield case("windows of 5, 2 apart", 2 * places + 8, 5, 2)
    yield case("one window as large as the row", places, places, 2)


for _name, _hint, _section, _wrong in (
    (
        "a last window hangs over the end",
        "A window that would reach beyond the row is left out; its pixels are not counted.",
        "08_pooling#pooling-stride",
        lambda right, n, k, s: right(n + s * k, k, s)[:n],
    ),
    (
        "windows lie side by side, whatever the stride",
        "Where does the second window begin: `kernel_size` further, or `stride`?",
        "08_pooling#pooling-stride",
        lambda right, n, k, s: right(n, k, k),
    ),
    (
        "the stride is ignored",
        "A window begins at every `stride`-th pixel only.",
        "08_pooling#pooling-stride",
        lambda right, n, k, s: right(n, k, 1),
    ),
    (
        "the last window is left out",
        "A window that ends with the row's last pixel still fits.",
        "08_pooling#pooling-stride",
        lambda right, n, k, s: _without_last(right(n, k, s), n, k, s),
    ),
    (
        "it is only told whether a window sees the pixel",
        "Where windows overlap, a pixel lies in several: how many?",
        "08_pooling#pooling-stride",
        lambda right, n, k, s: np.minimum(right(n, k, s), 1),
    ),
    (
        "the places of the windows are counted, not their pixels",
        "One number for every pixel is asked for: in how many windows does it lie?",
        "08_pooling#pooling-stride",
        lambda right, n, k, s: right(n - k + 1, 1, s),
    ),
    (
        "every window is one pixel short",
        "A window of 3 that begins at pixel 4 holds the pixels 4, 5 and 6.",
        "08_pooling#pooling-stride",
        lambda right, n, k, s: np.append(right(n - 1, k - 1, s), 0),
    ),
):
    pool_coverage.mistake(_name, hint=_hint, section=_section)(_wrong)


def _without_last(counts, length, kernel_size, stride):
    begin = (length - kernel_size) // stride * stride
    counts[begin : begin + kernel_size] -= 1
    return counts


@exercise(
    "c2_alexnet",
    section="10_sizes#sizes-parameters",
    outputs={"index": "", "share": ""},
    kind={"index": int, "share": float},
)
def heaviest_layer(shapes):
    """Find the layer with most parameters, and its share of all."""
    return reference.heaviest_layer(shapes)


@heaviest_layer.cases
def _(rng):
    def case(claim, *shapes):
        return Case(claim, {"shapes": [tuple(map(int, shape)) for shape in shapes]})

    a, b, c = rng.permutation([4, 6, 7])
    yield case("two small layers", (2, 3, 1, 1), (int(rng.integers(4, 8)), 2))
    yield case("convolutions alone", (a, 3, 5, 5), (9, a, 3, 3), (b, 9, 5, 5), (3, b, 1, 1))
    yield case("kernels that are not square", (a, 2, 1, 7), (8, a, 5, 3), (c, 8, 1, 1))
    pooled = (a, 3, 5, 5), (b, a, 3, 3), (20, 9 * b), (10, 20)
    yield case("maps flattened into a fully connected layer", *pooled)
    yield case("many outputs, whose biases count", (50, 2), (9, 9), (20, int(rng.integers(2, 4))))
    yield case("AlexNet of 2012, in two towers", *WEIGHTS)
    classes = 10 * int(rng.integers(1, 20))
    yield case("AlexNet for other classes", *WEIGHTS[:-1], (classes, 4096))


def _weighed(weigh):
    """Answer as if a layer weighed what `weigh` makes of its shape."""

    def wrong(right, shapes):
        counts = [weigh(*shape) for shape in shapes]
        index = int(np.argmax(counts))
        return index, counts[index] / sum(counts)

    return wrong


for _name, _hint, _wrong in (
    (
        "the biases are left out",
        "Each output has one bias: 4 filters add 4 parameters.",
        _weighed(lambda outputs, *window: outputs * int(np.prod(window))),
    ),
    (
        "there is one bias for each input",
        "A bias is added to what comes out: the first number of the shape says how many.",
        _weighed(lambda outputs, *window: outputs * int(np.prod(window)) + window[0]),
    ),
    (
        "a whole layer has one bias",
        "Each output has its own bias.",
        _weighed(lambda outputs, *window: outputs * int(np.prod(window)) + 1),
    ),
    (
        "the share is taken of all other layers",
        "A share is a part of the whole, and the layer itself belongs to the whole.",
        lambda right, shapes: _of_others(*right(shapes)),
    ),
    (
        "the share is given in per cent",
        "A share is a number between 0 and 1.",
        lambda right, shapes: _scaled(*right(shapes), factor=100),
    ),
    (
        "layers are counted from 1",
        "Python's lists begin at 0.",
        lambda right, shapes: _moved(*right(shapes)),
    ),
    (
        "kernels are left out",
        "A filter has a weight for every channel at every place of its window.",
        _weighed(lambda outputs, inputs, *kernel: outputs * (inputs + 1)),
    ),
    (
        "the number of outputs is left out",
        "That is one filter: the layer has as many as its shape's first number says.",
        _weighed(lambda outputs, *window: int(np.prod(window)) + 1),
    ),
    (
        "the lightest layer is told",
        "Asked for is the layer with most parameters.",
        lambda right, shapes: _lightest(shapes),
    ),
    (
        "the share is what the largest layer has on average",
        "Divide by the parameters of all layers together.",
        lambda right, shapes: _scaled(*right(shapes), factor=len(shapes)),
    ),
):
    heaviest_layer.mistake(_name, hint=_hint)(_wrong)


def _of_others(index, share):
    return index, share / (1 - share)


def _scaled(index, share, *, factor):
    return index, share * factor


def _moved(index, share):
    return index + 1, share


def _lightest(shapes):
    counts = [outputs * (int(np.prod(window)) + 1) for outputs, *window in shapes]
    return int(np.argmin(counts)), min(counts) / sum(counts)
