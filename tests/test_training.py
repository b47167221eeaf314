"""The training loop: it learns, repeats, resumes bit for bit, and refuses the wrong checkpoint."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from training_toys import PowerCutError, StopAt, fit, one_thread, toy_model, toy_set  # noqa: F401

from cnncourse.data import ImageSet, load
from cnncourse.data.augment import RandomAffine
from cnncourse.models.lenet import LeNet5
from cnncourse.training import (
    CheckpointError,
    evaluate,
    hardware,
    one_cycle,
    predict,
    train,
    weights_sha256,
)


def test_training_learns():
    """From chance, a third, to nearly all."""
    model = toy_model()
    _, before = evaluate(model, toy_set(23, "test"))

    history = fit(model, epochs=8)

    assert before < 0.7
    assert history.test_accuracy > 0.9
    assert history.column("train_loss")[-1] < history.column("train_loss")[0] / 2


def test_one_step_is_nesterov_descent_worked_out_apart():
    """One batch, one pass: the new weights are the old ones minus the step, to rounding."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(12, 3)).double()
    part = toy_set(7)
    part = ImageSet("toy", "train", part.images.double(), part.labels, part.classes)
    w = model[1].weight.detach().clone()
    loss = F.cross_entropy(model(part.images), part.labels)
    (gradient,) = torch.autograd.grad(loss, model[1].weight)

    history = train(
        model, part, part, epochs=1, batch_size=7, learning_rate=0.3, momentum=0.9,
        weight_decay=0.1, device="cpu", progress=False,
    )  # fmt: skip

    expected = w - 0.3 * 1.9 * (gradient + 0.1 * w)
    torch.testing.assert_close(model[1].weight.detach(), expected)
    assert history.epochs[0].train_loss == pytest.approx(loss.item())


def test_every_image_is_seen_once_a_pass_in_another_order():
    """37 images in batches of 8: none twice, none left out, each pass shuffled anew."""
    seen = []

    def spy(images, generator):
        seen.append(images)
        return images

    fit(toy_model(), epochs=2, augment=spy)
    first, second = torch.cat(seen[:5]), torch.cat(seen[5:])

    assert [len(images) for images in seen] == [8, 8, 8, 8, 5] * 2
    assert not torch.equal(first, second)
    for images in (first, second):
        assert sorted(images.flatten(1).tolist()) == sorted(toy_set().images.flatten(1).tolist())


def test_same_seed_gives_the_same_weights_and_another_seed_others():
    """The seed fixes order, dropout and distortions, whatever came before."""
    digests = []
    for seed in (3, 3, 4):
        model = toy_model()
        torch.rand(len(digests) + 1)  # the caller's own stream must not matter
        digests.append(
            fit(model, seed=seed, augment=RandomAffine(shift=1)).record["weights_sha256"]
        )

    assert digests[0] == digests[1] != digests[2]


def test_training_leaves_the_callers_random_stream_alone():
    """A notebook's own numbers do not change because it trained in between."""
    model = toy_model()
    before = torch.get_rng_state()

    fit(model)

    assert torch.equal(torch.get_rng_state(), before)


@pytest.mark.parametrize("step", [2, 7, 10, 19])
def test_broken_run_continued_equals_an_unbroken_one_bit_for_bit(tmp_path, step):
    """Broken in the first pass, a later one, between two, and at the last step of all."""
    whole = toy_model()
    unbroken = fit(whole, augment=StopAt(1000))
    path = tmp_path / "run.pt"
    with pytest.raises(PowerCutError):
        fit(toy_model(), augment=StopAt(step), checkpoint=path)

    model = toy_model(seed=99)  # other start: all must come from the file, or from none
    if not path.exists():
        model = toy_model()
    continued = fit(model, augment=StopAt(1000), checkpoint=path)

    for name, values in whole.state_dict().items():
        assert torch.equal(values, model.state_dict()[name]), name
    assert continued.column("train_loss") == unbroken.column("train_loss")
    assert continued.column("test_accuracy") == unbroken.column("test_accuracy")


KILLED = """
import os, signal, sys
import torch
torch.set_num_threads(1)
sys.path.insert(0, sys.argv[2])
from training_toys import StopAt, fit, toy_model
class KillAt(StopAt):
    def __call__(self, images, generator):
        if self.left == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__call__(images, generator)
fit(toy_model(), augment=KillAt(13), checkpoint=sys.argv[1])
"""


def test_killed_process_continued_equals_an_unbroken_run(tmp_path):
    """No goodbye, no clean-up: only the file is left, and it is enough."""
    path = tmp_path / "run.pt"
    here = str(Path(__file__).parent)
    killed = subprocess.run([sys.executable, "-c", KILLED, str(path), here], check=False)
    assert killed.returncode == -9
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]

    continued = fit(toy_model(), augment=StopAt(1000), checkpoint=path)

    unbroken = fit(toy_model(), augment=StopAt(1000))
    assert continued.record["weights_sha256"] == unbroken.record["weights_sha256"]


def test_finished_run_is_read_and_not_trained_again(tmp_path):
    """Running a notebook again costs nothing and shows the same figures and seconds."""
    path = tmp_path / "deep" / "run.pt"
    first = fit(toy_model(), checkpoint=path)
    model = toy_model(seed=5)

    again = fit(model, checkpoint=path, augment=None)

    assert again == first
    assert weights_sha256(model) == first.record["weights_sha256"]


@pytest.mark.parametrize(
    ("width", "options", "message"),
    [
        (5, {"seed": 4}, "its seed is 3, this run's is 4"),
        (5, {"epochs": 5}, "its epochs is 4, this run's is 5"),
        (5, {"augment": RandomAffine()}, "its augment is None, this run's is 'RandomAffine"),
        (6, {}, "its parameters is 243, this run's is 291"),
    ],
)
def test_checkpoint_of_another_run_is_refused_with_the_difference(
    tmp_path, width, options, message
):
    """Nothing is overwritten, and the sentence names what differs."""
    path = tmp_path / "run.pt"
    fit(toy_model(), checkpoint=path)
    written = path.read_bytes()

    with pytest.raises(CheckpointError, match=message):
        fit(toy_model(width=width), checkpoint=path, **options)

    assert path.read_bytes() == written


def test_checkpoint_with_other_layer_names_is_refused(tmp_path):
    """As many parameters under other names are still another model."""
    path = tmp_path / "run.pt"
    fit(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), checkpoint=path)

    with pytest.raises(CheckpointError, match=r"(?s)of another model.*2.weight"):
        fit(nn.Sequential(nn.Flatten(), nn.Identity(), nn.Linear(12, 3)), checkpoint=path)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half a file"])
def test_file_that_is_no_checkpoint_is_refused(tmp_path, content):
    """A plain sentence, not the unpickler's."""
    path = tmp_path / "run.pt"
    path.write_bytes(content)

    with pytest.raises(CheckpointError, match="is no checkpoint of this course"):
        fit(toy_model(), checkpoint=path)


def test_file_of_torchs_that_is_no_checkpoint_is_refused(tmp_path):
    """A file that torch can read may still hold something else."""
    path = tmp_path / "run.pt"
    torch.save({"settings": 3}, path)

    with pytest.raises(CheckpointError, match="is no checkpoint of this course"):
        fit(toy_model(), checkpoint=path)


def test_failed_write_keeps_the_old_checkpoint_whole(tmp_path, monkeypatch):
    """The disk fills up while the second is written: the first stays, no half beside it."""
    path = tmp_path / "run.pt"
    fit(toy_model(), epochs=1, checkpoint=path)
    written = path.read_bytes()
    path.unlink()

    def full(handle):
        if path.exists():
            raise OSError("no space left on device")

    monkeypatch.setattr("cnncourse.training.checkpoint.os.fsync", full)
    with pytest.raises(OSError, match="no space left"):
        fit(toy_model(), checkpoint=path)

    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]
    assert len(torch.load(path, weights_only=True)["epochs"]) == 1
    assert len(path.read_bytes()) == pytest.approx(len(written), rel=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs is 0, it must be at least 1"),
        ({"batch_size": 0}, "batch_size is 0"),
        ({"train_set": toy_set(0)}, "training_images is 0"),
        ({"test_set": toy_set(0)}, "test_images is 0"),
    ],
)
def test_run_with_nothing_to_do_is_refused(options, message):
    """No pass, no image: the sentence says which, before anything is computed."""
    settings = {"train_set": toy_set(), "test_set": toy_set(23), "epochs": 1, "progress": False}

    with pytest.raises(ValueError, match=message):
        train(toy_model(), **(settings | options))


def test_loss_that_is_not_finite_stops_with_advice():
    """A step size far too large is said to be so."""
    with pytest.raises(
        FloatingPointError, match=r"loss is .* in pass 1: try a learning_rate\s+below"
    ):
        fit(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)), learning_rate=1e30)


def test_evaluate_is_the_mean_over_images_not_over_batches():
    """A short last batch weighs as many images as it has, and dropout is off."""
    model, part = toy_model(), toy_set(23, "test")
    model.eval()
    logits = model(part.images)

    loss, accuracy = evaluate(model.train(), part, batch_size=10)

    assert loss == pytest.approx(F.cross_entropy(logits, part.labels).item(), rel=1e-6)
    assert accuracy == (logits.argmax(1) == part.labels).sum().item() / 23
    assert model.training


def test_predict_gives_one_row_an_image():
    """Batches are put back together in order."""
    model, part = toy_model().eval(), toy_set(23)

    torch.testing.assert_close(predict(model, part.images, batch_size=4), model(part.images))


def test_predict_leaves_the_mode_also_when_it_fails():
    """After a batch of the wrong shape the model goes on training with dropout."""
    model = toy_model().train()

    with pytest.raises(RuntimeError):
        predict(model, torch.zeros(2, 1, 9, 9))

    assert all(layer.training for layer in model.modules())


def test_one_cycle_rises_for_a_fifth_and_falls_to_nothing():
    """Never 0 on the way, 1 at the top, and 0 at the last step alone."""
    rates = [one_cycle(step, 100) for step in range(100)]

    assert rates[19] == 1
    assert rates[:20] == sorted(rates[:20])
    assert rates[19:] == sorted(rates[19:], reverse=True)
    assert rates[0] == pytest.approx(1 / 20)
    assert rates[98] > 0
    assert rates[99] == pytest.approx(0)


def test_record_says_what_was_run_and_on_what():
    """Settings, versions, hardware and the weights; nothing that names the machine."""
    import platform

    model = toy_model()

    record = fit(model, learning_rate=0.02).record

    assert record["learning_rate"] == 0.02
    assert record["data"].startswith("<toy, train: 37 images, 1 x 4 x 3, 3 classes>")
    assert record["torch"] == torch.__version__
    assert record["weights_sha256"] == weights_sha256(model)
    assert record["hardware"] == hardware("cpu")
    assert platform.node() not in str(record)


def test_record_of_a_run_keeps_the_machine_it_ran_on(tmp_path, monkeypatch):
    """A finished run read elsewhere keeps its hardware; one continued there names both."""
    done, broken = tmp_path / "done.pt", tmp_path / "broken.pt"
    fit(toy_model(), checkpoint=done)
    with pytest.raises(PowerCutError):
        fit(toy_model(), augment=StopAt(7), checkpoint=broken)
    monkeypatch.setattr("cnncourse.training.record.hardware", lambda device: "another machine")

    read = fit(toy_model(), checkpoint=done)
    continued = fit(toy_model(), augment=StopAt(1000), checkpoint=broken)

    assert read.record["hardware"] == hardware("cpu")
    assert continued.record["hardware"] == f"{hardware('cpu')}; then another machine"


def test_weights_hash_sees_a_single_changed_value():
    """One bit of one bias is another network."""
    model = toy_model()
    before = weights_sha256(model)
    with torch.no_grad():
        model[5].bias[1] += 1e-6

    assert weights_sha256(model) != before


def test_weights_hash_takes_types_that_numpy_lacks():
    """A network in bfloat16 has a hash as well, and another one."""
    model = toy_model()
    before = weights_sha256(model)

    assert weights_sha256(model.bfloat16()) != before


def test_progress_prints_a_line_a_pass(capsys):
    """In a notebook or a log: pass, losses, accuracy, seconds; nothing when told to be silent."""
    history = fit(toy_model(), epochs=2, progress=True)
    lines = capsys.readouterr().out.splitlines()
    fit(toy_model(), epochs=2)

    assert len(lines) == 2
    assert lines[1].startswith("pass  2 of 2   training loss ")
    assert f"{history.test_accuracy:.2%}" in lines[1]
    assert capsys.readouterr().out == ""


def test_progress_draws_a_bar_in_a_terminal(capsys, monkeypatch):
    """It counts steps, 5 a pass, up to the last."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    fit(toy_model(), epochs=2, progress=True)

    out = capsys.readouterr().out
    assert "10/10" in out
    assert "pass  2 of 2" in out


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_gpu_run_can_be_resumed_on_the_gpu(tmp_path):
    """Same file, same figures, up to what a GPU leaves open."""
    path = tmp_path / "run.pt"
    with pytest.raises(PowerCutError):
        fit(toy_model(), augment=StopAt(12), checkpoint=path, device="cuda")

    history = fit(toy_model(), augment=StopAt(1000), checkpoint=path, device="cuda")

    unbroken = fit(toy_model(), augment=StopAt(1000), device="cuda")
    assert len(history.epochs) == 4
    assert history.column("train_loss") == pytest.approx(unbroken.column("train_loss"), rel=0.01)


def test_lenet_learns_the_digits():
    """The whole path on the built-in set: 28-pixel digits, LeNet-5, four passes."""
    torch.manual_seed(0)
    sets = load("digits", size=28), load("digits", "test", size=28)

    history = train(LeNet5(), *sets, epochs=4, batch_size=32, seed=0, device="cpu", progress=False)

    assert history.test_accuracy > 0.9
