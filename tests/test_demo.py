"""The demo class makes the mistakes it is said to make."""

from pathlib import Path

import nbformat
import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import find
from cnncourse.checker import judge
from cnncourse.grading.classroom import Classroom
from cnncourse.grading.demo import (
    BROKEN,
    CHANGES,
    CLASS,
    REWRITES,
    SLIPS,
    RealClass,
    edit,
    hand_in,
)

reference.DEVICE  # noqa: B018, torch is imported here, outside any call's time limit
SOLUTIONS = Path(__file__).parent.parent / "solutions"


@pytest.fixture(scope="module")
def notebooks():
    """The source notebooks' cells, by id."""
    return [nbformat.read(path, as_version=4).cells for path in SOLUTIONS.glob("*/*.ipynb")]


def written(notebooks, habit):
    """The function of the exercise a habit changes, as that student wrote it."""
    exercise = CHANGES[habit][0]
    (cells,) = (cells for cells in notebooks if any(cell.id == exercise for cell in cells))
    namespace = {"np": np}
    for cell in cells:  # given helpers come before the exercise
        if cell.source.startswith("def ") and not cell.metadata.nbgrader.solution:
            exec(cell.source, namespace)
        if cell.id == exercise:
            exec(edit(cell.source, exercise, [habit]), namespace)
            return find(exercise), namespace.get(exercise)
    raise AssertionError(exercise)


@pytest.mark.parametrize("habit", SLIPS)
def test_a_slip_is_caught_and_named(notebooks, habit):
    """The scoreboard of the demo shows named mistakes because these are real ones."""
    verdict = judge(*written(notebooks, habit), seed="demo")

    assert not verdict.passed
    assert verdict.first_failure.mistake


@pytest.mark.parametrize("habit", REWRITES)
def test_another_way_to_be_right_passes(notebooks, habit):
    """There is more than one right solution."""
    assert judge(*written(notebooks, habit), seed="demo").passed


@pytest.mark.parametrize("habit", BROKEN)
def test_broken_work_gets_no_credit_and_a_reason(notebooks, habit):
    """It does not run, and the reason is told."""
    verdict = judge(*written(notebooks, habit), seed="demo")

    assert verdict.score == 0.0
    assert verdict.first_failure.summary


def test_a_class_has_twenty_students_whose_habits_exist():
    """A habit that is misspelt would silently change nothing."""
    habits = {habit for student in CLASS.values() for habit in student}

    assert len(CLASS) == 20
    assert {h for h in habits if not h.startswith("stops at ")} == set(CHANGES)


def test_the_demo_keeps_out_of_a_real_class(course):
    """Invented students never mix with real ones, whatever their names."""
    path = course / "classroom/submitted/zoe/02_filters/02_filters.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text("{}")

    with pytest.raises(RealClass, match="zoe handed in real work"):
        hand_in(Classroom(), ["02_filters"])

    assert [p.name for p in (course / "classroom/submitted").iterdir()] == ["zoe"]


def test_a_solution_that_moved_on_is_noticed():
    """A demo whose line to change is gone says so instead of handing in the right answer."""
    with pytest.raises(ValueError, match="no longer has"):
        edit("def conv2d(): ...", "conv2d", ["no bias"])
