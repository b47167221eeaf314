"""The whole of LeNet: its answer to an image."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.numpy_lenet.given import CLASSES, SHAPES, SIZE, start

AFTER = ("conv1", "conv2", "fc1", "fc2")  # what a ReLU follows
AXES = {
    "conv1.weight": "F C KH KW",
    "conv2.weight": "F C KH KW",
    **{f"fc{i}.weight": "O I" for i in (1, 2, 3)},
    **{name: "F" for name in SHAPES if name.endswith("bias")},
}


@exercise("15_numpy_lenet", section="09_fully_connected#fc-flatten", outputs={"logits": "N K"})
def lenet_forward(parameters, x):
    """Compute LeNet's logits."""
    return reference.lenet_forward(parameters, x)


@lenet_forward.cases
def _(rng):
    blank = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    blank["fc3.bias"] = rng.permutation(np.arange(CLASSES) - 4.0)
    yield Case(
        "weights of 0: the last bias is left", {"parameters": blank, "x": draw_images(rng, 2)}
    )
    yield Case("one image", {"parameters": draw(rng), "x": draw_images(rng, 1)})
    yield Case("five images", {"parameters": draw(rng), "x": draw_images(rng, 5)})
    order = np.asfortranarray(draw_images(rng, 3))
    yield Case("images stored in another order", {"parameters": draw(rng), "x": order})


def draw(rng):
    """Draw parameters whose biases matter, too."""
    biases = {n: rng.normal(size=s) for n, s in SHAPES.items() if n.endswith("bias")}
    parameters = start(rng) | {name: bias / 4 for name, bias in biases.items()}
    return {name: parameters[name] for name in SHAPES}


def draw_images(rng, N):
    """Draw images as large as the network wants them."""
    return rng.normal(size=(N, 1, SIZE, SIZE))


def identity(x):
    """Stand where a ReLU is missing."""
    return x


def _relu(x):
    return x.relu()


def instead(activation, *layers):
    """List what follows the four hidden layers: `activation` after some, ReLU after others."""
    return [activation if layer in layers else _relu for layer in AFTER]


def _add_forward_mistakes():
    for layer in AFTER:

        @lenet_forward.mistake(
            f"there is no ReLU after {layer}",
            hint="All layers but the last are followed by a ReLU: count yours.",
            section="07_activation#activation-relu",
        )
        def _(right, parameters, x, layer=layer):
            chosen = instead(identity, layer)
            return reference.lenet_forward(parameters, x, activations=chosen)

    def add(name, hint, section, function):
        lenet_forward.mistake(name, hint=hint, section=section)(function)

    def swapped(activation, *layers):
        chosen = instead(activation, *layers)
        return lambda right, *rest: reference.lenet_forward(*rest, activations=chosen)

    relu = "07_activation#activation-relu"
    add(
        "there is no ReLU at all",
        "Without one, three linear layers in a row are a single linear layer.",
        "07_activation#activation-why",
        swapped(identity, *AFTER),
    )
    add(
        "the fully connected layers have no ReLU",
        "Only the last of the three, whose output are the logits, goes without.",
        relu,
        swapped(identity, "fc1", "fc2"),
    )
    add(
        "the convolutions have no ReLU",
        "A convolution is linear: a ReLU follows each, before the pooling or after it.",
        relu,
        swapped(identity, "conv1", "conv2"),
    )
    add(
        "tanh takes the place of ReLU",
        "LeCun's network of 1998 had it, the one asked for here has ReLU.",
        "07_activation#activation-sigmoid",
        swapped(lambda x: x.tanh(), *AFTER),
    )
    add(
        "a ReLU follows the last layer",
        "Logits may be negative: nothing follows the last layer.",
        relu,
        lambda right, *rest: np.maximum(right(*rest), 0),
    )
    add(
        "a softmax follows the last layer",
        "Logits are asked for. The softmax is a part of the loss.",
        "07_activation#activation-softmax",
        lambda right, *rest: _softmax(right(*rest)),
    )
    add(
        "the logarithm of a softmax follows the last layer",
        "Logits are asked for. The softmax is a part of the loss.",
        "07_activation#activation-softmax",
        lambda right, *rest: np.log(_softmax(right(*rest))),
    )
    add(
        "the tiles are averaged",
        "LeNet-5 had averages in 1998. Here the largest value of each tile goes on.",
        "08_pooling#pooling-max",
        lambda right, *rest: reference.lenet_forward(*rest, pooling=_average),
    )


def _softmax(logits):
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def _average(x, size):
    N, C, H, W = x.shape
    return x.reshape(N, C, H // size, size, W // size, size).mean((3, 5))


_add_forward_mistakes()


def add_flatten_mistake(exercise):
    """Register the other order of flattening, for the answer or for the gradients."""

    @exercise.mistake(
        "the maps are flattened with the channels last",
        hint="reshape a map (N, C, H, W) as it is to (N, C * H * W): the weights of fc1 count "
        "channel by channel.",
        section="09_fully_connected#fc-flatten",
    )
    def _(right, parameters, *rest):
        # Pixel p of channel c meets the weight of place 16 * p + c instead of 4 * c + p.
        F, pixels = 16, 4
        w = parameters["fc1.weight"].reshape(-1, pixels, F).swapaxes(1, 2)
        answer = right(parameters | {"fc1.weight": w.reshape(-1, F * pixels)}, *rest)
        return _turn_back(answer) if isinstance(answer, tuple) else answer

    def _turn_back(answer):
        loss, gradients = answer
        dw = gradients["fc1.weight"]
        dw = dw.reshape(-1, 16, 4).swapaxes(1, 2).reshape(dw.shape)
        return loss, gradients | {"fc1.weight": dw}


add_flatten_mistake(lenet_forward)
