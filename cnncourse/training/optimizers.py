"""The optimisers, and groups of parameters that learn faster or slower than the rest."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.optim import Optimizer

OPTIMIZERS = ("sgd", "adamw")
Groups = Callable[[nn.Module], list[dict]]


def make(
    model: nn.Module,
    *,
    name: str,
    learning_rate: float,
    momentum: float,
    weight_decay: float,
    parameters: Groups | None = None,
) -> Optimizer:
    """Make the optimiser of a run.

    Parameters that need no gradient are held, too, so that they can be thawed later; as long as
    they are frozen, they have no state and do not change.

    Parameters
    ----------
    model : Module
        What is trained.
    name : {"sgd", "adamw"}
        Descent with Nesterov's momentum, or AdamW.
    learning_rate : float
        Largest step size.
    momentum : float
        Share of the last step that is kept; AdamW's first beta.
    weight_decay : float
        Pull towards 0.
    parameters : callable, optional
        Takes the model, returns groups as `torch.optim` takes them; each may carry a "scale",
        its fraction of every step size. By default all parameters are one group.

    Returns
    -------
    Optimizer
        Every group of it has a "scale".

    Raises
    ------
    ValueError
        If the groups are none, hold no parameter, or one that is not the model's.
    """
    groups = [{"params": list(model.parameters())}] if parameters is None else parameters(model)
    groups = _checked(model, groups)
    shared = {"lr": learning_rate, "weight_decay": weight_decay}
    if name == "adamw":
        # One loop over all numbers of a parameter. SGD's own fails where a layer thaws later.
        return torch.optim.AdamW(groups, betas=(momentum, 0.999), fused=True, **shared)
    return torch.optim.SGD(groups, momentum=momentum, nesterov=momentum > 0, **shared)


def set_learning_rate(optimizer: Optimizer, learning_rate: float) -> None:
    """Set the step size of every group, each at its own scale.

    Parameters
    ----------
    optimizer : Optimizer
        One of `make`'s.
    learning_rate : float
        Step size of a group with scale 1.
    """
    for group in optimizer.param_groups:
        group["lr"] = learning_rate * group["scale"]


def describe(optimizer: Optimizer) -> list[str]:
    """Say of each group how many parameters it has and at which scale they learn.

    Parameters
    ----------
    optimizer : Optimizer
        One of `make`'s.

    Returns
    -------
    list of str
        A line a group.
    """
    return [
        f"{sum(p.numel() for p in group['params'])} parameters, {group['scale']:g} of the step "
        f"size, weight decay {group['weight_decay']:g}"
        for group in optimizer.param_groups
    ]


def _checked(model, groups):
    known = {id(p) for p in model.parameters()}
    checked = []
    for number, group in enumerate(groups):
        if not isinstance(group, dict) or "params" not in group:
            raise ValueError(
                f"group {number} of parameters(model) is {type(group).__name__}, not a dict with "
                f'"params": [{{"params": model.fc.parameters(), "scale": 0.1}}, ...]'
            )
        held = group["params"]
        held = [held] if isinstance(held, torch.Tensor) else list(held)
        if not held:
            raise ValueError(f"group {number} of parameters(model) holds no parameter")
        if any(id(p) not in known for p in held):
            raise ValueError(f"group {number} holds a parameter that is not the model's")
        checked.append({"scale": 1.0} | group | {"params": held})
    if not checked:
        raise ValueError("parameters(model) returned no group: there is nothing to train")
    return checked
