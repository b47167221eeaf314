"""Smaller steps for early blocks, as an optimiser is told."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, Unusable, exercise
from cnncourse.catalogue.transfer.network import draw_images, small_network


@exercise("13_transfer", section="14_training#training-sgd", outputs={"rates": "P"})
def param_groups(network, *, lr, decay):
    """Give every block the step size of the next one, times decay."""
    return reference.param_groups(network, lr=lr, decay=decay)


@param_groups.drive
def _(function, x, blocks, frozen, lr, decay):
    network = small_network(x, blocks)
    for name in frozen:
        network.get_submodule(name).requires_grad_(False)
    groups = function(network, lr=lr, decay=decay)
    held = dict(_held(groups))
    return np.array([held.get(id(p), 0.0) for p in network.parameters()], dtype=float)


def _held(groups):
    """Read the groups as an optimiser would, and list the step size of every parameter."""
    import torch

    if not isinstance(groups, list):
        raise Unusable(f"returned a {type(groups).__name__}, expected a list of dictionaries")
    seen = set()
    for number, group in enumerate(groups):
        if not isinstance(group, dict) or {"params", "lr"} - set(group):
            raise Unusable(f'group {number} is no dictionary with "params" and "lr"')
        params = group["params"]
        for p in [params] if isinstance(params, torch.Tensor) else list(params):
            if not isinstance(p, torch.nn.Parameter):
                raise Unusable(f"group {number} holds a {type(p).__name__}, not a parameter")
            if id(p) in seen:
                raise Unusable(f"a parameter of group {number} is in a group already")
            seen.add(id(p))
            yield id(p), float(group["lr"])


@param_groups.cases
def _(rng):
    x = draw_images(rng, 2, 1, 2, 3)
    small = {"x": x, "blocks": {"stem": 2, "layer1": 2}, "frozen": []}
    yield Case("two blocks and a head, each half of the next", small | {"lr": 8.0, "decay": 0.5})
    lr, decay = round(rng.uniform(0.02, 0.2), 3), round(rng.uniform(0.2, 0.4), 2)
    rates = {"lr": lr, "decay": decay}
    yield Case("other numbers", small | rates)
    four = {"x": x, "blocks": {"stem": 2, "layer1": 3, "layer2": 2, "layer3": 4}}
    yield Case("four blocks and a head", four | rates | {"frozen": []})
    yield Case("the first two blocks are frozen", four | rates | {"frozen": ["stem", "layer1"]})
    yield Case("a block in the middle is frozen", four | rates | {"frozen": ["layer2"]})
    yield Case(
        "a convolution is frozen, its batch normalisation is not",
        four | rates | {"frozen": ["layer1.0"]},
    )
    yield Case("decay 1 gives all the same", four | {"frozen": ["stem"], "lr": lr, "decay": 1.0})


def _by_block(network, rate, *, keep=lambda p: p.requires_grad):
    """Group by blocks, with a step size that depends on the distance to the head."""
    blocks = reference.learning_blocks(network)[::-1]
    groups = [
        {"params": [p for p in block.parameters() if keep(p)], "lr": rate(i, len(blocks))}
        for i, block in enumerate(blocks)
    ]
    return [group for group in groups if group["params"]]


@param_groups.mistake(
    "the optimiser still holds frozen parameters",
    hint="A parameter with requires_grad False has no business in an optimiser: with its old "
    "gradient, weight decay or momentum it may move all the same. Leave it out.",
)
def _(right, network, *, lr, decay):
    return _by_block(network, lambda i, n: lr * decay**i, keep=lambda p: True)


@param_groups.mistake(
    "the first block gets the largest step size",
    hint="Early layers see edges and colours, which serve every task: they change least. Where "
    "does your loop begin?",
)
def _(right, network, *, lr, decay):
    return _by_block(network, lambda i, n: lr * decay ** (n - 1 - i))


@param_groups.mistake(
    "all blocks have the same step size",
    hint="Each block's step size is that of the next one times decay. Does your lr change from "
    "turn to turn of the loop?",
)
def _(right, network, *, lr, decay):
    return right(network, lr=lr, decay=1.0)


@param_groups.mistake(
    "the head's step size is multiplied by decay, too",
    hint="The head gets lr itself: decay to the power of 0.",
)
def _(right, network, *, lr, decay):
    return right(network, lr=lr * decay, decay=decay)


@param_groups.mistake(
    "the step size is divided by decay from block to block",
    hint="decay is below 1. Should an early block take larger steps than the head?",
)
def _(right, network, *, lr, decay):
    return right(network, lr=lr, decay=1 / decay)


@param_groups.mistake(
    "all early blocks share one step size",
    hint="Two blocks away from the head, decay counts twice.",
)
def _(right, network, *, lr, decay):
    return _by_block(network, lambda i, n: lr * decay ** min(i, 1))


@param_groups.mistake(
    "decay is multiplied by the distance instead of raised to its power",
    hint="From each block to the one before it there is one more factor decay.",
)
def _(right, network, *, lr, decay):
    return _by_block(network, lambda i, n: lr * decay * i if i else lr)


@param_groups.mistake(
    "parts without parameters count in the distance",
    hint="Pooling and dropout have nothing to learn: leave them out of the list before you count "
    "how far a block is from the head.",
)
def _(right, network, *, lr, decay):
    groups = []
    for i, block in enumerate(list(network.children())[::-1]):
        learning = [p for p in block.parameters() if p.requires_grad]
        groups += [{"params": learning, "lr": lr * decay**i}] if learning else []
    return groups


@param_groups.mistake(
    "frozen blocks do not count in the distance",
    hint="A frozen block is not in the optimiser, but it still lies between those before it and "
    "the head.",
)
def _(right, network, *, lr, decay):
    blocks = [
        b
        for b in reference.learning_blocks(network)
        if any(p.requires_grad for p in b.parameters())
    ]
    return [
        {"params": [p for p in b.parameters() if p.requires_grad], "lr": lr * decay**i}
        for i, b in enumerate(blocks[::-1])
    ]


@param_groups.mistake(
    "a block with one frozen parameter is left out altogether",
    hint="Look at each parameter by itself: a convolution may be frozen and the batch "
    "normalisation behind it not.",
)
def _(right, network, *, lr, decay):
    groups = _by_block(network, lambda i, n: lr * decay**i, keep=lambda p: True)
    return [g for g in groups if all(p.requires_grad for p in g["params"])]


@param_groups.mistake(
    "the decay goes on from layer to layer, not from block to block",
    hint="A convolution and the batch normalisation behind it are one block, and have one step "
    "size. `children()` gives the blocks, `modules()` everything inside them.",
)
def _(right, network, *, lr, decay):
    layers = [m for m in network.modules() if list(m.parameters(recurse=False))][::-1]
    return [
        {"params": [p for p in m.parameters() if p.requires_grad], "lr": lr * decay**i}
        for i, m in enumerate(layers)
        if any(p.requires_grad for p in m.parameters())
    ]


@param_groups.mistake(
    "the head is missing",
    hint="The last block learns as well, and fastest of all. Does your loop reach it?",
)
def _(right, network, *, lr, decay):
    head = {id(p) for p in reference.learning_blocks(network)[-1].parameters()}
    groups = right(network, lr=lr, decay=decay)
    return [g for g in groups if id(g["params"][0]) not in head]


@param_groups.mistake(
    "the biases are missing",
    hint="Count the numbers in your groups and in the network: which names are not there?",
)
def _(right, network, *, lr, decay):
    weights = {id(p) for n, p in network.named_parameters() if n.endswith("weight")}
    keep = lambda p: p.requires_grad and id(p) in weights  # noqa: E731
    return _by_block(network, lambda i, n: lr * decay**i, keep=keep)
