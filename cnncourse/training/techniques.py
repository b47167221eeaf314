"""Four ways to use what a network has learned elsewhere, and a fifth that does without."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import mean, stdev

import matplotlib.pyplot as plt
from torch import nn

from cnncourse.data import ImageSet
from cnncourse.data.subsets import few_of_each
from cnncourse.training import transfer
from cnncourse.training.evaluation import evaluate
from cnncourse.training.history import History
from cnncourse.training.loop import train
from cnncourse.training.stages import stages

# In the order in which more and more of the old weights may change; the last has none.
TECHNIQUES = (
    "feature extraction",
    "freezing",
    "gradual unfreezing",
    "full fine-tuning",
    "from scratch",
)
_MARKS = "os^Dx"


def adapt(
    model: nn.Module,
    train_set: ImageSet,
    *,
    technique: str,
    epochs: int,
    early: float = 0.1,
    **options: object,
) -> History:
    """Train a network with a new head by one of the techniques.

    Parameters
    ----------
    model : Module
        Pretrained, except for "from scratch"; changed in place, its head replaced.
    train_set : ImageSet
        Images of the new classes.
    technique : {"feature extraction", "freezing", "gradual unfreezing", "full fine-tuning", \
"from scratch"}
        Whether only the head learns; the later half of the stages with it; one stage after the
        other from the head down, all of them by the middle of the run; or everything at once.
    epochs : int
        Passes over the training set.
    early : float, default 0.1
        The first stage's step size as a fraction of the head's, where old weights may change.
    **options
        Passed on to `train`: learning_rate, batch_size, seed, augment, ...

    Returns
    -------
    History
        The run; its test figures are those of the training images, since images to test on are
        not to be looked at after every pass.

    Raises
    ------
    ValueError
        If there is no such technique.
    """
    if technique not in TECHNIQUES:
        raise ValueError(f"technique is {technique!r}, it must be one of {', '.join(TECHNIQUES)}")
    transfer.replace_head(model, len(train_set.classes))
    transfer.unfreeze(model)
    names = list(stages(model))
    options = {"before_epoch": transfer.keep_frozen, "progress": False} | options
    if technique == "feature extraction":
        _freeze_stages(model, len(names) - 1)
    elif technique == "freezing":
        _freeze_stages(model, len(names) // 2)
    elif technique == "gradual unfreezing":
        every = max(1, epochs // (2 * len(names)))
        options["before_epoch"] = transfer.gradual_unfreezing(every=every)
    if technique != "from scratch":
        options["parameters"] = transfer.param_groups(first=early)
    return train(model, train_set, train_set, epochs=epochs, **options)


@dataclass(frozen=True)
class Comparison:
    """Techniques beside each other.

    Parameters
    ----------
    accuracy : dict of (str, int, int) to float
        Test accuracy by technique, images a class, and seed.
    seconds : dict of (str, int, int) to float
        Processor time of the training alone.
    """

    accuracy: dict[tuple[str, int, int], float] = field(default_factory=dict)
    seconds: dict[tuple[str, int, int], float] = field(default_factory=dict)

    @property
    def counts(self) -> list[int]:
        """Images a class, in the order they were tried."""
        return list(dict.fromkeys(count for _, count, _ in self.accuracy))

    def of(self, technique: str, count: int) -> list[float]:
        """List the accuracies of a technique with so many images a class, one a seed."""
        return [a for (t, c, _), a in self.accuracy.items() if (t, c) == (technique, count)]

    def __str__(self) -> str:
        """Lay the means out as a table, with the spread over the seeds."""
        done = list(dict.fromkeys(technique for technique, _, _ in self.accuracy))
        head = "".join(f"{count:>16d}" for count in self.counts)
        lines = [f"{'images a class':20s}{head}   processor s a run"]
        for technique in done:
            cells = "".join(f"{_percent(self.of(technique, c)):>16s}" for c in self.counts)
            spent = mean(s for (t, _, _), s in self.seconds.items() if t == technique)
            lines.append(f"{technique:20s}{cells}{spent:20.1f}")
        return "\n".join(lines)

    __repr__ = __str__

    def plot(self, ax: plt.Axes | None = None) -> plt.Axes:
        """Draw accuracy over images a class, a curve a technique, a point a run.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; by default a new figure.

        Returns
        -------
        ax : matplotlib.axes.Axes
            The axes with the curves.
        """
        if ax is None:
            _, ax = plt.subplots(
                figsize=(7.2, 3.6), dpi=110, facecolor="white", layout="constrained"
            )
        for mark, technique in zip(_MARKS, TECHNIQUES, strict=True):
            means = [100 * mean(self.of(technique, count)) for count in self.counts]
            (line,) = ax.plot(self.counts, means, mark + "-", label=technique)
            runs = [(c, 100 * a) for (t, c, _), a in self.accuracy.items() if t == technique]
            ax.plot(*zip(*runs, strict=True), mark, color=line.get_color(), alpha=0.35, ms=4)
        ax.set_xscale("log")
        ax.set_xticks(self.counts, [f"{count}" for count in self.counts])
        ax.minorticks_off()
        ax.set_xlabel("labelled images a class")
        ax.set_ylabel("test accuracy in %")
        ax.legend(fontsize=8)
        return ax


def compare_techniques(
    pretrained: nn.Module,
    fresh: Callable[[], nn.Module],
    train_set: ImageSet,
    test_set: ImageSet,
    *,
    counts: Sequence[int],
    seeds: Sequence[int],
    steps: int,
    batch_size: int = 32,
    learning_rates: dict[str, float] | None = None,
    **options: object,
) -> Comparison:
    """Adapt a network to new classes by every technique, on equal budgets.

    With one seed and one number of images, all techniques are given the same images and the same
    number of steps of the same batch size. Their test images are looked at once, at the end.

    Parameters
    ----------
    pretrained : Module
        Stays as it is; every run changes a copy.
    fresh : callable
        Makes a network of the same kind with random weights, for "from scratch".
    train_set : ImageSet
        New classes, from which the few labelled images are drawn, others for each seed.
    test_set : ImageSet
        Other images of these classes.
    counts : sequence of int
        Labelled images a class.
    seeds : sequence of int
        One run each; at least two, or there is no spread.
    steps : int
        Steps of every run, rounded up to whole passes.
    batch_size : int, default 32
        Images a step.
    learning_rates : dict of str to float, optional
        Step size of the head, by technique; 0.05 for those that are not named.
    **options
        Passed on to `adapt` and `train`.

    Returns
    -------
    Comparison
        Printed, a table; `plot` draws it.

    Raises
    ------
    ValueError
        If there are fewer than two seeds, or a technique is unknown.
    """
    rates = learning_rates or {}
    unknown = set(rates) - set(TECHNIQUES)
    if unknown:
        raise ValueError(f"learning_rates names {unknown.pop()!r}, known: {', '.join(TECHNIQUES)}")
    if len(seeds) < 2:
        raise ValueError(
            f"seeds are {tuple(seeds)}: one run alone has no spread, take two or more"
        )
    found = Comparison()
    for count in counts:
        for seed in seeds:
            few = few_of_each(train_set, count, seed=seed)
            passes = -(-steps // -(-len(few) // batch_size))
            for technique in TECHNIQUES:
                model = fresh() if technique == "from scratch" else copy.deepcopy(pretrained)
                history = adapt(
                    model,
                    few,
                    technique=technique,
                    epochs=passes,
                    batch_size=batch_size,
                    seed=seed,
                    learning_rate=rates.get(technique, 0.05),
                    **options,
                )
                key = technique, count, seed
                found.accuracy[key] = evaluate(model, test_set)[1]
                found.seconds[key] = history.record["processor_seconds"]
    return found


def _freeze_stages(model, number):
    for part in list(stages(model).values())[:number]:
        for parameter in part:
            parameter.requires_grad_(False)


def _percent(accuracies):
    spread = f" +- {100 * stdev(accuracies):.1f}" if len(accuracies) > 1 else ""
    return f"{100 * mean(accuracies):.1f}{spread} %"
