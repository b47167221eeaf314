"""Assignment 05: the examples by hand, and mistakes in students' own words."""

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "05_pooling"]


# The examples that the notebook works out by hand.

MAP = np.array([[1, 3, 2, 0, 4, 1], [5, 4, 1, 6, 2, 2], [0, 2, 7, 1, 0, 8], [8, 1, 3, 9, 5, 8.0]])


def row(*values):
    """Make a batch of one image with one channel and one row."""
    return np.array(values, dtype=float).reshape(1, 1, 1, -1)


def test_the_assignment_asks_what_the_course_lists():
    """Seven exercises, in the order of the notebook."""
    assert NAMES == [
        "max_pool2d_single",
        "max_pool2d",
        "avg_pool2d",
        "global_avg_pool2d",
        "adaptive_avg_pool2d",
        "max_pool2d_with_indices",
        "max_unpool2d",
    ]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"kernel_size": 2}, [[5, 6, 4], [8, 9, 8]]),
        ({"kernel_size": (2, 3)}, [[5, 6], [8, 9]]),
        ({"kernel_size": 3, "stride": 2}, [[7, 7]]),
    ],
)
def test_max_pool2d_single_finds_the_largest_by_hand(options, expected):
    """Three kinds of windows on one map."""
    out = EXERCISES["max_pool2d_single"].reference(MAP, **options)

    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        ([-3, -1, -2, -5, -4], {"kernel_size": (1, 3), "stride": 2}, [-1, -2]),
        (
            [-3, -1, -2, -5, -4],
            {"kernel_size": (1, 3), "stride": 2, "padding": (0, 1)},
            [-1, -1, -4],
        ),
        ([1, 9, 2, 8, 3], {"kernel_size": (1, 3), "dilation": 2}, [3]),
        ([1, 2, 3, 4, 5, 6], {"kernel_size": (1, 3), "stride": 2}, [3, 5]),
        ([1, 2, 3, 4, 5, 6], {"kernel_size": (1, 3), "stride": 2, "ceil_mode": True}, [3, 5, 6]),
        (
            [5, 1, 2, 4, 3],
            {"kernel_size": (1, 2), "stride": 3, "padding": (0, 1), "ceil_mode": True},
            [5, 4],
        ),
    ],
)
def test_max_pool2d_agrees_with_the_rows_by_hand(values, options, expected):
    """Padding that never wins, a window spread, one that hangs over, one left out."""
    np.testing.assert_array_equal(reference.max_pool2d(row(*values), **options), row(*expected))


@pytest.mark.parametrize(("included", "expected"), [(True, [2, 6, 4]), (False, [3, 6, 8])])
def test_avg_pool2d_divides_by_what_counts(included, expected):
    """The third window holds a pixel, a zero that may count, and nothing."""
    options = {"stride": 2, "padding": (0, 1), "ceil_mode": True, "count_include_pad": included}

    out = reference.avg_pool2d(row(2, 4, 6, 8), (1, 3), **options)

    np.testing.assert_array_equal(out, row(*expected))


def test_global_avg_pool2d_agrees_with_the_sums_by_hand():
    """Two channels, two numbers."""
    x = np.array([[[[1, 2, 3], [4, 5, 9]], [[0, 0, 6], [6, 0, 0]]]])

    np.testing.assert_array_equal(reference.global_avg_pool2d(x), [[4, 2]])


@pytest.mark.parametrize("expected", [(3, 4, 3), (2, 4, 3, 3)])
def test_adaptive_avg_pool2d_agrees_with_the_windows_by_hand(expected):
    """Seven pixels to three and to four: windows overlap, and differ in size."""
    out = reference.adaptive_avg_pool2d(row(1, 3, 5, 4, 3, 2, 4), (1, len(expected)))

    np.testing.assert_array_equal(out, row(*expected))


def test_indices_name_the_places_by_hand_and_lead_back_to_them():
    """The last window holds two 8s; the first one read counts."""
    out, indices = reference.max_pool2d_with_indices(MAP[None, None], 2)
    back = reference.max_unpool2d(out, indices, output_size=MAP.shape)[0, 0]

    assert indices.tolist() == [[[[6, 9, 4], [18, 21, 17]]]]
    assert back.tolist() == [
        [0, 0, 0, 0, 4, 0],
        [5, 0, 0, 6, 0, 0],
        [0, 0, 0, 0, 0, 8],
        [8, 0, 0, 9, 0, 0],
    ]


@pytest.mark.parametrize("size", [(4, 6), (5, 7)])
def test_maps_of_two_sizes_shrink_to_one(size):
    """So that unpooling has to be told which to go back to."""
    out, indices = reference.max_pool2d_with_indices(np.ones((1, 1, *size)), 2)

    assert out.shape == (1, 1, 2, 3)
    assert reference.max_unpool2d(out, indices, output_size=size).shape == (1, 1, *size)


def test_pooling_what_was_unpooled_gives_the_same_again():
    """For any values above 0, whatever the windows and the padding."""
    x = np.random.default_rng(0).random(size=(2, 3, 7, 6)) + 1
    options = {"kernel_size": (3, 2), "stride": (2, 1), "padding": 1}
    out, indices = reference.max_pool2d_with_indices(x, **options)

    back = reference.max_unpool2d(out, indices, output_size=(7, 6))
    again = reference.max_pool2d_with_indices(back, **options)

    assert indices.min() >= 0
    np.testing.assert_array_equal(again[0], out)
    np.testing.assert_array_equal(again[1], indices)


# Mistakes as a student writes them.


def pair(value):
    """Turn one number into two."""
    return value if isinstance(value, tuple) else (value, value)


def from_zero(x, kernel_size, *, stride=None):
    """Searches for the largest value with a loop that begins at 0."""
    K = kernel_size if isinstance(kernel_size, tuple) else (kernel_size, kernel_size)
    S = K if stride is None else stride if isinstance(stride, tuple) else (stride, stride)
    out = np.zeros([(size - k) // s + 1 for size, k, s in zip(x.shape, K, S, strict=True)])
    for i, j in np.ndindex(out.shape):
        largest = 0
        for u, v in np.ndindex(K):
            largest = max(largest, x[i * S[0] + u, j * S[1] + v])
        out[i, j] = largest
    return out


def mean_of_padded(
    x, kernel_size, *, stride=None, padding=0, ceil_mode=False, count_include_pad=True
):
    """Takes the mean of every window of a map padded with zeros all round."""
    options = {"stride": stride, "padding": padding, "ceil_mode": ceil_mode}
    _, _, OH, OW = reference.max_pool2d(x, kernel_size, **options).shape
    (KH, KW), (PH, PW) = pair(kernel_size), pair(padding)
    SH, SW = pair(kernel_size if stride is None else stride)
    padded = np.pad(x, ((0, 0), (0, 0), (PH, PH + SH), (PW, PW + SW)))
    windows = sliding_window_view(padded, (KH, KW), axis=(2, 3))[:, :, ::SH, ::SW]
    return windows[:, :, :OH, :OW].mean(axis=(4, 5))


def argmax_on_padded(x, kernel_size, *, stride=None, padding=0):
    """Gets the values right, and forgets that argmax counts within the window."""
    (KH, KW), (PH, PW) = pair(kernel_size), pair(padding)
    SH, SW = pair(kernel_size if stride is None else stride)
    padded = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)), constant_values=-np.inf)
    windows = sliding_window_view(padded, (KH, KW), axis=(2, 3))[:, :, ::SH, ::SW]
    flat = windows.reshape(*windows.shape[:4], KH * KW)
    return flat.max(axis=-1), flat.argmax(axis=-1)


def added_up(x, indices, *, output_size):
    """Adds where it should assign."""
    out = np.zeros((*x.shape[:2], *output_size))
    for n, c, i, j in np.ndindex(x.shape):
        out[n, c].flat[indices[n, c, i, j]] += x[n, c, i, j]
    return out


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("max_pool2d_single", from_zero, "the largest value is searched for from 0 on"),
        ("avg_pool2d", mean_of_padded, "every sum is divided by the size of the whole window"),
        ("max_pool2d_with_indices", argmax_on_padded, "an index counts within its window"),
        ("max_unpool2d", added_up, "values that share a place are added up"),
        ("global_avg_pool2d", lambda x: x.mean(axis=(1, 2)), "the average runs over the "),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write loops."""
    failure = judge(EXERCISES[name], function, seed="practice").first_failure

    assert (failure.mistake or "").startswith(mistake)


def test_indices_as_fractions_are_met_with_one_sentence():
    """The kinds of two outputs differ: values are fractions, indices are not."""

    def floats(x, kernel_size, **options):
        out, indices = reference.max_pool2d_with_indices(x, kernel_size, **options)
        return out, indices.astype(float)

    verdict = judge(EXERCISES["max_pool2d_with_indices"], floats, seed="practice")

    assert verdict.score == 0
    assert verdict.first_failure.summary == (
        "indices has dtype float64, expected int: make the array of int64"
    )


@pytest.mark.parametrize(("value", "said"), [(None, "None"), (MAP, "an ndarray")])
def test_an_answer_of_one_output_is_told_that_two_are_expected(value, said):
    """Who forgets the indices is reminded of them by name."""
    exercise = EXERCISES["max_pool2d_with_indices"]

    verdict = judge(exercise, lambda x, kernel_size, **options: value, seed="practice")

    assert verdict.first_failure.summary == f"returned {said}, expected the tuple (out, indices)"
