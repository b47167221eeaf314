"""The ladder: how strictly this system can confine a process, from best to least."""

import json
import os
import socket
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import asdict
from pathlib import Path

from cnncourse.grading.room.bubblewrap import Confined, Warm
from cnncourse.grading.room.child import OwnChild
from cnncourse.grading.room.environment import NoRoom, environment, spare_user
from cnncourse.grading.room.inside import landlock, seccomp
from cnncourse.grading.room.limits import LOADED
from cnncourse.grading.room.packages import home, list_fonts, site

RUNGS = ("bubblewrap", "landlock", "limits")


class Limited:
    """The last rung: a fresh process with limits and a guard; no wall around it."""

    rung = "limits"
    is_warm = False
    patience = LOADED
    _confine = None

    def __init__(self, limits, packages=()):
        list_fonts(packages)
        self._limits, self._packages = limits, packages
        self._site = site(packages)
        self._user = _user_who_can_read()

    def start(self):
        """Start a process for one submission.

        Returns
        -------
        child : OwnChild
        connection : socket
        """
        ours, theirs = socket.socketpair()
        scratch = tempfile.mkdtemp(prefix="scratch-", dir=home())
        if self._user is not None:
            os.chown(scratch, self._user, self._user)
        with theirs:
            process = subprocess.Popen(
                self._command(theirs.fileno()),
                env=environment(scratch),
                cwd=scratch,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        return OwnChild(process, scratch), ours

    def close(self):
        """Nothing is left open."""

    def _command(self, descriptor):
        options = {"limits": asdict(self._limits), "user": self._user, "confine": self._confine}
        options["packages"] = self._packages
        # -I: no environment variables, no user site, no current folder. -S: no site-packages.
        boot = self._site / "exam_room" / "boot.py"
        said = json.dumps(options | self._paths())
        place = [str(boot), "cold", str(self._site)]
        return [sys.executable, "-I", "-S", *place, said, str(descriptor)]

    def _paths(self):
        return {}


class Landlocked(Limited):
    """The second rung: a process that forbade itself all files but those it needs."""

    rung = "landlock"
    _confine = "landlock"

    def __init__(self, limits, packages=()):
        if sys.platform != "linux" or not landlock.version() or not seccomp.is_known():
            raise NoRoom("this system has no Landlock (Linux 5.13)")
        super().__init__(limits, packages)

    def _paths(self):
        library = Path(sysconfig.get_path("stdlib"))
        allowed = [entry.resolve() for entry in self._site.iterdir()]
        # The library itself may hold a folder of other packages: each entry on its own.
        parts = [one for one in library.iterdir() if one.name != "site-packages"]
        system = [Path("/lib"), Path("/lib64"), Path("/usr/lib"), Path("/dev/urandom")]
        readable = [*parts, self._site, *allowed, *(one for one in system if one.exists())]
        return {"readable": list(map(str, readable)), "writable": ["/dev/null"]}


def open_room(limits, packages=(), *, require=None):
    """Open the strictest room that this system offers.

    Parameters
    ----------
    limits : Limits
    packages : tuple of str
        What may be imported beside NumPy and Matplotlib.
    require : str or None
        The least rung that will do.

    Returns
    -------
    keeper : Warm, Confined, Landlocked or Limited
        Starts the processes.

    Raises
    ------
    NoRoom
        If what the system offers is less than required.
    """
    if require is not None and require not in RUNGS:
        raise ValueError(f"no rung {require!r}; there are: {', '.join(RUNGS)}")
    reasons = []
    for kind in (Warm, Confined, Landlocked, Limited):
        if require is not None and RUNGS.index(kind.rung) > RUNGS.index(require):
            break
        try:
            return _tried(kind(limits, packages))
        except NoRoom as error:
            reasons.append(str(error))
    raise NoRoom(f"{require} is required: {'; '.join(dict.fromkeys(reasons))}")


def _tried(keeper):
    """Start one process to see that it can be done."""
    try:
        child, connection = keeper.start()
    except BaseException:
        keeper.close()
        raise
    connection.close()
    child.end()
    return keeper


def _user_who_can_read():
    """Choose a spare user, if this is the superuser and the packages are open to others."""
    if os.geteuid() != 0:
        return None
    user = spare_user()
    probe = [sys.executable, "-I", "-S", "-c", "import json, ctypes"]
    try:
        subprocess.run(probe, user=user, group=user, extra_groups=[], check=True, cwd="/")
    except (OSError, subprocess.SubprocessError):
        return None
    return user
