"""A running mean of the weights, which is steadier than the weights of any one step."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn


class Average:
    """An exponential moving average of a model's parameters and buffers [1]_.

    In the first steps it forgets faster, as (1 + n) / (10 + n) after n of them, so that the
    starting weights do not stay in it.

    Parameters
    ----------
    model : Module
        What is averaged; the average begins as a copy of it.
    decay : float
        Share of the average that a step keeps, in [0, 1).

    References
    ----------
    .. [1] Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", SIAM
       Journal on Control and Optimization 30 (1992).
    """

    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay, self.num_updates = decay, 0
        self.live = model.state_dict()  # its tensors are the model's own
        self.values = {name: value.clone() for name, value in self.live.items()}
        # What counts in whole numbers, as the batches seen, is copied and not averaged.
        self._mean = [name for name, value in self.live.items() if value.is_floating_point()]
        self._copied = [name for name in self.live if name not in set(self._mean)]

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights of a step."""
        self.num_updates += 1
        decay = min(self.decay, (1 + self.num_updates) / (10 + self.num_updates))
        mine, theirs = ([part[name] for name in self._mean] for part in (self.values, self.live))
        torch._foreach_lerp_(mine, theirs, 1 - decay)
        for name in self._copied:
            self.values[name].copy_(self.live[name])

    @contextlib.contextmanager
    def shown(self) -> Iterator[None]:
        """Put the average into the model for a while; its own weights come back."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for name, live in self.live.items():
            kept = live.clone()
            live.copy_(self.values[name])
            self.values[name].copy_(kept)

    def state(self) -> dict[str, object]:
        """Give what a checkpoint needs."""
        return {"num_updates": self.num_updates, "values": self.values}

    def restore(self, state: dict[str, object]) -> None:
        """Take up what `state` gave."""
        self.num_updates = state["num_updates"]
        values: dict[str, Tensor] = state["values"]
        for name, value in self.values.items():
            value.copy_(values[name])
