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
def grade(
    assignments: Assignments = None,
    student: Annotated[
        list[str] | None, typer.Option(help="Only this student's work; may be repeated.")
    ] = None,
    force: Force = False,
    workers: Annotated[
        int | None, typer.Option(help="Processes; one a core by default.", min=1)
    ] = None,
    scheduler: Annotated[
        str | None, typer.Option(help="Address of a Dask scheduler whose workers to use.")
    ] = None,
    time_limit: Annotated[
        str | None, typer.Option(help="For a notebook, such as 90s or 5min.")
    ] = None,
    memory_limit: Annotated[str | None, typer.Option(help="For a notebook, such as 2GB.")] = None,
    require_sandbox: Annotated[
        bool, typer.Option("--require-sandbox", help="Refuse less than the strictest room.")
    ] = False,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Write the feedback pages, too.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of tables, on the last line.")
    ] = False,
):
    """Grade what was handed in and is new or changed; cut off, it goes on where it stopped."""
    from cnncourse.grading import command

    try:
        options = command.Options(
            student, force, workers, scheduler, time_limit, memory_limit, require_sandbox
        )
        with command.early_workers(options) as pool:
            classroom, names = _open(assignments)
            grading = command.grade(classroom, names, options, pool)
            if feedback and not grading.interrupted:
                grading.failures += classroom.feedback(names, without=grading.failures)
    except command.STOPS as error:
        raise _stop(str(error)) from None
    _exit(command.tell(console, grading, as_json=as_json))


@app.command()
def replay(
    assignment: Annotated[str, typer.Argument(help="Name of the assignment.")],
    student: Annotated[str, typer.Argument(help="Whose answers to judge once more.")],
):
    """Show the graded cases of one student with all numbers, for a complaint."""
    from cnncourse.grading import command

    classroom, _ = _open([assignment])
    try:
        reports = command.replay(classroom, assignment, student)
    except command.Stopped as error:
        raise _stop(str(error)) from None
    for text in reports.values():
        console.print(text, markup=False, highlight=False)


@app.command()
def feedback(assignments: Assignments = None, force: Force = False):
    """Write the feedback pages of what was graded since."""
    classroom, names = _open(assignments)
    _finish(classroom.feedback(names, force=force, without=classroom.not_graded(names)))


@app.command()
def scoreboard(assignments: Assignments = None):
    """Print the points of the class and the mistakes that were named."""
    from cnncourse.grading.scoreboard import read, tables

    classroom, names = _open(assignments)
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

    classroom, names = _open(assignments)
    for name in names if assignments else filter(classroom.students, names):
        try:
            found = class_report.gather(classroom, name)
        except marks.NotInGradebook as error:
            raise _stop(str(error)) from None
        from cnncourse.grading.report_page import write_report

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

    _refuse_unknown([form], list(FORMATS), "format")
    classroom, names = _open(assignments)
    from cnncourse.grading.exports import command

    try:
        names = names if assignments else list(filter(classroom.students, names))
        done = command.export(classroom, names, form, output, roster, missing_as_zero)
    except command.STOPS as error:
        raise _stop(str(error)) from None
    for remark in done.remarks:
        console.print(remark, style="yellow", markup=False)
    for path in done.written:
        console.print(f"export: {path}", markup=False, soft_wrap=True)


@app.command()
def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of a table.")
    ] = False,
    require: Annotated[
        str | None, typer.Option("--require-sandbox", help="The least rung, such as bubblewrap.")
    ] = None,
):
    """Try to break out of the room where students' code runs here, and say what held."""
    try:
        from cnncourse.grading.room import NoRoom, doctor
    except ModuleNotFoundError as error:
        raise _stop_without(error) from None
    try:
        rung, findings = doctor.examine(require=require)
    except (NoRoom, ValueError) as error:
        raise _stop(str(error)) from None
    if as_json:
        typer.echo(doctor.as_json(rung, findings))
    else:
        console.print(doctor.table(rung, findings))
        console.print(doctor.advice(rung, findings), markup=False)
    if any(finding.promised and not finding.held for finding in findings):
        raise typer.Exit(1)


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


@bench.command("grading")
def bench_grading(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    students: Annotated[str, typer.Option(help="Sizes of the class, N,N.")] = "20,200,2000",
):
    """Time whole runs of the grader against plain nbgrader's, on the same students."""
    try:
        from cnncourse.bench import grading
    except ModuleNotFoundError as error:
        raise _stop_without(error) from None
    if not all(part.isdecimal() and int(part) for part in students.split(",")):
        raise _stop(f"--students takes numbers such as 20,200; {students!r} is none")
    with console.status("bench") as status:
        counts = [int(part) for part in students.split(",")]
        result = grading.measure(Path(), counts, progress=status.update)
    if as_json:
        typer.echo(json.dumps(result, indent=1))
    else:
        for table in grading.tables(result):
            console.print(table)


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


def _exit(code):
    if code:
        raise typer.Exit(code)


def _stop(message):
    _say_in_red(message)
    return typer.Exit(2)


def _say_in_red(message):
    # Brackets in a message are its own, not rich's.
    console.print(message, style="red", markup=False)
