"""What a run came to: its figures pass by pass, and its record."""

from __future__ import annotations

import csv
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LABELS = {"loss": "loss in nats", "accuracy": "accuracy"}


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training set came to.

    Parameters
    ----------
    train_loss, test_loss : float
        Mean cross-entropy in nats; in training, measured on the way, as the network changes,
        with all that was done to images and labels.
    train_accuracy, test_accuracy : float
        Fractions in [0, 1].
    learning_rate : float
        Step size of the last step.
    seconds, processor_seconds : float
        Wall-clock time of the pass, with its test, and the time that processors computed.
    """

    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    learning_rate: float
    seconds: float
    processor_seconds: float


@dataclass(frozen=True)
class History:
    """A finished run, pass by pass, and its record.

    Parameters
    ----------
    epochs : tuple of Epoch
        The passes in order.
    record : dict
        Configuration, versions, hardware, seconds, and the SHA-256 of the final weights; plain
        numbers, words and lists, as JSON has them.
    """

    epochs: tuple[Epoch, ...]
    record: dict[str, object]

    def column(self, name: str) -> list[float]:
        """List one figure of every pass, "test_loss" for example."""
        return [getattr(epoch, name) for epoch in self.epochs]

    @property
    def kept(self) -> Epoch:
        """The pass whose weights the model was left with: the last, or with patience the best."""
        return self.epochs[self.record["kept_pass"] - 1]

    @property
    def test_accuracy(self) -> float:
        """Accuracy of the weights that the model was left with."""
        return self.kept.test_accuracy

    def to_csv(self, path: str | Path) -> None:
        """Write a line a pass, whole or not at all.

        Parameters
        ----------
        path : path
            File to write.
        """
        path = Path(path)
        part = path.with_name(f".{path.name}.part")
        try:
            with part.open("w", newline="", encoding="utf-8") as file:
                names = ["epoch", *(field.name for field in fields(Epoch))]
                writer = csv.DictWriter(file, names, lineterminator="\n")
                writer.writeheader()
                for number, epoch in enumerate(self.epochs, 1):
                    writer.writerow({"epoch": number} | asdict(epoch))
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)

    def plot(self, ax: Axes | None = None, *, what: str = "loss", label: str = "") -> Axes:
        """Draw one figure over the passes: the test as a line, training dotted.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw; by default new axes.
        what : {"loss", "accuracy"}, default "loss"
            What to draw.
        label : str, optional
            Name of the run, to tell several in the same axes apart.

        Returns
        -------
        Axes
            With a legend.

        Raises
        ------
        ValueError
            If there is no such figure.
        """
        if what not in LABELS:
            raise ValueError(f"what is {what!r}, it must be 'loss' or 'accuracy'")
        if ax is None:
            from matplotlib import pyplot as plt

            _, ax = plt.subplots(figsize=(3.6, 2.8), layout="constrained")
        passes, before = range(1, len(self.epochs) + 1), f"{label}, " if label else ""
        (line,) = ax.plot(passes, self.column(f"test_{what}"), label=f"{before}test")
        ax.plot(
            passes,
            self.column(f"train_{what}"),
            color=line.get_color(),
            linestyle=":",
            label=f"{before}training",
        )
        ax.set(xlabel="pass", ylabel=LABELS[what])
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.legend()
        return ax
