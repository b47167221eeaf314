"""Share blocks of work among threads, one per core, each with a BLAS of one thread."""

import contextlib
import functools
import itertools
import os
import threading
from concurrent.futures import ThreadPoolExecutor

try:
    from threadpoolctl import ThreadpoolController
except ModuleNotFoundError:  # NumPy alone: its BLAS then keeps its own threads
    ThreadpoolController = None


def run(work, blocks):
    """Let every worker take blocks until none is left.

    NumPy lets go of the interpreter while it copies and multiplies, so that two workers
    really run at once; and two products of one thread each waste less time waiting for one
    another than one product of two threads.

    Parameters
    ----------
    work : callable
        Takes an iterator over blocks, which the workers share, and works through it.
    blocks : list
        What there is to do, in any order.

    Returns
    -------
    results : list
        What each worker returned, in no order.
    """
    blas = _blas()
    count = min(len(blocks), num_workers())
    if count <= 1:
        return [work(iter(blocks))]
    shared = iter(blocks)  # a list's iterator gives each block once, whoever asks
    pool = _pool(count - 1, tuple(_cores()))
    with blas.limit(limits=1), _own_core():
        others = [pool.submit(work, shared) for _ in range(count - 1)]
        return [work(shared), *(other.result() for other in others)]


def num_workers():
    """Count the threads that NumPy's BLAS is set to use, as `threadpoolctl` sees it.

    Returns
    -------
    int
        1 where `threadpoolctl` is not installed.
    """
    blas = _blas()
    if blas is None:
        return 1
    return max((library.num_threads for library in blas.lib_controllers), default=1)


def spans(length, size):
    """Cut a range into pieces.

    Parameters
    ----------
    length, size : int
        How long the range is, and each piece but the last.

    Returns
    -------
    list of tuple of int
        The start and the end of each piece.

    Examples
    --------
    >>> spans(7, 3)
    [(0, 3), (3, 6), (6, 7)]
    """
    ends = [*range(size, length, size), length]
    return list(itertools.pairwise([0, *ends])) if length else []


@functools.cache
def _blas():
    return ThreadpoolController and ThreadpoolController().select(user_api="blas")


@functools.cache
def _pool(size, cores):
    """Start workers, each on a core of its own where the system lets a thread choose.

    A thread that wakes another has it wait on its own core, as a rule, until the next tick of
    the system's clock: longer than a small layer takes.
    """
    others = itertools.cycle(cores[1:] or [None])
    # All of them at once: a thread that starts later would inherit the caller's one core.
    pool = ThreadPoolExecutor(size, "cnncourse.fast", lambda: _stay_on(next(others)))
    together = threading.Barrier(size + 1)
    for _ in range(size):
        pool.submit(together.wait)
    together.wait()
    return pool


@contextlib.contextmanager
def _own_core():
    """Keep the calling thread on the first core, off those of the others."""
    before = _cores()
    _stay_on(before[0] if before else None)
    try:
        yield
    finally:
        if before:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(0, before)


def _cores():
    """List the cores that the calling thread may use; none where that cannot be asked."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def _stay_on(core):
    if core is not None:
        with contextlib.suppress(OSError):  # a core that was taken from the process since
            os.sched_setaffinity(0, [core])
