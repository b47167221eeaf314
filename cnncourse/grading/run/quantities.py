"""Read "2 GB" and "90 s" from a command line."""

import re

SIZES = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
SIZES |= {"k": 2**10, "m": 2**20, "g": 2**30, "kib": 2**10, "mib": 2**20, "gib": 2**30}
TIMES = {"": 1, "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600}
LEAST_MEMORY = 64 * 2**20


def read_size(text):
    """Read a number of bytes such as ``2GB``, ``512 MiB`` or ``1.5g``.

    Returns
    -------
    size : int

    Raises
    ------
    ValueError
        If it is none, or so little that Python would not start.
    """
    size = int(_read(text, SIZES, "a size such as 2GB or 512MiB"))
    if size < LEAST_MEMORY:
        raise ValueError(f"{text!r} is too little: Python alone needs {LEAST_MEMORY >> 20} MiB")
    return size


def read_seconds(text):
    """Read a length of time such as ``90``, ``90s``, ``5min`` or ``1h``.

    Returns
    -------
    seconds : float

    Raises
    ------
    ValueError
        If it is none, or not more than 0.
    """
    return _read(text, TIMES, "a time such as 90s or 5min")


def _read(text, units, what):
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*", text.lower())
    if not found or found[2] not in units or not float(found[1]) > 0:
        raise ValueError(f"{text!r} is not {what}")
    return float(found[1]) * units[found[2]]
