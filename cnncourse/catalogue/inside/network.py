"""Networks as plain arrays: drawn, built of PyTorch's layers, and looked after."""

import contextlib

import numpy as np

from cnncourse.catalogue.exercise import Unusable

BY_HAND = 24  # numbers


class Network:
    """Layers described, one behind the other; written as the list of their names.

    Parameters
    ----------
    *layers : dict
        What `layer`, `conv` and the like describe.
    """

    def __init__(self, *layers):
        self.layers = layers

    def __repr__(self):
        return f"<{', '.join(map(_in_words, self.layers))}>"

    def __eq__(self, other):
        return isinstance(other, Network) and _plain(self.layers) == _plain(other.layers)

    def __hash__(self):
        return hash(repr(self))


def _plain(value):
    """Turn what describes layers into something that compares whole arrays."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


def _in_words(described):
    """Name a layer, with its weights where they are few enough to reckon with."""
    name = described["name"] + " in place" * described["options"].get("inplace", False)
    weight = described["arrays"].get("weight")
    if weight is None or weight.size > BY_HAND or (weight % 1).any():
        return name
    return f"{name} {weight.reshape(len(weight), -1).astype(int).tolist()}"


def layer(kind, name, *, arrays=None, **options):
    """Describe one layer: its class in `torch.nn`, its name, its weights, its options."""
    return {"kind": kind, "name": name, "arrays": arrays or {}, "options": options}


def conv(rng, name, in_channels, out_channels, size=3, *, padding=1):
    """Draw a convolution."""
    reach = in_channels * size**2
    arrays = {
        "weight": rng.normal(0, np.sqrt(2 / reach), (out_channels, in_channels, size, size)),
        "bias": rng.normal(0, 0.3, out_channels),
    }
    channels = {"in_channels": in_channels, "out_channels": out_channels}
    return layer("Conv2d", name, arrays=arrays, **channels, kernel_size=size, padding=padding)


def linear(rng, name, in_features, out_features):
    """Draw a fully connected layer."""
    arrays = {
        "weight": rng.normal(0, np.sqrt(2 / in_features), (out_features, in_features)),
        "bias": rng.normal(0, 0.3, out_features),
    }
    features = {"in_features": in_features, "out_features": out_features}
    return layer("Linear", name, arrays=arrays, **features)


def batch_norm(rng, name, channels):
    """Draw a batch normalisation that has seen data of another mean and another variance."""
    arrays = {
        "weight": rng.uniform(0.5, 1.5, channels),
        "bias": rng.normal(0, 0.3, channels),
        "running_mean": rng.normal(0, 0.5, channels),
        "running_var": rng.uniform(2, 4, channels),
    }
    return layer("BatchNorm2d", name, arrays=arrays, num_features=channels)


def by_hand(kind, name, weight):
    """Describe a layer without bias whose weights are whole numbers."""
    weight = np.array(weight, dtype=float)
    out, into = weight.shape
    if kind == "Linear":
        sizes = {"in_features": into, "out_features": out}
    else:
        sizes = {"in_channels": into, "out_channels": out, "kernel_size": 1}
        weight = weight[:, :, None, None]
    return layer(kind, name, arrays={"weight": weight}, bias=False, **sizes)


def classifier(rng, channels, size, num_classes, *, in_place=False):
    """Draw two convolutions, a pooling between them and two fully connected layers."""
    H, W = (int(side) for side in size)
    return Network(
        conv(rng, "conv1", channels, 4),
        layer("ReLU", "relu1", inplace=in_place),
        layer("MaxPool2d", "pool1", kernel_size=2),
        conv(rng, "conv2", 4, 5),
        layer("ReLU", "relu2", inplace=in_place),
        layer("Flatten", "flatten"),
        linear(rng, "fc1", 5 * (H // 2) * (W // 2), 9),
        layer("Tanh", "tanh"),
        linear(rng, "fc2", 9, num_classes),
    )


def build(network, *, training=False):
    """Make a model of layers described, in double precision."""
    import torch

    model = torch.nn.Sequential()
    for described in network.layers:
        *blocks, name = described["name"].split(".")
        home = model
        for block in blocks:
            if not hasattr(home, block):
                home.add_module(block, torch.nn.Sequential())
            home = getattr(home, block)
        part = getattr(torch.nn, described["kind"])(**described["options"])
        for array, values in described["arrays"].items():
            getattr(part, array).data = torch.from_numpy(np.array(values))
        home.add_module(name, part)
    return model.train(training)


@contextlib.contextmanager
def in_double():
    """Let new tensors be of float64, as the models are: a student writes torch.zeros(OH, OW)."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def left_as_it_was(model, network, *, training=False):
    """Raise `Unusable` if a look has left something behind in a model.

    Parameters
    ----------
    model : Module
        What `build` made, after the student's function has looked into it.
    network : Network
        What it was made of.
    training : bool
        Whether it was training before.
    """
    for name, part in model.named_modules():
        if part._forward_hooks or part._forward_pre_hooks or part._backward_hooks:
            raise Unusable(
                f"leaves a hook in {name or 'the model'}: keep the handle that registering it "
                f"returns, and call its remove()"
            )
    if any(part.training != training for part in model.modules()):
        left, was = ("training", "evaluation") if not training else ("evaluation", "training")
        raise Unusable(f"leaves the model in {left} mode, it was in {was} mode before")
    for described in network.layers:
        part = model.get_submodule(described["name"])
        for array, values in described["arrays"].items():
            if not np.array_equal(getattr(part, array).detach().numpy(), values):
                why = ": was it in training mode while it ran?" if "running" in array else ""
                raise Unusable(f"changes {described['name']}.{array} of the model{why}")
