"""The networks of the course by their names; where torchvision has one, under the same name."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable
from functools import partial

from cnncourse.models.alexnet import AlexNet, AlexNet2012
from cnncourse.models.convnext import ConvNeXtTiny
from cnncourse.models.densenet import DenseNet121
from cnncourse.models.googlenet import GoogLeNet
from cnncourse.models.lenet import LeNet5, LeNet5Original
from cnncourse.models.mobilenet import MobileNetV2
from cnncourse.models.network import SMALL_IMAGES, Network
from cnncourse.models.nin import NiN
from cnncourse.models.pretrained import load_pretrained
from cnncourse.models.resnet import ResNet
from cnncourse.models.resnet_cifar import ResNetCifar
from cnncourse.models.senet import SEResNet
from cnncourse.models.speedrun import Speedrun
from cnncourse.models.vgg import VGG
from cnncourse.models.zfnet import ZFNet

# Those that torchvision has, with the same names of layers, so that its weights fit.
IN_TORCHVISION: dict[str, Callable[..., Network]] = {
    "alexnet": AlexNet,
    **{f"vgg{depth}": partial(VGG, depth) for depth in (11, 13, 16, 19)},
    **{f"vgg{depth}_bn": partial(VGG, depth, batch_norm=True) for depth in (11, 13, 16, 19)},
    "googlenet": GoogLeNet,
    **{f"resnet{depth}": partial(ResNet, depth) for depth in (18, 34, 50, 101, 152)},
    "densenet121": DenseNet121,
    "mobilenet_v2": MobileNetV2,
    "convnext_tiny": ConvNeXtTiny,
}
CIFAR_DEPTHS = (20, 32, 44, 56, 110)
MODELS: dict[str, Callable[..., Network]] = {
    "lenet5": LeNet5,
    "lenet5_1998": LeNet5Original,
    "alexnet_2012": AlexNet2012,
    "zfnet": ZFNet,
    "nin": NiN,
    "googlenet_2014": partial(GoogLeNet, batch_norm=False),
    **{f"resnet{d}_2015": partial(ResNet, d, stride_on="1x1") for d in (50, 101, 152)},
    **{f"resnet{d}": partial(ResNetCifar, d) for d in CIFAR_DEPTHS},
    **{f"plain{d}": partial(ResNetCifar, d, shortcut=None) for d in CIFAR_DEPTHS},
    **{f"preact_resnet{d}": partial(ResNetCifar, d, preactivation=True) for d in CIFAR_DEPTHS},
    "speedrun": Speedrun,
    **{f"se_resnet{d}": partial(SEResNet, d) for d in ResNet.plans},
    **IN_TORCHVISION,
}


def create(
    name: str, num_classes: int | None = None, *, weights: str | None = None, **options: object
) -> Network:
    """Build a network by its name.

    Parameters
    ----------
    name : str
        One of `names()`.
    num_classes : int, optional
        Length of the answer; by default the network's own.
    weights : str, optional
        "DEFAULT", or the name of a set of torchvision's weights, such as "IMAGENET1K_V1": fetched
        once if they are not on this machine. With another number of classes than ImageNet's
        1,000, the last layer is new. By default the weights are random.
    **options
        The network's own, among them `in_channels`, and `image_size` where it has a small form.

    Returns
    -------
    Network
        In training mode, as PyTorch makes it.

    Raises
    ------
    ValueError
        If no network has this name, or it has no such weights or they do not fit.
    TypeError
        If the network has no such option.
    OSError
        If weights are neither here nor to be had; the message says what to do.

    Examples
    --------
    >>> type(create("resnet20", 100)).__name__
    'ResNetCifar'
    """
    build = MODELS.get(name)
    if build is None:
        raise ValueError(f"no network is called {name!r}: {_nearest(name)}")
    _check_options(name, build, options)
    if num_classes is not None:
        options["num_classes"] = num_classes
    if weights is None:
        return build(**options)
    if name not in IN_TORCHVISION:
        raise ValueError(
            f"{name} has no pretrained weights; these have: {', '.join(IN_TORCHVISION)}"
        )
    if options.get("in_channels", 3) != 3 or options.get("image_size", 224) <= SMALL_IMAGES:
        raise ValueError(
            f"{name}'s weights are for images of 3 channels and the form for large images: leave "
            f"in_channels and image_size out, and enlarge small images"
        )
    if name == "googlenet":
        options.setdefault("transform_input", True)
    network = build(**options)
    load_pretrained(network, name, weights)
    return network


def names() -> list[str]:
    """List the names that `create` knows.

    Returns
    -------
    list of str
        In alphabetical order.
    """
    return sorted(MODELS)


def _nearest(name):
    near = difflib.get_close_matches(str(name).lower(), MODELS, n=3, cutoff=0.5)
    if not near:
        return "names() lists those there are"
    return f"did you mean {' or '.join(map(repr, near))}?"


def _check_options(name, build, options):
    known = inspect.signature(build).parameters
    for option in options:
        if option not in known:
            raise TypeError(f"{name} has no option {option!r}; it has {', '.join(known)}")
