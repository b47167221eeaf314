"""Ctrl-C at a moment of our choosing."""

import signal
import threading


class Interruptible:
    """Remembers Ctrl-C, and lets it break into waiting but not into writing.

    A second Ctrl-C breaks into anything.
    """

    def __init__(self):
        self.requested = False
        self._waiting = False

    def __enter__(self):
        """Take Ctrl-C over, where that is possible."""
        self._in_main = threading.current_thread() is threading.main_thread()
        if self._in_main:
            self._before = signal.signal(signal.SIGINT, self._ring)
        return self

    def __exit__(self, *_):
        """Give it back."""
        if self._in_main:
            signal.signal(signal.SIGINT, self._before)

    def wait(self, call, *arguments, **options):
        """Call something that waits; None if Ctrl-C came before or while it waited."""
        self._waiting = True
        try:
            return None if self.requested else call(*arguments, **options)
        except KeyboardInterrupt:
            return None
        finally:
            self._waiting = False

    def _ring(self, *_):
        again, self.requested = self.requested, True
        if self._waiting or again:
            raise KeyboardInterrupt
