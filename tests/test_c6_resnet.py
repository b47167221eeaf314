"""Capstone C6's questions: the examples by hand, and mistakes in students' own words."""

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge
from cnncourse.models.resnet_cifar import ResNetCifar, ZeroPadding

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "c6_resnet"]
ONE = np.array([[1.0]])


def test_the_questions_are_those_of_the_notebook():
    """Four, in its order."""
    assert NAMES == ["resnet_counts", "shortcut_a", "residual_backward", "gradient_sizes"]


def test_resnet_counts_agrees_with_the_sum_by_hand():
    """27 + 9 + 9 weights, six numbers of batch norm, a weight and a bias."""
    assert reference.resnet_counts(1, widths=(1,), num_classes=1) == (4, 53)


@pytest.mark.parametrize(
    ("n", "params"), [(3, 269_722), (5, 464_154), (7, 658_586), (9, 853_018), (18, 1_727_962)]
)
def test_resnet_counts_gives_the_networks_of_the_paper(n, params):
    """Depth 6n + 2, and the parameters of the networks that the course builds."""
    assert reference.resnet_counts(n) == (6 * n + 2, params)


def test_resnet_counts_agrees_with_the_network_that_is_trained():
    """The question and the capstone speak of the same layers."""
    network = ResNetCifar(32, 7)

    assert reference.resnet_counts(5, num_classes=7)[1] == sum(
        p.numel() for p in network.parameters()
    )


def test_shortcut_a_is_the_one_in_the_network():
    """On maps whose sides the stride does not divide."""
    import torch

    x = np.random.default_rng(0).standard_normal((2, 3, 7, 6))

    out = reference.shortcut_a(x, 8, stride=2)

    np.testing.assert_array_equal(out, ZeroPadding(5, 2)(torch.from_numpy(x)).numpy())
    assert out.shape == (2, 8, 4, 3)


def test_residual_backward_agrees_with_the_block_by_hand():
    """Both ways open: 12 and 1; the branch shut: the shortcut's 5 alone."""
    assert reference.residual_backward(ONE, 2 * ONE, 3 * ONE, 4 * ONE) == [[13]]
    assert reference.residual_backward(5 * ONE, 3 * ONE, -ONE, 2 * ONE) == [[5]]


@pytest.mark.parametrize(("shortcut", "expected"), [(False, [2, 4]), (True, [7.5, 5])])
def test_gradient_sizes_agrees_with_the_chain_by_hand(shortcut, expected):
    """Slopes 0.5 and 4, plain and with shortcuts."""
    out = reference.gradient_sizes(np.array([0.5, 4.0]), shortcut=shortcut)

    np.testing.assert_array_equal(out, expected)


# Mistakes as a student writes them.


def zeros_first(x, out_channels, *, stride=1):
    """Fills the wrong end."""
    kept = x[:, :, ::stride, ::stride]
    out = np.zeros((len(x), out_channels, *kept.shape[2:]))
    out[:, out_channels - x.shape[1] :] = kept
    return out


def branch_alone(dout, x, w1, w2):
    """Goes back through the layers, and forgets the plus sign."""
    h = x @ w1
    total = x + np.maximum(h, 0) @ w2
    return ((dout * (total > 0)) @ w2.T * (h > 0)) @ w1.T


def from_the_front(slopes, *, shortcut):
    """Multiplies in the order of the layers."""
    size, sizes = 1.0, []
    for slope in slopes:
        size *= slope + 1 if shortcut else slope
        sizes.append(abs(size))
    return np.array(sizes)


def without_norm(n, *, widths=(16, 32, 64), num_classes=10):
    """Counts convolutions and the last layer."""
    params, channels = 27 * widths[0], widths[0]
    for width in widths:
        for _ in range(n):
            params += 9 * channels * width + 9 * width * width
            channels = width
    return 2 * n * len(widths) + 2, params + channels * num_classes + num_classes


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("resnet_counts", without_norm, "batch norm is left out"),
        ("shortcut_a", zeros_first, "the maps of zeros stand in front"),
        ("residual_backward", branch_alone, "the shortcut is forgotten"),
        ("gradient_sizes", from_the_front, "the products start at the first layer"),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write loops."""
    assert judge(EXERCISES[name], function, seed="practice").first_failure.mistake == mistake
