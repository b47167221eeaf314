"""`cnncourse grade` gives what plain nbgrader gives, many at a time, whatever happens."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from conftest import ROOT
from filelock import FileLock
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook
from rich.console import Console

from cnncourse.grading import workers
from cnncourse.grading.classroom import Classroom
from cnncourse.grading.records import fingerprints
from cnncourse.grading.run.command import tell
from cnncourse.grading.run.grader import Grader, NotGraded
from cnncourse.grading.run.interrupt import Interruptible
from cnncourse.grading.run.locks import Busy
from cnncourse.grading.run.progress import Counting
from cnncourse.grading.run.source import NotReleased
from cnncourse.grading.workers import work

MINI = "mini"
NAME = f"{MINI}/{MINI}.ipynb"
DUE = "2026-03-01 12:00:00 UTC"
pytestmark = [
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own
    pytest.mark.filterwarnings("ignore::nbformat.warnings.MissingIDFieldWarning"),  # the same
]


def role(grade_id, **flags):
    """Write the metadata that make a cell one of nbgrader's."""
    base = {"grade": False, "solution": False, "locked": False, "task": False}
    return {"nbgrader": {"grade_id": grade_id, "schema_version": 3, **base, **flags}}


def mini_source():
    """Make an assignment with every kind of cell: sealed, conventional, written, a task."""
    cells = nbformat.read(ROOT / "solutions/02_filters/02_filters.ipynb", as_version=4).cells
    sealed = {"corr2d", "check_corr2d"}
    written = "### BEGIN SOLUTION\nIt adds up to 1.\n### END SOLUTION"
    return new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}
        },
        cells=[
            new_code_cell("import numpy as np\n\nfrom cnncourse import check", id="imports"),
            new_code_cell("one = 1", id="given", metadata=role("given", locked=True)),
            *[cell for cell in cells if cell.id in sealed],
            new_code_cell(
                "### BEGIN SOLUTION\ntwo = 2\n### END SOLUTION",
                id="two",
                metadata=role("two", solution=True),
            ),
            new_code_cell(
                "assert two == one + 1",
                id="check_two",
                metadata=role("check_two", grade=True, locked=True, points=2),
            ),
            new_markdown_cell(
                written, id="why", metadata=role("why", grade=True, solution=True, points=4)
            ),
            new_markdown_cell(
                "Draw something.",
                id="draw",
                metadata=role("draw", task=True, locked=True, points=3),
            ),
        ],
    )


def hand_in(course, student, change=lambda notebook: None, *, when=None, assignment=MINI):
    """Hand in the release with the solutions of the source, changed as a student would."""
    name = f"{assignment}/{assignment}.ipynb"
    notebook = nbformat.read(course / "exercises" / name, as_version=4)
    source = nbformat.read(course / "solutions" / name, as_version=4)
    solved = {cell.id: cell.source for cell in source.cells}
    for cell in notebook.cells:
        lines = solved[cell.id].splitlines()
        cell.source = "\n".join(line for line in lines if not line.strip().startswith("### "))
    change(notebook)
    path = course / "classroom/submitted" / student / name
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    if when:
        (path.parent / "timestamp.txt").write_text(when)
    return path


def cell(notebook, name):
    """Find a cell by its id."""
    (found,) = (one for one in notebook.cells if one.id == name)
    return found


def wrong(notebook):
    """Gets the sealed exercise and the conventional one wrong, and prints."""
    cell(notebook, "corr2d").source = "def corr2d(x, k):\n    print('here')\n    return x"
    cell(notebook, "two").source = "two = 3"


def unwritten(notebook):
    """Leaves the written answer as it was released, or empty."""
    cell(notebook, "why").source = "YOUR ANSWER HERE"


def vandal(notebook):
    """Deletes a test, copies one, moves one up, retypes one, changes points, flags and tags."""
    notebook.cells.remove(cell(notebook, "check_two"))
    check = cell(notebook, "check_corr2d")
    notebook.cells.remove(check)
    notebook.cells.insert(0, check)
    check.cell_type = "markdown"
    del check["outputs"], check["execution_count"]
    check.metadata.nbgrader.update(points=100, grade=False, solution=True)
    check.metadata.tags = ["skip-execution"]
    copied = nbformat.from_dict({**check, "id": "copied"})
    notebook.cells.append(copied)
    cell(notebook, "two").metadata.nbgrader.update(grade=True, points=50)
    del cell(notebook, "corr2d").metadata.nbgrader["schema_version"]


STUDENTS = {
    "ada": (lambda notebook: None, "2026-03-01 11:00:00 UTC"),
    "bob": (wrong, "2026-03-02 11:00:00 UTC"),
    "cy": (unwritten, None),
    "dee": (vandal, None),
}


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A course in which `mini` was released and four students handed in."""
    course = tmp_path_factory.mktemp("course")
    config = (ROOT / "nbgrader_config.py").read_text()
    late = '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
    (course / "nbgrader_config.py").write_text(config + late)
    source = course / "solutions" / NAME
    source.parent.mkdir(parents=True)
    nbformat.write(mini_source(), source)
    (source.parent / "given.txt").write_text("ours")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(course)
        classroom = Classroom()
        assert classroom.release([MINI]) == []
        with Gradebook(classroom.coursedir.db_url, "cnncourse") as gradebook:
            gradebook.update_or_create_assignment(MINI, duedate=DUE)
    for student, (change, when) in STUDENTS.items():
        path = hand_in(course, student, change, when=when)
        (path.parent / "given.txt").write_text("theirs")
        (path.parent / "notes").mkdir()
        (path.parent / "notes/own.txt").write_text(student)
    return course


def rows(course):
    """Read every row of the gradebook that speaks of submissions."""
    found = {}
    with Gradebook(f"sqlite:///{course}/classroom/gradebook.db", "cnncourse") as gradebook:
        for submission in gradebook.assignment_submissions(MINI):
            notebook = submission.notebooks[0]
            found[submission.student.id] = {
                "submission": {**submission.to_dict(), "id": None},
                "penalty": notebook.late_submission_penalty,
                "grades": sorted(
                    (g.name, g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade)
                    for g in notebook.grades
                ),
                "comments": sorted(
                    (c.name, c.auto_comment, c.manual_comment) for c in notebook.comments
                ),
            }
    return found


def files(course):
    """Read every autograded file, notebooks as JSON."""
    folder = course / "classroom/autograded"
    return {
        path.relative_to(folder).as_posix(): (
            json.loads(path.read_text()) if path.suffix == ".ipynb" else path.read_text(),
            oct(path.stat().st_mode),
        )
        for path in folder.rglob("*")
        if path.is_file()
    }


def mark_by_hand(course):
    """Grade the written answers, as the formgrader would; then somebody hands in again."""
    with Gradebook(f"sqlite:///{course}/classroom/gradebook.db", "cnncourse") as gradebook:
        for student in ("ada", "bob"):
            grade = gradebook.find_grade("why", MINI, MINI, student)
            grade.manual_score, grade.needs_manual_grade = 2.5, False
            gradebook.find_comment("why", MINI, MINI, student).manual_comment = "Why?"
        gradebook.db.commit()
    hand_in(course, "bob", when="2026-03-01 11:30:00 UTC")


@pytest.fixture
def fresh(released, tmp_path, monkeypatch):
    """A copy of the course in which nothing was graded yet, as the current folder."""
    shutil.copytree(released, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def both(released, tmp_path_factory):
    """The same class graded by plain autograde and by the grader, then again after changes."""
    (plain, ours), found = (tmp_path_factory.mktemp(name) for name in ("plain", "ours")), []
    for course in (plain, ours):
        shutil.copytree(released, course, dirs_exist_ok=True)
    (plain / "classroom/secret").write_bytes(bytes(range(32)))
    shutil.copy(plain / "classroom/secret", ours / "classroom/secret")
    with pytest.MonkeyPatch.context() as patch:
        for change, students in ((lambda course: None, STUDENTS), (mark_by_hand, ["bob"])):
            change(plain)
            change(ours)
            patch.chdir(plain)
            classroom = Classroom()
            for student in students:
                assert classroom.api.autograde(MINI, student, force=True)["success"]
            patch.chdir(ours)
            assert Classroom().grade([MINI], pool=here) == []
            found.append({"rows": rows(c), "files": files(c)} for c in (plain, ours))
            found[-1] = tuple(found[-1])
    return ours, found


def here(_, **options):
    """Grade in this process."""
    from cnncourse.grading.workers import Local

    return Local(0, **options)


@pytest.mark.parametrize("what", ["rows", "files"])
def test_the_grader_gives_what_plain_autograde_gives(both, what):
    """Every row of the gradebook and every autograded file, before and after changes."""
    _, found = both
    for plain, ours in found:
        assert plain[what].keys() == ours[what].keys()
        for key, expected in plain[what].items():
            assert ours[what][key] == expected, key


def test_roles_come_from_the_source_whatever_was_done_to_the_cells(both):
    """The vandal's work is right, and worth exactly what it is worth."""
    _, ((_, ours), _) = both

    assert ours["rows"]["dee"]["submission"]["score"] == ours["rows"]["ada"]["submission"]["score"]
    assert ours["rows"]["ada"]["submission"]["max_score"] == pytest.approx(
        sum(
            one.metadata.nbgrader.get("points", 0)
            for one in mini_source().cells
            if "nbgrader" in one.metadata
        )
    )


def test_a_run_that_is_interrupted_goes_on_where_it_stopped(fresh, monkeypatch):
    """Ctrl-C keeps what is done; the same call does the rest, and nothing twice."""
    count = Counting.count

    def ring(self, **wrong):
        count(self, **wrong)
        if self._done == 1:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(Counting, "count", ring)
    first = Classroom().grading([MINI], pool=here)
    monkeypatch.setattr(Counting, "count", count)
    second = Classroom().grading([MINI], pool=here)

    assert first.interrupted
    assert not second.interrupted
    assert 1 <= len(first.graded) < len(STUDENTS)
    assert second.num_up_to_date == len(first.graded)
    done = [student for _, student, _ in first.graded + second.graded]
    assert sorted(done) == sorted(STUDENTS)


def test_a_run_that_is_killed_leaves_nothing_half_done(fresh):
    """After kill -9 at any time, the same command finishes the class."""
    command = [str(Path(sys.executable).with_name("cnncourse")), "grade", MINI]
    run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    answers = fresh / "classroom/answers"  # written just before the gradebook
    while run.poll() is None and not answers.exists():
        time.sleep(0.01)
    run.kill()
    run.wait()

    assert Classroom().grade([MINI], pool=here) == []

    assert set(rows(fresh)) == set(STUDENTS)
    for folder in ("autograded", "answers", "done/grade", "logs"):
        assert list((fresh / "classroom" / folder).rglob(".*")) == []


def test_only_what_changed_is_done_again(fresh, monkeypatch):
    """New judging needs the answers that were kept; new questions need the student's code."""
    assert Classroom().grade([MINI], pool=here) == []
    before = rows(fresh)
    of_code, of_questions = fingerprints.of_code, fingerprints.of_questions

    monkeypatch.setattr(fingerprints, "of_code", lambda name: of_code(name)[::-1])
    with monkeypatch.context() as patch:
        patch.setattr(work, "_execute", None)  # no student's code is run
        judged = Classroom().grading([MINI], pool=here)
    assert (judged.num_judged_again, judged.failures) == (len(STUDENTS), [])
    assert rows(fresh) == before
    assert Classroom().grading([MINI], pool=here).num_up_to_date == len(STUDENTS)

    monkeypatch.setattr(fingerprints, "of_code", of_code)
    monkeypatch.setattr(fingerprints, "of_questions", lambda *a, **k: of_questions(*a, **k)[::-1])
    asked = Classroom().grading([MINI], pool=here)
    assert (len(asked.graded), asked.num_judged_again) == (len(STUDENTS), 0)


def test_a_broken_submission_is_listed_and_stops_nobody(fresh, capsys):
    """It has no points, a reason, and a log; the command succeeds all the same."""
    broken = fresh / "classroom/submitted/ada" / NAME
    broken.write_text("{")

    grading = Classroom().grading([MINI], pool=here)

    (failure,) = grading.failures
    assert (failure.student, failure.fault) == ("ada", False)
    assert failure.reason == "mini.ipynb: it is no notebook: what it holds is no JSON (line 1)"
    assert len(grading.graded) == len(STUDENTS) - 1
    assert "ada" not in rows(fresh)
    assert failure.reason in (fresh / "classroom/logs/mini/ada.log").read_text()
    again = Classroom().grading([MINI], pool=here)
    assert (again.failures, again.num_up_to_date) == ([failure], len(STUDENTS) - 1)
    assert Classroom().not_graded([MINI]) == [failure]
    assert tell(Console(width=200), again) == 0
    assert "no JSON (line 1)" in " ".join(capsys.readouterr().out.split())


def test_two_runs_do_not_write_to_one_file(fresh):
    """The second says so at once."""
    lock = fresh / "classroom/locks/all/gradebook.lock"
    lock.parent.mkdir(parents=True)
    with FileLock(lock), pytest.raises(Busy, match="another `cnncourse grade`"):
        Classroom().grade([MINI], pool=here)


def test_an_assignment_that_was_never_released_is_told(fresh):
    """The message says what to do."""
    with Gradebook(f"sqlite:///{fresh}/classroom/gradebook.db", "cnncourse") as gradebook:
        gradebook.remove_assignment(MINI)

    with pytest.raises(NotReleased, match="cnncourse release mini"):
        Classroom().grade([MINI], pool=here)


def die_of_some(job):
    """Stands for a worker's work: ends the worker for some jobs, once or always."""
    name, marker = job.key, job.files
    if name == "always" or (name == "once" and not marker.exists()):
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return name.upper()


def test_a_lost_worker_costs_only_the_job_that_ends_it_twice(tmp_path, monkeypatch):
    """All others are done, some of them by new workers."""
    monkeypatch.setattr(workers.work, "grade", die_of_some)
    names = ["a", "once", "b", "always", "c", "d"]
    pool = workers.Local(2, limits={"memory": -1})  # no room opens: none is needed
    try:
        jobs = [work.Job(name, "", tmp_path / name, "", None) for name in names]
        found = {job.key: result for job, result in workers.results(pool, jobs, Interruptible())}
    finally:
        pool.close(now=True)

    assert isinstance(found.pop("always"), workers.LostTwice)
    assert found == {name: name.upper() for name in names if name != "always"}


def test_a_complaint_is_replayed_on_the_very_cases_that_were_graded(both, monkeypatch):
    """The instructor sees the numbers that the feedback keeps secret."""
    ours, _ = both
    monkeypatch.chdir(ours)

    reports = Grader(Classroom()).replay(MINI, "ada")

    assert "all 7 cases agree with PyTorch" in reports["corr2d"]
    hand_in(ours, "ada", wrong)
    with pytest.raises(NotGraded, match="handed in something else"):
        Grader(Classroom()).replay(MINI, "ada")
