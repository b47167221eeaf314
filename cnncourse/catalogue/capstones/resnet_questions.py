"""Capstone C6: the layers of a residual network, and its shortcut that learns nothing."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "c6_resnet",
    section="10_sizes#sizes-parameters",
    outputs={"depth": "", "params": ""},
    kind=int,
)
def resnet_counts(n, *, widths=(16, 32, 64), num_classes=10):
    """Count the layers and the parameters of a residual network for small images."""
    return reference.resnet_counts(n, widths=widths, num_classes=num_classes)


@resnet_counts.cases
def _(rng):
    def case(claim, n, *widths, num_classes):
        sizes = {"widths": tuple(map(int, widths)), "num_classes": int(num_classes)}
        return Case(claim, {"n": int(n), **sizes})

    yield case("one block, one channel", 1, 1, num_classes=1)
    yield Case("ResNet-20", {"n": 3})
    yield case("one stage", rng.integers(2, 6), rng.integers(5, 20), num_classes=3)
    yield case("one block in each of two stages", 1, *rng.choice(20, 2, False) + 4, num_classes=7)
    n, widths = rng.integers(3, 9), rng.choice(30, 3, False) + 4
    yield case("three stages of several blocks", n, *widths, num_classes=rng.integers(11, 40))
    widths = rng.choice(40, 4, False) + 4
    yield case("four stages", 2, *widths, num_classes=rng.integers(3, 9))
    yield Case("ResNet-110", {"n": 18})


def _counts(depth=None, params=None):
    """Answer with another depth, or with more parameters, made from n, widths and classes."""

    def wrong(right, n, *, widths=(16, 32, 64), num_classes=10):
        out = right(n, widths=widths, num_classes=num_classes)
        return (
            out[0] if depth is None else depth(n, widths),
            out[1] if params is None else out[1] + params(n, widths, num_classes),
        )

    return wrong


def _entries(widths):
    """Channels in front of each stage's first block and in it."""
    return list(zip((widths[0], *widths[:-1]), widths, strict=True))


def _made(n, widths):
    """Count the channels that all convolutions make."""
    return widths[0] + 2 * n * sum(widths)


def _convolved(n, widths):
    """Count the pairs of channels that all convolutions connect."""
    return 3 * widths[0] + sum(a * b + (2 * n - 1) * b * b for a, b in _entries(widths))


for _name, _hint, _wrong in (
    (
        "a block has one layer",
        "A shortcut reaches around two convolutions.",
        _counts(depth=lambda n, widths: len(widths) * n + 2),
    ),
    (
        "the last layer is not counted",
        "The depth counts whatever has weights on the way, the fully connected layer, too.",
        _counts(depth=lambda n, widths: 2 * len(widths) * n + 1),
    ),
    (
        "only the layers in the blocks are counted",
        "A convolution stands in front of the blocks, a fully connected layer behind them.",
        _counts(depth=lambda n, widths: 2 * len(widths) * n),
    ),
    (
        "three stages are taken for granted",
        "`widths` has a number for each stage: how many are there?",
        _counts(depth=lambda n, widths: 6 * n + 2),
    ),
    (
        "batch norm is left out",
        "Behind each convolution it learns two numbers for each channel.",
        _counts(params=lambda n, widths, k: -2 * _made(n, widths)),
    ),
    (
        "batch norm has one number for each channel",
        "It scales each channel, and shifts it.",
        _counts(params=lambda n, widths, k: -_made(n, widths)),
    ),
    (
        "the convolutions have biases",
        "Batch norm would take them away at once, so they are left out.",
        _counts(params=lambda n, widths, k: _made(n, widths)),
    ),
    (
        "each stage begins with its own width",
        "The first convolution of a stage reads the maps of the stage before.",
        _counts(params=lambda n, widths, k: 9 * sum(b * b - a * b for a, b in _entries(widths))),
    ),
    (
        "every block of a stage reads the maps of the stage before",
        "Only the first block of a stage does.",
        _counts(
            params=lambda n, widths, k: (
                9 * (n - 1) * sum(a * b - b * b for a, b in _entries(widths))
            )
        ),
    ),
    (
        "the first convolution is left out",
        "In front of the blocks a convolution makes `widths[0]` maps of the image's three.",
        _counts(params=lambda n, widths, k: -29 * widths[0]),
    ),
    (
        "the image has one channel",
        "It is a colour image.",
        _counts(params=lambda n, widths, k: -18 * widths[0]),
    ),
    (
        "the fully connected layer is left out",
        "It has a weight for each class and channel of the last stage, and a bias for each class.",
        _counts(params=lambda n, widths, k: -k * (widths[-1] + 1)),
    ),
    (
        "the fully connected layer has no bias",
        "It has one for each class.",
        _counts(params=lambda n, widths, k: -k),
    ),
    (
        "shortcuts are convolutions of 1 x 1",
        "That is option B; option A fills up with zeros and learns nothing.",
        _counts(
            params=lambda n, widths, k: sum(a * b + 2 * b for a, b in _entries(widths) if a != b)
        ),
    ),
    (
        "the side of a kernel is counted instead of its pixels",
        "A kernel of 3 x 3 has nine weights for each channel.",
        _counts(params=lambda n, widths, k: -6 * _convolved(n, widths)),
    ),
    (
        "the two answers are swapped",
        "First the depth, then the parameters.",
        lambda right, n, **options: right(n, **options)[::-1],
    ),
):
    resnet_counts.mistake(_name, hint=_hint)(_wrong)


@exercise("c6_resnet", section="04_convolution#convolution-stride", outputs={"out": "N F OH OW"})
def shortcut_a(x, out_channels, *, stride=1):
    """Bring maps to another size without learning: leave pixels out, add maps of zeros."""
    return reference.shortcut_a(x, out_channels, stride=stride)


@shortcut_a.cases
def _(rng):
    def case(claim, shape, out_channels, **options):
        x = rng.standard_normal(shape)
        return Case(claim, {"x": x, "out_channels": out_channels, **options})

    row = np.array([[[[1.0, 2.0, 3.0, 4.0]]]])
    yield Case("a row of four pixels", {"x": row, "out_channels": 2, "stride": 2})
    yield case("the size stays: nothing changes", (2, 3, 4, 5), 3)
    yield case("more channels, same places", (2, 3, 5, 4), 5)
    yield case("twice the channels, half the places", (2, 4, 6, 8), 8, stride=2)
    yield case("a stride that does not divide", (3, 2, 7, 5), 7, stride=2)
    yield case("a stride of 3", (2, 3, 8, 10), 9, stride=3)
    yield case("fewer places, same channels", (1, 5, 6, 4), 5, stride=2)
    yield case("an empty batch", (0, 2, 4, 6), 4, stride=2)


def _filled(place):
    """Answer with the maps kept, and those of zeros put elsewhere by `place`."""

    def wrong(right, x, out_channels, *, stride=1):
        C = x.shape[1]
        return place(right(x, C, stride=stride), out_channels - C)

    return wrong


def _zeros(maps, number):
    return np.zeros((len(maps), number, *maps.shape[2:]))


def _repeat(maps, number):
    return np.concatenate([maps, *[maps[:, :1]] * number], axis=1)


def _averaged(right, x, out_channels, *, stride=1):
    """Take the mean of each tile; tiles at the rim have fewer pixels."""
    H, W = x.shape[2:]
    rows, columns = np.arange(0, H, stride), np.arange(0, W, stride)
    sums = np.add.reduceat(np.add.reduceat(x, rows, axis=2), columns, axis=3)
    counts = np.add.reduceat(np.ones(H), rows)[:, None] * np.add.reduceat(np.ones(W), columns)
    return right(sums / counts, out_channels)


def _largest(right, x, out_channels, *, stride=1):
    rows, columns = (np.arange(0, size, stride) for size in x.shape[2:])
    tiles = np.maximum.reduceat(np.maximum.reduceat(x, rows, axis=2), columns, axis=3)
    return right(tiles, out_channels)


for _name, _hint, _wrong in (
    (
        "the maps of zeros stand in front",
        "The maps that come in keep their numbers; the zeros come behind them.",
        _filled(lambda maps, k: np.concatenate([_zeros(maps, k), maps], axis=1)),
    ),
    (
        "half of the zeros stand in front",
        "Much code does so, but here the maps that come in keep their numbers: all zeros come "
        "behind.",
        _filled(
            lambda maps, k: np.concatenate(
                [_zeros(maps, k // 2), maps, _zeros(maps, k - k // 2)], axis=1
            )
        ),
    ),
    (
        "the first map is repeated instead of zeros",
        "What is added has to be 0, or the block gets more than its input.",
        _filled(_repeat),
    ),
    (
        "the mean of each tile is taken",
        "Option A leaves pixels out: of each tile it keeps the first.",
        _averaged,
    ),
    (
        "the largest of each tile is taken",
        "Option A leaves pixels out: of each tile it keeps the first.",
        _largest,
    ),
    (
        "the stride is ignored",
        "Where the block takes steps of `stride` pixels, its shortcut has to do so as well.",
        lambda right, x, out_channels, *, stride=1: right(x, out_channels),
    ),
    (
        "the stride is always 2",
        "It is an option, and 1 unless told otherwise.",
        lambda right, x, out_channels, *, stride=1: right(x, out_channels, stride=2),
    ),
    (
        "only rows are left out",
        "The steps go down and across.",
        lambda right, x, out_channels, *, stride=1: right(x[:, :, ::stride], out_channels),
    ),
    (
        "only columns are left out",
        "The steps go down and across.",
        lambda right, x, out_channels, *, stride=1: right(x[..., ::stride], out_channels),
    ),
    (
        "the steps begin at the last pixel of each tile",
        "The first window of the block's convolution stands on the first pixel.",
        lambda right, x, out_channels, *, stride=1: right(
            np.ascontiguousarray(x[:, :, stride - 1 :: stride, stride - 1 :: stride]),
            out_channels,
        ),
    ),
    (
        "out_channels maps of zeros are added",
        "There are to be `out_channels` in all.",
        lambda right, x, out_channels, *, stride=1: right(
            x, x.shape[1] + out_channels, stride=stride
        ),
    ),
    (
        "the number of channels is always doubled",
        "It may stay, or grow to any number: see `out_channels`.",
        lambda right, x, out_channels, *, stride=1: right(x, 2 * x.shape[1], stride=stride),
    ),
    (
        "no maps are added",
        "Behind the block there are `out_channels` maps: the shortcut has to bring as many.",
        lambda right, x, out_channels, *, stride=1: right(x, x.shape[1], stride=stride),
    ),
):
    shortcut_a.mistake(_name, hint=_hint)(_wrong)
