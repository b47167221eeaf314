"""Assignment 13: worked examples by hand, and mistakes as students write them."""

import pytest
import torch
from torch import nn

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge


class Small(nn.Module):
    """The network that the notebook prints."""

    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8))
        self.layer1 = nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(16, 10)

    def forward(self, x):
        """Turn images into logits."""
        x = self.stem(x).relu()
        x = self.layer1(x).relu()
        return self.fc(self.pool(x).flatten(1))


@pytest.fixture
def network():
    """Make the notebook's network with fixed weights."""
    torch.manual_seed(0)
    return Small()


def learning(network):
    return [name for name, p in network.named_parameters() if p.requires_grad]


def test_freeze_by_hand(network):
    """Four parameters stop, six go on; only the running mean of the other block moves."""
    reference.freeze(network, ["stem"])
    network(torch.rand(4, 3, 5, 5))

    assert not [name for name in learning(network) if name.startswith("stem")]
    assert len(learning(network)) == 6
    assert network.stem[1].running_mean.abs().sum() == 0
    assert network.layer1[1].running_mean.abs().sum() > 0


def test_replace_head_by_hand(network):
    """170 parameters become 68."""
    before = sum(p.numel() for p in network.parameters())

    after = sum(p.numel() for p in reference.replace_head(network, 4).parameters())

    assert before - after == 170 - 68


def test_param_groups_by_hand(network):
    """8, 4, 2 from the head down; a frozen block is skipped but counted."""
    rates = [group["lr"] for group in reference.param_groups(network, lr=8, decay=0.5)]
    network.layer1.requires_grad_(False)
    fewer = [group["lr"] for group in reference.param_groups(network, lr=8, decay=0.5)]

    assert rates == [8, 4, 2]
    assert fewer == [8, 2]


def test_gradual_unfreezing_by_hand(network):
    """The notebook's table, pass by pass."""
    table = []
    for epoch in range(6):
        reference.gradual_unfreezing(network.train(), epoch, every=2)
        table.append(sorted({name.split(".")[0] for name in learning(network)}))

    assert table == [["fc"]] * 2 + [["fc", "layer1"]] * 2 + [["fc", "layer1", "stem"]] * 2


def test_extract_features_by_hand(network):
    """The head, put behind the features, gives the network's own answer."""
    x = torch.rand(5, 3, 6, 7)

    features = reference.extract_features(network, x)

    assert features.shape == (5, 16)
    assert (features >= 0).all()
    assert torch.allclose(network.fc(features), network.eval()(x))


def frozen_on_the_module(network, parts):
    for name in parts:
        module = dict(network.named_modules())[name]
        module.requires_grad = False
        module.eval()


def frozen_by_prefix(network, parts):
    for name, p in network.named_parameters():
        if name.startswith(tuple(parts)):
            p.requires_grad = False
    for name, module in network.named_modules():
        if parts and name.startswith(tuple(parts)):
            module.eval()


def head_then_freeze(network, num_classes):
    network = reference.replace_head(network, num_classes)
    for p in network.parameters():
        p.requires_grad = False
    return network


def only_out_features(network, num_classes):
    [m for m in network.modules() if isinstance(m, nn.Linear)][-1].out_features = num_classes
    return network


def all_in_the_optimiser(network, *, lr, decay):
    blocks = [b for b in network.children() if list(b.parameters())][::-1]
    return [{"params": b.parameters(), "lr": lr * decay**i} for i, b in enumerate(blocks)]


def thawed_in_order(network, epoch, *, every=1):
    blocks = [b for b in network.children() if list(b.parameters())]
    for i, block in enumerate(blocks):
        block.requires_grad_(i <= epoch // every)
        block.train(i <= epoch // every)


def children_in_a_row(network, x):
    mode = network.training
    network.eval()
    body = [child for name, child in network.named_children() if name != "fc"]
    with torch.no_grad():
        for child in body:
            x = child(x)
    network.train(mode)
    return x.flatten(1)


def logits_for_features(network, x):
    mode = network.training
    network.eval()
    with torch.no_grad():
        out = network(x)
    network.train(mode)
    return out


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("freeze", frozen_on_the_module, "the parts are set to evaluate, but their"),
        ("freeze", frozen_by_prefix, "parts whose names only begin alike"),
        ("replace_head", head_then_freeze, "everything is frozen, the new head as well"),
        ("replace_head", only_out_features, "the old head is still at work"),
        ("param_groups", all_in_the_optimiser, "the optimiser still holds frozen parameters"),
        ("gradual_unfreezing", thawed_in_order, "it thaws from the image, not from the head"),
        ("extract_features", children_in_a_row, "the ReLUs between the blocks are missing"),
        ("extract_features", logits_for_features, "these are the logits, behind the head"),
    ],
)
def test_a_mistake_as_students_write_it_is_named(name, function, mistake):
    """Not from the catalogue: code as it comes from somebody's hand."""
    verdict = judge(EXERCISES[name], function, seed="9")

    assert not verdict.passed
    assert verdict.first_named.mistake.startswith(mistake)


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        (lambda network: {"params": []}, "returned a dict, expected a list"),
        (lambda network: [{"params": [network.fc.weight]}], 'no dictionary with "params"'),
        (
            lambda network: [{"params": list(network.parameters()), "lr": 1.0}] * 2,
            "is in a group already",
        ),
        (lambda network: [{"params": ["fc"], "lr": 1.0}], "holds a str, not a parameter"),
    ],
)
def test_groups_that_no_optimiser_takes_get_a_sentence(groups, said):
    """Form comes before numbers, and the report says what to change."""

    def answer(network, *, lr, decay):
        return groups(network)

    verdict = judge(EXERCISES["param_groups"], answer, seed="9")

    assert said in verdict.results[0].detail
