"""Capstone C4: the work of VGG's blocks, and what depth does to the signal."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.capstones.vgg_questions import draw_widths
from cnncourse.catalogue.exercise import Case, exercise


@exercise("c4_vgg", section="10_sizes#sizes-macs", outputs={"macs": "B"}, kind=int)
def vgg_block_macs(numbers, widths, size, *, in_channels=3):
    """Count the multiply-accumulates of each block of VGG, for one image."""
    return reference.vgg_block_macs(numbers, widths, size, in_channels=in_channels)


@vgg_block_macs.cases
def _(rng):
    def case(claim, numbers, widths, size, **options):
        size = tuple(int(side) for side in size)
        return Case(claim, {"numbers": numbers, "widths": widths, "size": size, **options})

    H, W = (int(side) for side in rng.permutation([8, 12, 16, 20])[:2])
    odd = rng.permutation([9, 13, 15, 19, 21])[:2]
    yield case("two blocks, of one layer and of two", [1, 2], [2, 4], (6, 4))
    yield case("blocks of one layer", [1, 1, 1], draw_widths(rng, 3), (H, W))
    yield case("blocks of several layers", [2, 3, 2], draw_widths(rng, 3), (W, H))
    yield case("sides that do not halve evenly", [2, 1, 3], draw_widths(rng, 3), odd)
    yield case(
        "images with another number of channels",
        [1, 2],
        draw_widths(rng, 2),
        (H, W),
        in_channels=5,
    )
    yield case("VGG's doubling widths", [1, 1, 2], [8, 16, 32], (2 * H, 2 * W))


def _by_layer(side):
    """Count with sides that a slip brings in: `side(n, block, layer)` of a block's layer."""

    def wrong(right, numbers, widths, size, *, in_channels=3):
        macs, channels, before = [], in_channels, 0
        for block, (number, width) in enumerate(zip(numbers, widths, strict=True)):
            macs.append(0)
            for layer in range(number):
                seen = tuple(max(1, side(n, block, before + layer)) for n in size)
                macs[-1] += int(right([1], [width], seen, in_channels=channels)[0])
                channels = width
            before += number
        return np.array(macs)

    return wrong


def _halved_in_area(right, numbers, widths, size, **options):
    whole = _by_layer(lambda n, block, layer: n)(right, numbers, widths, size, **options)
    return whole // 2 ** np.arange(len(numbers))


def _blocks_apart(channels):
    """Count each layer with the input that `channels(before, width)` gives, blocks apart."""

    def wrong(right, numbers, widths, size, *, in_channels=3):
        macs = right(numbers, widths, size, in_channels=in_channels).copy()
        before = in_channels
        for block, (number, width) in enumerate(zip(numbers, widths, strict=True)):
            seen = tuple(n >> block for n in size)
            one = [int(right([1], [width], seen, in_channels=c)[0]) for c in (before, width)]
            macs[block] = channels(number, *one)
            before = width
        return macs

    return wrong


for _name, _hint, _wrong in (
    (
        "the maps are never halved",
        "Behind each block stands a pooling layer: how large are the maps of the second block?",
        _by_layer(lambda n, block, layer: n),
    ),
    (
        "the maps are halved before the block instead of behind it",
        "The first block works on the whole image.",
        _by_layer(lambda n, block, layer: n >> block + 1),
    ),
    (
        "the maps are halved after every layer",
        "Pooling stands at the end of a block, however many layers it has.",
        _by_layer(lambda n, block, layer: n >> layer),
    ),
    (
        "halving both sides halves the number of pixels",
        "Half as high and half as wide: which part of the pixels is left?",
        _halved_in_area,
    ),
    (
        "odd sides are rounded up",
        "The last row of an odd side fills no tile of 2 x 2.",
        _by_layer(lambda n, block, layer: -(-n >> block) if block == 0 else -(-n // 2**block)),
    ),
    (
        "the width of the maps is left out",
        "A map has height times width places, and every weight is used at each of them.",
        lambda right, numbers, widths, size, **options: (
            right(numbers, widths, size, **options)
            // np.array([max(1, size[1] >> block) for block in range(len(numbers))])
        ),
    ),
    (
        "a block's first layer sees as many channels as it makes",
        "The first layer of a block reads the channels of the block before.",
        _blocks_apart(lambda number, first, other: number * other),
    ),
    (
        "all layers of a block see the channels of the block before",
        "From its second layer on, a block reads what its own layers made.",
        _blocks_apart(lambda number, first, other: number * first),
    ),
    (
        "every block has one layer",
        "`numbers` says how many layers each block has.",
        lambda right, numbers, widths, size, **options: right(
            [1] * len(numbers), widths, size, **options
        ),
    ),
    (
        "the image has three channels, whatever `in_channels` says",
        "Three is the default only.",
        lambda right, numbers, widths, size, *, in_channels=3: right(numbers, widths, size),
    ),
    (
        "a window is multiplied with three pixels of each channel",
        "A window of 3 x 3 covers nine.",
        lambda right, numbers, widths, size, **options: (
            right(numbers, widths, size, **options) // 3
        ),
    ),
    (
        "a product and its sum count as two",
        "A multiply-accumulate is both at once.",
        lambda right, numbers, widths, size, **options: (
            2 * right(numbers, widths, size, **options)
        ),
    ),
    (
        "the blocks are added up",
        "One number for each block is asked for.",
        lambda right, numbers, widths, size, **options: np.cumsum(
            right(numbers, widths, size, **options)
        ),
    ),
    (
        "all is added up into one number",
        "One number for each block is asked for.",
        lambda right, numbers, widths, size, **options: right(
            numbers, widths, size, **options
        ).sum(keepdims=True),
    ),
):
    vgg_block_macs.mistake(_name, hint=_hint)(_wrong)


@exercise("c4_vgg", section="14_training#training-initialisation", outputs={"growth": "L"})
def signal_growth(channels, *, std, kernel_size=3):
    """Tell how large the signal is behind each layer, against the image, in the mean."""
    return reference.signal_growth(channels, std=std, kernel_size=kernel_size)


@signal_growth.cases
def _(rng):
    def case(claim, channels, std, **options):
        return Case(claim, {"channels": channels, "std": float(std), **options})

    yield case("one layer that reads two channels, with a deviation of 1", [2, 3], 1.0)
    yield case("two layers", [3, *draw_widths(rng, 2)], rng.uniform(0.05, 0.2))
    yield case("windows of another size", [4, *draw_widths(rng, 3)], 0.1, kernel_size=5)
    yield case("a signal that fades", [3, *draw_widths(rng, 5)], 0.01)
    yield case("a signal that grows", [1, *draw_widths(rng, 4)], rng.uniform(0.3, 0.5))
    yield case("narrowing layers", [*draw_widths(rng, 4)[::-1]], rng.uniform(0.05, 0.2))


def _powers(factor):
    """Scale the answer by one more factor behind each layer; it may depend on the window."""

    def wrong(right, channels, *, std, kernel_size=3):
        out = right(channels, std=std, kernel_size=kernel_size)
        return out * factor(kernel_size) ** np.arange(1, len(out) + 1)

    return wrong


def _layers_apart(right, channels, **options):
    out = right(channels, **options)
    return out / np.concatenate([[1.0], out[:-1]])


for _name, _hint, _section, _wrong in (
    (
        "each layer is taken by itself",
        "What a layer makes of the signal, the next one receives.",
        "14_training#training-initialisation",
        _layers_apart,
    ),
    (
        "the layers' factors are added up",
        "What a layer makes of the signal, the next one receives: factors multiply.",
        "14_training#training-initialisation",
        lambda right, channels, **options: np.cumsum(_layers_apart(right, channels, **options)),
    ),
    (
        "the ReLU is left out",
        "It sets the negative half of the values to 0: what is left of the mean square?",
        "14_training#training-initialisation",
        _powers(lambda k: 2**0.5),
    ),
    (
        "the ReLU halves the root as well",
        "Half of the mean square is left; asked for is its root.",
        "14_training#training-initialisation",
        _powers(lambda k: 0.5**0.5),
    ),
    (
        "mean squares are given instead of their roots",
        "Asked for is the root of the mean square.",
        "14_training#training-initialisation",
        lambda right, channels, **options: right(channels, **options) ** 2,
    ),
    (
        "the channels that a layer makes are counted, not those it reads",
        "How many products are added up in one value of the output?",
        "14_training#training-initialisation",
        lambda right, channels, **options: right([*channels[1:], 1], **options),
    ),
    (
        "a sum runs over the channels only",
        "How many products are added up in one value of the output? Each channel has a whole "
        "window.",
        "14_training#training-initialisation",
        _powers(lambda k: 1 / k),
    ),
    (
        "the side of the window is counted instead of its pixels",
        "A window of 3 x 3 covers nine pixels of each channel.",
        "14_training#training-initialisation",
        _powers(lambda k: k**-0.5),
    ),
    (
        "every window is 3 x 3",
        "That is the default only: use `kernel_size`.",
        "14_training#training-initialisation",
        lambda right, channels, *, std, kernel_size=3: right(channels, std=std),
    ),
    (
        "`std` is taken for the variance",
        "The variance is its square.",
        "14_training#training-initialisation",
        lambda right, channels, *, std, **options: right(channels, std=std**0.5, **options),
    ),
    (
        "the image stands before the layers",
        "One number for each layer is asked for.",
        "14_training#training-initialisation",
        lambda right, channels, **options: np.concatenate([[1.0], right(channels, **options)]),
    ),
    (
        "only the last layer is told",
        "One number for each layer is asked for.",
        "14_training#training-initialisation",
        lambda right, channels, **options: right(channels, **options)[-1:],
    ),
):
    signal_growth.mistake(_name, hint=_hint, section=_section)(_wrong)
