"""The grader is timed against a conventional assignment that is a real one."""

import nbformat
import numpy as np
import pytest
from conftest import ROOT

from cnncourse.bench import conventional
from cnncourse.bench.grading import ASSIGNMENT, NAME, tables
from cnncourse.grading.demo import CLASS, write_class


def run(cells):
    """Run what a kernel would, but for the pictures."""
    namespace = {"np": np}
    for cell in cells:
        if cell.cell_type == "code" and not cell.id.startswith(("plot", "imports")):
            exec(cell.source, namespace)


@pytest.fixture
def cells():
    """The cells of the conventional assignment, solutions included."""
    source = nbformat.read(ROOT / "solutions" / NAME, as_version=4)
    return conventional.convert(source).cells


def test_the_conventional_tests_accept_the_solutions_and_nothing_else(cells):
    """They do the same work as the sealed ones: PyTorch's answers, compared."""
    run(cells)
    for name in conventional.TESTS:
        (solution,) = (cell for cell in cells if cell.id == name)
        right = solution.source
        solution.source = right + "\n    return None\n" + f"_right_{name} = {name}\n"
        solution.source += f"def {name}(*a, **k):\n    return _right_{name}(*a, **k) + 1e-3\n"
        with pytest.raises(AssertionError):
            run(cells)
        solution.source = right


def test_a_class_of_any_size_is_the_twenty_again_and_again(tmp_path):
    """Names differ, and the work repeats."""
    write_class(ROOT / "solutions" / NAME, ROOT / "exercises" / NAME, tmp_path, 23)

    names = sorted(path.name for path in tmp_path.iterdir())
    assert len(names) == 23
    assert {"amara-0001", "amara-0002", "tomas-0001"} <= set(names)
    texts = {(tmp_path / f"amara-{i:04d}" / NAME).read_text() for i in (1, 2)}
    assert len(texts) == 1
    assert len(CLASS) == 20
    assert {path.parent.name for path in tmp_path.rglob("*.ipynb")} == {ASSIGNMENT}


def test_a_result_is_laid_out_with_what_was_extrapolated_marked():
    """Nobody takes an estimate for a measurement."""
    run = {"students": 200, "wall": 30.0, "start": 4.0, "each": 0.13, "memory": 2**27}
    run["breakdown"] = dict.fromkeys(("prepare", "run", "judge", "write"), 0.02)
    ratio = {"students": 200, "nbgrader": 500.0, "extrapolated": True}
    ratio |= {"whole_command": 16.7, "throughput": 19.0}

    whole, parts = tables({"cnncourse": [run], "ratios": [ratio]})

    assert list(whole.columns[1].cells) == ["500.0 (extrapolated)"]
    assert list(whole.columns[5].cells) == ["128 MiB"]
    assert list(parts.columns[1].cells) == ["130"]
