"""What is left of a run: its record, its curves; and the mode a notebook runs in."""

import csv
import json
import resource
import sys

import pytest
import torch
from matplotlib import pyplot as plt
from torch import nn
from training_toys import fit, one_thread, toy_model, toy_set  # noqa: F401

from cnncourse.data import ImageSet
from cnncourse.training import Mode, memory, mode
from cnncourse.training.plan import _plain
from cnncourse.training.record import fingerprint


@pytest.fixture(scope="module")
def history():
    """One run for all that only read it."""
    return fit(toy_model(), epochs=3, ema=0.9, before_epoch=lambda model, epoch: None)


def test_record_is_plain_json(history):
    """Read back it is the same: numbers, words, lists."""
    assert json.loads(json.dumps(history.record)) == history.record


def test_record_names_configuration_seed_versions_hardware_time_and_weights(history):
    """What it takes to repeat the run, and to know whether that worked."""
    record = history.record

    assert (record["seed"], record["epochs"], record["ema"], record["optimizer"]) == (
        *(3, 3, 0.9, "sgd"),
    )
    assert record["torch"] == str(torch.__version__)
    assert record["cnncourse"]
    assert "threads used" in record["hardware"]
    assert record["seconds"] >= 0
    assert record["processor_seconds"] >= 0
    assert (record["passes"], record["kept_pass"]) == (3, 3)
    assert len(record["weights_sha256"]) == 64


def test_processor_seconds_are_measured_pass_by_pass(history):
    """Each pass computes for a while, and on one thread no longer than the clock goes."""
    for epoch in history.epochs:
        assert 0 < epoch.processor_seconds <= epoch.seconds + 0.02


def test_csv_has_a_line_a_pass_with_all_figures(history, tmp_path):
    """Read back, every number is the same to the last figure; no half file is left."""
    path = tmp_path / "history.csv"
    history.to_csv(path)

    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row.pop("epoch") for row in rows] == ["1", "2", "3"]
    for name in rows[0]:
        assert [float(row[name]) for row in rows] == history.column(name)
    assert set(rows[0]) >= {"train_loss", "test_loss", "test_accuracy", "learning_rate"}
    assert [p.name for p in tmp_path.iterdir()] == ["history.csv"]


@pytest.mark.parametrize("what", ["loss", "accuracy"])
def test_plot_draws_test_and_training_over_the_passes(history, what):
    """Into axes of one's own or new ones, both curves in one colour."""
    _, mine = plt.subplots()
    for ax in (history.plot(mine, what=what, label="toy"), history.plot(what=what)):
        test, training = ax.get_lines()
        assert list(test.get_ydata()) == history.column(f"test_{what}")
        assert list(training.get_ydata()) == history.column(f"train_{what}")
        assert list(test.get_xdata()) == [1, 2, 3]
        assert test.get_color() == training.get_color()
    assert [text.get_text() for text in mine.get_legend().get_texts()] == [
        *("toy, test", "toy, training"),
    ]
    plt.close("all")


def test_plot_of_an_unknown_figure_is_refused(history):
    """The sentence says what there is."""
    with pytest.raises(ValueError, match="what is 'lose', it must be 'loss' or 'accuracy'"):
        history.plot(what="lose")


def test_fingerprint_sees_one_pixel_and_one_label():
    """Sets of the same size and name are told apart."""
    part = toy_set()
    seen = {fingerprint(part)}
    images, labels = part.images.clone(), part.labels.clone()
    images[3, 0, 1, 2] += 0.1
    labels[5] = (labels[5] + 1) % 3
    seen.add(fingerprint(ImageSet("toy", "train", images, part.labels, part.classes)))
    seen.add(fingerprint(ImageSet("toy", "train", part.images, labels, part.classes)))

    assert len(seen) == 3
    assert fingerprint(toy_set()) in seen


def test_callable_is_described_without_its_address():
    """The next process has to find the same words."""
    from functools import partial

    class Own:
        def __call__(self, model, epoch):
            """Nothing."""

    assert _plain(partial(fit, 3, seed=4)) == "fit(3, seed=4)"
    assert _plain(Own()).endswith("Own")
    assert _plain(nn.ReLU()) == "ReLU()"
    assert _plain(None) is None


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc's memory is looked after")
def test_memory_of_a_step_is_kept_for_the_next_and_then_handed_back():
    """64 MiB taken and freed again and again: no page is cleared anew."""
    with memory.kept():
        faults = [_faults_of_a_step() for _ in range(5)]
        held = _resident()

    assert min(faults[1:]) < 100  # 64 MiB are 16,384 pages
    assert held - _resident() > 2**25


def _faults_of_a_step():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.empty(2**24).fill_(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def _resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def test_mode_is_full_where_all_data_is_at_hand(monkeypatch):
    """It says why, and a missing set makes it smoke."""
    monkeypatch.delenv("CNNCOURSE_MODE", raising=False)
    monkeypatch.setattr("cnncourse.training.modes.at_hand", lambda name: name != "cifar10-jpeg")

    assert mode("mnist", "digits") == Mode("full", "at hand: mnist, digits")
    assert mode("mnist", "cifar10-jpeg") == Mode("smoke", "not at hand: cifar10-jpeg")


@pytest.mark.parametrize("name", ["smoke", "full"])
def test_mode_is_what_the_variable_says(name, monkeypatch):
    """Whatever data there is."""
    monkeypatch.setenv("CNNCOURSE_MODE", name)
    monkeypatch.setattr("cnncourse.training.modes.at_hand", lambda name: name == "mnist")

    chosen = mode("cifar10-jpeg", "mnist")

    assert str(chosen) == chosen.name == name
    assert chosen.is_full == (name == "full")
    assert chosen.choose(smoke=1, full=2) == (2 if name == "full" else 1)


def test_mode_refuses_another_word_and_an_unknown_dataset(monkeypatch):
    """A typing mistake must not start a run of hours, or of seconds."""
    monkeypatch.setenv("CNNCOURSE_MODE", "ful")
    with pytest.raises(ValueError, match="CNNCOURSE_MODE is 'ful', it must be"):
        mode()
    monkeypatch.setenv("CNNCOURSE_MODE", "smoke")
    with pytest.raises(ValueError, match="did you mean"):
        mode("cifar11")
