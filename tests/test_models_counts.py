"""Every network against the course's figures: parameters, shapes, receptive fields."""

import pytest
import torch

from cnncourse.models import create, names, receptive_layers, summary
from cnncourse.models.resnet import ResNet
from cnncourse.shapes import conv_output_size, receptive_field

PARAMETERS = {
    "lenet5_1998": 60_000,
    "lenet5": 61_706,
    "alexnet_2012": 60_965_224,
    "alexnet": 61_100_840,
    "zfnet": 62_357_608,
    "vgg11": 132_863_336,
    "vgg13": 133_047_848,
    "vgg16": 138_357_544,
    "vgg19": 143_667_240,
    "nin": 966_986,
    "googlenet_2014": 6_998_552,
    "googlenet": 6_624_904,
    "resnet18": 11_689_512,
    "resnet34": 21_797_672,
    "resnet50": 25_557_032,
    "resnet50_2015": 25_557_032,
    "resnet101": 44_549_160,
    "resnet152": 60_192_808,
    "resnet20": 269_722,
    "resnet32": 464_154,
    "resnet44": 658_586,
    "resnet56": 853_018,
    "resnet110": 1_727_962,
    "densenet121": 7_978_856,
    "mobilenet_v2": 3_504_872,
    "se_resnet50": 28_088_024,
    "convnext_tiny": 28_589_128,
}
FIELDS = {
    "lenet5": 16,
    "lenet5_1998": 16,
    "alexnet": 195,
    "alexnet_2012": 195,
    "vgg16": 212,
    "resnet18": 435,
    "resnet50": 427,
    "resnet50_2015": 483,
}


def on_paper(name, *arguments, **options):
    """Build a network without weights: enough to count, to draw shapes, to list layers."""
    with torch.device("meta"):
        return create(name, *arguments, **options)


def num_parameters(model):
    return sum(p.numel() for p in model.parameters())


def shapes(model):
    return {row.name: row.shape for row in summary(model).rows}


@pytest.mark.parametrize(("name", "count"), PARAMETERS.items())
def test_parameter_count_is_the_published_one(name, count):
    """Exact to the last bias."""
    assert num_parameters(on_paper(name)) == count


@pytest.mark.parametrize("depth", [20, 32, 44, 56, 110])
def test_plain_and_preactivation_twins_have_the_parameters_of_option_a(depth):
    """Shortcuts of zeros cost nothing, and another order neither adds nor takes a layer."""
    count = PARAMETERS[f"resnet{depth}"]

    assert num_parameters(on_paper(f"plain{depth}")) == count
    assert num_parameters(on_paper(f"preact_resnet{depth}")) == count


def test_option_b_costs_its_two_projections():
    """16 to 32 and 32 to 64 channels, each with a scale and a shift for every map."""
    extra = 16 * 32 + 2 * 32 + 32 * 64 + 2 * 64

    assert num_parameters(on_paper("resnet20", shortcut="B")) == 269_722 + extra


@pytest.mark.parametrize("depth", [11, 13, 16, 19])
def test_batch_norm_adds_two_numbers_for_each_map_of_vgg(depth):
    """A scale and a shift behind every convolution, and nothing else."""
    plain = on_paper(f"vgg{depth}")
    maps = sum(part.out_channels for part in plain.features if hasattr(part, "out_channels"))

    assert num_parameters(on_paper(f"vgg{depth}_bn")) == num_parameters(plain) + 2 * maps


@pytest.mark.parametrize(("name", "field"), FIELDS.items())
def test_receptive_field_is_the_courses(name, field):
    """Counted from the layers of the network as it is built."""
    assert receptive_field(receptive_layers(on_paper(name))) == field


def test_receptive_field_follows_the_widest_of_several_paths():
    """In one Inception block the 5 x 5 branch sees furthest; a shortcut never does."""
    layers = receptive_layers(on_paper("googlenet_2014"))

    assert layers[:4] == [(7, 2), (3, 2), (1, 1), (3, 1)]
    assert layers[5:9] == [(1, 1), (5, 1), (1, 1), (5, 1)]


# Shapes, as the papers' tables and figures give them.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "alexnet",
            {0: (64, 55, 55), 2: (64, 27, 27), 3: (192, 27, 27), 5: (192, 13, 13)}
            | {6: (384, 13, 13), 8: (256, 13, 13), 10: (256, 13, 13), 12: (256, 6, 6)},
        ),
        (
            "alexnet_2012",
            {0: (96, 55, 55), 3: (96, 27, 27), 4: (256, 27, 27), 7: (256, 13, 13)}
            | {8: (384, 13, 13), 10: (384, 13, 13), 12: (256, 13, 13), 14: (256, 6, 6)},
        ),
        (
            "zfnet",
            {0: (96, 110, 110), 2: (96, 55, 55), 4: (256, 26, 26), 6: (256, 13, 13)}
            | {8: (384, 13, 13), 10: (384, 13, 13), 12: (256, 13, 13), 14: (256, 6, 6)},
        ),
        (
            "vgg16",
            {2: (64, 224, 224), 4: (64, 112, 112), 7: (128, 112, 112), 9: (128, 56, 56)}
            | {16: (256, 28, 28), 23: (512, 14, 14), 28: (512, 14, 14), 30: (512, 7, 7)},
        ),
        (
            "nin",
            {4: (96, 32, 32), 6: (96, 16, 16), 12: (192, 16, 16), 14: (192, 8, 8)}
            | {20: (10, 8, 8)},
        ),
    ],
)
def test_chains_have_the_shapes_of_their_papers(name, expected):
    """Layer by layer up to the last feature volume; AlexNet's is 6 x 6 x 256."""
    found = shapes(on_paper(name))

    assert {i: found[f"features.{i}"] for i in expected} == expected


def test_alexnets_55_pixels_come_from_227_or_from_224_with_a_padding_of_2():
    """The paper's 224 without padding would give 54."""
    stem = on_paper("alexnet_2012").features[0]

    assert (stem.kernel_size, stem.stride, stem.padding) == ((11, 11), (4, 4), (2, 2))
    assert conv_output_size(224, 11, stride=4, padding=2) == 55
    assert conv_output_size(227, 11, stride=4) == 55
    assert conv_output_size(224, 11, stride=4) == 54


@pytest.mark.parametrize("name", ["googlenet", "googlenet_2014"])
def test_googlenet_has_the_shapes_of_table_1(name):
    """Four branches side by side: their channels add up, their sizes agree."""
    rows = summary(on_paper(name), depth=1).rows
    found = {row.name: row.shape for row in rows}

    assert found["conv1"] == (64, 112, 112)
    assert found["maxpool1"] == (64, 56, 56)
    assert found["conv3"] == (192, 56, 56)
    assert found["maxpool2"] == (192, 28, 28)
    assert [found[f"inception{x}"] for x in ("3a", "3b")] == [(256, 28, 28), (480, 28, 28)]
    assert [found[f"inception4{x}"][0] for x in "abcde"] == [512, 512, 512, 528, 832]
    assert found["inception4e"][1:] == (14, 14)
    assert [found[f"inception5{x}"] for x in "ab"] == [(832, 7, 7), (1024, 7, 7)]
    assert found["avgpool"] == (1024, 1, 1)


def test_inception_blocks_of_the_paper_have_the_parameters_of_table_1():
    """Where the paper counts in thousands: 3a 159K, 3b 380K, 4a 364K; 5 x 5 kernels, biases."""
    rows = summary(on_paper("googlenet_2014"), depth=1).rows
    found = {row.name: row.parameters for row in rows}

    # Weights and biases of 3a by hand: 1 x 1, then 1 x 1 and 3 x 3, 1 x 1 and 5 x 5, 1 x 1.
    weights = 192 * 64 + 192 * 96 + 96 * 128 * 9 + 192 * 16 + 16 * 32 * 25 + 192 * 32
    assert found["inception3a"] == weights + 64 + 96 + 128 + 16 + 32 + 32 == 163_696
    assert found["inception5b"] == 1_444_080


@pytest.mark.parametrize("depth", [18, 34, 50, 101, 152])
def test_resnets_have_the_shapes_of_table_1(depth):
    """112, 56, 28, 14 and 7 pixels, with four times the channels behind bottlenecks."""
    rows = summary(on_paper(f"resnet{depth}"), depth=1).rows
    found = {row.name: row.shape for row in rows}
    widening = 4 if depth >= 50 else 1

    assert found["conv1"] == (64, 112, 112)
    assert found["maxpool"] == (64, 56, 56)
    for i, (width, side) in enumerate([(64, 56), (128, 28), (256, 14), (512, 7)], start=1):
        assert found[f"layer{i}"] == (width * widening, side, side)


@pytest.mark.parametrize("name", ["resnet20", "plain56", "preact_resnet110"])
def test_cifar_networks_go_through_32_16_and_8_pixels(name):
    """Three stages of 16, 32 and 64 channels."""
    rows = summary(on_paper(name), depth=1).rows
    found = {row.name: row.shape for row in rows}

    assert [found[f"layer{i}"] for i in (1, 2, 3)] == [(16, 32, 32), (32, 16, 16), (64, 8, 8)]


def test_densenet_has_the_shapes_of_its_table():
    """Each block adds 32 maps a layer, each transition halves maps and sides."""
    rows = summary(on_paper("densenet121"), depth=2).rows
    found = {row.name: row.shape for row in rows}

    blocks = [found[f"features.denseblock{i}"] for i in (1, 2, 3, 4)]
    assert blocks == [(256, 56, 56), (512, 28, 28), (1024, 14, 14), (1024, 7, 7)]
    assert found["features.transition1"] == (128, 28, 28)


def test_mobilenet_and_convnext_have_the_shapes_of_their_tables():
    """Both end at 7 x 7, MobileNet with 1,280 maps and ConvNeXt with 768."""
    mobile = {row.name: row.shape for row in summary(on_paper("mobilenet_v2"), depth=2).rows}
    convnext = {row.name: row.shape for row in summary(on_paper("convnext_tiny"), depth=2).rows}

    assert mobile["features.0"] == (32, 112, 112)
    assert mobile["features.17"] == (320, 7, 7)
    assert mobile["features.18"] == (1280, 7, 7)
    sides = [convnext[f"features.{i}"] for i in (1, 3, 5, 7)]
    assert sides == [(96, 56, 56), (192, 28, 28), (384, 14, 14), (768, 7, 7)]


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("alexnet", (256, 3, 3)),
        ("zfnet", (256, 4, 4)),
        ("vgg16_bn", (512, 1, 1)),
        ("googlenet", (1024, 4, 4)),
        ("googlenet_2014", (1024, 4, 4)),
        ("resnet18", (512, 4, 4)),
        ("se_resnet18", (512, 4, 4)),
        ("densenet121", (1024, 4, 4)),
        ("mobilenet_v2", (1280, 4, 4)),
        ("convnext_tiny", (768, 2, 2)),
    ],
)
def test_small_forms_keep_something_of_a_small_image(name, last):
    """32 pixels come down to a few, not to one, in front of the last pooling; VGG's to one."""
    rows = summary(on_paper(name, 7, image_size=32, in_channels=1), depth=1).rows
    before = next(i for i, row in enumerate(rows) if row.name == "avgpool") - 1

    assert rows[before].shape == last
    assert rows[-1].shape == (7,)


def test_every_name_can_be_built():
    """What the registry lists is there; the others are counted above."""
    assert set(PARAMETERS) <= set(names())
    for name in set(names()) - set(PARAMETERS):
        assert num_parameters(on_paper(name, 3)) > 0


@pytest.mark.parametrize(
    "name",
    ["lenet5_1998", "alexnet_2012", "googlenet_2014", "se_resnet18", "resnet20", "convnext_tiny"],
)
def test_a_table_has_a_row_for_every_parameter(name):
    """Also for those of layers written by hand, and those between layers."""
    model = on_paper(name)

    assert sum(row.parameters for row in summary(model).rows) == num_parameters(model)


def test_width_keeps_a_share_of_googlenets_channels():
    """Half the channels everywhere, a quarter of the weights between them."""
    whole = on_paper("googlenet", 10, image_size=32)
    half = on_paper("googlenet", 10, image_size=32, width=0.5)

    assert half.fc.in_features == 512
    assert half.inception4d.out_channels == 264
    assert 3.8 < num_parameters(whole) / num_parameters(half) < 4.1


def test_resnet_says_which_depths_there_are():
    """A depth that was never published is refused with those that were."""
    with pytest.raises(ValueError, match="depth is 20, ResNet comes with 18, 34, 50, 101, 152"):
        ResNet(20)
