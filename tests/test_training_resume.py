"""A run that was broken off goes on as if nothing had been, whatever options it has."""

import errno
import math

import pytest
import torch
from torch import nn
from training_toys import PowerCutError, fit, one_thread, toy_model, toy_set  # noqa: F401

from cnncourse.data import ImageSet
from cnncourse.data.augmentation import chain, named
from cnncourse.training import CheckpointError, run, weights_sha256


def bytes_of(part):
    """Keep the same pixels as bytes."""
    images = part.images.mul(255).round().to(torch.uint8)
    return ImageSet(part.name, part.split, images, part.labels, part.classes)


def two_groups(model):
    """The last layer at full step size, the rest at a tenth and without decay."""
    return [
        {"params": model[5].parameters()},
        {"params": model[:5].parameters(), "scale": 0.1, "weight_decay": 0.0},
    ]


def thaw_later(model, epoch):
    """The last layer alone for two passes; batch normalisation evaluates throughout."""
    model[1].eval()
    model[0].requires_grad_(epoch >= 2)
    model[1].requires_grad_(epoch >= 2)


def half(step, num_steps):
    """A schedule of one's own."""
    return 1.0 if 2 * step < num_steps else 0.5


MIXED = chain(named("shift", pixels=1.0), named("mixup", num_classes=3))
EVERYTHING = {
    "train_set": bytes_of(toy_set()),
    "optimizer": "adamw",
    "learning_rate": 0.02,
    "schedule": "cosine",
    "label_smoothing": 0.1,
    "ema": 0.8,
    "patience": 3,
    "precision": "bfloat16",
    "parameters": two_groups,
    "before_epoch": thaw_later,
    "augment": MIXED,
}
OPTIONS = {
    "adamw": {"optimizer": "adamw", "learning_rate": 0.01},
    "cosine": {"schedule": "cosine"},
    "step": {"schedule": "step"},
    "constant": {"schedule": "constant"},
    "own schedule": {"schedule": half},
    "label smoothing": {"label_smoothing": 0.2},
    "ema": {"ema": 0.9},
    "patience": {"patience": 4},
    "bfloat16": {"precision": "bfloat16"},
    "groups": {"parameters": two_groups},
    "thawing": {"before_epoch": thaw_later},
    "thawing with adamw": {"before_epoch": thaw_later, "optimizer": "adamw"},
    "mixed labels": {"augment": MIXED},
    "bytes": {"train_set": bytes_of(toy_set()), "augment": named("shift", pixels=1.0)},
    "everything": EVERYTHING,
}


def cut(monkeypatch, step):
    """Let a run break off in the middle of one of its steps."""
    count, real = iter(range(step)), run.number_right

    def number_right(logits, targets):
        if next(count, None) is None:
            raise PowerCutError
        return real(logits, targets)

    monkeypatch.setattr(run, "number_right", number_right)


@pytest.mark.parametrize("name", OPTIONS)
def test_broken_run_goes_on_bit_for_bit_with_every_option(name, tmp_path, monkeypatch):
    """Broken in the third of four passes, continued from other weights: the same hash."""
    options, path = OPTIONS[name], tmp_path / "run.pt"
    unbroken = fit(toy_model(), **options)
    cut(monkeypatch, 12)
    with pytest.raises(PowerCutError):
        fit(toy_model(), checkpoint=path, **options)
    monkeypatch.undo()
    assert len(torch.load(path, weights_only=True)["epochs"]) == 2

    model = toy_model(seed=99)
    continued = fit(model, checkpoint=path, **options)

    assert continued.record["weights_sha256"] == unbroken.record["weights_sha256"]
    assert weights_sha256(model) == continued.record["weights_sha256"]
    for figure in ("train_loss", "train_accuracy", "test_loss", "test_accuracy", "learning_rate"):
        assert continued.column(figure) == unbroken.column(figure)


@pytest.mark.parametrize("name", ["ema", "patience", "thawing", "everything"])
def test_finished_run_leaves_the_same_weights_when_it_is_read(name, tmp_path):
    """Averaged or best weights come back, not those of the last step."""
    options, path = OPTIONS[name], tmp_path / "run.pt"
    first = fit(toy_model(), checkpoint=path, **options)
    model = toy_model(seed=99)

    again = fit(model, checkpoint=path, **options)

    assert again == first
    assert weights_sha256(model) == first.record["weights_sha256"]


def test_run_stopped_by_patience_is_not_taken_up_again(tmp_path):
    """It learns nothing at this step size; reading it again trains no further."""
    options = {"patience": 2, "learning_rate": 1e-12, "epochs": 9, "checkpoint": tmp_path / "a.pt"}
    first = fit(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), **options)

    again = fit(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), **options)

    assert 3 <= len(first.epochs) < 9
    assert again == first


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ema": 0.5}, "its ema is None, this run's is 0.5"),
        ({"schedule": half}, "its schedule is 'one-cycle', this run's is 'half'"),
        ({"parameters": two_groups}, r"its groups is \['243 parameters, 1 of"),
        ({"before_epoch": thaw_later}, "its before_epoch is None, this run's is 'thaw_later'"),
        ({"train_set": bytes_of(toy_set())}, "its data_fingerprint is"),
    ],
)
def test_checkpoint_with_other_options_is_refused_with_the_difference(tmp_path, options, message):
    """Each option is part of the run; model and file stay as they were."""
    path = tmp_path / "run.pt"
    fit(toy_model(), checkpoint=path)
    written, model = path.read_bytes(), toy_model(seed=5)
    before = weights_sha256(model)

    with pytest.raises(CheckpointError, match=message):
        fit(model, checkpoint=path, **options)

    assert path.read_bytes() == written
    assert weights_sha256(model) == before


def test_model_is_untouched_when_a_checkpoint_has_a_layer_of_another_shape(tmp_path):
    """As many parameters, other shapes: not even the layers that fit are copied."""
    path = tmp_path / "run.pt"
    fit(nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.Linear(5, 3)), checkpoint=path)
    other = nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.Linear(5, 3).double())
    other[2].weight = nn.Parameter(torch.zeros(5, 3))
    other[2].bias = nn.Parameter(torch.zeros(3))
    before = weights_sha256(other)

    with pytest.raises(CheckpointError, match=r"there 2.weight is 3 x 5, float32, here it is 5 x"):
        fit(other, checkpoint=path)

    assert weights_sha256(other) == before


def test_checkpoint_cut_short_is_refused(tmp_path):
    """Any part of a file is no checkpoint, however much of it is there."""
    path = tmp_path / "run.pt"
    fit(toy_model(), checkpoint=path)
    whole = path.read_bytes()

    for share in (0.3, 0.7, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(CheckpointError, match="is no checkpoint of this course"):
            fit(toy_model(), checkpoint=path)


def test_full_disk_is_named_and_the_checkpoint_before_it_goes_on(tmp_path, monkeypatch):
    """The third write fails: two passes are kept, and the next run takes them up."""
    path, written = tmp_path / "run.pt", []

    def write(handle):
        written.append(handle)
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("cnncourse.training.checkpoint.os.fsync", write)
    with pytest.raises(OSError, match=r"run.pt could not be written .*No space left.*Make room"):
        fit(toy_model(), checkpoint=path)
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]
    monkeypatch.undo()

    continued = fit(toy_model(seed=9), checkpoint=path)

    assert continued.record["weights_sha256"] == fit(toy_model()).record["weights_sha256"]


def test_checkpoint_that_cannot_be_written_is_refused_before_training(tmp_path):
    """A folder in its place, or a file where its folder should be."""
    (tmp_path / "file").write_text("no folder")

    with pytest.raises(OSError, match=r"is a folder: name a file in it"):
        fit(toy_model(), checkpoint=tmp_path)
    with pytest.raises(OSError, match=r"no checkpoint can be written to .*file"):
        fit(toy_model(), checkpoint=tmp_path / "file" / "run.pt")


def test_best_loss_of_nothing_is_never_kept():
    """A test loss that is not a number is no progress; the run says so instead of going on."""
    broken = toy_set(23, "test")
    broken.images.fill_(math.nan)

    with pytest.raises(FloatingPointError, match="test loss is nan in pass 1"):
        fit(toy_model(), test_set=broken, patience=1)
