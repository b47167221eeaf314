"""Back through softmax and cross-entropy at once."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.backward.outputs import SECTION
from cnncourse.catalogue.exercise import Case, exercise


@exercise("07_backward", section=SECTION + "loss", outputs={"dlogits": "N K"})
def cross_entropy_backward(logits, labels):
    """Differentiate the mean cross-entropy of a batch, as PyTorch does."""
    return reference.cross_entropy_backward(logits, labels)


@cross_entropy_backward.cases
def _(rng):
    # exp of these is a whole number, so that the shares are fractions: 1/6, 2/6, 3/6.
    rows = np.log([rng.permutation([1.0, 2.0, 3.0]), rng.permutation([1.0, 1.0, 2.0])])
    first = {"logits": rows, "labels": rng.permutation(3)[:2]}
    yield Case("two images, three classes, shares that are fractions", first)
    N, K = rng.permutation([4, 5, 7])[:2]
    logits = rng.normal(size=(N, K))
    yield Case(
        "other numbers of images and classes", {"logits": logits, "labels": _any(rng, N, K)}
    )
    same = np.full(N, rng.integers(K))
    yield Case("one class for the whole batch", {"logits": logits, "labels": same})
    yield Case("a single image", {"logits": logits[:1], "labels": _any(rng, 1, K)})
    large = rng.permutation([-1000.0, 0.0, 990.0, 991.0, 1000.0])[None] + logits[:, :1]
    yield Case("logits of a thousand", {"logits": large, "labels": _any(rng, N, 5)})
    far = logits + 1000.0 * rng.permutation(N)[:, None]
    yield Case("images whose logits lie far apart", {"logits": far, "labels": _any(rng, N, K)})
    stored = {"logits": np.asfortranarray(logits)[::-1], "labels": _any(rng, N, K)}
    yield Case("logits stored in another order", stored)
    empty = {"logits": np.zeros((0, K)), "labels": np.zeros(0, dtype=np.int64)}
    yield Case("an empty batch stays empty", empty)


def _any(rng, N, K):
    return rng.integers(K, size=N)


def _shares(right, logits, labels):
    """Get the softmax back from the right answer."""
    N, K = logits.shape
    return N * right(logits, labels) + np.eye(K)[labels]


@cross_entropy_backward.mistake(
    "the division by N is missing",
    hint="The loss is the mean over the batch: with twice as many images, each matters half as "
    "much.",
)
def _(right, logits, labels):
    return len(logits) * right(logits, labels)


@cross_entropy_backward.mistake(
    "the one-hot labels are not subtracted",
    hint="Every row of the gradient adds up to 0: what the right class gains, the others lose. "
    "Yours are all above 0.",
)
def _(right, logits, labels):
    return _shares(right, logits, labels) / max(len(logits), 1)


@cross_entropy_backward.mistake(
    "1 is subtracted from the columns of all labels, in every row",
    hint="p[:, labels] takes whole columns. One entry of every row is meant: an index for the "
    "rows is missing.",
)
def _(right, logits, labels):
    columns = np.isin(np.arange(logits.shape[1]), labels)
    return (_shares(right, logits, labels) - columns) / max(len(logits), 1)


@cross_entropy_backward.mistake(
    "the number of the label is subtracted from the whole row",
    hint="Class 2 is not worth twice as much as class 1: the label only says which entry of its "
    "row is meant.",
)
def _(right, logits, labels):
    return (_shares(right, logits, labels) - labels[:, None]) / max(len(logits), 1)


@cross_entropy_backward.mistake(
    "the sign is wrong",
    hint="A larger logit of the right class makes the loss smaller: its gradient is below 0.",
)
def _(right, logits, labels):
    return -right(logits, labels)


@cross_entropy_backward.mistake(
    "the one-hot labels are divided by N, the softmax is not",
    hint="Both parts of the difference belong to the mean: where do your parentheses stand?",
)
def _(right, logits, labels):
    shares = _shares(right, logits, labels)
    return shares + right(logits, labels) - shares / max(len(logits), 1)


@cross_entropy_backward.mistake(
    "the softmax is divided by N, the one-hot labels are not",
    hint="Both parts of the difference belong to the mean: was 1 subtracted after the division?",
)
def _(right, logits, labels):
    N, K = logits.shape
    return right(logits, labels) + np.eye(K)[labels] * (1 / max(N, 1) - 1)


def _add_normalised(name, hint, section, normalise):
    """Register a gradient whose shares are made otherwise."""

    @cross_entropy_backward.mistake(name, hint=hint, section=section)
    def _(right, logits, labels):
        N, K = logits.shape
        with np.errstate(all="ignore"):
            return (normalise(logits) - np.eye(K)[labels]) / max(N, 1)


def _along_the_batch(logits):
    scores = np.exp(logits - logits.max(axis=0, initial=-np.inf))
    return scores / scores.sum(axis=0)


def _over_all(logits):
    scores = np.exp(logits - logits.max(initial=-np.inf))
    return scores / scores.sum()


def _from_the_batch_maximum(logits):
    scores = np.exp(logits - logits.max(initial=-np.inf))
    return scores / scores.sum(axis=1, keepdims=True)


def _unshifted(logits):
    scores = np.exp(logits)
    return scores / scores.sum(axis=1, keepdims=True)


_ACTIVATION = "07_activation#activation-softmax"
for _wrong in (
    (
        "the softmax runs along the batch",
        "The shares of one image add up to 1: which axis holds its classes?",
        _ACTIVATION,
        _along_the_batch,
    ),
    (
        "the softmax runs over the whole batch at once",
        "The shares of each image add up to 1. A sum without an axis mixes the images.",
        _ACTIVATION,
        _over_all,
    ),
    (
        "exp overflows",
        "exp(1000) is more than a float64 holds. A constant taken from a whole row of logits "
        "leaves its softmax as it was: which one keeps exp small?",
        _ACTIVATION,
        _unshifted,
    ),
    (
        "the largest logit of the whole batch is subtracted",
        "Far from it exp becomes 0, and 0 / 0 is NaN: every image has a largest logit of its "
        "own. Is keepdims missing, or an axis?",
        _ACTIVATION,
        _from_the_batch_maximum,
    ),
    (
        "the softmax is left out",
        "The gradient compares the label with the shares that the network gives, "
        "and logits are no shares yet.",
        SECTION + "loss",
        lambda logits: logits,
    ),
):
    _add_normalised(*_wrong)


@cross_entropy_backward.mistake(
    "the gradient stops at the probabilities",
    hint="-1 / p is the slope along the softmax's output. It still has to go back through the "
    "softmax, where every logit touches every probability.",
)
def _(right, logits, labels):
    N, K = logits.shape
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.eye(K)[labels] > 0, -1 / _shares(right, logits, labels), 0) / max(N, 1)


@cross_entropy_backward.mistake(
    "only the right class gets a gradient",
    hint="Every logit is in the denominator of the softmax, so every one changes the loss.",
)
def _(right, logits, labels):
    return right(logits, labels) * np.eye(logits.shape[1])[labels]


@cross_entropy_backward.mistake(
    "the sum is divided by the number of all logits",
    hint="The mean runs over N images; the K classes of one image are added up. "
    "np.mean and .size count both.",
)
def _(right, logits, labels):
    return right(logits, labels) / logits.shape[1]


@cross_entropy_backward.mistake(
    "the sum is divided by the number of classes",
    hint="The mean runs over the images: which number of logits.shape counts them?",
)
def _(right, logits, labels):
    N, K = logits.shape
    return right(logits, labels) * N / K


@cross_entropy_backward.mistake(
    "the label of the first image serves all",
    hint="labels[n] belongs to row n: which index stays at 0?",
)
def _(right, logits, labels):
    return right(logits, np.repeat(labels[:1], len(labels))[: len(labels)])


@cross_entropy_backward.mistake(
    "the most likely class takes the place of the label",
    hint="The label says which class is right, whatever the network believes.",
)
def _(right, logits, labels):
    return right(logits, logits.argmax(axis=1))


@cross_entropy_backward.mistake(
    "labels are counted from 1",
    hint="Class 0 is the first column: is there a - 1 too many?",
)
def _(right, logits, labels):
    return right(logits, (labels - 1) % logits.shape[1])
