"""Time `cnncourse grade` against plain nbgrader: whole commands, on the same students."""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
from rich.table import Table

from cnncourse.bench import conventional, machine
from cnncourse.grading.demo import write_class

ASSIGNMENT = "04_convolution"
MEASURED = 20  # students whom nbgrader really grades; it takes a minute
NAME = f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb"


def measure(root, counts, *, progress=lambda text: None):
    """Grade classes of several sizes, and the first of them by plain nbgrader, too.

    Parameters
    ----------
    root : Path
        The course's folder.
    counts : list of int
        Students.
    progress : callable
        Told what is under way.

    Returns
    -------
    result : dict
        JSON serialisable; seconds by the clock, bytes of memory.
    """
    with tempfile.TemporaryDirectory(prefix="bench-grading-") as folder:
        ours, theirs = Path(folder, "ours"), Path(folder, "theirs")
        _make_ours(root, ours)
        _make_theirs(ours, theirs)
        progress(f"nbgrader, {MEASURED} students")
        plain = _plain(theirs, ours)
        runs = []
        for count in counts:
            progress(f"cnncourse, {count} students")
            runs.append(_sealed(ours, count))
    return {
        "machine": {"processor": machine.processor(), "cores": os.cpu_count()},
        "load": machine.load(),
        "nbgrader": plain,
        "cnncourse": runs,
        "ratios": [_ratio(plain, run) for run in runs],
    }


def _ratio(plain, run):
    """Compare; beyond the students whom nbgrader graded, its cost for each is extrapolated."""
    theirs = plain["start"] + plain["each"] * run["students"]
    return {
        "students": run["students"],
        "nbgrader": theirs,
        "extrapolated": run["students"] != plain["students"],
        "whole_command": theirs / run["wall"],
        "throughput": plain["each"] / (run["wall"] / run["students"]),
    }


def _make_ours(root, course):
    shutil.copytree(root / "solutions" / ASSIGNMENT, course / "solutions" / ASSIGNMENT)
    shutil.copy(root / "nbgrader_config.py", course)
    _run(course, _command("cnncourse"), "release")


def _make_theirs(ours, course):
    source = nbformat.read(ours / "solutions" / NAME, as_version=4)
    path = course / "source" / NAME
    path.parent.mkdir(parents=True)
    nbformat.write(conventional.convert(source), path)
    (course / "nbgrader_config.py").write_text(conventional.CONFIG)
    _run(course, _command("nbgrader"), "generate_assignment", ASSIGNMENT)


def _plain(course, ours):
    """Time nbgrader's own autograde; what it takes to begin is measured by itself."""
    write_class(
        ours / "solutions" / NAME, course / "release" / NAME, course / "submitted", MEASURED
    )
    start = statistics.median(
        _run(course, _command("nbgrader"), "autograde", "--version")["wall"] for _ in range(3)
    )
    run = _run(course, _command("nbgrader"), "autograde", ASSIGNMENT)
    each = (run["wall"] - start) / MEASURED
    return {"students": MEASURED, **run, "start": start, "each": each}


def _sealed(course, count):
    """Time `cnncourse grade`, a class that was never graded."""
    shutil.rmtree(course / "classroom", ignore_errors=True)
    _run(course, _command("cnncourse"), "release")
    submitted = course / "classroom" / "submitted"
    write_class(course / "solutions" / NAME, course / "exercises" / NAME, submitted, count)
    run = _run(course, _command("cnncourse"), "grade", ASSIGNMENT, "--json")
    told = json.loads(run.pop("said").splitlines()[-1])
    if told["graded"] != count:
        raise RuntimeError(f"{told['graded']} of {count} were graded: {told['not_graded'][:3]}")
    seconds = told["seconds"]
    start = run["wall"] - seconds["wall"] + seconds["first"]
    return {
        "students": count,
        **run,
        "memory": told["memory"],
        "start": start,
        "each": (run["wall"] - start) / count,
        "breakdown": {
            name: seconds[name] / count for name in ("prepare", "run", "judge", "write")
        },
    }


def _command(name):
    return Path(sys.executable).with_name(name)


def _run(folder, *command):
    """Run a command to its end, and time it by the clock."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    begin = time.perf_counter()
    run = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    wall = time.perf_counter() - begin
    if run.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} failed: {run.stderr[-2000:]}")
    return {"wall": wall} | ({"said": run.stdout} if "--json" in command else {})


def tables(result):
    """Lay out what `measure` found.

    Returns
    -------
    tables : list of rich.table.Table
    """
    ratio = Table(title="Whole command, seconds by the clock", title_justify="left")
    for name in (
        "students",
        "nbgrader",
        "cnncourse",
        "times as fast",
        "throughput",
        "memory",
    ):
        ratio.add_column(name, justify="right")
    for one, run in zip(result["ratios"], result["cnncourse"], strict=True):
        mark = " (extrapolated)" if one["extrapolated"] else ""
        ratio.add_row(
            str(one["students"]),
            f"{one['nbgrader']:.1f}{mark}",
            f"{run['wall']:.1f}",
            f"{one['whole_command']:.1f}",
            f"{one['throughput']:.1f}",
            f"{run['memory'] / 2**20:.0f} MiB",
        )
    ratio.caption = (
        "Times as fast: the whole command. Throughput: nbgrader's time a student, no start, "
        "over ours with everything."
    )
    ratio.caption_justify = "left"
    parts = Table(title="Milliseconds for a submission", title_justify="left")
    for name in ("students", "each, by the clock", "prepare", "student's code", "judge", "write"):
        parts.add_column(name, justify="right")
    for run in result["cnncourse"]:
        broken = run["breakdown"]
        cells = [run["each"], *(broken[name] for name in ("prepare", "run", "judge", "write"))]
        parts.add_row(str(run["students"]), *(f"{1000 * seconds:.0f}" for seconds in cells))
    parts.caption = "Start, once: " + ", ".join(
        f"{run['start']:.1f} s" for run in result["cnncourse"]
    )
    parts.caption_justify = "left"
    return [ratio, parts]
