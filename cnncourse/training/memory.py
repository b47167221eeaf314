"""Keep the memory of a step for the next one, instead of handing it back and asking again."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from collections.abc import Iterator

# glibc's numbers for what mallopt can set, from its malloc.h.
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
LARGEST = 2**30
# As far as glibc raises the thresholds by itself, when it is left alone.
USUAL_MMAP, USUAL_TRIM = 2**25, 2**26


@contextlib.contextmanager
def kept() -> Iterator[None]:
    """Let freed memory stay with the process for a while; then hand back what is free.

    Each step of a training run needs the same large blocks as the one before. glibc returns
    many of them to the system, which clears them page by page before it lends them again: a
    fifth of LeNet-5's time. Elsewhere than under glibc this does nothing.

    Yields
    ------
    None
        While memory is kept.
    """
    libc = _glibc()
    if libc is None:
        yield
        return
    libc.mallopt(M_MMAP_THRESHOLD, LARGEST)
    libc.mallopt(M_TRIM_THRESHOLD, LARGEST)
    try:
        yield
    finally:
        libc.mallopt(M_MMAP_THRESHOLD, USUAL_MMAP)
        libc.mallopt(M_TRIM_THRESHOLD, USUAL_TRIM)
        libc.malloc_trim(0)


def _glibc():
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None
