"""Random weights that keep the size of signals."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

_SECTION = "14_training#training-initialisation"


@exercise("10_optimise", section=_SECTION, outputs={"w": "..."})
def kaiming_normal(shape, *, rng):
    """Draw weights that keep the size of signals through a layer and its ReLU."""
    return reference.kaiming_normal(shape, rng=rng)


@kaiming_normal.cases
def _(rng):
    def seeded():
        return np.random.default_rng(int(rng.integers(2**32)))

    few = int(rng.choice([2, 3, 5]))
    yield Case(
        "a fully connected layer with 8 inputs: half of what is drawn",
        {"shape": (few, 8), "rng": seeded()},
    )
    yield Case("more outputs than inputs", {"shape": (13, 6), "rng": seeded()})
    sizes = tuple(int(size) for size in rng.permutation([2, 3, 4, 5]))
    yield Case("a convolution, and a kernel that is not square", {"shape": sizes, "rng": seeded()})
    yield Case("LeNet-5's first layer: one channel", {"shape": (6, 1, 5, 5), "rng": seeded()})
    yield Case("a convolution of 1 x 1 pixels", {"shape": (3, 7, 1, 1), "rng": seeded()})


def _add_spread_mistake(name, hint, fan):
    @kaiming_normal.mistake(name, hint=hint)
    def _(right, shape, *, rng):
        num_inputs = np.prod(shape) / shape[0]
        return right(shape, rng=rng) * np.sqrt(num_inputs / fan(*shape[:2], shape[2:]))


_add_spread_mistake(
    "the outputs of the layer are counted instead of its inputs",
    "Which axis of the shape runs over the outputs? The other ones say what a sum runs over.",
    lambda F, C, kernel: F * np.prod(kernel),
)
_add_spread_mistake(
    "the size of the kernel does not count",
    "How many products does one output of a convolution add up? "
    "A kernel of 5 x 5 makes 25 of them for every channel.",
    lambda F, C, kernel: C,
)
_add_spread_mistake(
    "only the pixels of the kernel count, not the channels",
    "How many products does one output of a convolution add up? It looks at every channel.",
    lambda F, C, kernel: np.prod(kernel),
)
_add_spread_mistake(
    "all the weights of the layer count",
    "How many of them meet in one output? Every filter makes an output of its own.",
    lambda F, C, kernel: F * C * np.prod(kernel),
)
_add_spread_mistake(
    "the number of filters alone counts",
    "The first axis of the shape runs over the outputs. What does one of them sum over?",
    lambda F, C, kernel: F,
)
_add_spread_mistake(
    "only the last axis of the shape counts",
    "One output of a convolution adds up products over channels, rows and columns.",
    lambda F, C, kernel: kernel[-1] if kernel else C,
)
_add_spread_mistake(
    "the kernel is taken for square",
    "A kernel has KH rows and KW columns; see whether one of them counts twice.",
    lambda F, C, kernel: C * (kernel[0] ** 2 if kernel else 1),
)
_add_spread_mistake(
    "inputs and outputs are added up, as Glorot and Bengio do",
    "That spread balances the forward and the backward pass of a tanh network. "
    "Kaiming's looks at the inputs only.",
    lambda F, C, kernel: (F + C) * np.prod(kernel),
)


def _add_scale_mistake(name, hint, scale):
    @kaiming_normal.mistake(name, hint=hint)
    def _(right, shape, *, rng):
        return right(shape, rng=rng) * scale(np.prod(shape) / shape[0])


_add_scale_mistake(
    "the weights are multiplied by the variance",
    "Numbers of spread 1, times s, have the standard deviation s and the variance s squared. "
    "Which of the two is 2 / fan_in?",
    lambda n: np.sqrt(2 / n),
)
_add_scale_mistake(
    "the draws are divided by the standard deviation",
    "The more inputs a sum has, the smaller should each weight be: what do yours do?",
    lambda n: n / 2,
)
_add_scale_mistake(
    "the 2 for the ReLU is missing",
    "A ReLU throws away half of what reaches it. What makes up for that?",
    lambda n: np.sqrt(1 / 2),
)
_add_scale_mistake(
    "the 2 stands outside the root",
    "The variance is 2 / fan_in, and the root is taken of all of it.",
    lambda n: np.sqrt(2),
)
_add_scale_mistake(
    "fan_in stands outside the root",
    "The variance is 2 / fan_in, and the root is taken of all of it.",
    lambda n: np.sqrt(1 / n),
)
_add_scale_mistake(
    "the weights are not scaled",
    "With a spread of 1 whatever the layer, signals grow with every layer they pass. "
    "By what do the draws have to be multiplied?",
    lambda n: np.sqrt(n / 2),
)
_add_scale_mistake(
    "every layer gets the same spread, 0.01",
    "AlexNet began that way, and deeper networks did not learn. "
    "The spread follows from how many inputs a sum runs over.",
    lambda n: 0.01 * np.sqrt(n / 2),
)


@kaiming_normal.mistake(
    "the weights are drawn from a uniform distribution",
    hint="kaiming_uniform has the same variance, but other draws: "
    "take rng.standard_normal(shape) here.",
)
def _(right, shape, *, rng):
    reach = np.sqrt(6 * shape[0] / np.prod(shape))
    return rng.uniform(-reach, reach, shape)


@kaiming_normal.mistake(
    "the weights are drawn from 0 to 1",
    hint="rng.random draws no weight below 0: take rng.standard_normal(shape).",
)
def _(right, shape, *, rng):
    return rng.random(shape) * np.sqrt(2 * shape[0] / np.prod(shape))


@kaiming_normal.mistake(
    "the spread is taken for the mean",
    hint="The first argument of rng.normal is the mean, the second the standard deviation.",
)
def _(right, shape, *, rng):
    return rng.standard_normal(shape) + np.sqrt(2 * shape[0] / np.prod(shape))


@kaiming_normal.mistake(
    "a generator of your own draws the weights",
    hint="Draw from the rng that is passed in: with one that begins anew in each call, "
    "two layers of one shape would start with the same weights.",
)
def _(right, shape, *, rng):
    return right(shape, rng=np.random.default_rng(0))
