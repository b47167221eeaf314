"""Assignment 06: the examples by hand, mistakes as students write them, what the cases promise."""

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge

reference.DEVICE  # noqa: B018, torch is imported here, outside any call's time limit
NAMES = [name for name, item in EXERCISES.items() if item.assignment == "06_classifier"]


@pytest.fixture
def rng():
    """Draw the same numbers every time."""
    return np.random.default_rng(6)


def maps(*rows):
    """Make a batch of one image with one channel."""
    return np.array(rows, dtype=float)[None, None]


def test_the_assignment_asks_what_the_course_lists():
    """Ten exercises, in the order of the notebook."""
    assert NAMES == [
        "relu",
        "leaky_relu",
        "sigmoid",
        "tanh",
        "softmax",
        "log_softmax",
        "flatten",
        "linear",
        "cross_entropy",
        "fc_to_conv",
    ]


# The examples that the notebook works out by hand.


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("relu", {"x": maps([2, -1], [-3, 5])}, maps([2, 0], [0, 5])),
        (
            "leaky_relu",
            {"x": maps([2, -1], [-3, 5]), "negative_slope": 0.1},
            maps([2, -0.1], [-0.3, 5]),
        ),
        (
            "sigmoid",
            {"x": maps([np.log(3), -np.log(3), 0, 1000, -1000])},
            maps([3 / 4, 1 / 4, 1 / 2, 1, 0]),
        ),
        ("tanh", {"x": maps([np.log(2), -np.log(2), 0])}, maps([3 / 5, -3 / 5, 0])),
        ("softmax", {"x": np.log([1, 2, 5])}, [1 / 8, 2 / 8, 5 / 8]),
        ("log_softmax", {"x": np.array([1000.0, 0])}, [0, -1000]),
        ("linear", {"x": [[1, 2, 3]], "w": [[1, 0, -1], [2, 1, 0]], "b": [10, 20]}, [[8, 24]]),
        ("cross_entropy", {"logits": [[0, 0, np.log(3)]], "labels": [2]}, -np.log(3 / 5)),
    ],
)
def test_the_reference_agrees_with_the_examples_by_hand(name, arguments, expected):
    """Fractions that a student can work out on paper."""
    out = EXERCISES[name].reference(**arguments)

    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-15)


def test_log_softmax_gives_the_three_decimals_of_the_notebook():
    """Probabilities of 1, 3 and 6 tenths."""
    logs = reference.log_softmax(np.log([1, 3, 6]))

    assert logs.round(3).tolist() == [-2.303, -1.204, -0.511]


@pytest.mark.parametrize(
    ("label", "smoothing", "expected"), [(2, 0.0, 0.470), (0, 0.0, 2.079), (2, 0.3, 0.723)]
)
def test_the_loss_has_the_three_decimals_of_the_notebook(label, smoothing, expected):
    """Probabilities of 1, 2 and 5 eighths; a target of 0.1, 0.1 and 0.8."""
    loss = reference.cross_entropy(np.log([[1, 2, 5]]), [label], label_smoothing=smoothing)

    assert round(loss, 3) == expected


def test_flatten_reads_a_map_row_by_row_and_then_the_next_channel():
    """Eight numbers, in the order in which they are written."""
    x = np.array([[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]])

    assert reference.flatten(x).tolist() == [[1, 2, 3, 4, 5, 6, 7, 8]]
    assert reference.flatten(x, start_dim=2).shape == (1, 2, 4)
    assert reference.flatten(x, start_dim=0).shape == (8,)


def test_fc_to_conv_finds_the_two_scores_of_the_notebook():
    """A layer made for 2 x 2 pixels, at two places."""
    x, w = maps([1, 2, 0], [0, 3, 1]), [[1, 10, -2, 4]]

    kernel, scores = reference.fc_to_conv(x, w, kernel_size=(2, 2))

    assert kernel.tolist() == [[[[1, 10], [-2, 4]]]]
    assert scores.tolist() == [[[[33, 0]]]]


# Properties that tie the exercises together.


def test_softmax_does_not_see_a_number_added_to_all_scores(rng):
    """The fact that makes it safe."""
    x = rng.normal(size=(3, 4, 2))

    for axis in (0, 1, -1):
        shifted = reference.softmax(x + 700, axis=axis)
        np.testing.assert_allclose(shifted, reference.softmax(x, axis=axis), rtol=1e-12)
        np.testing.assert_allclose(shifted.sum(axis=axis), 1)


def test_a_layer_as_convolution_gives_one_place_the_layers_own_answer(rng):
    """Flatten and linear, or a kernel as large as the map."""
    x, w, b = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(6, 60)), rng.normal(size=6)

    _, scores = reference.fc_to_conv(x, w, b, kernel_size=(5, 4))

    one_place = reference.linear(reference.flatten(x), w, b)
    np.testing.assert_allclose(scores[:, :, 0, 0], one_place, rtol=1e-12)


def test_smoothing_mixes_the_loss_with_that_of_equal_targets(rng):
    """Linear in the share, the true class included in what is spread."""
    logits, labels = rng.normal(size=(4, 6)), np.array([5, 0, 2, 2])
    sharp = reference.cross_entropy(logits, labels)
    flat = -reference.log_softmax(logits).mean()

    mixed = reference.cross_entropy(logits, labels, label_smoothing=0.3)

    np.testing.assert_allclose(mixed, 0.7 * sharp + 0.3 * flat, rtol=1e-12)


# What the cases promise.


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", ["practice", "a class", "7"])
def test_every_right_answer_is_finite(name, seed):
    """However large the scores are: a NaN or an infinity is always a mistake."""
    exercise = EXERCISES[name]

    for case in exercise.draw(seed):
        outputs = exercise.reference(**case.arguments)
        for out in outputs if isinstance(outputs, tuple) else (outputs,):
            assert np.isfinite(out).all(), case.claim


# Mistakes as students write them.


def log_of_softmax(logits, labels, *, label_smoothing=0.0):
    """Take the logarithm of probabilities, of which some have become 0."""
    shifted = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = shifted / shifted.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        return -np.log(p[np.arange(len(p)), labels]).mean()


def targets_without_the_true_class(logits, labels, *, label_smoothing=0.0):
    """Spread the share over the other classes."""
    N, C = logits.shape
    logs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    targets = np.full((N, C), label_smoothing / (C - 1))
    targets[np.arange(N), labels] = 1 - label_smoothing
    return -(targets * logs).sum() / N


def columns_of_all_labels(logits, labels, *, label_smoothing=0.0):
    """Index one axis with the labels, and forget the other."""
    logs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return -logs[:, labels].mean()


def whole_maximum(x, *, axis=-1):
    """Subtract the largest of all scores."""
    powers = np.exp(x - x.max(initial=-1e9))
    with np.errstate(invalid="ignore"):
        return powers / powers.sum(axis=axis, keepdims=True)


def sum_of_everything(x, *, axis=-1):
    """Shift safely, then forget the axis of the sum."""
    powers = np.exp(x - x.max(axis=axis, keepdims=True))
    return powers / powers.sum()


def scores_of_the_batch(x, w, b=None, *, kernel_size):
    """Sum window by window, but over the images as well."""
    KH, KW = kernel_size
    kernel = w.reshape(len(w), x.shape[1], KH, KW)
    OH, OW = x.shape[2] - KH + 1, x.shape[3] - KW + 1
    scores = np.zeros((len(x), len(w), OH, OW))
    for f, i, j in np.ndindex(len(w), OH, OW):
        window = x[:, :, i : i + KH, j : j + KW]
        scores[:, f, i, j] = (window * kernel[f]).sum() + (0 if b is None else b[f])
    return kernel, scores


def channels_last_kernel(x, w, b=None, *, kernel_size):
    """Give the kernel the order of channels last, while the scores are right."""
    KH, KW = kernel_size
    kernel = w.reshape(len(w), KH, KW, x.shape[1]).transpose(0, 3, 1, 2)
    return kernel, reference.fc_to_conv(x, w, b, kernel_size=kernel_size)[1]


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("relu", lambda x: np.max(x, 0), "np.max looks for"),
        ("relu", lambda x: np.where(x > 0, 1, 0), "the slope is returned, a whole number"),
        (
            "leaky_relu",
            lambda x, *, negative_slope=0.01: np.maximum(x, negative_slope * x),
            "the larger of x and the slope times x",
        ),
        ("sigmoid", lambda x: 1 / 1 + np.exp(-x), "the brackets around the denominator"),
        ("sigmoid", lambda x: np.nan_to_num(np.exp(x) / (1 + np.exp(x))), "NaN is replaced by 0"),
        ("softmax", whole_maximum, "the largest score of the whole array"),
        ("softmax", sum_of_everything, "the sum runs over the whole array"),
        (
            "flatten",
            lambda x, *, start_dim=1: x.reshape(-1, len(x)).T if x.size else x,
            "images are mixed",
        ),
        (
            "linear",
            lambda x, w, b=None: x @ w + (0 if b is None else b),
            "the weights are not transposed",
        ),
        ("cross_entropy", log_of_softmax, "the logarithm is taken of a probability"),
        ("cross_entropy", targets_without_the_true_class, "smoothing leaves out the true class"),
        ("cross_entropy", columns_of_all_labels, "every image is compared with the labels of all"),
        ("fc_to_conv", scores_of_the_batch, "the images of the batch are added up"),
        ("fc_to_conv", channels_last_kernel, "the channels run fastest in the kernel"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")
def test_a_mistake_as_a_student_writes_it_is_named(name, function, mistake):
    """The names come from answers, not from code."""
    verdict = judge(EXERCISES[name], function, seed="practice")

    assert not verdict.passed
    assert verdict.first_named.mistake.startswith(mistake)


@pytest.mark.parametrize("softmax_over", ["nothing", "images"])
def test_a_loss_that_knows_no_smoothing_yet_is_named_for_its_other_mistake(softmax_over):
    """A student does the options last: the simple cases have to tell mistakes apart."""

    def loss(logits, labels, *, label_smoothing=0.0):
        logs = logits - np.logaddexp.reduce(logits, axis=0) * (softmax_over == "images")
        return -logs[np.arange(len(labels)), labels].mean()

    named = judge(EXERCISES["cross_entropy"], loss, seed="practice").first_named.mistake

    expected = {"nothing": "there is no softmax", "images": "the softmax runs over the images"}
    assert named == expected[softmax_over]
