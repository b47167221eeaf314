"""What check does in a student's session, and what it does while grading."""

import subprocess
import sys

import nbformat
import pytest
from conftest import ROOT
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from cnncourse import CheckFailed, check
from cnncourse.catalogue import find
from cnncourse.notebook import SEED
from cnncourse.seal import MIME, open_seal

RIGHT = find("conv2d").reference


def test_a_right_answer_prints_a_report(capsys):
    """Every property that holds is listed."""
    check("conv2d", RIGHT)

    assert "conv2d: all" in capsys.readouterr().out


def test_a_wrong_answer_raises_with_the_report():
    """`nbgrader validate` and nbval see a failure; the student sees the mistake's name."""
    with pytest.raises(CheckFailed, match="It looks as if the kernel is flipped"):
        check("conv2d", lambda x, w, b=None, **o: RIGHT(x, w[..., ::-1, ::-1], b, **o))


def test_the_readme_shows_what_check_says():
    """The first report a newcomer reads is a real one."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.split("```text\n")[1].split("```")[0]

    with pytest.raises(CheckFailed) as failed:
        check("conv2d", lambda x, w, b=None, **o: RIGHT(x, w[..., ::-1, ::-1], b, **o))

    assert str(failed.value).startswith(shown.rstrip())


def test_an_unknown_exercise_is_one_sentence():
    """With the nearest name."""
    with pytest.raises(CheckFailed, match="did you mean 'conv2d'"):
        check("conv2", RIGHT)


@pytest.mark.parametrize("arguments", [("conv2d",), (RIGHT,), ("conv2d", RIGHT, RIGHT)])
def test_a_call_of_another_shape_shows_the_right_one(arguments):
    """The likeliest mistake of all: the name or the function alone."""
    with pytest.raises(CheckFailed, match=r'check\("conv2d", conv2d\)'):
        check(*arguments)


@pytest.mark.parametrize("name", [None, 7, ["conv2d"]])
def test_a_name_that_is_no_text_is_one_sentence(name):
    """Nothing a student writes makes check fail in a way of its own."""
    with pytest.raises(CheckFailed, match="there is no exercise"):
        check(name, RIGHT)


def test_ipython_shows_the_message_without_a_traceback():
    """The report is all a student reads."""
    notebook = new_notebook(
        cells=[new_code_cell('from cnncourse import check\ncheck("conv2d", None)', id="a")]
    )

    NotebookClient(notebook, allow_errors=True).execute()

    (output,) = notebook.cells[0].outputs
    shown = "\n".join(output.traceback)
    assert shown.startswith("conv2d: got None, expected a function")
    assert "Traceback" not in shown
    assert "notebook.py" not in shown


def test_grading_seals_the_answers_and_says_nothing(monkeypatch):
    """The kernel shows a bundle, no verdict; torch is never imported."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv(SEED, "graded")
    source = (
        "import sys\nfrom cnncourse import check\n"
        "check('conv2d', lambda x, w, b=None, **o: x)\nprint('torch' in sys.modules)"
    )
    notebook = new_notebook(cells=[new_code_cell(source, id="a")])

    NotebookClient(notebook).execute()

    bundle, printed = notebook.cells[0].outputs
    name, answers = open_seal(bundle.data[MIME])
    first = find("conv2d").draw("graded")[0]
    assert name == "conv2d"
    assert answers[0].arrays[0].tolist() == first.arguments["x"].tolist()
    assert printed.text == "False\n"
    nbformat.validate(notebook)


def test_check_works_outside_ipython():
    """A plain script of a student's gets the same answer."""
    code = "from cnncourse import check\ncheck('conv2d', None)"

    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert run.returncode == 1
    assert "got None, expected a function" in run.stderr
