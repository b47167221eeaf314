"""How fast is it: ``cnncourse bench ...``, one command for each thing that is measured."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cnncourse.cli.base import app, console, refuse_unknown, stop, stop_without

bench = typer.Typer(no_args_is_help=True, help="Measure how fast the course itself is.")
app.add_typer(bench, name="bench")


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
    refuse_unknown(names, list(table.LAYERS), "layer")
    refuse_unknown(dtypes, ["float32", "float64"], "dtype")
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
        raise stop_without(error) from None
    if not all(part.isdecimal() and int(part) for part in students.split(",")):
        raise stop(f"--students takes numbers such as 20,200; {students!r} is none")
    with console.status("bench") as status:
        counts = [int(part) for part in students.split(",")]
        result = grading.measure(Path(), counts, progress=status.update)
    if as_json:
        typer.echo(json.dumps(result, indent=1))
    else:
        for table in grading.tables(result):
            console.print(table)
