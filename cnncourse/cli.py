"""The command line: ``cnncourse ...``, for instructors."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

app = typer.Typer(no_args_is_help=True, help=__doc__, add_completion=False)
bench = typer.Typer(no_args_is_help=True, help="Measure how fast the course itself is.")
app.add_typer(bench, name="bench")
console = Console()

Assignments = Annotated[
    list[str] | None, typer.Argument(help="Names of assignments; all of them if none is named.")
]
DemoAssignments = Annotated[
    list[str] | None,
    typer.Argument(
        help="Names of assignments; the three with invented mistakes if none is named."
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Do again what is up to date, too.")]


@app.command()
def release(assignments: Assignments = None):
    """Generate exercises/ from solutions/."""
    classroom, names = _open(assignments)
    _finish(classroom.release(names))


@app.command()
def demo(assignments: DemoAssignments = None):
    """Make a class of 20 simulated students and hand in their work."""
    classroom, names = _open(assignments)
    from cnncourse.grading.demo import ASSIGNMENTS, RealClass, hand_in

    try:
        count = hand_in(classroom, names if assignments else ASSIGNMENTS)
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
    names = [name for name in names if assignments or classroom.students(name)]
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


@bench.command()
def layers(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    shapes: Annotated[str, typer.Option(help="Layers to time, ID,ID; all by default.")] = "",
    repeats: Annotated[int, typer.Option(help="Rounds of readings.", min=1)] = 7,
    dtype: Annotated[str, typer.Option(help="float32, float64, or both.")] = "both",
    threads: Annotated[int, typer.Option(help="For PyTorch and for NumPy.", min=1)] = 2,
    output: Annotated[Path | None, typer.Option(help="A file for the JSON, too.")] = None,
    keep_guess: Annotated[
        bool, typer.Option("--keep-guess", help="Let OpenBLAS guess the processor.")
    ] = False,
):
    """Time convolutions in NumPy against PyTorch's, layer by layer."""
    from cnncourse.bench import layers, machine, report, table, ways

    names = shapes.split(",") if shapes else list(table.LAYERS)
    dtypes = ["float32", "float64"] if dtype == "both" else [dtype]
    _refuse_unknown(names, list(table.LAYERS), "layer")
    _refuse_unknown(dtypes, ["float32", "float64"], "dtype")
    guess = None if keep_guess else machine.underestimated()
    if guess:
        typer.echo(f"OpenBLAS guessed {guess}: again, told {machine.BEST}", err=True)
        machine.start_again()
    known = ways.ours() + ways.ladder(Path("solutions/08_fast/08_fast.ipynb"))
    with console.status("bench") as status:
        result = layers.measure(
            known, names, dtypes, repeats=repeats, threads=threads, progress=status.update
        )
    text = json.dumps(result, indent=1)
    if output:
        output.write_text(text + "\n")
    if as_json:
        typer.echo(text)
    else:
        wide = Console(width=max(console.width, 112))  # a cut number is worse than a broken line
        wide.print(report.summary(result), highlight=False)
        for one in report.tables(result):
            wide.print(one)
    for problem in report.problems(result):
        typer.echo(problem, err=True)


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


def _refuse_unknown(names, known, kind="assignment"):
    unknown = set(names or ()) - set(known)
    if unknown:
        raise _stop(f"no {kind} {', '.join(sorted(unknown))}; there are: {', '.join(known)}")


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
