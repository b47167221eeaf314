"""Every assignment through the real room: the solutions earn all points, the stubs none."""

import nbformat
import pytest
from conftest import ROOT
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade, is_solution

from cnncourse.catalogue.contents import CONTENTS
from cnncourse.grading.classroom import Classroom
from cnncourse.grading.demo import edit
from cnncourse.grading.plugins.verify import VERDICT_MIME


def hand_in(course, assignment, student, *, solved):
    """Hand in a release notebook, with the solutions filled in or as it is."""
    name = f"{assignment}/{assignment}.ipynb"
    notebook = nbformat.read(course / "exercises" / name, as_version=4)
    source = nbformat.read(course / "solutions" / name, as_version=4)
    solutions = {cell.id: cell.source for cell in source.cells if is_solution(cell)}
    for cell in notebook.cells:
        if solved and cell.id in solutions:
            cell.source = edit(solutions[cell.id], cell.id, [])
    path = course / "classroom/submitted" / student / name
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


def verdicts(course, assignment, student):
    """Read the verdicts of a graded notebook, by exercise."""
    path = course / "classroom/autograded" / student / assignment / f"{assignment}.ipynb"
    outputs = [
        output
        for cell in nbformat.read(path, as_version=4).cells
        if is_grade(cell)
        for output in cell.outputs
    ]
    found = [output.data[VERDICT_MIME] for output in outputs]
    return {verdict["exercise"]: verdict["results"] for verdict in found}


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own
@pytest.mark.timeout(900)
@pytest.mark.parametrize("assignment", CONTENTS)
def test_solutions_earn_every_point_and_stubs_none(course, assignment):
    """What the release is cut from is right; what is not written is not graded as if it were."""
    assert (ROOT / "exercises" / assignment).is_dir()
    classroom = Classroom()
    assert classroom.release([assignment]) == []
    hand_in(course, assignment, "ada", solved=True)
    hand_in(course, assignment, "zoe", solved=False)

    assert classroom.grade([assignment]) == []

    with Gradebook(classroom.coursedir.db_url, classroom.coursedir.course_id) as gradebook:
        rows = {row["student"]: row for row in gradebook.submission_dicts(assignment)}
    wrong = [
        (exercise, result["claim"], result["summary"])
        for exercise, results in verdicts(course, assignment, "ada").items()
        for result in results
        if not result["passed"]
    ]
    assert wrong == []
    assert rows["ada"]["score"] == rows["ada"]["max_score"] > 0
    assert rows["zoe"]["score"] == 0
    for results in verdicts(course, assignment, "zoe").values():
        # Where a part is given, an empty batch or a wrong shape may need no more than that.
        assert results[0]["summary"] == "not written yet"
