"""Does it hold what it promises: the room (`doctor`), and the checks (`audit`)."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cnncourse.cli.base import (
    Assignments,
    app,
    console,
    refuse_unknown,
    say_in_red,
    stop,
    stop_without,
)


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
        raise stop_without(error) from None
    try:
        rung, findings = doctor.examine(require=require)
    except (NoRoom, ValueError) as error:
        raise stop(str(error)) from None
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
        raise stop_without(error) from None
    from cnncourse.catalogue.contents import CONTENTS

    refuse_unknown(assignments, list(CONTENTS))
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
                say_in_red(f"{one.exercise}: {problem}")
    if not all(one.passed for one in audits):
        raise typer.Exit(1)
