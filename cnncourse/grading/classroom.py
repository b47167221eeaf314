"""A course folder as nbgrader sees it: assignments, submissions, and the steps between.

Every step is nbgrader's own, called in this process once for each student, so that progress
shows, what is up to date is left alone, and one broken submission never stops the others.
"""

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
        """Generate the students' notebooks from the sources, where these are newer.

        An assignment that the gradebook does not know, as in a fresh clone, is generated too:
        grading looks its cells up there.
        """
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as gradebook:
            known = {assignment.name for assignment in gradebook.assignments}
        return self._each(
            "release",
            [(assignment, ".") for assignment in assignments],
            lambda assignment, _: self.api.generate_assignment(assignment, force=True),
            self.coursedir.source_directory,
            self.coursedir.release_directory,
            force=not known.issuperset(assignments),
        )

    def grade(self, assignments, *, force=False):
        """Autograde what was submitted since it was last graded, or everything.

        Returns
        -------
        failures : list of Failure
        """
        return self._each(
            "grade",
            [(a, student) for a in assignments for student in self.students(a)],
            lambda assignment, student: self.api.autograde(assignment, student, force=True),
            self.coursedir.submitted_directory,
            self.coursedir.autograded_directory,
            force=force,
        )

    def feedback(self, assignments, *, force=False):
        """Write the feedback pages of what was graded since; returns the failures."""
        return self._each(
            "feedback",
            [(a, student) for a in assignments for student in self.students(a)],
            lambda assignment, student: self.api.generate_feedback(
                assignment, student, force=True
            ),
            self.coursedir.autograded_directory,
            self.coursedir.feedback_directory,
            force=force,
        )

    def _each(self, step, work, call, source, target, *, force=False):
        due = [
            (assignment, student)
            for assignment, student in work
            if force
            or _is_newer(Path(source, student, assignment), Path(target, student, assignment))
        ]
        if len(due) < len(work):
            self.console.print(f"{step}: {len(work) - len(due)} of {len(work)} up to date")
        if not due:
            return []
        failures = []
        with _progress(self.console) as progress:
            for assignment, student in progress.track(due, description=step):
                result = call(assignment, student)
                if not result["success"]:
                    failures.append(Failure(student, assignment, _reason(result)))
        return failures


def _progress(console):
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
    )


def _is_newer(source, target):
    made = [path.stat().st_mtime for path in target.glob("*") if path.is_file()]
    read = [path.stat().st_mtime for path in source.glob("*.ipynb")]
    return not made or not read or max(read) > max(made)


def _reason(result):
    """Find the line of nbgrader's log that names the error."""
    lines = (result.get("log") or result.get("error") or "no reason given").strip().splitlines()
    errors = [
        line.strip() for line in lines if re.match(r"\s*[\w.]+(Error|Exception|Entry): ", line)
    ]
    return (errors or lines)[-1]
