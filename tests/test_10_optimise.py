"""Assignment 10: the examples by hand, whole runs of torch.optim, mistakes as students write."""

import warnings

import numpy as np
import pytest
import torch
from torch.optim import lr_scheduler

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge


def numbers(*values):
    """Make an array of floats."""
    return np.array(values, dtype=float)


# The examples that the notebook works out by hand.


@pytest.mark.parametrize(("shape", "deviation"), [((5, 8), 1 / 2), ((10, 2, 3, 3), 1 / 3)])
def test_kaiming_normal_scales_the_draws_by_the_deviations_by_hand(shape, deviation):
    """Eight inputs, and two channels of nine pixels."""
    draws = np.random.default_rng(3).standard_normal(shape)

    w = reference.kaiming_normal(shape, rng=np.random.default_rng(3))

    np.testing.assert_allclose(w, deviation * draws)


def test_sgd_step_plain_moves_as_by_hand():
    """Down, up, and not at all."""
    step = EXERCISES["sgd_step_plain"].reference

    assert step(numbers(3, -4, 5), numbers(2, -6, 0), lr=0.5).tolist() == [2, -1, 5]


@pytest.mark.parametrize(
    ("nesterov", "path"), [(False, [4, 1.5, 1.25]), (True, [3.5, 0.25, 1.125])]
)
def test_sgd_step_takes_the_three_steps_by_hand(nesterov, path):
    """The velocities are the same in both ways."""
    w, velocity = numbers(5), numbers(0)
    seen = []
    for grad in (2, 4, -2):
        options = {"lr": 0.5, "momentum": 0.5, "nesterov": nesterov}
        w, velocity = reference.sgd_step(w, numbers(grad), velocity, **options)
        seen.append((w.item(), velocity.item()))

    assert seen == list(zip(path, [2, 5, 0.5], strict=True))


def test_sgd_step_adds_the_decay_to_the_gradient_as_by_hand():
    """A tenth of 5 joins the 2."""
    moved = reference.sgd_step(numbers(5), numbers(2), numbers(7), lr=0.5, weight_decay=0.1)

    assert moved == (3.75, 2.5)


def test_adamw_step_takes_the_two_steps_by_hand():
    """The first is as long as lr, whatever the gradient."""
    w, m, v = numbers(1), numbers(0), numbers(0)
    seen = []
    for t, grad in enumerate((4, 2), start=1):
        w, m, v = reference.adamw_step(w, numbers(grad), m, v, t, lr=0.5, weight_decay=0.0)
        seen += [w.item(), m.item(), v.item()]

    assert seen == pytest.approx([0.5, 0.4, 0.016, 0.0339, 0.56, 0.019984], abs=5e-5)


def test_adamw_step_decays_beside_the_step_as_by_hand():
    """A tenth of 1 goes, and then the step of 0.5."""
    rest = numbers(0), numbers(0), 1

    assert reference.adamw_step(numbers(1), numbers(4), *rest, lr=0.5, weight_decay=0.2)[
        0
    ] == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("schedule", "options", "expected"),
    [
        ("step_lr", {"lr": 8.0, "step_size": 2, "gamma": 0.5}, [8, 8, 4, 4, 2, 2]),
        ("cosine_lr", {"lr": 8.0, "T_max": 3}, [8, 6, 2, 0, 2, 6, 8]),
        ("cosine_lr", {"lr": 8.0, "T_max": 3, "eta_min": 2.0}, [8, 6.5, 3.5, 2, 3.5, 6.5, 8]),
        ("one_cycle_lr", {"max_lr": 50.0, "total_steps": 10}, [2, 26, 50, 47.524, 40.587]),
    ],
)
def test_schedules_begin_as_by_hand(schedule, options, expected):
    """The rows of the notebook's tables."""
    rate = getattr(reference, schedule)

    rates = [rate(i, **options) for i in range(len(expected))]

    assert rates == pytest.approx(expected, abs=1e-3)


# The references against whole runs of PyTorch's classes.


def torch_run(kind, w, grads, **options):
    """Step a torch.optim class through the gradients, and return where it ends."""
    parameter = torch.nn.Parameter(torch.tensor(w))
    optimizer = kind([parameter], **options)
    for grad in grads:
        parameter.grad = torch.tensor(grad)
        optimizer.step()
    return parameter.detach().numpy()


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"weight_decay": 0.3},
        {"momentum": 0.9},
        {"momentum": 0.9, "weight_decay": 0.3},
        {"momentum": 0.9, "weight_decay": 0.3, "nesterov": True},
    ],
)
def test_a_run_of_sgd_steps_ends_where_torch_optim_does(options):
    """PyTorch sets its buffer to the first gradient; a velocity of 0 comes to the same."""
    w, *grads = np.random.default_rng(1).normal(size=(9, 3, 2))
    expected = torch_run(torch.optim.SGD, w, grads, lr=0.1, **options)

    exercise = EXERCISES["sgd_step"]
    arguments = {"w": w, "grads": grads, "velocity": np.zeros((3, 2)), "lr": 0.1}
    moved, _ = exercise.answer(exercise.reference, arguments | options)

    np.testing.assert_allclose(moved, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("options", [{}, {"betas": (0.7, 0.95), "eps": 0.1, "weight_decay": 0.4}])
def test_a_run_of_adamw_steps_ends_where_torch_optim_does(options):
    """From the first step on, with one gradient that is always 0."""
    w, *grads = np.random.default_rng(2).normal(size=(9, 3, 2)) * [1, 0]
    expected = torch_run(torch.optim.AdamW, w, grads, lr=0.1, **options)

    exercise = EXERCISES["adamw_step"]
    rest = {"m": np.zeros((3, 2)), "v": np.zeros((3, 2)), "t": 1}
    moved = exercise.answer(
        exercise.reference, {"w": w, "grads": grads, "lr": 0.1} | rest | options
    )

    np.testing.assert_allclose(moved[0], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "kind", "options"),
    [
        ("step_lr", lr_scheduler.StepLR, {"step_size": 3, "gamma": 0.7}),
        ("cosine_lr", lr_scheduler.CosineAnnealingLR, {"T_max": 7, "eta_min": 0.1}),
        ("one_cycle_lr", lr_scheduler.OneCycleLR, {"max_lr": 0.5, "total_steps": 15}),
    ],
)
def test_a_schedule_gives_the_rates_of_a_real_optimizer(name, kind, options):
    """The reference schedules an optimiser of nothing; this one holds a parameter."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.5, momentum=0.9)
    scheduler = kind(optimizer, **options)
    expected = []
    for _ in range(14):
        expected.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    first = {} if name == "one_cycle_lr" else {"lr": 0.5}

    rates = [getattr(reference, name)(i, **first, **options) for i in range(14)]

    assert rates == pytest.approx(expected, abs=1e-15)


def test_a_schedule_may_be_asked_in_any_order_and_warns_of_nothing():
    """PyTorch warns of schedules that step before their optimiser; a check must not."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        late, early = (reference.step_lr(i, lr=8.0, step_size=2, gamma=0.25) for i in (5, 1))

    assert (late, early) == (0.5, 8)


def test_kaiming_normal_spreads_as_torch_does():
    """The draws differ; 100,000 of them show the deviation to a quarter of a per cent."""
    w = torch.empty(100, 40, 5, 5)
    torch.nn.init.kaiming_normal_(w, nonlinearity="relu", generator=torch.manual_seed(0))

    ours = reference.kaiming_normal(w.shape, rng=np.random.default_rng(0))

    assert ours.std() == pytest.approx(w.std().item(), rel=0.01)


# Mistakes as a student writes them.


def papers_momentum(w, grad, velocity, *, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """A velocity that points downhill, with the learning rate in it."""
    g = grad + weight_decay * w
    velocity = momentum * velocity - lr * g
    return w + (momentum * velocity - lr * g if nesterov else velocity), velocity


def one_name_for_two(w, grad, velocity, *, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """Calls the direction velocity, too."""
    g = grad + weight_decay * w
    velocity = momentum * velocity + g
    if nesterov:
        velocity = g + momentum * velocity
    return w - lr * velocity, velocity


def ahead_of_the_old(w, grad, velocity, *, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """Looks ahead from where the velocity was."""
    g = grad + weight_decay * w
    new = momentum * velocity + g
    return w - lr * (g + momentum * velocity if nesterov else new), new


def power_of_the_bracket(
    w, grad, m, v, t, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01
):
    """Raises 1 - beta to the power of t."""
    m = betas[0] * m + (1 - betas[0]) * grad
    v = betas[1] * v + (1 - betas[1]) * grad**2
    step = m / (1 - betas[0]) ** t / (np.sqrt(v / (1 - betas[1]) ** t) + eps)
    return w - lr * (step + weight_decay * w), m, v


def adam_with_l2(w, grad, m, v, t, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """Forgets what the W stands for."""
    g = grad + weight_decay * w
    m = betas[0] * m + (1 - betas[0]) * g
    v = betas[1] * v + (1 - betas[1]) * g**2
    corrected = m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
    return w - lr * corrected[0] / (np.sqrt(corrected[1]) + eps), m, v


def eps_under_the_root(
    w, grad, m, v, t, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01
):
    """Sets the bracket in the wrong place."""
    m = betas[0] * m + (1 - betas[0]) * grad
    v = betas[1] * v + (1 - betas[1]) * grad**2
    step = m / (1 - betas[0] ** t) / np.sqrt(v / (1 - betas[1] ** t) + eps)
    return w - lr * (step + weight_decay * w), m, v


def peak_too_late(
    step, *, max_lr, total_steps, pct_start=0.3, div_factor=25.0, final_div_factor=1e4
):
    """Counts the steps of the rise, not the steps up to its last."""
    low, peak = max_lr / div_factor, pct_start * total_steps
    if step <= peak:
        return max_lr + (low - max_lr) * (1 + np.cos(np.pi * step / peak)) / 2
    share, least = (step - peak) / (total_steps - 1 - peak), low / final_div_factor
    return least + (max_lr - least) * (1 + np.cos(np.pi * share)) / 2


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        (
            "kaiming_normal",
            lambda shape, *, rng: rng.standard_normal(shape) * np.sqrt(2 / shape[1]),
            "the size of the kernel does not count",
        ),
        ("sgd_step_plain", lambda w, grad, *, lr: lr * grad, "the step is returned"),
        ("sgd_step", papers_momentum, "the velocity points downhill"),
        ("sgd_step", one_name_for_two, "the direction that looks ahead is returned"),
        ("sgd_step", ahead_of_the_old, "nesterov makes no difference"),
        ("adamw_step", power_of_the_bracket, "the power is taken of 1 - beta"),
        ("adamw_step", adam_with_l2, "the weight decay is added to the gradient"),
        ("adamw_step", eps_under_the_root, "eps is inside the root"),
        (
            "step_lr",
            lambda epoch, *, lr, step_size, gamma=0.1: lr * gamma ** (epoch / step_size),
            "the rate falls a little with every epoch",
        ),
        (
            "cosine_lr",
            lambda epoch, *, lr, T_max, eta_min=0.0: (
                eta_min + lr * (1 + np.cos(np.pi * epoch / T_max)) / 2
            ),
            "the lowest rate is added to the whole curve",
        ),
        ("one_cycle_lr", peak_too_late, "the peak comes at pct_start * total_steps"),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write formulas."""
    verdict = judge(EXERCISES[name], function, seed="practice")

    assert (verdict.first_named.mistake or "").startswith(mistake)


@pytest.mark.parametrize(
    ("name", "function", "sentence"),
    [
        ("sgd_step", lambda w, grad, velocity, **options: w, "expected the tuple (w, velocity)"),
        ("cosine_lr", lambda epoch, **options: None, "returned None: is a `return` missing?"),
        ("step_lr", lambda epoch, **options: [1.0], "a rate is of type list, expected one number"),
    ],
)
def test_an_answer_of_another_form_is_met_with_one_sentence(name, function, sentence):
    """In the middle of a run of many steps, too."""
    failure = judge(EXERCISES[name], function, seed="practice").first_failure

    assert sentence in failure.summary
