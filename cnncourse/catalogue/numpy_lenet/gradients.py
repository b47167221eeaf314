"""The gradient of LeNet's loss for every parameter."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.numpy_lenet.given import CLASSES, SHAPES
from cnncourse.catalogue.numpy_lenet.network import (
    AFTER,
    AXES,
    add_flatten_mistake,
    draw,
    draw_images,
    identity,
    instead,
)

# From the last layer to the first: the first gradient that is wrong is where to look.
BACKWARDS = tuple(reversed(SHAPES))


@exercise(
    "15_numpy_lenet",
    section="12_backpropagation#backprop-chain",
    outputs={"loss": "", **{name: AXES[name] for name in BACKWARDS}},
)
def lenet_gradients(parameters, x, labels):
    """Compute LeNet's loss, and its gradient for every parameter."""
    return reference.lenet_gradients(parameters, x, labels)


@lenet_gradients.drive
def _(function, parameters, x, labels):
    value = function(parameters, x, labels)
    if not (isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], dict)):
        raise TypeError("it should return the tuple (loss, gradients), gradients a dictionary")
    loss, gradients = value
    missing = [name for name in SHAPES if name not in gradients]
    if missing:
        raise KeyError(f"there is no gradient of {' and '.join(missing)}")
    return loss, *[gradients[name] for name in BACKWARDS]


@lenet_gradients.cases
def _(rng):
    def case(claim, N, parameters, x=None):
        x = draw_images(rng, N) if x is None else x
        labels = rng.permutation(CLASSES)[:N]
        return Case(claim, {"parameters": parameters, "x": x, "labels": labels})

    yield case("one image", 1, draw(rng))
    yield case("five images", 5, draw(rng))
    order = np.asfortranarray(draw_images(rng, 3))
    yield case("images stored in another order", 3, draw(rng), order)
    large = draw(rng)
    large["fc3.bias"] = 1000 * rng.permutation(np.arange(CLASSES) - 4.0)
    section = "07_activation#activation-softmax"
    hard = case("logits in the thousands", 4, large)
    yield Case(hard.claim, hard.arguments, section=section)


def _let_through(x):
    """A ReLU whose way back lets everything pass."""
    return x + (x.relu() - x).detach()


def _by_sign_of_slope(x):
    """A ReLU whose way back asks for the sign of the gradient, not of its input."""
    out = _let_through(x)
    if out.requires_grad:
        out.register_hook(lambda slope: slope.relu())
    return out


def _add_gradient_mistakes():
    def add(name, hint, section, function):
        lenet_gradients.mistake(name, hint=hint, section=section)(function)

    def swapped(activation, *layers):
        chosen = instead(activation, *layers)
        return lambda right, *rest: reference.lenet_gradients(*rest, activations=chosen)

    relu = "12_backpropagation#backprop-relu"
    passes = "A gradient passes a ReLU only where the number that went in was above 0: "
    for layer in AFTER:
        add(
            f"the ReLU after {layer} lets every gradient through",
            passes + "there are four of them on the way back.",
            relu,
            swapped(_let_through, layer),
        )
    add(
        "the ReLUs of the fully connected layers let every gradient through",
        passes + "there are four of them on the way back.",
        relu,
        swapped(_let_through, "fc1", "fc2"),
    )
    add(
        "no ReLU stops a gradient",
        passes + "did your way back leave them out?",
        relu,
        swapped(_let_through, *AFTER),
    )
    add(
        "the ReLUs look at the sign of the gradient",
        passes + "which sign does your comparison look at?",
        relu,
        swapped(_by_sign_of_slope, *AFTER),
    )
    for layer in AFTER:
        add(
            f"there is no ReLU after {layer}",
            "All layers but the last are followed by a ReLU: count yours.",
            "07_activation#activation-relu",
            swapped(identity, layer),
        )

    def scaled(factor, *, loss_too):
        def wrong(right, parameters, x, labels):
            loss, gradients = right(parameters, x, labels)
            times = factor(len(x))
            scaled = {name: times * each for name, each in gradients.items()}
            return loss * times if loss_too else loss, scaled

        return wrong

    mean = "12_backpropagation#backprop-loss"
    add(
        "loss and gradients are summed over the batch",
        "The loss is the mean over the images: 1/N belongs to both.",
        mean,
        scaled(lambda N: N, loss_too=True),
    )
    add(
        "the gradients are not divided by N",
        "The loss is the mean over the images, so that a single one has 1/N of a say.",
        mean,
        scaled(lambda N: N, loss_too=False),
    )
    add(
        "the gradients are divided by N twice",
        "1/N comes in once, with the loss. The layers only add up.",
        mean,
        scaled(lambda N: 1 / N, loss_too=False),
    )
    add(
        "the gradients point downhill",
        "The gradient of the logits is softmax minus one-hot, not the other way round. "
        "Going downhill is the optimiser's part.",
        mean,
        scaled(lambda N: -1, loss_too=False),
    )

    def with_slope(slope):
        """Give the logits this gradient, and leave the loss as it is."""

        def surrogate(logits, labels):
            return (logits * slope(logits.detach(), labels)).sum() / len(logits)

        def wrong(right, *rest):
            return right(*rest)[0], reference.lenet_gradients(*rest, loss=surrogate)[1]

        return wrong

    add(
        "the right class is not subtracted from the softmax",
        "The gradient of the logits is softmax minus one-hot: where is the 1 at the label?",
        mean,
        with_slope(lambda logits, labels: logits.softmax(1)),
    )
    add(
        "the softmax takes in the whole batch",
        "Each image has a softmax of its own: over which axis do you sum?",
        "07_activation#activation-softmax",
        with_slope(_slope_over_all),
    )

    add(
        "a ReLU stops gradients behind the last layer",
        "Nothing follows fc3: the gradient of the logits goes into it as it is.",
        relu,
        with_slope(lambda logits, labels: _slope(logits, labels) * (logits > 0)),
    )
    _add_overflow_mistakes(add, with_slope)


def _add_overflow_mistakes(add, with_slope):
    """Register what becomes of logits in the thousands."""

    def logits_of(parameters, x, labels):
        return reference.lenet_forward(parameters, x)

    def overflows(*rest):
        with np.errstate(over="ignore"):
            return not np.isfinite(np.exp(logits_of(*rest)).sum(axis=1)).all()

    def loss_from(shares, labels):
        with np.errstate(divide="ignore"):
            return -np.log(shares[range(len(labels)), labels]).mean()

    def naive(logits):
        with np.errstate(over="ignore", invalid="ignore"):
            powers = np.exp(logits)
            return powers / powers.sum(axis=1, keepdims=True)

    def overflowing(right, *rest):
        if not overflows(*rest):
            return right(*rest)
        shares = naive(logits_of(*rest))

        def slope(logits, labels):
            return logits.new_tensor(shares) - _one_hot(logits, labels)

        gradients = with_slope(slope)(right, *rest)[1]
        # What is not a number makes everything before the last layer so.
        rest_of = {n: g if n.startswith("fc3") else g * np.nan for n, g in gradients.items()}
        return loss_from(shares, rest[-1]), rest_of

    def overflowing_in_logarithm(right, *rest):
        # log p is then minus infinity, and p is 0.
        nothing = with_slope(lambda logits, labels: -_one_hot(logits, labels))
        return (np.inf, nothing(right, *rest)[1]) if overflows(*rest) else right(*rest)

    def hidden(least):
        def wrong(right, *rest):
            logits = logits_of(*rest)
            shares = naive(logits - logits.max(axis=1, keepdims=True))
            return loss_from(shares + least, rest[-1]), right(*rest)[1]

        return wrong

    hint = (
        "exp(1000) is too large for a number. A softmax stays the same when the largest logit "
        "is subtracted from all."
    )
    softmax = "07_activation#activation-softmax"
    add("exp overflows", hint, softmax, overflowing)
    add("the sum under the logarithm overflows", hint, softmax, overflowing_in_logarithm)
    log = "A p too small for a number becomes 0. Its logarithm can be had without it: "
    log += "z - log(sum of exp z)."
    add("the loss is the logarithm of a p that is 0", log, softmax, hidden(0.0))
    for least in ("1e-8", "1e-9", "1e-10", "1e-12", "1e-15"):
        add(f"{least} under the logarithm hides a p of 0", log, softmax, hidden(float(least)))


def _one_hot(logits, labels):
    chosen = logits * 0
    chosen[range(len(labels)), labels] = 1
    return chosen


def _slope(logits, labels):
    return logits.softmax(1) - _one_hot(logits, labels)


def _slope_over_all(logits, labels):
    slope = logits.flatten().softmax(0).reshape(logits.shape)
    return slope - _one_hot(logits, labels)


_add_gradient_mistakes()
add_flatten_mistake(lenet_gradients)
