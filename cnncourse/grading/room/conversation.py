"""The supervisor's end of the line to a student's process: read with distrust and a clock."""

import select
import time
from contextlib import suppress

from cnncourse.grading.room.inside import wire
from cnncourse.grading.room.outputs import Nonsense, read_message

LOOK = 0.25  # seconds between two looks at what the process uses
CHUNK = 2**18
MOST_IDLE = 30  # own seconds of a cell in which nothing is computed: there is nothing to wait for


class Stopped(Exception):  # noqa: N818, it is no error of ours
    """The student's process was stopped, or ended; the name and a sentence say why."""

    def __init__(self, name, reason, *, final=False):
        super().__init__(reason)
        self.name, self.reason, self.final = name, reason, final


def spoke_outside(what):
    """Make the `Stopped` for a process that sends what the room's own code never sends."""
    return Stopped("ProcessDied", f"it wrote into the room's own line: {what}")


class Conversation:
    """Sends cells to one process, and collects what it says.

    Parameters
    ----------
    connection : socket
    child : Child
        The process: `meter` tells what it uses, `how_it_ended` why it is gone.
    most : int
        Bytes it may say in all.
    """

    def __init__(self, connection, child, most):
        self._connection = connection
        self._child = child
        self._most = self._left = most
        self._waiting = bytearray()
        connection.setblocking(False)

    def say(self, message, *raw, clock):
        """Send a message and the bytes it announces; a process that does not read is stopped."""
        data = memoryview(b"".join([wire.pack(message), *raw]))
        while data:
            _, writable, _ = select.select([], [self._connection], [], LOOK)
            clock.check()
            if writable:
                try:
                    data = data[self._connection.send(data[:CHUNK]) :]
                except BlockingIOError:
                    continue
                except OSError:
                    raise self._gone() from None

    def hear(self, *, clock):
        """Wait for the next message.

        Returns
        -------
        message : dict

        Raises
        ------
        Stopped
            If the process ended, said too much, or said what cannot be.
        """
        while (message := self._next()) is None:
            readable, _, _ = select.select([self._connection], [], [], LOOK)
            clock.check()
            if readable:
                self._take()
        return message

    def _take(self):
        try:
            data = self._connection.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            raise self._gone()
        self._left -= len(data)
        if self._left < 0:
            raise self._too_much()
        self._waiting += data

    def _next(self):
        if len(self._waiting) < wire.HEADER.size:
            return None
        (size,) = wire.HEADER.unpack_from(self._waiting)
        end = wire.HEADER.size + size
        if end > len(self._waiting) + self._left:
            raise self._too_much()
        if len(self._waiting) < end:
            return None
        data = bytes(self._waiting[wire.HEADER.size : end])
        del self._waiting[:end]
        try:
            return read_message(data)
        except Nonsense as error:
            raise spoke_outside(error) from None

    def _too_much(self):
        # Not the end: the cells behind it are run without it.
        return Stopped("OutputLimit", f"its outputs are more than {self._most >> 20} MiB")

    def _gone(self):
        return Stopped("ProcessDied", f"the process ended {self._child.how_it_ended()}")


class Clock:
    """Looks at what a child has used, now and then, and stops it at its limits.

    Parameters
    ----------
    limits : Limits
    budget : Budget
        What the notebook has used before this child.
    child : Child
    """

    def __init__(self, limits, budget, child):
        self._limits, self._budget, self._child = limits, budget, child
        self._looked = time.monotonic()
        self.start_cell()

    def start_cell(self):
        """Begin the seconds of a cell."""
        budget = self._budget
        self._cell = budget.own_seconds, budget.processor_seconds, time.monotonic()

    def check(self, *, now=False):
        """Raise Stopped at a limit; looks only where some time has passed since the last look."""
        if not now and time.monotonic() - self._looked < LOOK:
            return
        self._looked = time.monotonic()
        use = self._child.meter()
        self._budget.update(use)
        with suppress(StopIteration):
            raise next(self._reasons(use))

    def _reasons(self, use):
        limits, budget = self._limits, self._budget
        own, processor, since = self._cell
        cell = budget.own_seconds - own
        idle = cell - (budget.processor_seconds - processor)
        wall = time.monotonic() - since
        if use.memory > limits.memory:
            yield Stopped("MemoryLimit", f"it used more than {limits.memory >> 20} MiB of memory")
        if budget.processor_seconds > limits.processor_seconds:
            said = f"the notebook used more than {limits.processor_seconds:g} s of processor time"
            yield Stopped("TimeLimit", said, final=True)
        if budget.own_seconds > limits.notebook_seconds or budget.ran_out(limits):
            said = f"the notebook took more than {limits.notebook_seconds:g} s"
            yield Stopped("TimeLimit", said, final=True)
        if cell > limits.cell_seconds or wall > budget.patience * limits.cell_seconds:
            yield Stopped("TimeLimit", f"the cell took more than {limits.cell_seconds:g} s")
        if idle > MOST_IDLE and use.in_line:  # where the system does not tell, idle may be in line
            said = f"the cell waited for more than {MOST_IDLE} s without computing"
            yield Stopped("TimeLimit", said)
