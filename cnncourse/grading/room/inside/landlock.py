"""Landlock: a process forbids itself all files but those it names (Linux 5.13 and later)."""

import ctypes
import os
import struct

from . import system

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same numbers on all machines
_ABI_ONLY = 1
_RULE_PATH = 1
# Rights on files, of the kernel's header landlock.h.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
_FIRST_RIGHTS = 2**13 - 1
_REFER, _TRUNCATE, _IOCTL = 2**13, 2**14, 2**15
_RIGHTS = {1: 0, 2: _REFER, 3: _REFER | _TRUNCATE, 4: _REFER | _TRUNCATE}
_NET, _SCOPES = 3, 3  # connect and bind TCP; abstract sockets and signals of others
_ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | _IOCTL
READ = EXECUTE | READ_FILE | READ_DIR


def version():
    """Ask the kernel for its version of Landlock.

    Returns
    -------
    version : int
        0 if there is none.
    """
    try:
        return system.call("syscall", _CREATE, None, 0, _ABI_ONLY)
    except (OSError, AttributeError):
        return 0


def allow_only(readable, writable):
    """Forbid this process and all it starts every file but these, for good.

    Needs ``no_new_privs``. What a kernel of an older version cannot forbid, the filter of
    system calls has to.

    Parameters
    ----------
    readable, writable : list of str
        Folders with all they hold, or files.
    """
    abi = version()
    everything = _FIRST_RIGHTS | _RIGHTS.get(abi, _REFER | _TRUNCATE | _IOCTL)
    fields = [everything]
    if abi >= 4:
        fields.append(_NET)
    if abi >= 6:
        fields.append(_SCOPES)
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    rules = system.call("syscall", _CREATE, ctypes.c_char_p(attributes), len(attributes), 0)
    for paths, rights in ((readable, READ), (writable, everything)):
        for path in paths:
            _allow(rules, path, rights & everything)
    system.call("syscall", _RESTRICT, rules, 0)
    os.close(rules)


def _allow(rules, path, rights):
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    if not os.path.isdir(path):
        rights &= _ON_FILES
    attributes = struct.pack("=Qi", rights, place)
    system.call("syscall", _ADD_RULE, rules, _RULE_PATH, ctypes.c_char_p(attributes), 0)
    os.close(place)
