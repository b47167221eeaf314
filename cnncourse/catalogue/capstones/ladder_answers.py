"""Capstone C8: two looks at one image, and whether a difference is more than chance."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("c8_ladder", section="17_augmentation#augment-flip", outputs={"logits": "N K"})
def flip_logits(x, w, b):
    """Average what a linear classifier says of images and of their mirror images."""
    return reference.flip_logits(x, w, b)


@flip_logits.cases
def _(rng):
    def case(claim, N, C, H, W, K):
        x, w = rng.standard_normal((N, C, H, W)), rng.standard_normal((C * H * W, K))
        return Case(claim, {"x": x, "w": w, "b": 2 * rng.standard_normal(K)})

    tiny = {"x": [[[[1.0, 2.0]]]], "w": [[1.0], [0.0]], "b": [10.0]}
    yield Case("two pixels, one class", {key: np.array(value) for key, value in tiny.items()})
    yield case("one image, grey", 1, 1, 3, 4, 2)
    yield case("several images", 3, 1, 4, 3, 5)
    yield case("in colour", 2, 3, 4, 5, 3)
    yield case("as high as wide", 4, 2, 5, 5, 3)
    yield case("one column: the mirror shows the same", 2, 3, 4, 1, 2)
    yield case("an empty batch", 0, 3, 2, 4, 5)


def _softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=1, keepdims=True)


def _linear(x, w, b):
    return x.reshape(len(x), -1) @ w + b if len(x) else np.zeros((0, len(b)))


def _of_both(put, axes=(3,)):
    """Answer from the logits of the images and of the mirrored ones."""
    return lambda right, x, w, b: put(_linear(x, w, b), _linear(np.flip(x, axes), w, b))


def _mean(one, other):
    return (one + other) / 2


for _name, _hint, _wrong in (
    (
        "the images are turned upside down",
        "A mirror swaps left and right: which axis holds the columns?",
        _of_both(_mean, (2,)),
    ),
    (
        "the images are turned by half a circle",
        "A mirror swaps left and right, and leaves top and bottom.",
        _of_both(_mean, (2, 3)),
    ),
    (
        "the channels are mirrored",
        "That swaps red and blue: which axis holds the columns?",
        _of_both(_mean, (1,)),
    ),
    (
        "the order of the images is mirrored",
        "The first axis holds the images: which holds the columns?",
        _of_both(_mean, (0,)),
    ),
    (
        "all pixels of an image are put in reverse",
        "Mirror the image before it is laid out in a row.",
        _of_both(_mean, (1, 2, 3)),
    ),
    (
        "only the mirror images are asked",
        "The mean of both is wanted.",
        _of_both(lambda one, other: other),
    ),
    (
        "only the images themselves are asked",
        "The mean of both is wanted.",
        _of_both(lambda one, other: one),
    ),
    (
        "the logits are added up",
        "A mean of two is half their sum.",
        _of_both(lambda one, other: one + other),
    ),
    (
        "the larger logit of the two is taken",
        "The mean of both is wanted.",
        _of_both(np.maximum),
    ),
    (
        "probabilities are averaged",
        "That can be done as well, but here the logits are asked for.",
        _of_both(lambda one, other: _mean(_softmax(one), _softmax(other))),
    ),
    (
        "the bias counts twice",
        "Both looks have it, and the mean of two equal numbers is that number.",
        lambda right, x, w, b: right(x, w, b) + b,
    ),
    (
        "the bias counts half",
        "Both looks have it, and the mean of two equal numbers is that number.",
        lambda right, x, w, b: right(x, w, b) - b / 2,
    ),
    (
        "the bias is left out",
        "Each class adds a number of its own.",
        lambda right, x, w, b: right(x, w, 0 * b),
    ),
):
    flip_logits.mistake(_name, hint=_hint)(_wrong)


@exercise(
    "c8_ladder",
    section="14_training#training-hyperparameters",
    outputs={"difference": "", "standard_error": ""},
)
def compare_seeds(first, second):
    """Compare two networks, each trained with several seeds."""
    return reference.compare_seeds(first, second)


@compare_seeds.cases
def _(rng):
    def draw(count, mean, spread):
        # Of no shape by chance: the first seed is far off, and so is the last, a little less.
        out = mean + spread * rng.uniform(-0.3, 0.3, count)
        out[0], out[-1] = mean + spread, mean - 0.6 * spread
        return out

    def case(claim, first, second):
        return Case(claim, {"first": draw(*first), "second": draw(*second)})

    yield Case(
        "two seeds and three, by hand",
        {"first": np.array([1.0, 3.0]), "second": np.array([4.0, 4.0, 7.0])},
    )
    yield case("three seeds each", (3, 0.80, 0.01), (3, 0.83, 0.02))
    yield case("two seeds against seven", (2, 0.70, 0.02), (7, 0.75, 0.05))
    yield case("six seeds against three", (6, 0.91, 0.03), (3, 0.90, 0.01))
    yield case("the second is worse", (4, 0.88, 0.01), (5, 0.81, 0.03))
    yield case("a large spread", (5, 0.5, 0.2), (4, 0.6, 0.3))


def _error(change):
    """Answer with another standard error, made from both sets of accuracies."""

    def wrong(right, first, second):
        return right(first, second)[0], change(first, second)

    return wrong


def _var(values, ddof=1):
    return values.var(ddof=ddof)


for _name, _hint, _wrong in (
    (
        "the squares are divided by the number of seeds, not by one less",
        "The mean was found from the same numbers, so they lie closer to it than to the truth: "
        "divide by one less (`ddof=1`).",
        _error(lambda a, b: np.sqrt(_var(a, 0) / len(a) + _var(b, 0) / len(b))),
    ),
    (
        "the spread of single runs is given",
        "A mean of n runs is surer than one of them: by how much?",
        _error(lambda a, b: np.sqrt(_var(a) + _var(b))),
    ),
    (
        "the two standard errors are added",
        "Chances that have nothing to do with each other add by their squares.",
        _error(lambda a, b: np.sqrt(_var(a) / len(a)) + np.sqrt(_var(b) / len(b))),
    ),
    (
        "the root is not taken",
        "A variance is a square: the standard error is its root.",
        _error(lambda a, b: _var(a) / len(a) + _var(b) / len(b)),
    ),
    (
        "deviations are divided by the number of seeds, not by its root",
        "The variance of a mean is the variance divided by n; its root is divided by what?",
        _error(lambda a, b: np.hypot(a.std(ddof=1) / len(a), b.std(ddof=1) / len(b))),
    ),
    (
        "both are taken to have the same spread",
        "Each network has a spread and a number of seeds of its own.",
        _error(
            lambda a, b: np.sqrt(
                ((len(a) - 1) * _var(a) + (len(b) - 1) * _var(b))
                / (len(a) + len(b) - 2)
                * (1 / len(a) + 1 / len(b))
            )
        ),
    ),
    (
        "the numbers of seeds are swapped",
        "Each variance is divided by the number of its own seeds.",
        _error(lambda a, b: np.sqrt(_var(a) / len(b) + _var(b) / len(a))),
    ),
    (
        "only the second network's chance counts",
        "Both means could have come out otherwise.",
        _error(lambda a, b: np.sqrt(_var(b) / len(b))),
    ),
    (
        "only the first network's chance counts",
        "Both means could have come out otherwise.",
        _error(lambda a, b: np.sqrt(_var(a) / len(a))),
    ),
    (
        "all runs are put into one pot",
        "The distance between the networks is no spread of either.",
        _error(lambda a, b: np.concatenate([a, b]).std(ddof=1) / np.sqrt(len(a) + len(b))),
    ),
    (
        "the variances are subtracted",
        "Means are subtracted, but their chances add: either may move the difference.",
        _error(lambda a, b: np.sqrt(abs(_var(b) / len(b) - _var(a) / len(a)))),
    ),
    (
        "the first is compared with the second",
        "Positive means that the second network is better.",
        lambda right, first, second: (-right(first, second)[0], right(first, second)[1]),
    ),
    (
        "the sign of the difference is lost",
        "Positive means that the second network is better, negative that it is worse.",
        lambda right, first, second: (abs(right(first, second)[0]), right(first, second)[1]),
    ),
    (
        "the best runs are compared",
        "The best of seven tries is better than the best of two by luck alone: take the means.",
        lambda right, first, second: (second.max() - first.max(), right(first, second)[1]),
    ),
    (
        "medians are compared",
        "The means are asked for.",
        lambda right, first, second: (
            np.median(second) - np.median(first),
            right(first, second)[1],
        ),
    ),
):
    compare_seeds.mistake(_name, hint=_hint)(_wrong)
