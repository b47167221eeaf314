"""Grade a class: many workers, one writer to the gradebook, and only what changed.

A submission is prepared here, run and judged by a worker, and written here: its autograded
notebooks, one commit to the gradebook, its record, its log. Whenever the run is cut off, the
same command goes on where it stopped.
"""

import contextlib
import hashlib
import time
from dataclasses import asdict, replace

from cnncourse.grading import workers
from cnncourse.grading.judge import exercise_of
from cnncourse.grading.records import Record, Records, fingerprints
from cnncourse.grading.run.due import Due
from cnncourse.grading.run.gradebook import ClassGradebook
from cnncourse.grading.run.interrupt import Interruptible
from cnncourse.grading.run.locks import Busy, Locks
from cnncourse.grading.run.pipeline import Pipeline
from cnncourse.grading.run.progress import Counting
from cnncourse.grading.run.result import Grading
from cnncourse.grading.run.writer import Opened, Writer
from cnncourse.grading.submission import Rejected
from cnncourse.grading.workers.work import Job, replay


class NotGraded(LookupError):  # noqa: N818, the name says what happened
    """There are no answers to judge once more; the message says why."""


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
        self._classroom = classroom
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
        with self._opened() as pipeline:
            self._pipeline = pipeline
            self._due = Due(self._classroom, self._records, pipeline, self._result)
            self._writer = Writer(pipeline, self._records, self._result, self._limits)
            due = list(self._due.among(assignments, students, force=force))
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
        coursedir = self._classroom.coursedir
        gradebook = ClassGradebook(coursedir.db_url, coursedir.course_id)
        self._locks, self._open = Locks(), {}
        lock = self._records.lock("all", "gradebook")
        try:
            if alone and gradebook.is_file and not self._locks.take("all", lock):
                raise Busy(
                    "another `cnncourse grade` is writing to this gradebook: wait for it to end. "
                    "With PostgreSQL several can run at once"
                )
            yield Pipeline(coursedir, self._classroom.config, gradebook)
        finally:
            self._locks.release_all()
            gradebook.close()

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

    # What goes to the workers

    def _jobs(self, due):
        """Prepare one submission after the other; what is rejected is told at once."""
        for assignment, student in due:
            if not self._begin(assignment, student):
                continue
            start = time.perf_counter()
            self._result.seconds["first"] = self._result.seconds["first"] or start - self._started
            jobs = []
            try:
                jobs = self._prepare(assignment, student)
            except Rejected as error:
                self._writer.reject(assignment, student, str(error))
                self._close(assignment, student, wrong=True)
            except Exception as error:
                self._fail(assignment, student, error)
            self._pipeline.gradebook.forget()  # no transaction waits for a worker
            self._result.seconds["prepare"] += time.perf_counter() - start
            yield from jobs

    def _begin(self, assignment, student):
        """Claim a submission, where other graders may be at work."""
        if self._pipeline.gradebook.is_file:
            return True
        key = (assignment, student)
        if self._locks.take(key, self._records.lock(assignment, student)):
            if self._force or self._due.holds(assignment, student):
                return True
            self._locks.release(key)  # another grader has done it meanwhile
        else:
            self._classroom.console.print(
                f"{assignment} of {student} is being graded by another run", markup=False
            )
        self._counting.count()
        return False

    def _prepare(self, assignment, student):
        prepared = self._pipeline.prepare(assignment, student)
        record = Record(
            prepared.submission.digest,
            self._pipeline.source.digest(assignment),
            fingerprints.of_asking(),
            {name: _short(seed) for name, seed in prepared.seeds.items()},
        )
        self._open[assignment, student] = Opened(prepared, record)
        before = self._records.read(assignment, student)
        again = bool(before) and not self._force and _may_judge_again(prepared, record, before)
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
        if opened.is_complete:
            start = time.perf_counter()
            try:
                self._writer.write(opened)
                self._close(assignment, student, wrong=False)
            except Exception as error:
                self._fail(assignment, student, error)
            self._result.seconds["write"] += time.perf_counter() - start

    def _fail(self, assignment, student, error):
        self._writer.fail(assignment, student, error)
        self._close(assignment, student, wrong=True)

    def _close(self, assignment, student, *, wrong):
        self._open.pop((assignment, student), None)
        self._locks.release((assignment, student))
        self._counting.count(wrong=wrong)


def _may_judge_again(prepared, record, before):
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


def _short(seed):
    return hashlib.sha256(seed.encode()).hexdigest()[:12]
