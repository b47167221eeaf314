"""A new last layer for other classes."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.modules import check_network, run
from cnncourse.catalogue.transfer.network import draw_images, learns, small_network


@exercise(
    "13_transfer",
    section="09_fully_connected#fc-linear",
    outputs={"num_params": "", "learns": "P", "out": "N K"},
    kind={"num_params": int, "learns": int, "out": float},
)
def replace_head(network, num_classes):
    """Put a new fully connected layer in the place of the last one."""
    return reference.replace_head(network, num_classes)


@replace_head.drive
def _(function, x, blocks, num_classes, frozen=False, **form):
    network = small_network(x, blocks, **form).requires_grad_(not frozen)
    network = check_network(function(network, num_classes)).double()
    _fill_last(network)
    num_params = sum(p.numel() for p in network.parameters())
    return np.array(num_params), learns(network), run(network, x)


def _fill_last(network):
    """Give the last fully connected layer weights that depend on its shape only."""
    import torch

    last = [layer for layer in network.modules() if isinstance(layer, torch.nn.Linear)][-1:]
    for parameter in (p for layer in last for p in layer.parameters()):
        numbers = torch.arange(parameter.numel(), dtype=torch.float64)
        with torch.no_grad():
            parameter.copy_(torch.cos(numbers + 1).reshape(parameter.shape))


@replace_head.cases
def _(rng):
    x = draw_images(rng, 2, 1, 2, 3)
    small = {"x": x, "blocks": {"stem": 2}}
    yield Case("a head called fc, from three classes to five", small | {"num_classes": 5})
    yield Case(
        "a network that is frozen: its new head learns", small | {"num_classes": 4, "frozen": True}
    )
    N, H, W = rng.permutation([3, 4, 5])
    given = {"x": draw_images(rng, N, 2, H, W), "blocks": {"stem": 3, "layer1": 2}}
    yield Case("a head without bias", given | {"num_classes": 6, "bias": False})
    nested = given | {"nested": True}
    yield Case("a head inside a classifier of three layers", nested | {"num_classes": 7})
    yield Case(
        "the same, frozen, with one class only", nested | {"num_classes": 1, "frozen": True}
    )
    yield Case("as many classes as before", given | {"num_classes": 3, "frozen": True})


def _head(network):
    """Find the place of the head: the module that holds it, its name there, itself."""
    import torch

    layers = [(n, m) for n, m in network.named_modules() if isinstance(m, torch.nn.Linear)]
    name, layer = layers[-1]
    parent, _, last = name.rpartition(".")
    return network.get_submodule(parent), last, layer


@replace_head.mistake(
    "the new head is frozen",
    hint="A new layer learns unless somebody freezes it. Are its parameters made of the old "
    "ones, or told to be as those were?",
)
def _(right, network, num_classes):
    frozen = not any(p.requires_grad for p in network.parameters())
    network = right(network, num_classes)
    return network.requires_grad_(not frozen)


@replace_head.mistake(
    "everything is frozen, the new head as well",
    hint="If a body is to be frozen, that comes first: a head that is put in afterwards learns. "
    "And here nothing was said about freezing.",
)
def _(right, network, num_classes):
    return right(network, num_classes).requires_grad_(False)


@replace_head.mistake(
    "everything is frozen but the head",
    hint="Nothing was said about freezing here: whatever learned before still learns.",
)
def _(right, network, num_classes):
    network = right(network.requires_grad_(False), num_classes)
    return network


@replace_head.mistake(
    "the whole network learns again",
    hint="Only the head is new. A body that was frozen stays frozen.",
)
def _(right, network, num_classes):
    return right(network, num_classes).requires_grad_(True)


@replace_head.mistake(
    "the old head is still there, with the new one behind it",
    hint="The new layer takes the place of the old one, it is given the features, not the old "
    "classes. Which in_features does it have?",
)
def _(right, network, num_classes):
    import torch

    parent, name, old = _head(network)
    new = torch.nn.Linear(old.out_features, num_classes, bias=old.bias is not None)
    setattr(parent, name, torch.nn.Sequential(old, new))
    return network


@replace_head.mistake(
    "the head has one output too many",
    hint="There is one output for each class, and none for `something else`.",
)
def _(right, network, num_classes):
    return right(network, num_classes + 1)


@replace_head.mistake(
    "the old head is still at work",
    hint="Assigning to `out_features` or to a variable changes no weight and no layer. Which "
    "attribute of which module does `forward` use?",
)
def _(right, network, num_classes):
    return network


@replace_head.mistake(
    "a new layer called fc stands beside the classifier, unused",
    hint="The head is not called fc in every network. Look for the last nn.Linear among "
    "`named_modules()`: its name says where it lives.",
)
def _(right, network, num_classes):
    import torch

    _, _, old = _head(network)
    network.fc = torch.nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    return network


@replace_head.mistake(
    "the whole classifier is replaced",
    hint="Only the last layer answers with classes: the others of the classifier have learned "
    "something worth keeping.",
)
def _(right, network, num_classes):
    import torch

    if not hasattr(network, "classifier"):
        return right(network, num_classes)
    first = network.classifier[0]
    network.classifier = torch.nn.Linear(first.in_features, num_classes)
    return network


@replace_head.mistake(
    "the new head has no bias",
    hint="The new layer is like the old one, with another number of outputs: look at `old.bias`.",
)
def _(right, network, num_classes):
    network = right(network, num_classes)
    _head(network)[2].bias = None
    return network


@replace_head.mistake(
    "the new head has a bias where the old one had none",
    hint="A layer without bias has None in its place. `old.bias is not None` says which it is.",
)
def _(right, network, num_classes):
    import torch

    network = right(network, num_classes)
    parent, name, new = _head(network)
    setattr(parent, name, torch.nn.Linear(new.in_features, num_classes))
    return network


@replace_head.mistake(
    "a ReLU stands behind the new head",
    hint="Logits may be below 0: the last layer of a classifier has no ReLU.",
    section="09_fully_connected#fc-loss",
)
def _(right, network, num_classes):
    import torch

    network = right(network, num_classes)
    parent, name, new = _head(network)
    setattr(parent, name, torch.nn.Sequential(new, torch.nn.ReLU()))
    return network


@replace_head.mistake(
    "a softmax stands behind the new head",
    hint="cross_entropy takes logits and does the softmax itself.",
    section="09_fully_connected#fc-loss",
)
def _(right, network, num_classes):
    import torch

    network = right(network, num_classes)
    parent, name, new = _head(network)
    setattr(parent, name, torch.nn.Sequential(new, torch.nn.Softmax(dim=1)))
    return network
