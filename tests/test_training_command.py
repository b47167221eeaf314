"""`cnncourse train` and `cnncourse capstone`: what they leave, and how they refuse."""

import json

import nbformat
import pytest
import torch
from training_toys import one_thread  # noqa: F401
from typer.testing import CliRunner

from cnncourse.cli import app
from cnncourse.data import load
from cnncourse.training import capstone, evaluate
from cnncourse.training.command import FILES, augmentation, network_for

PLAN = ("--size", "28", "--epochs", "1", "--batch-size", "64", "--augment", "shift")


def run(*arguments):
    """Call `cnncourse`; words only, however wide the terminal."""
    result = CliRunner().invoke(app, [str(part) for part in arguments])
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Train once for all that look at what is left."""
    folder = tmp_path_factory.mktemp("run")
    code, said = run("train", "lenet5", "digits", *PLAN, "--output", folder)
    assert code == 0, said
    assert "test accuracy" in said
    return folder


def test_train_leaves_record_curves_weights_and_checkpoint(folder):
    """The weights are those that the record's figures were measured with."""
    assert sorted(path.name for path in folder.iterdir()) == sorted(FILES)
    record = json.loads((folder / "record.json").read_text())
    assert (record["network"], record["dataset"], record["epochs"]) == ("lenet5", "digits", 1)
    assert (folder / "history.png").read_bytes().startswith(b"\x89PNG")
    figures = (folder / "history.csv").read_text().splitlines()
    test_set = load("digits", "test", size=28, as_bytes=True)
    model = network_for("lenet5", test_set)
    model.load_state_dict(torch.load(folder / "weights.pt", weights_only=True))
    assert f"{evaluate(model, test_set)[1]}" in figures[1].split(",")


def test_train_again_reads_the_finished_run(folder):
    """Not a second is trained: the record is the same, its seconds included."""
    before = (folder / "record.json").read_bytes()

    code, _ = run("train", "lenet5", "digits", *PLAN, "--output", folder)

    assert code == 0
    assert (folder / "record.json").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("lenet6", "digits"), "no network is called 'lenet6': did you mean 'lenet5'"),
        (("lenet5", "digit"), "did you mean"),
        (("lenet5", "digits"), "image_size is 8, LeNet-5 reads 28 or 32 pixels"),
        (("lenet5", "digits", "--schedule", "cosin"), "image_size is 8"),
        (("resnet20", "digits", "--schedule", "cosin"), "did you mean 'cosine'"),
        (("resnet20", "digits", "--augment", "crops"), "crop"),
    ],
)
def test_train_answers_a_wrong_call_with_a_sentence(arguments, message, tmp_path):
    """No traceback, and nothing is written."""
    code, said = run("train", *arguments, "--output", tmp_path / "run")

    assert code == 2
    assert message in said
    assert not (tmp_path / "run").exists()


def test_augmentations_of_the_command_line_make_a_chain():
    """Mixing ones are told the number of classes."""
    made = augmentation(["crop", "mixup"], 7)

    assert repr(made) == "chain(crop(padding=4), mixup(alpha=1.0, num_classes=7))"
    assert augmentation([], 7) is None


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A folder with two capstones, one of which fails."""
    folder = tmp_path / "book" / "capstones"
    folder.mkdir(parents=True)
    for name, last in (("c1_small", "print(6 * 7)"), ("c2_broken", "1 / 0")):
        cells = [
            nbformat.v4.new_markdown_cell("# A capstone", id="title"),
            nbformat.v4.new_code_cell(
                "import os\nfrom pathlib import Path\n"
                "print('mode', os.environ.get('CNNCOURSE_MODE'), Path.cwd().name)",
                id="mode",
            ),
            nbformat.v4.new_code_cell(last, id="last"),
        ]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        notebook = nbformat.v4.new_notebook(cells=cells, metadata=kernel)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    monkeypatch.chdir(tmp_path)
    return folder


def test_capstone_runs_in_its_mode_and_folder_and_writes_its_outputs(course):
    """What it prints is shown; the notebook itself stays without outputs."""
    source, output = course / "c1_small.ipynb", course.parent / "out" / "c1.ipynb"
    before = source.read_bytes()

    code, said = run("capstone", "c1", "--smoke", "--output", output)

    assert code == 0, said
    assert "mode smoke capstones 42" in said
    assert source.read_bytes() == before
    cells = nbformat.read(output, as_version=4).cells
    assert cells[2].outputs[0].text == "42\n"
    assert "execution" not in cells[2].metadata
    assert [path.name for path in output.parent.iterdir()] == ["c1.ipynb"]


def test_capstone_that_fails_says_in_which_cell_and_writes_nothing(course):
    """Its name, its place, and Python's own message."""
    output = course.parent / "c2.ipynb"

    code, said = run("capstone", "c2_broken", "--full", "--output", output)

    assert code == 2
    assert "mode full" in said
    assert "cell 2 of 2: last failed" in said
    assert "ZeroDivisionError" in said
    assert not output.exists()


def test_capstone_is_found_by_its_beginning_or_the_nearest_is_named(course, tmp_path):
    """As long as only one begins like that."""
    assert capstone.find("c1", course) == course / "c1_small.ipynb"
    with pytest.raises(capstone.CapstoneError, match=r"'c'; did you mean c1_small or c2_broken"):
        capstone.find("c", course)
    with pytest.raises(capstone.CapstoneError, match="did you mean c1_small"):
        capstone.find("c1_smal1", course)
    with pytest.raises(capstone.CapstoneError, match="there are: c1_small, c2_broken"):
        capstone.find("zzz", course)
    with pytest.raises(capstone.CapstoneError, match="is this the course's folder"):
        capstone.find("c1", tmp_path)
