"""What an autograded notebook tells: the verdicts, and what happened while it ran."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from cnncourse.catalogue import EXERCISES
from cnncourse.grading.judge import VERDICT_MIME, exercise_of
from cnncourse.verdict import CaseResult, Verdict

_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True)
class Trouble:
    """A cell that ended in an error.

    Parameters
    ----------
    cell : int
        Its place in the notebook, from 0.
    count : int or None
        Its number as Jupyter shows it, ``In [count]``.
    what : str
        The error in a line.
    """

    cell: int
    count: int | None
    what: str


def notebook_paths(coursedir, assignment):
    """Find the autograded notebooks of an assignment.

    Returns
    -------
    paths : dict of str to list of pathlib.Path
        By student, in order.
    """
    folder = Path(coursedir.root, coursedir.autograded_directory)
    found = {}
    for path in sorted(folder.glob(f"*/{assignment}/*.ipynb")):
        found.setdefault(path.parent.parent.name, []).append(path)
    return found


def verdict_of(cell):
    """Read the verdict that stands under a sealed test cell.

    Parameters
    ----------
    cell : dict
        Of an autograded notebook.

    Returns
    -------
    verdict : Verdict or None
        None if the cell is no sealed test, or was not judged.
    """
    if exercise_of(cell) is None:
        return None
    for output in cell.get("outputs", ()):
        public = output.get("data", {}).get(VERDICT_MIME)
        if public:
            return _rebuild(public)
    return None


def verdicts_in(notebook):
    """Read all verdicts of an autograded notebook.

    Returns
    -------
    verdicts : dict of str to Verdict
        By the test cells' names, in the notebook's order.
    """
    found = {
        cell["metadata"]["nbgrader"]["grade_id"]: verdict_of(cell)
        for cell in notebook["cells"]
        if exercise_of(cell) is not None
    }
    return {name: verdict for name, verdict in found.items() if verdict}


def troubles_in(notebook):
    """List the cells of a notebook that ended in an error.

    Returns
    -------
    troubles : list of Trouble
        A test cell's outputs are the judge's, so that none is among them.
    """
    return [
        Trouble(place, cell.get("execution_count"), _in_a_line(output))
        for place, cell in enumerate(notebook["cells"])
        for output in cell.get("outputs", ())
        if output.get("output_type") == "error"
    ]


def read_notebook(path):
    """Read an autograded notebook as plain JSON: the grader wrote it, in nbformat 4."""
    return json.loads(path.read_bytes())


def _rebuild(public):
    exercise = EXERCISES[public["exercise"]]
    return Verdict(
        exercise.name,
        exercise.section,
        tuple(CaseResult(**result) for result in public["results"]),
        exercise.kind is bool,
        None if exercise.has_judge else exercise.oracle,
    )


def _in_a_line(output):
    said = f"{output.get('ename', '')}: {output.get('evalue', '')}".strip(": ")
    lines = _ANSI.sub("", said).strip().splitlines() or ["an error without a name"]
    return lines[0][:200]
