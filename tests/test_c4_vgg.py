"""Capstone C4's questions: the examples by hand, the paper's figures, students' own mistakes."""

import itertools

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "c4_vgg"]
WIDTHS = [64, 128, 256, 512, 512]
BLOCKS = {
    11: [1, 1, 2, 2, 2],
    13: [2, 2, 2, 2, 2],
    16: [2, 2, 3, 3, 3],
    19: [2, 2, 4, 4, 4],
}
TOTALS = {11: 132_863_336, 13: 133_047_848, 16: 138_357_544, 19: 143_667_240}
CLASSIFIER = (25_088 + 1) * 4_096 + (4_096 + 1) * 4_096 + (4_096 + 1) * 1_000


def test_the_set_asks_four_questions():
    """Windows, parameters, work, signal: the order of the capstone."""
    assert NAMES == ["stack_weights", "vgg_conv_params", "vgg_block_macs", "signal_growth"]


# Worked examples of the notebook.


def test_two_layers_of_3_save_28_per_cent_of_a_window_of_5():
    """25 weights a pair of channels against 18."""
    assert reference.stack_weights(5, 2) == (25 * 4, 2 * 9 * 4)


def test_a_window_of_7_has_81_per_cent_more_weights_than_its_stack():
    """The paper's own example: 49 against 27."""
    single, stack = reference.stack_weights(7, 10)

    assert (single, stack) == (4_900, 2_700)
    assert round(100 * (single - stack) / stack) == 81


def test_parameters_of_two_small_blocks_by_hand():
    """3 to 2 channels, then 2 to 4 and 4 to 4."""
    assert reference.vgg_conv_params([1, 2], [2, 4]) == (54 + 2) + (72 + 4) + (144 + 4) == 280
    assert reference.vgg_conv_params([1, 2], [2, 4], batch_norm=True) == 280 + 2 * (2 + 4 + 4)


def test_macs_of_two_small_blocks_by_hand():
    """54 weights at 6 x 4 places; 72 + 144 weights at 3 x 2."""
    assert reference.vgg_block_macs([1, 2], [2, 4], (6, 4)).tolist() == [54 * 24, 216 * 6]


def test_growth_of_two_layers_by_hand():
    """18 products a sum give 9 times the mean square behind the ReLU, then 27 give 13.5 times."""
    growth = reference.signal_growth([2, 3, 5], std=1.0)

    np.testing.assert_allclose(growth, [3.0, 3.0 * 13.5**0.5], rtol=1e-12)


# The paper's figures.


@pytest.mark.parametrize("depth", TOTALS)
def test_the_convolutions_and_the_classifier_make_vggs_total(depth):
    """Nine tenths of VGG-11 stand in its three fully connected layers."""
    assert CLASSIFIER == 123_642_856
    assert reference.vgg_conv_params(BLOCKS[depth], WIDTHS) + CLASSIFIER == TOTALS[depth]


def test_vgg16_multiplies_15_thousand_million_times():
    """Its convolutions' work, block by block, at 224 x 224."""
    macs = reference.vgg_block_macs(BLOCKS[16], WIDTHS, (224, 224))

    assert macs.sum() == 15_346_630_656
    assert macs.argmax() == 2


def test_no_fixed_deviation_keeps_the_signal_of_vgg19():
    """At 0.01 it fades by nine orders of magnitude, at 0.1 it grows by more than seven."""
    channels = [3, *np.repeat(WIDTHS, BLOCKS[19])]

    assert reference.signal_growth(channels, std=0.01)[-1] < 1e-7
    assert reference.signal_growth(channels, std=0.1)[-1] > 1e7


def test_the_growth_is_what_random_weights_do():
    """Wide layers of drawn weights, without a rim, follow the formula to a few per cent."""
    rng = np.random.default_rng(0)
    channels, x = [300, 400, 200], rng.standard_normal((300, 400))
    for a, b in itertools.pairwise(channels):
        x = np.maximum(rng.normal(0, 0.1, (b, a)) @ x, 0)

    found = np.sqrt((x**2).mean())
    assert found == pytest.approx(
        reference.signal_growth(channels, std=0.1, kernel_size=1)[-1], rel=0.1
    )


# Mistakes as a student writes them.


def one_third(kernel_size, channels):
    """Thinks that windows of 3 lie side by side."""
    layers = -(-kernel_size // 3)
    return kernel_size**2 * channels**2, layers * 9 * channels**2


def forgets_the_block_before(numbers, widths, *, in_channels=3, batch_norm=False):
    """Reads its own width in every layer."""
    total = 0
    for number, width in zip(numbers, widths, strict=True):
        total += number * (9 * width * width + width + 2 * width * batch_norm)
    return total


def pools_first(numbers, widths, size, *, in_channels=3):
    """Halves at the beginning of the loop."""
    H, W = size
    macs = []
    for number, width in zip(numbers, widths, strict=True):
        H, W = H // 2, W // 2
        macs.append(9 * width * (in_channels + (number - 1) * width) * H * W)
        in_channels = width
    return np.array(macs)


def without_relu(channels, *, std, kernel_size=3):
    """Sums of n products, and nothing behind them."""
    inputs = np.array(channels[:-1]) * kernel_size**2
    return np.cumprod(std * np.sqrt(inputs))


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("stack_weights", one_third, "each layer of the stack adds three pixels"),
        (
            "vgg_conv_params",
            forgets_the_block_before,
            "a block's first layer sees as many channels as it makes",
        ),
        (
            "vgg_block_macs",
            pools_first,
            "the maps are halved before the block instead of behind it",
        ),
        ("signal_growth", without_relu, "the ReLU is left out"),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write formulas."""
    named = judge(EXERCISES[name], function, seed="practice").first_named

    assert named is not None
    assert named.mistake == mistake
