"""The loss of a classifier: softmax, cross-entropy, label smoothing."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.classifier.loss_mistakes import (
    SMOOTHING,
    add_mistake,
    add_smoothing_mistakes,
    add_softmax_mistakes,
    each_loss,
)
from cnncourse.catalogue.exercise import Case, exercise


@exercise("06_classifier", section="09_fully_connected#fc-loss", outputs={"loss": ""})
def cross_entropy(logits, labels, *, label_smoothing=0.0):
    """Average the surprise at the labels, as PyTorch does."""
    return reference.cross_entropy(logits, labels, label_smoothing=label_smoothing)


@cross_entropy.cases
def _(rng):
    # No score is 0; the label is not 0, nor next to it; it has the highest score.
    logits = np.log([*rng.permutation([2.0, 3]), 5])[None]
    yield Case("one image, three classes", {"logits": logits, "labels": np.array([2])})
    C, N = rng.permutation([4, 6])
    logits = rng.normal(size=(N, C))
    labels = _draw_labels(rng, N, C)
    yield Case("a batch of images", {"logits": logits, "labels": labels})
    square = rng.normal(size=(5, 5))
    yield Case("as many images as classes", {"logits": square, "labels": _draw_labels(rng, 5, 5)})
    yield Case("scores of about 1000", {"logits": logits + 1000, "labels": labels})
    far = logits + 900.0 * rng.permutation(N)[:, None]
    yield Case("images whose scores lie far apart", {"logits": far, "labels": labels})
    apart = np.argsort(rng.random((N, C)), axis=1) * 400.0 + logits
    worst = apart.argmin(axis=1)
    yield Case("a network that is sure, and wrong", {"logits": apart, "labels": worst})
    best = {"logits": apart, "labels": apart.argmax(axis=1)}
    yield Case("a network that is sure, and right", best)
    other = {"logits": np.asfortranarray(logits) / 2, "labels": labels, "label_smoothing": 0.1}
    yield Case("label smoothing of 0.1", other, section=SMOOTHING)
    given = {"logits": square, "labels": np.arange(5) // 2, "label_smoothing": 0.4}
    yield Case("more label smoothing", given, section=SMOOTHING)
    yield Case(
        "label smoothing where probabilities vanish",
        {"logits": apart, "labels": labels, "label_smoothing": 0.2},
        section=SMOOTHING,
    )


def _draw_labels(rng, N, C):
    """Draw labels of which several are not 0, and not all are the same."""
    return np.concatenate([rng.permutation(np.arange(C))[:2], rng.integers(1, C, size=N - 2)])


def _each_all(loss, logits):
    """Give each image's mean of minus the logarithms of all classes."""
    label = np.zeros(1, dtype=int)
    return np.array([loss(row[None], label, 1.0) for row in logits])


def _brier(loss, logits, labels):
    """Sum squared differences from one-hot rows."""
    squares = (reference.softmax(logits) ** 2).sum(axis=1)
    return (squares - 2 * np.exp(-each_loss(loss, logits, labels)) + 1).mean()


for _wrong in (
    (
        "the losses of the images are summed instead of averaged",
        "The loss of a batch twice as large must not be twice as large: divide by N.",
        lambda loss, logits, labels, e: loss() * len(logits),
    ),
    (
        "the average runs over images and classes",
        "There are N losses, one for each image: the mean divides by N, not by N times C.",
        lambda loss, logits, labels, e: loss() / logits.shape[1],
    ),
    (
        "the minus sign is missing",
        "The logarithm of a probability is negative or 0, a loss is positive or 0.",
        lambda loss, logits, labels, e: -loss(),
    ),
    (
        "every image is compared with the labels of all images",
        "logp[:, labels] takes N columns for each of N rows. One number for each row is "
        "wanted: index both axes, np.arange(N) and labels.",
        lambda loss, logits, labels, e: np.mean(
            [loss(labels=np.roll(labels, shift)) for shift in range(len(labels))]
        ),
    ),
):
    add_mistake(cross_entropy, *_wrong)

add_softmax_mistakes(cross_entropy)

for _wrong in (
    (
        "the labels are multiplied as if they were one-hot",
        "A label is the number of a class, not a weight: label 2 must not count twice as much as "
        "label 1. What does a one-hot row look like?",
        lambda loss, logits, labels, e: (
            logits.shape[1] * (_each_all(loss, logits) * labels).mean()
        ),
    ),
    (
        "the labels are multiplied with the classes",
        "`labels` has N numbers, the axis that it meets has C: "
        "that fits by chance. Pick the number of the true class from each row.",
        lambda loss, logits, labels, e: (
            -(reference.log_softmax(logits) * labels).sum() / len(logits)
        ),
    ),
    (
        "the labels are counted from 1",
        "Classes are counted from 0: is there a - 1 too many?",
        lambda loss, logits, labels, e: loss(labels=(labels - 1) % logits.shape[1]),
    ),
    (
        "the likeliest class is taken for the right one",
        "The label says which class is right, whatever the network thinks.",
        lambda loss, logits, labels, e: loss(labels=logits.argmax(axis=1)),
    ),
    (
        "class 0 is taken for the right one",
        "Which index of the class axis stays at 0?",
        lambda loss, logits, labels, e: loss(labels=np.zeros_like(labels)),
    ),
    (
        "only the first image counts",
        "The loss is the mean over all N images.",
        lambda loss, logits, labels, e: loss(logits[:1], labels[:1]),
    ),
    (
        "the loss of each class is returned",
        "One number is asked for: the mean over the images.",
        lambda loss, logits, labels, e: -reference.log_softmax(logits).mean(axis=0),
    ),
    (
        "the loss of each image is returned",
        "One number is asked for: the mean over the images.",
        lambda loss, logits, labels, e: (
            (1 - e) * each_loss(loss, logits, labels) + e * _each_all(loss, logits)
        ),
    ),
    (
        "the probability is used without its logarithm",
        "One minus the probability is at most 1. The loss grows without bound as the "
        "probability of the true class falls to 0.",
        lambda loss, logits, labels, e: np.mean(1 - np.exp(-each_loss(loss, logits, labels))),
    ),
    (
        "minus the probability is averaged",
        "What is between the probability and its mean?",
        lambda loss, logits, labels, e: -np.mean(np.exp(-each_loss(loss, logits, labels))),
    ),
    (
        "the logarithm is taken after the average",
        "First the logarithm of each image's probability, then the mean of these.",
        lambda loss, logits, labels, e: -np.log(np.mean(np.exp(-each_loss(loss, logits, labels)))),
    ),
    (
        "the loss is counted in bits",
        "np.log2 gives bits. Nats are asked for: np.log.",
        lambda loss, logits, labels, e: loss() / np.log(2),
    ),
    (
        "the logarithm is to base 10",
        "np.log10 is another logarithm. Nats are asked for: np.log.",
        lambda loss, logits, labels, e: loss() / np.log(10),
    ),
    (
        "squared differences of the probabilities are summed",
        "That is another loss, Brier's. The surprise is minus the logarithm of one probability.",
        lambda loss, logits, labels, e: _brier(loss, logits, labels),
    ),
):
    add_mistake(cross_entropy, *_wrong)

add_smoothing_mistakes(cross_entropy)
