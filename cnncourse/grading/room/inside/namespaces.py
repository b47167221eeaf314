"""Shuts a fork of the warm process off: from it, and from every other submission.

The fork gets a process, mount, network, interprocess and host name space of its own, a scratch
folder that nobody saw before, no ``/proc``, and a user without a single privilege.
"""

import os
import signal
import socket

from . import seccomp, system
from .limit import limit_resources

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x00020000, 0x04000000, 0x08000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REC, MS_PRIVATE = 1, 2, 4, 0x4000, 0x40000
SCRATCH = "/scratch"
_SHARED_MEMORY = 2**24


def fork_shut_off(connection, status, options):
    """Fork a process into namespaces of its own; returns in that process only.

    Called in a process forked for the purpose, which stays as the new one's parent, tells
    `status` how it ended, and ends itself.

    Parameters
    ----------
    connection : socket
        Kept by the new process; it first carries a handle on that process to the supervisor.
    status : int
        Descriptor that the parent keeps.
    options : dict
        ``limits``; ``user``, None where the grader is an ordinary user.

    Returns
    -------
    connection : socket
    """
    _separate(options)
    ready, go = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(go)
        os.read(ready, 1)  # the handle is on its way: from here on the supervisor can end us
        _settle(options)
        connection = _keep_only(connection)
        connection.send(b"+")
        return connection
    handle = os.pidfd_open(child)
    socket.send_fds(connection, [b"."], [handle])
    connection.close()
    os.write(go, b".")
    _, code = os.waitpid(child, 0)
    os.write(status, str(os.waitstatus_to_exitcode(code)).encode())
    os._exit(0)


def _separate(options):
    """Leave the warm process's namespaces; needs privileges, or a user namespace with its own."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    user = options["user"]
    spaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
    if user is None:
        user = os.getuid()
        group = os.getgid()
        system.call("unshare", CLONE_NEWUSER | spaces)
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"{user} {user} 1")
        _write("/proc/self/gid_map", f"{group} {group} 1")
    else:
        system.call("unshare", spaces)
    _mount_fresh(user, options["limits"]["scratch_size"])


def _mount_fresh(user, size):
    plain = MS_NOSUID | MS_NODEV
    own = f"mode=700,uid={user},gid={user}"
    system.mount("none", "/", None, MS_REC | MS_PRIVATE)
    system.mount("tmpfs", SCRATCH, "tmpfs", plain, f"size={size},nr_inodes=20000,{own}")
    system.mount("tmpfs", "/dev/shm", "tmpfs", plain, f"size={_SHARED_MEMORY},{own}")
    system.mount("tmpfs", "/proc", "tmpfs", plain | MS_RDONLY, "size=4k,mode=555")


def _settle(options):
    """Become a process without rights; in this order, as each step needs what the next takes."""
    os.setsid()
    limit_resources(options["limits"])
    system.become_nobody(options["user"])
    seccomp.refuse_system_calls()
    os.chdir(SCRATCH)


def _keep_only(connection):
    """Close every descriptor but the one line out."""
    number = connection.detach()
    if number != 3:
        os.dup2(number, 3)
    os.closerange(4, 2**16)
    for standard in (0, 1, 2):
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, standard)
        os.close(null)
    return socket.socket(fileno=3)


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)
