"""Mistakes in a loss: with the softmax inside it, and with smoothed labels."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.classifier.log_softmax import SMALL_NUMBERS
from cnncourse.catalogue.classifier.softmax import SMALLEST, without_shift

SMOOTHING = "09_fully_connected#fc-smoothing"
SOFTMAX = "07_activation#activation-softmax"


def add_mistake(exercise, name, hint, wrong, section=None):
    """Register a mistake, told as a function of the loss, the arguments and the smoothing."""

    @exercise.mistake(name, hint=hint, section=section)
    def _(right, logits, labels, *, label_smoothing=0.0):
        def loss(logits=logits, labels=labels, label_smoothing=label_smoothing):
            return right(logits, labels, label_smoothing=label_smoothing)

        with np.errstate(all="ignore"):
            return wrong(loss, logits, labels, label_smoothing)


def each_loss(loss, logits, labels):
    """Give the loss of each image by itself, without smoothing."""
    pairs = zip(logits, labels, strict=True)
    return np.array([loss(row[None], label[None], 0.0) for row, label in pairs])


def _of_logs(loss, logs):
    """Put other numbers in the place of the logarithms of the probabilities."""

    def on_target(values):
        return np.logaddexp.reduce(values, axis=1).mean() - loss(values)

    if on_target(np.isnan(logs) * 1.0) > 1e-9:
        return np.nan
    if on_target(np.isneginf(logs) * 1.0) > 1e-9:
        return np.inf
    return -on_target(np.where(np.isfinite(logs), logs, 0))


def _logs(probabilities):
    """Take logarithms; what is too small for a float is 0."""
    return np.log(np.where(probabilities < np.exp(SMALLEST), 0.0, probabilities))


def _far_below(logits):
    """Tell whether the scores of some image vanish beside the largest of the batch."""
    return (logits.max(axis=1) - logits.max()).min() < SMALLEST


def add_softmax_mistakes(exercise):
    """Register mistakes with the logarithms of the probabilities."""
    for wrong in (
        (
            "the logarithm is taken of a probability that has become 0",
            "A loss of 1200 nats is a number like any other. Work with the logarithms of the "
            "softmax from the start: the probability need not be computed.",
            lambda loss, logits, labels, e: _of_logs(loss, _logs(reference.softmax(logits))),
        ),
        (
            "the largest score of the whole batch is subtracted",
            "Where an image's own scores are far below that one, all its exponentials vanish, "
            "and log(0) is minus infinity. Each image has a largest score of its own.",
            lambda loss, logits, labels, e: -np.inf if _far_below(logits) else loss(),
        ),
        (
            "the largest score of the whole batch is subtracted before the softmax",
            "Where an image's own scores are far below that one, all its exponentials vanish, "
            "and 0 / 0 is NaN. Each image has a largest score of its own.",
            lambda loss, logits, labels, e: np.nan if _far_below(logits) else loss(),
        ),
        (
            "the exponentials overflow",
            "e to the power 1000 is infinite, and infinity by infinity is NaN. "
            "Take the largest score of each image away first.",
            lambda loss, logits, labels, e: _of_logs(
                loss, _logs(without_shift(reference.softmax, logits, 1))
            ),
        ),
        (
            "the exponentials in the sum overflow",
            "The sum is infinite, and so is its logarithm. "
            "Take the largest score of each image away first.",
            lambda loss, logits, labels, e: np.inf if logits.max() > 709 else loss(),
        ),
        (
            "0 is multiplied by minus infinity",
            "That is NaN. With one-hot targets every logarithm is used, so that each has to be "
            "finite: work with the logarithms of the softmax from the start.",
            lambda loss, logits, labels, e: (
                loss() if reference.softmax(logits).min() > np.exp(SMALLEST) else np.nan
            ),
        ),
        (
            "the softmax runs over the images",
            "Classes compete, images do not: the classes are the last axis.",
            lambda loss, logits, labels, e: _of_logs(loss, reference.log_softmax(logits, axis=0)),
        ),
        (
            "the softmax runs over the whole batch",
            "Every image's probabilities add up to 1 by themselves: which axis is summed?",
            lambda loss, logits, labels, e: _of_logs(
                loss, reference.log_softmax(logits.reshape(-1)).reshape(logits.shape)
            ),
        ),
        (
            "the scores go through softmax twice",
            "What the loss is given are scores: one softmax, inside the loss, and none before it.",
            lambda loss, logits, labels, e: loss(reference.softmax(logits)),
        ),
        (
            "there is no softmax",
            "The scores are not yet logarithms of probabilities: what has to be subtracted?",
            lambda loss, logits, labels, e: _of_logs(loss, logits),
        ),
        (
            "the scores are taken for probabilities",
            "Scores may be negative, and do not add up to 1: they go through a softmax first.",
            lambda loss, logits, labels, e: _of_logs(loss, np.log(logits)),
        ),
        (
            "every score goes through a sigmoid",
            "Classes compete here: it takes a softmax.",
            lambda loss, logits, labels, e: _of_logs(loss, -np.logaddexp(0, -logits)),
        ),
    ):
        add_mistake(exercise, *wrong, SOFTMAX)

    _add_small_number_mistakes(exercise)


def _add_small_number_mistakes(exercise):
    for small in SMALL_NUMBERS:

        def wrong(loss, logits, labels, e, small=small):
            return _of_logs(loss, np.log(reference.softmax(logits) + small))

        add_mistake(
            exercise,
            f"the probabilities are kept away from 0 by {small:g}",
            "That keeps minus infinity away, and puts a wrong number in its place: the loss "
            "may well be 1200. Can you do without the probability?",
            wrong,
            SOFTMAX,
        )


def _smoothed(true, others):
    """Mix what a share for the true class and one for each other give, by e and C."""

    def wrong(loss, logits, labels, e):
        C = logits.shape[1]
        of_true, of_all = loss(label_smoothing=0.0), C * loss(label_smoothing=1.0)
        return true(e, C) * of_true + others(e, C) * (of_all - of_true)

    return wrong


def add_smoothing_mistakes(exercise):
    """Register mistakes with the shares of a smoothed target."""
    for name, hint, share_of_true, share_of_others in (
        (
            "`label_smoothing` is ignored",
            "With label_smoothing, a part of the target goes to all classes.",
            lambda e, C: 1.0,
            lambda e, C: 0.0,
        ),
        (
            "smoothing leaves out the true class",
            "PyTorch spreads the share over all C classes, the true one included: "
            "what is left for it in the end?",
            lambda e, C: 1 - e,
            lambda e, C: e / (C - 1),
        ),
        (
            "the true class gets too small a share",
            "The shares of a target add up to 1: add up yours. The true class takes part in the "
            "spreading.",
            lambda e, C: 1 - e,
            lambda e, C: e / C,
        ),
        (
            "what is spread is not taken from the true class",
            "The shares of a target add up to 1: add up yours.",
            lambda e, C: 1 + e / C,
            lambda e, C: e / C,
        ),
        (
            "every other class gets a share, and the true one keeps all of its own",
            "The shares of a target add up to 1: add up yours.",
            lambda e, C: 1.0,
            lambda e, C: e / C,
        ),
        (
            "every class gets the whole share",
            "The share is spread over C classes: what does each get?",
            lambda e, C: 1.0,
            lambda e, C: e,
        ),
        (
            "the two shares are exchanged",
            "With label_smoothing=0.1, nine tenths stay with the true class.",
            lambda e, C: e + (1 - e) / C if e else 1.0,
            lambda e, C: (1 - e) / C if e else 0.0,
        ),
        (
            "the share is spread over one class too few",
            "All C classes take part, and each gets the C-th part.",
            lambda e, C: 1 - e + e / (C - 1),
            lambda e, C: e / (C - 1),
        ),
        (
            "what is spread has lost its minus sign",
            "All of the target's shares count alike: minus a logarithm, times the share.",
            lambda e, C: 1 - e - e / C,
            lambda e, C: -e / C,
        ),
        (
            "the share is divided by the number of classes twice",
            "A mean over the classes divides by C already: is there a second division?",
            lambda e, C: 1 - e + e / C**2,
            lambda e, C: e / C**2,
        ),
        (
            "the true class takes part in the spreading twice",
            "The shares of a target add up to 1: add up yours.",
            lambda e, C: 1 - e + 2 * e / C,
            lambda e, C: e / C,
        ),
        (
            "nothing but the true class's share is left",
            "The share that the true class loses goes to all classes: what of theirs?",
            lambda e, C: 1 - e,
            lambda e, C: 0.0,
        ),
    ):
        add_mistake(exercise, name, hint, _smoothed(share_of_true, share_of_others), SMOOTHING)

    add_mistake(
        exercise,
        "the probabilities are smoothed instead of the targets",
        "Smooth what the network should say, not what it says.",
        lambda loss, logits, labels, e: (
            -np.mean(
                np.log((1 - e) * np.exp(-each_loss(loss, logits, labels)) + e / logits.shape[1])
            )
        ),
        SMOOTHING,
    )
