"""Grade a class: many workers, one writer to the gradebook, and only what changed.

A submission is prepared here, run and judged by a worker, and written here: its autograded
notebooks, one commit to the gradebook, its record, its log. Whenever the run is cut off, the
same command goes on where it stopped.
"""

import contextlib
import hashlib
import json
import time
import traceback
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from filelock import FileLock, Timeout
from nbgrader.api import InvalidEntry
from sqlalchemy.exc import DBAPIError

from cnncourse.catalogue import EXERCISES
from cnncourse.grading import fingerprints, submission, workers
from cnncourse.grading.gradebook import ClassGradebook
from cnncourse.grading.interrupt import Interruptible
from cnncourse.grading.judge import exercise_of
from cnncourse.grading.logs import write_log
from cnncourse.grading.pipeline import NotReleased, Pipeline
from cnncourse.grading.progress import Counting
from cnncourse.grading.records import Record, Records
from cnncourse.grading.restore import source_roles
from cnncourse.grading.submission import Rejected
from cnncourse.grading.work import Job, replay


class Busy(RuntimeError):  # noqa: N818, the name says what happened
    """Another run is grading this class."""


PAUSES = (0.1, 0.5, 2.0)  # seconds before the gradebook is tried again
__all__ = ["Busy", "Failure", "Grader", "Grading", "NotGraded", "NotReleased"]


class NotGraded(LookupError):  # noqa: N818, the name says what happened
    """There are no answers to judge once more; the message says why."""


@dataclass(frozen=True)
class Failure:
    """A submission that was not graded, and the reason in a line.

    Parameters
    ----------
    student, assignment, reason : str
    fault : bool
        Whether the grader is to blame, and not what was handed in.
    """

    student: str
    assignment: str
    reason: str
    fault: bool = False


@dataclass
class Grading:
    """What a run did.

    Parameters
    ----------
    graded : list of tuple
        Assignment, student and `Record` of what was graded now.
    failures : list of Failure
        What could not be graded, now or when it was last tried, and has not changed.
    num_up_to_date, num_judged_again : int
        Submissions that were left alone, and those whose answers were only judged again.
    seconds : dict of str to float
        ``first`` until the first submission is prepared;
        ``prepare`` and ``write`` in this process; ``run`` and ``judge`` in the workers, all
        together; ``wall``.
    interrupted : bool
    """

    graded: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    num_up_to_date: int = 0
    num_judged_again: int = 0
    seconds: dict = field(
        default_factory=lambda: dict.fromkeys(
            ("first", "prepare", "run", "judge", "write", "wall"), 0.0
        )
    )
    interrupted: bool = False


@dataclass
class _Open:
    """A submission of which some notebooks are with workers."""

    prepared: object
    record: Record
    outcomes: dict = field(default_factory=dict)


class Grader:
    """Grades the submissions of a classroom.

    Parameters
    ----------
    classroom : Classroom
    limits : dict of str to number
        Fields of `Limits` that differ from those of ``nbgrader_config.py``.
    require : str or None
        The least confinement that is accepted.
    """

    def __init__(self, classroom, *, limits=None, require=None):
        self._classroom, self._coursedir = classroom, classroom.coursedir
        self._records = Records(classroom.folder)
        configured, required = classroom.room()
        self._limits = replace(configured, **limits or {})
        self._require = require or required
        self._result = Grading()

    def grade(self, assignments, students=None, *, force=False, make_workers=workers.Local):
        """Grade what differs from what was last graded, or all.

        Parameters
        ----------
        assignments : list of str
        students : collection of str or None
            Only theirs.
        force : bool
        make_workers : callable
            Gets how many submissions are due, ``limits`` and ``require``, and returns `Local`
            or `Cluster`; it is not called if nothing is due.

        Returns
        -------
        grading : Grading

        Raises
        ------
        Busy
            If another run is grading into the same SQLite file.
        NotReleased
            If the gradebook does not know an assignment.
        """
        begin = self._started = time.perf_counter()
        self._force = force
        with self._opened() as self._pipeline:
            due = list(self._due(assignments, students, force))
            if due:
                self._grade(due, make_workers)
        self._result.seconds["wall"] = time.perf_counter() - begin
        return self._result

    def replay(self, assignment, student):
        """Judge a student's kept answers once more, and say all of it, numbers included.

        Parameters
        ----------
        assignment, student : str

        Returns
        -------
        reports : dict of str to str
            By exercise; for the instructor only, since they show the graded cases.

        Raises
        ------
        Rejected
            If nothing of it can be graded.
        NotGraded
            If its answers were not kept, or what was handed in has changed since.
        """
        with self._opened(alone=False) as pipeline:
            prepared = pipeline.prepare(assignment, student)
            record = self._records.read(assignment, student)
        seeds = {name: _short(seed) for name, seed in prepared.seeds.items()}
        if record is None or record.seeds != seeds:
            raise NotGraded(f"{student} handed in something else since {assignment} was graded")
        reports = {}
        for name, seed in prepared.seeds.items():
            kept = self._records.kept(assignment, student, name)
            if kept is None:
                raise NotGraded(f"the answers of {student} to {assignment} were not kept")
            reports |= replay(kept, seed=seed)
        return reports

    @contextlib.contextmanager
    def _opened(self, *, alone=True):
        gradebook = ClassGradebook(self._coursedir.db_url, self._coursedir.course_id)
        self._gradebook, self._locks, self._open = gradebook, {}, {}
        lock = self._records.lock("all", "gradebook")
        try:
            if alone and gradebook.is_file and not self._lock("all", lock):
                raise Busy(
                    "another `cnncourse grade` is writing to this gradebook: wait for it to end. "
                    "With PostgreSQL several can run at once"
                )
            yield Pipeline(self._coursedir, self._classroom.config, gradebook)
        finally:
            for held in self._locks.values():
                held.release()
            gradebook.close()

    def _lock(self, key, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            return False
        self._locks[key] = lock
        return True

    # What is due

    def _due(self, assignments, students, force):
        for assignment in assignments:
            handed_in = self._classroom.students(assignment)
            chosen = [s for s in handed_in if students is None or s in students]
            if chosen:
                self._source(assignment)  # raises if it was never released
            for student in chosen:
                if force or self._is_due(assignment, student):
                    yield assignment, student

    def _is_due(self, assignment, student):
        record = self._records.read(assignment, student)
        if not self._holds(assignment, student, record) or self._changed(record):
            return True
        if record.rejected:
            self._result.failures.append(Failure(student, assignment, record.rejected))
        else:
            self._result.num_up_to_date += 1
        return False

    def _holds(self, assignment, student, record):
        """Tell whether a record speaks of these files and this source."""
        if record is None or record.source != self._source(assignment):
            return False
        folder = self._folder("submitted", student, assignment)
        with contextlib.suppress(Rejected):
            if submission.digest_of(folder) != record.submission:
                return False
        graded = self._folder("autograded", student, assignment)
        return bool(record.rejected) or graded.is_dir()

    def _changed(self, record):
        """Name the exercises that would be judged by other code than they were."""
        return [
            name
            for name, digest in record.code.items()
            if name not in EXERCISES or fingerprints.of_code(name) != digest
        ]

    def _source(self, assignment):
        """Sum up the source of an assignment: its cells, and the files beside it."""
        known = self._gradebook.roles
        if ("digest", assignment) not in known:
            roles = {
                name: source_roles(
                    self._gradebook, self._coursedir, {"assignment": assignment, "notebook": name}
                )
                for name in sorted(self._pipeline.expected(assignment))
            }
            files = self._pipeline.files_of_the_source(assignment)
            sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
            text = json.dumps([roles, sums], sort_keys=True)
            known["digest", assignment] = hashlib.sha256(text.encode()).hexdigest()
        return known["digest", assignment]

    def _folder(self, step, student, assignment):
        directory = getattr(self._coursedir, f"{step}_directory")
        return Path(self._coursedir.format_path(directory, student, assignment))

    # The run

    def _grade(self, due, make_workers):
        console, names = self._classroom.console, {assignment for assignment, _ in due}
        what = f"grade {names.pop()}" if len(names) == 1 else "grade"
        pool = make_workers(len(due), limits=asdict(self._limits), require=self._require)
        with Interruptible() as interrupt, Counting(console, what, len(due)) as self._counting:
            try:
                for job, outcome in workers.results(pool, self._jobs(due), interrupt):
                    self._take(job, outcome)
            finally:
                self._result.interrupted = interrupt.requested
                pool.close(now=interrupt.requested)

    def _jobs(self, due):
        """Prepare one submission after the other; what is rejected is told at once."""
        for assignment, student in due:
            if not self._begin(assignment, student):
                continue
            start = time.perf_counter()
            self._result.seconds["first"] = self._result.seconds["first"] or start - self._started
            try:
                jobs = self._prepare(assignment, student)
            except Rejected as error:
                self._reject(assignment, student, str(error))
                jobs = []
            except Exception as error:
                self._fail(assignment, student, error)
                jobs = []
            self._gradebook.forget()  # no transaction waits for a worker
            self._result.seconds["prepare"] += time.perf_counter() - start
            yield from jobs

    def _begin(self, assignment, student):
        """Claim a submission, where other graders may be at work."""
        if self._gradebook.is_file:
            return True
        key = (assignment, student)
        if self._lock(key, self._records.lock(assignment, student)):
            if self._force or self._is_due(assignment, student):
                return True
            self._locks.pop(key).release()  # another grader has done it meanwhile
            self._counting.count()
            return False
        self._classroom.console.print(
            f"{assignment} of {student} is being graded by another run", markup=False
        )
        self._counting.count()
        return False

    def _prepare(self, assignment, student):
        prepared = self._pipeline.prepare(assignment, student)
        record = Record(
            prepared.submission.digest,
            self._source(assignment),
            fingerprints.of_asking(),
            {name: _short(seed) for name, seed in prepared.seeds.items()},
        )
        self._open[assignment, student] = _Open(prepared, record)
        before = self._records.read(assignment, student)
        again = (
            bool(before) and not self._force and self._may_judge_again(prepared, record, before)
        )
        jobs = [
            Job(
                (assignment, student, name),
                text,
                prepared.files,
                prepared.seeds[name],
                self._limits,
                self._require,
                self._records.kept(assignment, student, name) if again else None,
            )
            for name, text in prepared.texts().items()
        ]
        self._result.num_judged_again += again and all(job.kept for job in jobs)
        return jobs

    def _may_judge_again(self, prepared, record, before):
        """Tell whether nothing changed that the student's own code could notice."""
        same = ("submission", "source", "asking", "seeds")
        if any(getattr(record, name) != getattr(before, name) for name in same):
            return False
        asked = {
            exercise.name: fingerprints.of_questions(exercise, seed=prepared.seeds[name])
            for name, notebook in prepared.notebooks.items()
            for exercise in filter(None, map(exercise_of, notebook.cells))
        }
        return asked == before.questions

    # What comes back

    def _take(self, job, outcome):
        assignment, student, notebook = job.key
        opened = self._open.get((assignment, student))
        if opened is None:  # another notebook of it has failed
            return
        if isinstance(outcome, Exception):
            self._fail(assignment, student, outcome)
            return
        opened.outcomes[notebook] = outcome
        if len(opened.outcomes) == len(opened.prepared.notebooks):
            start = time.perf_counter()
            try:
                self._write(opened)
            except Exception as error:
                self._fail(assignment, student, error)
            self._result.seconds["write"] += time.perf_counter() - start

    def _write(self, opened):
        prepared, record, outcomes = opened.prepared, opened.record, opened.outcomes
        assignment, student = prepared.assignment, prepared.student
        for name, outcome in outcomes.items():
            self._records.keep(assignment, student, name, outcome.kept)
            self._result.seconds["run"] += outcome.run["seconds"]
            self._result.seconds["judge"] += outcome.judging_seconds
            record.questions |= outcome.questions
            record.problems += outcome.run["problems"]
        record.code = {name: fingerprints.of_code(name) for name in record.questions}
        texts = {name: outcome.text for name, outcome in outcomes.items()}
        record.points = self._enter(prepared, texts)
        record.problems = [*prepared.submission.remarks, *record.problems]
        record.run = {name: outcome.run for name, outcome in outcomes.items()}
        record.run["limits"] = asdict(self._limits)
        self._finish(assignment, student, record, prepared, texts)
        self._result.graded.append((assignment, student, record))

    def _enter(self, prepared, texts):
        """Write; again, where another grader made the same rows or held the database."""
        for seconds in PAUSES:
            try:
                return self._pipeline.write(prepared, texts)
            except (DBAPIError, InvalidEntry):
                time.sleep(seconds)
        return self._pipeline.write(prepared, texts)

    def _reject(self, assignment, student, reason):
        """Remember that nothing of a submission can be graded, and why."""
        digest = ""
        with contextlib.suppress(Rejected):
            digest = submission.digest_of(self._folder("submitted", student, assignment))
        record = Record(digest, self._source(assignment), rejected=reason)
        self._finish(assignment, student, record)
        self._result.failures.append(Failure(student, assignment, reason))

    def _fail(self, assignment, student, error):
        """Tell of an error of our own; the submission stays due."""
        text = "".join(traceback.format_exception(error))
        reason = f"the grader failed: {type(error).__name__}: {_first_line(error)}"
        path = self._records.log(assignment, student)
        write_log(path, assignment, student, error=text)
        self._result.failures.append(Failure(student, assignment, reason, fault=True))
        self._close(assignment, student, wrong=True)

    def _finish(self, assignment, student, record, prepared=None, texts=None):
        write_log(
            self._records.log(assignment, student), assignment, student, record, prepared, texts
        )
        self._records.write(assignment, student, record)
        self._close(assignment, student, wrong=bool(record.rejected))

    def _close(self, assignment, student, *, wrong):
        self._open.pop((assignment, student), None)
        lock = self._locks.pop((assignment, student), None)
        if lock is not None:
            lock.release()
        self._counting.count(wrong=wrong)


def _first_line(error):
    return next(iter(str(error).strip().splitlines()), "")[:300]


def _short(seed):
    return hashlib.sha256(seed.encode()).hexdigest()[:12]
