"""Assignment 12: parameter counts, weights that find their layers, and mistakes as written."""

import functools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.catalogue.modules import count_parameters, draw_weights
from cnncourse.checker import judge
from cnncourse.models import lenet, resnet, resnet_cifar

COUNTS = {
    "LeNet5": (((), 61_706),),
    "AlexNet": (((), 61_100_840), ((10,), 57_044_810)),
    "ZFNet": (((), 62_357_608),),
    "VGG": (
        ((11,), 132_863_336),
        ((13,), 133_047_848),
        ((16,), 138_357_544),
        ((19,), 143_667_240),
    ),
    "Inception": (
        ((192, 64, 96, 128, 16, 32, 32), 163_696),
        ((832, 384, 192, 384, 48, 128, 128), 1_444_080),
    ),
    "from_pattern": (((1, 2, 1), 545_098),),
    "conv_stage": (((3, 8, 2), 808),),
    "BasicBlock": (((64, 128, 2), 230_144),),
    "Bottleneck": (((256, 128, 2), 379_392),),
    "resnet_cifar": (
        ((20,), 269_722),
        ((32,), 464_154),
        ((44,), 658_586),
        ((56,), 853_018),
        ((110,), 1_727_962),
    ),
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_counts_of_the_notebook_and_of_the_papers(name):
    """The figures that the exercises print are those of the references."""
    for sizes, count in COUNTS[name]:
        assert count_parameters(getattr(reference, name), *sizes) == count


def test_the_shortcut_of_the_notebook_by_hand():
    """The 4 x 4 example."""
    x = torch.arange(1.0, 17).reshape(1, 1, 4, 4)

    out = reference.zero_pad_shortcut(x, 2, 2)

    assert out.tolist() == [[[[1, 3], [9, 11]], [[0, 0], [0, 0]]]]


PAIRS = {
    "LeNet5": (lambda: lenet.LeNet5(), lambda: reference.LeNet5(), (2, 1, 28, 28)),
    "BasicBlock": (
        lambda: resnet.BasicBlock(3, 5, 2),
        lambda: reference.BasicBlock(3, 5, 2),
        (2, 3, 7, 6),
    ),
    "Bottleneck": (
        lambda: resnet.Bottleneck(3, 2, 2),
        lambda: reference.Bottleneck(3, 2, 2),
        (2, 3, 7, 6),
    ),
    "resnet_cifar": (
        lambda: resnet_cifar.ResNetCifar(20),
        lambda: reference.resnet_cifar(20),
        (2, 3, 16, 16),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_references_compute_what_the_courses_own_networks_compute(name):
    """Two ways to write a network, other names, the same drawn weights: the same logits."""
    *both, shape = PAIRS[name]
    x = np.random.default_rng(0).normal(size=shape)
    outs = []
    for make in both:
        network = make().double().eval()
        draw_weights(network, x)
        with torch.no_grad():
            outs.append(network(torch.from_numpy(x)))

    assert outs[0].abs().max() > 1e-3
    torch.testing.assert_close(*outs, rtol=1e-10, atol=1e-10)


class ReluAfterSum(nn.Module):
    """As a student writes it who read the figure too fast."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.c1 = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.b1 = nn.BatchNorm2d(out_channels)
        self.c2 = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)
        self.b2 = nn.BatchNorm2d(out_channels)
        self.short = nn.Sequential()
        if stride != 1 or in_channels != out_channels:
            self.short = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        y = F.relu(self.b1(self.c1(x)))
        return F.relu(self.b2(self.c2(y))) + self.short(x)


class LeNetWithSoftmax(nn.Module):
    """The softmax that the loss takes, too."""

    def __init__(self, num_classes=10, in_channels=1):
        super().__init__()
        self.body = reference.LeNet5(num_classes, in_channels)

    def forward(self, x):
        return F.softmax(self.body(x), dim=1)


class AlexNetDropsAlways(nn.Module):
    """F.dropout, which does not know the mode."""

    def __init__(self, num_classes=1000, *, width=64):
        super().__init__()
        whole = reference.AlexNet(num_classes, width=width)
        self.features = whole[:13]
        self.fc = nn.ModuleList([m for m in whole if isinstance(m, nn.Linear)])

    def forward(self, x):
        x = self.features(x).flatten(1)
        x = F.relu(self.fc[0](F.dropout(x)))
        return self.fc[2](F.relu(self.fc[1](F.dropout(x))))


def inception_sorted(in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool):
    """The pooled branch first."""
    block = reference.Inception(in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool)
    block.branches = block.branches[3:] + block.branches[:3]
    return block


WRITTEN = {
    "BasicBlock": (ReluAfterSum, "the shortcut is added behind the last ReLU"),
    "LeNet5": (LeNetWithSoftmax, "the logits go through a softmax"),
    "AlexNet": (AlexNetDropsAlways, "dropout is at work at test time, too"),
    "Inception": (
        inception_sorted,
        "the branches are joined in another order: pooling first",
    ),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_mistakes_as_students_write_them_are_named(name):
    """With layers and names of their own."""
    function, mistake = WRITTEN[name]

    verdict = judge(EXERCISES[name], function, seed="written")

    assert not verdict.passed
    assert verdict.first_named.mistake == mistake


def block(change):
    """A right BasicBlock whose way through is changed."""

    @functools.wraps(reference.BasicBlock)
    def make(in_channels, out_channels, stride=1):
        network = reference.BasicBlock(in_channels, out_channels, stride)

        class Changed(nn.Module):
            def __init__(self):
                super().__init__()
                self.network = network

            def forward(self, x):
                return change(self.network, x)

        return Changed()

    return make


BAD = {
    "changes its input x in place": block(lambda network, x: network(x.add_(1))),
    "forward returned None: is a `return` missing?": block(lambda network, x: None),
    "forward returned a tuple, expected a tensor": block(lambda network, x: (network(x), x)),
    "forward returned an ndarray": block(lambda network, x: network(x).numpy()),
    "some values are NaN": block(lambda network, x: network(x) * float("nan")),
    "values of out are wrong": block(lambda network, x: network.train()(x)),
    "raises RuntimeError: no such thing": block(
        lambda network, x: (_ for _ in ()).throw(RuntimeError("no such thing"))
    ),
}


@pytest.mark.parametrize("sentence", BAD)
def test_a_forward_that_gives_no_answer_is_told_so(sentence):
    """In one sentence, of ours."""
    verdict = judge(EXERCISES["BasicBlock"], BAD[sentence], seed="bad")

    assert verdict.score == 0
    assert verdict.first_failure.summary.startswith(sentence)


def of_modules(make):
    """A function with the signature of BasicBlock."""
    return functools.wraps(reference.BasicBlock)(lambda *args, **options: make(*args, **options))


NO_NETWORK = {
    "returned None: is a `return` missing?": lambda *sizes: None,
    "returned a list, expected a network, an nn.Module": lambda *sizes: [nn.ReLU()],
    "returned the class ReLU, expected a network made of it": lambda *sizes: nn.ReLU,
    "weight belongs to a lazy layer: say how many channels go into it": (
        lambda *sizes: nn.LazyConv2d(sizes[1], 3)
    ),
    "weight is on the device meta, expected it on the CPU": (
        lambda *sizes: nn.Conv2d(2, 2, 3, device="meta")
    ),
    "the network has no method forward": lambda *sizes: nn.Module(),
}


@pytest.mark.parametrize("sentence", NO_NETWORK)
def test_what_is_no_network_is_told_so(sentence):
    """Of whatever a function may return."""
    verdict = judge(EXERCISES["BasicBlock"], of_modules(NO_NETWORK[sentence]), seed="bad")

    assert verdict.score == 0
    assert verdict.first_failure.summary == sentence


def test_a_network_that_looks_at_its_weights_is_counted_all_the_same():
    """There are none on the device meta: they are made."""

    def make():
        layer = nn.Linear(3, 4)
        layer.scale = float(layer.weight.abs().max())
        return layer

    assert count_parameters(make) == 16


def test_a_networks_own_initialisation_costs_no_memory_and_no_time():
    """AlexNet's 61 million weights are not drawn only to be counted."""

    def make():
        layer = nn.Linear(2**20, 2**20)  # 4 TiB
        nn.init.kaiming_normal_(layer.weight)
        return layer

    assert count_parameters(make) == 2**40 + 2**20


def test_weights_depend_on_the_images_and_on_nothing_else():
    """Neither on names, nor on what was drawn before."""
    x = np.random.default_rng(0).normal(size=(2, 2, 5, 6))
    first, again, other = (reference.BasicBlock(2, 3, 2).double() for _ in range(3))
    draw_weights(first, x)
    torch.rand(3)
    draw_weights(again, x)
    draw_weights(other, x + 1)
    pairs = list(zip(first.parameters(), again.parameters(), other.parameters(), strict=True))

    assert all(torch.equal(a, b) for a, b, _ in pairs)
    assert not any(torch.equal(a, c) for a, _, c in pairs)
