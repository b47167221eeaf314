"""What the networks share: a wrong size is answered with the layer's name and the numbers.

PyTorch says which numbers disagree, but not where; a `Network` finds the layer.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from cnncourse.shapes import ShapeError

SMALL_IMAGES = 64  # pixels: up to here a network takes the small form of its first layers


class Network(nn.Module):
    """A network for (N, C, H, W) images.

    Attributes
    ----------
    image_size : int
        Side in pixels of the images that the network is made for.
    heads : tuple of str
        Names of the layers whose outputs are the classes.

    Raises
    ------
    ShapeError
        When it is called with images that do not fit; the message names the layer.
    TypeError
        When the images are whole numbers.
    """

    image_size = 224
    heads = ("fc",)

    def __call__(self, x: Tensor) -> Tensor:
        """Answer with the logits of (N, C, H, W) images."""
        if torch.compiler.is_compiling():
            return super().__call__(x)
        if x.ndim != 4:
            hint = ": x[None] makes a batch of one image" if x.ndim == 3 else ""
            raise ShapeError(f"x has shape {tuple(x.shape)}, it must be (N, C, H, W){hint}")
        if not x.is_floating_point():
            raise TypeError(f"x is {x.dtype}, images are float32 in [0, 1]: x.float() / 255")
        try:
            return super().__call__(x)
        except ShapeError:
            raise
        except (RuntimeError, ValueError) as error:
            message = _explain(self, x, error)
            if message is None:
                raise
            raise ShapeError(message) from None


def initialise(network: Network, *, mode: str = "fan_out") -> None:
    """Draw the weights so that ReLU keeps the size of the signal, or of its gradient [1]_.

    Parameters
    ----------
    network : Network
        Its convolutions and fully connected layers are drawn anew, their biases set to 0; the
        layers named in its `heads` start near 0, with a standard deviation of 0.01.
    mode : {"fan_out", "fan_in"}, default "fan_out"
        Whether convolutions keep the size of the gradient on its way back, or of the signal on
        its way forward, as fully connected layers do.

    References
    ----------
    .. [1] He, Zhang, Ren and Sun, "Delving deep into rectifiers: surpassing human-level
       performance on ImageNet classification", ICCV 2015, arXiv:1502.01852.
    """
    if next(network.parameters()).is_meta:
        return  # no numbers there, and PyTorch would take seconds to load what says so
    for name, layer in network.named_modules():
        if name in network.heads:
            nn.init.normal_(layer.weight, std=0.01)
        elif isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode=mode, nonlinearity="relu")
        elif isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        if isinstance(layer, nn.Conv2d | nn.Linear) and layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _explain(network, images, error):
    """Say why the images do not fit, or None where the error is of another kind."""
    layer, x = _where(error)
    if layer is None or not isinstance(x, Tensor) or x.ndim < 2:
        return None
    name = next((name for name, part in network.named_modules() if part is layer), "")
    name = name or type(layer).__name__
    for reason in (_channels, _window, _features, _statistics):
        sentence = reason(layer, x, network, images)
        if sentence is not None:
            return f"{name} {sentence}"
    return None


def _where(error):
    """Find the innermost layer that was running when an error came up, and its input."""
    found, step = (None, None), error.__traceback__
    while step is not None:
        code, local = step.tb_frame.f_code, step.tb_frame.f_locals
        if code.co_name == "forward" and isinstance(local.get("self"), nn.Module):
            found = local["self"], local.get("".join(code.co_varnames[1:2]))
        step = step.tb_next
    return found


def _channels(layer, x, network, images):
    wanted = getattr(layer, "in_channels", None)
    if wanted is None or x.ndim != 4 or x.shape[1] == wanted:
        return None
    taken = f"takes {wanted} channel{'s' * (wanted != 1)}"
    shape = f"images of shape {tuple(images.shape)}"
    if images.shape[-1] == wanted:
        return f"{taken}, it was given {x.shape[1]}: are {shape} channels-first?"
    return (
        f"{taken}, it was given {x.shape[1]} by {shape}: "
        f"make the network with in_channels={images.shape[1]}, or convert the images"
    )


def _window(layer, x, network, images):
    if not hasattr(layer, "kernel_size") or x.ndim != 4:
        return None
    sizes = zip(pair(layer.kernel_size), pair(getattr(layer, "dilation", 1)), strict=True)
    reach = [dilation * (kernel - 1) + 1 for kernel, dilation in sizes]
    if isinstance(layer.padding, str):
        return None
    padded = [n + 2 * p for n, p in zip(x.shape[2:], pair(layer.padding), strict=True)]
    if reach[0] <= padded[0] and reach[1] <= padded[1]:
        return None
    maps = _by(padded) + (" with their padding" if padded != [*x.shape[2:]] else "")
    return f"slides a window of {_by(reach)} over maps of {maps}: {_made_for(network, images)}"


def _features(layer, x, network, images):
    wanted = getattr(layer, "in_features", None)
    if wanted is None or x.shape[-1] == wanted:
        return None
    return (
        f"takes {wanted:,} numbers an image, it was given {x.shape[-1]:,}: "
        f"{_made_for(network, images)}"
    )


def _statistics(layer, x, network, images):
    is_norm = isinstance(layer, nn.BatchNorm1d | nn.BatchNorm2d)
    if not (is_norm and layer.training and x.numel() == x.shape[1]):
        return None
    return (
        "has one number a channel to take the variance of while training: "
        f"give more than one image at a time, or images larger than {_by(images.shape[2:])}"
    )


def _made_for(network, images):
    side = network.image_size
    return (
        f"images of {_by(images.shape[2:])} do not fit, {type(network).__name__} was made for "
        f"{side} x {side}"
    )


def pair(value: int | tuple[int, int]) -> tuple[int, int]:
    """Write a size that may be given once for both axes as (height, width).

    Parameters
    ----------
    value : int or (int, int)
        A layer's kernel size, stride, padding or dilation.

    Returns
    -------
    (int, int)
        The same for each axis.

    Examples
    --------
    >>> pair(3), pair((3, 5))
    ((3, 3), (3, 5))
    """
    return (value, value) if isinstance(value, int) else tuple(value)


def _by(sides):
    return " x ".join(map(str, sides))
