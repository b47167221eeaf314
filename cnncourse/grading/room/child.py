"""A student's process as the supervisor holds it: how it is measured, ended, and mourned."""

import os
import select
import shutil
import signal
from contextlib import suppress

import psutil

from cnncourse.grading.room.meter import Use, look_at

PATIENCE = 60  # seconds for a killed process to be gone


class OwnChild:
    """A process that this one started.

    Parameters
    ----------
    process : subprocess.Popen
        The leader of a session of its own.
    scratch : str, optional
        Its folder, removed at its end.
    """

    def __init__(self, process, scratch=None):
        self._process, self._scratch = process, scratch
        self._use = Use()

    def meter(self):
        """Measure what it and its descendants use."""
        self._use = look_at(self._process.pid, self._use)
        return self._use

    def how_it_ended(self):
        """Say it in words."""
        with suppress(Exception):
            self._process.wait(PATIENCE)
        return in_words(self._process.returncode)

    def end(self):
        """Kill it and all that it started."""
        kill_family(self._process.pid)
        self._process.wait()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


class Fork:
    """A process that a warm room forked, the first of its own process namespace.

    Parameters
    ----------
    pidfd : int
        Of the process; taken over.
    status : int
        Descriptor on which its parent, which is ours, says how it ended; taken over.
    """

    def __init__(self, pidfd, status):
        self._pidfd, self._status = pidfd, status
        self._pid = _pid_of(pidfd)
        self._use = Use()

    def meter(self):
        """Measure what it and its descendants use."""
        if self._pid > 0 and not self._is_over(0):
            self._use = look_at(self._pid, self._use)
        return self._use

    def how_it_ended(self):
        """Say it in words."""
        readable, _, _ = select.select([self._status], [], [], PATIENCE)
        said = os.read(self._status, 20) if readable else b""
        return in_words(int(said) if said else None)

    def end(self):
        """Kill it; the kernel takes all of its namespace with it."""
        with suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)
        gone = self._is_over(PATIENCE)
        os.close(self._pidfd)
        os.close(self._status)
        if not gone:
            raise RuntimeError(f"process {self._pid} survives its end")

    def _is_over(self, seconds):
        waiting = select.poll()
        waiting.register(self._pidfd, select.POLLIN)
        return bool(waiting.poll(seconds * 1000))


def in_words(code):
    """Describe an exit status.

    Examples
    --------
    >>> in_words(-11)
    'by SIGSEGV (a crash inside a compiled function, or too deep a recursion)'
    >>> in_words(3)
    'with status 3'
    """
    if code is None:
        return "for a reason that could not be told"
    if code >= 0:
        return f"with status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    reasons = {
        "SIGKILL": "out of memory, perhaps, or out of processor time",
        "SIGSEGV": "a crash inside a compiled function, or too deep a recursion",
        "SIGSYS": "it asked the system for something that is not allowed here",
        "SIGXCPU": "out of processor time",
        "SIGXFSZ": "a file became too large",
    }
    return f"by {name} ({reasons[name]})" if name in reasons else f"by {name}"


def kill_family(pid):
    """Kill a process and its descendants, however they are grouped."""
    for _ in range(100):  # until nobody is born any more
        try:
            first = psutil.Process(pid)
            family = [*first.children(recursive=True), first]
        except psutil.NoSuchProcess:
            return
        alive = [one for one in family if _is_alive(one)]
        if not alive:
            return
        for one in alive:  # first all stand still: none can fork while others die
            with suppress(psutil.Error):
                one.suspend()
        for one in alive:
            with suppress(psutil.Error):
                one.kill()


def _is_alive(process):
    with suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _pid_of(pidfd):
    with open(f"/proc/self/fdinfo/{pidfd}") as file:
        lines = dict(line.split(":", 1) for line in file)
    return int(lines["Pid"])
