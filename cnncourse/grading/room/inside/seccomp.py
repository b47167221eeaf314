"""A filter for system calls: what no notebook needs is refused by the kernel (seccomp).

It closes roads that namespaces leave open: into the kernel (bpf, io_uring, keyrings), into
namespaces with new privileges, to memory that no limit counts. Where the machine is of a kind
not listed here nothing is filtered, and `is_known` says so.
"""

import ctypes
import errno
import os
import platform
import struct

from . import system

# Numbers on x86_64 and on aarch64, of Linux's own headers; None where there is no such call.
_REFUSED = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "pidfd_send_signal": (424, 424),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "iopl": (172, None),
    "ioperm": (173, None),
    "syslog": (103, 116),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "personality": (135, 92),
    "fanotify_init": (300, 262),
}
# Without namespaces these reach the user's other processes and files, too.
_REFUSED_IN_THE_OPEN = {
    "connect": (42, 203),
    "bind": (49, 200),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
    "tkill": (200, 130),
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "utime": (132, None),
    "utimes": (235, None),
    "utimensat": (280, 88),
    "futimesat": (261, None),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "migrate_pages": (256, 238),
    "move_pages": (279, 239),
}
_CLONE, _CLONE3, _SOCKET = (56, 220), (435, 435), (41, 198)
_KILL, _TGKILL, _PRLIMIT = (62, 129), (234, 131), (302, 261)
_YOUNGER = 452  # calls of kernels younger than this list; x86_64's second set lies above, too
_NEW_NAMESPACES = 0x7E020080
_AF_UNIX = 1
_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in the kernel's seccomp_data
_ALLOW, _KILL_PROCESS, _ERROR = 0x7FFF0000, 0x80000000, 0x00050000
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2


def is_known():
    """Tell whether this machine's system calls are listed here."""
    return platform.machine() in _MACHINES


def refuse_system_calls(*, in_the_open=False):
    """Filter this process's system calls, and those of all it starts, for good.

    Needs ``no_new_privs``.

    Parameters
    ----------
    in_the_open : bool
        Refuse what reaches the user's other processes and files, too: for a process that has
        no namespaces of its own.
    """
    if is_known():
        program = b"".join(_program(in_the_open))
        buffer = ctypes.create_string_buffer(program, len(program))
        header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(buffer))
        system.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.c_char_p(header))


def _program(in_the_open):
    column, architecture = _MACHINES[platform.machine()]
    yield _step(_LOAD, _ARCHITECTURE)
    yield _step(_EQUAL, architecture, 1, 0)
    yield _step(_RETURN, _KILL_PROCESS)
    yield _step(_LOAD, _NUMBER)
    yield from _if(_AT_LEAST, _YOUNGER, errno.ENOSYS)
    # Its flags lie in memory, where no filter can look: the C library then calls clone.
    yield from _if(_EQUAL, _CLONE3[column], errno.ENOSYS)
    for numbers in [*_REFUSED.values(), *(_REFUSED_IN_THE_OPEN.values() if in_the_open else ())]:
        if numbers[column] is not None:
            yield from _if(_EQUAL, numbers[column], errno.EPERM)
    yield from _look(_CLONE[column], (_ANY_BIT, _NEW_NAMESPACES, 0, 1))
    if in_the_open:
        yield from _if(_EQUAL, _SOCKET[column], errno.EPERM)
        for call in (_KILL, _TGKILL):
            yield from _look(call[column], (_EQUAL, os.getpid(), 1, 0))
        yield from _look(_PRLIMIT[column], (_EQUAL, 0, 1, 0))
    else:
        yield from _look(_SOCKET[column], (_EQUAL, _AF_UNIX, 1, 0))
    yield _step(_RETURN, _ALLOW)


def _step(code, value, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, value)


def _if(test, value, error):
    """Refuse a call whose number passes a test."""
    yield _step(test, value, 0, 1)
    yield _step(_RETURN, _ERROR | error)


def _look(number, test):
    """Refuse one call by its first argument; a test jumps over the refusal or not."""
    yield _step(_EQUAL, number, 0, 4)
    yield _step(_LOAD, _FIRST_ARGUMENT)
    yield _step(*test)
    yield _step(_RETURN, _ERROR | errno.EPERM)
    yield _step(_LOAD, _NUMBER)
