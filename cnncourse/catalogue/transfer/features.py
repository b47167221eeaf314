"""What the head is given: the network's description of an image."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, Unusable, exercise
from cnncourse.catalogue.modules import run
from cnncourse.catalogue.tensors import as_array, as_tensors, is_tensor
from cnncourse.catalogue.transfer.network import draw_images, small_network


@exercise(
    "13_transfer",
    section="09_fully_connected#fc-flatten",
    outputs={
        "features": "N D",
        "has_gradient": "",
        "num_training": "",
        "num_hooks": "",
        "logits": "N K",
    },
    kind={
        "features": float,
        "has_gradient": int,
        "num_training": int,
        "num_hooks": int,
        "logits": float,
    },
)
def extract_features(network, x):
    """Compute what the layer fc is given."""
    return reference.extract_features(network, x)


@extract_features.drive
def _(function, x, blocks, training=True, **form):
    import torch

    network = small_network(x, blocks, **form).train(training)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        features = function(network, as_tensors(x))
    if not is_tensor(features):
        raise Unusable(f"returned a {type(features).__name__}, expected a tensor")
    parts = list(network.modules())
    hooks = [len(part._forward_hooks) + len(part._forward_pre_hooks) for part in parts]
    return (
        as_array(features),
        np.array(int(features.requires_grad)),
        np.array(sum(part.training for part in parts)),
        np.array(sum(hooks)),
        run(network, x),
    )


@extract_features.cases
def _(rng):
    x = draw_images(rng, 2, 1, 2, 3)
    small = {"x": x, "blocks": {"stem": 2}}
    yield Case("one block, a network set to evaluate", small | {"training": False})
    yield Case("the same in training mode: the answers are the same", small)
    N, H, W = rng.permutation([3, 4, 5])
    given = {"x": draw_images(rng, N, 2, H, W), "blocks": {"stem": 3, "layer1": 2, "layer2": 4}}
    yield Case("three blocks", given | {"training": False})
    yield Case("a network whose head is defined first", given | {"head_first": True})
    yield Case("one image only", given | {"x": draw_images(rng, 1, 2, H, W)})
    yield Case("as many features as classes", small | {"num_classes": 8})


def _described(right, network, x, *, relu=True, upto="fc"):
    """Run the parts in the order in which an image meets them, without the head."""
    blocks = [n for n, _ in network.named_children() if n not in ("fc", "pool", "dropout")]
    for name in blocks:
        x = getattr(network, name)(x)
        x = x.relu() if relu else x
    return (network.pool(x) if upto == "fc" else x).flatten(1)


def _evaluated(ask, network, x):
    """Ask with the network set to evaluate, without gradients, and put its mode back."""
    import torch

    training = network.training
    network.eval()
    with torch.no_grad():
        out = ask(network, x)
    network.train(training)
    return out


@extract_features.mistake(
    "these are the logits, behind the head",
    hint="Features are what the head is given, not what it makes of them.",
)
def _(right, network, x):
    return _evaluated(lambda network, x: network(x), network, x)


@extract_features.mistake(
    "the ReLUs between the blocks are missing",
    hint="`children()` lists layers that are defined, not what `forward` does with them: a "
    "`.relu()` written there is no child. Let the network run as it is, and listen at the head: "
    "see `register_forward_pre_hook`.",
    section="07_activation#activation-relu",
)
def _(right, network, x):
    return _evaluated(lambda n, x: _described(right, n, x, relu=False), network, x)


@extract_features.mistake(
    "the pooling in front of the head is missing",
    hint="Follow `forward` to its last line: what happens to the maps before the head gets them?",
    section="08_pooling#pooling-global",
)
def _(right, network, x):
    return _evaluated(lambda n, x: _described(right, n, x, upto="pool"), network, x)


@extract_features.mistake(
    "the network runs in training mode",
    hint="Dropout silences features at random, and batch normalisation looks at the other images "
    "of the batch. Which method turns both off?",
    section="16_regularisation#regular-dropout",
)
def _(right, network, x):
    import torch

    seen = []
    hook = network.fc.register_forward_pre_hook(lambda layer, given: seen.append(given[0]))
    with torch.no_grad():
        network(x)
    hook.remove()
    return seen[0]


@extract_features.mistake(
    "the network is left in evaluation mode",
    hint="Whoever calls you may be in the middle of training: remember `network.training` before "
    "you change it, and put it back.",
)
def _(right, network, x):
    features = right(network, x)
    network.eval()
    return features


@extract_features.mistake(
    "the network is left in training mode, whatever it was in before",
    hint="Put the mode back that you found: `network.train(mode)` takes it.",
)
def _(right, network, x):
    features = right(network, x)
    network.train()
    return features


@extract_features.mistake(
    "the features carry gradients",
    hint="Nothing is learned here, and the graph of every batch would fill the memory. Which "
    "context of torch switches gradients off?",
)
def _(right, network, x):
    return right(network, x).requires_grad_()


@extract_features.mistake(
    "the head is gone afterwards",
    hint="If you put nn.Identity() in the place of the head, put the head back before you return.",
)
def _(right, network, x):
    import torch

    features = right(network, x)
    network.fc = torch.nn.Identity().train(network.training)
    return features


@extract_features.mistake(
    "the hook is left behind",
    hint="`register_forward_pre_hook` returns a handle. What is it for?",
)
def _(right, network, x):
    features = right(network, x)
    network.fc.register_forward_pre_hook(lambda layer, given: None)
    return features


@extract_features.mistake(
    "only the first image is described",
    hint="The head is given one row for each image: look for an index [0] too many.",
)
def _(right, network, x):
    return right(network, x)[:1]


@extract_features.mistake(
    "the features are normalised",
    hint="Return them as the head gets them.",
)
def _(right, network, x):
    import torch

    return torch.nn.functional.normalize(right(network, x))
