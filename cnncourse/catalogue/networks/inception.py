"""The Inception block: four ways over the same maps."""

from cnncourse import reference
from cnncourse.catalogue import Case, exercise
from cnncourse.catalogue.networks import surgery
from cnncourse.catalogue.networks.shared import COUNTS, RELU, add, add_no_relu, ask

ONE = "04_convolution#convolution-one-by-one"
JOIN = "02_images#arrays-axes"


@exercise(
    "12_networks",
    section=ONE,
    outputs={"num_params": "", "out": "N F H W"},
    kind=COUNTS,
)
def Inception(in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool):  # noqa: N802
    """Make an Inception block."""
    return reference.Inception(in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool)


@Inception.drive
def _(function, x=None, **sizes):
    return ask(Inception, function, x, sizes=sizes)


@Inception.cases
def _(rng):
    names = ("in_channels", "c1", "c3_reduce", "c3", "c5_reduce", "c5", "pool")

    def case(claim, *sizes, shape=None):
        x = {} if shape is None else {"x": rng.normal(size=(shape[0], sizes[0], *shape[1:]))}
        return Case(claim, {**dict(zip(names, sizes, strict=True)), **x})

    yield case("all sizes different", 2, 1, 3, 4, 5, 6, 7, shape=(1, 5, 5))
    yield case("a batch of maps that are not square", 3, 2, 4, 6, 1, 5, 8, shape=(2, 6, 9))
    yield case("branches of many widths", 7, 9, 5, 8, 3, 4, 2, shape=(3, 7, 4))
    yield case("GoogLeNet's block 3a: 163,696 parameters", 192, 64, 96, 128, 16, 32, 32)
    yield case("GoogLeNet's block 5b: 1,444,080 parameters", 832, 384, 192, 384, 48, 128, 128)


def _in_order(*order):
    def change(network):
        from torch import nn

        network.branches = nn.ModuleList(network.branches[i] for i in order)
        return network

    return change


def _at(*places):
    """Take ReLUs of some branches away, each given as (branch, layer)."""

    def change(network):
        from torch import nn

        for branch, layer in places:
            network.branches[branch][layer] = nn.Identity()
        return network

    return change


def _not_thinned(network):
    from torch import nn

    network.branches[3] = nn.Sequential(network.branches[3][0])
    return network


def _five_is_three(network):
    conv = network.branches[2][2]
    network.branches[2][2] = surgery.changed(conv, kernel_size=3, padding=1)
    return network


def _not_reduced(network):
    from torch import nn

    for branch in (1, 2):
        first, second = network.branches[branch][0], network.branches[branch][2]
        wide = surgery.changed(second, in_channels=first.in_channels)
        network.branches[branch] = nn.Sequential(wide, nn.ReLU())
    return network


def _pooled_last(network):
    from torch import nn

    pool, *convolution = network.branches[3]
    network.branches[3] = nn.Sequential(*convolution, pool)
    return network


add_no_relu(Inception)
for _name, _hint, _change, _section in (
    (
        "the branches are joined in another order: 3 x 3 and 5 x 5 exchanged",
        "1 x 1, 3 x 3, 5 x 5, pooling: in which order does your `cat` have them?",
        _in_order(0, 2, 1, 3),
        JOIN,
    ),
    (
        "the branches are joined in another order: pooling first",
        "1 x 1, 3 x 3, 5 x 5, pooling: in which order does your `cat` have them?",
        _in_order(3, 0, 1, 2),
        JOIN,
    ),
    (
        "the branches are joined in reverse",
        "1 x 1, 3 x 3, 5 x 5, pooling: in which order does your `cat` have them?",
        _in_order(3, 2, 1, 0),
        JOIN,
    ),
    (
        "the thinning convolutions have no ReLU",
        "Every convolution of the block has its ReLU, those of 1 x 1 in front of others, too.",
        _at((1, 1), (2, 1)),
        RELU,
    ),
    (
        "the branches end without a ReLU",
        "Every convolution of the block has its ReLU, also the last of a branch.",
        _at((0, 1), (1, 3), (2, 3), (3, 2)),
        RELU,
    ),
    (
        "the pooled maps are not thinned",
        "Behind the pooling stands a convolution of 1 x 1 with `pool` filters.",
        _not_thinned,
        ONE,
    ),
    (
        "the convolution of 1 x 1 stands before the pooling",
        "In the fourth branch the maps are pooled first.",
        _pooled_last,
        ONE,
    ),
    (
        "the 5 x 5 convolution is one of 3 x 3",
        "torchvision's GoogLeNet has this slip; the paper's third branch looks at 5 x 5 pixels.",
        _five_is_three,
        "10_sizes#sizes-parameters",
    ),
    (
        "the 3 x 3 and 5 x 5 convolutions see all channels",
        "A convolution of 1 x 1 in front of them thins the channels: that makes them cheap.",
        _not_reduced,
        ONE,
    ),
    (
        "averages are pooled, not maxima",
        "The fourth branch takes the largest value of each window.",
        lambda network: surgery.pooled(network, "AvgPool2d", 3, stride=1, padding=1),
        "08_pooling#pooling-average",
    ),
    (
        "the convolutions have no bias",
        "This is the paper's block, without batch normalisation: each filter has a bias.",
        lambda network: surgery.change(network, bias=False),
        "10_sizes#sizes-parameters",
    ),
):
    add(Inception, _name, _hint, _change, _section)
