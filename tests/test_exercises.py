"""exercises/ is what solutions/ generates, byte for byte, and both read well."""

import os
import re
import shutil

import nbformat
import pytest
from conftest import ROOT
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade, is_solution

from cnncourse.catalogue import EXERCISES
from cnncourse.grading.classroom import Classroom

ASSIGNMENTS = sorted(path.parent.name for path in (ROOT / "solutions").glob("*/*.ipynb"))
ONE = "02_filters"  # where one will do
each_assignment = pytest.mark.parametrize("assignment", ASSIGNMENTS)


def notebook(folder, assignment):
    """Read an assignment's notebook."""
    path = ROOT / folder / assignment / f"{assignment}.ipynb"
    return nbformat.read(path, as_version=4)


def test_the_release_is_generated_from_the_sources_byte_for_byte(course):
    """A hand edit in exercises/ would be lost, so it must not exist."""
    assert Classroom().release(ASSIGNMENTS) == []

    files = sorted(p.relative_to(course) for p in (course / "exercises").rglob("*.ipynb"))
    committed = sorted(p.relative_to(ROOT) for p in (ROOT / "exercises").rglob("*.ipynb"))
    assert files == committed
    for file in files:
        assert (course / file).read_bytes() == (ROOT / file).read_bytes(), file


def test_a_second_release_leaves_what_is_up_to_date(course):
    """Only what changed is generated again."""
    classroom = Classroom()
    classroom.release([ONE])
    (released,) = (course / "exercises").rglob("*.ipynb")
    before = released.stat().st_mtime_ns

    classroom.release([ONE])

    assert released.stat().st_mtime_ns == before


def test_what_changed_is_told_by_its_content_not_by_its_date(course):
    """A file that was copied keeps its old date, and is new all the same."""
    classroom = Classroom()
    classroom.release([ONE])
    name = f"{ONE}/{ONE}.ipynb"
    source, released = course / "solutions" / name, course / "exercises" / name
    source.write_text(source.read_text().replace("Filters", "Sieves"))
    os.utime(source, (0, 0))

    classroom.release([ONE])

    assert "Sieves" in released.read_text()


def test_work_done_in_a_released_notebook_is_kept_when_it_is_generated_anew(course):
    """Somebody always works in exercises/ itself."""
    classroom = Classroom()
    classroom.release([ONE])
    (released,) = (course / "exercises").rglob("*.ipynb")
    worked = released.read_text().replace("not written yet", "an evening's work")
    released.write_text(worked)
    (source,) = (course / "solutions" / ONE).glob("*.ipynb")
    source.write_text(source.read_text().replace("Filters", "Sieves"))

    classroom.release([ONE])

    (kept,) = (course / "classroom" / "replaced" / ONE).glob("*.ipynb")
    assert kept.read_text() == worked


def test_a_fresh_clone_can_grade_what_it_did_not_generate(course):
    """exercises/ is committed and the gradebook is not: the release fills it."""
    shutil.copytree(ROOT / "exercises", course / "exercises")
    classroom = Classroom()
    classroom.release(ASSIGNMENTS)

    with Gradebook(classroom.coursedir.db_url) as gradebook:
        assert {assignment.name for assignment in gradebook.assignments} == set(ASSIGNMENTS)


@each_assignment
def test_every_exercise_of_the_catalogue_is_asked_and_no_other(assignment):
    """One name: exercise, function, grade_id, cell id."""
    cells = notebook("solutions", assignment).cells
    asked = [cell.id for cell in cells if is_solution(cell)]

    assert asked == [name for name, e in EXERCISES.items() if e.assignment == assignment]
    assert [cell.id for cell in cells if is_grade(cell)] == [f"check_{name}" for name in asked]


@each_assignment
def test_cells_are_as_the_style_asks(assignment):
    """Ids by hand, unique grade_ids, no outputs, kernel python3, sealed test cells."""
    source = notebook("solutions", assignment)
    marked = [cell for cell in source.cells if "nbgrader" in cell.metadata]

    assert source.metadata.kernelspec.name == "python3"
    assert len({cell.id for cell in source.cells}) == len(source.cells)
    assert all(cell.id == cell.metadata.nbgrader.grade_id for cell in marked)
    for cell in source.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        if is_grade(cell):
            name = cell.id.removeprefix("check_")
            points = cell.metadata.nbgrader.points
            first, call = cell.source.split("\n")
            assert first.startswith(f'"{points} point')
            assert call == f'check("{name}", {name})'


@each_assignment
def test_no_solution_is_left_in_the_release(assignment):
    """Every solution cell raises NotImplementedError instead."""
    for cell in notebook("exercises", assignment).cells:
        assert "BEGIN SOLUTION" not in cell.source
        if is_solution(cell):
            assert 'raise NotImplementedError("not written yet")' in cell.source


@each_assignment
def test_the_notebook_announces_the_points_it_gives(assignment):
    """Heading, table and test cell agree; the last row of the table is the sum."""
    cells = {cell.id: cell for cell in notebook("solutions", assignment).cells}
    prose = "\n".join(cell.source for cell in cells.values() if cell.cell_type == "markdown")
    rows = re.findall(r"^\|.*`(\w+)` \| (\d+) \| (\d+) \| ([123])", cells["intro"].source, re.M)
    points = [cells[f"check_{name}"].metadata.nbgrader.points for name, *_ in rows]
    totals = re.search(r"\*\*(\d+)\*\* \| \*\*(\d+)\*\*", cells["intro"].source)

    assert [name for name, *_ in rows] == [c.id for c in cells.values() if is_solution(c)]
    assert [int(announced) for _, announced, *_ in rows] == points
    assert [int(total) for total in totals.groups()] == [
        sum(points),
        sum(int(minutes) for _, _, minutes, _ in rows),
    ]
    for name, announced, minutes, difficulty in rows:
        worth = f"{announced} point" + "s" * (announced != "1")
        heading = f"{name}`? · {worth} · about {minutes} minutes? · difficulty {difficulty}"
        assert re.search(f"^### .*{heading}", prose, re.M), name


@each_assignment
def test_every_exercise_says_what_is_graded(assignment):
    """What the cases claim is no secret; their numbers are."""
    prose = ""
    for cell in notebook("solutions", assignment).cells:
        if cell.cell_type == "markdown":
            prose = cell.source
        elif is_solution(cell):
            assert "**Graded" in prose, cell.id
