"""Capstone C2's questions: the examples by hand, AlexNet's own figures, mistakes in own words."""

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue.capstones import alexnet_questions, alexnet_responses
from cnncourse.catalogue.capstones.alexnet_questions import WEIGHTS, WINDOWS
from cnncourse.checker import judge


def test_window_sides_agree_with_the_example_by_hand():
    """Nine pixels, a stride of 2, then a padding of 1."""
    assert reference.window_sides(9, [(3, 2, 0), (2, 1, 1)]).tolist() == [4, 5]


@pytest.mark.parametrize(
    ("size", "padding", "first", "last"), [(227, 0, 55, 6), (224, 2, 55, 6), (224, 0, 54, 5)]
)
def test_227_pixels_or_a_padding_make_55_places(size, padding, first, last):
    """The paper's 224 without padding give neither its 55 places nor its 6."""
    windows = WINDOWS.copy()
    windows[0, 2] = padding

    sides = reference.window_sides(size, windows)

    assert (sides[0], sides[-1]) == (first, last)


def test_overlapping_windows_see_every_other_pixel_twice():
    """Seven pixels, windows of 3, two apart."""
    assert reference.pool_coverage(7, 3, 2).tolist() == [1, 1, 2, 1, 2, 1, 1]


def test_fc6_holds_more_than_all_other_layers():
    """37,752,832 of 60,965,224 parameters."""
    index, share = reference.heaviest_layer(WEIGHTS)

    assert index == 5
    assert share == pytest.approx(37_752_832 / 60_965_224, rel=1e-12)


def test_responses_are_divided_as_by_hand():
    """Sums of two and of three squares."""
    x = np.array([1.0, 2.0, 3.0]).reshape(1, 3, 1, 1)

    out = reference.local_response_norm(x, size=3, alpha=1.0, beta=1.0, k=1.0)

    assert out.ravel() == pytest.approx([1 / 6, 2 / 15, 3 / 14])


def test_towers_are_normalised_as_in_the_network():
    """The question's formula is that of the package's own AlexNet."""
    torch = pytest.importorskip("torch")
    from cnncourse.models.alexnet import TowerNorm

    x = 30 * np.random.default_rng(0).normal(size=(2, 8, 3, 4))

    ours = reference.local_response_norm(x, towers=2)

    assert TowerNorm(2)(torch.tensor(x)).numpy() == pytest.approx(ours, rel=1e-12)


def sides_rounded_up(size, windows):
    """Divides in the way that covers every pixel."""
    sides = []
    for kernel_size, stride, padding in windows:
        size = -(-(size + 2 * padding - kernel_size) // stride) + 1
        sides.append(size)
    return np.array(sides)


def coverage_side_by_side(length, kernel_size, stride):
    """Moves on by the window."""
    counts = np.zeros(length, dtype=int)
    for begin in range(0, length - kernel_size + 1, kernel_size):
        counts[begin : begin + kernel_size] += 1
    return counts


def heaviest_without_biases(shapes):
    """Counts weights."""
    counts = [int(np.prod(shape)) for shape in shapes]
    return int(np.argmax(counts)), max(counts) / sum(counts)


def responses_as_in_pytorch(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0, towers=1):
    """Takes the mean of the squares, as a library does."""
    apart = x.reshape(-1, x.shape[1] // towers, *x.shape[2:])
    half, sums = size // 2, np.zeros(apart.shape)
    for c in range(apart.shape[1]):
        sums[:, c] = (apart[:, max(c - half, 0) : c + half + 1] ** 2).sum(axis=1) / size
    return x / (k + alpha * sums.reshape(x.shape)) ** beta


@pytest.mark.parametrize(
    ("exercise", "function", "mistake"),
    [
        (alexnet_questions.window_sides, sides_rounded_up, "quotients are rounded up"),
        (
            alexnet_questions.pool_coverage,
            coverage_side_by_side,
            "windows lie side by side, whatever the stride",
        ),
        (alexnet_questions.heaviest_layer, heaviest_without_biases, "the biases are left out"),
        (
            alexnet_responses.local_response_norm,
            responses_as_in_pytorch,
            "alpha is divided by the size",
        ),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(exercise, function, mistake):
    """Students write formulas, the catalogue asks wrong questions: both look alike."""
    named = judge(exercise, function, seed="practice").first_named

    assert named is not None
    assert named.mistake == mistake
