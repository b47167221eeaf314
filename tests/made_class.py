"""A class of eight made without grading: gradebook rows, notebooks with real verdicts, records."""

import datetime
import json
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import torch  # noqa: F401, else its import runs against the clock of a student's first call
from nbgrader.api import Gradebook

from cnncourse.catalogue import EXERCISES
from cnncourse.collect import collect
from cnncourse.grading.classroom import Classroom
from cnncourse.grading.judge import judge_cell
from cnncourse.grading.records import Record, Records
from cnncourse.seal import MIME, seal

ROOT = Path(__file__).parent.parent
ASSIGNMENT = "04_convolution"
POINTS = {"check_pad2d": 3.0, "check_conv2d": 5.0, "why": 2.0}
DUE = datetime.datetime(2026, 3, 1, 12)
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def breaks(*_, **__):
    """A function that fails in a way no known mistake explains."""
    raise IndexError("out of bounds")


def unwritten(*_, **__):
    """A function as it was released."""
    raise NotImplementedError


def mistake(exercise, name):
    """A known mistake's function."""
    return EXERCISES[exercise].mistakes[name].function


def right(exercise):
    """The right function."""
    return EXERCISES[exercise].reference


FLIPPED = "the kernel is flipped"
FUNCTIONS = {
    "ada": {},
    "bo": {"conv2d": mistake("conv2d", FLIPPED)},
    "cy": {
        "conv2d": mistake("conv2d", FLIPPED),
        "pad2d": mistake("pad2d", "reflect repeats the border pixel"),
    },
    "=dee": {"conv2d": breaks},
    "eve": {"pad2d": unwritten, "conv2d": unwritten},
    "gone": {"conv2d": mistake("conv2d", FLIPPED)},
}
PEOPLE = {
    "ada": ("Ada", "Lovelace, Countess", "ada@example.org"),
    "bo": ("Bo", 'The "Ö"', "bo@example.org"),
    "cy": ("Cy", "Åberg", ""),
    "=dee": ("=HYPERLINK(1)", "+Dee", "dee@example.org"),
    "eve": ("", "", ""),
    "gone": ("Gone", "Girl", ""),
    "never": ("Never", "Came", "never@example.org"),
}


def exercise_cells(name, function, place):
    """An answer and its judged test cell."""
    exercise = EXERCISES[name]
    bundle = seal(name, collect(exercise, function, seed="made"))
    test = code_cell(f'check("{name}", {name})', place + 1, name=f"check_{name}")
    test["outputs"] = [{"output_type": "display_data", "metadata": {}, "data": {MIME: bundle}}]
    test["metadata"]["nbgrader"] = role(
        f"check_{name}", grade=True, points=POINTS[f"check_{name}"]
    )
    test["outputs"] = [judge_cell(test, seed="made")]
    answer = code_cell(f"def {name}(x):\n    return x", place, name=name)
    answer["metadata"]["nbgrader"] = role(name, solution=True)
    return [answer, test]


def role(name, *, grade=False, solution=False, points=None):
    """What nbgrader writes into a cell."""
    found = {"grade_id": name, "grade": grade, "solution": solution, "locked": not solution}
    return found | {"schema_version": 3, "task": False} | ({"points": points} if points else {})


def code_cell(source, count, *, name, outputs=()):
    """A code cell that ran."""
    return {
        "cell_type": "code",
        "id": name,
        "metadata": {},
        "source": source,
        "execution_count": count,
        "outputs": list(outputs),
    }


def markdown_cell(source, *, name):
    """A cell of prose."""
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}


def notebook(functions):
    """An autograded notebook in which these functions were handed in, all others right."""
    why = markdown_cell("Because it *slides*.", name="why")
    why["metadata"]["nbgrader"] = role("why", grade=True, solution=True, points=2.0)
    figure = {"output_type": "display_data", "metadata": {}, "data": {"image/png": PIXEL}}
    cells = [
        markdown_cell("# Convolution\n\nwith $x_i^2$ and\n\n$$\\sum_j w_j$$", name="title"),
        *exercise_cells("pad2d", functions.get("pad2d", right("pad2d")), 1),
        *exercise_cells("conv2d", functions.get("conv2d", right("conv2d")), 3),
        code_cell("plt.show()", 5, name="figure", outputs=[figure]),
        why,
    ]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def reached(cell):
    """Points that the judge gave a test cell."""
    return float(cell["outputs"][0]["data"]["text/plain"])


def make(folder):
    """Put the class into a folder that is the current one; returns its Classroom.

    ``ada`` reached all, ``bo`` and ``cy`` made mistakes, ``=dee`` failed without a name and
    handed in late, ``eve`` wrote nothing and waits for a person, ``fay`` could not be graded,
    ``gone`` was removed, ``hal`` is not graded yet, ``never`` handed in nothing.
    """
    made = _made_once()
    shutil.copytree(made.name, folder, dirs_exist_ok=True)
    return Classroom()


@cache
def _made_once():
    """Build the class in a folder that lives as long as this process."""
    made, before = tempfile.TemporaryDirectory(), Path.cwd()
    os.chdir(made.name)
    try:
        _build(Path(made.name))
    finally:
        os.chdir(before)
    return made


def _build(folder):
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    classroom = Classroom()
    # The classroom lists what has a source.
    source = Path(folder, "solutions", ASSIGNMENT, f"{ASSIGNMENT}.ipynb")
    source.parent.mkdir(parents=True)
    source.write_text(json.dumps(notebook({})))
    with Gradebook(classroom.coursedir.db_url, classroom.coursedir.course_id) as gradebook:
        gradebook.add_assignment(ASSIGNMENT, duedate=DUE)
        gradebook.add_notebook(ASSIGNMENT, ASSIGNMENT)
        for name, points in POINTS.items():
            kind = "markdown" if name == "why" else "code"
            gradebook.add_grade_cell(
                name, ASSIGNMENT, ASSIGNMENT, max_score=points, cell_type=kind
            )
        for name in ("why", "pad2d", "conv2d"):
            gradebook.add_solution_cell(name, ASSIGNMENT, ASSIGNMENT)
        for student, (first, last, email) in PEOPLE.items():
            gradebook.add_student(student, first_name=first, last_name=last, email=email)
        for student, functions in FUNCTIONS.items():
            _grade(classroom, gradebook, student, notebook(functions))
        gradebook.db.commit()
    for student in ("fay", "hal"):
        Path("classroom/submitted", student, ASSIGNMENT).mkdir(parents=True)
    rejected = Record("digest", rejected="it is no notebook: what it holds is no JSON")
    Records(classroom.folder).write(ASSIGNMENT, "fay", rejected)
    shutil.rmtree("classroom/submitted/gone")


def _grade(classroom, gradebook, student, made):
    hours_late = 5 if student == "=dee" else -1
    submission = gradebook.add_submission(
        ASSIGNMENT, student, timestamp=DUE + datetime.timedelta(hours=hours_late)
    )
    (submitted,) = submission.notebooks
    submitted.late_submission_penalty = 1.5 if student == "=dee" else None
    tests = {cell["id"]: cell for cell in made["cells"] if cell["id"].startswith("check_")}
    for grade in submitted.grades:
        if grade.name == "why":
            grade.manual_score = None if student == "eve" else 2.0
            grade.needs_manual_grade = student == "eve"
        else:
            grade.auto_score = reached(tests[grade.name])
            grade.needs_manual_grade = False
    for step in ("submitted", "autograded"):
        path = Path("classroom", step, student, ASSIGNMENT, f"{ASSIGNMENT}.ipynb")
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(made))
    problems = ["cell 5: stopped after 60 s"] if student == "cy" else []
    run = {ASSIGNMENT: {"seconds": 61.0 if student == "cy" else 0.5}}
    Records(classroom.folder).write(
        ASSIGNMENT, student, Record("digest", problems=problems, run=run)
    )


def change(student, edit):
    """Edit a student's autograded notebook in place."""
    path = Path("classroom", "autograded", student, ASSIGNMENT, f"{ASSIGNMENT}.ipynb")
    made = json.loads(path.read_text())
    edit(made)
    path.write_text(json.dumps(made))
