"""Files that tell other graders what this one is at work on."""

from filelock import FileLock, Timeout


class Busy(RuntimeError):  # noqa: N818, the name says what happened
    """Another run is grading this class."""


class Locks:
    """The locks that a run holds, by what they are for."""

    def __init__(self):
        self._held = {}

    def take(self, key, path):
        """Take a lock at once; returns whether nobody else holds it."""
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        self._held[key] = lock
        return True

    def release(self, key):
        """Release a lock, if it is held."""
        lock = self._held.pop(key, None)
        if lock is not None:
            lock.release()

    def release_all(self):
        """Release what is held."""
        for key in list(self._held):
            self.release(key)
