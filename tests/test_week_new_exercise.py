"""The guide to a new exercise is followed to the letter, in a copy of the course."""

import json
import shutil
import subprocess
import sys

import nbformat
import pytest
import test_exercises
import week
from browser import ROOT

pytestmark = pytest.mark.timeout(900)  # on a busy machine
PAGE = week.blocks("new_exercise")
NEW = "20_shuffle"
FILES = {  # where the captions say that a block goes
    "new-reference": "cnncourse/reference/shuffling.py",
    "new-topic": "cnncourse/catalogue/shuffle/__init__.py",
    "new-catalogue": "cnncourse/catalogue/shuffle/deal.py",
    "new-notebook": "make_20_shuffle.py",
    "new-alternatives": f"tests/alternatives/{NEW}.py",
}
ENDS = {  # blocks at the end of a dictionary
    "new-contents": ("cnncourse/catalogue/contents.py", "CONTENTS = {"),
    "new-home": ("cnncourse/reference/__init__.py", "_HOME = {"),
}
STUDENTS = {"ada": 2.0, "bob": 0.0}

# Runs the lines of blocks in one process, which imports what takes seconds once.
DRIVER = """
import json, runpy, shlex, sys
from typer.testing import CliRunner
from cnncourse.cli import app
for line in json.loads(sys.argv[1]):
    program, *words = shlex.split(line)
    print(">", line, flush=True)
    if program == "cnncourse":
        result = CliRunner().invoke(app, words, catch_exceptions=False)
        print(result.output, flush=True)
        assert result.exit_code == 0, line
    else:
        sys.argv[:] = words
        runpy.run_path(words[0], run_name="__main__")
"""
TRY = """
import numpy as np
from cnncourse import CheckFailed, check
try:
{code}
except CheckFailed as failed:
    print(failed)
else:
    raise AssertionError("the check is content with a wrong answer")
"""


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the course into which the blocks of the page were written."""
    copy = tmp_path_factory.mktemp("new") / "course"
    shutil.copytree(ROOT / "cnncourse", copy / "cnncourse", ignore=shutil.ignore_patterns("__py*"))
    shutil.copy(ROOT / "nbgrader_config.py", copy)
    (copy / "solutions").mkdir()
    (copy / "tests" / "alternatives").mkdir(parents=True)
    for name, path in FILES.items():
        (copy / path).parent.mkdir(exist_ok=True)
        (copy / path).write_text(PAGE[name], encoding="utf-8")
    for name, (path, begin) in ENDS.items():
        text = (copy / path).read_text(encoding="utf-8")
        end = text.index("\n}\n", text.index(begin)) + 1
        (copy / path).write_text(text[:end] + PAGE[name] + text[end:], encoding="utf-8")
    return copy


def run(copy, *lines):
    """Run commands with the copy's own package; returns what they said."""
    done = subprocess.run(
        [sys.executable, "-c", DRIVER, json.dumps(lines)],
        cwd=copy,
        env=week.environment(PYTHONPATH=str(copy), OMP_NUM_THREADS="1", COLUMNS="200"),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(done.stdout.replace("│", " ").split())


@pytest.fixture(scope="module")
def said(copy):
    """Follow the page: notebook, audit, release, a wrong try; returns what was printed."""
    attempt = "".join(f"    {line}\n" for line in PAGE["new-wrong"].splitlines())
    (copy / "attempt.py").write_text(TRY.format(code=attempt))
    blocks = [PAGE[name].strip() for name in ("new-make", "new-audit", "new-release")]
    return run(copy, *blocks, "python attempt.py")


@pytest.fixture(scope="module")
def regraded(said, copy):
    """Hand in right and wrong work, grade; mend a hint, grade again as the page says."""
    for student in STUDENTS:
        notebook = nbformat.read(copy / f"exercises/{NEW}/{NEW}.ipynb", as_version=4)
        (cell,) = (cell for cell in notebook.cells if cell.id == "channel_shuffle")
        right = PAGE["new-alternatives"].split("\n\n\n")[1].replace("by_an_order", cell.id)
        cell.source = right if student == "ada" else PAGE["new-wrong"].split("\n\n\n")[0]
        path = copy / f"classroom/submitted/{student}/{NEW}/{NEW}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)
    before = run(copy, PAGE["new-regrade"].strip())
    catalogue = copy / FILES["new-catalogue"]
    catalogue.write_text(catalogue.read_text().replace("cut in two?", "cut into two?"))
    return before, run(copy, PAGE["new-regrade"].strip())


def test_the_captions_say_where_the_test_puts_the_blocks():
    """A reader follows the captions."""
    page = (week.GUIDE / "new_exercise.md").read_text(encoding="utf-8")

    for name, path in FILES.items():
        assert f":name: {name}\n:caption: {path}\n" in page
    for name, (path, begin) in ENDS.items():
        assert f":name: {name}\n:caption: {path}, at the end of {begin.split()[0]}\n" in page


def test_the_audit_says_what_the_page_says(said):
    """Every mistake caught and named, every right way accepted, for twenty classes."""
    assert " ".join(PAGE["new-audit-said"].split()) in said


def test_a_wrong_try_is_named_as_the_page_says(said):
    """What a student reads is what the author reads."""
    assert PAGE["new-wrong-said"].strip() in said


def test_the_new_notebook_keeps_to_the_style(said, copy, monkeypatch):
    """It passes the tests that every assignment of the course has to pass."""
    monkeypatch.setattr(test_exercises, "ROOT", copy)

    test_exercises.test_cells_are_as_the_style_asks(NEW)
    test_exercises.test_no_solution_is_left_in_the_release(NEW)
    test_exercises.test_the_notebook_announces_the_points_it_gives(NEW)
    test_exercises.test_every_exercise_says_what_is_graded(NEW)


def test_after_a_mend_the_answers_are_judged_again_and_no_code_is_run(regraded):
    """A hint was mended; the cases are as they were, and so are the points."""
    before, after = regraded

    assert "2 graded, in" in before
    assert PAGE["new-regrade-said"].strip() in after
    for student, points in STUDENTS.items():
        assert f"{student} {NEW} {points:g} / 2" in before
        assert f"{student} {NEW} {points:g} / 2" in after
