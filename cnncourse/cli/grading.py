"""From the sources of the assignments to grades: release, collect a demo class, grade, replay."""

from typing import Annotated

import typer

from cnncourse.cli.base import (
    Assignments,
    Force,
    app,
    console,
    exit_with,
    finish,
    open_course,
    stop,
)

DemoAssignments = Annotated[
    list[str] | None,
    typer.Argument(
        help="Names of assignments; the three with invented mistakes if none is named."
    ),
]


@app.command()
def release(assignments: Assignments = None):
    """Generate exercises/ from solutions/."""
    classroom, names = open_course(assignments)
    finish(classroom.release(names))


@app.command()
def demo(assignments: DemoAssignments = None):
    """Make a class of 20 simulated students and hand in their work."""
    classroom, names = open_course(assignments)
    from cnncourse.grading.demo import ASSIGNMENTS, RealClass, hand_in

    try:
        count = hand_in(classroom, names if assignments else ASSIGNMENTS)
    except RealClass as error:
        raise stop(str(error)) from None
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
    from cnncourse.grading.run import command

    try:
        options = command.Options(
            student, force, workers, scheduler, time_limit, memory_limit, require_sandbox
        )
        with command.early_workers(options) as pool:
            classroom, names = open_course(assignments)
            grading = command.grade(classroom, names, options, pool)
            if feedback and not grading.interrupted:
                grading.failures += classroom.feedback(names, without=grading.failures)
    except command.STOPS as error:
        raise stop(str(error)) from None
    exit_with(command.tell(console, grading, as_json=as_json))


@app.command()
def replay(
    assignment: Annotated[str, typer.Argument(help="Name of the assignment.")],
    student: Annotated[str, typer.Argument(help="Whose answers to judge once more.")],
):
    """Show the graded cases of one student with all numbers, for a complaint."""
    from cnncourse.grading.run import command

    classroom, _ = open_course([assignment])
    try:
        reports = command.replay(classroom, assignment, student)
    except command.Stopped as error:
        raise stop(str(error)) from None
    for text in reports.values():
        console.print(text, markup=False, highlight=False)
