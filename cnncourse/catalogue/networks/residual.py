"""The blocks of ResNet, and a shortcut without weights."""

from cnncourse import reference
from cnncourse.catalogue import Case, exercise
from cnncourse.catalogue.networks import surgery
from cnncourse.catalogue.networks.residual_mistakes import add_block_mistakes, behind
from cnncourse.catalogue.networks.shared import COUNTS, RELU, add, ask

STRIDE = "04_convolution#convolution-stride"
ONE = "04_convolution#convolution-one-by-one"


@exercise("12_networks", section=STRIDE, outputs={"out": "N F OH OW"})
def zero_pad_shortcut(x, out_channels, stride):
    """Bring maps to another size without a weight."""
    return reference.zero_pad_shortcut(x, out_channels, stride)


@zero_pad_shortcut.cases
def _(rng):
    def case(claim, shape, out_channels, stride, whole=False):
        x = rng.normal(size=shape)
        x = 1.0 + x.argsort(axis=None).reshape(shape) if whole else x
        return Case(claim, {"x": x, "out_channels": out_channels, "stride": stride})

    yield case("one map of 4 x 4, two wanted, stride 2", (1, 1, 4, 4), 2, 2, whole=True)
    yield case("twice the channels, half the size", (2, 3, 6, 8), 6, 2)
    yield case("odd sizes", (2, 2, 7, 5), 5, 2)
    yield case("stride 3", (1, 2, 8, 7), 4, 3)
    yield case("more channels, the same size", (2, 3, 4, 5), 7, 1)
    yield case("nothing to change", (2, 4, 3, 5), 4, 1)
    yield case("an odd number of maps to add", (2, 2, 4, 6), 5, 2)


@zero_pad_shortcut.mistake(
    "the maps of zeros stand in front",
    hint="Maps of zeros are added behind the others. Which end of the axis does your pad add to?",
)
def _(right, x, out_channels, stride):
    out = right(x, out_channels, stride)
    return out.roll(out_channels - x.shape[1], dims=1)


@zero_pad_shortcut.mistake(
    "half of the zeros stand in front, half behind",
    hint="All maps of zeros are added behind the others.",
)
def _(right, x, out_channels, stride):
    out = right(x, out_channels, stride)
    return out.roll((out_channels - x.shape[1]) // 2, dims=1)


@zero_pad_shortcut.mistake(
    "pixels are averaged, not skipped",
    hint="Option A takes one pixel of each tile as it is; nothing is pooled.",
)
def _(right, x, out_channels, stride):
    from torch.nn import functional as F

    x = F.avg_pool2d(x, stride, ceil_mode=True)
    return right(x, out_channels, 1)


@zero_pad_shortcut.mistake(
    "the largest pixels are taken, not the first",
    hint="Option A takes one pixel of each tile as it is; nothing is pooled.",
)
def _(right, x, out_channels, stride):
    from torch.nn import functional as F

    return right(F.max_pool2d(x, stride, ceil_mode=True), out_channels, 1)


@zero_pad_shortcut.mistake(
    "skipping starts at the second pixel",
    hint="The first pixel of every row and column stays: index 0, then stride, then 2 stride.",
)
def _(right, x, out_channels, stride):
    return right(x[:, :, stride - 1 :, stride - 1 :], out_channels, stride)


@zero_pad_shortcut.mistake(
    "only the rows are thinned out",
    hint="A map has rows and columns: both are stepped through.",
)
def _(right, x, out_channels, stride):
    return right(x[:, :, ::stride], out_channels, 1)


@zero_pad_shortcut.mistake(
    "the stride is ignored",
    hint="Which pixels of a row stay, if stride is 2?",
)
def _(right, x, out_channels, stride):
    return right(x, out_channels, 1)


@zero_pad_shortcut.mistake(
    "the maps are repeated, where zeros are wanted",
    hint="The new maps hold nothing but zeros.",
)
def _(right, x, out_channels, stride):
    thin = right(x, x.shape[1], stride)
    return thin.repeat(1, -(-out_channels // x.shape[1]), 1, 1)[:, :out_channels]


@zero_pad_shortcut.mistake(
    "no maps are added",
    hint="How many channels have your maps, and how many are wanted?",
)
def _(right, x, out_channels, stride):
    return right(x, x.shape[1], stride)


@exercise(
    "12_networks",
    section=STRIDE,
    outputs={"num_params": "", "out": "N F OH OW"},
    kind=COUNTS,
)
def BasicBlock(in_channels, out_channels, stride=1):  # noqa: N802
    """Make a basic block of ResNet."""
    return reference.BasicBlock(in_channels, out_channels, stride)


@BasicBlock.drive
def _(function, x=None, **sizes):
    return ask(BasicBlock, function, x, sizes=sizes)


@BasicBlock.cases
def _(rng):
    def case(claim, C, F, stride, shape):
        sizes = {"in_channels": C, "out_channels": F, "stride": stride}
        return Case(claim, {**sizes, "x": rng.normal(size=(shape[0], C, *shape[1:]))})

    yield case("size and channels stay: the input itself is added", 2, 2, 1, (1, 4, 4))
    yield case("a batch of larger maps", 3, 3, 1, (2, 6, 5))
    yield case("twice the channels, stride 2: a projection", 2, 4, 2, (2, 6, 8))
    yield case("stride 2, the channels stay", 3, 3, 2, (2, 8, 6))
    yield case("more channels, the size stays", 2, 5, 1, (2, 5, 4))
    yield case("odd sizes", 2, 3, 2, (2, 7, 5))
    sizes = {"in_channels": 64, "out_channels": 128, "stride": 2}
    yield Case("the first block of ResNet-18's second stage: 230,144 parameters", sizes)


add_block_mistakes(BasicBlock)


@BasicBlock.mistake(
    "the second convolution takes the stride",
    hint="Which of the two convolutions steps? The second sees maps that are small already.",
)
def _(right, in_channels, out_channels, stride=1):
    network = right(in_channels, out_channels, stride)
    surgery.change(network.body, only=(0,), stride=1)
    surgery.change(network.body, only=(1,), stride=stride)
    return network


@exercise(
    "12_networks",
    section=ONE,
    outputs={"num_params": "", "out": "N F OH OW"},
    kind=COUNTS,
)
def Bottleneck(in_channels, width, stride=1):  # noqa: N802
    """Make a bottleneck of ResNet."""
    return reference.Bottleneck(in_channels, width, stride)


@Bottleneck.drive
def _(function, x=None, **sizes):
    return ask(Bottleneck, function, x, sizes=sizes)


@Bottleneck.cases
def _(rng):
    def case(claim, C, width, stride, shape):
        sizes = {"in_channels": C, "width": width, "stride": stride}
        return Case(claim, {**sizes, "x": rng.normal(size=(shape[0], C, *shape[1:]))})

    yield case("four times the width: the input itself is added", 8, 2, 1, (1, 4, 4))
    yield case("a batch of larger maps", 12, 3, 1, (2, 6, 5))
    yield case("stride 2: a projection", 8, 4, 2, (2, 6, 8))
    yield case("stride 2, the channels stay", 12, 3, 2, (2, 8, 6))
    yield case("more channels, the size stays", 3, 2, 1, (2, 5, 4))
    yield case("odd sizes", 5, 2, 2, (2, 7, 5))
    sizes = {"in_channels": 256, "width": 128, "stride": 2}
    yield Case("the first block of ResNet-50's second stage: 379,392 parameters", sizes)


add_block_mistakes(Bottleneck)


def _first_steps(network):
    stride = network.body[3].stride
    surgery.change(network.body, only=(1,), stride=1)
    surgery.change(network.body, only=(0,), stride=stride)
    return network


add(
    Bottleneck,
    "the first 1 x 1 convolution takes the stride",
    "So its authors had it, and three quarters of the input were never looked at. Here, as in "
    "torchvision, another convolution steps.",
    _first_steps,
    STRIDE,
)
add(
    Bottleneck,
    "the second ReLU is missing",
    "ReLU stands behind the first convolution, behind the second, and behind the sum.",
    lambda network: surgery.without(network, "ReLU", only=(1,)),
    RELU,
)


def _as_wide_as_inside(network):
    from torch import nn

    width = network.body[0].out_channels
    network.body[6] = surgery.changed(network.body[6], out_channels=width)
    network.body[7] = nn.BatchNorm2d(width)
    first = network.body[0].in_channels
    stride = network.body[3].stride
    fits = first == width and stride == (1, 1)
    convolution = nn.Conv2d(first, width, 1, stride=stride, bias=False)
    network.shortcut = nn.Identity() if fits else behind(convolution, nn.BatchNorm2d(width))
    return network


add(
    Bottleneck,
    "the block ends as wide as it is inside",
    "The last convolution widens the maps again: four times `width` channels leave the block.",
    _as_wide_as_inside,
    ONE,
)


@Bottleneck.mistake(
    "all convolutions are 3 x 3",
    hint="A bottleneck is cheap since only its middle convolution looks at neighbours.",
)
def _(right, in_channels, width, stride=1):
    network = right(in_channels, width, stride)
    surgery.change(network.body, kernel_size=3, padding=1)
    return network
