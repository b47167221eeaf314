"""Calls to the Linux kernel that Python 3.11 has no name for; each raises OSError."""

import contextlib
import ctypes
import functools
import os

PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
PR_SET_CHILD_SUBREAPER = 36
_CAPABILITY_VERSION = 0x20080522
_MOST_CAPABILITIES = 64


@functools.cache
def _libc():
    return ctypes.CDLL(None, use_errno=True)


def call(name, *arguments):
    """Call a function of the C library; numbers are passed as long integers.

    Raises
    ------
    OSError
        If it returns less than 0.
    """
    arguments = [ctypes.c_long(one) if isinstance(one, int) else one for one in arguments]
    result = getattr(_libc(), name)(*arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")
    return result


def prctl(option, *arguments):
    """Change a property of this process."""
    return call("prctl", option, *(*arguments, 0, 0, 0, 0)[:4])


def mount(source, target, kind, flags, data=None):
    """Mount a file system."""
    texts = [text.encode() if text else None for text in (source, target, kind, data)]
    call("mount", *texts[:3], flags, texts[3])


def become_nobody(user):
    """Turn into a user who owns nothing, has no privileges and can gain none.

    Parameters
    ----------
    user : int or None
        None stays who it is.
    """
    for capability in range(_MOST_CAPABILITIES):
        with contextlib.suppress(OSError):  # this kernel knows fewer, or the right is not there
            prctl(PR_CAPBSET_DROP, capability)
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())
    prctl(PR_SET_NO_NEW_PRIVS, 1)
