"""Transfer: frozen is fixed, the head is new, stages fit any network, budgets are equal."""

import copy

import pytest
import torch
from torch import nn

from cnncourse.data import ImageSet
from cnncourse.data.subsets import few_of_each, some_classes
from cnncourse.models import create
from cnncourse.training import train
from cnncourse.training.stages import heads, stages
from cnncourse.training.techniques import TECHNIQUES, Comparison, adapt, compare_techniques
from cnncourse.training.transfer import (
    extract_features,
    freeze,
    gradual_unfreezing,
    keep_frozen,
    param_groups,
    replace_head,
    unfreeze,
)

OURS = (
    "lenet5",
    "alexnet",
    "zfnet",
    "vgg11_bn",
    "nin",
    "googlenet",
    "resnet18",
    "resnet20",
    "densenet121",
    "mobilenet_v2",
    "convnext_tiny",
    "se_resnet18",
)


def toy_set(N=40, classes=("left", "middle", "right"), split="train"):
    """The brightest of the columns, with noise."""
    generator = torch.Generator().manual_seed(N)
    images = torch.rand(N, 1, 6, len(classes), generator=generator) / 2
    labels = torch.arange(N) % len(classes)
    images[torch.arange(N), 0, :, labels] += 0.5
    return ImageSet("toy", split, images, labels, classes)


class Toy(nn.Module):
    """Two blocks with batch normalisation, dropout and a head; ReLUs in `forward` only."""

    def __init__(self, num_classes=3):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 4, 3, padding=1)
        self.bn1 = nn.BatchNorm2d(4)
        self.layer1 = nn.Sequential(nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6))
        self.dropout = nn.Dropout(0.5)
        self.fc1 = nn.Linear(12, 8)
        self.fc = nn.Linear(8, num_classes)

    def forward(self, x):
        """Turn images into logits."""
        x = self.bn1(self.conv1(x)).relu()
        x = nn.functional.adaptive_avg_pool2d(self.layer1(x).relu(), (1, 2))
        return self.fc(self.fc1(self.dropout(x.flatten(1))).relu())


@pytest.fixture
def toy():
    """Make the toy network with fixed weights."""
    torch.manual_seed(0)
    return Toy()


def learning(model):
    return {name.split(".")[0] for name, p in model.named_parameters() if p.requires_grad}


def values(model):
    return {name: value.clone() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("name", OURS)
def test_stages_hold_every_parameter_once_and_end_with_the_head(name):
    """Whatever the architecture: from the image to the head, nothing lost, nothing twice."""
    with torch.device("meta"):
        model = create(name)

    parts = stages(model)

    held = [id(p) for part in parts.values() for p in part]
    assert sorted(held) == sorted(id(p) for p in model.parameters())
    assert list(parts)[-1] == heads(model)[0]
    assert len(parts) >= 4
    assert next(model.parameters()) is next(iter(parts.values()))[0]


@pytest.mark.parametrize(
    ("name", "head", "number"),
    [
        ("resnet18", "fc", 6),
        ("vgg11", "classifier.6", 11),
        ("squeezenet1_0", "classifier.1", 10),
        ("mobilenet_v2", "classifier.1", 20),
        ("googlenet", "fc", 13),
        ("vit_b_16", "heads.head", 14),
        ("swin_t", "head", 9),
    ],
)
def test_torchvision_networks_have_stages_and_get_new_heads(name, head, number):
    """Their heads have many names and places; auxiliary ones are replaced as well."""
    import torchvision

    options = {"init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):
        model = getattr(torchvision.models, name)(**options)
        new = replace_head(model, 7)

    layer = model.get_submodule(head)
    assert new[0] == head
    assert len(new) == (3 if name == "googlenet" else 1)
    assert (getattr(layer, "out_features", None) or layer.out_channels) == 7
    assert len(stages(model)) == number
    assert sum(map(len, stages(model).values())) == len(list(model.parameters()))


def test_a_frozen_part_is_a_fixed_function_while_training_goes_on(toy):
    """Neither weights nor running statistics move, and dropout does not blur it."""
    freeze(toy, "conv1", "bn1")
    before = values(toy)

    train(toy, toy_set(), toy_set(), epochs=2, batch_size=8, before_epoch=keep_frozen,
          progress=False, device="cpu")  # fmt: skip

    moved = {n.split(".")[0] for n, v in values(toy).items() if not torch.equal(v, before[n])}
    assert moved == {"layer1", "fc1", "fc"}


def test_without_keep_frozen_the_running_statistics_move(toy):
    """That is the mistake which the function is there for: `train` wakes everything up."""
    freeze(toy, "conv1", "bn1")
    before = toy.bn1.running_mean.clone()

    train(toy, toy_set(), toy_set(), epochs=1, batch_size=8, progress=False, device="cpu")

    assert not torch.equal(toy.bn1.running_mean, before)


def test_unfreeze_undoes_freeze(toy):
    """Gradients and training mode come back for the part that is named."""
    freeze(toy)
    unfreeze(toy, "layer1")

    assert learning(toy) == {"layer1"}
    assert toy.layer1[1].training
    assert not toy.bn1.training


def test_freeze_suggests_the_part_that_was_meant(toy):
    """A name that does not exist freezes nothing silently."""
    with pytest.raises(ValueError, match=r"no part 'layer2': did you mean layer1"):
        freeze(toy, "layer2")


def test_a_new_head_learns_where_all_else_is_frozen(toy):
    """Freeze, then replace: the order that leaves something to learn."""
    freeze(toy)

    assert replace_head(toy, 5) == ("fc",)
    assert learning(toy) == {"fc"}
    assert toy(torch.rand(2, 1, 6, 3)).shape == (2, 5)
    assert toy.fc.weight.abs().max() < 0.1


def test_auxiliary_heads_are_replaced_too():
    """GoogLeNet answers three times while it trains."""
    model = create("googlenet", 10, image_size=32, width=0.125, aux_logits=True)

    replace_head(model, 4)

    assert [out.shape for out in model(torch.rand(2, 3, 32, 32))] == [(2, 4)] * 3


@pytest.mark.parametrize(
    ("model", "num_classes", "said"),
    [
        (lambda: create("lenet5_1998"), 4, "LeNet5Original has no fully connected layer"),
        (lambda: Toy(), 0, "num_classes is 0"),
    ],
)
def test_heads_that_cannot_be_replaced_say_why(model, num_classes, said):
    """The drawings of 1998 are no layer that learns."""
    with pytest.raises(ValueError, match=said):
        replace_head(model(), num_classes)


def test_groups_go_from_the_first_scale_to_one_in_equal_factors(toy):
    """Five parts give four factors; a step of the optimiser is as much smaller."""
    groups = param_groups(first=0.0001)(toy)

    assert [group["name"] for group in groups] == ["conv1", "layer1", "fc1", "fc"]
    assert [group["scale"] for group in groups] == pytest.approx([1e-4, 10**-2.6667, 10**-1.3333, 1], rel=1e-3)  # fmt: skip  # noqa: E501
    with pytest.raises(ValueError, match="to keep a stage, freeze it"):
        param_groups(first=0)


def test_train_takes_the_groups(toy):
    """The record says at which scale each group learned."""
    history = train(toy, toy_set(), toy_set(), epochs=1, parameters=param_groups(first=0.01),
                    progress=False, device="cpu")  # fmt: skip

    assert [line.split()[2] for line in history.record["groups"]] == [
        "0.01",
        "0.0464159",
        "0.215443",
        "1",
    ]


def test_gradual_unfreezing_thaws_from_the_head_down(toy):
    """Also from the middle of a run, and past the last stage."""
    thaw = gradual_unfreezing(every=2)
    table = []
    for epoch in (0, 1, 2, 4, 6, 9, 2):
        thaw(toy.train(), epoch)
        table.append(len(learning(toy)))

    assert table == [1, 1, 2, 3, 5, 5, 2]
    assert not toy.bn1.training
    assert toy.fc1.training


def test_a_gradually_thawed_run_resumes_bit_for_bit(toy, tmp_path):
    """What is thawed depends on the number of the pass alone."""
    options = {"batch_size": 8, "before_epoch": gradual_unfreezing(), "progress": False,
               "device": "cpu", "checkpoint": tmp_path / "run.pt", "epochs": 4}  # fmt: skip
    whole, broken = copy.deepcopy(toy), copy.deepcopy(toy)
    train(whole, toy_set(), toy_set(), **options | {"checkpoint": None})

    class Stop(Exception):  # noqa: N818, the power cut
        pass

    thaw, first = gradual_unfreezing(), {}

    def stop_at_2(model, epoch):
        if epoch == 2 and not first:
            first["stopped"] = True
            raise Stop
        thaw(model, epoch)

    with pytest.raises(Stop):
        train(broken, toy_set(), toy_set(), **options | {"before_epoch": stop_at_2})
    train(broken, toy_set(), toy_set(), **options | {"before_epoch": stop_at_2})

    assert all(torch.equal(v, values(broken)[n]) for n, v in values(whole).items())


@pytest.mark.parametrize("name", ["lenet5", "resnet20", "nin"])
def test_the_head_behind_the_features_is_the_network(name):
    """Features are what the head is given: nothing more and nothing less."""
    torch.manual_seed(0)
    model = create(name)
    channels = 1 if name == "lenet5" else 3
    images = torch.rand(5, channels, model.image_size, model.image_size)

    features = extract_features(model, images, batch_size=2)

    head = model.get_submodule(heads(model)[0])
    logits = features @ head.weight.flatten(1).T + head.bias
    assert torch.allclose(logits, model.eval()(images), atol=1e-5)
    assert not features.requires_grad


def test_extract_features_leaves_every_part_as_it_was(toy):
    """Mode, hooks, statistics."""
    freeze(toy, "conv1", "bn1")
    modes = [part.training for part in toy.modules()]
    before = values(toy)

    extract_features(toy, torch.rand(3, 1, 6, 3))

    assert [part.training for part in toy.modules()] == modes
    assert not toy.fc._forward_pre_hooks
    assert all(torch.equal(v, before[n]) for n, v in values(toy).items())


@pytest.mark.parametrize(
    ("technique", "kept"),
    [
        ("feature extraction", {"conv1", "bn1", "layer1", "fc1"}),
        ("freezing", {"conv1", "bn1", "layer1"}),
        ("gradual unfreezing", set()),
        ("full fine-tuning", set()),
        ("from scratch", set()),
    ],
)
def test_each_technique_changes_what_it_says(toy, technique, kept):
    """After a run, exactly the frozen parts are what they were."""
    before = values(toy)

    adapt(toy, toy_set(24, ("a", "b", "c", "d")), technique=technique, epochs=10, batch_size=8,
          device="cpu")  # fmt: skip

    after = values(toy)
    same = {n.split(".")[0] for n in before if n in after and torch.equal(before[n], after[n])}
    assert same == kept


def test_a_comparison_gives_every_technique_the_same_budget(toy):
    """Same images, same steps, every run in the table; a single seed is refused."""
    new = toy_set(60, ("a", "b", "c", "d"))
    found = compare_techniques(
        toy, Toy, new, new, counts=(2, 4), seeds=(0, 1), steps=3, batch_size=8, device="cpu"
    )

    assert len(found.accuracy) == 2 * 2 * len(TECHNIQUES)
    assert found.counts == [2, 4]
    assert all(0 <= a <= 1 for a in found.accuracy.values())
    assert all(technique in str(found) for technique in TECHNIQUES)
    with pytest.raises(ValueError, match="one run alone has no spread"):
        compare_techniques(toy, Toy, new, new, counts=(2,), seeds=(0,), steps=1)


def test_a_comparison_draws_a_curve_and_the_runs_behind_it():
    """Two marks a technique: the mean and the runs."""
    found = Comparison(
        {(t, c, s): 0.5 + s / 10 for t in TECHNIQUES for c in (5, 20) for s in (0, 1)},
        {(t, c, s): 1.0 for t in TECHNIQUES for c in (5, 20) for s in (0, 1)},
    )

    ax = found.plot()

    assert len(ax.lines) == 2 * len(TECHNIQUES)
    assert list(ax.lines[0].get_ydata()) == pytest.approx([55, 55])
    assert "55.0 +- 7.1 %" in str(found)


def test_unknown_technique_lists_those_there_are(toy):
    """A slip of the pen costs no run."""
    with pytest.raises(ValueError, match="must be one of feature extraction, freezing"):
        adapt(toy, toy_set(), technique="finetuning", epochs=1)


def test_some_classes_renumbers_in_the_order_asked_for():
    """The first name becomes label 0."""
    part = some_classes(toy_set(9), ("right", "left"))

    assert part.classes == ("right", "left")
    assert part.labels.tolist() == [1, 0, 1, 0, 1, 0]
    with pytest.raises(ValueError, match="has no class 'top'; it has left, middle, right"):
        some_classes(toy_set(), ("top",))


def test_few_of_each_draws_nested_samples():
    """More images with the same seed hold the fewer; another seed draws others."""
    small, large = (few_of_each(toy_set(), n, seed=3).images.sum((1, 2, 3)) for n in (2, 5))

    assert set(small.tolist()) <= set(large.tolist())
    assert set(small.tolist()) != set(few_of_each(toy_set(), 2, seed=4).images.sum((1, 2, 3)).tolist())  # fmt: skip  # noqa: E501
    with pytest.raises(ValueError, match="it must be 1 to 13, the images of"):
        few_of_each(toy_set(), 14)
