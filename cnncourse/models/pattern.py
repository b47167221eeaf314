"""Networks from one line: ``INPUT -> [[CONV -> RELU]*2 -> POOL?]*3 -> [FC -> RELU]*1 -> FC``.

Nearly all networks up to 2014 follow this pattern of the Stanford course CS231n; here it can be
written down and run.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence

from torch import nn

from cnncourse.models.grammar import PatternError, Word, words
from cnncourse.models.network import Network
from cnncourse.models.same import SameConv2d
from cnncourse.shapes import ShapeError, conv_output_size


class PatternNetwork(Network, nn.Sequential):
    """What `from_pattern` builds: the layers in order, named ``conv1``, ``relu1``, ..."""


def from_pattern(
    pattern: str,
    *,
    num_classes: int = 10,
    in_channels: int = 3,
    image_size: int = 32,
    N: int | None = None,
    M: int | None = None,
    K: int | None = None,
    optional: bool | Iterable[bool] = True,
    filters: int | Sequence[int] = 32,
    units: int | Sequence[int] = 128,
    kernel_size: int = 3,
    stride: int = 1,
    padding: int | str = "same",
    pool_size: int = 2,
) -> PatternNetwork:
    """Build a network from a pattern [1]_.

    Parameters
    ----------
    pattern : str
        Words INPUT, CONV, RELU, POOL and FC, joined by ``->``. Square brackets group, ``*2``
        repeats, ``?`` marks what may be left out. The last FC answers with the logits; the
        first flattens.
    num_classes : int, default 10
        Length of the answer.
    in_channels : int, default 3
        Channels of the images.
    image_size : int, default 32
        Side of the images in pixels.
    N, M, K : int, optional
        Values for the letters behind ``*``.
    optional : bool or iterable of bool, default True
        Whether what is marked ``?`` is there: all of it, or each in turn.
    filters : int or sequence of int, default 32
        Filters of each CONV; one number is doubled after every POOL.
    units : int or sequence of int, default 128
        Units of each FC but the last.
    kernel_size, stride : int, default 3 and 1
        Of every CONV, in pixels.
    padding : int, "same" or "valid", default "same"
        Of every CONV; "same" as in Keras, also where the stride is not 1.
    pool_size : int, default 2
        Side of the tiles that POOL takes the maximum of.

    Returns
    -------
    PatternNetwork
        The layers in order.

    Raises
    ------
    PatternError
        If the pattern cannot be read or built; a caret shows where.

    References
    ----------
    .. [1] Karpathy, Li and Johnson, "CS231n: Convolutional neural networks for visual
       recognition", notes on architectures, Stanford University.

    Examples
    --------
    >>> from_pattern("INPUT -> [CONV -> RELU -> POOL]*M -> FC", M=2, image_size=28)
    PatternNetwork(
      (conv1): Conv2d(3, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
      (relu1): ReLU()
      (pool1): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
      (conv2): Conv2d(32, 64, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
      (relu2): ReLU()
      (pool2): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
      (flatten): Flatten(start_dim=1, end_dim=-1)
      (fc1): Linear(in_features=3136, out_features=10, bias=True)
    )
    """
    _check(num_classes=num_classes, in_channels=in_channels, image_size=image_size)
    _check(kernel_size=kernel_size, stride=stride, pool_size=pool_size)
    if not (padding in ("same", "valid") or (isinstance(padding, int) and padding >= 0)):
        raise ValueError(f'padding is {padding!r}, it must be "same", "valid" or 0, 1, ...')
    found = words(pattern, numbers={"N": N, "M": M, "K": K}, optional=optional)
    _check_order(pattern, found)
    builder = _Builder(pattern, in_channels, image_size)
    builder.convolution = _convolution(kernel_size, stride, padding)
    builder.filters = _numbers(pattern, found, "CONV", filters, "filters")
    hidden = [word for word in found if word.text == "FC"][:-1]
    builder.units = [*_numbers(pattern, hidden, "FC", units, "units"), num_classes]
    builder.pool_size = pool_size
    for word in found[1:]:
        builder.add(word)
    network = PatternNetwork(builder.layers)
    network.in_channels, network.image_size = in_channels, image_size
    network.heads = (f"fc{len(hidden) + 1}",)
    return network


class _Builder:
    """A network under construction: its layers, and the size of what the last one makes."""

    def __init__(self, pattern, channels, size):
        self.pattern, self.channels, self.size = pattern, channels, size
        self.layers, self.flat, self.numbers = OrderedDict(), None, {}

    def add(self, word):
        self.position = word.position
        getattr(self, f"add_{word.text.lower()}")()

    def append(self, kind, layer):
        self.numbers[kind] = self.numbers.get(kind, 0) + 1
        self.layers[f"{kind}{self.numbers[kind]}"] = layer

    def add_conv(self):
        filters = self.filters[self.numbers.get("conv", 0)]
        layer, after = self.convolution(self.channels, filters)
        self.size, self.channels = self.fitted(after), filters
        self.append("conv", layer)

    def add_relu(self):
        self.append("relu", nn.ReLU())

    def add_pool(self):
        tile = self.pool_size
        self.size = self.fitted(lambda size: conv_output_size(size, tile, stride=tile))
        self.append("pool", nn.MaxPool2d(tile))

    def add_fc(self):
        if self.flat is None:
            self.layers["flatten"] = nn.Flatten()
            self.flat = self.channels * self.size**2
        units = self.units[self.numbers.get("fc", 0)]
        self.append("fc", nn.Linear(self.flat, units))
        self.flat = units

    def fitted(self, after):
        try:
            return after(self.size)
        except ShapeError as error:
            reason = f"the maps are down to {self.size} x {self.size} pixels here: {error}"
            raise PatternError(reason, self.pattern, self.position) from None


def _convolution(kernel, stride, padding) -> Callable:
    """Say how a convolution is made, and what it makes of a size."""
    if padding == "same" and (stride > 1 or kernel % 2 == 0):
        return lambda c, f: (
            SameConv2d(c, f, kernel, stride=stride),
            lambda size: -(-size // stride),
        )
    pixels = {"same": kernel // 2, "valid": 0}.get(padding, padding)
    return lambda c, f: (
        nn.Conv2d(c, f, kernel, stride=stride, padding=pixels),
        lambda size: conv_output_size(size, kernel, stride=stride, padding=pixels),
    )


def _check(**options):
    for name, value in options.items():
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} is {value!r}, it must be a whole number, at least 1")


def _check_order(pattern: str, found: list[Word]) -> None:
    def refuse(reason, word):
        raise PatternError(reason, pattern, word.position)

    if not found or found[0].text != "INPUT":
        raise PatternError("a pattern starts with INPUT", pattern, 0)
    if found[-1].text == "RELU":
        refuse("the last layer gives the logits: a ReLU would cut them off at 0", found[-1])
    if found[-1].text != "FC":
        refuse("a pattern ends with the FC that gives the logits", found[-1])
    is_flat = False
    for word in found[1:]:
        if word.text == "INPUT":
            refuse("INPUT stands once, at the beginning", word)
        if is_flat and word.text in ("CONV", "POOL"):
            refuse(f"no {word.text} can follow an FC, which leaves no rows and columns", word)
        is_flat = is_flat or word.text == "FC"


def _numbers(pattern, found, kind, given, option) -> list[int]:
    """Give each layer of a kind its number of filters or units."""
    layers = [word for word in found if word.text == kind]
    if isinstance(given, int):
        _check(**{option: given})
        return _doubled(found, given) if kind == "CONV" else [given] * len(layers)
    for value in given:
        _check(**{option: value})
    if len(given) < len(layers):
        reason = f"`{option}` has no number for this {kind}, the {len(given) + 1}th of its kind"
        raise PatternError(reason, pattern, layers[len(given)].position)
    if len(given) > len(layers):
        reason = f"`{option}` has {len(given)} numbers for {len(layers)} layers {kind}"
        raise PatternError(reason, pattern, layers[-1].position if layers else 0)
    return list(given)


def _doubled(found, filters):
    numbers = []
    for word in found:
        if word.text == "CONV":
            numbers.append(filters)
        elif word.text == "POOL":
            filters *= 2
    return numbers
