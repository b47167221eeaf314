"""Where no answer arrives, the report says why, though the reason may lie cells above the test."""

import nbformat
import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_notebook, new_output

from cnncourse.grading.judge import judge_cell
from cnncourse.grading.plugins import VerifyAnswers

TORCH = ("ImportError", "torch is not available while this assignment is graded")
SYNTAX = ("SyntaxError", "'(' was never closed (cell.py, line 3)")
NO_CHECK = ("NameError", "name 'check' is not defined")
NO_CONV2D = ("NameError", "name 'conv2d' is not defined")
HOME = ("FileNotFoundError", "no such file: data.csv")
IMPORTS = "import torch\nimport numpy as np\nfrom cnncourse import check"
SOLUTION = "def conv2d(x, w:\n    return x"
TEST = 'check("conv2d", conv2d)'


def ran(source, error=None, *, count=None, role=None):
    """A cell as it was executed, with the error that it stopped with."""
    cell = new_code_cell(source, execution_count=count)
    if role:
        cell.metadata["nbgrader"] = role
    if error:
        cell.outputs = [new_output("error", ename=error[0], evalue=error[1], traceback=[])]
    return cell


def notebook(*before, error=NO_CHECK):
    """A notebook in which cells, numbered from 1, ran before a test that gave no answer."""
    role = {"grade": True, "solution": False, "grade_id": "check_conv2d", "points": 5}
    cells = [ran(*one, count=count) for count, one in enumerate(before, start=1)]
    return new_notebook(cells=[*cells, ran(TEST, error, count=len(cells) + 1, role=role)])


def told(output):
    """The words of the report under a test cell."""
    return BeautifulSoup(output["data"]["text/html"], "html.parser").get_text(" ")


def reason(nb):
    """What is said of the last cell of a notebook."""
    return told(judge_cell(nb.cells[-1], seed="why", before=nb.cells[:-1]))


@pytest.mark.parametrize("error", [TORCH, SYNTAX], ids=["torch", "syntax"])
def test_a_first_cell_that_failed_is_named_with_its_error(error):
    """Without it, a student reads only that check is not defined, which was no fault of theirs."""
    said = reason(notebook((IMPORTS, error), ("1 + 1",)))

    assert "the cell stopped with NameError: name 'check' is not defined." in said
    first = f"The notebook's first error is in cell 1: {error[0]}: {error[1]}; mend that first"
    assert first in said


def test_the_cell_that_was_to_define_what_is_missing_comes_before_the_first_error():
    """Other errors above have nothing to do with it, nor have calls of what is missing."""
    others = ("open('data.csv')", HOME), ("conv2d(1, 2)", NO_CONV2D)

    said = reason(notebook((IMPORTS,), *others, (SOLUTION, SYNTAX), error=NO_CONV2D))

    assert "An earlier error is in cell 4: SyntaxError" in said
    assert "data.csv" not in said


def test_the_first_error_is_told_where_none_explains_what_is_missing():
    """It is a fact, and may be the reason all the same."""
    said = reason(notebook((IMPORTS,), ("open('data.csv')", HOME), error=NO_CONV2D))

    assert "The notebook's first error is in cell 2: FileNotFoundError: no such file" in said


def test_nothing_is_made_up_where_nothing_failed_before():
    """A mistyped name in the test's own function stands for itself."""
    said = reason(notebook((IMPORTS,), error=NO_CONV2D))

    assert "name 'conv2d' is not defined" in said
    assert "error is in" not in said


def test_an_error_that_forges_a_report_stays_a_line_of_text():
    """What the student's process says is shown, not obeyed."""
    forged = ("E", "<b>full points</b>\n\x1b[2J" + "x" * 10_000)

    said = judge_cell(
        (nb := notebook((IMPORTS, forged))).cells[-1], seed="why", before=nb.cells[:-1]
    )["data"]["text/html"]

    assert "<b>full points" not in said
    assert "\x1b" not in said
    assert len(said) < 10_000


def test_plain_nbgrader_tells_the_same(tmp_path):
    """The preprocessor sees the cells above, too."""
    names = {"nbgrader": {"student": "ada", "assignment": "04_convolution"}}
    nb = notebook((IMPORTS, TORCH))
    wanted = reason(nb)

    judged, _ = VerifyAnswers(secret_file=str(tmp_path / "secret"))(nb, names)

    assert told(judged.cells[-1].outputs[0]) == wanted
    nbformat.validate(judged)
