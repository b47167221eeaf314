"""Assignment 02: worked examples, right solutions of many kinds, and every known mistake."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge
from cnncourse.report import to_text

NAMES = [
    "cross_correlate1d",
    "convolve1d",
    "conv1d",
    "corr2d",
    "conv2d_true",
    "make_kernel",
    "is_separable",
    "separable_conv2d",
    "edge_magnitude",
]
SEEDS = [f"class/{number}" for number in range(50)]
NOTEBOOK = Path(__file__).parent.parent / "solutions/02_filters/02_filters.ipynb"
CELLS = {cell["id"]: cell for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]}

SIGNAL, IMAGE, KERNEL = [1.0, 4.0, 2.0, 3.0], [[1, 2, 0], [3, 1, 4]], [[1, 0], [2, -1]]


def load_solution(name):
    """Run one solution cell alone; returns the function it defines."""
    namespace = {"np": np}
    exec("".join(CELLS[name]["source"]), namespace)
    return namespace[name]


def answered_by(exercise, answer):
    """Give a function of named arguments the signature that the exercise asks for."""

    @functools.wraps(exercise.reference)
    def function(*args, **options):
        return answer(**exercise.signature.bind(*args, **options).arguments)

    return function


# Worked by hand ------------------------------------------------------------------------------

STEREO = {
    "x": [[[1, 4, 2, 3, 5], [0, 1, 0, 2, 1]]],
    "w": [[[1, -2], [3, 1]]],
    "b": [10],
    "stride": 2,
}
BELL = [[0.0751, 0.1238, 0.0751], [0.1238, 0.2042, 0.1238], [0.0751, 0.1238, 0.0751]]
SHARPEN = [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]
BY_HAND = [
    ("cross_correlate1d", {"x": SIGNAL, "k": [1, -2]}, [-7, 0, -4]),
    ("convolve1d", {"x": SIGNAL, "k": [1, 2, 3], "mode": "full"}, [1, 6, 13, 19, 12, 9]),
    ("convolve1d", {"x": SIGNAL, "k": [1, 2, 3], "mode": "same"}, [6, 13, 19, 12]),
    ("convolve1d", {"x": SIGNAL, "k": [1, 2, 3]}, [13, 19]),
    ("conv1d", STEREO, [[[4, 8]]]),
    ("corr2d", {"x": IMAGE, "k": KERNEL}, [[6, 0]]),
    ("conv2d_true", {"x": IMAGE, "k": KERNEL}, [[4, 2]]),
    ("make_kernel", {"name": "gaussian"}, BELL),
    ("make_kernel", {"name": "sobel_y"}, [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
    ("make_kernel", {"name": "sharpen"}, SHARPEN),
    ("is_separable", {"k": [[1, 2], [3, 6]]}, True),
    ("is_separable", {"k": [[1, 2], [3, 5]]}, False),
    ("is_separable", {"k": [[0, 1, 0], [1, 1, 1], [0, 1, 0]]}, False),
    ("separable_conv2d", {"x": IMAGE, "column": [1, 2], "row": [-1, 1]}, [[-3, 4]]),
    ("edge_magnitude", {"x": [[0, 0, 0], [0, 0, 3], [0, 4, 0]]}, [[10]]),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), BY_HAND)
def test_the_examples_of_the_notebook_come_out_as_worked_by_hand(name, arguments, expected):
    """Reference and solution agree with pencil and paper, to the four digits printed."""
    arrays = {n: np.array(v) if isinstance(v, list) else v for n, v in arguments.items()}

    for function in (EXERCISES[name].reference, load_solution(name)):
        np.testing.assert_allclose(function(**arrays), expected, atol=5e-5)


# The reference -------------------------------------------------------------------------------

whole = st.integers(-9, 9).map(float)


@given(x=st.lists(whole, min_size=5, max_size=9), k=st.lists(whole, min_size=1, max_size=5))
def test_the_reference_for_signals_agrees_with_numpy(x, k):
    """The modes are NumPy's own, for kernels of odd and of even length."""
    for mode in ("valid", "same", "full"):
        np.testing.assert_array_equal(
            reference.convolve1d(x, k, mode=mode), np.convolve(x, k, mode)
        )
    np.testing.assert_array_equal(reference.cross_correlate1d(x, k), np.correlate(x, k))


def test_the_reference_refuses_a_mode_or_kernel_it_does_not_know():
    """The message repeats the name, for the usual slip is in its spelling."""
    with pytest.raises(ValueError, match="mode is 'Same', expected"):
        reference.convolve1d(SIGNAL, [1.0], mode="Same")
    with pytest.raises(ValueError, match="no kernel is called 'gauss': there are box"):
        reference.make_kernel("gauss")


@pytest.mark.parametrize("name", ["box", "gaussian"])
def test_the_blurs_keep_the_brightness_and_are_separable(name):
    """Weights sum to 1 at any size, and split into a column and a row."""
    kernel = reference.make_kernel(name, size=9, sigma=1.7)

    assert kernel.shape == (9, 9)
    assert kernel.sum() == pytest.approx(1)
    assert reference.is_separable(kernel)


# Right solutions -----------------------------------------------------------------------------


def slide_with_windows(x, k):
    return sliding_window_view(x, len(k)) @ k


def slide_with_fft(x, k):
    spectrum = np.fft.rfft(x) * np.conj(np.fft.rfft(k, len(x)))
    return np.fft.irfft(spectrum, len(x))[: len(x) - len(k) + 1]


def convolve_in_a_padded_signal(x, k, *, mode="valid"):
    K = len(k)
    before, after = {"valid": (0, 0), "same": (K // 2, (K - 1) // 2), "full": (K - 1, K - 1)}[mode]
    return slide_with_windows(np.pad(x, (before, after)), k[::-1])


def layer_with_loops(x, w, b=None, *, stride=1, padding=0, dilation=1):
    (N, C, L), (F, _, K) = x.shape, w.shape
    OL = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    out = np.zeros((N, F, OL))
    for n, f, i in np.ndindex(N, F, OL):
        out[n, f, i] = 0 if b is None else b[f]
        for c, j in np.ndindex(C, K):
            sample = i * stride + j * dilation - padding
            if 0 <= sample < L:
                out[n, f, i] += x[n, c, sample] * w[f, c, j]
    return out


def layer_with_windows(x, w, b=None, *, stride=1, padding=0, dilation=1):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    windows = sliding_window_view(x, dilation * (w.shape[2] - 1) + 1, axis=2)
    out = np.einsum("ncik,fck->nfi", windows[:, :, ::stride, ::dilation], w)
    return out if b is None else out + b[:, None]


def layer_with_columns(x, w, b=None, *, stride=1, padding=0, dilation=1):
    (N, C, L), (F, _, K) = x.shape, w.shape
    OL = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    where = stride * np.arange(OL) + dilation * np.arange(K)[:, None]  # (K, OL)
    columns = x[:, :, where].reshape(N, C * K, OL)
    return w.reshape(F, C * K) @ columns + (0 if b is None else b[:, None])


def layer_with_fft(x, w, b=None, *, stride=1, padding=0, dilation=1):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    L, reach = x.shape[2], dilation * (w.shape[2] - 1) + 1
    wide = np.zeros((*w.shape[:2], reach))
    wide[..., ::dilation] = w
    spectrum = np.einsum("ncl,fcl->nfl", np.fft.rfft(x), np.conj(np.fft.rfft(wide, L)))
    out = np.fft.irfft(spectrum, L)[..., : L - reach + 1 : stride]
    return out if b is None else out + b[:, None]


def image_by_weights(x, k):
    OH, OW = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    return sum(k[u, v] * x[u : u + OH, v : v + OW] for u, v in np.ndindex(k.shape))


def image_with_windows(x, k):
    return np.tensordot(sliding_window_view(x, k.shape), k)


def image_with_fft(x, k):
    spectrum = np.fft.rfft2(x) * np.conj(np.fft.rfft2(k, x.shape))
    OH, OW = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    return np.fft.irfft2(spectrum, x.shape)[:OH, :OW]


def kernels_from_distances(name, *, size=3, sigma=1.0):
    row, column = np.mgrid[:size, :size] - size // 2
    bell = np.exp(-(row**2 + column**2) / 2 / sigma**2)
    cross = np.float64([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    smooth = np.float64([1, 2, 1])
    return {
        "box": np.full((size, size), 1 / (size * size)),
        "gaussian": bell / np.sum(bell),
        "sobel_x": np.column_stack([-smooth, 0 * smooth, smooth]),
        "sobel_y": np.stack([-smooth, 0 * smooth, smooth]),
        "laplacian": cross - 4 * np.diag([0, 1, 0]),
        "sharpen": 5 * np.diag([0, 1, 0]) - cross,
    }[name]


def separable_by_singular_values(k):
    values = np.linalg.svd(k, compute_uv=False)
    return values[1:].sum() <= 1e-9 * values[0]


def separable_by_minors(k):
    minors = k[:, None, :, None] * k[None, :, None, :]  # a d of every a b / c d
    return bool(np.abs(minors - minors.swapaxes(2, 3)).max() <= 1e-9 * np.abs(k).max() ** 2)


def passes_with_an_outer_product(x, column, row):
    return image_with_windows(x, np.outer(column, row))


def passes_as_matrices(x, column, row):
    def band(weights, length):
        steps = length - len(weights) + 1
        return sum(w * np.eye(steps, length, j) for j, w in enumerate(weights))

    return band(column, x.shape[0]) @ x @ band(row, x.shape[1]).T


def edges_as_complex_numbers(x):
    sobel = np.outer([1, 2, 1], [-1, 0, 1])
    return np.abs(image_with_windows(x, sobel + 1j * sobel.T))


def edges_with_fft(x):
    sobel = np.outer([1.0, 2.0, 1.0], [1.0, 0.0, -1.0])  # the sign does not matter
    return np.hypot(image_with_fft(x, sobel), image_with_fft(x, sobel.T))


RIGHT = [
    ("cross_correlate1d", slide_with_windows),
    ("cross_correlate1d", slide_with_fft),
    ("cross_correlate1d", lambda x, k: np.correlate(x, k)),
    ("convolve1d", convolve_in_a_padded_signal),
    ("convolve1d", lambda x, k, *, mode="valid": np.convolve(x, k, mode)),
    ("conv1d", layer_with_loops),
    ("conv1d", layer_with_windows),
    ("conv1d", layer_with_columns),
    ("conv1d", layer_with_fft),
    ("corr2d", image_by_weights),
    ("corr2d", image_with_windows),
    ("corr2d", image_with_fft),
    ("conv2d_true", lambda x, k: image_by_weights(x, np.rot90(k, 2))),
    ("conv2d_true", lambda x, k: image_with_fft(x, np.flip(k))),
    ("conv2d_true", lambda x, k: image_with_windows(x[::-1, ::-1], k)[::-1, ::-1]),
    ("make_kernel", kernels_from_distances),
    ("make_kernel", reference.make_kernel),
    ("is_separable", separable_by_singular_values),
    ("is_separable", separable_by_minors),
    ("is_separable", lambda k: np.linalg.matrix_rank(k, rtol=1e-9) <= 1),
    ("separable_conv2d", passes_with_an_outer_product),
    ("separable_conv2d", passes_as_matrices),
    ("edge_magnitude", edges_as_complex_numbers),
    ("edge_magnitude", edges_with_fft),
]


@pytest.mark.parametrize(("name", "function"), RIGHT)
def test_every_right_way_of_computing_passes(name, function):
    """The grader asks for the answer, not for the way."""
    for seed in SEEDS[:10]:
        verdict = judge(EXERCISES[name], function, seed=seed)

        assert verdict.passed, verdict.first_failure


@pytest.mark.parametrize("name", NAMES)
def test_the_notebook_s_solution_passes(name):
    """What the release is made from earns every point, for all seeds."""
    for seed in SEEDS:
        verdict = judge(EXERCISES[name], load_solution(name), seed=seed)

        assert verdict.passed, verdict.first_failure


@pytest.mark.parametrize("name", [name for name in NAMES if name != "is_separable"])
def test_single_precision_passes_with_a_note(name):
    """float32 inside loses digits, not points."""

    def compute(**arguments):
        single = {n: _to_single(value) for n, value in arguments.items()}
        return _to_single(load_solution(name)(**single))

    exercise = EXERCISES[name]
    verdict = judge(exercise, answered_by(exercise, compute), seed=SEEDS[0])

    assert verdict.passed, verdict.first_failure
    assert any(result.note and "single precision" in result.note for result in verdict.results)


def _to_single(value):
    return value.astype(np.float32) if isinstance(value, np.ndarray) else value


# Wrong solutions -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_known_mistake_is_caught_and_named_whatever_the_seed(name):
    """A hint is worth only as much as the wrong answer that sets it off."""
    exercise = EXERCISES[name]
    mistakes = list(exercise.mistakes.values())
    for number, seed in enumerate(SEEDS):
        for mistake in mistakes[number % 3 :: 3]:  # in turn, to keep this within seconds
            verdict = judge(exercise, mistake.function, seed=seed)

            assert not verdict.passed, f"{mistake.name} passes with seed {seed}"
            assert verdict.first_failure.mistake == mistake.name, seed
            assert verdict.first_failure.hint == mistake.hint


def returns_nothing(right, arguments):
    right(**arguments)


def returns_a_list(right, arguments):
    return [right(**arguments)]


def adds_an_axis(right, arguments):
    return np.array(right(**arguments))[None]


def returns_complex_numbers(right, arguments):
    return np.array(right(**arguments)) * 1j


def divides_by_zero(right, arguments):
    return 1 // 0


def is_not_written_yet(right, arguments):
    raise NotImplementedError("not written yet")


BAD = {
    returns_nothing: "returned None: is a `return` missing?",
    returns_a_list: "returned a list, expected ",
    adds_an_axis: " axes",
    returns_complex_numbers: "has dtype complex128, expected",
    divides_by_zero: "raises ZeroDivisionError: ",
    is_not_written_yet: "not written yet",
}


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("name", NAMES)
def test_a_bad_answer_gets_one_clear_sentence(name, bad):
    """Nobody reads a traceback of the grader's."""

    exercise = EXERCISES[name]
    function = answered_by(exercise, lambda **arguments: bad(exercise.reference, arguments))
    verdict = judge(exercise, function, seed=SEEDS[0])
    sentence = to_text(verdict).splitlines()[0]

    assert BAD[bad] in verdict.first_failure.summary
    assert BAD[bad] in sentence
    assert sentence.startswith(name)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "make_kernel"])
def test_changing_an_input_is_noticed(name):
    """The right answer does not make up for a spoilt input."""

    def spoil(**arguments):
        out = exercise.reference(**arguments)
        next(iter(arguments.values()))[...] = 7.0
        return out

    exercise = EXERCISES[name]
    failure = judge(exercise, answered_by(exercise, spoil), seed=SEEDS[0]).first_failure

    assert "in place; copy it first" in failure.summary


# The notebook --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_an_exercise_is_prose_one_solution_cell_and_one_test_cell(name):
    """One name joins exercise, function, grade_id and cell id; points agree wherever printed."""
    solution, test = CELLS[name], CELLS[f"check_{name}"]
    points = test["metadata"]["nbgrader"]["points"]
    prose = "".join(CELLS[f"text_{name}"]["source"])

    assert solution["metadata"]["nbgrader"]["grade_id"] == name
    assert test["metadata"]["nbgrader"]["grade_id"] == f"check_{name}"
    assert test["source"][0].startswith(f'"{points} points: ')
    assert test["source"][1:] == [f'check("{name}", {name})']
    assert f"### `{name}` · {points} points · about " in prose
    assert "**By hand.**" in prose
    assert "**Graded:**" in prose


def test_the_points_of_the_notebook_add_up():
    """The table at the top promises 25."""
    points = [
        cell["metadata"]["nbgrader"]["points"]
        for i, cell in CELLS.items()
        if i.startswith("check_")
    ]

    assert sum(points) == 25
    assert "| **Total** | **25** |" in "".join(CELLS["intro"]["source"])
