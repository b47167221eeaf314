"""Mistakes that are made in many networks, registered for each."""

from functools import partial

from cnncourse.catalogue.modules import ask_network
from cnncourse.catalogue.networks import surgery

SIZES = "10_sizes#sizes-trace"
RELU = "07_activation#activation-relu"
LAST = "07_activation#activation-last"
NORM = "15_normalisation#norm-batch"
RUNNING = "15_normalisation#norm-running"
DROPOUT = "16_regularisation#regular-dropout"
COUNTS = {"num_params": int, "out": float}


def ask(exercise, function, x, *, training=False, sizes):
    """Put a case to a network: the drive of all exercises that ask for one."""
    made = partial(exercise.call, function)
    num_params, out = ask_network(made, x, training=training, **sizes)
    if x is None:
        out = out.reshape((0,) * len(exercise.outputs["out"].split()))
    return num_params, out


def add(exercise, name, hint, change, section=None):
    """Register a network that goes wrong by a change of the right one."""

    @exercise.mistake(name, hint=hint, section=section)
    def _(right, *args, **options):
        return change(right(*args, **options))


def add_no_relu(exercise):
    """Register networks without any ReLU."""
    add(
        exercise,
        "the ReLUs are missing",
        "Without anything between them, two linear layers are one. What follows each of yours?",
        lambda network: surgery.without(network, "ReLU"),
        RELU,
    )


def add_last_relu(exercise):
    """Register networks whose logits are cut off at 0."""
    add(
        exercise,
        "the logits go through a ReLU",
        "The last layer answers with logits, which may be negative. What comes behind it?",
        lambda network: surgery.followed_by(network, "ReLU"),
        LAST,
    )


def add_softmax(exercise):
    """Register networks that answer with probabilities."""
    add(
        exercise,
        "the logits go through a softmax",
        "`cross_entropy` takes the softmax itself: the network answers with logits.",
        lambda network: surgery.followed_by(network, "Softmax", dim=1),
        LAST,
    )


def add_hidden_without_relu(exercise, number):
    """Register networks whose last ReLUs, so many, are missing: those between Linear layers."""
    add(
        exercise,
        "the hidden fully connected layers have no ReLU",
        "Follow the numbers behind the flattening: what happens between one Linear and the next?",
        lambda network: surgery.without(network, "ReLU", only=slice(-number, None)),
        RELU,
    )


def add_dropout_mistakes(exercise):
    """Register dropout that is missing, always at work, or in front of the last layer."""
    add(
        exercise,
        "there is no dropout",
        "While training, half of the units are to be silenced at two places. Where in yours?",
        lambda network: surgery.without(network, "Dropout"),
        DROPOUT,
    )
    add(
        exercise,
        "dropout is at work at test time, too",
        "After `network.eval()` nothing is dropped. `F.dropout` has to be told `self.training`; "
        "does yours know?",
        surgery.always_drop,
        DROPOUT,
    )
    add(
        exercise,
        "there is dropout in one place only",
        "Two places are silenced while training. Count yours.",
        lambda network: surgery.without(network, "Dropout", only=slice(1, None)),
        DROPOUT,
    )


def add_norm_mistakes(exercise):
    """Register batch normalisation that is missing, or uses the batch at test time."""
    add(
        exercise,
        "batch normalisation is missing",
        "Every convolution here is followed by batch normalisation. Is yours?",
        lambda network: surgery.without(network, "BatchNorm2d"),
        NORM,
    )
    add(
        exercise,
        "batch normalisation uses the batch at test time, too",
        "After `network.eval()` the running statistics are used. Does your network know its mode?",
        surgery.by_the_batch,
        RUNNING,
    )


def add_bias(exercise):
    """Register convolutions with a bias in front of batch normalisation."""
    add(
        exercise,
        "the convolutions have a bias",
        "Batch normalisation takes the mean away, and any bias with it. Which option says so?",
        lambda network: surgery.change(network, bias=True),
        NORM,
    )
