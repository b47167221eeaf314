"""From one value of a map back to the pixels: Zeiler and Fergus's deconvolutional network."""

from __future__ import annotations

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from cnncourse.inside.fields import follow, is_end_of
from cnncourse.inside.watch import as_images, as_tested, explained, layer_called
from cnncourse.shapes import ShapeError

# What adds up weighted values: its way back adds them up with the same weights.
LINEAR = (nn.Conv2d, nn.MaxPool2d, nn.AvgPool2d, nn.AdaptiveAvgPool2d, nn.BatchNorm2d)
PASSED = (nn.Dropout, nn.Dropout2d, nn.Identity, nn.LocalResponseNorm)
RECTIFIERS = (F.relu, torch.relu, "relu")


@torch.enable_grad()
def deconvolve(
    model: nn.Module,
    images: Tensor,
    layer: str,
    *,
    channel: int,
    place: tuple[int, int] | None = None,
) -> Tensor:
    """Project what excited a map back to the pixels [1]_.

    All values of the layer but one are set to 0, and the layers are gone back through. A max
    pooling sends each value to the place it came from, its switch; where windows overlap,
    values that came from one place are added. A ReLU keeps what is above 0 of what comes
    back. A convolution is answered by its own filters, transposed, without the bias; batch
    normalisation by its scale; response normalisation and dropout let everything pass. But
    for the rule at the ReLU this is the gradient's way [2]_, times the value.

    Parameters
    ----------
    model : Module
        A network whose layers up to the one asked about form a chain, such as AlexNet, ZFNet
        or VGG; left as it was.
    images : (N, C, H, W) tensor of float
        Pixels as the model wants them.
    layer : str
        The layer's name.
    channel : int
        Which of the layer's maps.
    place : (int, int), optional
        Row and column on the map; by default where the map is strongest, in each image. What
        lies below 0 there is taken for 0.

    Returns
    -------
    (N, C, H, W) tensor
        What in each image the value goes by, with a sign: 0 outside its receptive field.

    Raises
    ------
    ValueError
        If there is no such layer, map or place, if paths meet on the way, or if a layer on the
        way is of a kind that cannot be gone back through; the message names it.
    ShapeError
        If the layer makes no maps, or the images do not fit the model.

    References
    ----------
    .. [1] Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
       arXiv:1311.2901, section 2.1.
    .. [2] Springenberg, Dosovitskiy, Brox and Riedmiller, "Striving for simplicity: the all
       convolutional net", ICLR workshop 2015, arXiv:1412.6806.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> images = torch.rand(2, 1, 28, 28)
    >>> deconvolve(create("lenet5"), images, "conv2", channel=5).shape
    torch.Size([2, 1, 28, 28])
    """
    layer_called(model, layer)
    images = as_images(model, images)
    with as_tested(model), explained(model, images):
        steps = _Steps(follow(model), layer)
        steps.keep(images)
        signal = _one_value(steps.out, layer, channel, place)
        for node, x in reversed(steps.passed):
            signal = _back(steps.module, node, x, signal)
    return signal


class _Steps(fx.Interpreter):
    """Runs a chain of layers and keeps what went into each."""

    def __init__(self, steps, layer):
        super().__init__(steps)
        self.layer, self.passed, self.out = layer, [], None

    def keep(self, images):
        nodes = iter(self.module.graph.nodes)
        before, self.out = next(nodes), images
        for node in nodes:
            if node.op == "output":
                break
            if node.all_input_nodes != [before]:
                raise ValueError(
                    f"{node.name} does not simply follow {before.name}: deconvolve goes back "
                    f"through a chain of layers, and here paths part or meet"
                )
            x = self.out.detach()
            self.env[before] = x
            self.out = self.run_node(node)
            self.passed.append((node, x))
            before = node
            if is_end_of(node, self.layer):
                return
        raise ValueError(f"{self.layer} does not run by itself while the model is tested")


def _one_value(maps, layer, channel, place):
    """Keep one value of one map for each image, and nothing of the others."""
    if maps.ndim != 4:
        raise ShapeError(f"{layer} makes {tuple(maps.shape)}, not (N, F, h, w) maps")
    N, channels, h, w = maps.shape
    if not 0 <= channel < channels:
        raise ValueError(f"{layer} has no map {channel}: it has maps 0 to {channels - 1}")
    one = maps[:, channel].flatten(1).detach()
    if place is None:
        index = one.argmax(1)
    elif 0 <= place[0] < h and 0 <= place[1] < w:
        index = torch.full((N,), place[0] * w + place[1], device=maps.device)
    else:
        raise ValueError(f"there is no place {place} on maps of {h} x {w}: rows come first")
    signal = torch.zeros_like(maps)
    images = torch.arange(N, device=maps.device)
    signal[:, channel].view(N, -1)[images, index] = one[images, index].relu()
    return signal


def _back(model, node, x, signal):
    """Send what came back from the layers behind one step through that step."""
    if node.op != "call_module":
        if node.target in RECTIFIERS:
            return signal.relu()
        raise ValueError(f"deconvolve knows no way back through {node.name}")
    layer = model.get_submodule(node.target)
    if isinstance(layer, nn.ReLU):
        return signal.relu()
    if isinstance(layer, PASSED):
        return signal
    if not isinstance(layer, LINEAR):
        kind = type(layer).__name__
        raise ValueError(f"deconvolve knows no way back through {node.target}, a {kind}")
    x = x.clone().requires_grad_()
    # A sum and no grad_outputs: those make PyTorch load SymPy, which takes seconds.
    return torch.autograd.grad((layer(x) * signal).sum(), x)[0]
