"""The command line answers a wrong call with one sentence and a way on."""

import sys

import pytest
from typer.testing import CliRunner

from cnncourse.cli import app


def run(*arguments):
    """Call `cnncourse` with some arguments; words only, however wide the terminal."""
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, " ".join(result.output.split())


@pytest.mark.parametrize("command", ["release", "grade", "scoreboard", "demo"])
def test_a_folder_without_a_course_is_named(command, tmp_path, monkeypatch):
    """The usual reason is that one stands in the wrong folder."""
    monkeypatch.chdir(tmp_path)

    code, said = run(command)

    assert code == 2
    assert "holds no nbgrader_config.py: run this in the course's folder" in said


def test_an_unknown_assignment_is_answered_with_those_there_are(course):
    """A typing mistake costs a second."""
    code, said = run("grade", "02_filter")

    assert code == 2
    assert "no assignment 02_filter; there are: 01_arrays, 02_filters" in said


def test_a_student_who_has_no_nbgrader_is_told_how_to_get_it(course, monkeypatch):
    """`pip install .` brings what students need; grading is an extra."""
    for name in [name for name in sys.modules if name.startswith("cnncourse.grading")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nbgrader.api", None)

    code, said = run("grade")

    assert code == 2
    assert "grading needs nbgrader: pip install '.[grade]'" in said


def test_help_lists_the_verbs_without_importing_nbgrader():
    """Asking for help is fast."""
    code, said = run("--help")

    assert code == 0
    for verb in ("release", "demo", "grade", "scoreboard"):
        assert verb in said
