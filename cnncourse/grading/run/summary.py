"""What a run of the grader says at its end."""

from rich.markup import escape
from rich.table import Table

ALL = 40  # students up to which everybody has a line


def tables(grading):
    """Draw what was graded, and what could not be.

    In a large class only those with a remark have a line of their own.

    Parameters
    ----------
    grading : Grading

    Returns
    -------
    tables : list of rich.table.Table
    """
    drawn = [_graded(grading.graded)] if grading.graded else []
    return [*drawn, _not_graded(grading.failures)] if grading.failures else drawn


def sentence(grading):
    """Say in a line what a run did.

    Parameters
    ----------
    grading : Grading

    Returns
    -------
    sentence : str
    """
    rungs = {
        run["rung"]
        for *_, record in grading.graded
        for run in record.run.values()
        if "rung" in run
    }
    parts = [f"{len(grading.graded)} graded"]
    if grading.num_judged_again:
        parts.append(f"{grading.num_judged_again} of them from the answers that were kept")
    if grading.num_up_to_date:
        parts.append(f"{grading.num_up_to_date} up to date")
    if grading.failures:
        parts.append(f"{len(grading.failures)} not graded")
    room = f"; confined by {', '.join(sorted(rungs))}" if rungs else ""
    return f"{', '.join(parts)}, in {grading.seconds['wall']:.1f} s{room}"


def _graded(graded):
    table = Table(title="Graded", title_justify="left")
    table.add_column("student")
    table.add_column("assignment")
    table.add_column("points", justify="right")
    table.add_column("remarks")
    rows = sorted(graded, key=lambda row: row[:2][::-1])
    shown = [row for row in rows if len(rows) <= ALL or row[2].problems]
    for assignment, student, record in shown:
        reached, possible = record.points
        remarks = "; ".join(record.problems)
        table.add_row(
            escape(student), assignment, f"{reached:g} / {possible:g}", escape(remarks[:300])
        )
    if len(shown) < len(rows):
        table.caption = f"and {len(rows) - len(shown)} more without a remark"
        table.caption_justify = "left"
    return table


def _not_graded(failures):
    table = Table(title="Not graded", title_justify="left")
    table.add_column("student")
    table.add_column("assignment")
    table.add_column("why")
    for failure in failures:
        table.add_row(escape(failure.student), failure.assignment, escape(failure.reason[:300]))
    return table
