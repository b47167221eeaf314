"""Seeing inside a network: by hand, against another way, and without leaving a trace."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cnncourse import inside
from cnncourse.models import create, receptive_layers
from cnncourse.shapes import ShapeError, receptive_field


def linear(*weights):
    """Make a model of one logit a row of weights, on images of one row of pixels."""
    layer = nn.Linear(len(weights[0]), len(weights), bias=False)
    layer.weight.data = torch.tensor(weights, dtype=torch.float32)
    return nn.Sequential(nn.Flatten(), layer)


@pytest.fixture(scope="module")
def images():
    """Give five drawn images of 3 channels and 32 x 32 pixels."""
    return torch.rand(5, 3, 32, 32, generator=torch.Generator().manual_seed(0))


@pytest.fixture(scope="module")
def resnet():
    """Give a ResNet-20 whose batch norms and biases are no longer as they were made."""
    torch.manual_seed(1)
    return stir(create("resnet20"))


@pytest.fixture(scope="module")
def zfnet():
    """Give ZFNet for small images, with biases."""
    torch.manual_seed(2)
    return stir(create("zfnet", 10, image_size=32))


@torch.no_grad()
def stir(model):
    """Draw what networks start with at 0 or 1, so that leaving it out shows."""
    for name, value in [*model.named_parameters(), *model.named_buffers()]:
        if value.is_floating_point() and value.ndim == 1:
            value.copy_(torch.rand_like(value) * 0.5 + (0.5 if "var" in name else -0.1))
    return model


# Feature maps.


def test_feature_maps_are_what_the_next_layer_is_given(resnet, images):
    """In evaluation mode, though the model is training."""
    maps = inside.feature_maps(resnet, images, "avgpool").flatten(1)

    with torch.no_grad():
        logits = copy.deepcopy(resnet).eval()(images)
    torch.testing.assert_close(resnet.fc(maps), logits)
    assert not maps.requires_grad


def test_feature_maps_are_taken_before_a_layer_changes_them_in_place():
    """torchvision's ReLUs write over what the convolution made."""
    model = nn.Sequential(nn.Conv2d(1, 2, 1), nn.ReLU(inplace=True))
    x = torch.randn(2, 1, 4, 5)

    maps = inside.feature_maps(model, x, "0")

    torch.testing.assert_close(maps, model[0](x).detach())
    assert (maps < 0).any()


# Occlusion.


def test_occlusion_map_by_hand():
    """Two logits that read one pixel each; the middle pixel of five, covered, counts 0."""
    model = linear([0, 0, 2.0, 0, 0], [0, 0, 0, 0, 0])
    image = torch.ones(1, 1, 5)

    out = inside.occlusion_map(model, image, 0, size=3, fill=0.0)

    seen, covered = torch.tensor([2.0, 0.0]).softmax(0)[0], 0.5
    torch.testing.assert_close(out, torch.tensor([[seen, covered, covered, covered, seen]]))


def test_occlusion_map_agrees_with_covering_by_a_mask():
    """Every pixel asked how far it is from the centre; sizes odd and even, steps that skip."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(2 * 7 * 6, 3))
    image = torch.rand(2, 7, 6)
    for size, stride in [(3, 1), (4, 2), (1, 3), (9, 4)]:
        expected = torch.zeros(-(-7 // stride), -(-6 // stride))
        rows, columns = torch.arange(7)[:, None], torch.arange(6)[None, :]
        for a, b in torch.cartesian_prod(*map(torch.arange, expected.shape)).tolist():
            i, j = a * stride - size // 2, b * stride - size // 2
            mask = (rows >= i) & (rows < i + size) & (columns >= j) & (columns < j + size)
            covered = torch.where(mask, 0.25, image)
            expected[a, b] = model(covered[None]).softmax(1)[0, 2].detach()

        out = inside.occlusion_map(
            model, image, 2, size=size, stride=stride, fill=0.25, batch_size=5
        )

        torch.testing.assert_close(out, expected)


def test_occlusion_map_asks_by_default_about_the_class_that_the_model_prefers():
    """Without a cover, that is."""
    model = linear([1.0, 0], [0, 3.0])
    image = torch.ones(1, 1, 2)

    out = inside.occlusion_map(model, image, size=1, fill=0.0)

    torch.testing.assert_close(out, inside.occlusion_map(model, image, 1, size=1, fill=0.0))


# Saliency.


def test_saliency_is_the_steepest_of_the_channels_slopes():
    """Against differences, for a class of each image."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Flatten(), nn.Linear(2 * 3 * 4, 5), nn.Tanh(), nn.Linear(5, 3))
    model, x, targets = model.double(), torch.rand(2, 2, 3, 4).double(), torch.tensor([2, 0])

    out = inside.saliency(model, x, targets)

    slopes = torch.zeros_like(x)
    for place in torch.cartesian_prod(*map(torch.arange, x.shape)).tolist():
        step = torch.zeros_like(x)
        step[tuple(place)] = 1e-6
        rise = (model(x + step) - model(x - step)).detach() / 2e-6
        slopes[tuple(place)] = rise[place[0], targets[place[0]]]
    torch.testing.assert_close(out, slopes.abs().amax(1))


# Grad-CAM.


def test_grad_cam_by_hand():
    """Two maps of 1 x 2; the logit is 3 times the first one's mean minus the second one's."""
    model = nn.Sequential(nn.Conv2d(2, 2, 1, bias=False), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model[0].weight.data = torch.eye(2)[:, :, None, None]
    model.append(nn.Linear(2, 1, bias=False))
    model[3].weight.data = torch.tensor([[3.0, -1.0]])
    image = torch.tensor([[[[1.0, 2.0]], [[6.0, 2.0]]]])

    out = inside.grad_cam(model, image, 0, layer="0")

    # Each value has half a part in its mean: weights 1.5 and -0.5; 1.5 - 3 < 0, and 3 - 1 = 2.
    torch.testing.assert_close(out, torch.tensor([[[0.0, 2.0]]]))


def test_grad_cam_is_class_activation_mapping_where_that_is_defined(resnet, images):
    """Behind global average pooling the weights are the last layer's, over the pixels of a map.

    As Selvaraju et al. show.
    """
    targets = torch.tensor([3, 0, 9, 1, 3])
    maps = inside.feature_maps(resnet, images, "layer3")
    weights = resnet.fc.weight[targets]  # (N, 64)

    out = inside.grad_cam(resnet, images, targets, layer="layer3")

    expected = torch.einsum("nf,nfhw->nhw", weights, maps).relu() / 64
    torch.testing.assert_close(out, expected.detach())
    assert (out > 0).any()
    assert (out == 0).any()


def test_gradients_of_an_image_do_not_depend_on_its_batch(resnet, images):
    """Batch norm evaluates, and each image's own logit is asked."""
    whole = [inside.saliency(resnet, images, 4), inside.grad_cam(resnet, images, 4, layer="bn1")]
    alone = [
        inside.saliency(resnet, images[2:3], 4),
        inside.grad_cam(resnet, images[2:3], 4, layer="bn1"),
    ]

    for several, one in zip(whole, alone, strict=True):
        torch.testing.assert_close(several[2:3], one)


# Receptive fields with their place.


@pytest.mark.parametrize(
    ("name", "layer", "size"),
    [
        ("lenet5", "pool2", 16),
        ("alexnet", "features.12", 195),
        ("vgg16", "features.30", 212),
        ("resnet18", "layer4", 435),
        ("resnet50", "layer4", 427),
        ("resnet50_2015", "layer4", 483),
        ("googlenet", "inception5b", 379),
        ("preact_resnet20", "layer3.2.conv2", 81),
        ("mobilenet_v2", "features.18", 491),
    ],
)
def test_receptive_window_is_as_wide_as_the_published_field(name, layer, size):
    """And as wide as counted along the widest path, where the layer is the last with a window."""
    with torch.device("meta"):
        model = create(name)
    C = next(part.in_channels for part in model.modules() if hasattr(part, "in_channels"))

    rows, columns = inside.receptive_window(model, layer, (C, model.image_size, model.image_size))

    assert rows == columns
    assert rows.size == size
    if name != "googlenet":  # the branch that sees furthest there ends behind a pooling layer
        assert size == receptive_field(receptive_layers(model))


class Windows(nn.Module):
    """All kinds of windows: functions, a pair, a dilation, a slice, padding of all kinds."""

    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 2, (3, 5), padding="same", dilation=(2, 1))
        self.conv2 = nn.Conv2d(2, 2, (2, 3), stride=(2, 1), padding=(0, 1))
        self.last = nn.Conv2d(2, 1, 1)

    def forward(self, x):
        x = F.relu(self.conv1(F.pad(x, (1, 2, 3, 0))))
        x = F.avg_pool2d(x, (2, 1), stride=1)
        x = F.max_pool2d(x, kernel_size=2, stride=(1, 2), padding=(1, 0))
        return self.last(self.conv2(x[:, :, 1::2, ::3]))


def test_receptive_window_is_where_a_change_of_a_pixel_shows():
    """Every pixel of an image changed on its own, every value of the last layer watched."""
    torch.manual_seed(0)
    model, x = Windows().double(), torch.rand(1, 1, 29, 37).double()
    for p in model.parameters():
        p.data.abs_()  # nothing cancels, no ReLU silences
    H, W = x.shape[2:]
    raised = x.repeat(H * W, 1, 1, 1)
    raised.view(H * W, -1).fill_diagonal_(9.0)  # large enough to win every maximum
    with torch.no_grad():
        moved = (model(raised) != model(x)).view(H, W, *model(x).shape[2:])

    rows, columns = inside.receptive_window(model, "last", (1, H, W))

    assert (rows.size, columns.size) == (9, 18)
    for r, c in torch.cartesian_prod(*map(torch.arange, moved.shape[2:])).tolist():
        seen = moved[:, :, r, c].nonzero()
        top, bottom = rows.span(r, H)
        left, right = columns.span(c, W)
        assert seen.amin(0).tolist() == [top, left]
        assert seen.amax(0).tolist() == [bottom - 1, right - 1]


def test_receptive_window_says_where_it_cannot_follow():
    """A change of size that no window explains; a model that looks at its input."""

    class Enlarging(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv2d(1, 1, 1)

        def forward(self, x):
            return self.conv(F.interpolate(x, scale_factor=2))

    class Choosing(Enlarging):
        def forward(self, x):
            return self.conv(x) if x.sum() > 0 else x

    with pytest.raises(ValueError, match=r"interpolate, which turns maps of \(4, 4\) pixels into"):
        inside.receptive_window(Enlarging(), "conv", (1, 4, 4))
    with pytest.raises(ValueError, match="Choosing cannot be followed"):
        inside.receptive_window(Choosing(), "conv", (1, 4, 4))


# What excites a map.


def test_maximally_activating_finds_what_a_search_through_all_values_finds(resnet, images):
    """At most one place in an image, the strongest image first; batches count on."""
    maps = inside.feature_maps(resnet, images, "layer2.0.conv1")[:, 7]

    found = inside.maximally_activating(
        resnet, images, "layer2.0.conv1", channel=7, k=3, batch_size=2
    )

    order = sorted(range(5), key=lambda n: -maps[n].max().item())
    assert [e.image for e in found] == order[:3]
    for e in found:
        assert e.value == pytest.approx(maps[e.image].max().item(), rel=1e-5)
        assert maps[e.image, e.row, e.column] == maps[e.image].max()


def test_the_window_of_an_excitation_holds_all_that_the_value_depends_on(zfnet, images):
    """With the rest of the image drawn anew, the value stays."""
    e = inside.maximally_activating(zfnet, images, "features.4", channel=3, k=1)[0]
    top, left, bottom, right = e.window
    other = torch.rand(1, 3, 32, 32)
    other[0, :, top:bottom, left:right] = e.crop(images)

    value = inside.feature_maps(zfnet, other, "features.4")[0, 3, e.row, e.column]

    assert e.crop(images).shape[1:] < (32, 32)
    assert value.item() == pytest.approx(e.value, rel=1e-5)


def test_of_equals_the_first_is_found():
    """In the order of the set, and of reading."""
    model = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False))
    model[0].weight.data.fill_(1.0)
    images = torch.tensor([[[[1.0, 2], [2, 0]]], [[[0, 3], [3, 3]]], [[[2, 0], [0, 0]]]])

    found = inside.maximally_activating(model, images, "0", channel=0, k=9)

    assert [(e.image, e.row, e.column, e.value) for e in found] == [
        (1, 0, 1, 3.0),
        (0, 0, 1, 2.0),
        (2, 0, 0, 2.0),
    ]
    assert found[0].window == (0, 1, 1, 2)


# Back to the pixels.


def test_deconvolve_agrees_with_unpooling_and_transposed_filters_written_out(images):
    """Without overlap each switch is used once, and PyTorch's own unpooling serves."""
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(3, 4, 5, stride=2, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 6, 3, padding=1),
        nn.ReLU(),
    )
    second = model[0](images).relu()
    _, switches = F.max_pool2d(second, 2, return_indices=True)
    maps = model(images)
    place = maps[:, 2].flatten(1).argmax(1)
    signal = torch.zeros_like(maps)
    for n in range(5):
        signal[n, 2].view(-1)[place[n]] = maps[n, 2].max()

    signal = F.conv_transpose2d(signal.relu(), model[3].weight, padding=1)
    signal = F.max_unpool2d(signal, switches, 2, output_size=second.shape[2:]).relu()
    expected = F.conv_transpose2d(signal, model[0].weight, stride=2, padding=1, output_padding=1)

    assert second.shape[2:] == (15, 15)
    assert expected.shape == images.shape
    out = inside.deconvolve(model, images, "4", channel=2)
    torch.testing.assert_close(out, expected.detach())
    assert (out != 0).any((1, 2, 3)).all()


class _TopReLU(torch.autograd.Function):
    """A ReLU whose gradient looks at what comes back, not at what went in."""

    @staticmethod
    def forward(x):
        return x.relu()

    @staticmethod
    def setup_context(ctx, inputs, output):
        pass

    @staticmethod
    def backward(ctx, gradient):
        return gradient.relu()


def test_deconvolve_is_the_gradients_way_but_for_the_relu(images):
    """As Springenberg et al. put it: a backward pass with another rule at the ReLU.

    With overlapping windows and a batch norm on the way.
    """
    torch.manual_seed(4)
    model = nn.Sequential(
        nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(5, 4, 3)
    )
    stir(model).eval()
    x = images.clone().requires_grad_()
    maps = model[4](model[3](_TopReLU.apply(model[1](model[0](x)))))
    value = maps[:, 1, 6, 2]
    (gradient,) = torch.autograd.grad(value.sum(), x)

    out = inside.deconvolve(model, images, "4", channel=1, place=(6, 2))

    expected = gradient * value.detach().relu()[:, None, None, None]
    torch.testing.assert_close(out, expected)
    assert (value > 0).any()


def test_deconvolve_stays_within_the_receptive_field(zfnet, images):
    """Through overlapping pooling layers and response normalisation."""
    found = inside.maximally_activating(zfnet, images, "features.4", channel=3, k=5)

    out = inside.deconvolve(zfnet, images, "features.4", channel=3)

    assert sum(e.value > 0 for e in found) > 1
    for e in found:
        inner = e.crop(out).abs().sum().item()
        assert out[e.image].abs().sum().item() == pytest.approx(inner)
        assert (inner > 0) == (e.value > 0)


def test_deconvolve_says_where_a_chain_ends(resnet, zfnet, images):
    """Paths that meet; a layer of a kind it does not know."""
    model = nn.Sequential(nn.Conv2d(3, 2, 3), nn.Sigmoid(), nn.Conv2d(2, 2, 3))

    with pytest.raises(
        ValueError, match=r"layer1_0_downsample does not simply follow layer1_0_bn2: .* chain"
    ):
        inside.deconvolve(resnet, images, "layer1.1.conv1", channel=0)
    with pytest.raises(ValueError, match="no way back through 1, a Sigmoid"):
        inside.deconvolve(model, images, "2", channel=0)
    with pytest.raises(ValueError, match=r"no place \(4, 16\) on maps of 16 x 16: rows"):
        inside.deconvolve(zfnet, images, "features.4", channel=0, place=(4, 16))


# Questions that cannot be answered.


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda m, x: inside.saliency(m, x[0]), ShapeError, r"images\[None\] makes a batch"),
        (lambda m, x: inside.saliency(m, x[:, :2]), ShapeError, "conv1 takes 3 channels"),
        (lambda m, x: inside.saliency(m, (x * 9).byte()), TypeError, r"images.float\(\) / 255"),
        (lambda m, x: inside.saliency(m, x.numpy()), TypeError, "images are a ndarray"),
        (lambda m, x: inside.saliency(m, x, 10), ValueError, "no class 10: .* 0 to 9"),
        (lambda m, x: inside.saliency(m, x, -1), ValueError, "no class -1"),
        (lambda m, x: inside.saliency(m, x, torch.tensor([1, 2])), ShapeError, "5 images need"),
        (lambda m, x: inside.saliency(m, x, 2.0), TypeError, "whole numbers"),
        (lambda m, x: inside.occlusion_map(m, x), ShapeError, r"not \(C, H, W\)"),
        (lambda m, x: inside.occlusion_map(m, x[0], size=0), ValueError, "size is 0"),
        (lambda m, x: inside.occlusion_map(m, x[0], 10), ValueError, "no class 10"),
        (
            lambda m, x: inside.grad_cam(m, x, layer="layer3.2.conv"),
            ValueError,
            "no layer 'layer3.2.conv': did you mean 'layer3.2.conv2'",
        ),
        (lambda m, x: inside.feature_maps(m, x, "zzz"), ValueError, "it has conv1, bn1, layer1,"),
        (lambda m, x: inside.feature_maps(m, x, ""), ValueError, "has no layer ''"),
        (lambda m, x: inside.grad_cam(m, x, layer="fc"), ShapeError, r"fc makes \(5, 10\)"),
        (
            lambda m, x: inside.maximally_activating(m, x, "conv1", channel=16),
            ValueError,
            "conv1 has no map 16: it has maps 0 to 15",
        ),
        (
            lambda m, x: inside.maximally_activating(m, x, "conv1", channel=1, k=0),
            ValueError,
            "k is 0",
        ),
        (
            lambda m, x: inside.deconvolve(m, x, "conv1", channel=-1),
            ValueError,
            "conv1 has no map -1",
        ),
    ],
)
def test_a_question_without_an_answer_is_told_what_was_wrong(resnet, images, ask, error, said):
    """The numbers that disagree, and what to do."""
    with pytest.raises(error, match=said):
        ask(resnet, images)


def test_a_layer_that_runs_twice_is_not_guessed_at(images):
    """One ReLU for all, as torchvision's blocks have it."""
    relu = nn.ReLU()
    model = nn.Sequential(nn.Conv2d(3, 2, 3), relu, nn.Conv2d(2, 2, 3), relu)

    with pytest.raises(ValueError, match="1 runs 2 times"):
        inside.feature_maps(model, images, "1")


def test_a_part_that_runs_only_while_training_is_not_guessed_at(images):
    """As GoogLeNet's auxiliary heads do."""

    class Helped(nn.Sequential):
        def forward(self, x):
            x = self[0](x)
            return x + self[1](x) if self.training else x

    model = Helped(nn.Conv2d(3, 2, 3), nn.Conv2d(2, 2, 1))

    with pytest.raises(ValueError, match="1 runs not at all"):
        inside.feature_maps(model, images, "1")


# Nothing is left behind.

LOOKS = {
    "feature_maps": lambda m, x: inside.feature_maps(m, x, "conv1"),
    "occlusion_map": lambda m, x: inside.occlusion_map(m, x[0], 1, stride=16),
    "saliency": lambda m, x: inside.saliency(m, x, 1),
    "grad_cam": lambda m, x: inside.grad_cam(m, x, 1, layer="layer1"),
    "maximally_activating": lambda m, x: inside.maximally_activating(m, x, "bn1", channel=1),
    "deconvolve": lambda m, x: inside.deconvolve(m, x, "bn1", channel=1),
}


def traces(model):
    """List everything that a look could leave in a model."""
    return {
        "modes": [part.training for part in model.modules()],
        "needs": [p.requires_grad for p in model.parameters()],
        "gradients": [p.grad is None or p.grad.clone() for p in model.parameters()],
        "hooks": [len(p._forward_hooks) + len(p._backward_hooks) for p in model.modules()],
        "numbers": [value.clone() for value in model.state_dict().values()],
    }


def same(a, b):
    """Compare traces, tensors by their values."""
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


@pytest.mark.parametrize("fails", [False, True], ids=["answered", "with an error"])
@pytest.mark.parametrize("look", LOOKS)
def test_a_look_leaves_the_model_as_it_was(look, fails, images):
    """Its modes, part by part, its gradients, its statistics; also when the images do not fit."""
    model = create("resnet20")
    model.layer1.eval()  # frozen statistics, as in fine-tuning
    model.conv1.requires_grad_(False)
    model.fc.weight.grad = torch.ones_like(model.fc.weight)
    before, x = traces(model), images[:2].clone()

    if fails:
        with pytest.raises(ShapeError):
            LOOKS[look](model, x[:, :2])
    else:
        with torch.no_grad():  # whoever looks within evaluation code gets an answer too
            LOOKS[look](model, x)

    after = traces(model)
    for kind, values in before.items():
        assert all(map(same, values, after[kind])), kind
    assert torch.equal(x, images[:2])
    assert not x.requires_grad
    assert torch.is_grad_enabled()


def test_a_frozen_model_is_looked_into_as_well(images):
    """Gradients start at the image, not at the parameters."""
    model = create("resnet20").requires_grad_(False)

    assert inside.saliency(model, images, 1).max() > 0
    assert inside.grad_cam(model, images, 1, layer="conv1").shape == (5, 32, 32)


# Drawing.


def test_heat_lies_over_the_whole_picture():
    """A map of 2 x 3 stretched over 8 x 12 pixels."""
    ax = inside.show_heat(torch.rand(3, 8, 12), torch.tensor([[0, 1.0, 2], [3, 4, 5]]), title="t")
    picture, heat = ax.images

    assert list(heat.get_extent()) == list(picture.get_extent()) == [-0.5, 11.5, 7.5, -0.5]
    assert heat.get_clim() == (0, 5)
    assert 0 < heat.get_alpha() < 1
    assert ax.get_title() == "t"


def test_heat_of_a_batch_is_refused():
    """The map of one image is asked for."""
    with pytest.raises(ShapeError, match=r"\(2, 4, 4\), not \(h, w\): take that of one image"):
        inside.show_heat(torch.rand(1, 8, 8), torch.rand(2, 4, 4))
    with pytest.raises(ShapeError, match=r"\(8, 8\), not \(1 or 3, H, W\)"):
        inside.show_heat(torch.rand(8, 8), torch.rand(4, 4))


def test_filters_are_laid_side_by_side():
    """Colour filters each use their whole range; grey ones share white at 0."""
    colour = inside.show_filters(torch.rand(6, 3, 5, 5), columns=3).images[0].get_array()
    grey = inside.show_filters(torch.tensor([[[[1.0, -2.0]]]])).images[0]

    assert colour.shape == (11, 17, 3)
    assert (colour[:5, :5].min(), colour[:5, :5].max()) == (0, 1)
    assert grey.get_clim() == (-2, 2)
    with pytest.raises(ShapeError, match=r"\(6, 4, 5, 5\) cannot be drawn"):
        inside.show_filters(torch.rand(6, 4, 5, 5))


def test_tiles_of_several_sizes_stand_in_a_grid():
    """Crops at a border are smaller; the gap stays around them."""
    whole = inside.tile([torch.zeros(1, 2, 3), torch.zeros(1, 1, 2)], columns=2)

    assert whole[0].tolist() == [[0, 0, 0, 1, 0, 0, 1], [0, 0, 0, 1, 1, 1, 1]]
    with pytest.raises(ShapeError, match="same C"):
        inside.tile([torch.zeros(1, 2, 2), torch.zeros(3, 2, 2)])
