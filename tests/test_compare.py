"""One sentence about how two arrays differ."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cnncourse.compare import TOLERANCE, close, difference, lost_precision

EXPECTED = np.arange(1.0, 7.0).reshape(2, 3)


def test_equal_arrays_do_not_differ():
    """None stands for agreement."""
    assert difference(EXPECTED.copy(), EXPECTED) is None


def test_the_first_difference_is_named_with_its_index_and_both_values():
    """The reader can look the place up."""
    got = EXPECTED.copy()
    got[0, 2] = got[1, 1] = 0.0

    assert difference(got, EXPECTED).detail == (
        "out[0, 2] is 0, expected 3 (2 of 6 values differ)"
    )


def test_a_wrong_shape_names_the_axis():
    """OW, not 'axis 1' alone."""
    found = difference(np.zeros((2, 2)), EXPECTED, axes="OH OW")

    assert found.detail == "out has shape (2, 2), expected (2, 3): axis 1 (OW) is 2, expected 3"
    assert "expected 3" not in found.summary


def test_a_missing_axis_is_told_by_the_number_of_axes():
    """A forgotten batch axis is the usual reason."""
    assert "out has 1 axes (3,), expected 2: (2, 3)" in difference(EXPECTED[0], EXPECTED).detail


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (EXPECTED.astype(int), "whole numbers cannot hold fractions"),
        (EXPECTED.astype(complex), "take the real part"),
        (EXPECTED > 2, "dtype bool, expected float"),
    ],
)
def test_a_wrong_dtype_is_explained(got, said):
    """A dtype tells what went wrong inside."""
    assert said in difference(got, EXPECTED).detail


def test_indices_have_to_be_whole_numbers():
    """A fraction cannot be an index, and rounding is no excuse for it."""
    indices = np.array([0, 2])

    found = difference(indices.astype(float), indices, name="indices", kind=int)

    assert found.detail == "indices has dtype float64, expected int: make the array of int64"
    assert not lost_precision(indices.astype(float), indices)
    assert difference(indices.astype(np.int32), indices, kind=int) is None


def test_nan_is_called_by_its_name():
    """NaN in an answer is a mistake of its own kind."""
    got = EXPECTED.copy()
    got[1, 0] = np.nan

    found = difference(got, EXPECTED)

    assert found.summary == "some values are NaN"
    assert "out[1, 0] is nan, expected 4" in found.detail


def test_summaries_carry_no_numbers_of_the_case():
    """What a graded report shows gives no case away."""
    assert difference(EXPECTED + 1, EXPECTED).summary == "values of out are wrong"


def test_an_empty_array_agrees_with_itself():
    """An empty batch is a batch."""
    assert difference(np.zeros((0, 3)), np.zeros((0, 3))) is None


def test_single_precision_is_recognised_and_a_wrong_value_is_not():
    """float32 inside is a remark; anything larger is a mistake."""
    exact = np.linspace(0.1, 3.0, 7)

    assert lost_precision(exact.astype(np.float32).astype(float), exact)
    assert not lost_precision(exact * (1 + 1e-5), exact)


@given(
    arrays(float, array_shapes(max_dims=3, max_side=4), elements=st.floats(-100, 100)),
    st.data(),
)
def test_any_deviation_above_the_tolerance_is_found(expected, data):
    """The bound is relative to the largest value, and nothing above it slips through."""
    index = data.draw(st.integers(0, expected.size - 1))
    got = expected.copy()
    got.flat[index] += 2.1 * TOLERANCE * max(1.0, np.abs(expected).max())

    assert close(got, expected).sum() == expected.size - 1


def test_a_fraction_where_a_number_is_counted_is_told_how_to_divide():
    """The most likely first mistake with sizes: / for //."""
    found = difference(np.array(2.5), np.array(2), kind=int)

    assert (
        found.summary == "out is a fraction, expected a whole number: // divides and rounds down"
    )


def test_an_array_where_one_number_is_expected_is_told_so():
    """No talk of axes where there are none."""
    found = difference(np.array([1, 2]), np.array(3), kind=int)

    assert found.detail == "out is an array of shape (2,), expected one number"


def test_numbers_that_print_alike_get_more_digits():
    """Else the report would say that 142.573 is not 142.573."""
    found = difference(np.array([142.573]), np.array([142.57301]), axes="N")

    assert "out[0] is 142.573, expected 142.57301" in found.detail


def test_any_number_of_axes_may_be_declared():
    """An axis without a name is told by its number."""
    found = difference(np.zeros((2, 3)), np.zeros((2, 4)), axes="...")

    assert found.summary == "out has the wrong size along axis 1"


def test_rounding_dust_is_shown_as_the_zero_that_is_meant():
    """A student who reads 4e-16 looks for it in vain."""
    found = difference(np.array([1e-17, 1.0]), np.array([4e-16, 2.0]), axes="N")
    other = difference(np.array([1.0]), np.array([4e-16]), axes="N")

    assert "out[1] is 1, expected 2" in found.detail
    assert "out[0] is 1, expected 0" in other.detail
