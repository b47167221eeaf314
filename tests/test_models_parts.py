"""What makes each network itself, and what all answer to images that do not fit."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cnncourse.models import create, names, receptive_layers, summary, trace
from cnncourse.models.alexnet import AlexNet2012, TowerNorm
from cnncourse.models.convnext import ConvNeXtBlock
from cnncourse.models.googlenet import AuxiliaryHead, Outputs, auxiliary_loss
from cnncourse.models.resnet import Bottleneck
from cnncourse.models.resnet_cifar import Block, PreactivationBlock, ResNetCifar, ZeroPadding
from cnncourse.models.senet import SqueezeExcitation
from cnncourse.shapes import ShapeError


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("alexnet", {"image_size": 32}),
        ("zfnet", {"image_size": 32}),
        ("vgg11_bn", {"image_size": 32}),
        ("nin", {}),
        ("googlenet", {"image_size": 32, "width": 0.25, "aux_logits": True}),
        ("googlenet_2014", {"image_size": 48, "width": 0.25, "aux_logits": True}),
        ("resnet18", {"image_size": 32}),
        ("resnet20", {"shortcut": "B"}),
        ("plain20", {}),
        ("preact_resnet20", {}),
        ("se_resnet18", {"image_size": 32}),
        ("densenet121", {"image_size": 32}),
        ("mobilenet_v2", {"image_size": 32}),
        ("convnext_tiny", {"image_size": 32, "drop_path": 0.0}),
    ],
)
def test_every_parameter_of_a_small_form_is_reached_by_the_loss(name, options):
    """Two channels, seven classes, one backward pass: no layer is left out."""
    torch.manual_seed(0)
    model = create(name, 7, in_channels=2, **options)
    side = options.get("image_size", 32)

    auxiliary_loss(model(noise(3, 2, side, side)), torch.tensor([0, 3, 6])).backward()

    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters())
    silent = [name for name, p in model.named_parameters() if not p.grad.any()]
    assert not silent


# AlexNet


def test_alexnets_towers_do_not_see_each_other_before_the_third_convolution():
    """What changes in one tower's half of the maps leaves the other tower as it was."""
    torch.manual_seed(0)
    features = AlexNet2012().features
    x = noise(1, 96, 13, 13).relu()
    changed = x.clone()
    changed[:, :48] += 1

    second, second_changed = features[2:8](x), features[2:8](changed)  # up to the second pooling
    third, third_changed = features[8](second), features[8](second_changed)

    assert torch.equal(second[:, 128:], second_changed[:, 128:])
    assert not torch.equal(second[:, :128], second_changed[:, :128])
    assert (third != third_changed).flatten(2).any(2).all()


def test_response_normalisation_is_the_papers_within_a_tower():
    """By the formula, map by map: five neighbours at most, none of the other tower."""
    x = noise(2, 12, 3, 4)

    out = TowerNorm(2)(x)

    for c in range(12):
        first, last = (0, 5) if c < 6 else (6, 11)
        near = x[:, max(first, c - 2) : min(last, c + 2) + 1]
        expected = x[:, c] / (2 + 1e-4 * near.square().sum(1)) ** 0.75
        torch.testing.assert_close(out[:, c], expected)


# GoogLeNet


def test_auxiliary_heads_answer_only_while_training():
    """Three answers then, one while testing, and none to ask where they were not built."""
    model = create("googlenet", 7, image_size=32, width=0.125, aux_logits=True)
    x = noise(2, 3, 32, 32)

    training, testing = model.train()(x), model.eval()(x)

    assert isinstance(training, Outputs)
    assert [answer.shape for answer in training] == [(2, 7)] * 3
    assert testing.shape == (2, 7)
    assert create("googlenet", 7, image_size=32, width=0.125).train()(x).shape == (2, 7)


def test_auxiliary_heads_of_the_paper_make_4_x_4_of_14_x_14():
    """Its means over 5 x 5 pixels, 3 apart."""
    head = AuxiliaryHead(3, 7, batch_norm=False, adaptive=False)

    assert head.pool(torch.zeros(1, 3, 14, 14)).shape == (1, 3, 4, 4)
    assert head(torch.zeros(1, 3, 14, 14)).shape == (1, 7)


def test_auxiliary_losses_count_three_tenths():
    """Two classes at even odds cost log 2 nats a head."""
    even, labels = torch.zeros(3, 2), torch.tensor([0, 1, 1])

    assert auxiliary_loss(even, labels).item() == pytest.approx(0.693147)
    assert auxiliary_loss(Outputs(even, even, even), labels).item() == pytest.approx(
        1.6 * 0.693147
    )


# ResNet


@pytest.mark.parametrize(("stride_on", "strides"), [("3x3", (1, 2)), ("1x1", (2, 1))])
def test_a_bottleneck_steps_where_it_is_told(stride_on, strides):
    """On the 3 x 3 as in torchvision, or on the first 1 x 1 as in the paper."""
    block = Bottleneck(8, 4, 2, stride_on=stride_on)

    assert (block.conv1.stride[0], block.conv2.stride[0]) == strides
    assert block(torch.zeros(2, 8, 6, 4)).shape == (2, 16, 3, 2)


def test_option_a_takes_every_second_pixel_and_adds_maps_of_zeros():
    """By hand: 0 2 of the first row and 8 10 of the third."""
    x = torch.arange(16.0).view(1, 1, 4, 4)

    out = ZeroPadding(2, 2)(x)

    assert out[0].tolist() == [[[0, 2], [8, 10]], [[0, 0], [0, 0]], [[0, 0], [0, 0]]]


@pytest.mark.parametrize("shortcut", ["A", "B", None])
def test_a_block_adds_its_shortcut_before_the_last_relu(shortcut):
    """Recomputed from its own layers."""
    torch.manual_seed(0)
    block = Block(3, 5, 2, shortcut).eval()
    x = noise(2, 3, 6, 4)

    residual = block.bn2(block.conv2(F.relu(block.bn1(block.conv1(x)))))
    around = 0 if shortcut is None else block.downsample(x)

    torch.testing.assert_close(block(x), F.relu(residual + around))


def test_preactivation_normalises_before_each_convolution_and_leaves_the_sum_alone():
    """The order of the layers, and a shortcut that hands its input on untouched."""
    torch.manual_seed(0)
    block = PreactivationBlock(4, 4, 1, "A").eval()
    x = noise(2, 4, 5, 3)

    out = block(x)

    assert list(trace(block, x)) == ["bn1", "conv1", "bn2", "conv2", "downsample"]
    residual = block.conv2(F.relu(block.bn2(block.conv1(F.relu(block.bn1(x))))))
    torch.testing.assert_close(out - residual, x)
    assert out.min() < 0


def test_preactivation_shares_its_first_relu_where_the_size_changes():
    """Both ways then start from the same maps; so do those of the first block of all."""
    torch.manual_seed(0)
    block = PreactivationBlock(4, 6, 2, "B").eval()
    x = noise(2, 4, 6, 4)

    active = F.relu(block.bn1(x))
    residual = block.conv2(F.relu(block.bn2(block.conv1(active))))

    torch.testing.assert_close(block(x), residual + block.downsample(active))
    model = ResNetCifar(20, preactivation=True)
    shares = [part.shares for part in model.modules() if isinstance(part, PreactivationBlock)]
    assert shares == [True, False, False] * 3


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"depth": 18}, r"depth is 18, it must be 6n \+ 2"),
        ({"depth": 2}, "depth is 2"),
        ({"shortcut": "C"}, "shortcut is 'C'"),
    ],
)
def test_cifar_networks_refuse_what_the_paper_does_not_have(options, reason):
    """Depths come in sixes."""
    with pytest.raises(ValueError, match=reason):
        ResNetCifar(**options)


# SENet and ConvNeXt


def test_squeeze_and_excitation_weighs_whole_maps_by_their_means():
    """Each map times a number of its own, which shuffling its pixels does not change."""
    torch.manual_seed(0)
    layer = SqueezeExcitation(32)
    x = noise(2, 32, 3, 4) + 3
    shuffled = x.flatten(2).flip(2).view_as(x)

    weight = (layer(x) / x).flatten(2)

    torch.testing.assert_close(weight, weight[:, :, :1].expand_as(weight))
    torch.testing.assert_close(layer(shuffled), layer(x).flatten(2).flip(2).view_as(x))
    assert ((weight > 0) & (weight < 1)).all()


def test_a_convnext_block_is_skipped_for_a_share_of_the_images_while_training():
    """Some pass untouched, the others get the residual enlarged; testing, all get it as it is."""
    torch.manual_seed(0)
    block = ConvNeXtBlock(3, 0.25)
    with torch.no_grad():
        block.layer_scale.fill_(1)
    x = noise(400, 3, 2, 2)

    residual = block.eval()(x) - x
    added = block.train()(x) - x

    skipped = (added == 0).flatten(1).all(1)
    assert 0.15 < skipped.float().mean() < 0.35
    torch.testing.assert_close(added[~skipped], residual[~skipped] / 0.75, atol=1e-5, rtol=1e-4)


# Images that do not fit


@pytest.mark.parametrize(
    ("name", "options", "shape", "reason"),
    [
        ("lenet5", {}, (2, 3, 28, 28), "conv1 takes 1 channel, it was given 3 .* in_channels=3"),
        ("lenet5", {}, (2, 28, 28, 1), r"conv1 .* given 28: are .*28, 28, 1\) channels-first"),
        (
            "lenet5",
            {},
            (2, 1, 32, 32),
            "fc1 takes 400 numbers an image, it was given 576: images of 32 x 32 do not fit, "
            "LeNet5 was made for 28 x 28",
        ),
        ("lenet5", {}, (1, 28, 28), r"x has shape \(1, 28, 28\), .* x\[None\] makes a batch"),
        ("lenet5", {}, (28, 28), r"x has shape \(28, 28\), it must be \(N, C, H, W\)$"),
        ("lenet5_1998", {}, (2, 1, 5, 5), "conv2 slides a window of 5 x 5 over maps of 2 x 2"),
        ("lenet5_1998", {}, (2, 1, 1, 1), "pool1 slides a window of 2 x 2 over maps of 1 x 1"),
        ("alexnet", {"image_size": 32}, (2, 3, 4, 4), "features.5 .*AlexNet was made for 32 x 32"),
        ("alexnet", {"image_size": 32}, (2, 1, 32, 32), "features.0 takes 3 channels"),
        ("resnet20", {}, (1, 3, 4, 4), "layer3.0.bn1 has one number a channel .*more than one"),
        ("densenet121", {"image_size": 32}, (2, 3, 4, 4), "features.transition3.pool"),
    ],
)
def test_images_that_do_not_fit_are_refused_by_layer_and_numbers(name, options, shape, reason):
    """Where it goes wrong, what disagrees, and what to do."""
    model = create(name, **options)

    with pytest.raises(ShapeError, match=reason):
        model(torch.zeros(shape))


def test_whole_numbers_are_refused_with_the_way_to_convert_them():
    """An image straight from a file is uint8."""
    with pytest.raises(TypeError, match=r"x is torch.uint8, .* x.float\(\) / 255"):
        create("lenet5")(torch.zeros(2, 1, 28, 28, dtype=torch.uint8))


def test_errors_of_another_kind_pass_as_they_are():
    """A wrong precision is no wrong size."""
    with pytest.raises(RuntimeError, match="same") as caught:
        create("lenet5")(torch.zeros(2, 1, 28, 28, dtype=torch.float64))

    assert not isinstance(caught.value, ShapeError)


def test_lenet_reads_28_or_32_pixels():
    """The padding makes 32 of 28; other sizes are refused when it is built."""
    assert create("lenet5", image_size=32)(torch.zeros(2, 1, 32, 32)).shape == (2, 10)
    with pytest.raises(ValueError, match="image_size is 30, LeNet-5 reads 28 or 32"):
        create("lenet5", image_size=30)


# Names


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("resnet19", "did you mean 'resnet18'"),
        ("VGG-16", "did you mean 'vgg16'"),
        ("googlnet", "did you mean 'googlenet'"),
        ("transformer", r"names\(\) lists those there are"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, hint):
    """A slip is recognised, also with other spelling."""
    with pytest.raises(ValueError, match=f"no network is called '{name}': {hint}"):
        create(name)


def test_an_unknown_option_is_answered_with_those_there_are():
    """Not every network has a small form."""
    with pytest.raises(TypeError, match="alexnet_2012 has no option 'image_size'; it has num_cl"):
        create("alexnet_2012", image_size=32)


def test_names_are_sorted_and_each_is_its_own():
    """The list that `create` works from."""
    assert names() == sorted(set(names()))
    assert {"lenet5", "preact_resnet110", "se_resnet50"} <= set(names())


# Looking inside


def test_a_summary_leaves_the_model_as_it_was():
    """No hook stays, no running mean moves, and each part trains or tests as before."""
    model = create("resnet20")
    model.layer2.eval()
    before = copy.deepcopy(model.state_dict())

    summary(model)

    assert model.training
    assert not model.layer2.training
    assert not any(part._forward_hooks for part in model.modules())
    assert all(torch.equal(before[key], value) for key, value in model.state_dict().items())


def test_a_summary_of_any_model_needs_the_shape_of_an_image():
    """A network that is not of this course does not say what it is made for."""
    model = nn.Sequential(nn.Conv2d(2, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(3 * 4 * 2, 5))

    with pytest.raises(ValueError, match=r"give image_shape=\(C, H, W\)"):
        summary(model)
    rows = summary(model, (2, 6, 4)).rows
    assert [(row.name, row.shape, row.parameters) for row in rows] == [
        ("0", (3, 4, 2), 57),
        ("1", (3, 4, 2), 0),
        ("2", (24,), 0),
        ("3", (5,), 125),
    ]


def test_receptive_layers_count_a_dilated_kernel_with_its_gaps():
    """Three values two apart reach over five pixels."""
    model = nn.Sequential(nn.Conv2d(1, 1, 3, dilation=2), nn.ReLU(), nn.AvgPool2d(2, stride=3))

    assert receptive_layers(model) == [(5, 1), (2, 3)]
