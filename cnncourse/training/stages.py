"""The parts of a network from the image to the head, whoever wrote it."""

from __future__ import annotations

from torch import nn
from torch.nn.modules.batchnorm import _NormBase

FEWEST_STAGES = 4
_NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, nn.LocalResponseNorm)


def heads(model: nn.Module) -> tuple[str, ...]:
    """Name the layers that answer with the classes: the last one, and auxiliary ones.

    Parameters
    ----------
    model : Module
        It says so itself in its attribute `heads`, or the last fully connected layer or
        convolution is meant, and that of every part whose name starts with "aux".

    Returns
    -------
    tuple of str
        Names; the main head comes first.

    Raises
    ------
    ValueError
        If there is no such layer.
    """
    layers = dict(model.named_modules())
    answering = [n for n, layer in layers.items() if isinstance(layer, nn.Linear | nn.Conv2d)]
    told = getattr(model, "heads", None)
    if isinstance(told, tuple):
        found = tuple(name for name in told if name in answering)
    else:
        main = [name for name in answering if not _is_auxiliary(name)]
        sides = {name.split(".")[0]: name for name in answering if _is_auxiliary(name)}
        found = (*main[-1:], *sides.values())
    if not found:
        raise ValueError(
            f"{type(model).__name__} has no fully connected layer or convolution that answers "
            f"with the classes: take a network that ends with one"
        )
    return found


def stages(model: nn.Module) -> dict[str, list[nn.Parameter]]:
    """Cut a network into parts, from the image to the head.

    A part is what its author made one: a block, or a layer where there are fewer than four
    blocks. A normalisation belongs to the convolution before it; the heads are the last part,
    auxiliary ones with all that only they use.

    Parameters
    ----------
    model : Module
        Any whose layers are defined in the order they run.

    Returns
    -------
    dict of str to list of Parameter
        The parameters of each part under the name of its first layer; all of them, each once.

    Examples
    --------
    >>> from cnncourse.models import create
    >>> list(stages(create("resnet20")))
    ['conv1', 'layer1', 'layer2', 'layer3', 'fc']
    >>> list(stages(create("alexnet", 10, image_size=32)))[-3:]
    ['classifier.1', 'classifier.4', 'classifier.6']
    """
    names = heads(model)
    pieces = _pieces(dict(model.named_children()), names)
    while len(pieces) < FEWEST_STAGES and any(_can_open(p) for p in pieces.values()):
        pieces = _pieces(_opened(pieces), names)
    ends = [*names, *(name for name in pieces if _is_auxiliary(name))]
    head = list(dict.fromkeys(p for n in ends for p in model.get_submodule(n).parameters()))
    taken = {id(p) for p in head}
    parts = {}
    for name, layers in pieces.items():
        own = [p for layer in layers for p in layer.parameters() if id(p) not in taken]
        taken |= {id(p) for p in own}
        if own:
            parts[name] = own
    # Parameters that belong to no layer, such as an embedding of places, meet the image first.
    loose = [p for p in model.parameters() if id(p) not in taken]
    if loose:
        first = next(iter(parts), "first")
        parts[first] = loose + parts.get(first, [])
    return parts | {names[0]: head}


def _is_auxiliary(name):
    return name.lower().startswith("aux")


def _pieces(named, names):
    """Join layers with parameters to pieces: normalisations to what is before them."""
    pieces = {}
    for name, layer in named.items():
        if not any(True for _ in layer.parameters()):
            continue
        if isinstance(layer, _NORMS) and pieces and next(reversed(pieces)) not in names:
            pieces[next(reversed(pieces))].append(layer)
        else:
            pieces[name] = [layer]
    return pieces


def _can_open(layers):
    return any(True for layer in layers for _ in layer.children())


def _opened(pieces):
    """Replace every block by the layers it is made of, one level down."""
    named = {}
    for name, layers in pieces.items():
        for i, layer in enumerate(layers):
            own = f"{name}+{i}" if i else name
            inside = dict(layer.named_children())
            named |= {f"{own}.{n}": part for n, part in inside.items()} if inside else {own: layer}
    return named
