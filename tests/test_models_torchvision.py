"""Our networks beside torchvision's: the same weights give the same logits."""

import pytest
import torch
import torchvision.models as theirs
from torch import nn

from cnncourse.models import create
from cnncourse.models.registry import IN_TORCHVISION

SIDES = {"alexnet": (67, 95), "densenet121": (37, 69), "vgg": (33, 67), "other": (37, 69)}


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Leave torchvision's initial weights undrawn: `filled` draws others, in less time."""
    for name in ("kaiming_normal_", "normal_", "trunc_normal_", "constant_"):
        monkeypatch.setattr(nn.init, name, lambda tensor, *args, **kwargs: tensor)


def filled(model):
    """Give a model of the device "meta" numbers that keep signals alive in every layer."""
    generator = torch.Generator().manual_seed(0)
    block = torch.randn(1_000_003, generator=generator)
    model.to_empty(device="cpu")
    for name, values in model.state_dict().items():
        if not values.is_floating_point():
            values.zero_()
            continue
        repeats = -(-values.numel() // len(block))
        numbers = block.repeat(repeats)[: values.numel()].view(values.shape)
        block = block.roll(values.numel() + 1)
        if values.ndim > 1 and not name.endswith("layer_scale"):
            values.copy_(numbers).mul_((2 / values[0].numel()) ** 0.5)
        elif name.endswith(("bias", "running_mean")):
            values.copy_(numbers).mul_(0.1)
        else:  # scales and variances are positive
            values.copy_(numbers).abs_().add_(0.5)
    return model


def shapes(model):
    return {name: tuple(values.shape) for name, values in model.state_dict().items()}


def thin_out(classifier, units=16):
    """Leave 16 of 4,096 units: VGG's 120 million weights there would take most of the time."""
    linear = [part for part in classifier if isinstance(part, nn.Linear)]
    for part, before, after in zip(linear, [None, units, units], [units, units, 7], strict=True):
        part.__init__(before or part.in_features, after, device="meta")


@pytest.mark.parametrize("name", sorted(IN_TORCHVISION))
def test_torchvisions_weights_load_and_give_the_same_logits(name):
    """Strictly, name by name; the image is not square, and its sides do not divide."""
    options = {"aux_logits": False, "init_weights": False} if name == "googlenet" else {}
    options |= {"init_weights": False} if name.startswith("vgg") else {}
    with torch.device("meta"):
        their = theirs.get_model(name, weights=None, num_classes=7, **options)
        our = create(name, 7)
    assert shapes(our) == shapes(their)
    if name.startswith(("alexnet", "vgg")):
        thin_out(their.classifier)
        thin_out(our.classifier)
    filled(their).eval()
    our.load_state_dict(their.state_dict(), strict=True, assign=True)
    size = SIDES["vgg" if name.startswith("vgg") else name if name in SIDES else "other"]
    x = torch.randn(2, 3, *size, generator=torch.Generator().manual_seed(1))

    with torch.no_grad():
        expected, found = their(x), our.eval()(x)

    assert expected.std() > 1e-3
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5 * expected.abs().max().item())


def test_googlenets_auxiliary_heads_are_torchvisions():
    """All three answers while training, in the same order; dropout is off to compare."""
    with torch.device("meta"):
        their = theirs.googlenet(num_classes=7, init_weights=False, dropout=0, dropout_aux=0)
        our = create("googlenet", 7, aux_logits=True, dropout=0.0)
    their = filled(their).train()
    our.load_state_dict(
        {key: value.clone() for key, value in their.state_dict().items()}, assign=True
    )
    our.train()
    our.aux1.dropout.p = our.aux2.dropout.p = 0
    x = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))

    with torch.no_grad():
        expected, found = their(x), our(x)

    assert expected._fields[0] == found._fields[0] == "logits"
    for name in ("logits", "aux_logits2", "aux_logits1"):
        torch.testing.assert_close(getattr(found, name), getattr(expected, name))


def test_transformed_input_is_torchvisions():
    """Images normalised for the other networks are scaled for GoogLeNet's own weights."""
    with torch.device("meta"):
        their = theirs.googlenet(
            num_classes=7, init_weights=False, aux_logits=False, transform_input=True
        )
        our = create("googlenet", 7, transform_input=True)
    filled(their).eval()
    our.load_state_dict(their.state_dict(), assign=True)
    x = torch.randn(1, 3, 37, 69, generator=torch.Generator().manual_seed(1))

    with torch.no_grad():
        expected, found = their(x), our.eval()(x)
        our.transform_input = False
        without = our(x)

    scale = expected.abs().max().item()
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5 * scale)
    assert (without - expected).abs().max() > 1e-2 * scale
