"""What each option of the training loop does, against the same worked out apart."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F
from training_toys import fit, one_thread, toy_model, toy_set  # noqa: F401

from cnncourse.data import ImageSet
from cnncourse.data.augmentation import named
from cnncourse.models.googlenet import Outputs, auxiliary_loss
from cnncourse.training import cosine, evaluate, precision, predict, stepwise, train
from cnncourse.training.layout import lay_out, memory_format
from cnncourse.training.losses import loss_and_logits, number_right, smoothed
from cnncourse.training.schedules import SCHEDULES, constant


def linear():
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 3))


def one_step(model, part, **options):
    """Train for one step on all images at once."""
    settings = {"epochs": 1, "batch_size": len(part), "device": "cpu", "progress": False}
    return train(model, part, part, **(settings | options))


class TwoHeads(nn.Module):
    """A toy with an auxiliary head."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.fc, self.aux2, self.aux1 = (nn.Linear(12, 3) for _ in range(3))

    def forward(self, x):
        x = x.flatten(1)
        if not self.training:
            return self.fc(x)
        return Outputs(self.fc(x), self.aux2(x), self.aux1(x))


def test_cosine_falls_from_one_to_nearly_nothing():
    """Half at half of the run, as a cosine is."""
    rates = [cosine(step, 100) for step in range(100)]

    assert rates[0] == 1
    assert rates == sorted(rates, reverse=True)
    assert rates[50] == pytest.approx(0.5)
    assert 0 < rates[99] < 0.001


def test_stepwise_takes_a_tenth_where_the_residual_networks_took_it():
    """64,000 steps: a tenth from 32,000 on, a hundredth from 48,000 on."""
    assert [stepwise(s, 64_000) for s in (0, 31_999, 32_000, 47_999, 48_000, 63_999)] == [
        *(1, 1, 0.1, 0.1, 0.01, 0.01)
    ]


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_is_followed_step_by_step(name, monkeypatch):
    """The optimiser holds the fraction of the largest step size at every step."""
    rates = []
    real = torch.optim.SGD.step

    def step(self, *args):
        rates.append(self.param_groups[0]["lr"])
        return real(self, *args)

    monkeypatch.setattr(torch.optim.SGD, "step", step)
    history = fit(linear(), schedule=name, learning_rate=0.2, epochs=2)

    assert rates == [pytest.approx(0.2 * SCHEDULES[name](step, 10)) for step in range(10)]
    assert history.column("learning_rate") == [rates[4], rates[9]]


def test_schedule_may_be_a_function():
    """It is given the steps done and those of the whole run."""
    asked = []

    def own(step, num_steps):
        asked.append((step, num_steps))
        return 0.5

    history = fit(linear(), schedule=own, learning_rate=0.2, epochs=2)

    assert asked == [(step, 10) for step in range(10)]
    assert history.column("learning_rate") == [0.1, 0.1]
    assert constant(3, 10) == 1


def test_adamw_step_is_the_one_worked_out_apart():
    """The first step goes by the sign of the gradient, and decay is apart from it."""
    model, part = linear(), toy_set(7)
    w = model[1].weight.detach().clone()
    loss = F.cross_entropy(model(part.images), part.labels)
    (gradient,) = torch.autograd.grad(loss, model[1].weight)

    one_step(model, part, optimizer="adamw", learning_rate=0.01, weight_decay=0.1)

    expected = w * (1 - 0.01 * 0.1) - 0.01 * gradient / (gradient.abs() + 1e-8)
    torch.testing.assert_close(model[1].weight.detach(), expected)


def test_groups_learn_at_their_own_scale():
    """Without momentum and decay a tenth of the scale is a tenth of the step."""

    def groups(model):
        return [{"params": [model[1].weight], "scale": 0.1}, {"params": [model[1].bias]}]

    steps = {}
    for name, parameters in (("all", None), ("scaled", groups)):
        model = linear()
        before = copy.deepcopy(model.state_dict())
        one_step(model, toy_set(7), parameters=parameters, momentum=0.0, weight_decay=0.0)
        steps[name] = {key: model.state_dict()[key] - before[key] for key in before}

    torch.testing.assert_close(steps["scaled"]["1.weight"], 0.1 * steps["all"]["1.weight"])
    torch.testing.assert_close(steps["scaled"]["1.bias"], steps["all"]["1.bias"])


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_frozen_parameters_neither_change_nor_have_state(optimizer, tmp_path):
    """Not even weight decay moves them."""
    model, path = toy_model(), tmp_path / "run.pt"
    model[0].requires_grad_(False)
    before = copy.deepcopy(model[0].state_dict())

    fit(model, optimizer=optimizer, weight_decay=0.5, checkpoint=path)

    for name, value in model[0].state_dict().items():
        assert torch.equal(value, before[name])
    held = torch.load(path, weights_only=True)["optimizer"]["state"]
    assert sorted(held) == [2, 3, 4, 5]


def test_before_epoch_thaws_layers_on_the_way():
    """A layer frozen for two passes of three moves in the third alone."""
    seen = []

    def thaw(model, epoch):
        assert model.training
        seen.append((epoch, model[0].weight.detach().clone()))
        model[0].requires_grad_(epoch == 2)

    model = toy_model()
    fit(model, before_epoch=thaw, epochs=3)

    assert [epoch for epoch, _ in seen] == [0, 1, 2]
    assert torch.equal(seen[0][1], seen[2][1])
    assert not torch.equal(seen[2][1], model[0].weight)


def test_batch_norm_set_to_evaluate_before_a_pass_keeps_its_statistics():
    """The test after each pass does not set it back to train."""
    model = toy_model()
    before = model[1].running_mean.clone()

    fit(model, before_epoch=lambda model, epoch: model[1].eval())

    assert torch.equal(model[1].running_mean, before)


def test_label_smoothing_is_cross_entropy_with_smoothed_labels():
    """By hand: 0.2 of a label spread over three classes."""
    logits, labels = torch.tensor([[2.0, 0.0, -1.0]]), torch.tensor([1])
    log_shares = logits.log_softmax(1)[0]

    loss, same = loss_and_logits(logits, labels, label_smoothing=0.2)

    assert same is logits
    assert loss.item() == pytest.approx(
        -(0.2 / 3 * log_shares[0] + (0.8 + 0.2 / 3) * log_shares[1] + 0.2 / 3 * log_shares[2])
    )


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_auxiliary_heads_count_three_tenths_also_with_smoothing(smoothing):
    """Hard labels and their shares come to the same."""
    logits = torch.randn(3, 2, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([3, 1])
    parts = [F.cross_entropy(part, labels, label_smoothing=smoothing) for part in logits]

    for targets in (labels, F.one_hot(labels, 4).float()):
        loss, main = loss_and_logits(Outputs(*logits), targets, label_smoothing=smoothing)

        assert loss.item() == pytest.approx((parts[0] + 0.3 * (parts[1] + parts[2])).item())
        assert main is not logits[1]
        assert torch.equal(main, logits[0])


def test_network_with_auxiliary_heads_is_trained_by_all_of_them():
    """Its heads move, and the loss of the pass is the sum of the three."""
    model, part = TwoHeads(), toy_set(7)
    loss = auxiliary_loss(model.train()(part.images), part.labels).item()
    before = model.aux1.weight.detach().clone()

    history = one_step(model, part)

    assert history.epochs[0].train_loss == pytest.approx(loss)
    assert not torch.equal(model.aux1.weight, before)


def test_mixed_labels_reach_the_loss():
    """With mixup the loss of the first step is that of the mixed images and shares."""
    model, part, mixup = linear(), toy_set(7), named("mixup", num_classes=3)
    order = torch.Generator().manual_seed(0)
    index = torch.randperm(7, generator=order)
    images, shares = mixup(part.images[index], order, part.labels[index])
    loss = F.cross_entropy(model(images), shares).item()

    history = one_step(model, part, augment=mixup, seed=0)

    assert history.epochs[0].train_loss == pytest.approx(loss)


def test_answers_to_mixed_labels_are_judged_by_their_largest_share():
    """Two of three right, hard or mixed."""
    logits = torch.tensor([[2.0, 1.0], [0.0, 1.0], [3.0, 0.0]])

    assert number_right(logits, torch.tensor([0, 1, 1])) == 2
    assert number_right(logits, torch.tensor([[0.6, 0.4], [0.1, 0.9], [0.3, 0.7]])) == 2


def test_smoothed_labels_add_up_to_one():
    """Also those that were mixed before."""
    shares = smoothed(torch.tensor([[0.6, 0.4, 0.0]]), 3, 0.3)

    torch.testing.assert_close(shares, torch.tensor([[0.52, 0.38, 0.1]]))


def test_bytes_train_as_floats_do():
    """A quarter of the memory, the same weights to the last bit."""
    images = (toy_set().images * 255).round().to(torch.uint8)
    hashes, parts = set(), (images, images.to(torch.float32).div_(255))
    for part in parts:
        train_set = ImageSet("toy", "train", part, toy_set().labels, ("a", "b", "c"))
        hashes.add(fit(toy_model(), train_set=train_set).record["weights_sha256"])

    assert len(hashes) == 1


def test_bytes_are_answered_and_tested_as_floats_are():
    """`predict` and `evaluate` take what `train` takes."""
    model, part = toy_model().eval(), toy_set(23)
    images = (part.images * 255).round().to(torch.uint8)
    as_bytes = ImageSet("toy", "test", images, part.labels, part.classes)
    floats = images.to(torch.float32) / 255

    torch.testing.assert_close(predict(model, images, batch_size=10), model(floats))
    assert evaluate(model, as_bytes)[0] == pytest.approx(
        F.cross_entropy(model(floats), part.labels).item()
    )


def test_average_is_the_running_mean_of_the_weights():
    """Followed apart, step by step; it is what is tested and what is left."""
    decay, average, model = 0.7, None, linear()

    class Follow(torch.optim.SGD):
        def step(self, *args):
            nonlocal average, count
            before = average if average is not None else model[1].weight.detach().clone()
            super().step(*args)
            count += 1
            kept = min(decay, (1 + count) / (10 + count))
            average = kept * before + (1 - kept) * model[1].weight.detach()

    count = 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(torch.optim, "SGD", Follow)
        history = fit(model, ema=decay)

    torch.testing.assert_close(model[1].weight.detach(), average)
    assert count == 20
    assert evaluate(model, toy_set(23, "test"))[1] == history.test_accuracy


def test_average_of_batch_norm_counts_batches_in_whole_numbers():
    """What is no fraction is copied: 20 steps were seen."""
    model = toy_model()

    fit(model, ema=0.9)

    assert model[1].num_batches_tracked.item() == 20


def test_patience_stops_a_run_and_leaves_the_best_pass():
    """A step size far too large spoils the network: what is left is the pass before."""
    model = toy_model()

    history = fit(
        model,
        patience=2,
        epochs=12,
        schedule=lambda step, num_steps: 1.0 if step < 10 else 60.0,
    )

    losses = history.column("test_loss")
    best = losses.index(min(losses))
    assert len(losses) == best + 3 < 12
    assert history.record["kept_pass"] == best + 1
    assert history.test_accuracy == history.column("test_accuracy")[best]
    loss, accuracy = evaluate(model, toy_set(23, "test"))
    assert loss == pytest.approx(losses[best])
    assert accuracy == history.test_accuracy


def test_patience_with_an_average_leaves_the_best_average():
    """What was tested is what is kept."""
    model = toy_model()

    history = fit(model, patience=9, ema=0.9, epochs=6)

    assert evaluate(model, toy_set(23, "test"))[0] == pytest.approx(
        min(history.column("test_loss"))
    )


def test_bfloat16_computes_in_bfloat16_and_keeps_float32_weights():
    """The layers answer in the short type; weights, losses and answers are float32."""
    types = []
    model = toy_model()
    model[5].register_forward_hook(lambda layer, given, out: types.append(out.dtype))

    history = fit(model, precision="bfloat16", epochs=8)

    assert set(types) == {torch.bfloat16}
    assert {p.dtype for p in model.parameters()} == {torch.float32}
    assert history.test_accuracy > 0.9
    assert history.record["precision"] == "bfloat16"


@pytest.mark.parametrize(
    ("has_it", "milliseconds", "expected"),
    [
        (False, (1, 1), "float32"),
        (True, (10, 5), "bfloat16"),
        (True, (10, 9.5), "float32"),
        (True, (10, 20), "float32"),
    ],
)
def test_auto_takes_bfloat16_where_the_processor_has_it_and_it_saves_a_tenth(
    has_it, milliseconds, expected, monkeypatch
):
    """The clock is ours: each way is timed four times, float32 first."""
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: has_it)
    ticks = [part for each in milliseconds for part in (0, each) * 4]
    clock = iter(ticks)
    model = toy_model()
    before = copy.deepcopy(model.state_dict())

    chosen = precision.choose("auto", model, toy_set().images, clock=lambda: next(clock))

    assert chosen == expected
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])


def test_auto_is_recorded_as_what_it_came_to(monkeypatch):
    """A record says what was computed, not what was asked."""
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: False)

    assert fit(toy_model(), precision="auto").record["precision"] == "float32"


def test_timing_for_auto_draws_nothing_from_the_runs_chance(monkeypatch):
    """Dropout in the trial steps must not shift the dropout of the run."""
    monkeypatch.setattr(precision, "has_bfloat16", lambda device: True)
    monkeypatch.setattr(precision, "WORTH", 0.0)

    timed, plain = (fit(toy_model(), precision=name) for name in ("auto", "float32"))

    assert timed.record["weights_sha256"] == plain.record["weights_sha256"]


def test_compile_without_a_compiler_is_refused_with_the_way_to_get_one(monkeypatch):
    """Before anything is computed."""
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr("cnncourse.training.compiling.shutil.which", lambda name: None)

    with pytest.raises(OSError, match=r"needs a C\+\+ compiler, and none of g\+\+, .* install"):
        fit(toy_model(), compile=True)


def test_compiled_network_is_the_one_that_is_trained(monkeypatch):
    """Steps go through what `torch.compile` returns; the weights are the model's own."""
    calls = []

    def compiled(model):
        return lambda images: calls.append(len(images)) or model(images)

    monkeypatch.setattr(torch, "compile", compiled)
    monkeypatch.setenv("CXX", "python3")  # any program that is there

    history = fit(toy_model(), compile=True)

    assert calls == [8, 8, 8, 8, 5] * 4
    assert history.record["compile"] is True
    assert history.test_accuracy == fit(toy_model()).test_accuracy


@pytest.mark.parametrize(
    ("layer", "is_broken"),
    [
        (nn.Conv2d(3, 8, 1, stride=2), True),
        (nn.Conv2d(3, 8, 1), False),
        (nn.Conv2d(3, 8, 3, stride=2), False),
        (nn.Conv2d(16, 8, 1, stride=2), False),
        (nn.Conv2d(32, 32, 1, stride=2, groups=4), True),
    ],
)
def test_layout_that_breaks_a_layer_is_not_used_with_it(layer, is_broken):
    """Strided 1 x 1 convolutions of few channels corrupt memory in channels-last on a CPU."""
    chosen = memory_format(nn.Sequential(layer), torch.device("cpu"))

    assert (chosen == torch.contiguous_format) == is_broken
    assert memory_format(nn.Sequential(layer), torch.device("cuda")) == torch.channels_last


def test_images_of_one_channel_are_told_from_channels_last():
    """In memory both layouts are the same then; the strides have to say which is meant."""
    images = torch.rand(4, 1, 8, 8).as_strided((4, 1, 8, 8), (64, 1, 8, 1))

    assert lay_out(images, torch.contiguous_format).stride() == (64, 64, 8, 1)
    assert torch.equal(lay_out(images, torch.contiguous_format), images)


@pytest.mark.parametrize(("kernel", "is_channels_last"), [(1, False), (3, True)])
def test_images_reach_the_network_in_the_layout_that_was_chosen(kernel, is_channels_last):
    """Both the images and the weights: either would bring the other layout back."""
    chance, layouts = torch.Generator().manual_seed(0), []
    images = torch.rand(16, 3, 8, 8, generator=chance)
    part = ImageSet("toy", "train", images, torch.arange(16) % 3, ("a", "b", "c"))
    model = nn.Sequential(
        nn.Conv2d(3, 8, kernel, stride=2, padding=kernel // 2), nn.Flatten(), nn.Linear(128, 3)
    )
    model.to(memory_format=torch.channels_last)  # as a run on a GPU leaves it
    model[0].register_forward_pre_hook(
        lambda layer, given: layouts.append((layer.training, given[0].stride(1)))
    )

    fit(model, train_set=part, test_set=part, epochs=1)

    assert {stride for training, stride in layouts if training} == {1 if is_channels_last else 64}
    assert model[0].weight.is_contiguous(memory_format=torch.channels_last) or kernel == 1
    assert (model[0].weight.stride() == (3, 1, 1, 1)) or kernel == 3


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "sdg"}, "optimizer is 'sdg', .*did you mean 'sgd'"),
        ({"schedule": "cosin"}, "schedule is 'cosin', .*did you mean 'cosine'"),
        ({"precision": "float16"}, "precision is 'float16', it must be one of 'float32'"),
        ({"learning_rate": 0}, "learning_rate is 0, it must be above 0"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"label_smoothing": 1}, r"label_smoothing is 1, it must be in \[0, 1\)"),
        ({"ema": 1.5}, "ema is 1.5"),
        ({"momentum": -0.1}, "momentum is -0.1"),
        ({"patience": 0}, "patience is 0, it must be at least 1"),
        ({"parameters": lambda model: []}, "returned no group"),
        ({"parameters": lambda model: [{"params": []}]}, "group 0 .* holds no parameter"),
        ({"parameters": lambda model: list(model.parameters())}, "group 0 .* not a dict"),
        (
            {"parameters": lambda model: [{"params": linear().parameters()}]},
            "group 0 holds a parameter that is not the model's",
        ),
    ],
)
def test_option_out_of_range_is_refused_with_its_value(options, message):
    """What was wrong, where, and what may stand there."""
    with pytest.raises(ValueError, match=message):
        fit(toy_model(), **options)
