"""When a run has learnt what it can: it stops, and the best pass is what stays."""

from __future__ import annotations

import math

from torch import Tensor, nn


class Stopping:
    """Watch the test loss, and keep the weights of the best pass.

    Parameters
    ----------
    patience : int
        Passes without a smaller test loss after which the run stops.
    """

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.best_loss, self.best_pass, self.passes = math.inf, 0, 0
        self.weights: dict[str, Tensor] = {}

    @property
    def is_over(self) -> bool:
        """Tell whether there is nothing more to hope for."""
        return self.passes - self.best_pass >= self.patience

    def watch(self, test_loss: float, model: nn.Module) -> None:
        """Take note of a pass, and of the weights if none was better.

        Parameters
        ----------
        test_loss : float
            Loss on the test set in nats.
        model : Module
            The model with the weights that were tested.
        """
        self.passes += 1
        if test_loss < self.best_loss:
            self.best_loss, self.best_pass = test_loss, self.passes
            self.weights = {name: value.clone() for name, value in model.state_dict().items()}

    def state(self) -> dict[str, object]:
        """Give what a checkpoint needs."""
        return {
            "best_loss": self.best_loss,
            "best_pass": self.best_pass,
            "passes": self.passes,
            "weights": self.weights,
        }

    def restore(self, state: dict[str, object]) -> None:
        """Take up what `state` gave."""
        self.best_loss, self.best_pass = state["best_loss"], state["best_pass"]
        self.passes, self.weights = state["passes"], state["weights"]
