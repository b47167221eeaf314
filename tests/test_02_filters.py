"""Assignment 02: the examples of the notebook, worked by hand, and what the reference promises."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnncourse import reference
from cnncourse.catalogue import EXERCISES

NOTEBOOK = Path(__file__).parent.parent / "solutions/02_filters/02_filters.ipynb"
CELLS = {cell["id"]: cell for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"]}

SIGNAL, IMAGE, KERNEL = [1.0, 4.0, 2.0, 3.0], [[1, 2, 0], [3, 1, 4]], [[1, 0], [2, -1]]


def load_solution(name):
    """Run one solution cell alone; returns the function it defines."""
    namespace = {"np": np}
    exec("".join(CELLS[name]["source"]), namespace)
    return namespace[name]


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
