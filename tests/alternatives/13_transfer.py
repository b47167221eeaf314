"""Other right ways to transfer what was learned."""

import torch
from torch import nn


def freeze_by_method(network, parts):
    for name, module in network.named_modules():
        if name in parts:
            module.requires_grad_(False)
            module.train(False)


def freeze_by_names(network, parts):
    for name, p in network.named_parameters():
        if any(name.startswith(part + ".") for part in parts):
            p.requires_grad = False
    for name, module in network.named_modules():
        inside = any(f"{name}.".startswith(part + ".") for part in parts)
        if inside and isinstance(module, nn.BatchNorm2d | nn.Dropout):
            module.eval()


def replace_by_walking(network, num_classes):
    holder, attribute = None, None
    for module in network.modules():
        for name, child in module.named_children():
            if isinstance(child, nn.Linear):
                holder, attribute = module, name
    old = getattr(holder, attribute)
    setattr(holder, attribute, nn.Linear(old.in_features, num_classes, bias=old.bias is not None))
    return network


def replace_near_zero(network, num_classes):
    name, old = [(n, m) for n, m in network.named_modules() if isinstance(m, nn.Linear)].pop()
    new = nn.Linear(old.in_features, num_classes, bias=old.bias is not None, dtype=torch.float64)
    nn.init.normal_(new.weight, std=0.01)
    *path, last = name.split(".")
    holder = network
    for step in path:
        holder = getattr(holder, step)
    holder.add_module(last, new)
    return network


def groups_from_the_front(network, *, lr, decay):
    blocks = [b for b in network.children() if sum(p.numel() for p in b.parameters())]
    groups = []
    for i, block in enumerate(blocks):
        params = [p for p in block.parameters() if p.requires_grad]
        if params:
            groups.append({"params": params, "lr": lr * decay ** (len(blocks) - 1 - i)})
    return groups


def groups_of_one(network, *, lr, decay):
    groups, rate = [], lr
    for block in list(network.children())[::-1]:
        own = list(block.parameters())
        groups += [{"params": p, "lr": rate} for p in own if p.requires_grad]
        rate *= decay if own else 1
    return groups


def thaw_by_slices(network, epoch, *, every=1):
    blocks = [b for b in network.children() if list(b.parameters())]
    number = min(len(blocks), epoch // every + 1)
    for block in blocks[: len(blocks) - number]:
        block.requires_grad_(False).eval()
    for block in blocks[len(blocks) - number :]:
        block.requires_grad_(True).train()


def thaw_by_counting(network, epoch, *, every=1):
    left = epoch // every + 1
    for block in reversed(list(network.children())):
        if not any(True for _ in block.parameters()):
            continue
        block.requires_grad_(left > 0)
        block.train(left > 0)
        left -= 1


def features_by_identity(network, x):
    head, mode = network.fc, network.training
    network.fc = nn.Identity()
    network.eval()
    try:
        with torch.no_grad():
            return network(x)
    finally:
        network.fc = head
        network.train(mode)


def features_by_forward_hook(network, x):
    kept = {}

    def keep(module, inputs, output):
        kept["features"] = inputs[0].detach()

    hook, was_training = network.fc.register_forward_hook(keep), network.training
    network.eval()
    network(x)
    hook.remove()
    if was_training:
        network.train()
    return kept["features"]


ALTERNATIVES = {
    "freeze": {"by the modules' method": freeze_by_method, "by names": freeze_by_names},
    "replace_head": {
        "by walking through the modules": replace_by_walking,
        "near zero, in double precision": replace_near_zero,
    },
    "param_groups": {
        "from the front": groups_from_the_front,
        "a group a parameter": groups_of_one,
    },
    "gradual_unfreezing": {"by slices": thaw_by_slices, "by counting": thaw_by_counting},
    "extract_features": {
        "with an identity for a head": features_by_identity,
        "with a forward hook": features_by_forward_hook,
    },
}
