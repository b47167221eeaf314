"""The command line: ``cnncourse ...``, for instructors."""

from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help=__doc__, add_completion=False)
console = Console()

Assignments = Annotated[
    list[str] | None, typer.Argument(help="Names of assignments; all of them if none is named.")
]
Force = Annotated[bool, typer.Option("--force", help="Do again what is up to date, too.")]


@app.command()
def release(assignments: Assignments = None):
    """Generate exercises/ from solutions/."""
    classroom, names = _open(assignments)
    _finish(classroom.release(names))


@app.command()
def demo():
    """Make a class of 20 simulated students and hand in their work."""
    classroom, names = _open(None)
    from cnncourse.grading.demo import RealClass, hand_in

    try:
        count = hand_in(classroom, names)
    except RealClass as error:
        raise _stop(str(error)) from None
    console.print(f"demo: {count} submissions new or changed")


@app.command()
def grade(assignments: Assignments = None, force: Force = False):
    """Autograde what was handed in, and write the feedback pages."""
    classroom, names = _open(assignments)
    failures = classroom.grade(names, force=force)
    _finish(failures + classroom.feedback(names, force=force, without=failures))


@app.command()
def scoreboard(assignments: Assignments = None):
    """Print the points of the class and the mistakes that were named."""
    from cnncourse.grading.scoreboard import read, tables

    classroom, names = _open(assignments)
    for table in tables(read(classroom, names), names):
        console.print(table)


def _open(assignments):
    # nbgrader takes seconds to import: only here, so that `--help` answers at once.
    try:
        from cnncourse.grading.classroom import Classroom, NoCourse
    except ModuleNotFoundError as error:
        package = error.name.partition(".")[0]
        raise _stop(f"grading needs {package}: pip install '.[grade]'") from None
    try:
        classroom = Classroom(console)
    except NoCourse as error:
        raise _stop(str(error)) from None
    known = classroom.assignments()
    unknown = set(assignments or ()) - set(known)
    if unknown:
        raise _stop(f"no assignment {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    return classroom, assignments or known


def _finish(failures):
    for failure in failures:
        _say_in_red(f"{failure.assignment} of {failure.student}: {failure.reason}")
    if failures:
        raise typer.Exit(1)


def _stop(message):
    _say_in_red(message)
    return typer.Exit(2)


def _say_in_red(message):
    # Brackets in a message are its own, not rich's.
    console.print(message, style="red", markup=False)
