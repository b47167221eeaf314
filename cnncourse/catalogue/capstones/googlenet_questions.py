"""Capstone C5: what an Inception block makes, learns and costs."""

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "c5_googlenet",
    section="10_sizes#sizes-parameters",
    outputs={"out_channels": "", "params": ""},
    kind=int,
)
def inception_counts(in_channels, plan):
    """Count the channels that an Inception block makes, and its parameters."""
    return reference.inception_counts(in_channels, plan)


@inception_counts.cases
def _(rng):
    def case(claim, in_channels, *plan):
        plan = tuple(int(n) for n in plan)
        return Case(claim, {"in_channels": int(in_channels), "plan": plan})

    def draw():
        return int(rng.integers(60, 99)), *rng.permutation([8, 11, 15, 20, 26, 33])

    yield case("a block with one channel everywhere but in the input", 2, 1, 1, 1, 1, 1, 1)
    yield case("a branch each of 1, 2, 4 and 8 channels", 10, 1, 3, 2, 5, 4, 8)
    yield case("six numbers, all different", *draw())
    yield case("as GoogLeNet's 3a", 192, 64, 96, 128, 16, 32, 32)
    yield case("six others", *draw())
    yield case("six more", *draw())


def _changed(channels=None, params=None):
    """Answer with another number in place of one of the two."""

    def wrong(right, in_channels, plan):
        out = right(in_channels, plan)
        return (
            out[0] if channels is None else channels(out[0], in_channels, plan),
            out[1] if params is None else out[1] + params(in_channels, *plan),
        )

    return wrong


for _name, _hint, _section, _wrong in (
    (
        "the thinning layers' channels are in the output",
        "What a 1 x 1 in front of another layer makes is read by that layer alone.",
        "04_convolution#convolution-one-by-one",
        _changed(channels=lambda out, c, plan: sum(plan)),
    ),
    (
        "the pooling branch keeps all its channels",
        "Behind the pooling stands a 1 x 1, which makes the last number of the plan.",
        "04_convolution#convolution-one-by-one",
        _changed(channels=lambda out, c, plan: out - plan[5] + c),
    ),
    (
        "the pooling branch is left out",
        "Four branches are laid one behind the other; the last number of the plan is the "
        "fourth's.",
        "10_sizes#sizes-parameters",
        _changed(lambda out, c, plan: out - plan[5], lambda c, *plan: -(c + 1) * plan[5]),
    ),
    (
        "the branches' channels are multiplied",
        "The branches' maps are laid one behind the other, like sheets of paper.",
        "10_sizes#sizes-parameters",
        _changed(channels=lambda out, c, plan: plan[0] * plan[2] * plan[4] * plan[5]),
    ),
    (
        "only the widest branch counts",
        "The branches' maps are laid one behind the other, like sheets of paper.",
        "10_sizes#sizes-parameters",
        _changed(channels=lambda out, c, plan: max(plan[0], plan[2], plan[4], plan[5])),
    ),
    (
        "the biases are left out",
        "Each channel that any of the six convolutions makes has one.",
        "10_sizes#sizes-parameters",
        _changed(params=lambda c, *plan: -sum(plan)),
    ),
    (
        "the large windows read the block's input",
        "In front of 3 x 3 and 5 x 5 stands a 1 x 1: how many channels does it leave?",
        "04_convolution#convolution-one-by-one",
        _changed(params=lambda c, p, q, r, s, t, u: 9 * r * (c - q) + 25 * t * (c - s)),
    ),
    (
        "the thinning layers have no parameters",
        "A 1 x 1 is a convolution: a weight for each pair of channels, and biases.",
        "04_convolution#convolution-one-by-one",
        _changed(params=lambda c, p, q, r, s, t, u: -(c + 1) * (q + s)),
    ),
    (
        "the window of 5 x 5 is counted as 3 x 3",
        "torchvision's GoogLeNet has 3 x 3 there, by mistake; the paper has 5 x 5, and so has the "
        "plan here.",
        "10_sizes#sizes-parameters",
        _changed(params=lambda c, p, q, r, s, t, u: -16 * s * t),
    ),
    (
        "the side of a window is counted instead of its pixels",
        "A window of 3 x 3 has nine weights for each channel.",
        "10_sizes#sizes-parameters",
        _changed(params=lambda c, p, q, r, s, t, u: -6 * q * r - 20 * s * t),
    ),
    (
        "the pooling branch learns nothing",
        "Pooling does not, but behind it stands a 1 x 1.",
        "04_convolution#convolution-one-by-one",
        _changed(params=lambda c, *plan: -(c + 1) * plan[5]),
    ),
    (
        "the two answers are swapped",
        "First the channels, then the parameters.",
        "10_sizes#sizes-parameters",
        lambda right, in_channels, plan: right(in_channels, plan)[::-1],
    ),
):
    inception_counts.mistake(_name, hint=_hint, section=_section)(_wrong)


@exercise(
    "c5_googlenet",
    section="10_sizes#sizes-macs",
    outputs={"direct": "", "thinned": ""},
    kind=int,
)
def bottleneck_macs(in_channels, reduced, out_channels, *, kernel_size, size):
    """Count the multiply-accumulates of a convolution, and of one behind a 1 x 1."""
    return reference.bottleneck_macs(
        in_channels, reduced, out_channels, kernel_size=kernel_size, size=size
    )


@bottleneck_macs.cases
def _(rng):
    def case(claim, channels, kernel_size, size):
        names = ("in_channels", "reduced", "out_channels")
        numbers = dict(zip(names, map(int, channels), strict=True))
        size = tuple(int(side) for side in size)
        return Case(claim, {**numbers, "kernel_size": kernel_size, "size": size})

    H, W = rng.permutation([5, 7, 8, 11])[:2]
    few, some, many = (int(n) for n in rng.permutation([6, 7, 9, 10, 13])[:3])
    yield case("four channels thinned to one, 3 x 3", (4, 1, 2), 3, (5, 6))
    yield case("windows of 3", (5 * many, few, 2 * some), 3, (H, W))
    yield case("windows of 5", (5 * some, few, 2 * many), 5, (W, H))
    yield case("as GoogLeNet's 3a", (192, 16, 32), 5, (28, 28))
    yield case("a 1 x 1 that leaves as many channels saves nothing", (few, few, some), 3, (H, W))
    yield case("windows of 7", (3 * few, some, many), 7, (W, H))


def _parts(change):
    """Answer from the costs of the three layers: the large one without the 1 x 1, both with."""

    def wrong(right, a, r, b, *, kernel_size, size):
        direct, thinned = right(a, r, b, kernel_size=kernel_size, size=size)
        first = right(a, 1, r, kernel_size=1, size=size)[0]
        H, W = map(int, size)
        return change(direct, first, thinned - first, kernel_size, H, W, (a, r, b))

    return wrong


for _name, _hint, _section, _wrong in (
    (
        "the 1 x 1 costs nothing",
        "It is a convolution, too: how many channels does it read at every place, and make?",
        "04_convolution#convolution-one-by-one",
        _parts(lambda d, one, big, k, H, W, c: (d, big)),
    ),
    (
        "behind the 1 x 1 the large window still reads all channels",
        "What does the 1 x 1 leave for it?",
        "04_convolution#convolution-one-by-one",
        _parts(lambda d, one, big, k, H, W, c: (d, one + d)),
    ),
    (
        "the 1 x 1 has a large window as well",
        "Its window is one pixel.",
        "04_convolution#convolution-one-by-one",
        _parts(lambda d, one, big, k, H, W, c: (d, one * k * k + big)),
    ),
    (
        "the two layers' costs are multiplied",
        "One layer works after the other: what is the sum of both?",
        "10_sizes#sizes-macs",
        _parts(lambda d, one, big, k, H, W, c: (d, one * big)),
    ),
    (
        "the side of a window is counted instead of its pixels",
        "A window of 3 x 3 multiplies nine pixels of each channel.",
        "10_sizes#sizes-macs",
        _parts(lambda d, one, big, k, H, W, c: (d // k, one + big // k)),
    ),
    (
        "the size of the maps is left out",
        "Every weight is used once at every place of the map.",
        "10_sizes#sizes-macs",
        _parts(lambda d, one, big, k, H, W, c: (d // (H * W), (one + big) // (H * W))),
    ),
    (
        "the height of the maps is squared",
        "Maps need not be square: height times width places.",
        "10_sizes#sizes-macs",
        _parts(lambda d, one, big, k, H, W, c: (d // W * H, (one + big) // W * H)),
    ),
    (
        "the width of the maps is squared",
        "Maps need not be square: height times width places.",
        "10_sizes#sizes-macs",
        _parts(lambda d, one, big, k, H, W, c: (d // H * W, (one + big) // H * W)),
    ),
    (
        "the rim is left out",
        "Enough rim is added that the maps keep their size.",
        "10_sizes#sizes-macs",
        _parts(
            lambda d, one, big, k, H, W, c: tuple(
                rest + n // (H * W) * max(0, H - k + 1) * max(0, W - k + 1)
                for rest, n in ((0, d), (one, big))
            )
        ),
    ),
    (
        "a product and its sum count as two",
        "A multiply-accumulate is both at once.",
        "10_sizes#sizes-macs",
        _parts(lambda d, one, big, k, H, W, c: (2 * d, 2 * (one + big))),
    ),
    (
        "biases are counted",
        "A bias is added, but nothing is multiplied by it.",
        "10_sizes#sizes-macs",
        _parts(
            lambda d, one, big, k, H, W, c: (
                d + c[2] * H * W,
                one + big + (c[1] + c[2]) * H * W,
            )
        ),
    ),
    (
        "the two answers are swapped",
        "First without the 1 x 1, then with it.",
        "10_sizes#sizes-macs",
        _parts(lambda d, one, big, k, H, W, c: (one + big, d)),
    ),
):
    bottleneck_macs.mistake(_name, hint=_hint, section=_section)(_wrong)
