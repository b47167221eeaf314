"""What leaves the gradebook: feedback, a scoreboard, the class report, exports."""

from pathlib import Path
from typing import Annotated

import typer

from cnncourse.cli.base import (
    Assignments,
    Force,
    app,
    console,
    finish,
    open_course,
    refuse_unknown,
    stop,
)


@app.command()
def feedback(assignments: Assignments = None, force: Force = False):
    """Write the feedback pages of what was graded since."""
    classroom, names = open_course(assignments)
    finish(classroom.feedback(names, force=force, without=classroom.not_graded(names)))


@app.command()
def scoreboard(assignments: Assignments = None):
    """Print the points of the class and the mistakes that were named."""
    from cnncourse.grading.class_report.scoreboard import read, tables

    classroom, names = open_course(assignments)
    names = [name for name in names if assignments or classroom.students(name)]
    for table in tables(read(classroom, names), names):
        console.print(table)


@app.command()
def report(
    assignments: Assignments = None,
    output: Annotated[
        Path | None, typer.Option(help="A folder; classroom/reports by default.")
    ] = None,
    anonymous: Annotated[
        bool, typer.Option("--anonymous", help="Numbers in the place of students' names.")
    ] = False,
):
    """Write the class report: scores, points lost, mistakes, what could not be graded."""
    from cnncourse.grading import class_report, marks

    classroom, names = open_course(assignments)
    for name in names if assignments else filter(classroom.students, names):
        try:
            found = class_report.gather(classroom, name)
        except marks.NotInGradebook as error:
            raise stop(str(error)) from None
        from cnncourse.grading.class_report.page import write_report

        folder = (output or classroom.folder / "reports") / name
        page = write_report(class_report.anonymous(found) if anonymous else found, folder)
        console.print(f"report: {page}", markup=False, soft_wrap=True)


@app.command()
def export(
    assignments: Assignments = None,
    form: Annotated[
        str, typer.Option("--format", help="csv, canvas, moodle or gradescope.")
    ] = "csv",
    output: Annotated[
        Path | None, typer.Option(help="A file, for Gradescope a folder; classroom/exports.")
    ] = None,
    roster: Annotated[Path | None, typer.Option(help="CSV that says who is who.")] = None,
    missing_as_zero: Annotated[
        bool, typer.Option("--missing-as-zero", help="0 where nothing was handed in.")
    ] = False,
):
    """Write the grades for a spreadsheet or a learning platform."""
    from cnncourse.grading.exports import FORMATS

    refuse_unknown([form], list(FORMATS), "format")
    classroom, names = open_course(assignments)
    from cnncourse.grading.exports import command

    try:
        names = names if assignments else list(filter(classroom.students, names))
        done = command.export(classroom, names, form, output, roster, missing_as_zero)
    except command.STOPS as error:
        raise stop(str(error)) from None
    for remark in done.remarks:
        console.print(remark, style="yellow", markup=False)
    for path in done.written:
        console.print(f"export: {path}", markup=False, soft_wrap=True)
