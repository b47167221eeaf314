"""The L2 penalty on a network's weights."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("09_regularise", section="16_regularisation#regular-l2", outputs={"penalty": ""})
def l2_penalty(parameters, *, weight_decay):
    """Penalise weights, but no biases, by their squares, as PyTorch does."""
    return reference.l2_penalty(parameters, weight_decay=weight_decay)


@l2_penalty.cases
def _(rng):
    few = rng.permutation([-3.0, -2.0, 1.0, 6.0]).reshape(2, 2)
    yield Case("one weight of 2 x 2", {"parameters": {"fc.weight": few}, "weight_decay": 0.5})
    F, C, K, D = 2 + rng.permutation(4)
    filters, matrix = rng.normal(size=(F, C, K, K)), rng.normal(size=(D, F))
    weights = {"conv1.weight": filters, "fc.weight": matrix}
    yield Case("filters and a matrix", {"parameters": weights, "weight_decay": 0.3})
    network = {
        "conv1.weight": filters,
        "conv1.bias": rng.normal(size=F),
        "bn1.weight": rng.uniform(1, 2, F),
        "bn1.bias": rng.normal(size=F),
        "fc.weight": matrix,
        "fc.bias": rng.normal(size=D),
    }
    yield Case("biases and a batch norm's weights go free", _given(network, 0.3))
    yield Case("numbers stored in another order", _given(_map(np.asfortranarray, network), 0.02))
    yield Case("a weight decay of 0", _given(network, 0.0))
    # No network without weights: an empty sum may well be a whole 0, and that is no mistake.
    three = {"conv1d.weight": rng.normal(size=(F, C, K)), "conv1d.bias": rng.normal(size=F)}
    yield Case("filters with three axes count, too", _given(three | weights, 0.3))


def _given(parameters, weight_decay):
    return {"parameters": parameters, "weight_decay": weight_decay}


def _map(function, parameters):
    return {name: function(array) for name, array in parameters.items()}


def _weights(parameters):
    return {name: array for name, array in parameters.items() if array.ndim > 1}


def _add_mistake(name, hint, change):
    """Register a wrong penalty; `change` gets the right one, the weights and the factor."""

    @l2_penalty.mistake(name, hint=hint)
    def _(right, parameters, *, weight_decay):
        out = right(parameters, weight_decay=weight_decay)
        return np.float64(change(out, _weights(parameters), weight_decay))


_add_mistake(
    "the factor 1/2 is missing",
    "The penalty is defined so that its gradient is weight_decay times the weight. What is the "
    "derivative of a square?",
    lambda out, weights, decay: 2 * out,
)


@l2_penalty.mistake(
    "biases and a batch norm's weights are penalised, too",
    hint="Only arrays with two axes or more count: a bias, or a factor of a normalisation, has "
    "one number for a channel.",
)
def _(right, parameters, *, weight_decay):
    return right(_map(np.atleast_2d, parameters), weight_decay=weight_decay)


@l2_penalty.mistake(
    "whatever is called weight is penalised",
    hint="A batch norm's weight is a factor for a channel, with one axis. Go by the number of "
    "axes, not by the name.",
)
def _(right, parameters, *, weight_decay):
    chosen = {name: array for name, array in parameters.items() if name.endswith("weight")}
    return right(_map(np.atleast_2d, chosen), weight_decay=weight_decay)


_add_mistake(
    "the absolute values are added",
    "That is the L1 penalty. Here each weight is squared.",
    lambda out, weights, decay: decay / 2 * _sum(weights, np.abs),
)
_add_mistake(
    "the weights are added without their squares",
    "Weights of either sign are to be small: square them before they are added.",
    lambda out, weights, decay: decay / 2 * _sum(weights, np.array),
)
_add_mistake(
    "the sum of the weights is squared",
    "Each weight is squared by itself, so that 3 and -3 cannot make up for each other.",
    lambda out, weights, decay: decay / 2 * sum(a.sum() ** 2 for a in weights.values()),
)
_add_mistake(
    "the root of the sum is taken",
    "The norm is that root; the penalty is made of the squared norm.",
    lambda out, weights, decay: np.sqrt(decay * out / 2),
)
_add_mistake(
    "the squares are averaged",
    "The squares are added up, however many there are.",
    lambda out, weights, decay: out / max(1, sum(array.size for array in weights.values())),
)
_add_mistake(
    "the squares of each array are averaged",
    "The squares are added up, however many there are.",
    lambda out, weights, decay: decay / 2 * sum((a**2).mean() for a in weights.values()),
)
_add_mistake(
    "filters with three axes are left out",
    "Arrays with two axes or more count, however many more: how do you choose yours?",
    lambda out, weights, decay: decay / 2 * _sum(_flat_and_deep(weights), np.square),
)
_add_mistake(
    "weight_decay is not used",
    "`weight_decay` says how much the squares count.",
    lambda out, weights, decay: _sum(weights, np.square) / 2,
)


@l2_penalty.mistake(
    "only the first array counts",
    hint="All weights of the network go into one sum: is there a `return` inside a loop?",
)
def _(right, parameters, *, weight_decay):
    first = dict(list(_weights(parameters).items())[:1])
    return right(first, weight_decay=weight_decay)


@l2_penalty.mistake(
    "every array overwrites the sum of the one before",
    hint="Only the last array is left in your sum: look for an = that should be a +=.",
)
def _(right, parameters, *, weight_decay):
    last = dict(list(_weights(parameters).items())[-1:])
    return right(last, weight_decay=weight_decay)


@l2_penalty.mistake(
    "weight_decay is squared with the weights",
    hint="First the squares, then the factor.",
)
def _(right, parameters, *, weight_decay):
    return right(parameters, weight_decay=weight_decay**2)


def _flat_and_deep(weights):
    return {name: array for name, array in weights.items() if array.ndim != 3}


def _sum(weights, function):
    return sum((function(array).sum() for array in weights.values()), 0.0)
