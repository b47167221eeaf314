"""A fully connected layer that slides over larger maps."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "06_classifier",
    section="09_fully_connected#fc-as-convolution",
    outputs={"kernel": "F C KH KW", "scores": "N F OH OW"},
)
def fc_to_conv(x, w, b=None, *, kernel_size):
    """Slide a fully connected layer over larger maps, as PyTorch's convolution does."""
    return reference.fc_to_conv(x, w, b, kernel_size=kernel_size)


@fc_to_conv.cases
def _(rng):
    x = rng.permutation([1.0, 2, 3, 4, 5, 6, 0, -1, -2]).reshape(1, 1, 3, 3)
    w = rng.permutation([1.0, 10, -2, 4, -3, 7]).reshape(1, 6)
    simple = {"x": x, "w": w, "kernel_size": (2, 3)}
    yield Case("one map of 3 x 3, a layer made for 2 x 3, one score", simple)
    N, F = rng.permutation([2, 4])
    x, w = rng.normal(size=(N, 3, 6, 8)), rng.normal(size=(F, 18))
    b = rng.normal(size=F)
    given = {"x": x, "w": w, "b": b, "kernel_size": (3, 2)}
    yield Case("several images, channels and scores, with biases", given)
    own = given | {"x": x[:, :, 2:5, 3:5], "kernel_size": (3, 2)}
    yield Case("maps as large as those the layer was made for: one place", own)
    square = {"x": x, "w": rng.normal(size=(F, 27)), "kernel_size": (3, 3)}
    yield Case("a layer made for 3 x 3, without biases", square)
    pixel = given | {"w": rng.normal(size=(F, 3)), "kernel_size": (1, 1)}
    yield Case("a layer made for single pixels", pixel)
    other = {"x": np.asfortranarray(x), "w": np.asfortranarray(w), "kernel_size": (2, 3)}
    yield Case("arrays stored in another order", other | {"b": b})
    yield Case("an empty batch stays empty", given | {"x": np.zeros((0, 3, 6, 7))})


def _rearranged(rearrange, to_kernel, to_scores):
    """Let a kernel in a wrong order reach the kernel, the scores, or both."""

    def wrong(right, x, w, b=None, *, kernel_size):
        KH, KW = kernel_size
        kernel = rearrange(w, len(w), x.shape[1], KH, KW)
        mistaken = right(x, kernel.reshape(w.shape), b, kernel_size=kernel_size)
        outputs = right(x, w, b, kernel_size=kernel_size)
        return tuple(
            bad if spoilt else good
            for bad, good, spoilt in zip(mistaken, outputs, (to_kernel, to_scores), strict=True)
        )

    return wrong


def _add_order_mistake(name, hint, rearrange):
    """Register a wrong order of the weights, wherever it shows."""
    for where, *reaches in (("", 1, 1), (" in the kernel", 1, 0), (" in the scores", 0, 1)):
        wrong = _rearranged(rearrange, *reaches)
        fc_to_conv.mistake(name + where, hint=hint)(wrong)


for _wrong in (
    (
        "rows and columns are exchanged",
        "A flattened map is read row by row. Which comes first in a kernel's shape, KH or KW?",
        lambda w, F, C, KH, KW: w.reshape(F, C, KW, KH).swapaxes(2, 3),
    ),
    (
        "the channels run fastest",
        "Flattening puts a whole map of channel 0 first, then that of channel 1. "
        "In which order do a kernel's axes come?",
        lambda w, F, C, KH, KW: np.moveaxis(w.reshape(F, KH, KW, C), 3, 1),
    ),
    (
        "the weights of several outputs are mixed",
        "A row of w belongs to one output, and becomes one filter. Is there a transpose "
        "before the reshape?",
        lambda w, F, C, KH, KW: w.T.reshape(F, C, KH, KW),
    ),
    (
        "the weights are turned by 180 degrees",
        "PyTorch's convolution does not flip its kernel: weight and pixel of the same place meet.",
        lambda w, F, C, KH, KW: np.flip(w.reshape(F, C, KH, KW), (2, 3)),
    ),
    (
        "the weights are laid out column by column",
        "NumPy's order \"F\" is not PyTorch's: the last axis runs fastest.",
        lambda w, F, C, KH, KW: w.reshape((F, C, KH, KW), order="F"),
    ),
    (
        "the weights are averaged",
        "The layer sums its products, and nothing divides the sum.",
        lambda w, F, C, KH, KW: w / (C * KH * KW),
    ),
):
    _add_order_mistake(*_wrong)


@fc_to_conv.mistake(
    "the kernel's shape has KW before KH",
    hint="Rows come first: a kernel's axes are (F, C, KH, KW).",
)
def _(right, x, w, b=None, *, kernel_size):
    kernel, scores = right(x, w, b, kernel_size=kernel_size)
    return kernel.reshape(*kernel.shape[:2], *kernel_size[::-1]), scores


@fc_to_conv.mistake(
    "height and width of the kernel are exchanged from the start",
    hint="kernel_size is (KH, KW), rows first: a kernel's axes are (F, C, KH, KW).",
)
def _(right, x, w, b=None, *, kernel_size):
    (N, C, H, W), (KW, KH) = x.shape, kernel_size
    if KH <= H and KW <= W:
        return right(x, w, b, kernel_size=(KH, KW))
    places = max(H - KH + 1, 0), max(W - KW + 1, 0)
    return w.reshape(len(w), C, KH, KW), np.zeros((N, len(w), *places))


@fc_to_conv.mistake(
    "the axes of the filters and of the channels are exchanged",
    hint="A kernel's axes are (F, C, KH, KW): a row of w becomes one filter, and stays first.",
)
def _(right, x, w, b=None, *, kernel_size):
    kernel, scores = right(x, w, b, kernel_size=kernel_size)
    return kernel.swapaxes(0, 1), scores


@fc_to_conv.mistake(
    "scores and kernel are returned in the wrong order",
    hint="The kernel comes first, then the scores.",
)
def _(right, x, w, b=None, *, kernel_size):
    return right(x, w, b, kernel_size=kernel_size)[::-1]


@fc_to_conv.mistake(
    "only the first channel is read",
    hint="A score sums over all channels: which index stays at 0?",
)
def _(right, x, w, b=None, *, kernel_size):
    first = w * (np.arange(w.shape[1]) < np.prod(kernel_size))
    kernel = right(x, w, b, kernel_size=kernel_size)[0]
    return kernel, right(x, first, b, kernel_size=kernel_size)[1]


@fc_to_conv.mistake(
    "the images of the batch are added up",
    hint="Each image has its own scores: over which axes does your sum run?",
)
def _(right, x, w, b=None, *, kernel_size):
    kernel, scores = right(x, w, b, kernel_size=kernel_size)
    total = right(x.sum(axis=0, keepdims=True), w, b, kernel_size=kernel_size)[1]
    return kernel, np.broadcast_to(total, scores.shape)


@fc_to_conv.mistake(
    "the bias is missing",
    hint="When b is given, b[f] is added to score f at every place.",
)
def _(right, x, w, b=None, *, kernel_size):
    return right(x, w, kernel_size=kernel_size)


@fc_to_conv.mistake(
    "the bias is added once for every weight",
    hint="Add up the products first: the bias is added once at each place.",
)
def _(right, x, w, b=None, *, kernel_size):
    return right(x, w, None if b is None else b * w.shape[1], kernel_size=kernel_size)


def _only(change):
    """Return a wrong implementation that changes the scores and nothing else."""

    def wrong(right, x, w, b=None, *, kernel_size):
        kernel, scores = right(x, w, b, kernel_size=kernel_size)
        return kernel, change(scores, *kernel_size)

    return wrong


def _first_image(scores, KH, KW):
    scores[1:] = 0
    return scores


for _name, _hint, _change in (
    (
        "the layer looks at one place only",
        "The maps may be larger than the layer was made for: slide it, one pixel at a time, "
        "wherever it fits.",
        lambda scores, KH, KW: scores[:, :, :1, :1],
    ),
    (
        "the map of scores has lost its axes",
        "Scores have a place: (N, F, OH, OW), even where there is but one.",
        lambda scores, KH, KW: scores[:, :, 0, 0],
    ),
    (
        "the layer moves by its own size",
        "It slides as a convolution of stride 1 does: the places overlap.",
        lambda scores, KH, KW: scores[:, :, ::KH, ::KW],
    ),
    (
        "the + 1 in the number of places is forgotten",
        "The last row and the last column of places are missing. "
        "Count the places of 2 pixels on a row of 3: there are two, not one.",
        lambda scores, KH, KW: scores[:, :, :-1, :-1],
    ),
    (
        "the height and the width of the scores are exchanged",
        "Rows come first: scores end on the axes (OH, OW).",
        lambda scores, KH, KW: scores.swapaxes(2, 3),
    ),
    (
        "the scores' second axis has moved to the end",
        "Your numbers may be right, but score f of all places is a map: (N, F, OH, OW).",
        lambda scores, KH, KW: np.moveaxis(scores, 1, -1),
    ),
    (
        "the scores are reshaped where their axes should be moved",
        "reshape keeps the numbers in the order they lie in memory. To bring an axis from last "
        "to second place, move it (np.moveaxis).",
        lambda scores, KH, KW: np.moveaxis(scores, 1, -1).reshape(scores.shape),
    ),
    (
        "a ReLU follows",
        "Scores may be negative: the last layer of a classifier has no ReLU.",
        lambda scores, KH, KW: reference.relu(scores),
    ),
    (
        "only the first image is computed",
        "Each image has its own scores: does a loop or an index stop at image 0?",
        _first_image,
    ),
):
    fc_to_conv.mistake(_name, hint=_hint)(_only(_change))
