"""Transfer learning on any network: freeze, replace the head, group, thaw, extract."""

import torch
from torch import nn


def freeze(network, parts):
    """Stop parts of a network from learning, and set them to evaluate.

    Parameters
    ----------
    network : Module
        Changed in place.
    parts : list of str
        Names of layers or blocks.
    """
    for name in parts:
        network.get_submodule(name).requires_grad_(False).eval()


def replace_head(network, num_classes):
    """Put a new fully connected layer in the place of the last one.

    Parameters
    ----------
    network : Module
        Changed in place.
    num_classes : int
        Outputs of the new layer.

    Returns
    -------
    network : Module
    """
    name, old = [(n, m) for n, m in network.named_modules() if isinstance(m, nn.Linear)][-1]
    parent, _, last = name.rpartition(".")
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None)
    setattr(network.get_submodule(parent), last, new)
    return network


def param_groups(network, *, lr, decay):
    """Give every block the step size of the next one, times decay.

    Parameters
    ----------
    network : Module
    lr : float
        Step size of the last block.
    decay : float
        Factor from a block to the one before it.

    Returns
    -------
    groups : list of dict
        As `torch.optim` takes them; without frozen parameters.
    """
    groups = []
    for distance, block in enumerate(reversed(learning_blocks(network))):
        learning = [p for p in block.parameters() if p.requires_grad]
        if learning:
            groups.append({"params": learning, "lr": lr * decay**distance})
    return groups


def gradual_unfreezing(network, epoch, *, every=1):
    """Let the last block learn, and one more before it after every so many passes.

    Parameters
    ----------
    network : Module
        Changed in place.
    epoch : int
        Number of the pass, from 0.
    every : int, default 1
        Passes from one block to the next.
    """
    for distance, block in enumerate(reversed(learning_blocks(network))):
        learns = distance <= epoch // every
        block.requires_grad_(learns).train(learns)


def extract_features(network, x):
    """Compute what the layer `fc` is given.

    Parameters
    ----------
    network : Module
        Left as it was.
    x : (N, C, H, W) tensor

    Returns
    -------
    features : (N, D) tensor
    """
    seen, modes = [], [(part, part.training) for part in network.modules()]
    hook = network.fc.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
    network.eval()
    with torch.no_grad():
        network(x)
    hook.remove()
    for part, training in modes:
        part.training = training
    return seen[0]


def learning_blocks(network):
    """List the direct parts of a network that have parameters, in order."""
    return [block for block in network.children() if any(True for _ in block.parameters())]
