"""A class at a glance: points, and the mistakes that were named."""

import contextlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from rich.markup import escape
from rich.table import Table

from cnncourse.collect import NOT_WRITTEN
from cnncourse.grading.class_report import gather
from cnncourse.grading.marks import NotInGradebook


@dataclass
class Scoreboard:
    """What a class reached.

    Parameters
    ----------
    points : dict of str to dict of str to tuple of float
        For each student and assignment, points reached and points possible.
    mistakes : Counter
        How many students made a mistake, by (exercise, mistake).
    unnamed : Counter
        How many failed in a way that no known mistake explains, by (exercise, summary).
    not_graded : list of Failure
        Submissions that could not be graded, and why.
    """

    points: dict = field(default_factory=lambda: defaultdict(dict))
    mistakes: Counter = field(default_factory=Counter)
    unnamed: Counter = field(default_factory=Counter)
    not_graded: list = field(default_factory=list)


def read(classroom, assignments):
    """Read the gradebook and the verdicts in the autograded notebooks.

    Who was removed from the class is not counted, though the gradebook may remember them.

    Parameters
    ----------
    classroom : Classroom
    assignments : list of str

    Returns
    -------
    scoreboard : Scoreboard
    """
    board = Scoreboard()
    for assignment in assignments:
        with contextlib.suppress(NotInGradebook):  # nothing of it was ever graded
            _add(board, gather(classroom, assignment))
    return board


def _add(board, report):
    board.not_graded += report.not_graded
    for student, score in report.scores.items():
        board.points[student][report.assignment] = (score, report.possible)
    for line in report.mistakes:
        board.mistakes[line.exercise, line.mistake] += len(line.students)
    for line in report.unnamed:
        board.unnamed[line.exercise, line.summary] += len(line.students)
    for line in report.exercises:
        if line.not_written:
            board.unnamed[line.name, NOT_WRITTEN] += len(line.not_written)


def tables(board, assignments):
    """Draw a scoreboard for the terminal.

    Returns
    -------
    tables : list of rich.table.Table
    """
    drawn = [_points_table(board, assignments), _mistakes_table(board)]
    return [*drawn, _failures_table(board)] if board.not_graded else drawn


def _points_table(board, assignments):
    table = Table(title="Points", title_justify="left")
    table.add_column("student")
    for assignment in assignments:
        table.add_column(assignment, justify="right")
    table.add_column("total", justify="right")
    table.add_column("")
    for student, row in sorted(
        board.points.items(), key=lambda item: (-_total(item[1])[0], item[0])
    ):
        reached, possible = _total(row)
        cells = [f"{row[a][0]:g} / {row[a][1]:g}" if a in row else "-" for a in assignments]
        share = reached / possible if possible else 0.0
        table.add_row(
            escape(student), *cells, f"{reached:g} / {possible:g}", "█" * round(20 * share)
        )
    return table


def _mistakes_table(board):
    table = Table(title="What went wrong", title_justify="left")
    table.add_column("students", justify="right")
    table.add_column("exercise")
    table.add_column("named mistake, or what failed")
    rows = [(count, *key, "") for key, count in board.mistakes.items()]
    rows += [(c, *key, "dim") for key, c in board.unnamed.items() if key[1] != NOT_WRITTEN]
    unwritten = sum(c for (_, what), c in board.unnamed.items() if what == NOT_WRITTEN)
    table.caption = f"{unwritten} exercises of the class are not written yet"
    table.caption_justify = "left"
    for count, exercise, what, style in sorted(
        rows, key=lambda row: (bool(row[3]), -row[0], row[1:])
    ):
        table.add_row(str(count), exercise, escape(what), style=style)
    return table


def _failures_table(board):
    table = Table(title="Not graded", title_justify="left")
    table.add_column("student")
    table.add_column("assignment")
    table.add_column("why")
    for failure in board.not_graded:
        table.add_row(escape(failure.student), failure.assignment, escape(failure.reason))
    return table


def _total(row):
    return sum(score for score, _ in row.values()), sum(most for _, most in row.values())
