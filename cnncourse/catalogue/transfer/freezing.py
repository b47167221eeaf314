"""Parts of a network that are to stay as they are."""

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.transfer.network import (
    change,
    draw_images,
    learns,
    small_network,
    statistics,
)


@exercise(
    "13_transfer",
    section="12_backpropagation#backprop-chain",
    outputs={"learns": "P", "running_mean": "S"},
    kind={"learns": int, "running_mean": float},
)
def freeze(network, parts):
    """Stop parts of a network from learning, and set them to evaluate."""
    reference.freeze(network, parts)


@freeze.drive
def _(function, x, blocks, parts):
    network = small_network(x, blocks)
    change(function, network, list(parts))
    return learns(network), statistics(network, x)


@freeze.cases
def _(rng):
    x = draw_images(rng, 2, 1, 2, 3)
    yield Case(
        "one block and a head; the block is frozen",
        {"x": x, "blocks": {"stem": 2}, "parts": ["stem"]},
    )
    N, H, W = rng.permutation([3, 4, 5])
    x = draw_images(rng, N, 2, H, W)
    three = {"x": x, "blocks": {"stem": 2, "layer1": 4, "layer2": 3}}
    yield Case("two blocks of three", three | {"parts": ["stem", "layer1"]})
    yield Case("everything but the head", three | {"parts": ["stem", "layer1", "layer2"]})
    yield Case("the head alone", three | {"parts": ["fc"]})
    alike = {"x": x, "blocks": {"layer1": 3, "layer10": 2, "layer11": 4}}
    yield Case("layer1 beside layer10 and layer11", alike | {"parts": ["layer1"]})
    yield Case(
        "a convolution inside a block, without its batch normalisation",
        three | {"parts": ["layer1.0"]},
    )
    yield Case("a batch normalisation alone", three | {"parts": ["layer2.1"]})
    yield Case("no part: nothing is frozen", three | {"parts": []})


def _in_parts(network, parts):
    """List the parameters inside the parts by name."""
    return [
        (name, p)
        for name, p in network.named_parameters()
        if any(name.startswith(f"{part}.") for part in parts)
    ]


_BATCH_NORM = "15_normalisation#norm-batch"


@freeze.mistake(
    "batch normalisation stays awake in the frozen parts",
    hint="Its running mean is no parameter and needs no gradient, it moves with every batch that "
    "passes in training mode. What has to be said to the part besides?",
    section=_BATCH_NORM,
)
def _(right, network, parts):
    for _, p in _in_parts(network, parts):
        p.requires_grad_(False)


@freeze.mistake(
    "the parts are set to evaluate, but their parameters still learn",
    hint="`eval()` changes how dropout and batch normalisation compute, and nothing else: "
    "gradients flow as before. And `requires_grad` is an attribute of parameters; on a module, "
    "assigning to it does nothing. See which method of a module sets it for all of them.",
)
def _(right, network, parts):
    right(network, parts)
    for _, p in _in_parts(network, parts):
        p.requires_grad_(True)


@freeze.mistake(
    "nothing is frozen",
    hint="`requires_grad` is an attribute of each parameter: setting it on a module does nothing. "
    "Go through what `parameters()` gives, or use the module's own method.",
)
def _(right, network, parts):
    pass


@freeze.mistake(
    "only the weights are frozen, the biases still learn",
    hint="Print the names of all parameters: which of those in a part does your code not reach?",
)
def _(right, network, parts):
    right(network, parts)
    for name, p in _in_parts(network, parts):
        p.requires_grad_(not name.endswith("weight"))


@freeze.mistake(
    "batch normalisation's scale and shift still learn",
    hint="A batch normalisation has a weight and a bias of its own, one number a channel. They "
    "belong to the part as well.",
    section=_BATCH_NORM,
)
def _(right, network, parts):
    right(network, parts)
    for name, p in _in_parts(network, parts):
        p.requires_grad_(p.ndim == 1 and ".1." in name)


@freeze.mistake(
    "parts whose names only begin alike are frozen, too",
    hint='"layer10.0.weight" starts with "layer1". Ask the network for the part itself, '
    "`get_submodule` does it, or put something behind the name.",
)
def _(right, network, parts):
    right(network, [n for n, _ in network.named_children() if n.startswith(tuple(parts))])
    right(network, parts)


@freeze.mistake(
    "the whole network is frozen",
    hint="Only what is named is to stay as it is. Where does your code look at `parts`?",
)
def _(right, network, parts):
    right(network, [name for name, _ in network.named_children()])


@freeze.mistake(
    "the whole network is set to evaluate",
    hint="The parts that still learn need their batch normalisation in training mode: set to "
    "evaluate what is frozen, and only that.",
    section=_BATCH_NORM,
)
def _(right, network, parts):
    right(network, parts)
    network.eval()


@freeze.mistake(
    "everything but the parts is frozen",
    hint="The parts that are named are to stay as they are, the others learn.",
)
def _(right, network, parts):
    right(network, [name for name, _ in network.named_children() if name not in parts])


@freeze.mistake(
    "only the first part is frozen",
    hint="`parts` is a list: does your loop come to its end, or is there a return inside?",
)
def _(right, network, parts):
    right(network, parts[:1])
