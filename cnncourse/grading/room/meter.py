"""What a process and all that it started use, seen from outside."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from cnncourse.grading.room.limits import LOADED


@dataclass(frozen=True)
class Use:
    """What a process and its descendants have used until now."""

    processor_seconds: float = 0.0
    in_line: float = 0.0  # seconds the first thread stood in line for a processor
    memory: int = 0  # bytes, now


@dataclass
class Budget:
    """What a notebook has used: all the processes that ran it, one after the other."""

    started: float = field(default_factory=time.monotonic)
    patience: int = LOADED
    _before: Use = Use()
    _last: Use = Use()

    def update(self, use):
        """Take a new look at the process that runs now."""
        self._last = use

    def start_again(self):
        """Begin with a new process; what the last one used stays counted."""
        self._before = Use(self.processor_seconds, self._before.in_line + self._last.in_line)
        self._last = Use()

    @property
    def processor_seconds(self):
        """Of all processes together."""
        return self._before.processor_seconds + self._last.processor_seconds

    @property
    def seconds(self):
        """By the clock."""
        return time.monotonic() - self.started

    @property
    def own_seconds(self):
        """By the clock, less what was spent in line."""
        return self.seconds - self._before.in_line - self._last.in_line

    def ran_out(self, limits):
        """Tell whether even a very busy machine is no excuse any more."""
        return self.seconds > self.patience * limits.notebook_seconds


def look_at(pid, before):
    """Measure a process and its descendants.

    Parameters
    ----------
    pid : int
        As seen from here.
    before : Use
        The look before: what has ended since then, uncounted by its parent, stays counted.

    Returns
    -------
    use : Use
    """
    try:
        first = psutil.Process(pid)
        family = [first, *first.children(recursive=True)]
    except psutil.Error:
        return before
    seconds, memory = 0.0, 0
    for process in family:
        try:
            seconds += sum(process.cpu_times()[:4])  # its own, and of children it waited for
            memory += _memory(process)
        except psutil.Error:
            continue
    in_line = _in_line(_student(family)) or before.in_line
    return Use(max(seconds, before.processor_seconds), in_line, memory)


def _student(family):
    """The first process that is not bubblewrap, which only waits."""
    for process in family:
        try:
            if process.name() != "bwrap":
                return process.pid
        except psutil.Error:
            continue
    return family[0].pid


def _memory(process):
    """Bytes of a process; what several share, as after a fork, counts once where Linux tells."""
    try:
        with open(f"/proc/{process.pid}/smaps_rollup") as file:
            lines = (line.split() for line in file)
            return next(int(words[1]) * 1024 for words in lines if words[0] == "Pss:")
    except (OSError, StopIteration):
        return process.memory_info().rss


def _in_line(pid):
    """Seconds that Linux kept the process's first thread waiting; 0 where it does not tell."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
