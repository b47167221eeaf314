"""Feedback pages for a class: what changed since is written again, all else is left alone."""

import hashlib
import json
import os
import shutil
from functools import cache
from pathlib import Path

from cnncourse import report
from cnncourse.grading.feedback.page import page
from cnncourse.grading.graded import notebook_paths, read_notebook
from cnncourse.grading.marks import NotInGradebook, Submission, read_marks
from cnncourse.grading.records import replace_file
from cnncourse.grading.run.progress import Counting
from cnncourse.grading.run.result import Failure

# nbgrader's release_feedback looks for these beside the page.
NOT_GRADED = "no feedback page: it is not graded yet, cnncourse grade does that"
BESIDE = ("timestamp.txt", "submission_secret.txt")


def write_pages(classroom, pairs, *, force=()):
    """Write the feedback pages of graded submissions.

    Parameters
    ----------
    classroom : Classroom
    pairs : list of tuple of str
        Assignments and students.
    force : collection of str
        Assignments whose pages are written even if nothing changed.

    Returns
    -------
    failures : list of Failure
        Submissions that have no page, and why.
    """
    due, failures, up_to_date = [], [], 0
    for assignment, students in _by_assignment(pairs).items():
        try:
            marks = read_marks(classroom.coursedir, assignment)
        except NotInGradebook as error:
            failures += [Failure(student, assignment, str(error)) for student in students]
            continue
        paths = notebook_paths(classroom.coursedir, assignment)
        records = classroom.records(assignment)
        for student in students:
            if student not in paths:
                failures.append(Failure(student, assignment, NOT_GRADED))
                continue
            job = _Job(classroom, marks, student, paths[student], records.get(student))
            if assignment not in force and job.is_done():
                up_to_date += 1
            else:
                due.append(job)
    if up_to_date:
        classroom.console.print(f"feedback: {up_to_date} of {len(pairs)} up to date")
    return failures + _write(classroom, due)


def _write(classroom, due):
    failures = []
    with Counting(classroom.console, "feedback", len(due)) as counting:
        for job in due:
            reason = None
            try:
                job.do()
            except Exception as error:  # whatever a notebook holds, it stops nobody else's page
                reason = f"no feedback page: {type(error).__name__}: {error}"
                failures.append(Failure(job.student, job.assignment, reason, fault=True))
            counting.count(wrong=bool(reason))
    return failures


class _Job:
    """The pages of one submission."""

    def __init__(self, classroom, marks, student, paths, record):
        coursedir = classroom.coursedir
        self.assignment, self.student = marks.assignment, student
        self._marks, self._paths = marks, paths
        self._problems = list(record.problems) if record else []
        self._submission = marks.submissions.get(student, Submission())
        done = classroom.folder / "done" / "feedback"
        self._record = done / self.assignment / f"{student}.sha256"
        self._folder = Path(coursedir.root, coursedir.feedback_directory, student, self.assignment)
        self._mode = 0o664 if coursedir.groupshared else 0o644
        self._digest = None

    def is_done(self):
        """Whether the pages are there, and nothing that they tell has changed."""
        self._digest = self._sum_up()
        pages = [self._folder / f"{path.stem}.html" for path in self._paths]
        return (
            all(page.exists() for page in pages)
            and self._record.exists()
            and self._record.read_text(encoding="utf-8") == self._digest
        )

    def do(self):
        """Write the pages, then remember them."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._paths:
            html = page(self._with_marks(path), self._about(path.stem))
            target = self._folder / f"{path.stem}.html"
            replace_file(target, html.encode("utf-8", "replace"))
            target.chmod(self._mode)
        for name in BESIDE:
            if (source := self._paths[0].with_name(name)).is_file():
                shutil.copyfile(source, self._folder / name)
        replace_file(self._record, (self._digest or self._sum_up()).encode("utf-8"))

    def _sum_up(self):
        """Sum up all that the pages tell: the work, the points, the comments, the links."""
        told = [
            [[*key, mark.reached, mark.possible] for key, mark in self._submission.marks.items()],
            [[*key, text] for key, text in self._submission.comments.items()],
            [self._problems, self._submission.penalty, os.environ.get(report.BOOK), _templates()],
        ]
        total = hashlib.sha256(json.dumps(told).encode())
        for path in self._paths:
            total.update(path.read_bytes())
        return total.hexdigest()

    def _with_marks(self, path):
        """Read a notebook, and put points and comments where nbgrader's GetGrades does."""
        notebook = read_notebook(path)
        for cell in notebook["cells"]:
            role = cell["metadata"].get("nbgrader") or {}
            key = (path.stem, role.get("grade_id"))
            if key in self._submission.marks:
                mark = self._submission.marks[key]
                role["score"], role["points"] = mark.reached, mark.possible
            role["comment"] = self._submission.comments.get(key)
        return notebook

    def _about(self, name):
        possible = [most for (of, _), most in self._marks.cells.items() if of == name]
        reached = [mark.reached for (of, _), mark in self._submission.marks.items() if of == name]
        return {
            "student": self.student,
            "assignment": self.assignment,
            "notebook": name,
            "score": sum(reached) - self._submission.penalty,
            "max_score": sum(possible),
            "late_penalty": self._submission.penalty,
            "problems": self._problems,
        }


def _by_assignment(pairs):
    found = {}
    for assignment, student in pairs:
        found.setdefault(assignment, []).append(student)
    return found


@cache
def _templates():
    """Sum up what pages are made with: they are out of date when that changes."""
    grading = Path(__file__).parents[1]
    code = [Path(report.__file__), grading / "graded.py", grading / "feedback" / "page.py"]
    pages = grading / "pages"
    files = [*code, *sorted(pages.glob("*.py")), *sorted((pages / "templates").glob("*.*"))]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()
