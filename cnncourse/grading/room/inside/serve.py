"""Serves one submission: cells come in over a socket, outputs go out."""

import os
import random
import signal
import sys
import threading
from pathlib import Path

from . import shell as shells
from . import wire
from .streams import Stream

MOST_FOR_ONE = 96 * 2**20  # bytes of one output; sealed answers are smaller


def serve(connection, shell):
    """Run the cells that arrive until the other side hangs up.

    Parameters
    ----------
    connection : socket
        To the supervisor, which does not trust what it reads there.
    shell : Shell
    """
    speak = _Speaker(connection)
    start = wire.read(connection)
    os.environ.update(start["environment"])
    for name, size in start["files"]:
        _write_file(Path(name), wire.read_exactly(connection, size))
    _forget_what_was_drawn()
    sys.stdout, sys.stderr = (Stream(name, speak.output) for name in ("stdout", "stderr"))
    shells.connect(shell, speak.output)
    speak({"ready": True})
    while True:
        try:
            cell = wire.read(connection)
        except EOFError:
            os._exit(0)  # no atexit hook, no thread of the student's has a say
        _run(shell, cell)
        speak({"done": True})


def _run(shell, cell):
    out, err = sys.stdout, sys.stderr
    shell.execution_count = cell["count"]
    try:
        shell.run_cell(cell["source"], store_history=True)
    except BaseException as error:  # IPython shows the student's errors: this one is its own
        shell.send(
            {
                "output_type": "error",
                "ename": type(error).__name__,
                "evalue": "IPython itself failed on this cell",
                "traceback": [],
            }
        )
    finally:
        _end_cell(out, err)


def _end_cell(out, err):
    """Send what is left; a student may have put other streams in place of these."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for stream in (out, err):
        stream.end_cell()
        stream.start_cell()
    sys.stdout, sys.stderr = out, err


class _Speaker:
    """Sends messages, one at a time, from whichever thread."""

    def __init__(self, connection):
        self._connection = connection
        self._lock = threading.RLock()

    def __call__(self, message):
        data = wire.pack(message)
        with self._lock:
            self._connection.sendall(data)

    def output(self, output):
        """Send an output; one that is no JSON, or far too large, is replaced by a sentence."""
        try:
            data = wire.pack({"output": output})
            said = f"{len(data) >> 20} MiB" if len(data) > MOST_FOR_ONE else None
        except (TypeError, ValueError, RecursionError):
            said = "what is no JSON"
        if said:
            text = f"[an output of {said} is left out]\n"
            data = wire.pack({"output": {"output_type": "stream", "name": "stderr", "text": text}})
        with self._lock:
            self._connection.sendall(data)


def _write_file(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _forget_what_was_drawn():
    """Give every fork random numbers of its own, as a fresh process has."""
    random.seed()
    numpy = sys.modules.get("numpy")
    if numpy is not None:
        numpy.random.seed()
