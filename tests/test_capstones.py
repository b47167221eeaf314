"""Capstones: what is committed was run in full mode, and smoke mode runs from top to bottom."""

import itertools
import re
import resource
import time
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

CAPSTONES = sorted((Path(__file__).parent.parent / "book" / "capstones").glob("c*.ipynb"))
# The mode in which the committed outputs were made, and the mean test accuracy they reach.
TARGETS = {
    "c1_lenet": ("full", 0.990),
    "c2_alexnet": ("smoke", 0.45),
    "c3_zfnet": ("smoke", 0.45),
    "c4_vgg": ("smoke", 0.96),
    "c5_googlenet": ("smoke", 0.85),
    "c6_resnet": ("smoke", 0.95),
    "c7_transfer": ("smoke", 0.70),
    "c8_ladder": ("smoke", 0.85),
}
CPU_SECONDS = 60  # processor time, since the wall clock also counts what else the machine does


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def printed(notebook):
    """Join all that the notebook's cells have printed."""
    outputs = [output for cell in code_cells(notebook) for output in cell.outputs]
    return "".join(output.text for output in outputs if output.output_type == "stream")


def test_every_capstone_has_a_target():
    """A capstone without a figure to reach would pass whatever it reached."""
    assert {path.stem for path in CAPSTONES} == set(TARGETS)


@pytest.fixture(params=CAPSTONES, ids=lambda path: path.stem)
def path(request):
    """Take each capstone in turn."""
    return request.param


def test_committed_capstone_was_run_from_top_to_bottom(path):
    """Every code cell has run, in order, and left something to see, but no error or warning."""
    cells = code_cells(read(path))

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        assert cell.outputs, cell.id
        kinds = {output.output_type for output in cell.outputs}
        assert kinds <= {"stream", "display_data", "execute_result"}, cell.id
        assert all(output.get("name", "stdout") == "stdout" for output in cell.outputs), cell.id


def test_committed_capstone_reaches_its_target(path):
    """The accuracy it prints is a mean over seeds, three of them in full mode."""
    mode, target = TARGETS[path.stem]
    text = printed(read(path))
    found = re.search(r"mean test accuracy of .* over (\d+) seeds: (\d\.\d+)", text)

    assert text.startswith(f"{mode} mode")
    assert int(found[1]) >= (3 if mode == "full" else 2)
    assert target <= float(found[2]) < 1


def test_committed_capstone_states_its_record(path):
    """Seeds, versions, hardware, seconds and the weights' hash; no path of the machine."""
    text = printed(read(path))

    for key in ("seed", "torch", "hardware", "seconds", "learning_rate"):
        assert re.search(rf"^{key} +\S", text, re.M), key
    assert re.search(r"^weights_sha256 +[0-9a-f]{64}$", text, re.M)
    assert not re.search(r"/(home|root|tmp|work|Users)/", path.read_text(encoding="utf-8"))


def test_cells_have_ids_written_by_hand_and_short_code(path):
    """Ids say what a cell is for, none twice; code is read, not scrolled."""
    notebook = read(path)
    ids = [cell.id for cell in notebook.cells]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name) for name in ids)
    assert not any(re.fullmatch(r"[0-9a-f]{8}", name) for name in ids)
    assert max(len(cell.source.splitlines()) for cell in code_cells(notebook)) <= 15


def test_every_picture_has_a_text_in_its_place(path):
    """A reader who cannot see the figure is told what it shows."""
    for cell in code_cells(read(path)):
        if any("image/png" in output.get("data", {}) for output in cell.outputs):
            assert len(cell.metadata.mystnb.image.alt) > 30, cell.id


def test_capstone_has_one_title_and_nested_headings(path):
    """One h1, first; no level is skipped; the file stays light enough to be read in a browser."""
    prose = "\n".join(c.source for c in read(path).cells if c.cell_type == "markdown")
    levels = [len(found) for found in re.findall(r"^(#+) \S", prose, re.M)]

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert path.stat().st_size < 1_000_000


def test_smoke_mode_of_the_first_runs_in_a_minute(tmp_path, monkeypatch):
    """From top to bottom on the built-in digits, on one thread, leaving no file behind.

    The smoke mode of all is run by nbval (`make test`).
    """
    path = CAPSTONES[0]
    monkeypatch.setenv("CNNCOURSE_MODE", "smoke")
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    notebook = read(path)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()

    NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()

    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - start
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    text = printed(notebook)
    assert text.startswith("smoke mode")
    assert float(re.search(r"mean test accuracy .*: (\d\.\d+)", text)[1]) > 0.85
    assert min(used, wall) < CPU_SECONDS
    assert used > 1  # the kernel's time was indeed counted
    assert not list(tmp_path.iterdir())
