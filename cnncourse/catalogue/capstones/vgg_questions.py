"""Capstone C4: what VGG's small windows save, and what its layers learn."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "c4_vgg", section="10_sizes#sizes-receptive", outputs={"single": "", "stack": ""}, kind=int
)
def stack_weights(kernel_size, channels):
    """Count the weights of one layer, and of the 3 x 3 layers that see as far as it does."""
    return reference.stack_weights(kernel_size, channels)


@stack_weights.cases
def _(rng):
    def case(claim, kernel_size, channels):
        return Case(claim, {"kernel_size": kernel_size, "channels": int(channels)})

    yield case("a window of 5 and 2 channels", 5, 2)
    yield case("a window of 5", 5, rng.integers(3, 60))
    yield case("a window of 7", 7, rng.integers(3, 60))
    yield case("a window of 3 is one layer of 3 x 3", 3, rng.integers(3, 60))
    yield case("a window of 9", 9, rng.integers(3, 60))
    yield case("a window of 11, as AlexNet begins", 11, rng.integers(3, 60))


def _stacked(layers):
    """Answer with another number of layers in the stack."""
    return lambda right, k, c: (right(k, c)[0], layers(k) * right(3, c)[0])


for _name, _hint, _wrong in (
    (
        "the stack is one layer short",
        "Draw it: one pixel of the last layer sees 3 of the layer before, those see 5.",
        _stacked(lambda k: (k - 3) // 2),
    ),
    (
        "the stack has a layer too many",
        "Draw it: one pixel of the last layer sees 3 of the layer before, those see 5.",
        _stacked(lambda k: (k + 1) // 2),
    ),
    (
        "each layer of the stack adds one pixel only",
        "A window of 3 reaches one pixel further on either side.",
        _stacked(lambda k: k - 2),
    ),
    (
        "each layer of the stack adds three pixels",
        "Windows overlap: how far does the second layer see beyond what the first one saw?",
        _stacked(lambda k: -(-k // 3)),
    ),
    (
        "the stack is one layer, whatever it has to see",
        "One layer of 3 x 3 sees 3 pixels. How many see as far as `kernel_size`?",
        lambda right, k, c: (right(k, c)[0], right(3, c)[0]),
    ),
    (
        "the two answers are swapped",
        "First the one layer, then the stack.",
        lambda right, k, c: right(k, c)[::-1],
    ),
    (
        "a filter has weights for one channel only",
        "Each of the `channels` filters has a window for every channel of its input.",
        lambda right, k, c: tuple(n // c for n in right(k, c)),
    ),
    (
        "there is one filter, and one channel",
        "Every layer turns `channels` channels into `channels` channels.",
        lambda right, k, c: right(k, 1),
    ),
    (
        "the side of a window is counted instead of its pixels",
        "A window of 3 x 3 has nine weights for each channel.",
        lambda right, k, c: (right(k, c)[0] // k, right(k, c)[1] // 3),
    ),
    (
        "biases are counted",
        "Asked for are the weights alone.",
        lambda right, k, c: (right(k, c)[0] + c, right(k, c)[1] + right(k, c)[1] // (9 * c)),
    ),
):
    stack_weights.mistake(_name, hint=_hint)(_wrong)


def draw_widths(rng, count):
    # All different, and far enough apart that no sum of them passes for another.
    return sorted(int(w) for w in rng.permutation(np.arange(5, 60, 3))[:count])


@exercise("c4_vgg", section="10_sizes#sizes-parameters", outputs={"params": ""}, kind=int)
def vgg_conv_params(numbers, widths, *, in_channels=3, batch_norm=False):
    """Count the parameters of VGG's convolutions, with those of batch norm behind them."""
    return reference.vgg_conv_params(
        numbers, widths, in_channels=in_channels, batch_norm=batch_norm
    )


@vgg_conv_params.cases
def _(rng):
    def case(claim, numbers, widths, **options):
        return Case(claim, {"numbers": numbers, "widths": widths, **options})

    yield case("two blocks, of one layer and of two", [1, 2], [2, 4])
    yield case("blocks of one layer", [1, 1, 1], draw_widths(rng, 3))
    yield case("blocks of several layers", [2, 3, 4], draw_widths(rng, 3))
    yield case(
        "images with another number of channels", [2, 1], draw_widths(rng, 2), in_channels=4
    )
    yield case("batch norm", [1, 3, 2], draw_widths(rng, 3), batch_norm=True)
    yield case(
        "grey images, batch norm and narrowing blocks",
        [2, 2],
        draw_widths(rng, 2)[::-1],
        in_channels=1,
        batch_norm=True,
    )


def _maps(numbers, widths):
    return sum(n * w for n, w in zip(numbers, widths, strict=True))


def _first_as_wide(right, numbers, widths, *, in_channels=3, **options):
    """Give every block an input as wide as its output."""
    pairs = zip(numbers, widths, strict=True)
    return sum(right([n], [w], in_channels=w, **options) for n, w in pairs)


def _each_from_the_block_before(right, numbers, widths, *, in_channels=3, **options):
    total, before = 0, in_channels
    for n, w in zip(numbers, widths, strict=True):
        total += n * right([1], [w], in_channels=before, **options)
        before = w
    return total


for _name, _hint, _section, _wrong in (
    (
        "a block's first layer sees as many channels as it makes",
        "What does the first layer of a block read: its own channels, or those of the block "
        "before?",
        "10_sizes#sizes-parameters",
        _first_as_wide,
    ),
    (
        "all layers of a block see the channels of the block before",
        "From its second layer on, a block reads what its own layers made.",
        "10_sizes#sizes-parameters",
        _each_from_the_block_before,
    ),
    (
        "every block has one layer",
        "`numbers` says how many layers each block has.",
        "10_sizes#sizes-parameters",
        lambda right, numbers, widths, **options: right([1] * len(numbers), widths, **options),
    ),
    (
        "the image has three channels, whatever `in_channels` says",
        "Three is the default only.",
        "10_sizes#sizes-parameters",
        lambda right, numbers, widths, *, in_channels=3, **options: right(
            numbers, widths, **options
        ),
    ),
    (
        "the biases are left out",
        "Every filter adds one number of its own.",
        "10_sizes#sizes-parameters",
        lambda right, numbers, widths, **options: (
            right(numbers, widths, **options) - _maps(numbers, widths)
        ),
    ),
    (
        "a window has three weights for each channel",
        "A window of 3 x 3 has nine.",
        "10_sizes#sizes-parameters",
        lambda right, numbers, widths, *, in_channels=3, batch_norm=False: (
            (right(numbers, widths, in_channels=in_channels) + 2 * _maps(numbers, widths)) // 3
            + 2 * batch_norm * _maps(numbers, widths)
        ),
    ),
    (
        "batch norm is left out",
        "It scales every map and shifts it, by numbers that are learned.",
        "15_normalisation#norm-batch",
        lambda right, numbers, widths, *, batch_norm=False, **options: right(
            numbers, widths, **options
        ),
    ),
    (
        "with batch norm, one number a map is missing",
        "In VGG the convolution keeps its bias, and batch norm learns a scale and a shift.",
        "15_normalisation#norm-batch",
        lambda right, numbers, widths, *, batch_norm=False, **options: (
            right(numbers, widths, **options) + batch_norm * _maps(numbers, widths)
        ),
    ),
    (
        "batch norm's running statistics count as parameters",
        "Mean and variance are kept, not learned: no gradient changes them.",
        "15_normalisation#norm-running",
        lambda right, numbers, widths, *, batch_norm=False, **options: (
            right(numbers, widths, **options) + 4 * batch_norm * _maps(numbers, widths)
        ),
    ),
    (
        "batch norm is counted once a block",
        "It follows every convolution.",
        "15_normalisation#norm-batch",
        lambda right, numbers, widths, *, batch_norm=False, **options: (
            right(numbers, widths, **options) + 2 * batch_norm * sum(widths)
        ),
    ),
):
    vgg_conv_params.mistake(_name, hint=_hint, section=_section)(_wrong)
