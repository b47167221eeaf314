"""The app that the commands hang on, the options they share, and how a command ends."""

from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(
    no_args_is_help=True,
    help="The command line: ``cnncourse ...``, for instructors.",
    add_completion=False,
)
console = Console()

Assignments = Annotated[
    list[str] | None, typer.Argument(help="Names of assignments; all of them if none is named.")
]
Force = Annotated[bool, typer.Option("--force", help="Do again what is up to date, too.")]


def open_course(assignments):
    """Open the course in the current folder.

    Parameters
    ----------
    assignments : list of str or None
        Those that were named on the command line.

    Returns
    -------
    classroom : Classroom
    names : list of str
        The assignments that were named; all there are if none was.

    Raises
    ------
    typer.Exit
        If there is no course, no nbgrader, or no such assignment; it has been said.
    """
    # nbgrader takes seconds to import: only here, so that `--help` answers at once.
    try:
        from cnncourse.grading.classroom import Classroom, NoCourse
    except ModuleNotFoundError as error:
        raise stop_without(error) from None
    try:
        classroom = Classroom(console)
    except NoCourse as error:
        raise stop(str(error)) from None
    known = classroom.assignments()
    refuse_unknown(assignments, known)
    return classroom, assignments or known


def refuse_unknown(names, known, kind="assignment"):
    """Stop at a name that does not exist, and say which do."""
    unknown = set(names or ()) - set(known)
    if unknown:
        raise stop(f"no {kind} {', '.join(sorted(unknown))}; there are: {', '.join(known)}")


def stop_without(error):
    """Say how to get a package that is missing; raise what this returns."""
    package = error.name.partition(".")[0]
    return stop(f"grading needs {package}: pip install '.[grade]'")


def stop(message):
    """Say why the command cannot begin; raise what this returns."""
    say_in_red(message)
    return typer.Exit(2)


def finish(failures):
    """Name what failed, and end with 1 if anything did."""
    for failure in failures:
        say_in_red(f"{failure.assignment} of {failure.student}: {failure.reason}")
    exit_with(1 if failures else 0)


def exit_with(code):
    """End with a code; 0 just goes on to the end."""
    if code:
        raise typer.Exit(code)


def say_in_red(message):
    """Print an error; brackets in it are its own, not rich's."""
    console.print(message, style="red", markup=False)
