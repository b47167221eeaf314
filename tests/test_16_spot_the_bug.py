"""Assignment 16: the layers shown are those judged, the quick tests miss, odd tests are told."""

import inspect
from pathlib import Path

import nbformat
import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.catalogue.spot_the_bug import broken
from cnncourse.catalogue.spot_the_bug.bug import CLAIMS
from cnncourse.catalogue.spot_the_bug.trial import MOST
from cnncourse.checker import judge

reference.DEVICE  # noqa: B018, torch is imported here, outside any call's time limit
NAMES = [name for name, item in EXERCISES.items() if item.assignment == "16_spot_the_bug"]
NOTEBOOK = Path(__file__).parent.parent / "solutions/16_spot_the_bug/16_spot_the_bug.ipynb"
LAYERS = [name for name in vars(broken) if name.startswith("broken_")]
each_exercise = pytest.mark.parametrize("name", NAMES)


def image(*rows):
    """Make a batch of one image with one channel."""
    return np.array(rows, dtype=float)[None, None]


def verdict_of(name, *test):
    """Judge a test given as a tuple."""
    verdict = judge(EXERCISES[name], lambda: test, seed="a")
    assert not any("could not be judged" in result.summary for result in verdict.results)
    return verdict


def named(name, *test):
    """Say which mistake is named."""
    verdict = verdict_of(name, *test)
    return verdict.first_named.mistake if verdict.first_named else None


def cells():
    """Read the notebook's cells by their ids."""
    return {cell.id: cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells}


def test_there_are_ten_layers_and_a_test_for_each():
    """Two points each."""
    assert len(NAMES) == len(LAYERS) == 10


@pytest.mark.parametrize("layer", LAYERS)
def test_the_notebook_shows_the_layer_that_is_judged(layer):
    """A student hunts the bug that is there."""
    assert cells()[layer] == inspect.getsource(getattr(broken, layer)).strip()


# The quick tests that the notebook speaks of: each layer passes, broken as it is.
QUICK = [
    ("linear", broken.broken_linear, np.array([[1.0, 2], [3, 4]]), np.eye(2), np.zeros(2)),
    ("linear", broken.broken_linear, np.array([[1.0, 2], [3, 4]]), np.ones((2, 2)), np.ones(2)),
    ("max_pool2d", broken.broken_max_pool2d, image([4, 1, 0, 7], [0, 2, 5, 3]), 2, 2),
    (
        "conv2d",
        broken.broken_conv2d,
        image([1, 2, 7], [5, 0, 9], [3, 8, 4]),
        np.ones((1, 1, 3, 3)),
    ),
    ("conv2d", broken.broken_conv2d, np.ones((2, 1, 5, 4)), image([1, 2], [3, 4])),
    ("avg_pool2d", broken.broken_avg_pool2d, np.arange(16.0).reshape(1, 1, 4, 4), 2, 2),
    ("avg_pool2d", broken.broken_avg_pool2d, np.arange(49.0).reshape(1, 1, 7, 7), 3, 2),
    ("softmax", broken.broken_softmax, np.array([[-10.0, 0, 10], [1, 2, 3]])),
    ("cross_entropy", broken.broken_cross_entropy, np.array([[0.0, 2]]), np.array([1])),
    (
        "cross_entropy",
        broken.broken_cross_entropy,
        np.array([[0.0, 2], [1, 0], [3, 3]]),
        np.array([1, 1, 1]),
    ),
    (
        "relu_backward",
        broken.broken_relu_backward,
        np.ones((2, 3)),
        np.array([[1.0, -2, 3], [0, 1, -1]]),
    ),
    (
        "max_pool2d_backward",
        broken.broken_max_pool2d_backward,
        image([10, 20]),
        image([1, 7, 2, 5, 4], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0]),
        3,
        2,
    ),
]


@pytest.mark.parametrize("question", QUICK)
def test_a_quick_test_misses_the_bug(question):
    """Otherwise there would be no art in it."""
    layer, function, *inputs = question
    right = reference.right_outputs(layer, *inputs)["in float64"]

    np.testing.assert_allclose(function(*inputs), right, atol=1e-12)


def test_dropout_by_one_half_and_in_test_mode_misses_the_bug():
    """The default value is the special one."""
    x, draws = np.array([[3.0, 6, -9]]), np.array([[0.1, 0.5, 0.9]])

    assert broken.broken_dropout(x, draws, 0.5, True).tolist() == [[0, 12, -18]]
    assert broken.broken_dropout(x, draws, 0.1, False).tolist() == x.tolist()


def test_a_large_batch_and_one_percent_miss_the_variance():
    """The notebook's 0.05 percent, for 8 images of 16 x 16 pixels."""
    rng = np.random.default_rng(0)
    x, one = rng.normal(size=(8, 1, 16, 16)), np.ones(1)
    right = reference.right_outputs("batch_norm2d", x, one, 0 * one)["in float64"]
    far = np.abs(broken.broken_batch_norm2d(x, one, 0 * one) - right).max()

    assert 1e-4 < far < 0.01
    assert round(100 * (2048 / 2047 - 1), 2) == 0.05


# Tests as students write them.


@pytest.mark.parametrize(
    ("name", "test", "mistake"),
    [
        (
            "catch_linear_transposed",
            (
                np.array([[1.0, 2], [3, 4]]),
                np.eye(2),
                np.zeros(2),
                np.array([[1.0, 2], [3, 4]]),
                0.0,
            ),
            "the weights are the same when rows and columns are swapped",
        ),
        (  # (D, F), as Keras has it
            "catch_linear_transposed",
            (np.ones((1, 3)), np.ones((3, 2)), np.zeros(2), np.array([[3.0, 3]]), 1e-6),
            "the inputs do not fit the layer",
        ),
        (
            "catch_max_pool_zero",
            (image([1, 2], [3, 4]), 2, 2, image([4]), 1e-6),
            "every window holds a number that is not negative",
        ),
        (  # taken from what the layer said
            "catch_max_pool_zero",
            (image([-1, -2], [-3, -4]), 2, 2, image([0]), 1e-6),
            "the expected output comes from the broken layer",
        ),
        (  # a true convolution, by somebody who learnt it in mathematics
            "catch_conv2d_flipped",
            (image([0, 1, 0, 0]), image([5, 6]), image([5, 6, 0]), 1e-6),
            "the expected output comes from the broken layer",
        ),
        (
            "catch_conv2d_flipped",
            (image([0, 1, 0, 0]), image([5, 6]), image([6, 5, 1]), 1e-6),
            "a number of the expected output is wrong",
        ),
        (
            "catch_softmax_overflow",
            (np.array([[1000.1, 1000]]), np.array([[0.52497919, 0.47502081]]), 1e-8),
            "the tolerance leaves no room for rounding",
        ),
        (
            "catch_softmax_overflow",
            (np.array([[1000.0, 1001]]), np.array([[0.27, 0.73]]), 1e-6),
            "the expected output is rounded more coarsely than the tolerance allows",
        ),
        (  # float32 has stopped being right here, float64 has not: nothing is caught
            "catch_softmax_overflow",
            (np.array([[100.0, 100]]), np.array([[0.5, 0.5]]), 1e-6),
            "no score is large enough",
        ),
        (  # what torch gives without the eps, and a tolerance for a large batch
            "catch_batch_norm_variance",
            (
                np.array([-1.0, 1] * 50)[:, None, None, None],
                np.ones(1),
                np.zeros(1),
                np.array([-1.0, 1] * 50)[:, None, None, None],
                0.01,
            ),
            "the tolerance is larger than the bug",
        ),
        (
            "catch_cross_entropy_pairs",
            (np.array([[0.0, 0], [1, 1]]), np.array([0, 2]), 0.69, 0.01),
            "the inputs do not fit the layer",
        ),
        (
            "catch_relu_backward_guided",
            (np.ones((1, 2)), np.array([[1.0, -1]]), np.array([[1.0, 0]]), 1e-6),
            "no gradient from above is negative",
        ),
    ],
)
def test_a_test_as_students_write_it_is_understood(name, test, mistake):
    """The hint depends on it."""
    assert named(name, *test) == mistake


@each_exercise
def test_a_test_of_zeros_is_never_a_good_one(name):
    """A layer that computes nothing would pass it."""
    *inputs, expected, _ = EXERCISES[name].reference()
    floats = [np.zeros_like(v) if np.ndim(v) and v.dtype.kind == "f" else v for v in inputs]
    verdict = verdict_of(name, *floats, expected * 0.0, 1e-6)

    assert not dict(zip(CLAIMS, verdict.results, strict=True))["right layers"].passed


@each_exercise
def test_inputs_that_hide_the_bug_earn_two_fifths_at_most(name):
    """The heart of a test is its inputs."""
    blind = next(iter(EXERCISES[name].mistakes.values()))
    verdict = judge(EXERCISES[name], blind.function, seed="a")

    assert verdict.num_passed <= 2
    assert len(verdict.results) == len(CLAIMS) == 5


def spoilt_values(value):
    """Make odd ones of an array or a number: of other sizes, without numbers, huge."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [0, -1, 10**6, 2**62, -(2**62)]
    if not np.ndim(value):
        return [np.nan, np.inf, -np.inf, -1.0, 1e308, 5.0]
    zeros = np.zeros((0,) * value.ndim, dtype=value.dtype)
    odd = [value[:0], zeros, value[..., :1], np.repeat(value, 2, axis=0), value.T, -7 * value]
    odd.append(np.ones((60,) * value.ndim, dtype=value.dtype))
    if value.dtype.kind == "f":
        with np.errstate(over="ignore"):
            odd += [value * 1e308, value * 1e39, value * np.nan, value.astype(np.float16)]
        odd += [value.astype(np.longdouble), value * 1e-320]
    return odd


@each_exercise
def test_no_test_however_odd_upsets_the_judge(name):
    """Anything may come out of a student's function."""
    test = EXERCISES[name].reference()
    for i, value in enumerate(test):
        for odd in spoilt_values(value):
            verdict_of(name, *test[:i], odd, *test[i + 1 :])


@each_exercise
def test_a_test_that_is_far_too_large_is_told_so(name):
    """Judging should feel instant."""
    *inputs, expected, atol = EXERCISES[name].reference()
    inputs[0] = np.ones((MOST + 1,) + (1,) * (inputs[0].ndim - 1))
    verdict = verdict_of(name, *inputs, expected, atol)

    assert verdict.score == 0
    assert f"more than {MOST} numbers" in verdict.first_failure.detail


def test_a_layer_that_stops_with_an_error_has_failed_the_test(capsys):
    """The notebook's runner says so as the judge does."""
    given = {"np": np}
    exec(cells()["run_test"], given)
    test = EXERCISES["catch_linear_transposed"].reference

    given["run_test"](test, broken.broken_linear)

    assert "FAILS: it stops with ValueError" in capsys.readouterr().out
    assert judge(EXERCISES["catch_linear_transposed"], test, seed="a").passed


def test_the_runner_counts_a_nan_as_a_failure(capsys):
    """Softmax gives one, and warns of nothing."""
    given = {"np": np}
    exec(cells()["run_test"], given)

    given["run_test"](EXERCISES["catch_softmax_overflow"].reference, broken.broken_softmax)

    assert "FAILS: nan away" in capsys.readouterr().out
