"""The command line: ``cnncourse ...``, for instructors."""

import json
from pathlib import Path
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


@app.command()
def audit(
    assignments: Assignments = None,
    seeds: Annotated[int, typer.Option(help="How many times to draw the cases.", min=1)] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of a table.")
    ] = False,
):
    """Prove the checks: every known mistake caught and named, every right way accepted."""
    try:
        from cnncourse.audit import audit_all, table
    except ModuleNotFoundError as error:
        raise _stop_without(error) from None
    from cnncourse.catalogue.contents import CONTENTS

    _refuse_unknown(assignments, list(CONTENTS))
    audits = []
    with console.status("audit") as status:
        for one in audit_all(Path(), assignments, seeds=[f"audit {n}" for n in range(seeds)]):
            audits.append(one)
            status.update(f"audit: {one.exercise}, {len(audits)} exercises done")
    if as_json:
        console.print_json(json.dumps([one.as_dict() for one in audits]))
    else:
        console.print(table(audits))
        for one in audits:
            for problem in one.problems:
                _say_in_red(f"{one.exercise}: {problem}")
    if not all(one.passed for one in audits):
        raise typer.Exit(1)


def _open(assignments):
    # nbgrader takes seconds to import: only here, so that `--help` answers at once.
    try:
        from cnncourse.grading.classroom import Classroom, NoCourse
    except ModuleNotFoundError as error:
        raise _stop_without(error) from None
    try:
        classroom = Classroom(console)
    except NoCourse as error:
        raise _stop(str(error)) from None
    known = classroom.assignments()
    _refuse_unknown(assignments, known)
    return classroom, assignments or known


def _refuse_unknown(assignments, known):
    unknown = set(assignments or ()) - set(known)
    if unknown:
        raise _stop(f"no assignment {', '.join(sorted(unknown))}; there are: {', '.join(known)}")


def _stop_without(error):
    package = error.name.partition(".")[0]
    return _stop(f"grading needs {package}: pip install '.[grade]'")


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
