"""How a run shows itself: a bar in a terminal, a line a pass in a notebook or a log."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from cnncourse.training.history import Epoch


class Silent:
    """Show nothing; the other reporters say what they show."""

    def step(self) -> None:
        """Count one step."""

    def epoch(self, number: int, epoch: Epoch) -> None:
        """Take note of a finished pass, counted from 1."""


class Lines(Silent):
    """Print a line a pass."""

    def __init__(self, epochs: int) -> None:
        self.epochs = epochs

    def epoch(self, number: int, epoch: Epoch) -> None:
        """Print one line."""
        print(line(number, self.epochs, epoch), flush=True)


class Bar(Silent):
    """Draw a bar that counts steps, and keep a line a pass above it."""

    def __init__(self, epochs: int, progress: Progress, task: int) -> None:
        self.epochs, self.progress, self.task = epochs, progress, task

    def step(self) -> None:
        """Move the bar on by one."""
        self.progress.advance(self.task)

    def epoch(self, number: int, epoch: Epoch) -> None:
        """Print one line above the bar."""
        self.progress.console.print(line(number, self.epochs, epoch), highlight=False)


def line(number: int, epochs: int, epoch: Epoch) -> str:
    """Put the figures of a pass into one line."""
    return (
        f"pass {number:2d} of {epochs}   training loss {epoch.train_loss:.4f}   "
        f"test loss {epoch.test_loss:.4f}   test accuracy {epoch.test_accuracy:7.2%}   "
        f"{epoch.seconds:.1f} s"
    )


@contextlib.contextmanager
def reporter(epochs: int, *, done: int, steps: int, show: bool) -> Iterator[Silent]:
    """Choose a reporter and keep it open for the run.

    Parameters
    ----------
    epochs : int
        Passes of the whole run.
    done : int
        Passes that a checkpoint brought.
    steps : int
        Steps a pass.
    show : bool
        Whether to show anything.

    Yields
    ------
    Silent
        The reporter.
    """
    if not show:
        yield Silent()
    elif not sys.stdout.isatty():
        yield Lines(epochs)
    else:
        columns = (
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns) as progress:
            task = progress.add_task("training", total=epochs * steps, completed=done * steps)
            yield Bar(epochs, progress, task)
