"""From feature maps to scores: flatten, and the fully connected layer."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("06_classifier", section="09_fully_connected#fc-flatten", outputs={"out": "..."})
def flatten(x, *, start_dim=1):
    """Join an axis and all that follow it, as PyTorch does."""
    return reference.flatten(x, start_dim=start_dim)


@flatten.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 13)).reshape(1, 2, 2, 3)
    yield Case("one image, two channels of 2 x 3 pixels", {"x": x})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 5, 4))
    yield Case("several images and channels", {"x": x})
    last = rng.normal(size=(N, 4, 5, C)).transpose(0, 3, 1, 2)
    yield Case("maps stored channels last", {"x": last})
    yield Case("maps stored in another order", {"x": np.asfortranarray(x) - 1})
    yield Case("start_dim=2: the channels stay apart", {"x": x, "start_dim": 2})
    yield Case("start_dim=0: the images are joined, too", {"x": x, "start_dim": 0})
    video = rng.normal(size=(N, C, 4, 5, 2))
    yield Case("start_dim=-3, on volumes", {"x": video, "start_dim": -3})
    yield Case("start_dim=-1: nothing to join", {"x": x + 1, "start_dim": -1})
    yield Case("what is flat stays as it is", {"x": rng.normal(size=(N, 7))})
    yield Case("an empty batch: (0, 3, 5, 4) becomes (0, 60)", {"x": np.zeros((0, 3, 5, 4))})


def _mixed(right, x, *, start_dim=1):
    """Fill the columns first: images are torn apart."""
    out = right(x, start_dim=start_dim)
    return out.reshape(out.shape[::-1]).T if start_dim == 1 else out


def _joined_with_the_next(right, x, *, start_dim=1):
    start = start_dim % x.ndim
    return x.reshape(*x.shape[:start], -1, *x.shape[start + 2 :]) if x.size else right(x)


for _name, _hint, _wrong in (
    (
        "all images are joined to one row",
        "Images of a batch never meet: with start_dim=1 each keeps a row of its own.",
        lambda right, x, *, start_dim=1: right(x, start_dim=0),
    ),
    (
        "images are mixed",
        "The size is right, but a row holds numbers of several images. Reshape to (N, C * H * W) "
        "at once: turning the axes afterwards tears the images apart.",
        _mixed,
    ),
    (
        "`start_dim` is ignored",
        "The axes before `start_dim` stay as they are, however many they are.",
        lambda right, x, *, start_dim=1: right(x),
    ),
    (
        "only the pixels of each map are joined",
        "The channels belong to the row, too: (N, C, H, W) becomes (N, C * H * W).",
        lambda right, x, *, start_dim=1: right(x, start_dim=min(2, x.ndim - 1)),
    ),
    (
        "the first axis runs fastest",
        "NumPy's order \"F\" is not PyTorch's: the last axis, the column, runs fastest.",
        lambda right, x, *, start_dim=1: x.reshape(right(x, start_dim=start_dim).shape, order="F"),
    ),
    (
        "the numbers are taken in the order in which they lie in memory",
        "The same array may lie in memory in several orders. What counts is the order of its "
        "axes, the last one fastest.",
        lambda right, x, *, start_dim=1: x.ravel(order="K").reshape(
            right(x, start_dim=start_dim).shape
        ),
    ),
    (
        "the channels run fastest",
        "That is the order of channels last. Here a whole map follows the other.",
        lambda right, x, *, start_dim=1: right(
            np.moveaxis(x, 1, -1) if x.ndim > 2 else x, start_dim=start_dim
        ),
    ),
    (
        "rows and columns are exchanged",
        "A map is read row by row: the column index runs fastest.",
        lambda right, x, *, start_dim=1: right(
            x.swapaxes(-1, -2) if x.ndim > 2 else x, start_dim=start_dim
        ),
    ),
    (
        "images are columns instead of rows",
        "The first axis stays the first: N rows, one for each image.",
        lambda right, x, *, start_dim=1: right(x, start_dim=start_dim).T,
    ),
    (
        "only the first image is flattened",
        "The output has as many rows as x has images.",
        lambda right, x, *, start_dim=1: right(x[:1], start_dim=start_dim),
    ),
    (
        "every map is averaged",
        "That is global average pooling. Flattening keeps every number.",
        lambda right, x, *, start_dim=1: (
            x.reshape(*x.shape[:2], -1).sum(axis=2) / max(1, int(np.prod(x.shape[2:])))
        ),
    ),
    (
        "axes of length 1 are left",
        "The numbers are right; the axes that were joined are to be one.",
        lambda right, x, *, start_dim=1: right(x, start_dim=start_dim).reshape(
            *right(x, start_dim=start_dim).shape, *[1] * (x.ndim - 1 - start_dim % x.ndim)
        ),
    ),
    (
        "one axis too many is joined",
        "Axes are counted from 0: which one is axis 1 of (N, C, H, W)?",
        lambda right, x, *, start_dim=1: right(x, start_dim=max(start_dim % x.ndim - 1, 0)),
    ),
    (
        "one axis too few is joined",
        "`start_dim` itself is joined to those that follow it.",
        lambda right, x, *, start_dim=1: right(
            x, start_dim=min(start_dim % x.ndim + 1, x.ndim - 1)
        ),
    ),
    (
        "an axis is joined only to the next",
        "All axes that follow `start_dim` are joined, down to the last.",
        _joined_with_the_next,
    ),
    (
        "a negative `start_dim` is taken for 1",
        "Counted from the end, -1 is the last axis. What is x.ndim + start_dim?",
        lambda right, x, *, start_dim=1: right(x, start_dim=1 if start_dim < 0 else start_dim),
    ),
):
    flatten.mistake(_name, hint=_hint)(_wrong)


@exercise("06_classifier", section="09_fully_connected#fc-linear", outputs={"out": "N F"})
def linear(x, w, b=None):
    """Apply a fully connected layer, as PyTorch does."""
    return reference.linear(x, w, b)


@linear.cases
def _(rng):
    x = rng.permutation([2.0, 3]).reshape(1, 2)
    w = rng.permutation([1.0, -2, 4, 7]).reshape(2, 2)
    yield Case("one image, two inputs, two outputs", {"x": x, "w": w})
    b = rng.permutation([10.0, 20, 30])
    w = rng.permutation([1.0, -2, 4, 7, 3, 5]).reshape(3, 2)
    yield Case("three outputs, with a bias each", {"x": x, "w": w, "b": b})
    N, D, F = rng.permutation([3, 5, 6])
    x, w, b = rng.normal(size=(N, D)), rng.normal(size=(F, D)), rng.normal(size=F)
    yield Case("several images", {"x": x, "w": w, "b": b})
    yield Case("as many outputs as inputs", {"x": x, "w": w[rng.integers(F, size=D)], "b": x[0]})
    yield Case("as many images as outputs", {"x": rng.normal(size=(F, D)), "w": w, "b": b})
    yield Case("a single output, without a bias", {"x": x, "w": w[:1]})
    given = {"x": rng.normal(size=(D, N)).T, "w": rng.normal(size=(D, F)).T, "b": -b}
    yield Case("arrays stored in another order", given)
    yield Case("an empty batch stays empty", {"x": np.zeros((0, D)), "w": w, "b": b})


def _bias(b):
    return 0.0 if b is None else b


def _alone(w, column):
    """Keep one column of weights, and set the others to 0."""
    return np.where(np.arange(w.shape[1]) == column % w.shape[1], w, 0)


def _first_image(right, x, w, b=None):
    out = right(x, w, b)
    out[1:] = 0
    return out


for _name, _hint, _wrong in (
    (
        "the weights are not transposed",
        "A row of w holds the weights of one output, as in PyTorch. "
        "Does a row of x meet a row of w, or a column?",
        lambda right, x, w, b=None: x @ w + _bias(b),
    ),
    (
        "the bias is missing",
        "When b is given, b[f] is added to output f of every image.",
        lambda right, x, w, b=None: right(x, w),
    ),
    (
        "the bias is added by image instead of by output",
        "There is a bias for each output: b runs along the last axis of the output.",
        lambda right, x, w, b=None: right(x, w) + (0.0 if b is None else b[:, None]),
    ),
    (
        "every output gets the first bias",
        "Output f has the bias b[f]: which index stays at 0?",
        lambda right, x, w, b=None: right(x, w) + (0.0 if b is None else b[0]),
    ),
    (
        "every output gets the sum of all biases",
        "Output f has the bias b[f], and no other.",
        lambda right, x, w, b=None: right(x, w) + np.sum(_bias(b)),
    ),
    (
        "the bias is added once for every input",
        "Add up the products first: the bias is added once.",
        lambda right, x, w, b=None: right(x, w) + _bias(b) * w.shape[1],
    ),
    (
        "the bias is subtracted",
        "It is a bias, not a threshold: it is added.",
        lambda right, x, w, b=None: right(x, w) - _bias(b),
    ),
    (
        "the bias multiplies",
        "It is added to the sum of the products.",
        lambda right, x, w, b=None: right(x, w) * (1.0 if b is None else b),
    ),
    (
        "a ReLU follows",
        "The layer itself is linear, and may answer with a negative number. The last layer of "
        "a classifier has no ReLU at all.",
        lambda right, x, w, b=None: reference.relu(right(x, w, b)),
    ),
    (
        "a softmax follows",
        "The layer gives scores; turning them into probabilities is left to the loss.",
        lambda right, x, w, b=None: reference.softmax(right(x, w, b)),
    ),
    (
        "images are columns instead of rows",
        "The first axis of the output runs over the images, as that of x does.",
        lambda right, x, w, b=None: right(x, w, b).T,
    ),
    (
        "only the first image is computed",
        "Each image has its own output: does a loop or an index stop at image 0?",
        _first_image,
    ),
    (
        "every output comes from the first row of weights",
        "Output f comes from w[f]: which index of w stays at 0?",
        lambda right, x, w, b=None: right(x, np.repeat(w[:1], len(w), axis=0), b),
    ),
    (
        "the products are averaged instead of summed",
        "The weights already say how much each input counts: nothing divides the sum.",
        lambda right, x, w, b=None: right(x, w / w.shape[1], b),
    ),
    (
        "the products are not summed",
        "Each output is one number for each image, the sum over all inputs: "
        "x * w makes the products, and no more.",
        lambda right, x, w, b=None: x[:1] * w,
    ),
    (
        "every product overwrites the one before",
        "Only the last input is left in your sum: look for an = that should be a +=.",
        lambda right, x, w, b=None: right(x, _alone(w, -1), b),
    ),
    (
        "only the first input counts",
        "An output sums over all inputs: which index stays at 0?",
        lambda right, x, w, b=None: right(x, _alone(w, 0), b),
    ),
):
    linear.mistake(_name, hint=_hint, section="09_fully_connected#fc-linear")(_wrong)
