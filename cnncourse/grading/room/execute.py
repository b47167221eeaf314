"""Run one submission: a function of plain values, for any executor."""

import functools
import json
import os
import queue
from multiprocessing.util import Finalize

from cnncourse.grading.room.limits import Limits
from cnncourse.grading.room.room import Room, as_json


def execute(text, files, *, seed, limits=Limits(), require=None, packages=()):  # noqa: B008
    """Run a notebook in this process's room, which is opened at the first call.

    Parameters
    ----------
    text : str
        The notebook as JSON, of nbformat 4.
    files : dict of str to bytes
        What lies beside it.
    seed : str
        Of the graded cases.
    limits : Limits
    require : str or None
        The least rung of the ladder.
    packages : tuple of str
        What may be imported beside NumPy and Matplotlib.

    Returns
    -------
    execution : dict
        The fields of `Execution`, all of them plain JSON.
    """
    notebook = json.loads(text)
    if notebook.get("nbformat") != 4:
        raise ValueError(f"the notebook is of nbformat {notebook.get('nbformat')}, not 4")
    with borrowed_room(limits, require) as room:
        return as_json(room.run(notebook, seed=seed, files=files, packages=packages))


class borrowed_room:  # noqa: N801, used like a function
    """A room of this process, for the length of a block; opened where none is free."""

    def __init__(self, limits=Limits(), require=None):  # noqa: B008, it is frozen
        self._open = functools.partial(Room, limits=limits, require=require)
        # A forked worker must not speak to its parent's room.
        self._free = _free_rooms(os.getpid(), limits, require)

    def __enter__(self):
        """Take a free room, or open one."""
        try:
            self._room = self._free.get_nowait()
        except queue.Empty:
            self._room = self._open()
        return self._room

    def __exit__(self, kind, *_):
        """Give the room back; one in which something failed is closed."""
        if kind is None:
            self._free.put(self._room)
        else:
            self._room.close()


@functools.cache
def _free_rooms(process, limits, require):
    """The open rooms that nobody uses: as many as threads of this process ran at once."""
    free = queue.SimpleQueue()
    Finalize(None, _close_all, args=(free,), exitpriority=10)  # also where a pool's worker ends
    return free


def _close_all(free):
    while not free.empty():
        free.get().close()
