"""Training: judged by digits that the student's process has never held."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, Finding, exercise
from cnncourse.catalogue.numpy_lenet.digits import CLASSES, training_digits, unseen_digits
from cnncourse.catalogue.numpy_lenet.given import SHAPES, start
from cnncourse.catalogue.numpy_lenet.network import AXES

GOAL = 0.95  # share of unseen digits
GOAL_OF_TWO = 0.9  # there are about 72 of them: one more or less is over 1 %
LONGEST = 90.0  # seconds for all digits; the room stops a cell after 150, both checks in it
LONGEST_OF_TWO = 25.0

RUNAWAY = "the loss runs away instead of falling"
STILL = "no step has been taken"
CONSTANT = "every image gets the same answer"
SHIFTED = "the classes are shifted by one"
FIRST_BATCH = "only the first images are learnt"
APART = "images and labels do not belong together any more"
RESHAPED = "a parameter has another shape than at the start"
TOO_EARLY = "the training ends too early, or its steps do not suit"
TRAINING = "14_training#training-"


@exercise(
    "15_numpy_lenet",
    section=TRAINING + "sgd",
    outputs={name: AXES[name] for name in SHAPES},
)
def train_lenet(images, labels, rng):
    """Train LeNet from new parameters."""
    return reference.train_lenet(images, labels, start(np.random.default_rng(0)))


@train_lenet.drive
def _(function, images, labels, rng, digits):
    parameters = function(images, labels, rng)
    if not isinstance(parameters, dict):
        raise TypeError("it should return the dictionary of parameters")
    missing = [name for name in SHAPES if name not in parameters]
    if missing:
        raise KeyError(f"there is no parameter {' and '.join(missing)}")
    return tuple(parameters[name] for name in SHAPES)


@train_lenet.cases
def _(rng):
    # Classes are numbered anew, so that parameters trained elsewhere are of no use.
    digits = rng.permutation(CLASSES).tolist()
    claim = f"two digits told apart, at least {GOAL_OF_TWO:.0%} of those never seen"
    yield Case(claim, _question(rng, digits, 2), seconds=LONGEST_OF_TWO)
    claim = f"all ten digits, at least {GOAL:.0%} of those never seen"
    yield Case(claim, _question(rng, digits, CLASSES), seconds=LONGEST)


def _question(rng, digits, count):
    """Ask for the first so many of the digits; digits[i] is class i."""
    images, true = training_digits()
    labels = _number(true, digits)
    chosen = labels < count
    return {
        "images": images[chosen],
        "labels": labels[chosen],
        "rng": np.random.default_rng(rng.integers(2**32)),
        "digits": digits[:count],
    }


def _number(true, digits):
    """Say which class a digit is, and a number too large for those that are none."""
    numbers = np.full(CLASSES, CLASSES)
    numbers[digits] = np.arange(len(digits))
    return numbers[true]


@train_lenet.judge
def _(arguments, *parameters):
    parameters = dict(zip(SHAPES, parameters, strict=True))
    for name, shape in SHAPES.items():
        if parameters[name].shape != shape:
            said = f"{name} has shape {parameters[name].shape}, expected {shape}"
            return Finding(f"{name} has the wrong shape", said, RESHAPED)
    if not all(np.isfinite(each).all() for each in parameters.values()):
        return Finding("some parameters are not finite numbers", "", RUNAWAY)
    images, true = unseen_digits()
    labels = _number(true, arguments["digits"])
    images, labels = images[labels < CLASSES], labels[labels < CLASSES]
    logits = reference.lenet_forward(parameters, images)
    reached = _share(logits, labels)
    goal = GOAL if len(arguments["digits"]) == CLASSES else GOAL_OF_TWO
    if reached >= goal:
        return None
    said = f"{reached:.1%} of {len(labels)} unseen digits are right, {goal:.0%} are asked"
    return Finding(said, said, _name(arguments, parameters, logits, labels))


def _share(logits, labels):
    return float((logits.argmax(axis=1) == labels).mean())


def _name(arguments, parameters, logits, labels):
    """Say which mistake comes nearest; None where two digits leave it open."""
    if all((parameters[name] == 0).all() for name in SHAPES if name.endswith("bias")):
        return STILL  # biases start at 0
    if np.ptp(logits, axis=0).max() <= 1e-6 * np.abs(logits).max():
        return CONSTANT
    best = logits.argmax(axis=1)
    if max(np.mean((best + by) % CLASSES == labels) for by in (-1, 1)) > 0.8:
        return SHIFTED
    if len(arguments["digits"]) < CLASSES:
        return None
    seen = reference.lenet_forward(parameters, arguments["images"])
    right = seen.argmax(axis=1) == arguments["labels"]
    if right[:16].all() and right[16:].mean() < 0.85:
        return FIRST_BATCH
    if np.abs(logits).max() > 1e3:
        return RUNAWAY
    return APART if right.mean() < 0.3 else TOO_EARLY


def _add_training_mistakes():
    def add(name, hint, section, function):
        train_lenet.mistake(name, hint=hint, section=TRAINING + section)(function)

    def shuffled(right, images, labels, rng):
        order = np.random.default_rng(1).permutation(len(labels))
        return reference.train_lenet(images[order], labels, _first())

    def of_first(right, images, labels, rng):
        # Classes that do not occur there keep their first weights.
        return reference.train_lenet(images[:32], labels[:32], _first(), steps=200)

    def shifted(right, images, labels, rng):
        trained = right(images, labels, rng)
        last = {n: np.roll(trained[n], 1, axis=0) for n in ("fc3.weight", "fc3.bias")}
        return trained | last

    add(
        RUNAWAY,
        "Print the loss: is the gradient subtracted, from the parameter it belongs to? "
        "Then the step may be too large.",
        "sgd",
        lambda right, *rest: {name: np.nan * each for name, each in _first().items()},
    )
    add(
        STILL,
        "The parameters are those of start. Does your loop reach its update, and is what it "
        "computes put back into the dictionary?",
        "sgd",
        lambda right, *rest: _first(),
    )
    add(
        CONSTANT,
        "Weights that all start at 0 get a gradient of 0, and a step too large switches every "
        "ReLU off: begin with start(rng), and try a smaller step.",
        "initialisation",
        lambda right, *rest: {n: 0 * each + (n == "fc3.bias") for n, each in _first().items()},
    )
    add(
        APART,
        "Image i needs label i after shuffling, too: draw one permutation and index both by it.",
        "sgd",
        shuffled,
    )
    add(
        SHIFTED,
        "Class k is logit k, counted from 0: is there a + 1 or - 1 too many?",
        "sgd",
        shifted,
    )
    add(
        FIRST_BATCH,
        "Every image should have its turn in each epoch: does the slice of your batch move on?",
        "sgd",
        of_first,
    )
    add(
        RESHAPED,
        "A gradient has the shape of its parameter, and an update keeps it.",
        "sgd",
        lambda right, *rest: _first() | {"fc1.weight": _first()["fc1.weight"].T},
    )
    add(
        TOO_EARLY,
        "Print the loss of every epoch. If it still falls, go on; if it jumps, take smaller "
        "steps; if it hardly moves, larger ones, or momentum.",
        "hyperparameters",
        lambda right, images, labels, rng: reference.train_lenet(
            images, labels, _first(), steps=6 if len(images) < 500 else 60
        ),
    )


def _first():
    return start(np.random.default_rng(0))


_add_training_mistakes()
