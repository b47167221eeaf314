"""A network that thaws from its head down, block by block."""

import numpy as np

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
    section="14_training#training-schedules",
    outputs={"learns": "E P", "running_mean": "E S"},
    kind={"learns": int, "running_mean": float},
)
def gradual_unfreezing(network, epoch, *, every=1):
    """Let the last block learn, and one more before it after every so many passes."""
    reference.gradual_unfreezing(network, epoch, every=every)


@gradual_unfreezing.drive
def _(function, x, blocks, epochs, frozen=False, **options):
    network = small_network(x, blocks).requires_grad_(not frozen)
    flags, means = [], []
    for epoch in epochs:
        network.train()  # as every training loop does before a pass
        change(function, network, epoch, **options)
        flags.append(learns(network))
        means.append(statistics(network, x))
    return np.array(flags), np.array(means)


@gradual_unfreezing.cases
def _(rng):
    x = draw_images(rng, 2, 1, 2, 3)
    small = {"x": x, "blocks": {"stem": 2, "layer1": 2}}
    yield Case("the first pass: only the head learns", small | {"epochs": [0]})
    yield Case("three passes, two blocks and a head", small | {"epochs": [0, 1, 2]})
    N, H, W = rng.permutation([3, 4, 5])
    x = draw_images(rng, N, 2, H, W)
    four = {"x": x, "blocks": {"stem": 2, "layer1": 3, "layer2": 2, "layer3": 4}}
    yield Case("a block every two passes", four | {"epochs": [0, 1, 2, 3, 4], "every": 2})
    yield Case("more passes than blocks", four | {"epochs": [3, 4, 5, 6], "every": 1})
    frozen = four | {"frozen": True}
    yield Case(
        "a network that comes frozen, every three passes",
        frozen | {"epochs": [0, 2, 3, 7], "every": 3},
    )
    yield Case("a run that goes on from pass 5", frozen | {"epochs": [5, 6], "every": 2})


def _thaw(network, learning, *, asleep=True):
    """Let the blocks learn for which `learning(distance to the head, number)` is true."""
    blocks = reference.learning_blocks(network)[::-1]
    for i, block in enumerate(blocks):
        it_learns = learning(i, len(blocks))
        block.requires_grad_(it_learns)
        block.train(it_learns or not asleep)


@gradual_unfreezing.mistake(
    "batch normalisation stays awake in the frozen blocks",
    hint="The training loop has just said `network.train()`, to all of it. What do the blocks "
    "that are to stay as they are have to be told afterwards?",
    section="15_normalisation#norm-batch",
)
def _(right, network, epoch, *, every=1):
    _thaw(network, lambda i, n: i <= epoch // every, asleep=False)


@gradual_unfreezing.mistake(
    "it thaws from the image, not from the head",
    hint="The last layers are the most particular to the old task, so they are the first to "
    "learn anew. From which end does your loop count?",
)
def _(right, network, epoch, *, every=1):
    _thaw(network, lambda i, n: n - 1 - i <= epoch // every)


@gradual_unfreezing.mistake(
    "everything learns from the first pass",
    hint="Before a block learns, `every` passes go by for each block behind it.",
)
def _(right, network, epoch, *, every=1):
    _thaw(network, lambda i, n: True)


@gradual_unfreezing.mistake(
    "one block too many learns",
    hint="In pass 0 the head learns and nothing else: how many blocks are that?",
)
def _(right, network, epoch, *, every=1):
    _thaw(network, lambda i, n: i <= epoch // every + 1)


@gradual_unfreezing.mistake(
    "one block too few learns: at first, not even the head",
    hint="A new head has to learn in the very first pass.",
)
def _(right, network, epoch, *, every=1):
    _thaw(network, lambda i, n: i < epoch // every)


@gradual_unfreezing.mistake(
    "every is ignored",
    hint="With every=2, passes 0 and 1 look the same.",
)
def _(right, network, epoch, *, every=1):
    right(network, epoch, every=1)


@gradual_unfreezing.mistake(
    "the passes are rounded up",
    hint="Pass 1 of every=2 still belongs to the first stage: // rounds down.",
)
def _(right, network, epoch, *, every=1):
    _thaw(network, lambda i, n: i <= -(-epoch // every))


@gradual_unfreezing.mistake(
    "the number of the pass is multiplied by every",
    hint="A larger `every` thaws more slowly.",
)
def _(right, network, epoch, *, every=1):
    _thaw(network, lambda i, n: i <= epoch * every)


@gradual_unfreezing.mistake(
    "the blocks freeze again when the next one thaws",
    hint="A block that has begun to learn goes on to the end of the run.",
)
def _(right, network, epoch, *, every=1):
    _thaw(network, lambda i, n: i == min(epoch // every, n - 1))


@gradual_unfreezing.mistake(
    "after the last block has thawed, one is frozen again",
    hint="When there are more passes than blocks, all of them learn. Does an index go below 0?",
)
def _(right, network, epoch, *, every=1):
    _thaw(network, lambda i, n: i < (epoch // every + 1) % (n + 1))


@gradual_unfreezing.mistake(
    "parts without parameters count as blocks",
    hint="Pooling and dropout have nothing to thaw: leave them out of the list before you count.",
)
def _(right, network, epoch, *, every=1):
    for i, part in enumerate(list(network.children())[::-1]):
        it_learns = i <= epoch // every
        part.requires_grad_(it_learns).train(it_learns)


@gradual_unfreezing.mistake(
    "what was frozen before never thaws",
    hint="Say both things: requires_grad False for what waits and True for what learns. The "
    "network may come frozen.",
)
def _(right, network, epoch, *, every=1):
    before = [p.requires_grad for p in network.parameters()]
    right(network, epoch, every=every)
    for p, learned in zip(network.parameters(), before, strict=True):
        p.requires_grad_(p.requires_grad and learned)


@gradual_unfreezing.mistake(
    "the whole network is set to evaluate",
    hint="Only the frozen blocks are to hold still; those that learn need training mode.",
    section="15_normalisation#norm-batch",
)
def _(right, network, epoch, *, every=1):
    right(network, epoch, every=every)
    network.eval()
