"""What is learned on one set of images, used on another: freeze, replace the head, thaw.

It works on the networks of this course, on torchvision's, and on any whose layers are defined
in the order they run.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from cnncourse.training.stages import heads, stages


def freeze(model: nn.Module, *parts: str) -> None:
    """Keep parts of a network as they are: no gradient, and set to evaluate.

    Parameters
    ----------
    model : Module
        Changed in place.
    *parts : str
        Names of layers or blocks, "layer1" for example; by default the whole network.

    Raises
    ------
    ValueError
        If the network has no part of this name.

    Notes
    -----
    Without a gradient, weights stay as they are. Batch normalisation changes all the same: while
    it trains, it divides by the batch's own statistics and moves its running ones. So what is
    frozen is set to evaluate as well, dropout included, and is then a fixed function of the
    image. `model.train()` wakes it up; `keep_frozen` puts it back.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> network = create("lenet5")
    >>> freeze(network, "conv1", "conv2")
    >>> network.conv1.weight.requires_grad, network.fc1.weight.requires_grad
    (False, True)
    """
    for part in _parts(model, parts):
        part.requires_grad_(False)
    keep_frozen(model)


def unfreeze(model: nn.Module, *parts: str) -> None:
    """Let parts of a network learn again, in training mode; parameters as for `freeze`."""
    for part in _parts(model, parts):
        part.requires_grad_(True)
        part.train()


def keep_frozen(model: nn.Module, epoch: int = 0) -> None:
    """Set to evaluate whatever has only frozen parameters; `train` takes it as `before_epoch`.

    Parameters
    ----------
    model : Module
        Changed in place.
    epoch : int, default 0
        Not used: it is the same before every pass.
    """
    for part in model.modules():
        parameters = list(part.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            part.eval()


def replace_head(model: nn.Module, num_classes: int) -> tuple[str, ...]:
    """Give a network a new last layer for other classes.

    The new layer starts near 0, as those of this course's networks do, so that its first
    gradients do not upset the layers below. It learns, whatever is frozen.

    Parameters
    ----------
    model : Module
        Changed in place; everything but its `heads` stays as it is.
    num_classes : int
        Length of the new answer.

    Returns
    -------
    tuple of str
        Names of the layers that are new.

    Raises
    ------
    ValueError
        If there is no class, or the network has no such layer.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> network = create("resnet20")
    >>> replace_head(network, 4), network.fc.out_features
    (('fc',), 4)
    """
    if num_classes < 1:
        raise ValueError(f"num_classes is {num_classes}, it must be at least 1")
    names = heads(model)
    for name in names:
        parent, _, last = name.rpartition(".")
        old = model.get_submodule(name)
        setattr(model.get_submodule(parent), last, _like(old, num_classes))
    return names


def param_groups(*, first: float = 0.1) -> Callable[[nn.Module], list[dict]]:
    """Let early layers take smaller steps than late ones; `train` takes it as `parameters`.

    Parameters
    ----------
    first : float, default 0.1
        The first stage's step size as a fraction of the head's; the stages between take equal
        factors [1]_. 1 gives all the same.

    Returns
    -------
    callable
        Takes the model, returns a group a stage: "name", "params", and "scale", which is 1 for
        the head. Frozen parameters are in their groups as well, so that they can be thawed.

    Raises
    ------
    ValueError
        If `first` is not above 0.

    References
    ----------
    .. [1] Howard and Ruder, "Universal language model fine-tuning for text classification",
       ACL 2018, arXiv:1801.06146.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> [round(group["scale"], 2) for group in param_groups(first=0.01)(create("lenet5"))]
    [0.01, 0.03, 0.1, 0.32, 1.0]
    """
    if first <= 0:
        raise ValueError(f"first is {first}, it must be above 0: to keep a stage, freeze it")
    return _Groups(first)


def gradual_unfreezing(*, every: int = 1) -> Callable[[nn.Module, int], None]:
    """Thaw a network from its head down, a stage at a time; `train` takes it as `before_epoch`.

    Parameters
    ----------
    every : int, default 1
        Passes from one stage to the next. In the first ones only the head learns [1]_.

    Returns
    -------
    callable
        Takes the model and the number of the pass, from 0; freezes and thaws what is due then,
        whatever was frozen before.

    Raises
    ------
    ValueError
        If `every` is below 1.

    References
    ----------
    .. [1] Howard and Ruder, "Universal language model fine-tuning for text classification",
       ACL 2018, arXiv:1801.06146.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> network, thaw = create("lenet5"), gradual_unfreezing(every=2)
    >>> thaw(network, 3)
    >>> [name for name, part in stages(network).items() if part[0].requires_grad]
    ['fc2', 'fc3']
    """
    if every < 1:
        raise ValueError(f"every is {every}, a stage needs at least one pass")
    return _Thaw(every)


def extract_features(model: nn.Module, images: Tensor, *, batch_size: int = 1000) -> Tensor:
    """Compute what the head is given: the network's description of each image.

    Parameters
    ----------
    model : Module
        Any network; it is set to evaluate meanwhile, and left in the mode it was in.
    images : (N, C, H, W) tensor of float32
        Pixels in [0, 1].
    batch_size : int, default 1000
        Images at a time.

    Returns
    -------
    (N, D) tensor of float32
        Features on the model's device, without gradients. Where the head is a convolution, the
        mean of each of its maps.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> extract_features(create("lenet5"), torch.zeros(3, 1, 28, 28)).shape
    torch.Size([3, 84])
    """
    seen, modes = [], {part: part.training for part in model.modules()}
    head = model.get_submodule(heads(model)[0])
    watch = head.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0]))
    device = next(model.parameters()).device
    model.eval()
    try:
        with torch.no_grad():
            for batch in images.split(batch_size):
                model(batch.to(device))
    finally:
        watch.remove()
        for part, training in modes.items():
            part.training = training
    features = torch.cat(seen)
    return features.mean((2, 3)) if features.ndim == 4 else features.flatten(1)


@dataclass(frozen=True)
class _Groups:
    """Its repr tells a checkpoint which groups they are."""

    first: float

    def __call__(self, model):
        parts = stages(model)
        last = max(1, len(parts) - 1)
        return [
            {"name": name, "params": part, "scale": self.first ** (1 - i / last)}
            for i, (name, part) in enumerate(parts.items())
        ]


@dataclass(frozen=True)
class _Thaw:
    """Its repr tells a checkpoint how fast it thaws."""

    every: int

    def __call__(self, model, epoch):
        for i, part in enumerate(reversed(stages(model).values())):
            for parameter in part:
                parameter.requires_grad_(i <= epoch // self.every)
        model.train()
        keep_frozen(model)


def _parts(model, names):
    layers = dict(model.named_modules())
    for name in names:
        if name not in layers:
            near = difflib.get_close_matches(name, layers, n=3) or list(stages(model))
            raise ValueError(
                f"{type(model).__name__} has no part {name!r}: did you mean {' or '.join(near)}?"
            )
    return [layers[name] for name in names] or [model]


def _like(old, num_classes):
    """Make a layer of the same kind and place as another, with weights near 0."""
    where = {"device": old.weight.device, "dtype": old.weight.dtype}
    bias = old.bias is not None
    if isinstance(old, nn.Linear):
        new = nn.Linear(old.in_features, num_classes, bias=bias, **where)
    else:
        options = {name: getattr(old, name) for name in ("stride", "padding", "dilation")}
        new = nn.Conv2d(
            old.in_channels, num_classes, old.kernel_size, bias=bias, **options, **where
        )
    nn.init.normal_(new.weight, std=0.01)
    if bias:
        nn.init.zeros_(new.bias)
    return new.train(old.training)
