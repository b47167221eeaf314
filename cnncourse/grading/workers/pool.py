"""Do jobs on many processes, here or on a cluster, and survive those that are lost."""

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import types
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from concurrent.futures.process import ProcessPoolExecutor
from multiprocessing.connection import wait as wait_for

from cnncourse.grading.workers import work

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
AHEAD = 2  # jobs that wait in line, so that no worker has to
HOPELESS = 8  # workers lost, and nothing done between
EMPTY = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


class NoCluster(RuntimeError):  # noqa: N818, the name says what happened
    """No cluster can be reached; the message says why, and what to do."""


class NoWorkers(RuntimeError):  # noqa: N818, the name says what happened
    """Workers end whatever they are given."""


class LostTwice(RuntimeError):  # noqa: N818, the name says what happened
    """A job ended its worker, and a second one when it was tried again by itself."""


class Local:
    """Processes of this machine, each with a room of its own.

    Parameters
    ----------
    count : int or None
        How many; all cores by default, 0 for this process itself.
    limits : dict of str to number
        Fields of `Limits`; workers prepare their room before the first job comes.
    require : str or None
        The least confinement of the room.
    """

    losses = (BrokenExecutor,)

    def __init__(self, count=None, *, limits=None, require=None):
        self.count = cores() if count is None else count
        self._prepare = (dict(limits or {}), require)
        self._processes = []
        self.executor = self._start()

    def _start(self):
        if self.count == 0:
            return _Here()
        others = set(multiprocessing.active_children())
        with _one_thread(), _no_main_module():
            executor = ProcessPoolExecutor(
                self.count, _context(), initializer=_begin, initargs=self._prepare
            )
            for _ in range(self.count):  # a process each: it has nothing to do yet
                executor.submit(os.getpid)
        self._processes = set(multiprocessing.active_children()) - others
        return executor

    def restart(self):
        """Begin anew with other processes."""
        self.close(now=True)
        self.executor = self._start()

    def close(self, *, now=False):
        """End the processes; ``now`` where they may be in the middle of something."""
        self.executor.shutdown(wait=not now, cancel_futures=True)
        for process in self._processes if now else ():
            process.kill()


def as_many_as_due(num_due, *, limits, require=None):
    """Start local workers: one a core, but no more than there are submissions."""
    return Local(min(num_due, cores()), limits=limits, require=require)


class Cluster:
    """A Dask cluster that is running, reached by its scheduler's address."""

    def __init__(self, address):
        try:
            from distributed import Client, KilledWorker
        except ModuleNotFoundError:
            raise NoCluster(
                "--scheduler needs Dask: pip install 'cnncourse[cluster]', here and where the "
                "workers run"
            ) from None
        try:
            self._client = Client(address, timeout=20, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            raise NoCluster(
                f"no Dask scheduler answers at {address}: {error}. Start one with "
                "`dask scheduler`, and workers with `dask worker ADDRESS`"
            ) from None
        self.losses = (KilledWorker,)
        self.executor = self._client.get_executor(pure=False)

    @property
    def count(self):
        """How many jobs the cluster does at once."""
        return max(1, sum(self._client.nthreads().values()))

    def restart(self):
        """Nothing to do: the scheduler replaces what it lost."""

    def close(self, *, now=False):
        """Take back what was not begun, and say goodbye; the cluster goes on."""
        self.executor.shutdown(wait=False)
        self._client.close()


def results(workers, jobs, interrupt):
    """Do jobs, as many at once as there are workers, with a few more waiting.

    A job whose worker is lost is tried again by itself, up to twice: what ran beside it may
    have been at fault.

    Parameters
    ----------
    workers : Local or Cluster
    jobs : iterable of Job
        The next is taken when a worker will soon be free.
    interrupt : Interruptible
        Once it is requested, what has ended is given out, and nothing else is begun.

    Yields
    ------
    job : Job
    result : Outcome or Exception
        In the order in which they end.
    """
    jobs, running, suspects, lost_in_a_row = iter(jobs), {}, deque(), 0
    guilt = Counter()
    while not interrupt.requested:
        alone = bool(suspects) and not running
        if alone:
            _submit(workers, running, suspects.popleft())
        while not suspects and not alone and len(running) < workers.count + AHEAD:
            job = next(jobs, None)
            if job is None:
                break
            _submit(workers, running, job)
        if not running:
            return
        if interrupt.wait(wait, running, return_when=FIRST_COMPLETED) is None:
            break
        lost = yield from _ended(workers, running)
        lost_in_a_row = lost_in_a_row + 1 if lost else 0
        if lost_in_a_row == HOPELESS:
            raise NoWorkers(f"{HOPELESS} times in a row a worker ended with a submission undone")
        for job in lost:
            guilt[job.key] += alone
            if guilt[job.key] == 2:
                yield job, LostTwice("it ended two workers in which nothing else ran")
            else:
                suspects.append(job)
        if lost and isinstance(workers, Local):  # all processes are lost with one
            suspects.extend(running.values())
            running.clear()
        if lost:
            workers.restart()
    yield from _ended(workers, running)


def _ended(workers, running):
    """Give out what has ended; return the jobs whose workers were lost."""
    lost = []
    for future in [future for future in running if future.done()]:
        job = running.pop(future)
        error = future.exception()
        if isinstance(error, workers.losses):
            lost.append(job)
        else:
            yield job, error or future.result()
    return lost


def _submit(workers, running, job):
    try:
        running[workers.executor.submit(work.grade, job)] = job
    except workers.losses as error:  # lost between two jobs
        failed = Future()
        failed.set_exception(error)
        running[failed] = job


def cores():
    """Count the processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def _context():
    # Forked from a process that has imported torch: once for all workers, and shared.
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["cnncourse.grading.workers.warm"])
    return context


@contextlib.contextmanager
def _one_thread():
    """Let libraries of the processes started here use one thread: the cores are all taken."""
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _no_main_module():
    """Keep new processes from running the script or the test that called, a second time."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _begin(limits, require):
    """Prepare a worker: it ends with its parent, and not by Ctrl-C; its room is ready."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(Exception):  # whatever it is, the first job will say it
        from cnncourse.grading.room.execute import execute
        from cnncourse.grading.room.limits import Limits

        execute(EMPTY, {}, seed="", limits=Limits(**limits), require=require)
        from cnncourse import reference

        _ = reference.DEVICE


def _end_with_parent():
    wait_for([multiprocessing.parent_process().sentinel])
    os._exit(1)


class _Here(Executor):
    """Does every job at once, in this process."""

    def submit(self, call, /, *arguments, **options):
        future = Future()
        try:
            future.set_result(call(*arguments, **options))
        except Exception as error:
            future.set_exception(error)
        return future
