"""Sizes and costs against hand-made cases, a slow count and PyTorch."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnncourse.shapes import (
    ShapeError,
    conv_output_size,
    count_conv_macs,
    count_conv_params,
    receptive_field,
)

small = st.integers(1, 6)


def test_conv_output_size_floors_where_the_stride_does_not_divide():
    """A 6-pixel row has room for two 3-pixel windows two apart, and one pixel to spare."""
    assert conv_output_size(6, 3, stride=2) == 2


@given(
    size=st.integers(1, 20), kernel=small, stride=small, padding=st.integers(0, 4), dilation=small
)
def test_conv_output_size_counts_the_windows_one_by_one(size, kernel, stride, padding, dilation):
    """Every window that starts on the padded row and ends on it is counted, and no other."""
    end = size + 2 * padding - dilation * (kernel - 1)
    assume(end > 0)

    windows = range(0, end, stride)

    assert len(windows) == conv_output_size(
        size, kernel, stride=stride, padding=padding, dilation=dilation
    )


def test_conv_output_size_says_by_how_much_a_kernel_does_not_fit():
    """The error carries the reach of the dilated kernel and the padded size."""
    with pytest.raises(ShapeError, match=r"over 7 pixels does not fit in 6 \(4 \+ 2 x 1"):
        conv_output_size(4, 3, padding=1, dilation=3)


@pytest.mark.parametrize("option", [{"stride": 0}, {"dilation": 0}, {"padding": -1}])
def test_conv_output_size_refuses_options_out_of_range(option):
    """Counting from 0 is the usual slip; it gets a sentence, not a number."""
    with pytest.raises(ShapeError, match="must be at least 1"):
        conv_output_size(5, 3, **option)


@pytest.mark.parametrize(
    ("layers", "field"),
    [
        ([], 1),
        ([(3, 1), (3, 1)], 5),
        ([(5, 1), (2, 2), (5, 1), (2, 2)], 16),  # LeNet-5
        ([(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)], 195),  # AlexNet
    ],
)
def test_receptive_field_matches_known_networks(layers, field):
    """Two 3 x 3 layers see 5 x 5; the networks' fields are those of the literature."""
    assert receptive_field(layers) == field


@settings(deadline=None)  # the first layer made takes PyTorch a while
@given(in_channels=small, out_channels=small, groups=small, kernel=small, bias=st.booleans())
def test_count_conv_params_counts_what_pytorch_holds(
    in_channels, out_channels, groups, kernel, bias
):
    """PyTorch's own layer has as many numbers as are counted."""
    C, F = in_channels * groups, out_channels * groups

    layer = torch.nn.Conv2d(C, F, kernel, groups=groups, bias=bias)

    assert count_conv_params(C, F, kernel, groups=groups, bias=bias) == sum(
        p.numel() for p in layer.parameters()
    )


def test_count_conv_params_refuses_groups_that_do_not_divide():
    """Six channels do not make four groups."""
    with pytest.raises(ShapeError, match="4 groups do not divide 6 and 8"):
        count_conv_params(6, 8, 3, groups=4)


@pytest.mark.parametrize("counts", [(0, 4, 3, 1), (2, 0, 3, 1), (2, 4, 0, 1), (2, 4, 3, 0)])
def test_count_conv_params_refuses_counts_below_one(counts):
    """No channels, no kernel or no groups are a slip, not a layer."""
    *sizes, groups = counts

    with pytest.raises(ShapeError, match="must be at least 1"):
        count_conv_params(*sizes, groups=groups)


def test_count_conv_macs_multiplies_each_weight_once_a_place():
    """Two groups halve the products: 2 * 3 outputs x 5 places down x 7 across x 2 * 9 weights."""
    assert count_conv_macs(4, 6, 3, (5, 7), groups=2) == 6 * 5 * 7 * 2 * 9
