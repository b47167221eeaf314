"""What every rung gives a student's process: its variables, and where possible its user."""

import itertools
import os
from pathlib import Path


class NoRoom(RuntimeError):  # noqa: N818, the name says what happened
    """The system confines less than what was asked for."""


_FIRST_USER = 2**29
_ROOMS = itertools.count()
_MOST_ROOMS = 32  # of one grader


def environment(scratch):
    """Make the environment variables of a room: nothing of the grader's own.

    Parameters
    ----------
    scratch : str
        The folder where a student may write, as seen in the room.
    """
    return {
        "PATH": os.defpath,
        "HOME": scratch,
        "IPYTHONDIR": scratch,
        "TMPDIR": scratch,
        "MPLCONFIGDIR": f"{scratch}/.matplotlib",
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",  # where there is no wall, a processor is still what they get
    }


def spare_user():
    """Choose a user that nobody is, another one for each room on this machine.

    Returns
    -------
    user : int
    """
    room = next(_ROOMS) % _MOST_ROOMS
    user = _FIRST_USER + os.getpid() * _MOST_ROOMS + room
    return user if _exists(user) else 60_000 + user % 4_000


def _exists(user):
    """Tell whether this user namespace has such a user."""
    try:
        rows = Path("/proc/self/uid_map").read_text().splitlines()
    except OSError:
        return True
    spans = [tuple(map(int, row.split())) for row in rows]
    return any(first <= user < first + count for first, _, count in spans)
