"""The first rung: rooms made by bubblewrap, warm where the system lets a fork shut itself off."""

import json
import os
import shutil
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict

from cnncourse.grading.room import system_files
from cnncourse.grading.room.child import Fork, OwnChild
from cnncourse.grading.room.environment import NoRoom, environment, spare_user
from cnncourse.grading.room.limits import LOADED
from cnncourse.grading.room.packages import CACHE, list_fonts

PATIENCE = 120  # seconds to start in: imports, on a machine with much to do
_SCRATCH = "/scratch"
_USER = 1000  # in the room, where the grader is an ordinary user
_NEEDED_TO_SHUT_OFF = ("CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP")


class Confined:
    """One bubblewrap and one fresh interpreter for each submission."""

    rung = "bubblewrap"
    is_warm = False
    patience = LOADED

    def __init__(self, limits, packages=()):
        self._program = shutil.which("bwrap")
        if self._program is None or sys.platform != "linux":
            raise NoRoom("bubblewrap is not installed (Debian, Ubuntu: apt install bubblewrap)")
        self._limits, self._packages = limits, packages
        self._user = spare_user() if os.geteuid() == 0 else None

    def start(self):
        """Start a room for one submission.

        Returns
        -------
        child : OwnChild
        connection : socket
        """
        ours, theirs = socket.socketpair()
        with theirs:
            process = self._launch("cold", theirs, stderr=subprocess.DEVNULL)
        return OwnChild(process), ours

    def close(self):
        """Nothing is left open."""

    def _launch(self, role, line, **options):
        python, _ = system_files.python_in_the_room()
        said = {"limits": asdict(self._limits), "user": self._user, "confine": "seccomp"}
        said["packages"] = self._packages
        boot = f"{system_files.SITE}/exam_room/boot.py"
        inner = [python, "-I", "-S", boot, role, system_files.SITE, json.dumps(said)]
        return subprocess.Popen(
            [self._program, *self._walls(role), "--", *inner, str(line.fileno())],
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[line.fileno()],
            start_new_session=True,
            **options,
        )

    def _walls(self, role):
        """bubblewrap's arguments."""
        yield from ("--die-with-parent", "--new-session", "--clearenv", "--hostname", "room")
        yield from ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts")
        yield "--unshare-cgroup-try"
        if self._user is None:
            yield from ("--unshare-user", "--uid", str(_USER), "--gid", str(_USER))
        else:
            yield from ("--cap-drop", "ALL")
            for right in _NEEDED_TO_SHUT_OFF:
                yield from ("--cap-add", right)
        # bubblewrap's own folders would be closed to a student.
        for folder in system_files.folders(self._packages):
            yield from ("--dir", folder)
        for source, target in system_files.binds(self._packages):
            yield from ("--ro-bind", str(source), target)
        _, hidden = system_files.python_in_the_room()
        if hidden:
            yield from ("--tmpfs", hidden, "--remount-ro", hidden)
        for device in ("full", "null", "random", "urandom", "zero"):
            yield from ("--dev-bind", f"/dev/{device}", f"/dev/{device}")
        yield from ("--symlink", _SCRATCH[1:], "/tmp")
        size = str(self._limits.scratch_size)
        yield from ("--perms", "1777", "--size", size, "--tmpfs", _SCRATCH)
        if role == "warm":
            yield from ("--proc", "/proc")
        else:
            fonts = str(list_fonts(self._packages))
            yield from ("--ro-bind", fonts, f"{system_files.SITE}/{CACHE}")
        yield from ("--remount-ro", "/", "--chdir", _SCRATCH)
        for name, value in environment(_SCRATCH).items():
            yield from ("--setenv", name, value)
        yield from ("--setenv", "LD_LIBRARY_PATH", system_files.LIBRARIES)


class Warm(Confined):
    """One bubblewrap whose process has its imports done and forks for each submission."""

    is_warm = True

    def __init__(self, limits, packages=()):
        super().__init__(limits, packages)
        if not hasattr(os, "pidfd_open"):
            raise NoRoom("this Python or kernel has no handles on processes (Linux 5.3)")
        self._process = None
        self._start_room()

    def start(self):
        """Have a process forked for one submission.

        Returns
        -------
        child : Fork
        connection : socket
        """
        try:
            return self._fork()
        except (OSError, EOFError):  # it was killed, by the system perhaps: once more
            self.close()
            self._start_room()
            return self._fork()

    def close(self):
        """End the warm process."""
        if self._process is not None:
            self._control.close()
            self._process.kill()
            self._process.wait()
            self._process.stderr.close()
            self._process = None

    def _start_room(self):
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = self._launch("warm", theirs, stderr=subprocess.PIPE)
        self._control.settimeout(PATIENCE)
        said = b""
        with suppress(OSError):
            said = self._control.recv(16)
        if said != b"warm":
            self._process.kill()
            why = self._process.stderr.read().decode("utf-8", "replace").strip()
            self.close()
            raise NoRoom(f"bubblewrap makes no room here: {why[-500:] or 'no reason given'}")

    def _fork(self):
        ours, theirs = socket.socketpair()
        status, told = os.pipe()
        with theirs:
            socket.send_fds(self._control, [b"fork"], [theirs.fileno(), told])
        os.close(told)
        ours.settimeout(PATIENCE)
        handles = []
        try:
            said, handles, *_ = socket.recv_fds(ours, 1, 1)  # the parent's, with the handle
            said += ours.recv(1)  # the child's own, when it has shut itself off
            if said == b".+":
                return Fork(handles[0], status), ours
            raise _why_not(said, ours)
        except BaseException:
            ours.close()
            for descriptor in (status, *handles):
                os.close(descriptor)
            raise


def _why_not(said, line):
    if b"!" not in said:
        return EOFError("the warm process is gone")
    reason = line.recv(500).decode("utf-8", "replace")
    return NoRoom(f"a fork cannot shut itself off: {reason}")
