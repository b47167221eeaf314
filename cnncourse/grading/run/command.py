"""What stands between ``cnncourse grade`` and the grader; imports nbgrader as late as it can."""

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from cnncourse.grading import workers
from cnncourse.grading.run.quantities import read_seconds, read_size

CONFIG = "nbgrader_config.py"
STRICTEST = "bubblewrap"
FAULT, INTERRUPTED = 1, 130  # exit codes


class BadOption(ValueError):  # noqa: N818, the name says what happened
    """An option's value makes no sense."""


class Stopped(RuntimeError):  # noqa: N818, the name says what happened
    """The run cannot begin; the message says why."""


STOPS = (BadOption, Stopped, workers.NoCluster, workers.NoWorkers)


@dataclass
class Options:
    """The options of ``cnncourse grade``, as they were written."""

    students: list | None = None
    force: bool = False
    workers: int | None = None
    scheduler: str | None = None
    time_limit: str | None = None
    memory_limit: str | None = None
    require_sandbox: bool = False

    def __post_init__(self):
        """Read the limits.

        Raises
        ------
        BadOption
            If one cannot be read.
        """
        self.limits = {}
        try:
            if self.time_limit is not None:
                seconds = read_seconds(self.time_limit)
                names = ("notebook_seconds", "cell_seconds", "processor_seconds")
                self.limits |= dict.fromkeys(names, seconds)
            if self.memory_limit is not None:
                self.limits["memory"] = read_size(self.memory_limit)
        except ValueError as error:
            raise BadOption(str(error)) from None
        self.require = STRICTEST if self.require_sandbox else None


@contextlib.contextmanager
def early_workers(options):
    """Start workers before nbgrader is imported: both take seconds, and another core each.

    Yields
    ------
    pool : Local or Cluster

    Raises
    ------
    Stopped
        If the current folder holds no course.
    """
    if not Path(CONFIG).exists():
        raise Stopped(f"{Path.cwd()} holds no {CONFIG}: run this in the course's folder")
    if options.scheduler:
        pool = workers.Cluster(options.scheduler)
    else:
        pool = workers.Local(options.workers, limits=options.limits, require=options.require)
    try:
        yield pool
    finally:
        pool.close(now=True)  # those that worked have ended by now


def grade(classroom, assignments, options, pool):
    """Grade; see `Grader.grade`.

    Raises
    ------
    Stopped
        If the run cannot begin.
    """
    from cnncourse.grading.run.locks import Busy
    from cnncourse.grading.run.source import NotReleased

    for student in options.students or ():
        if not any(student in classroom.students(assignment) for assignment in assignments):
            raise Stopped(f"{student} has handed in none of {', '.join(assignments)}")
    try:
        return classroom.grading(
            assignments,
            options.students,
            force=options.force,
            limits=options.limits,
            require=options.require,
            pool=lambda *_, **__: pool,
        )
    except (Busy, NotReleased) as error:
        raise Stopped(str(error)) from None


def replay(classroom, assignment, student):
    """Judge kept answers once more; see `Grader.replay`.

    Raises
    ------
    Stopped
        If there are none.
    """
    from cnncourse.grading.run.grader import Grader, NotGraded
    from cnncourse.grading.run.source import NotReleased
    from cnncourse.grading.submission import Rejected

    if student not in classroom.students(assignment):
        raise Stopped(f"{student} has not handed in {assignment}")
    try:
        return Grader(classroom).replay(assignment, student)
    except (NotGraded, NotReleased, Rejected) as error:
        raise Stopped(str(error)) from None


def tell(console, grading, *, as_json=False):
    """Print what was done.

    Returns
    -------
    code : int
        To exit with: not 0 only if the grader itself failed, or was interrupted.
    """
    from cnncourse.grading.run.summary import sentence, tables

    if as_json:
        print(json.dumps(_as_json(grading)))
        return _code(grading)
    for table in tables(grading):
        console.print(table)
    console.print(sentence(grading), markup=False, highlight=False)
    if grading.interrupted:
        console.print("interrupted: the same command goes on where this one stopped")
    return _code(grading)


def _code(grading):
    if grading.interrupted:
        return INTERRUPTED
    return FAULT if any(failure.fault for failure in grading.failures) else 0


def _as_json(grading):
    return {
        "graded": len(grading.graded),
        "judged_again": grading.num_judged_again,
        "up_to_date": grading.num_up_to_date,
        "not_graded": [asdict(failure) for failure in grading.failures],
        "interrupted": grading.interrupted,
        "seconds": grading.seconds,
        "memory": _most_memory(),
    }


def _most_memory():
    """Read how many bytes this process has held at most; None where the system does not say."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return None
