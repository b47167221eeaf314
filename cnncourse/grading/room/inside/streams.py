"""What a student's code sees as stdout and stderr."""

import io
import os
import time

MOST = 100_000  # characters of one stream of one cell: more than a page can show
PAUSE = 0.05  # seconds: text that follows sooner waits, to travel together


class Stream(io.TextIOBase):
    """Text that is sent as outputs of the running cell.

    Parameters
    ----------
    name : str
        ``stdout`` or ``stderr``.
    send : callable
        Takes one output, a dictionary.
    """

    encoding = "utf-8"
    errors = "replace"

    def __init__(self, name, send):
        self.name = name
        self._send = send
        self._process = os.getpid()
        self.start_cell()

    def start_cell(self):
        """Count from the start again."""
        self._waiting, self._sent_at, self._count = [], 0.0, 0

    def writable(self):
        """Text can be written."""
        return True

    def write(self, text):
        """Send text, at once or with what follows within a moment."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        kept = text[: max(0, MOST - self._count)]
        self._count += len(text)
        if kept:
            self._waiting.append(kept)
        if time.monotonic() - self._sent_at > PAUSE:
            self.flush()
        return len(text)

    def flush(self):
        """Send what waits."""
        # A process that the student forked has the same socket: only one may speak.
        if self._waiting and os.getpid() == self._process:
            text, self._waiting = "".join(self._waiting), []
            self._sent_at = time.monotonic()
            self._send({"output_type": "stream", "name": self.name, "text": text})

    def end_cell(self):
        """Send the rest, and say how much was left out."""
        if self._count > MOST:
            more = self._count - MOST
            self._waiting.append(f"\n[{more} more characters of {self.name} are left out]\n")
        self.flush()
