"""All that was asked of a run, checked before anything is computed."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from cnncourse.training import schedules
from cnncourse.training.optimizers import OPTIMIZERS, Groups
from cnncourse.training.precision import PRECISIONS

Augment = Callable[..., Tensor]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The options of `cnncourse.training.train`, which says what each means.

    Raises
    ------
    ValueError
        If an option is out of its range, or a name is unknown.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    momentum: float
    weight_decay: float
    optimizer: str
    schedule: str | schedules.Schedule
    label_smoothing: float
    ema: float | None
    patience: int | None
    precision: str
    compile: bool
    parameters: Groups | None
    before_epoch: Callable | None
    seed: int
    augment: Augment | None

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} is {value}, it must be at least 1")
        if not self.learning_rate > 0:
            raise ValueError(f"learning_rate is {self.learning_rate}, it must be above 0")
        if not self.weight_decay >= 0:
            raise ValueError(f"weight_decay is {self.weight_decay}, it must be 0 or above")
        for name in ("momentum", "label_smoothing", "ema"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < 1:
                raise ValueError(f"{name} is {value}, it must be in [0, 1)")
        for name, known in (("optimizer", OPTIMIZERS), ("precision", PRECISIONS)):
            _refuse_unknown(name, getattr(self, name), known)
        schedules.find(self.schedule)

    def learning_rate_at(self, step: int, num_steps: int) -> float:
        """Give the step size at a step of the run."""
        return self.learning_rate * schedules.find(self.schedule)(step, num_steps)

    def described(self) -> dict[str, object]:
        """Give the options as plain numbers and words, callables by their names."""
        return {name: _plain(getattr(self, name)) for name in self.__dataclass_fields__}


def _refuse_unknown(name, value, known):
    if value not in known:
        near = difflib.get_close_matches(str(value).lower(), known, n=1)
        raise ValueError(
            f"{name} is {value!r}, it must be one of {', '.join(map(repr, known))}"
            + (f": did you mean {near[0]!r}?" if near else "")
        )


def _plain(value):
    """Describe a callable by what stays the same from run to run: no address in memory."""
    if isinstance(value, bool | int | float | str | None):
        return value
    if isinstance(value, functools.partial):
        given = [*map(repr, value.args), *(f"{k}={v!r}" for k, v in value.keywords.items())]
        return f"{_plain(value.func)}({', '.join(given)})"
    if hasattr(value, "__qualname__"):
        return value.__qualname__
    own_repr = type(value).__repr__ is not object.__repr__
    return repr(value) if own_repr else type(value).__qualname__
