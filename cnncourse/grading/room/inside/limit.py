"""Bounds that the system puts on a process, whoever's it is."""

import os


def limit_resources(limits):
    """Bound memory, files, processes and processor time, for good.

    Parameters
    ----------
    limits : dict
        The fields of `Limits`.
    """
    try:
        import resource
    except ImportError:  # Windows
        return
    seconds = int(limits["processor_seconds"]) + 1
    bounds = {
        # Not the address space: libraries reserve far more than they use.
        "RLIMIT_DATA": limits["memory"],
        "RLIMIT_STACK": 64 * 2**20,
        "RLIMIT_FSIZE": limits["file_size"],
        "RLIMIT_CPU": seconds,
        "RLIMIT_NPROC": limits["processes"],
        "RLIMIT_NOFILE": 256,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    for name, most in bounds.items():
        kind = getattr(resource, name, None)
        if kind is not None:
            _, hard = resource.getrlimit(kind)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))
    os.umask(0o077)
