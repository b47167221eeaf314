"""A class and an assignment at a glance: where points were lost, and by which mistakes."""

import hashlib
import re
from dataclasses import dataclass, field

from cnncourse.collect import NOT_WRITTEN
from cnncourse.grading.graded import notebook_paths, read_notebook, verdicts_in
from cnncourse.grading.judge import PREFIX
from cnncourse.grading.marks import read_marks
from cnncourse.grading.run.result import Failure

_LINE = re.compile(r", in line \d+: `.*", re.DOTALL)  # a student's own line is no group


@dataclass
class ExerciseLine:
    """How a class did in one exercise, or in one cell that a person judges.

    Parameters
    ----------
    name : str
    possible : float
        Points.
    reached : dict of str to float
        Points of every student who was graded.
    not_written : list of str
        Students who left it as it was released.
    """

    name: str
    possible: float
    reached: dict = field(default_factory=dict)
    not_written: list = field(default_factory=list)

    @property
    def mean_lost(self):
        """Points lost, on average over those who were graded."""
        if not self.reached:
            return 0.0
        return self.possible - sum(self.reached.values()) / len(self.reached)

    @property
    def num_full(self):
        """How many reached all points."""
        return sum(points >= self.possible for points in self.reached.values())


@dataclass
class MistakeLine:
    """A known mistake and the students who made it."""

    exercise: str
    mistake: str
    hint: str
    section: str
    students: list = field(default_factory=list)


@dataclass
class UnnamedLine:
    """A failure that no known mistake explains: what was said of it, and where it showed."""

    exercise: str
    summary: str
    claims: set = field(default_factory=set)
    students: list = field(default_factory=list)


@dataclass
class ClassReport:
    """What is known about a class and an assignment.

    Parameters
    ----------
    assignment : str
    possible : float
        Points of the whole assignment.
    submissions : dict of str to Submission
        Of those who were graded.
    exercises : list of ExerciseLine
        In the assignment's order.
    mistakes : list of MistakeLine
        Those of most students first.
    unnamed : list of UnnamedLine
        The same.
    seconds : dict of str to float
        How long each submission ran, where that is known.
    problems : dict of str to list of str
        What was unusual about a submission, or happened when it ran.
    not_graded : list of Failure
    waiting, missing : list of str
        Students whose work is not graded yet, and those who handed in none.
    """

    assignment: str
    possible: float
    submissions: dict = field(default_factory=dict)
    exercises: list = field(default_factory=list)
    mistakes: list = field(default_factory=list)
    unnamed: list = field(default_factory=list)
    seconds: dict = field(default_factory=dict)
    problems: dict = field(default_factory=dict)
    not_graded: list = field(default_factory=list)
    waiting: list = field(default_factory=list)
    missing: list = field(default_factory=list)

    @property
    def scores(self):
        """Points of every student who was graded, penalties taken off."""
        return {student: one.score for student, one in self.submissions.items()}

    @property
    def late(self):
        """Students who handed in late, the latest first."""
        late = [(s, one) for s, one in self.submissions.items() if one.seconds_late]
        return sorted(late, key=lambda pair: -pair[1].seconds_late)

    @property
    def by_hand(self):
        """Students of whose work a person has still to judge a part."""
        return [student for student, one in self.submissions.items() if one.is_waiting]


def gather(classroom, assignment):
    """Read the gradebook, the records and the verdicts of an assignment.

    A student counts while what they handed in is there: who was removed from the class is not
    in the report, though the gradebook may remember them.

    Parameters
    ----------
    classroom : Classroom
    assignment : str

    Returns
    -------
    report : ClassReport
    """
    marks = read_marks(classroom.coursedir, assignment)
    handed_in = classroom.students(assignment)
    records = classroom.records(assignment)
    rejected = {
        student: Failure(student, assignment, record.rejected)
        for student, record in records.items()
        if record.rejected
    }
    paths = notebook_paths(classroom.coursedir, assignment)
    graded = [
        student
        for student in handed_in
        if student in paths and student in marks.submissions and student not in rejected
    ]
    report = ClassReport(
        assignment,
        marks.possible,
        submissions={student: marks.submissions[student] for student in graded},
        not_graded=[rejected[student] for student in handed_in if student in rejected],
        waiting=[s for s in handed_in if s not in graded and s not in rejected],
        missing=sorted(set(marks.people) - set(handed_in)),
    )
    _add_runs(report, records)
    verdicts, order = _read_verdicts(paths, graded)
    _add_exercises(report, marks, verdicts, order)
    _add_mistakes(report, verdicts)
    return report


def anonymous(report):
    """Replace the students' names in a report by numbers, in an order that tells nothing.

    Returns
    -------
    report : ClassReport
        Only messages that a submission itself gave rise to may still hold a name.
    """
    everybody = {
        *report.submissions,
        *(one.student for one in report.not_graded),
        *report.waiting,
        *report.missing,
    }
    shuffled = sorted(everybody, key=lambda s: hashlib.sha256(s.encode()).hexdigest())
    width = len(str(len(shuffled)))
    names = {student: f"student {n:0{width}}" for n, student in enumerate(shuffled, start=1)}
    return _renamed(report, names)


def _renamed(report, names):
    def keys(mapping):
        return {names[student]: value for student, value in mapping.items()}

    def each(students):
        return sorted(names[student] for student in students)

    return ClassReport(
        report.assignment,
        report.possible,
        keys(report.submissions),
        [
            ExerciseLine(one.name, one.possible, keys(one.reached), each(one.not_written))
            for one in report.exercises
        ],
        [
            MistakeLine(one.exercise, one.mistake, one.hint, one.section, each(one.students))
            for one in report.mistakes
        ],
        [
            UnnamedLine(one.exercise, one.summary, one.claims, each(one.students))
            for one in report.unnamed
        ],
        keys(report.seconds),
        keys(report.problems),
        [
            type(one)(names[one.student], one.assignment, one.reason, one.fault)
            for one in report.not_graded
        ],
        each(report.waiting),
        each(report.missing),
    )


def _add_runs(report, records):
    for student in report.submissions:
        record = records.get(student)
        runs = [run for run in record.run.values() if "seconds" in run] if record else []
        if runs:
            report.seconds[student] = sum(run["seconds"] for run in runs)
        if record and record.problems:
            report.problems[student] = list(record.problems)


def _read_verdicts(paths, students):
    """Read the verdicts of some students, and the order of the graded cells."""
    verdicts, order = {}, {}
    for student in students:
        found = {}
        for path in paths[student]:
            notebook = read_notebook(path)
            found |= {(path.stem, name): one for name, one in verdicts_in(notebook).items()}
            if len(order) < len(found) or path.stem not in {key[0] for key in order}:
                order |= dict.fromkeys(_graded_cells(path.stem, notebook))
        verdicts[student] = found
    return verdicts, list(order)


def _graded_cells(name, notebook):
    roles = [cell["metadata"].get("nbgrader") or {} for cell in notebook["cells"]]
    return [(name, role["grade_id"]) for role in roles if role.get("grade") or role.get("task")]


def _add_exercises(report, marks, verdicts, order):
    ranks = {key: rank for rank, key in enumerate(order)}
    for key in sorted(marks.cells, key=lambda key: (ranks.get(key, len(ranks)), key)):
        line = ExerciseLine(key[1].removeprefix(PREFIX), marks.cells[key])
        for student, submission in report.submissions.items():
            if key in submission.marks:
                line.reached[student] = submission.marks[key].reached
            verdict = verdicts[student].get(key)
            failure = verdict and verdict.first_failure
            if failure and failure.summary == NOT_WRITTEN:
                line.not_written.append(student)
        report.exercises.append(line)


def _add_mistakes(report, verdicts):
    mistakes, unnamed = {}, {}
    for student, found in verdicts.items():
        for verdict in found.values():
            named = {r.mistake: r for r in verdict.results if r.mistake}
            for mistake, result in named.items():
                line = MistakeLine(verdict.exercise, mistake, result.hint, result.section)
                mistakes.setdefault((verdict.exercise, mistake), line).students.append(student)
            failure = verdict.first_failure
            if failure and not named and failure.summary != NOT_WRITTEN:
                summary = _LINE.sub("", failure.summary)
                line = UnnamedLine(verdict.exercise, summary)
                line = unnamed.setdefault((verdict.exercise, summary), line)
                line.students.append(student)
                line.claims.add(failure.claim)
    report.mistakes = _most_first(mistakes)
    report.unnamed = _most_first(unnamed)


def _most_first(lines):
    return [lines[key] for key in sorted(lines, key=lambda key: (-len(lines[key].students), key))]
