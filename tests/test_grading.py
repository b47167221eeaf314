"""A class is graded by plain nbgrader: sealed inside the room, judged outside it."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.utils import is_solution

from cnncourse.grading import room
from cnncourse.grading.class_report import scoreboard
from cnncourse.grading.classroom import Classroom
from cnncourse.grading.plugins.seeds import GradedSeeds
from cnncourse.grading.plugins.verify import VERDICT_MIME
from cnncourse.seal import MIME

ASSIGNMENT = "04_convolution"
NAME = f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
BIN = Path(sys.executable).parent


def nbgrader(course, *arguments):
    """Run a command of nbgrader's in a course folder."""
    return subprocess.run(
        [str(BIN / "nbgrader"), *arguments],
        cwd=course,
        env={**os.environ, "CNNCOURSE_BOOK": "https://example.org/cnn"},
        capture_output=True,
        text=True,
        check=True,
    )


def replace_solution(notebook, exercise, source):
    """Put a student's code into a solution cell."""
    (cell,) = (cell for cell in notebook.cells if cell.id == exercise)
    cell.source = source


def steal_the_key(notebook):
    """Tries torch, the checker's own names and a forged verdict; solves nothing."""
    replace_solution(
        notebook,
        "conv2d",
        "import torch\ndef conv2d(x, w, b=None, **o):\n"
        "    return torch.conv2d(torch.tensor(x), torch.tensor(w)).numpy()",
    )
    replace_solution(
        notebook,
        "conv1x1",
        "import cnncourse.compare, cnncourse.verdict\n"
        "cnncourse.compare.difference = lambda *a, **k: None\n"
        "cnncourse.verdict.Verdict.score = 1.0\nnp.isclose = np.allclose = lambda *a, **k: True\n"
        "def conv1x1(x, w, b=None):\n    return x",
    )
    replace_solution(
        notebook,
        "conv3d",
        "def check(*a):\n    from IPython.display import display\n"
        f"    display({{{VERDICT_MIME!r}: {{}}, {MIME!r}: {{'exercise': 'conv3d'}}}}, raw=True)\n"
        "conv3d = None",
    )


def spoil_the_metadata(notebook):
    """Deletes a first exercise's test, copies a test, raises points; the work is right."""
    notebook.cells = [cell for cell in notebook.cells if cell.id != "check_pad2d"]
    (copied,) = (cell for cell in notebook.cells if cell.id == "check_conv1x1")
    notebook.cells.append(nbformat.from_dict({**copied, "id": "copied"}))
    for cell in notebook.cells:
        if cell.id == "check_conv2d":
            cell.metadata.nbgrader["points"] = 1000


def flip(notebook):
    """Flips the kernel, as students do."""
    (cell,) = (cell for cell in notebook.cells if cell.id == "conv2d")
    cell.source = cell.source.replace("w[mine, :, i, j]", "w[mine, :, KH - 1 - i, KW - 1 - j]")


def look_at_torch(notebook):
    """Asks for torch in a solution cell and prints without end, right answers otherwise."""
    (cell,) = (cell for cell in notebook.cells if cell.id == "conv3d")
    cell.source = "try:\n    import torch\nexcept ImportError as e:\n    print(e)\n" + cell.source
    notebook.cells.append(new_code_cell("print('x' * 5_000_000)", id="noise"))


STUDENTS = {
    "right": look_at_torch,
    "flipper": flip,
    "thief": steal_the_key,
    "vandal": spoil_the_metadata,
    "stub": None,
}


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course in which five students were graded by plain nbgrader commands."""
    course = tmp_path_factory.mktemp("course")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    shutil.copytree(ROOT / "solutions" / ASSIGNMENT, course / "solutions" / ASSIGNMENT)
    nbgrader(course, "generate_assignment", ASSIGNMENT)
    for student, change in STUDENTS.items():
        source = course / ("exercises" if change is None else "solutions") / NAME
        notebook = nbformat.read(source, as_version=4)
        if change:
            change(notebook)
        target = course / "classroom" / "submitted" / student / NAME
        target.parent.mkdir(parents=True)
        nbformat.write(notebook, target)
    nbgrader(course, "autograde", ASSIGNMENT)
    nbgrader(course, "generate_feedback", ASSIGNMENT)
    nbgrader(course, "export")
    return course


def scores(course):
    """Points of every student, from the exported table."""
    with (course / "classroom" / "grades.csv").open() as file:
        return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}


def verdicts(course, student):
    """What was decided about a student, by exercise."""
    path = course / "classroom" / "autograded" / student / NAME
    return {
        cell.metadata.nbgrader.grade_id.removeprefix("check_"): cell.outputs
        for cell in nbformat.read(path, as_version=4).cells
        if cell.metadata.get("nbgrader", {}).get("grade")
    }


def full_points():
    """The points that the source notebook gives in all."""
    cells = nbformat.read(ROOT / "solutions" / NAME, as_version=4).cells
    return sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in cells)


def test_right_answers_earn_every_point_and_stubs_none(graded):
    """The two ends of the scale."""
    points = scores(graded)

    assert points["right"] == full_points()
    assert points["stub"] == 0


def test_nbgrader_validates_a_solved_release_and_not_the_stub(graded):
    """The button a student presses before handing in agrees with the grade."""
    solved = nbformat.read(graded / "exercises" / NAME, as_version=4)
    sources = nbformat.read(graded / "solutions" / NAME, as_version=4).cells
    solutions = {cell.id: cell.source for cell in sources if is_solution(cell)}
    for cell in solved.cells:
        cell.source = solutions.get(cell.id, cell.source)
    path = graded / "solved.ipynb"
    nbformat.write(solved, path)

    assert "Success!" in nbgrader(graded, "validate", str(path)).stdout
    said = nbgrader(graded, "validate", str(graded / "exercises" / NAME)).stdout
    assert "VALIDATION FAILED ON 7 CELL(S)" in said
    assert "not written yet" in said


def test_a_stub_is_told_that_it_is_not_written_yet(graded):
    """Not that it raises NotImplementedError."""
    ((output,), *_) = verdicts(graded, "stub").values()

    assert output.data[VERDICT_MIME]["results"][0]["summary"] == "not written yet"


def test_a_mistake_is_named_with_its_hint_and_costs_only_its_exercise(graded):
    """In the gradebook and on the feedback page."""
    page = (graded / "classroom/feedback/flipper" / NAME).with_suffix(".html").read_text()

    assert scores(graded)["flipper"] == full_points() - 5
    assert "It looks as if the kernel is flipped." in page
    assert "https://example.org/cnn/book/03_filters.html#filters-flip" in page
    assert "max-width: 100%" in page


def test_no_number_of_a_graded_case_reaches_the_student(graded):
    """Feedback shows the property, never got and expected."""
    page = (graded / "classroom/feedback/flipper" / NAME).with_suffix(".html").read_text()

    assert "values of out are wrong" in page
    assert "values differ" not in page
    assert MIME not in json.dumps(verdicts(graded, "flipper"))


def test_torch_cannot_be_imported_in_the_room(graded):
    """Right answers that looked for torch were told so."""
    notebook = nbformat.read(graded / "classroom/autograded/right" / NAME, as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == "conv3d")

    assert cell.outputs[0].text == "torch is not available while this assignment is graded\n"


def test_a_huge_output_is_cut_with_a_word(graded):
    """A page of 5 MB helps nobody, and one of 100 MB opens nowhere."""
    notebook = nbformat.read(graded / "classroom/autograded/right" / NAME, as_version=4)
    (cell,) = (cell for cell in notebook.cells if cell.id == "noise")

    (output,) = cell.outputs
    assert output.text.startswith("xxxx")
    assert output.text.endswith("x\n[4900001 more characters of stdout are left out]\n")


def test_patching_and_forging_gain_nothing(graded):
    """Everything but the three attacked exercises was solved honestly."""
    assert scores(graded)["thief"] == full_points() - 5 - 2 - 2


def test_a_forged_bundle_is_answered_with_its_reason(graded):
    """Damaged answers are no answers."""
    (output,) = verdicts(graded, "thief")["conv3d"]

    assert "the sealed answers are damaged" in output.data[VERDICT_MIME]["results"][0]["summary"]


def test_deleted_tests_come_back_and_points_are_the_instructors(graded):
    """The vandal's work is right, and is worth what it is worth."""
    assert scores(graded)["vandal"] == full_points()


def test_each_submission_is_graded_on_other_cases(graded):
    """Another student, or other code by the same one: what leaked from one is no use."""
    secret = graded / "classroom" / "secret"
    seeds = GradedSeeds(secret_file=str(secret))
    code, more = new_code_cell("a = 1"), new_code_cell("b = 2")

    def seed(student, *cells):
        names = {"nbgrader": {"student": student, "assignment": ASSIGNMENT}}
        return seeds.seed_for(new_notebook(cells=list(cells)), names)

    assert len({seed("right", code), seed("flipper", code), seed("right", code, more)}) == 3
    assert seed("right", code) == seed("right", code)
    assert secret.stat().st_mode & 0o777 == 0o600


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own, harmless
@pytest.mark.filterwarnings("ignore::nbformat.warnings.MissingIDFieldWarning")  # the same
def test_the_classroom_grades_and_writes_feedback_as_the_commands_do(graded, monkeypatch):
    """`cnncourse grade` goes through the same preprocessors, and leaves what is done alone."""
    monkeypatch.chdir(graded)
    classroom = Classroom()

    assert classroom.grade([ASSIGNMENT]) == []
    assert classroom.feedback([ASSIGNMENT]) == []
    graded_again = graded / "classroom/autograded/right" / NAME
    before = graded_again.stat().st_mtime_ns
    assert classroom.grade([ASSIGNMENT]) == []
    assert graded_again.stat().st_mtime_ns == before
    page = graded / "classroom/feedback/stub" / ASSIGNMENT / f"{ASSIGNMENT}.html"
    shutil.rmtree(page.parent)
    assert classroom.feedback([ASSIGNMENT]) == []
    assert "not written yet" in page.read_text()


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own, harmless
def test_a_submission_that_cannot_be_read_is_reported_and_stops_nobody(graded, monkeypatch):
    """The reason is told in words."""
    monkeypatch.chdir(graded)
    broken = graded / "classroom/submitted/broken" / NAME
    broken.parent.mkdir(parents=True)
    broken.write_text("{")

    (failure,) = Classroom().grade([ASSIGNMENT])

    assert (failure.student, failure.assignment) == ("broken", ASSIGNMENT)
    assert "it is no notebook" in failure.reason
    board = scoreboard.read(Classroom(), [ASSIGNMENT])
    assert board.not_graded == [failure]
    assert ASSIGNMENT not in board.points["broken"]
    shutil.rmtree(broken.parent.parent)


def test_the_scoreboard_counts_points_and_mistakes(graded, monkeypatch):
    """The same points as nbgrader's export, and the flipper's mistake by name."""
    monkeypatch.chdir(graded)

    board = scoreboard.read(Classroom(), [ASSIGNMENT])

    assert board.points["flipper"][ASSIGNMENT] == (full_points() - 5, full_points())
    assert board.mistakes["conv2d", "the kernel is flipped"] == 1
    assert board.unnamed["conv1x1", "not written yet"] == 1
    assert all(table.row_count for table in scoreboard.tables(board, [ASSIGNMENT]))


def test_the_rooms_files_are_gone_when_grading_ends(graded, tmp_path, monkeypatch):
    """Nothing of a run outlives it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # other tests have rooms of their own
    nbgrader(graded, "autograde", ASSIGNMENT, "--student", "stub", "--force")

    assert list(tmp_path.glob("exam-room-*")) == []


def test_a_secret_is_never_short(tmp_path):
    """A secret that was half written would let anybody draw the graded cases."""
    secret = tmp_path / "secret"
    secret.touch()
    names = {"nbgrader": {"student": "ada", "assignment": ASSIGNMENT}}

    with pytest.raises(ValueError, match="holds 0 bytes, a course secret has 32"):
        GradedSeeds(secret_file=str(secret)).seed_for(new_notebook(), names)


def test_nothing_in_the_room_leads_to_the_package_that_judges():
    """The student's process gets a copy, and no part of it that computes answers or grades."""
    package = room.site() / "cnncourse"

    assert not package.is_symlink()
    assert (package / "checker.py").exists()
    assert not (package / "grading").exists()
    assert not (package / "cli").exists()


def test_the_room_asks_every_exercise_and_answers_none():
    """All cases can be drawn there, without torch, and no module that knows an answer is there."""
    site = room.site()
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from cnncourse.catalogue import EXERCISES\n"
        "for exercise in EXERCISES.values(): assert exercise.draw('a'), exercise.name\n"
        "assert not {'torch', 'scipy', 'sklearn'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", code, str(site)], check=True)

    package = site / "cnncourse"
    for name in (
        "shapes.py",
        "fast",
        "bench",
        "models",
        "data",
        "training",
        "grading",
        "audit.py",
    ):
        assert (ROOT / "cnncourse" / name).exists()
        assert not (package / name).exists()
