"""Patterns: read, refused with a caret, and built; the course's three Keras summaries."""

import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as F

from cnncourse.models import PatternError, from_pattern, summary
from cnncourse.models.same import SameConv2d

PATTERN = "INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC"
KERAS = {"in_channels": 1, "image_size": 28, "filters": (32, 32, 32)}


def layers(*arguments, **options):
    return [name for name, _ in from_pattern(*arguments, **options).named_children()]


def test_the_pattern_of_the_course_is_built_layer_by_layer():
    """Numbers in place of the letters, or letters with numbers beside them."""
    expected = [
        *("conv1", "relu1", "conv2", "relu2", "pool1", "conv3", "relu3", "conv4", "relu4"),
        *("pool2", "flatten", "fc1", "relu5", "fc2"),
    ]

    assert layers(PATTERN, N=2, M=2, K=1) == expected
    written_out = PATTERN.replace("*N", "*2").replace("*M", "*2").replace("*K", "*1")
    assert layers(written_out) == expected


def test_optional_layers_are_left_out_together_or_one_by_one():
    """POOL? is there by default."""
    assert "pool1" not in layers(PATTERN, N=1, M=2, K=0, optional=False)
    assert layers(PATTERN, N=1, M=3, K=0, optional=[False, True, False]) == [
        *("conv1", "relu1", "conv2", "relu2", "pool1", "conv3", "relu3", "flatten", "fc1"),
    ]


def test_nothing_is_repeated_zero_times():
    """K = 0 leaves the classifier alone; lower case and a drawn arrow are understood."""
    assert layers("input → [CONV]*0 -> [FC -> RELU]*0 → fc") == ["flatten", "fc1"]


def test_filters_double_behind_every_pooling():
    """As in VGG; a list names each instead."""
    model = from_pattern(PATTERN, N=2, M=3, K=1, filters=5, units=11, num_classes=7)
    named = from_pattern(PATTERN, N=1, M=3, K=2, filters=[4, 9, 6], units=[13, 12])

    widths = [part.out_channels for part in model if isinstance(part, nn.Conv2d)]
    assert widths == [5, 5, 10, 10, 20, 20]
    assert [part.out_channels for part in named if isinstance(part, nn.Conv2d)] == [4, 9, 6]
    assert [part.out_features for part in named if isinstance(part, nn.Linear)] == [13, 12, 10]
    assert model(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


@settings(deadline=None, max_examples=25)
@given(
    N=st.integers(0, 2),
    M=st.integers(0, 2),
    K=st.integers(0, 2),
    size=st.integers(9, 13),
    kernel=st.integers(1, 4),
    stride=st.integers(1, 2),
    padding=st.sampled_from(["same", "valid", 1]),
)
def test_whatever_is_built_runs_on_the_images_it_was_built_for(
    N, M, K, size, kernel, stride, padding
):
    """The size in front of the first fully connected layer is the one that comes."""
    options = {"kernel_size": kernel, "stride": stride, "padding": padding, "filters": 2}
    model, reason = None, ""
    try:
        model = from_pattern(
            PATTERN, N=N, M=M, K=K, image_size=size, in_channels=2, units=3, **options
        )
    except PatternError as error:
        reason = str(error)

    if model is None:
        assert "pixels here" in reason  # the maps ran out; any other reason is a mistake
        return
    assert model(torch.zeros(2, 2, size, size)).shape == (2, 10)


@pytest.mark.parametrize(
    ("pattern", "column", "reason"),
    [
        ("INPUT -> [[CONV RELU]*2 -> POOL]*3 -> FC", 16, "-> or ] is missing before RELU"),
        ("INPUT -> CONV RELU -> FC", 14, "-> is missing before RELU"),
        ("INPUT -> [CONV -> RELU*2 -> FC", 9, "this [ is never closed"),
        ("INPUT -> CONV] -> FC", 13, "this ] closes no ["),
        ("INPUT -> CONVV -> FC", 9, "no layer is called CONVV: did you mean CONV?"),
        ("INPUT -> GRU -> FC", 9, "there are INPUT, CONV, RELU, POOL, FC"),
        ("INPUT -> CONV & FC", 14, "'&' means nothing here"),
        ("INPUT -> -> FC", 9, "-> stands where a layer or a [ should"),
        ("INPUT -> CONV ->", 16, "the pattern ends where a layer or a [ should"),
        ("", 0, "the pattern ends where a layer or a [ should"),
        ("INPUT -> CONV* -> FC", 15, "a number is missing behind *"),
        ("INPUT -> CONV*2*3 -> FC", 15, "a second *"),
        ("INPUT -> CONV*N -> FC", 14, "N has no value"),
        ("INPUT -> CONV*2000 -> FC", 9, "more than 1000 layers"),
        ("INPUT -> [[CONV]*999]*999 -> FC", 11, "more than 1000 layers"),
        ("CONV -> FC", 0, "a pattern starts with INPUT"),
        ("INPUT -> CONV -> INPUT -> FC", 17, "INPUT stands once"),
        ("INPUT -> CONV -> POOL", 17, "ends with the FC that gives the logits"),
        ("INPUT -> FC -> RELU", 15, "a ReLU would cut them off at 0"),
        ("INPUT -> FC -> CONV -> FC", 15, "no CONV can follow an FC"),
        ("INPUT -> [CONV -> POOL]*6 -> FC", 18, "the maps are down to 1 x 1 pixels here"),
    ],
)
def test_a_wrong_pattern_is_shown_with_a_caret_where_it_goes_wrong(pattern, column, reason):
    """The reason, the pattern, and the caret below the very place."""
    with pytest.raises(PatternError) as caught:
        from_pattern(pattern)

    said, shown, caret = str(caught.value).split("\n")
    assert reason in said
    assert shown == pattern
    assert caret == " " * column + "^"
    assert caught.value.position == column


def test_a_pattern_over_several_lines_shows_the_line_that_is_wrong():
    """The caret stands below its own line."""
    with pytest.raises(PatternError) as caught:
        from_pattern("INPUT ->\n  CONV -> RELUU ->\n  FC")

    assert str(caught.value).split("\n")[1:] == ["  CONV -> RELUU ->", "          ^"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"filters": [4]}, "`filters` has no number for this CONV, the 2th"),
        ({"filters": [4] * 3}, "`filters` has 3 numbers for 2 layers CONV"),
        ({"units": [4, 5]}, "`units` has 2 numbers for 1 layers FC"),
        ({"optional": [True]}, "`optional` has no answer for this"),
        ({"optional": [True] * 3}, "`optional` has more answers"),
        ({"N": -1}, "N is -1, below 0"),
        ({"filters": 0}, "filters is 0, it must be a whole number, at least 1"),
        ({"image_size": 0}, "image_size is 0"),
        ({"padding": "full"}, "padding is 'full'"),
    ],
)
def test_numbers_that_do_not_fit_the_pattern_are_refused(options, reason):
    """Too few, too many, or no numbers of layers at all."""
    with pytest.raises(ValueError, match=reason.replace("`", ".")):
        from_pattern(PATTERN, **({"N": 1, "M": 2, "K": 1} | options))


# The three Keras summaries of the course, row by row.


@pytest.mark.parametrize(
    ("pattern", "options", "rows", "total"),
    [
        (
            "INPUT -> [CONV -> RELU]*3 -> FC -> RELU -> FC",
            {"padding": "valid"},
            [
                ("conv1", (26, 26, 32), 320),
                ("conv2", (24, 24, 32), 9_248),
                ("conv3", (22, 22, 32), 9_248),
                ("flatten", (15_488,), 0),
                ("fc1", (128,), 1_982_592),
                ("fc2", (10,), 1_290),
            ],
            2_002_698,
        ),
        (
            "INPUT -> [CONV -> RELU]*3 -> FC -> RELU -> FC",
            {"padding": "same", "stride": 2},
            [
                ("conv1", (14, 14, 32), 320),
                ("conv2", (7, 7, 32), 9_248),
                ("conv3", (4, 4, 32), 9_248),
                ("flatten", (512,), 0),
                ("fc1", (128,), 65_664),
                ("fc2", (10,), 1_290),
            ],
            85_770,
        ),
        (
            "INPUT -> [CONV -> RELU -> POOL]*2 -> FC -> RELU -> FC",
            {"padding": "valid", "filters": (32, 32)},
            [
                ("conv1", (26, 26, 32), 320),
                ("pool1", (13, 13, 32), 0),
                ("conv2", (11, 11, 32), 9_248),
                ("pool2", (5, 5, 32), 0),
                ("flatten", (800,), 0),
                ("fc1", (128,), 102_528),
                ("fc2", (10,), 1_290),
            ],
            113_386,
        ),
    ],
)
def test_keras_summaries_are_reproduced_row_by_row(pattern, options, rows, total):
    """Shapes written (H, W, C), as Keras does, ReLU within its layer."""
    model = from_pattern(pattern, **(KERAS | options))

    table = summary(model, activations=False, channels_last=True)

    assert [(row.name, row.shape, row.parameters) for row in table.rows] == rows
    assert table.parameters == total


def test_a_printed_table_shows_layer_output_and_parameters():
    """The lines of the smallest network there is."""
    model = from_pattern("INPUT -> RELU -> FC", in_channels=1, image_size=2)

    assert str(summary(model)).split("\n") == [
        "layer              output shape  parameters",
        "-------------------------------------------",
        "relu1 (ReLU)       (N, 1, 2, 2)           0",
        "flatten (Flatten)  (N, 4)                 0",
        "fc1 (Linear)       (N, 10)               50",
        "-------------------------------------------",
        "total                                    50",
    ]


def test_same_padding_puts_the_odd_pixel_behind():
    """By hand: ones over 1 2 3 4, two apart, see 1+2+3 and 3+4+0; PyTorch's padding 0+1+2."""
    layer = SameConv2d(1, 1, 3, stride=2)
    with torch.no_grad():
        layer.weight.zero_()[:, :, 1] = 1
        layer.bias.zero_()
    x = torch.tensor([[0.0] * 4, [1.0, 2.0, 3.0, 4.0], [0.0] * 4, [0.0] * 4])[None, None]

    assert layer(x)[0, 0].tolist() == [[6, 7], [0, 0]]
    assert F.conv2d(x, layer.weight, stride=2, padding=1)[0, 0].tolist() == [[0, 0], [0, 0]]


@settings(deadline=None, max_examples=40)
@given(
    H=st.integers(1, 9), W=st.integers(1, 9), kernel=st.integers(1, 5), stride=st.integers(1, 3)
)
def test_same_padding_counts_the_steps_begun(H, W, kernel, stride):
    """ceil(size / stride) along each axis, for any kernel."""
    out = SameConv2d(1, 2, kernel, stride=stride)(torch.zeros(1, 1, H, W))

    assert out.shape == (1, 2, -(-H // stride), -(-W // stride))


def test_same_padding_agrees_with_pytorchs_where_that_exists():
    """Without a stride PyTorch has it as well, for even kernels too."""
    x = torch.randn(2, 3, 7, 6, generator=torch.Generator().manual_seed(0))
    layer = SameConv2d(3, 4, 4)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it copies the input
        expected = F.conv2d(x, layer.weight, layer.bias, padding="same")

    torch.testing.assert_close(layer(x), expected)
