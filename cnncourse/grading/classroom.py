"""A course folder as nbgrader sees it: assignments, submissions, and the steps between.

Progress shows, what is up to date is left alone, and one broken submission never stops the
others.
"""

import hashlib
import re
from dataclasses import fields
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.apps.nbgraderapp import NbGraderApp
from rich.console import Console

from cnncourse.grading import workers
from cnncourse.grading.plugins.execute import ExecuteInRoom
from cnncourse.grading.records import Records, replace_file
from cnncourse.grading.room import Limits
from cnncourse.grading.run.grader import Grader
from cnncourse.grading.run.progress import Counting
from cnncourse.grading.run.result import Failure

__all__ = ["Classroom", "Failure", "NoCourse"]
FAILED = ".failed"  # ends the name of a record that says why


class NoCourse(FileNotFoundError):  # noqa: N818, the name says what happened
    """The current folder holds no course."""


class Classroom:
    """The course in the current folder, configured by its ``nbgrader_config.py``.

    Parameters
    ----------
    console : rich.console.Console, optional
        Where progress is drawn.

    Raises
    ------
    NoCourse
        If the current folder has no ``nbgrader_config.py``.
    """

    def __init__(self, console=None):
        if not Path("nbgrader_config.py").exists():
            raise NoCourse(
                f"{Path.cwd()} holds no nbgrader_config.py: run this in the course's folder"
            )
        app = NbGraderApp(raise_config_file_errors=True)
        try:
            app.load_config_file()
        except Exception as error:  # whatever a file that runs as code sets off
            said = f"nbgrader_config.py cannot be read: {type(error).__name__}: {error}"
            raise NoCourse(said) from error
        app.config.NbGraderAPI.log_level = app.config.Application.log_level = "ERROR"
        self.config = app.config
        self.api = NbGraderAPI(config=app.config)
        self.coursedir = self.api.coursedir
        self.console = console or Console()

    @property
    def folder(self):
        """Where a class's work, records and grades are."""
        return Path(self.coursedir.root, self.coursedir.autograded_directory).parent

    def room(self):
        """Read how the room is configured.

        Returns
        -------
        limits : Limits
        require : str or None
            The least confinement that is accepted.
        """
        room = ExecuteInRoom(config=self.config)
        names = [field.name for field in fields(Limits) if room.has_trait(field.name)]
        return Limits(**{name: getattr(room, name) for name in names}), room.require

    def assignments(self):
        """Names of the assignments that have a source notebook, in order."""
        sources = Path(self.coursedir.source_directory).glob("*/*.ipynb")
        return sorted({path.parent.name for path in sources})

    def students(self, assignment):
        """Names of the students who handed something in for an assignment, in order."""
        folders = Path(self.coursedir.submitted_directory).glob(f"*/{assignment}")
        names = {path.parent.name for path in folders if path.is_dir() or path.is_symlink()}
        return sorted(name for name in names if not name.startswith("."))

    def release(self, assignments):
        """Generate the students' notebooks from the sources that changed.

        An assignment that the gradebook does not know, as in a fresh clone, is generated too:
        grading looks its cells up there.
        """
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            known = {assignment.name for assignment in gradebook.assignments}
        return self._each(
            "release",
            [(assignment, ".") for assignment in assignments],
            self._generate,
            self.coursedir.source_directory,
            self.coursedir.release_directory,
            force=set(assignments) - known,
        )

    def _generate(self, assignment, _):
        """Generate one release; a notebook that somebody worked in is kept beside it."""
        folder = Path(self.coursedir.release_directory, assignment)
        before = {path: path.read_bytes() for path in folder.glob("*.ipynb")}
        result = self.api.generate_assignment(assignment, force=True)
        for path, content in before.items():
            if not path.exists() or path.read_bytes() != content:
                kept = self.folder / "replaced" / assignment / f"{_short(content)}.ipynb"
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(content)
                self.console.print(f"release: {path.name} was replaced; what it held is in {kept}")
        return result

    def grade(self, assignments, students=None, *, force=False, **options):
        """Grade every submission that differs from the one last graded, or all.

        Parameters
        ----------
        assignments : list of str
        students : collection of str or None
            Only theirs.
        force : bool
        options
            As `grading` takes them.

        Returns
        -------
        failures : list of Failure
            What could not be graded, now or when it was last tried.
        """
        return self.grading(assignments, students, force=force, **options).failures

    def grading(
        self, assignments, students=None, *, force=False, limits=None, require=None, pool=None
    ):
        """Grade as `grade` does, and tell all of it.

        Parameters
        ----------
        assignments, students, force
            See `grade`.
        limits : dict of str to number
            Fields of `Limits` that differ from those of ``nbgrader_config.py``.
        require : str or None
            The least confinement that is accepted.
        pool : callable, optional
            Makes the workers, see `Grader.grade`; as many as are due, one a core at most.

        Returns
        -------
        grading : Grading
        """
        grader = Grader(self, limits=limits, require=require)
        pool = pool or workers.as_many_as_due
        return grader.grade(assignments, students, force=force, make_workers=pool)

    def feedback(self, assignments, *, force=False, without=()):
        """Write the feedback pages of what was graded since.

        Parameters
        ----------
        assignments : list of str
        force : bool
            Write all pages again.
        without : list of Failure
            Submissions that were not graded, so that there is nothing to tell.

        Returns
        -------
        failures : list of Failure
        """
        from cnncourse.grading.feedback.all_pages import write_pages  # nbconvert takes a second

        left_out = {(failure.assignment, failure.student) for failure in without}
        pairs = [pair for pair in self._handed_in(assignments) if pair not in left_out]
        return write_pages(self, pairs, force=assignments if force else ())

    def not_graded(self, assignments):
        """List the submissions that could not be graded when they were last tried.

        Returns
        -------
        failures : list of Failure
        """
        return [
            Failure(student, assignment, record.rejected)
            for assignment in assignments
            for student, record in self.records(assignment).items()
            if record.rejected
        ]

    def records(self, assignment):
        """Read how the submissions of an assignment were graded.

        Returns
        -------
        records : dict of str to Record
            By student.
        """
        return Records(self.folder).of(assignment)

    def _handed_in(self, assignments):
        return [(a, student) for a in assignments for student in self.students(a)]

    def _each(self, step, work, call, source, target, *, force):
        """Do a step for every pair of assignment and student that changed, or is forced."""
        records = self.folder / "done" / step
        due = []
        for assignment, student in work:
            record = records / assignment / f"{student}.sha256"
            digest = _digest(Path(source, student, assignment))
            if assignment in force or not _is_done(
                record, digest, Path(target, student, assignment)
            ):
                due.append((assignment, student, record, digest))
        if len(due) < len(work):
            self.console.print(f"{step}: {len(work) - len(due)} of {len(work)} up to date")
        failures = []
        with Counting(self.console, step, len(due)) as counting:
            for assignment, student, record, digest in due:
                result = call(assignment, student)
                reason = None if result["success"] else _reason(result)
                _keep(record, digest, reason)
                if reason:
                    failures.append(Failure(student, assignment, reason, fault=True))
                counting.count(wrong=bool(reason))
        return failures


def _digest(folder):
    """Sum up the files of a folder: what is in them, not when they were written."""
    total = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(folder)}\0{path.stat().st_size}\0".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def _short(content):
    return hashlib.sha256(content).hexdigest()[:12]


def _keep(record, digest, reason):
    """Remember what was done with which files, or why it could not be."""
    done, failed = record, record.with_suffix(FAILED)
    kept, gone, text = (failed, done, reason) if reason else (done, failed, digest)
    gone.unlink(missing_ok=True)
    replace_file(kept, text.encode("utf-8"))


def _is_done(record, digest, target):
    return target.is_dir() and record.exists() and record.read_text(encoding="utf-8") == digest


def _reason(result):
    """Find the line of nbgrader's log that names the error."""
    lines = (result.get("log") or result.get("error") or "no reason given").strip().splitlines()
    errors = [
        line.strip() for line in lines if re.match(r"\s*[\w.]+(Error|Exception|Entry): ", line)
    ]
    return (errors or lines)[-1]
