"""A course folder as nbgrader sees it: assignments, submissions, and the steps between.

Every step is nbgrader's own, called in this process once for each student, so that progress
shows, what is up to date is left alone, and one broken submission never stops the others.
"""

import hashlib
import re
import warnings
from dataclasses import dataclass
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.apps.nbgraderapp import NbGraderApp
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from sqlalchemy.exc import SAWarning

# nbgrader's own, harmless, and said once for every student.
warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")


FAILED = ".failed"  # ends the name of a record that says why


class NoCourse(FileNotFoundError):  # noqa: N818, the name says what happened
    """The current folder holds no course."""


@dataclass(frozen=True)
class Failure:
    """A submission that could not be processed, and the reason in a line."""

    student: str
    assignment: str
    reason: str


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
        app = NbGraderApp()
        app.load_config_file()
        app.config.NbGraderAPI.log_level = app.config.Application.log_level = "ERROR"
        self.api = NbGraderAPI(config=app.config)
        self.coursedir = self.api.coursedir
        self.console = console or Console()

    def assignments(self):
        """Names of the assignments that have a source notebook, in order."""
        sources = Path(self.coursedir.source_directory).glob("*/*.ipynb")
        return sorted({path.parent.name for path in sources})

    def students(self, assignment):
        """Names of the students who submitted an assignment, in order."""
        submitted = Path(self.coursedir.submitted_directory).glob(f"*/{assignment}/*.ipynb")
        return sorted({path.parent.parent.name for path in submitted})

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
                kept = self._records.parent / "replaced" / assignment / f"{_short(content)}.ipynb"
                kept.parent.mkdir(parents=True, exist_ok=True)
                kept.write_bytes(content)
                self.console.print(f"release: {path.name} was replaced; what it held is in {kept}")
        return result

    def grade(self, assignments, *, force=False):
        """Autograde every submission that differs from the one last graded, or all.

        Returns
        -------
        failures : list of Failure
        """
        return self._each(
            "grade",
            self._handed_in(assignments),
            lambda assignment, student: self.api.autograde(assignment, student, force=True),
            self.coursedir.submitted_directory,
            self.coursedir.autograded_directory,
            force=assignments if force else (),
        )

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
        left_out = {(failure.assignment, failure.student) for failure in without}
        return self._each(
            "feedback",
            [pair for pair in self._handed_in(assignments) if pair not in left_out],
            lambda assignment, student: self.api.generate_feedback(
                assignment, student, force=True
            ),
            self.coursedir.autograded_directory,
            self.coursedir.feedback_directory,
            force=assignments if force else (),
        )

    def not_graded(self, assignments):
        """List the submissions that could not be graded when they were last tried.

        Returns
        -------
        failures : list of Failure
        """
        return [
            Failure(path.stem, assignment, path.read_text(encoding="utf-8"))
            for assignment in assignments
            for path in sorted((self._records / "grade" / assignment).glob(f"*{FAILED}"))
        ]

    @property
    def _records(self):
        return Path(self.coursedir.autograded_directory).parent / "done"

    def _handed_in(self, assignments):
        return [(a, student) for a in assignments for student in self.students(a)]

    def _each(self, step, work, call, source, target, *, force):
        """Do a step for every pair of assignment and student that changed, or is forced."""
        records = self._records / step
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
        if due:
            with _progress(self.console) as progress:
                for assignment, student, record, digest in progress.track(due, description=step):
                    result = call(assignment, student)
                    record.parent.mkdir(parents=True, exist_ok=True)
                    reason = None if result["success"] else _reason(result)
                    _keep(record, digest, reason)
                    if reason:
                        failures.append(Failure(student, assignment, reason))
        return failures


def _progress(console):
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


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
    kept.write_text(text, encoding="utf-8")


def _is_done(record, digest, target):
    return target.is_dir() and record.exists() and record.read_text(encoding="utf-8") == digest


def _reason(result):
    """Find the line of nbgrader's log that names the error."""
    lines = (result.get("log") or result.get("error") or "no reason given").strip().splitlines()
    errors = [
        line.strip() for line in lines if re.match(r"\s*[\w.]+(Error|Exception|Entry): ", line)
    ]
    return (errors or lines)[-1]
