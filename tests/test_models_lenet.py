"""Both LeNets: the paper's counts, every intermediate shape, and layers checked by hand."""

import pytest
import torch
from torch.nn import functional as F

from cnncourse.models import trace
from cnncourse.models.lenet import (
    C3_INPUTS,
    LeNet5,
    LeNet5Original,
    RadialBasis,
    SparseConv2d,
    Subsampling,
    squash,
)
from cnncourse.shapes import count_conv_macs, count_conv_params


def num_parameters(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("network", "count"), [(LeNet5, 61_706), (LeNet5Original, 60_000)])
def test_parameter_count_is_the_published_one(network, count):
    """The totals are exact, in all and in what is trained."""
    assert num_parameters(network()) == count
    assert all(p.requires_grad for p in network().parameters())


@pytest.mark.parametrize(
    ("network", "counts"),
    [
        (LeNet5, [156, 0, 2416, 0, 48120, 10164, 850]),
        (LeNet5Original, [156, 12, 1516, 32, 48120, 10164, 0]),
    ],
)
def test_parameters_of_each_layer_are_the_published_ones(network, counts):
    """Layer by layer, so that no two errors cancel."""
    assert [num_parameters(layer) for layer in network().children()] == counts


def test_modern_counts_follow_from_the_shapes_alone():
    """The network holds what `shapes` counts."""
    sizes = [(1, 6, 5), (6, 16, 5), (400, 120, 1), (120, 84, 1), (84, 10, 1)]

    assert sum(count_conv_params(*size) for size in sizes) == num_parameters(LeNet5())


def test_connections_of_the_original_add_up_to_the_papers():
    """340,908 connections, biases and the 840 of the output layer among them."""
    dense = count_conv_macs(1, 6, 5, (28, 28)) + 6 * 28 * 28
    sparse = sum(count_conv_macs(len(maps), 1, 5, (10, 10)) + 100 for maps in C3_INPUTS)
    tiles = 5 * (6 * 14 * 14 + 16 * 5 * 5)

    assert dense + tiles + sparse + 48_120 + 10_164 + 840 == 340_908


@pytest.mark.parametrize(("network", "last"), [(LeNet5, "fc3"), (LeNet5Original, "output")])
def test_every_intermediate_shape_is_the_papers(network, last):
    """28 x 28 in, then 14, 10, 5 and three rows of units."""
    outputs = trace(network(), torch.zeros(3, 1, 28, 28))

    assert {name: tuple(out.shape) for name, out in outputs.items()} == {
        "conv1": (3, 6, 28, 28),
        "pool1": (3, 6, 14, 14),
        "conv2": (3, 16, 10, 10),
        "pool2": (3, 16, 5, 5),
        "fc1": (3, 120),
        "fc2": (3, 84),
        last: (3, 10),
    }


def test_trace_leaves_the_model_as_it_was():
    """Watching twice gives the same outputs, the last of them the model's own answer."""
    model, x = LeNet5(), torch.rand(2, 1, 28, 28)

    first, second = trace(model, x), trace(model, x)

    assert torch.equal(first["fc3"], model(x))
    assert torch.equal(first["conv1"], second["conv1"])
    assert not any(layer._forward_hooks for layer in model.children())


@pytest.mark.parametrize("network", [LeNet5, LeNet5Original])
def test_channels_and_classes_can_be_chosen(network):
    """Two channels and seven classes change the first and the last layer only."""
    model = network(7, in_channels=2)

    assert model(torch.zeros(3, 2, 28, 28)).shape == (3, 7)
    assert num_parameters(model.conv1) == 6 * (2 * 25 + 1)


def test_every_parameter_of_both_networks_learns():
    """A loss reaches all of them: none is left out of the forward pass."""
    x = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for network in (LeNet5, LeNet5Original):
        torch.manual_seed(0)
        model = network()

        F.cross_entropy(model(x), torch.tensor([0, 1, 2, 3])).backward()

        assert all(p.grad.abs().sum() > 0 for p in model.parameters())


def test_table_one_gives_each_map_ten_listeners():
    """60 connections: six of 3 maps, nine of 4, one of 6; no two maps of C3 look alike."""
    sizes = [len(maps) for maps in C3_INPUTS]
    listeners = [sum(c in maps for maps in C3_INPUTS) for c in range(6)]

    assert sizes == [3] * 6 + [4] * 9 + [6]
    assert listeners == [10] * 6
    assert len(set(C3_INPUTS)) == 16


def test_sparse_convolution_ignores_the_maps_it_is_not_connected_to():
    """Changing map 0 changes exactly the filters that look at it, and all of those."""
    layer = SparseConv2d(((0, 2), (1,), (2, 0, 1)), 3).double()
    x = torch.randn(2, 3, 6, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    changed = x.clone()
    changed[:, 0] += 1

    moved = (layer(changed) - layer(x)).abs().amax(dim=(0, 2, 3))

    assert moved[1] == 0
    assert moved[0] > 1e-3
    assert moved[2] > 1e-3


def test_sparse_convolution_adds_up_its_kernels_in_the_order_of_the_table():
    """Each stored kernel meets the map the table names for it."""
    layer = SparseConv2d(((0, 2), (1,)), 3)
    x = torch.randn(2, 3, 6, 7, generator=torch.Generator().manual_seed(2))
    kernels = layer.weight[:, None, None]  # three kernels, each (1, 1, 3, 3)

    first = F.conv2d(x[:, :1], kernels[0]) + F.conv2d(x[:, 2:], kernels[1]) + layer.bias[0]
    second = F.conv2d(x[:, 1:2], kernels[2]) + layer.bias[1]

    torch.testing.assert_close(layer(x), torch.cat([first, second], dim=1))


def test_subsampling_adds_tiles_then_scales_and_shifts_each_map():
    """By hand: 1 + 2 + 3 + 4 = 10, times 0.5, plus 1."""
    layer = Subsampling(2)
    with torch.no_grad():
        layer.weight[:] = torch.tensor([0.5, -1.0]).view(2, 1, 1)
        layer.bias[:] = torch.tensor([1.0, 0.0]).view(2, 1, 1)
    x = torch.tensor([[1.0, 2.0], [3.0, 4.0]]).expand(1, 2, 2, 2)

    assert layer(x).flatten().tolist() == [6.0, -10.0]


def test_squash_is_the_papers_sigmoid():
    """It keeps 1 and -1, and flattens at 1.7159."""
    y = squash(torch.tensor([-1.0, 0.0, 1.0, 50.0]))

    torch.testing.assert_close(y, torch.tensor([-1.0, 0.0, 1.0, 1.7159]), atol=1e-4, rtol=0)


def test_radial_basis_answers_zero_for_a_perfect_drawing_and_less_for_others():
    """The drawing of 3 is nearest to itself; a pixel turned over costs 2 squared."""
    layer = RadialBasis(10)
    three = layer.drawings[3:4].clone()
    three[0, 0] *= -1

    distances = -layer(three)[0]

    assert distances[3] == 4
    assert distances.argmin() == 3
    assert layer.drawings.abs().unique().tolist() == [1]


def test_radial_basis_drawings_differ_widely():
    """Any two of the ten differ in at least four pixels, as codes must."""
    distances = -RadialBasis(10)(RadialBasis(10).drawings) / 4

    assert (distances + 100 * torch.eye(10)).min() >= 4


def test_more_classes_than_drawings_is_refused():
    """The message says how many there are and what to use instead."""
    with pytest.raises(ValueError, match=r"num_classes is 11.*take 1 to 10, or use LeNet5"):
        LeNet5Original(11)
