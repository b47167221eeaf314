"""Assignment 03: the examples by hand, the course's exact figures, mistakes in students' words."""

import itertools
import math

import numpy as np
import pytest

from cnncourse import reference, shapes
from cnncourse.catalogue import EXERCISES
from cnncourse.catalogue.sizes.networks import FLATTEN, RELU, conv, lenet, linear, norm, pool
from cnncourse.checker import judge

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "03_sizes"]


def test_the_assignment_asks_what_the_course_lists():
    """Nine exercises, in the order of the notebook."""
    assert NAMES == [
        "conv_output_size",
        "same_padding",
        "conv_transpose_output_size",
        "pool_output_size",
        "trace_shapes",
        "count_params",
        "count_macs",
        "activation_memory",
        "receptive_field",
    ]


# The examples that the notebook works out by hand.


@pytest.mark.parametrize(
    ("name", "arguments", "options", "expected"),
    [
        ("conv_output_size", (7, 3), {"stride": 2}, 3),
        ("conv_output_size", (8, 3), {"stride": 2}, 3),
        ("conv_output_size", (10, 3), {"dilation": 2}, 6),
        ("same_padding", (3,), {}, (1, 1)),
        ("same_padding", (4,), {}, (1, 2)),
        ("same_padding", (3,), {"dilation": 2}, (2, 2)),
        ("conv_transpose_output_size", (3, 3), {"stride": 2}, 7),
        ("conv_transpose_output_size", (4, 3), {"stride": 2, "padding": 1}, 7),
        (
            "conv_transpose_output_size",
            (4, 3),
            {"stride": 2, "padding": 1, "output_padding": 1},
            8,
        ),
        ("pool_output_size", (6, 3), {"stride": 2}, 2),
        ("pool_output_size", (6, 3), {"stride": 2, "ceil_mode": True}, 3),
        ("pool_output_size", (5, 2), {"stride": 3, "padding": 1}, 2),
        ("pool_output_size", (5, 2), {"stride": 3, "padding": 1, "ceil_mode": True}, 2),
    ],
)
def test_sizes_agree_with_those_by_hand(name, arguments, options, expected):
    """Four ways to count along one axis."""
    assert EXERCISES[name].reference(*arguments, **options) == expected


def test_trace_shapes_follows_the_beginning_of_lenet_by_hand():
    """Two convolutions, a pooling, and all in one row."""
    layers = [conv(1, 6, 5, padding=2), RELU, pool(2), conv(6, 16, 5), FLATTEN]

    rows = reference.trace_shapes(layers, (1, 28, 28))

    assert rows.tolist() == [[6, 28, 28], [6, 28, 28], [6, 14, 14], [16, 10, 10], [1600, 1, 1]]


def test_count_params_agrees_with_the_counts_by_hand():
    """Groups halve what a filter sees; batch norm has two numbers a channel."""
    layers = [conv(3, 8, 5), conv(4, 8, 3, groups=2), norm(8), RELU, linear(200, 10)]

    assert reference.count_params(layers).tolist() == [608, 152, 16, 0, 2010]


def test_count_macs_agrees_with_the_counts_by_hand():
    """A weight is used once at every place of the output."""
    layers, sizes = [conv(3, 8, 5), pool(2), linear(200, 10)], [(10, 12), (5, 6), (1, 1)]

    assert reference.count_macs(layers, sizes).tolist() == [72_000, 0, 2_000]


def test_activation_memory_agrees_with_the_bytes_by_hand():
    """A picture and one layer's output, for a batch of two, in single precision."""
    assert reference.activation_memory([(1, 28, 28), (6, 24, 24)], batch_size=2) == 33_920


def windows(*layers):
    """List layers of (kernel, stride) as the exercise takes them."""
    return [{"kernel_size": k, "stride": s, "dilation": 1} for k, s in layers]


def test_receptive_field_grows_as_by_hand():
    """The third layer's window is spread by the stride of the second."""
    fields = reference.receptive_field(windows((5, 1), (2, 2), (5, 1)))

    assert fields.tolist() == [5, 6, 14]


# Exact figures of the course.


def test_lenet_has_61706_parameters():
    """Ten layers, five of them with parameters."""
    counts = reference.count_params(lenet())

    assert counts[counts > 0].tolist() == [156, 2_416, 48_120, 10_164, 850]
    assert counts.sum() == 61_706


SUMMARIES = {
    "valid": ([conv(1, 32, 3), conv(32, 32, 3), conv(32, 32, 3)], [26, 24, 22], 2_002_698),
    "stride 2": (
        [conv(channels, 32, 3, stride=2, padding=1) for channels in (1, 32, 32)],
        [14, 7, 4],
        85_770,
    ),
    "pooled": ([conv(1, 32, 3), pool(2), conv(32, 32, 3), pool(2)], [26, 13, 11, 5], 113_386),
}


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_three_keras_summaries_are_reproduced(name):
    """Sides of the maps, and the sum of the parameters with dense layers of 128 and 10."""
    layers, sides, total = SUMMARIES[name]

    rows = reference.trace_shapes([*layers, FLATTEN], (1, 28, 28))
    whole = [*layers, FLATTEN, linear(rows[-1, 0], 128), linear(128, 10)]

    assert rows[:-1, 1].tolist() == rows[:-1, 2].tolist() == sides
    assert reference.count_params(whole).sum() == total


ALEXNET = [(11, 4), (3, 2), (5, 1), (3, 2), (3, 1), (3, 1), (3, 1), (3, 2)]
VGG16 = [*[(3, 1), (3, 1), (2, 2)] * 2, *[(3, 1), (3, 1), (3, 1), (2, 2)] * 3]


@pytest.mark.parametrize(
    ("layers", "field"),
    [([(5, 1), (2, 2), (5, 1), (2, 2)], 16), (ALEXNET, 195), (VGG16, 212)],
    ids=["LeNet-5", "AlexNet", "VGG-16"],
)
def test_the_last_feature_sees_as_many_pixels_as_the_course_says(layers, field):
    """Measured by a gradient, and computed by the package's own function."""
    assert reference.receptive_field(windows(*layers))[-1] == field
    assert shapes.receptive_field(layers) == field


# Properties.


@pytest.mark.parametrize(
    ("kernel_size", "dilation"), [*itertools.product((1, 2, 3, 4, 5), (1, 2, 3))]
)
def test_same_padding_keeps_the_size(kernel_size, dilation):
    """What is added in all is what a window loses."""
    before, after = reference.same_padding(kernel_size, dilation=dilation)

    assert 0 <= after - before <= 1
    assert shapes.conv_output_size(20 + before + after, kernel_size, dilation=dilation) == 20


@pytest.mark.parametrize("size", [7, 8, 9, 10, 11, 12])
def test_a_transposed_convolution_goes_back_with_the_right_output_padding(size):
    """Of every size that rounds to the same, one is met by each output padding."""
    options = {"stride": 3, "padding": 1, "dilation": 2}
    lost = (size + 2 - 4 - 1) % 3

    there = reference.conv_output_size(size, 3, **options)

    back = reference.conv_transpose_output_size(there, 3, output_padding=lost, **options)
    assert back == size


# Mistakes as a student writes them.


def without_brackets(size, kernel_size, *, stride=1, padding=0, dilation=1):
    """Divides the 1 only."""
    return size + 2 * padding - dilation * (kernel_size - 1) - 1 // stride + 1


def half_a_window(kernel_size, *, dilation=1):
    """The rule for odd windows, taken for all."""
    return kernel_size // 2 * dilation, kernel_size // 2 * dilation


def forward_formula(size, kernel_size, *, stride=1, padding=0, output_padding=0, dilation=1):
    """The only formula one remembers."""
    return (size + 2 * padding - dilation * (kernel_size - 1) - 1) // stride + 1


def ceil_is_all(size, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Rounds up and thinks that this is all."""
    stride = stride or kernel_size
    quotient = (size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride
    return (math.ceil(quotient) if ceil_mode else math.floor(quotient)) + 1


def pooling_halves(layers, shape):
    """Divides by the window where a pooling layer has a formula of its own."""
    C, H, W = shape
    rows = []
    for layer in layers:
        if layer["type"] == "conv2d":
            reach = layer["dilation"] * (layer["kernel_size"] - 1) + 1
            H = (H + 2 * layer["padding"] - reach) // layer["stride"] + 1
            W = (W + 2 * layer["padding"] - reach) // layer["stride"] + 1
        elif layer["type"] == "max_pool2d":
            H, W = H // layer["kernel_size"], W // layer["kernel_size"]
        elif layer["type"] == "flatten":
            C, H, W = C * H * W, 1, 1
        C = layer.get("out_channels", layer.get("out_features", C))
        rows.append((C, H, W))
    return np.array(rows)


def one_bias(layers):
    """Adds `bias` itself, which is True."""
    counts = []
    for layer in layers:
        count = 2 * layer.get("num_features", 0)
        if layer["type"] == "conv2d":
            seen = layer["in_channels"] // layer["groups"]
            count = layer["out_channels"] * seen * layer["kernel_size"] ** 2 + layer["bias"]
        elif layer["type"] == "linear":
            count = layer["out_features"] * layer["in_features"] + layer["bias"]
        counts.append(count)
    return np.array(counts)


def halved_again(layers, sizes):
    """Takes the sizes for those of the input."""
    counts = []
    for layer, (H, W) in zip(layers, sizes, strict=True):
        count = layer.get("in_features", 0) * layer.get("out_features", 0)
        if layer["type"] == "conv2d":
            seen = layer["in_channels"] // layer["groups"]
            weights = layer["out_channels"] * seen * layer["kernel_size"] ** 2
            count = weights * (H // layer["stride"]) * (W // layer["stride"])
        counts.append(count)
    return np.array(counts)


def own_stride_first(layers):
    """Two lines in the wrong order."""
    field, jump, fields = 1, 1, []
    for layer in layers:
        jump *= layer["stride"]
        field += layer["dilation"] * (layer["kernel_size"] - 1) * jump
        fields.append(field)
    return np.array(fields)


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("conv_output_size", without_brackets, "the stride divides the last term only"),
        ("same_padding", half_a_window, "both ends get half of the window"),
        ("conv_transpose_output_size", forward_formula, "the output of an ordinary convolution"),
        ("pool_output_size", ceil_is_all, "a window may begin behind the last pixel"),
        ("trace_shapes", pooling_halves, "pooling divides by the size of its window"),
        ("count_params", one_bias, "a whole layer has one bias"),
        ("count_macs", halved_again, "the stride divides once more"),
        (
            "activation_memory",
            lambda shapes, *, batch_size=1, bytes_per_value=4: (
                int(np.prod(shapes)) * batch_size * bytes_per_value
            ),
            "the layers are multiplied instead of added",
        ),
        ("receptive_field", own_stride_first, "a layer's own stride already widens its window"),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write formulas."""
    named = judge(EXERCISES[name], function, seed="practice").first_named

    assert named is not None
    assert named.mistake.startswith(mistake)
