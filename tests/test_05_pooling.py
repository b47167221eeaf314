"""Assignment 05: the examples by hand, known mistakes, other right ways, the notebook."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge

NOTEBOOK = Path(__file__).parents[1] / "solutions" / "05_pooling" / "05_pooling.ipynb"
NAMES = [name for name, item in EXERCISES.items() if item.assignment == "05_pooling"]
every_exercise = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    # The cases are tiny: two threads wait for each other longer than they compute.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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


# Known mistakes.


def fingerprint(function, calls):
    """Turn a function's answers into something hashable that rounding does not change."""
    marks = []
    for call in calls:
        try:
            outputs = function(*call.args, **call.kwargs)
        except (RuntimeError, ValueError) as error:
            marks.append(str(error))
        else:
            outputs = outputs if isinstance(outputs, tuple) else (outputs,)
            marks += [(out.shape, (np.round(out, 6) + 0.0).tobytes()) for out in outputs]
    return tuple(marks)


@every_exercise
def test_every_known_mistake_differs_from_the_right_answer_and_from_the_others(name):
    """For 50 seeds, so that graded cases tell the mistakes apart as practice does."""
    exercise = EXERCISES[name]
    functions = [exercise.reference, *(known.function for known in exercise.mistakes.values())]
    for seed in range(50):
        calls = [exercise.signature.bind(**case.arguments) for case in exercise.draw(str(seed))]

        assert len({fingerprint(f, calls) for f in functions}) == len(functions)


@every_exercise
def test_every_known_mistake_is_caught_and_named(name):
    """A hint is worth only as much as the wrong answer that sets it off."""
    exercise = EXERCISES[name]
    for known in exercise.mistakes.values():
        verdict = judge(exercise, known.function, seed="practice")

        assert not verdict.passed
        assert verdict.first_failure.mistake == known.name


@every_exercise
def test_every_hint_is_a_sentence_and_names_a_section(name):
    """Page and label, so that the report can link to it."""
    for known in EXERCISES[name].mistakes.values():
        assert known.hint.endswith((".", "?"))
        assert known.section.startswith("08_pooling#pooling-")


# Mistakes as a student writes them.


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


# Other right ways.


def pair(value):
    """Turn one number into two."""
    return value if isinstance(value, tuple) else (value, value)


def sizes(shape, kernel_size, stride, padding=0, dilation=1, ceil_mode=False):
    """Count the windows down and along, one by one."""
    counts = []
    for size, K, S, P, D in zip(
        shape[-2:], *map(pair, (kernel_size, stride, padding, dilation)), strict=True
    ):
        reach, begin, count = D * (K - 1) + 1, 0, 0
        while begin + reach <= size + 2 * P:
            begin, count = begin + S, count + 1
        hangs = begin - S + reach < size + 2 * P and begin < size + P
        counts.append(count + (ceil_mode and hangs))
    return counts


def places(i, size, K, S, P, D=1):
    """List the rows of the map that window i looks at."""
    rows = i * S - P + D * np.arange(K)
    return rows[(rows >= 0) & (rows < size)]


def single_by_windows(x, kernel_size, *, stride=None):
    """All windows at once, without a copy."""
    SH, SW = pair(kernel_size if stride is None else stride)
    return sliding_window_view(x, pair(kernel_size))[::SH, ::SW].max(axis=(2, 3))


def single_by_rows_then_columns(x, kernel_size, *, stride=None):
    """The largest of a window is the largest of its columns' largest."""
    (KH, KW), (SH, SW) = pair(kernel_size), pair(kernel_size if stride is None else stride)
    tall = np.stack([x[i : i + KH].max(axis=0) for i in range(0, len(x) - KH + 1, SH)])
    starts = range(0, x.shape[1] - KW + 1, SW)
    return np.stack([tall[:, j : j + KW].max(axis=1) for j in starts], axis=1)


def max_by_places(x, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """No padding at all: each window is cut down to the pixels that are there."""
    stride = kernel_size if stride is None else stride
    OH, OW = sizes(x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    down, along = zip(*map(pair, (kernel_size, stride, padding, dilation)), strict=True)
    out = np.empty((*x.shape[:2], OH, OW))
    for i, j in np.ndindex(OH, OW):
        rows, columns = places(i, x.shape[2], *down), places(j, x.shape[3], *along)
        out[:, :, i, j] = x[:, :, rows[:, None], columns].max(axis=(2, 3))
    return out


def max_by_windows(x, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Sliding windows over a map padded generously, every D-th pixel of each."""
    stride = kernel_size if stride is None else stride
    OH, OW = sizes(x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    (SH, SW), (DH, DW) = pair(stride), pair(dilation)
    reach = [D * (K - 1) + 1 for K, D in zip(pair(kernel_size), (DH, DW), strict=True)]
    around = [(P, P + S) for P, S in zip(pair(padding), (SH, SW), strict=True)]
    padded = np.pad(x, [(0, 0), (0, 0), *around], constant_values=-np.inf)
    windows = sliding_window_view(padded, reach, axis=(2, 3))[:, :, ::SH, ::SW, ::DH, ::DW]
    return windows[:, :, :OH, :OW].max(axis=(4, 5))


def avg_by_places(
    x, kernel_size, *, stride=None, padding=0, ceil_mode=False, count_include_pad=True
):
    """Sums over the pixels there are, divided by a count worked out from the corners."""
    stride = kernel_size if stride is None else stride
    OH, OW = sizes(x.shape, kernel_size, stride, padding, 1, ceil_mode)
    down, along = zip(*map(pair, (kernel_size, stride, padding)), strict=True)
    out = np.empty((*x.shape[:2], OH, OW))
    for i, j in np.ndindex(OH, OW):
        rows, columns = places(i, x.shape[2], *down), places(j, x.shape[3], *along)
        number = len(rows) * len(columns)
        if count_include_pad:
            number = 1
            for n, size, (K, S, P) in zip((i, j), x.shape[2:], (down, along), strict=True):
                number *= min(n * S + K, size + 2 * P) - n * S
        out[:, :, i, j] = x[:, :, rows[:, None], columns].sum(axis=(2, 3)) / number
    return out


def avg_by_running_sums(
    x, kernel_size, *, stride=None, padding=0, ceil_mode=False, count_include_pad=True
):
    """An integral image: every window is a difference of four sums."""
    stride = kernel_size if stride is None else stride
    OH, OW = sizes(x.shape, kernel_size, stride, padding, 1, ceil_mode)
    (KH, KW), (SH, SW), (PH, PW) = map(pair, (kernel_size, stride, padding))
    ones = np.zeros((x.shape[2] + 2 * PH, x.shape[3] + 2 * PW)) + count_include_pad
    ones[PH : PH + x.shape[2], PW : PW + x.shape[3]] = 1

    def window_sums(maps):
        spread = [(0, 0)] * (maps.ndim - 2) + [(1, SH), (1, SW)]
        total = np.pad(maps, spread).cumsum(axis=-2).cumsum(axis=-1)
        top, left = SH * np.arange(OH)[:, None], SW * np.arange(OW)
        low, right = top + KH, left + KW
        ends = total[..., low, right] - total[..., top, right]
        return ends - total[..., low, left] + total[..., top, left]

    padded = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    return window_sums(padded) / window_sums(ones)


def global_by_products(x):
    """Weights of 1 / (H W) on every pixel."""
    N, C, H, W = x.shape
    return x.reshape(N, C, H * W) @ np.full(H * W, 1 / (H * W))


def global_by_einsum(x):
    """The sum by the names of its axes."""
    return np.einsum("nchw->nc", x) / (x.shape[2] * x.shape[3])


def adaptive_by_matrices(x, output_size):
    """One matrix averages rows, another one columns."""
    averages = []
    for size, out in zip(x.shape[2:], pair(output_size), strict=True):
        begin, end = np.arange(out) * size // out, -(-(np.arange(out) + 1) * size // out)
        pixels = np.arange(size)
        inside = (begin[:, None] <= pixels) & (pixels < end[:, None])
        averages.append(inside / inside.sum(axis=1, keepdims=True))
    return averages[0] @ x @ averages[1].T


def adaptive_by_floats(x, output_size):
    """Beginnings and ends by floor and ceil of fractions."""
    edges = []
    for size, out in zip(x.shape[2:], pair(output_size), strict=True):
        i = np.arange(out)
        edges.append((np.floor(i * size / out), np.ceil((i + 1) * size / out)))
    (tops, bottoms), (lefts, rights) = np.array(edges[0], int), np.array(edges[1], int)
    rows = [x[:, :, a:b].mean(axis=2) for a, b in zip(tops, bottoms, strict=True)]
    tall = np.stack(rows, axis=2)
    columns = [tall[..., a:b].mean(axis=3) for a, b in zip(lefts, rights, strict=True)]
    return np.stack(columns, axis=3)


def indices_by_places(x, kernel_size, *, stride=None, padding=0):
    """Each window cut down to the map, argmax in it, counted back."""
    stride = kernel_size if stride is None else stride
    OH, OW = sizes(x.shape, kernel_size, stride, padding)
    down, along = zip(*map(pair, (kernel_size, stride, padding)), strict=True)
    out = np.empty((*x.shape[:2], OH, OW))
    indices = np.empty(out.shape, dtype=np.int32)
    for i, j in np.ndindex(OH, OW):
        rows, columns = places(i, x.shape[2], *down), places(j, x.shape[3], *along)
        window = x[:, :, rows[:, None], columns].reshape(*x.shape[:2], len(rows) * len(columns))
        best = window.argmax(axis=2)
        out[:, :, i, j] = window.max(axis=2)
        indices[:, :, i, j] = (
            rows[best // len(columns)] * x.shape[3] + columns[best % len(columns)]
        )
    return out, indices


def indices_by_a_second_map(x, kernel_size, *, stride=None, padding=0):
    """A map of places slides along with the map of values."""
    (KH, KW), (PH, PW) = pair(kernel_size), pair(padding)
    SH, SW = pair(kernel_size if stride is None else stride)
    numbers = np.broadcast_to(np.arange(x.shape[2] * x.shape[3]).reshape(x.shape[2:]), x.shape)

    def windows(maps, value):
        around = ((0, 0), (0, 0), (PH, PH), (PW, PW))
        padded = np.pad(maps, around, constant_values=value)
        view = sliding_window_view(padded, (KH, KW), axis=(2, 3))[:, :, ::SH, ::SW]
        return view.reshape(*view.shape[:4], KH * KW)

    values = windows(x, -np.inf)
    best = values.argmax(axis=-1)[..., None]
    found = np.take_along_axis(windows(numbers, -1), best, axis=-1)
    return values.max(axis=-1), found[..., 0]


def unpool_by_loops(x, indices, *, output_size):
    """A row and a column for each value."""
    out = np.zeros((*x.shape[:2], *output_size))
    for n, c, i, j in np.ndindex(x.shape):
        r, s = divmod(indices[n, c, i, j], output_size[1])
        out[n, c, r, s] = x[n, c, i, j]
    return out


def unpool_by_one_flat_index(x, indices, *, output_size):
    """Maps laid end to end, the indices counted on."""
    N, C = x.shape[:2]
    size = output_size[0] * output_size[1]
    out = np.zeros(N * C * size)
    out[indices + size * np.arange(N * C).reshape(N, C, 1, 1)] = x
    return out.reshape(N, C, *output_size)


OTHER_WAYS = [
    ("max_pool2d_single", single_by_windows),
    ("max_pool2d_single", single_by_rows_then_columns),
    ("max_pool2d", max_by_places),
    ("max_pool2d", max_by_windows),
    ("avg_pool2d", avg_by_places),
    ("avg_pool2d", avg_by_running_sums),
    ("global_avg_pool2d", global_by_products),
    ("global_avg_pool2d", global_by_einsum),
    ("adaptive_avg_pool2d", adaptive_by_matrices),
    ("adaptive_avg_pool2d", adaptive_by_floats),
    ("max_pool2d_with_indices", indices_by_places),
    ("max_pool2d_with_indices", indices_by_a_second_map),
    ("max_unpool2d", unpool_by_loops),
    ("max_unpool2d", unpool_by_one_flat_index),
]


@pytest.mark.parametrize("seed", ["practice", "a class"])
@pytest.mark.parametrize(("name", "function"), OTHER_WAYS)
def test_other_right_ways_are_accepted(name, function, seed):
    """The grader asks for numbers, not for a way."""
    verdict = judge(EXERCISES[name], function, seed=seed)

    assert verdict.passed, verdict.first_failure
    assert verdict.score == 1


def test_single_precision_passes_with_a_remark():
    """Right to seven digits is right, and worth a word."""

    def in_float32(x, kernel_size, **options):
        return avg_by_places(x.astype("f"), kernel_size, **options).astype("f")

    verdict = judge(EXERCISES["avg_pool2d"], in_float32, seed="practice")

    assert verdict.passed
    assert any("single precision" in (result.note or "") for result in verdict.results)


# What a student may hand in instead of an answer.


def broken(name, kind):
    """Break the right answer of an exercise in one way."""
    exercise = EXERCISES[name]
    change = {
        "None": lambda out: None,
        "a list": lambda out: out.tolist(),
        "cut": lambda out: out.astype(int),
        "flat": lambda out: out[0],
    }.get(kind, lambda out: out)

    def function(x, *rest, **options):
        outputs = exercise.reference(x, *rest, **options)
        if kind == "in place":
            x += 1
        elif kind == "raises":
            raise IndexError("index 7 is out of bounds")
        if isinstance(outputs, tuple):
            return change(outputs[0]), *outputs[1:]
        return change(outputs)

    function.__signature__ = exercise.signature
    return function


@every_exercise
@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("None", "returned None: is a `return` missing?"),
        ("a list", "returned a list, expected a NumPy array"),
        ("cut", "whole numbers cannot hold fractions"),
        ("flat", "out has the wrong number of axes"),
        ("in place", "changes its input x in place"),
        ("raises", "raises IndexError: index 7 is out of bounds"),
    ],
)
def test_what_is_no_answer_is_met_with_one_sentence(name, kind, sentence):
    """None, a list, whole numbers, an axis too few, a changed input, an exception."""
    verdict = judge(EXERCISES[name], broken(name, kind), seed="practice")

    assert not verdict.passed
    assert verdict.score == 0
    assert sentence in verdict.first_failure.summary
    assert "\n" not in verdict.first_failure.detail


@pytest.mark.parametrize(("value", "said"), [(None, "None"), (MAP, "a ndarray")])
def test_an_answer_of_one_output_is_told_that_two_are_expected(value, said):
    """Who forgets the indices is reminded of them by name."""
    exercise = EXERCISES["max_pool2d_with_indices"]

    verdict = judge(exercise, lambda x, kernel_size, **options: value, seed="practice")

    assert verdict.first_failure.summary == f"returned {said}, expected the tuple (out, indices)"


# The notebook.


@pytest.fixture(scope="module")
def cells():
    """The notebook's cells by their ids."""
    return {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}


@pytest.fixture(scope="module")
def solutions(cells):
    """What the helper and solution cells define."""
    namespace = {"np": np}
    for name in ["pair", *NAMES]:
        exec(cells[name].source, namespace)
    return namespace


@every_exercise
@pytest.mark.parametrize("seed", ["practice", "a class"])
def test_the_solution_in_the_notebook_earns_every_point(name, seed, solutions):
    """What the release is cut from is right."""
    verdict = judge(EXERCISES[name], solutions[name], seed=seed)

    assert verdict.passed, verdict.first_failure


@every_exercise
def test_the_notebook_announces_the_points_it_gives(name, cells):
    """Table, heading and test cell agree on the points; heading and table on the minutes."""
    points = cells[f"check_{name}"].metadata.nbgrader.points
    heading = cells[f"about_{name}"].source.splitlines()[0]
    minutes, difficulty = re.search(r"about (\d+) minutes · difficulty (\d)", heading).groups()
    worth = "1 point" if points == 1 else f"{points} points"

    assert f"· {name} · {worth} ·" in heading
    assert f"| `{name}` | {points} | {minutes} | {difficulty} |" in cells["intro"].source
    assert cells[f"check_{name}"].source.startswith(f'"{worth}: ')
    assert cells[f"check_{name}"].source.endswith(f'"\ncheck("{name}", {name})')


def test_the_table_adds_up(cells):
    """The last row is the sum of the others."""
    points = sum(cells[f"check_{name}"].metadata.nbgrader.points for name in NAMES)
    headings = [cells[f"about_{name}"].source.splitlines()[0] for name in NAMES]
    minutes = sum(int(re.search(r"about (\d+) minutes", line)[1]) for line in headings)

    assert f"| **{points}** | **{minutes}** |" in cells["intro"].source
