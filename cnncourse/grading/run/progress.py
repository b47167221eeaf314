"""One line that says how far a run is; plain lines where there is no terminal."""

import time

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

PAUSE = 10.0  # seconds between plain lines, at least


class Counting:
    """Counts what is done, and what of it went wrong.

    Parameters
    ----------
    console : rich.console.Console
    what : str
        Said before the numbers.
    total : int
    """

    def __init__(self, console, what, total):
        self._console, self._what, self._total = console, what, total
        self._done = self._wrong = 0
        self._begin = self._said = time.monotonic()
        self._bar = self._task = None

    def __enter__(self):
        """Draw the line, on a terminal."""
        if self._console.is_terminal and self._total:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TextColumn("{task.fields[wrong]}"),
                TimeRemainingColumn(),
                console=self._console,
            )
            self._task = self._bar.add_task(self._what, total=self._total, wrong="")
            self._bar.start()
        return self

    def __exit__(self, *_):
        """Leave the line as it is."""
        if self._bar is not None:
            self._bar.stop()

    def count(self, *, wrong=False):
        """Count one more."""
        self._done += 1
        self._wrong += wrong
        if self._bar is not None:
            said = f"{self._wrong} not graded" if self._wrong else ""
            self._bar.update(self._task, advance=1, wrong=said)
        elif self._done == self._total or time.monotonic() - self._said >= PAUSE:
            self._say()

    def _say(self):
        now = time.monotonic()
        left = (now - self._begin) / self._done * (self._total - self._done)
        wrong = f", {self._wrong} not graded" if self._wrong else ""
        time_left = f", about {_clock(left)} left" if self._done < self._total else ""
        line = f"{self._what}: {self._done} of {self._total}{wrong}{time_left}"
        self._console.print(line, markup=False, highlight=False)
        self._said = now


def _clock(seconds):
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
