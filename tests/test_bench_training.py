"""`cnncourse bench training`: the same work both ways, and ratios against the faster."""

import json
from functools import partial

import pytest
import torch
from torchvision import datasets
from training_toys import one_thread  # noqa: F401
from typer.testing import CliRunner

from cnncourse.bench import training, usual_training
from cnncourse.cli import app


@pytest.fixture(scope="module")
def result(tmp_path_factory):
    """One short measurement through the command line, without helper processes."""
    output = tmp_path_factory.mktemp("bench") / "training.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "WORKERS", (0,))
        command = ["bench", "training", "--networks", "lenet5", "--repeats", "2"]
        command += ["--threads", "1", "--scale", "0.02", "--json", "--output", str(output)]
        run = CliRunner().invoke(app, command)
    assert run.exit_code == 0, run.output
    told = json.loads(run.output[run.output.index("{") :])
    assert told == json.loads(output.read_text())
    return told


def test_result_has_a_median_and_all_readings_of_each_way(result):
    """Two rounds of two batches; images per second is what the readings say."""
    (lenet,) = result["networks"]

    assert (lenet["network"], lenet["image"], lenet["images"]) == ("lenet5", [1, 28, 28], 256)
    assert list(lenet["ways"]) == ["ours", "usual, 0 workers"]
    for way in lenet["ways"].values():
        assert len(way["readings"]) == 2
        seconds = sum(row[0] for row in way["readings"]) / 2
        assert way["images_per_second"] == pytest.approx(1 / seconds, rel=1e-3)
    assert result["threads"] == 1
    assert "processor" in result["machine"]


def test_ratio_is_against_the_faster_of_the_usual_ways():
    """By the clock helpers win, by the processors' time they cost more."""
    readings = {
        "ours": [(1.0, 2.0), (3.0, 2.0), (2.0, 2.0)],
        "usual, 0 workers": [(8.0, 5.0)] * 3,
        "usual, 2 workers": [(6.0, 9.0)] * 3,
    }

    assert training._compare(readings) == {"times_as_fast": 3.0, "times_less_processor": 2.5}


def test_table_shows_every_way_and_both_ratios(result):
    """A row a network."""
    (table,) = training.tables(result)

    assert table.row_count == 1
    assert [column.header for column in table.columns][2:4] == ["ours", "usual, 0 workers"]


def test_usual_loop_reads_mnists_own_files_with_the_drawn_images(tmp_path):
    """torchvision's class, so nothing of ours makes it slow; the pixels are those drawn."""
    images, labels = training.draw(training.CASES["lenet5"], 5)

    dataset = usual_training.dataset(images, labels, tmp_path, is_augmented=False)

    assert isinstance(dataset, datasets.MNIST)
    assert len(dataset) == 5
    image, label = dataset[3]
    assert label == labels[3]
    torch.testing.assert_close(image * 0.3081 + 0.1307, images[3] / 255)


@pytest.mark.parametrize("is_augmented", [False, True])
def test_usual_loop_hands_out_colour_images_as_torchvision_does(is_augmented, tmp_path):
    """The same pixels when nothing is done to them; the same size when something is."""
    images, labels = training.draw(training.CASES["resnet20"], 4)

    dataset = usual_training.dataset(images, labels, tmp_path, is_augmented)
    image, label = dataset[2]

    assert image.shape == (3, 32, 32)
    assert label == labels[2]
    mean, deviation = (torch.tensor(part).view(3, 1, 1) for part in usual_training.CIFAR10)
    if not is_augmented:
        torch.testing.assert_close(image * deviation + mean, images[2] / 255)


def test_both_ways_take_the_same_steps_on_the_same_images(tmp_path, monkeypatch):
    """One batch, the same start: the same weights, but for how images are normalised."""
    case = training.CASES["lenet5"]
    images, labels = training.draw(case, 128)
    mean_is_zero = ((0.0,), (1.0,))
    monkeypatch.setattr(usual_training, "MNIST", mean_is_zero)
    monkeypatch.setitem(training.STEP, "lr", 0.05)
    models = []

    def build():
        torch.manual_seed(4)
        models.append(case.build())
        return models[-1]

    dataset = usual_training.dataset(images, labels, tmp_path, is_augmented=False)
    usual_training.train(build, dataset, batch_size=128, workers=0, step=training.STEP)
    same = training.Case(build, 1, 28, 128, False)
    patched = partial(training.train, schedule="constant")
    monkeypatch.setattr(training, "train", patched)
    training._ours(same, images, labels)

    for one, other in zip(models[0].parameters(), models[1].parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-5)


def test_unknown_network_is_answered_with_those_there_are():
    """A sentence, not a traceback."""
    run = CliRunner().invoke(app, ["bench", "training", "--networks", "lenet"])

    assert run.exit_code == 2
    assert "no network lenet; there are: lenet5, resnet20" in " ".join(run.output.split())
