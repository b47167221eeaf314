"""Capstone C8: the network for speedruns, and its questions' examples by hand."""

import numpy as np
import pytest
import torch

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge
from cnncourse.data import load
from cnncourse.models import create, summary
from cnncourse.models.speedrun import Speedrun

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "c8_ladder"]


def test_the_questions_are_those_of_the_notebook():
    """Four, in its order."""
    assert NAMES == ["pareto_front", "steps_in_budget", "flip_logits", "compare_seeds"]


def test_pareto_front_agrees_with_the_networks_by_hand():
    """The third costs more than the second and is right less often."""
    front = reference.pareto_front([1.0, 2.0, 3.0], [0.5, 0.9, 0.8])

    assert front.tolist() == [True, True, False]


def test_steps_in_budget_agrees_with_the_division_by_hand():
    """Twenty steps of half a second; four steps a pass."""
    assert reference.steps_in_budget(0.5, 10.2, num_images=100, batch_size=32) == (20, 5)


def test_flip_logits_agrees_with_two_looks_by_hand():
    """1 + 10 and 2 + 10."""
    assert reference.flip_logits([[[[1.0, 2.0]]]], [[1.0], [0.0]], [10.0]) == [[11.5]]


def test_compare_seeds_agrees_with_the_variances_by_hand():
    """2 / 2 + 3 / 3, and the root of it."""
    difference, error = reference.compare_seeds([1.0, 3.0], [4.0, 4.0, 7.0])

    assert difference == 3
    assert error == pytest.approx(2**0.5, rel=1e-12)


def test_standard_error_is_the_spread_of_the_difference():
    """Four thousand comparisons of networks that are alike vary by what is promised."""
    rng = np.random.default_rng(0)
    first, second = rng.normal(0, 2, (4000, 3)), rng.normal(0, 1, (4000, 5))
    found = [reference.compare_seeds(a, b) for a, b in zip(first, second, strict=True)]
    differences, errors = np.array(found).T

    assert differences.std() == pytest.approx((4 / 3 + 1 / 5) ** 0.5, rel=0.05)
    assert np.sqrt((errors**2).mean()) == pytest.approx((4 / 3 + 1 / 5) ** 0.5, rel=0.05)


# Mistakes as a student writes them.


def running_best(costs, accuracies):
    """Sorts by cost, keeps what is better than all before."""
    front, best = np.zeros(len(costs), dtype=bool), 0.0
    for i in np.argsort(costs, kind="stable"):
        if accuracies[i] > best:
            front[i], best = True, accuracies[i]
    return front


def whole_batches(seconds_per_step, budget, *, num_images, batch_size):
    """Forgets the last, smaller batch."""
    steps = int(budget / seconds_per_step)
    return steps, steps // max(1, num_images // batch_size)


def upside_down(x, w, b):
    """Mirrors the rows."""
    flat = lambda images: images.reshape(len(x), x[:1].size if len(x) else w.shape[0])  # noqa: E731
    return (flat(x) @ w + flat(x[:, :, ::-1]) @ w) / 2 + b


def numpy_as_it_comes(first, second):
    """NumPy divides by n unless it is told otherwise."""
    error = np.sqrt(first.var() / len(first) + second.var() / len(second))
    return second.mean() - first.mean(), error


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("pareto_front", running_best, "of networks in order of cost, the first of equals stays"),
        ("steps_in_budget", whole_batches, "a last, smaller batch is no step"),
        ("flip_logits", upside_down, "the images are turned upside down"),
        (
            "compare_seeds",
            numpy_as_it_comes,
            "the squares are divided by the number of seeds, not by one less",
        ),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write loops."""
    assert judge(EXERCISES[name], function, seed="practice").first_failure.mistake == mistake


# The network.


@pytest.fixture(scope="module")
def images():
    """Take four hundred drawn colour images."""
    return load("shapes32", "test").images[:400]


@pytest.mark.parametrize(("width", "params"), [(1.0, 1_972_792), (0.5, 498_104)])
def test_speedrun_has_its_parameters(width, params):
    """24 filters of 2 x 2, six convolutions of 3 x 3, 10 classes, by hand."""
    a, b, c = (int(width * n) for n in (64, 256, 256))
    weights = 24 * 12 + 24 + 9 * (24 * a + a * a + a * b + b * b + b * c + c * c)

    assert weights + 4 * (a + b + c) + 10 * c == params
    assert sum(p.numel() for p in create("speedrun", width=width).parameters()) == params


def test_speedrun_halves_its_maps_three_times():
    """32 -> 31 -> 15 -> 7 -> 3 pixels."""
    sides = [row.shape[-1] for row in summary(Speedrun(width=0.1), depth=1).rows[:4]]

    assert sides == [31, 15, 7, 3]


def test_whitened_numbers_vary_independently_and_alike(images):
    """Without the guard against noise: no mean, unit variance, no correlation; then negatives."""
    network = Speedrun(width=0.1)
    network.whiten(images, least=0.0)

    with torch.no_grad():
        out = network.conv1(images).transpose(0, 1).flatten(1).double()

    torch.testing.assert_close(out[12:], -out[:12], rtol=0, atol=1e-3)
    torch.testing.assert_close(out[:12].cov(), torch.eye(12).double(), rtol=0, atol=2e-2)
    assert out.mean(1).abs().max() < 1e-2


def test_whitening_layer_learns_only_its_biases(images):
    """The optimiser leaves out what needs no gradient."""
    network = Speedrun(in_channels=1, width=0.1)
    network.whiten(images[:, :1])

    assert [n for n, p in network.named_parameters() if not p.requires_grad] == ["conv1.weight"]


def test_speedrun_takes_small_and_grey_images():
    """Nine pixels a side are the fewest that three halvings leave something of."""
    network = Speedrun(7, in_channels=1, width=0.1)

    assert network(torch.rand(2, 1, 9, 9)).shape == (2, 7)


def test_a_width_without_channels_is_refused():
    """The message says what is left."""
    with pytest.raises(ValueError, match=r"width is 0.001: it leaves 0 of 64 channels"):
        Speedrun(width=0.001)
