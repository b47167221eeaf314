"""Capstone C1: filters that see some of the maps, and pooling with trained numbers."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "c1_lenet", section="10_sizes#sizes-parameters", outputs={"sparse": "", "dense": ""}, kind=int
)
def sparse_conv_params(inputs, in_channels, *, kernel_size=5):
    """Count the parameters of a convolution whose filters see some of the maps only."""
    return reference.sparse_conv_params(inputs, in_channels, kernel_size=kernel_size)


def _draw_table(rng, num_filters, num_maps):
    """Draw the maps of each filter: two for the first, all for the last, some for the others."""
    sizes = [2, *rng.integers(2, num_maps, num_filters - 2), num_maps]
    return [sorted(rng.permutation(num_maps)[:size].tolist()) for size in sizes]


@sparse_conv_params.cases
def _(rng):
    def case(claim, inputs, in_channels, **options):
        return Case(claim, {"inputs": inputs, "in_channels": in_channels, **options})

    F, C = (int(n) for n in rng.permutation([5, 6, 7])[:2])
    yield case("two filters on two maps", [[0], [0, 1]], 2)
    yield case("filters that see two maps and more", _draw_table(rng, 6, 4), 4)
    yield case("windows of another size", _draw_table(rng, F, C), C, kernel_size=3)
    yield case("maps that no filter sees", _draw_table(rng, 5, 4), 6, kernel_size=2)
    yield case("windows of one pixel", _draw_table(rng, C, F), F, kernel_size=1)
    yield case("filters that all see all", [[0, 1, 2]] * 4, 3, kernel_size=7)


def _counted(sparse, dense=lambda right, F, C, k: right):
    """Answer with counts made from the right ones: F filters, n connections, C maps."""

    def wrong(right, inputs, in_channels, *, kernel_size=5):
        pair = right(inputs, in_channels, kernel_size=kernel_size)
        F, n = len(inputs), sum(map(len, inputs))
        out = sparse(pair[0], F, n, kernel_size), dense(pair[1], F, in_channels, kernel_size)
        return tuple(int(count) for count in out)

    return wrong


def _other_table(change):
    """Count the sparse filters with another table."""

    def wrong(right, inputs, in_channels, **options):
        sparse = right(change(inputs), in_channels, **options)[0]
        return sparse, right(inputs, in_channels, **options)[1]

    return wrong


def _shared(right, inputs, in_channels, *, kernel_size=5):
    """Count one window for each map that is seen, as if all filters used the same."""
    sparse, dense = right(inputs, in_channels, kernel_size=kernel_size)
    seen = len({c for maps in inputs for c in maps})
    return sparse - (sum(map(len, inputs)) - seen) * kernel_size**2, dense


for _name, _hint, _wrong in (
    (
        "biases are left out",
        "A parameter is whatever is trained: each filter has one number beside its weights.",
        _counted(lambda right, F, n, k: right - F, lambda right, F, C, k: right - F),
    ),
    (
        "every connection has a bias of its own",
        "A filter adds up what it found on all its maps, and then one bias.",
        _counted(lambda right, F, n, k: right - F + n, lambda right, F, C, k: right - F + F * C),
    ),
    (
        "the layer has one bias",
        "Each filter has a bias of its own.",
        _counted(lambda right, F, n, k: right - F + 1, lambda right, F, C, k: right - F + 1),
    ),
    (
        "a filter has one window, however many maps it sees",
        "For each map that it sees, a filter has weights of their own.",
        _other_table(lambda inputs: [maps[:1] for maps in inputs]),
    ),
    (
        "all filters see as many maps as the first",
        "The lists in `inputs` differ in length: take each filter's own.",
        _other_table(lambda inputs: [inputs[0]] * len(inputs)),
    ),
    (
        "a map that several filters see is counted once",
        "Filters do not share their windows: two that see the same map have weights each.",
        _shared,
    ),
    (
        "the sparse filters see all maps",
        "`inputs[f]` lists the maps that filter f sees.",
        lambda right, inputs, in_channels, **options: (
            (right(inputs, in_channels, **options)[1],) * 2
        ),
    ),
    (
        "the dense filters see only maps that `inputs` names",
        "`in_channels` says how many maps there are, seen or not.",
        lambda right, inputs, in_channels, **options: right(
            inputs, len({c for maps in inputs for c in maps}), **options
        ),
    ),
    (
        "the two answers are swapped",
        "First the filters of `inputs`, then those that see all maps.",
        lambda right, *given, **options: right(*given, **options)[::-1],
    ),
    (
        "the side of a window is counted instead of its pixels",
        "A window of 5 x 5 has 25 weights for each map.",
        _counted(
            lambda right, F, n, k: (right - F) // k + F,
            lambda right, F, C, k: (right - F) // k + F,
        ),
    ),
    (
        "every window is 5 x 5",
        "That is the default only: use `kernel_size`.",
        lambda right, inputs, in_channels, *, kernel_size=5: right(inputs, in_channels),
    ),
    (
        "what is saved is given instead of what is left",
        "Two counts are asked for, not their difference.",
        lambda right, *given, **options: (
            right(*given, **options)[1] - right(*given, **options)[0],
            right(*given, **options)[1],
        ),
    ),
):
    sparse_conv_params.mistake(_name, hint=_hint)(_wrong)


@exercise("c1_lenet", section="08_pooling#pooling-average", outputs={"out": "N C OH OW"})
def subsample(x, coefficient, bias):
    """Subsample maps as LeNet-5 does: sums of tiles, scaled, shifted and squashed."""
    return reference.subsample(x, coefficient, bias)


@subsample.cases
def _(rng):
    def case(claim, x, strength=1.0):
        C = x.shape[1]
        coefficient = strength * rng.permutation(np.linspace(0.15, 0.45, C))
        bias = rng.permutation(np.linspace(0.3, 0.8, C))
        return Case(claim, {"x": x, "coefficient": coefficient, "bias": bias})

    numbers = rng.permutation([3.0, 1.0, -2.0, 0.0, 4.0, 2.0, -1.0, -4.0]).reshape(1, 1, 2, 4)
    by_hand = {"x": numbers, "coefficient": np.array([0.25]), "bias": np.array([0.5])}
    yield Case("one map of two tiles", by_hand)
    yield case(
        "several images and maps, each map with its own numbers", _draw_maps(rng, 2, 3, 4, 8)
    )
    yield case("maps higher than wide", _draw_maps(rng, 3, 2, 10, 6))
    yield case("negative coefficients", _draw_maps(rng, 2, 4, 6, 4), -1.0)
    yield case("strong responses, which are squashed", _draw_maps(rng, 2, 3, 6, 8), 5.0)
    yield case("maps stored in another order", np.asfortranarray(_draw_maps(rng, 3, 4, 6, 8)))
    yield case("an empty batch stays empty", _draw_maps(rng, 0, 3, 4, 6))


def _draw_maps(rng, *shape):
    """Draw feature maps whose tiles sum up to some -2 to 2, about as often below 0 as above."""
    return rng.normal(size=shape)


def _bent(bend):
    """Answer with another function behind the scaled and shifted sum."""

    def wrong(right, x, coefficient, bias):
        small = 1e-6  # so near 0 the right one's curve is a straight line, of slope 1.7159 * 2 / 3
        line = right(small * x, coefficient, small * bias)
        return bend(line / (small * 1.7159 * 2 / 3))

    return wrong


def _tiled(change):
    """Ask for the right answer of other maps, made from the tiles (N, C, H/2, 2, W/2, 2)."""

    def wrong(right, x, coefficient, bias):
        N, C, H, W = x.shape
        tiles = change(x.reshape(N, C, H // 2, 2, W // 2, 2))
        return right(
            np.broadcast_to(tiles, (N, C, H // 2, 2, W // 2, 2)).reshape(x.shape),
            coefficient,
            bias,
        )

    return wrong


def _halves(right, x, coefficient, bias):
    N, C, H, W = x.shape
    apart = x.reshape(N, C, 2, H // 2, 2, W // 2).transpose(0, 1, 3, 2, 5, 4)
    return right(apart.reshape(x.shape), coefficient, bias)


def _overlapping(right, x, coefficient, bias):
    N, C, H, W = x.shape
    out = np.zeros((N, C, H - 1, W - 1))
    for i, j in np.ndindex(2, 2):
        part = x[:, :, i : H - i, j : W - j]
        if part.size:
            out[:, :, i::2, j::2] = right(part, coefficient, bias)
    return out


for _name, _hint, _section, _wrong in (
    (
        "the squashing is left out",
        "Behind the bias stands the sigmoid of the paper.",
        "07_activation#activation-sigmoid",
        _bent(lambda v: v),
    ),
    (
        "tiles are averaged instead of added up",
        "The four pixels are added; the trained coefficient can make a mean of it.",
        "08_pooling#pooling-average",
        lambda right, x, coefficient, bias: right(x, coefficient / 4, bias),
    ),
    (
        "the largest pixel of a tile is taken",
        "That came later: in 1998 all four pixels counted.",
        "08_pooling#pooling-average",
        _tiled(lambda tiles: tiles.max(axis=(3, 5), keepdims=True) / 4),
    ),
    (
        "one pixel of each tile is taken",
        "A step of 2 leaves pixels out: all four of a tile are added up.",
        "08_pooling#pooling-average",
        _tiled(lambda tiles: tiles[:, :, :, :1, :, :1] / 4),
    ),
    (
        "a tile gathers pixels from afar",
        "In `reshape`, H becomes two axes: first which tile, then which row of the tile.",
        "08_pooling#pooling-average",
        _halves,
    ),
    (
        "the tiles overlap",
        "A tile begins where the one before ends: the stride is 2.",
        "08_pooling#pooling-stride",
        _overlapping,
    ),
    (
        "the coefficient is left out",
        "The sum is multiplied by a number that belongs to the map.",
        "08_pooling#pooling-average",
        lambda right, x, coefficient, bias: right(x, np.ones_like(coefficient), bias),
    ),
    (
        "the bias is left out",
        "Each map adds a number of its own.",
        "08_pooling#pooling-average",
        lambda right, x, coefficient, bias: right(x, coefficient, 0 * bias),
    ),
    (
        "the coefficient multiplies the bias as well",
        "First times the coefficient, then plus the bias.",
        "08_pooling#pooling-average",
        lambda right, x, coefficient, bias: right(x, coefficient, coefficient * bias),
    ),
    (
        "the bias counts four times",
        "It is added once for each tile, not to each of its pixels.",
        "08_pooling#pooling-average",
        lambda right, x, coefficient, bias: right(x, coefficient, 4 * bias),
    ),
    (
        "the bias is added behind the squashing",
        "The bias moves the sum along the curve: squashing comes last.",
        "07_activation#activation-sigmoid",
        lambda right, x, coefficient, bias: right(x, coefficient, 0 * bias) + bias[:, None, None],
    ),
    (
        "the first map's numbers serve all maps",
        "Each map has a coefficient and a bias of its own: along which axis do they lie?",
        "08_pooling#pooling-average",
        lambda right, x, coefficient, bias: right(
            x, np.full_like(coefficient, coefficient[0]), np.full_like(bias, bias[0])
        ),
    ),
    (
        "the height of the curve is 1",
        "The paper's curve ends at 1.7159, so that 1 and -1 lie where it is still steep.",
        "07_activation#activation-sigmoid",
        lambda right, *given: right(*given) / 1.7159,
    ),
    (
        "the slope of 2 / 3 is left out",
        "What goes into the tanh is two thirds of the scaled and shifted sum.",
        "07_activation#activation-sigmoid",
        _bent(lambda v: 1.7159 * np.tanh(v)),
    ),
    (
        "the plain tanh squashes",
        "The paper's curve is higher and less steep: 1.7159 tanh(2v / 3).",
        "07_activation#activation-sigmoid",
        _bent(np.tanh),
    ),
    (
        "the sigmoid from 0 to 1 squashes",
        "The paper's curve is a tanh, and runs on both sides of 0.",
        "07_activation#activation-sigmoid",
        _bent(lambda v: 1 / (1 + np.exp(-v))),
    ),
    (
        "a ReLU follows",
        "That came later: in 1998 the answer was squashed from both sides.",
        "07_activation#activation-sigmoid",
        _bent(lambda v: np.maximum(v, 0)),
    ),
):
    subsample.mistake(_name, hint=_hint, section=_section)(_wrong)
