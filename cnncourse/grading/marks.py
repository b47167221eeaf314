"""What the gradebook says about an assignment, in a handful of queries whatever the class."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from sqlalchemy import select


@dataclass(frozen=True)
class Person:
    """A student as the gradebook knows them; what it does not know is empty."""

    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_user_id: str = ""


@dataclass(frozen=True)
class Mark:
    """Points for one cell, and whether a person has still to look at it."""

    reached: float
    possible: float
    is_waiting: bool = False


@dataclass
class Submission:
    """What one student handed in, as it was graded.

    Parameters
    ----------
    timestamp : datetime or None
        When it was handed in, if that is known.
    seconds_late : float
        After the deadline and this student's extension.
    penalty : float
        Points taken off for that.
    marks : dict of tuple of str to Mark
        By notebook and cell.
    comments : dict of tuple of str to str
        What a person wrote, by notebook and cell.
    """

    timestamp: datetime | None = None
    seconds_late: float = 0.0
    penalty: float = 0.0
    marks: dict = field(default_factory=dict)
    comments: dict = field(default_factory=dict)

    @property
    def raw(self):
        """Points reached, before the penalty."""
        return sum(mark.reached for mark in self.marks.values())

    @property
    def score(self):
        """Points reached; a penalty takes none that were not there."""
        return max(0.0, self.raw - self.penalty)

    @property
    def is_waiting(self):
        """Whether a person has still to look at part of it."""
        return any(mark.is_waiting for mark in self.marks.values())


@dataclass(frozen=True)
class Marks:
    """An assignment in the gradebook.

    Parameters
    ----------
    assignment : str
    duedate : datetime or None
    cells : dict of tuple of str to float
        Points possible, by notebook and cell.
    people : dict of str to Person
        Everybody in the gradebook, with or without a submission.
    submissions : dict of str to Submission
        By student.
    """

    assignment: str
    duedate: datetime | None
    cells: dict
    people: dict
    submissions: dict

    @property
    def possible(self):
        """The points of the whole assignment."""
        return sum(self.cells.values())


class NotInGradebook(LookupError):  # noqa: N818, the name says what happened
    """The gradebook knows no such assignment."""


def read_marks(coursedir, assignment):
    """Read what the gradebook holds about an assignment.

    Parameters
    ----------
    coursedir : nbgrader.coursedir.CourseDirectory
    assignment : str

    Returns
    -------
    marks : Marks

    Raises
    ------
    NotInGradebook
        If it was never generated here.
    """
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        return marks_in(gradebook, assignment)


def marks_in(gradebook, assignment):
    """Read an assignment from a gradebook that is open; as `read_marks`."""
    db = gradebook.db
    found = db.execute(
        select(Assignment.id, Assignment.duedate).where(Assignment.name == assignment)
    ).first()
    if found is None:
        raise NotInGradebook(
            f"the gradebook knows no {assignment}: cnncourse release {assignment} makes it known"
        )
    identity, duedate = found
    names, cells = _cells(db, identity)
    submissions = _submissions(db, identity, duedate)
    owners = _notebooks(db, identity, submissions)
    of_this = (
        SubmittedAssignment.id == SubmittedNotebook.assignment_id,
        SubmittedAssignment.assignment_id == identity,
    )
    grades = select(Grade.notebook_id, Grade.cell_id, Grade.score, Grade.needs_manual_grade)
    for row in db.execute(grades.where(Grade.notebook_id == SubmittedNotebook.id, *of_this)):
        key = names[row.cell_id]
        mark = Mark(row.score, cells.get(key, 0.0), bool(row.needs_manual_grade))
        owners[row.notebook_id].marks[key] = mark
    comments = select(Comment.notebook_id, Comment.cell_id, Comment.comment)
    for row in db.execute(comments.where(Comment.notebook_id == SubmittedNotebook.id, *of_this)):
        if row.comment:
            owners[row.notebook_id].comments[names[row.cell_id]] = row.comment
    by_student = dict(submissions.values())
    return Marks(assignment, duedate, cells, people_in(gradebook), by_student)


def people_in(gradebook):
    """Read who is in a gradebook.

    Returns
    -------
    people : dict of str to Person
        By the student's name in nbgrader.
    """
    columns = (Student.first_name, Student.last_name, Student.email, Student.lms_user_id)
    rows = gradebook.db.execute(select(Student.id, *columns).order_by(Student.id))
    return {row[0]: Person(*(value or "" for value in row[1:])) for row in rows}


def _cells(db, identity):
    """Name the cells of an assignment by their ids, and give the points of those with any."""
    table, notebooks = BaseCell.__table__, Notebook.__table__
    rows = db.execute(
        select(table.c.id, notebooks.c.name, table.c.name)
        .join(notebooks, table.c.notebook_id == notebooks.c.id)
        .where(notebooks.c.assignment_id == identity)
    )
    names = {row[0]: (row[1], row[2]) for row in rows}
    cells = {}
    for kind in (GradeCell.__table__, TaskCell.__table__):
        rows = db.execute(
            select(kind.c.id, kind.c.max_score)
            .join(table, table.c.id == kind.c.id)
            .join(notebooks, table.c.notebook_id == notebooks.c.id)
            .where(notebooks.c.assignment_id == identity)
        )
        cells |= {names[row[0]]: row[1] or 0.0 for row in rows}
    return names, dict(sorted(cells.items()))


def _submissions(db, identity, duedate):
    columns = (
        SubmittedAssignment.id,
        SubmittedAssignment.student_id,
        SubmittedAssignment.timestamp,
        SubmittedAssignment.extension,
    )
    rows = db.execute(select(*columns).where(SubmittedAssignment.assignment_id == identity))
    return {
        row.id: (row.student_id, Submission(row.timestamp, _late(row, duedate))) for row in rows
    }


def _late(row, duedate):
    if row.timestamp is None or duedate is None:
        return 0.0
    allowed = duedate + (row.extension or timedelta())
    return max(0.0, (row.timestamp - allowed).total_seconds())


def _notebooks(db, identity, submissions):
    """Find the submission that each submitted notebook belongs to; add up the penalties."""
    rows = db.execute(
        select(
            SubmittedNotebook.id,
            SubmittedNotebook.assignment_id,
            SubmittedNotebook.late_submission_penalty,
        ).where(
            SubmittedNotebook.assignment_id == SubmittedAssignment.id,
            SubmittedAssignment.assignment_id == identity,
        )
    )
    owners = {}
    for row in rows:
        owners[row.id] = submissions[row.assignment_id][1]
        owners[row.id].penalty += row.late_submission_penalty or 0.0
    return owners
