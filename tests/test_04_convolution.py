"""Assignment 04: the examples of the notebook, worked by hand."""

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import EXERCISES

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "04_convolution"]


def right_answer(name, *arrays, **options):
    """Ask the reference of an exercise, lists taken as arrays."""
    return EXERCISES[name].reference(*[np.array(a, dtype=float) for a in arrays], **options)


# The examples that the notebook works out by hand.

ROW = [[[[1, 2, 3, 4]]]]
IMAGE, KERNEL = [[1, 2, 0, 1], [3, 1, 2, 0], [0, 4, 1, 2]], [[1, 0], [2, -1]]
PAINT = [[[[1, 2, 0], [0, 1, 3]]]], [[[[1, 2], [3, -1]]]]


def test_the_assignment_asks_what_the_course_lists():
    """Seven exercises, in the order of the notebook."""
    assert NAMES == [
        "pad2d",
        "conv2d_single",
        "conv2d",
        "conv1x1",
        "depthwise_separable_conv2d",
        "conv_transpose2d",
        "conv3d",
    ]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("zeros", [0, 0, 1, 2, 3, 4, 0, 0]),
        ("replicate", [1, 1, 1, 2, 3, 4, 4, 4]),
        ("reflect", [3, 2, 1, 2, 3, 4, 3, 2]),
        ("circular", [3, 4, 1, 2, 3, 4, 1, 2]),
    ],
)
def test_pad2d_continues_a_row_as_the_notebook_shows(mode, expected):
    """Four answers to what lies beyond the edge."""
    out = reference.pad2d(ROW, (0, 2), mode=mode)

    np.testing.assert_array_equal(out, [[[expected]]])


@pytest.mark.parametrize(
    ("mode", "first_row"),
    [("zeros", [0, 0, 0, 0, 0]), ("replicate", [1, 1, 2, 3, 3]), ("circular", [6, 4, 5, 6, 4])],
)
def test_pad2d_pads_the_image_by_hand(mode, first_row):
    """A 2 x 3 image with a frame of one pixel."""
    out = reference.pad2d([[[[1, 2, 3], [4, 5, 6]]]], 1, mode=mode)

    assert out.shape == (1, 1, 4, 5)
    np.testing.assert_array_equal(out[0, 0, 0], first_row)
    np.testing.assert_array_equal(out[0, 0, 1:3, 1:4], [[1, 2, 3], [4, 5, 6]])


def test_pad2d_names_the_modes_there_are():
    """A misspelt mode is answered with the list."""
    with pytest.raises(ValueError, match="no mode 'same'; there are: zeros, reflect"):
        reference.pad2d(ROW, 1, mode="same")


def test_conv2d_single_agrees_with_the_sums_by_hand():
    """Six windows of a 3 x 4 image, then stride 2, then a corner of the padded image."""
    out = right_answer("conv2d_single", IMAGE, KERNEL)

    np.testing.assert_array_equal(out, [[6, 2, 4], [-1, 8, 2]])
    np.testing.assert_array_equal(right_answer("conv2d_single", IMAGE, KERNEL, stride=2), [[6, 4]])
    assert right_answer("conv2d_single", IMAGE, KERNEL, padding=1)[0, 0] == -1


def test_conv2d_agrees_with_the_sums_by_hand():
    """Two channels and two filters that leave one pixel each."""
    x = [[[[1, 2], [3, 4]], [[0, 1], [1, 0]]]]
    w = [[[[1, 0], [0, 1]], [[0, 2], [0, 0]]], [[[0, 1], [0, 0]], [[1, 1], [1, 1]]]]

    out = right_answer("conv2d", x, w, [10, -1])

    np.testing.assert_array_equal(out, [[[[17]], [[3]]]])


def test_conv2d_puts_the_odd_pixel_of_same_at_the_far_end():
    """A kernel of 4 needs 1 new pixel before and 2 after, and PyTorch does not warn."""
    out = right_answer("conv2d", ROW, [[[[1, 1, 1, 1]]]], padding="same")

    np.testing.assert_array_equal(out, [[[[6, 10, 9, 7]]]])


def test_conv1x1_agrees_with_the_sums_by_hand():
    """Channel 0 minus channel 1, and twice channel 0."""
    out = right_answer("conv1x1", [[[[1, 0, 2]], [[3, 1, 1]]]], [[1, -1], [2, 0]])

    np.testing.assert_array_equal(out, [[[[-2, -1, 1]], [[2, 0, 4]]]])


def test_depthwise_separable_conv2d_agrees_with_the_sums_by_hand():
    """Maps 5 and 3, mixed into 7 and 8."""
    x = [[[[1, 2], [3, 4]], [[0, 1], [2, 0]]]]

    out = right_answer(
        "depthwise_separable_conv2d", x, [[[1, 0], [0, 1]], [[0, 1], [1, 0]]], [[2, -1], [1, 1]]
    )

    np.testing.assert_array_equal(out, [[[[7]], [[8]]]])


def test_conv_transpose2d_agrees_with_the_sums_by_hand():
    """Overlapping kernels in one dimension and in two, and what padding leaves of them."""
    row = [[[[1, 2]]]], [[[[1, 1, 1]]]]

    assert right_answer("conv_transpose2d", *row).tolist() == [[[[1, 3, 3, 2]]]]
    assert right_answer("conv_transpose2d", *row, stride=2).tolist() == [[[[1, 1, 3, 2, 2]]]]
    np.testing.assert_array_equal(
        right_answer("conv_transpose2d", *PAINT)[0, 0], [[1, 4, 4, 0], [3, 6, 3, 6], [0, 3, 8, -3]]
    )
    assert right_answer("conv_transpose2d", *PAINT, padding=1).tolist() == [[[[6, 3]]]]


@pytest.mark.parametrize(("size", "extra"), [(7, 0), (8, 1)])
def test_output_padding_says_which_size_to_go_back_to(size, extra):
    """Sizes 7 and 8 both shrink to 4 at stride 2, kernel 3, padding 1."""
    w, options = np.ones((1, 1, 3, 3)), {"stride": 2, "padding": 1}
    small = reference.conv2d(np.ones((1, 1, size, size)), w, **options)

    large = reference.conv_transpose2d(small, w, output_padding=extra, **options)

    assert small.shape == (1, 1, 4, 4)
    assert large.shape == (1, 1, size, size)


def test_conv_transpose2d_is_the_transpose_of_conv2d():
    """<conv(x), y> = <x, transpose(y)>: gathering and scattering are one matrix, two ways."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 8, 7)), rng.normal(size=(4, 3, 3, 2))
    options = {"stride": (2, 3), "padding": (1, 0)}
    out = reference.conv2d(x, w, **options)
    y = rng.normal(size=out.shape)

    back = reference.conv_transpose2d(y, w, output_padding=(1, 2), **options)

    assert back.shape == x.shape
    assert np.vdot(out, y) == pytest.approx(np.vdot(x, back), rel=1e-12)


def test_conv3d_agrees_with_the_differences_by_hand():
    """The later frame minus the earlier one."""
    out = right_answer("conv3d", [[[[[1, 2]], [[1, 5]], [[4, 5]]]]], [[[[[-1]], [[1]]]]])

    np.testing.assert_array_equal(out, [[[[[0, 3]], [[3, 0]]]]])
