"""Networks of a student's as plain numbers: built, given drawn weights, run. Knows no answer.

Which weights a layer gets is decided by its shape and by when an image reaches it, not by its
name nor by the order in which it was made: however a student writes a network, the same layers
get the same weights. PyTorch is imported on use only.
"""

import contextlib
import hashlib

import numpy as np

from cnncourse.catalogue.exercise import Unusable


def ask_network(function, x, *args, training=False, **options):
    """Count a network's parameters; give it drawn weights, and some images.

    Parameters
    ----------
    function : callable
        A student's class or function.
    x : (N, C, H, W) ndarray of float64, or None
        Images, which the weights are drawn from, too; None to count only.
    *args, **options
        What the network is made with.
    training : bool
        Whether dropout is at work, and batch normalisation uses the batch.

    Returns
    -------
    num_params : () ndarray of int
    out : ndarray of float64
        What the network answers; empty where it is only counted.

    Raises
    ------
    Unusable
        If there is no network to ask, or it answers with no tensor.
    """
    if x is None:
        return count_parameters(function, *args, **options), np.zeros(0)
    network = build(function, *args, **options)
    with _drawing(network, x) as missed:
        out = run(network, x, training=training)
    return _count(network), run(network, x, training=training) if missed else out


def build(function, *args, **options):
    """Make a network in double precision.

    Parameters
    ----------
    function : callable
        A student's class or function.
    *args, **options
        What it is called with.

    Returns
    -------
    network : Module

    Raises
    ------
    Unusable
        If it makes no network, or one that is not ready.
    """
    return check_network(_make(function, *args, **options)).double()


def check_network(network, *, device="cpu"):
    """Make sure that something is a network, ready to run.

    Parameters
    ----------
    network : object
        What a student's function returned.
    device : str
        Where its weights are to be.

    Returns
    -------
    network : Module

    Raises
    ------
    Unusable
        If it is no network, has lazy layers, or is not on the device.
    """
    import torch

    if network is None:
        raise Unusable("returned None: is a `return` missing?")
    if isinstance(network, type):
        raise Unusable(f"returned the class {network.__name__}, expected a network made of it")
    if not isinstance(network, torch.nn.Module):
        raise Unusable(f"returned {_a(network)}, expected a network, an nn.Module")
    for name, value in [*network.named_parameters(), *network.named_buffers()]:
        if isinstance(value, torch.nn.parameter.UninitializedTensorMixin):
            raise Unusable(f"{name} belongs to a lazy layer: say how many channels go into it")
        if value.device.type != device:
            raise Unusable(f"{name} is on the device {value.device}, expected it on the CPU")
    return network


def count_parameters(function, *args, **options):
    """Count what a network would learn, without memory for its weights.

    Parameters
    ----------
    function : callable
        A student's class or function.
    *args, **options
        What it is called with.

    Returns
    -------
    num_params : () ndarray of int
        Each parameter once, however often it is used.
    """
    import torch

    try:
        with torch.device("meta"), _not_filling():
            network = _make(function, *args, **options)
        return _count(check_network(network, device="meta"))
    except (NotImplementedError, RuntimeError) as error:
        if "meta tensor" not in str(error):
            raise
    return _count(build(function, *args, **options))  # it looks at its numbers: make them


def draw_weights(network, x):
    """Draw all that a network has learnt, the same for all networks that compute the same.

    Parameters
    ----------
    network : Module
        In double precision; its parameters and running statistics are replaced.
    x : ndarray of float64
        A batch that fits. Other images, other weights.
    """

    with _drawing(network, x):
        run(network, x)


@contextlib.contextmanager
def _drawing(network, x):
    """Within the block, every layer's weights are drawn when an image first reaches it.

    Those of layers that none reached follow at its end: their list is what the block gets.
    """
    layers = [layer for layer in network.modules() if _own(layer)]
    draw, missed = _Draw(x.ravel()[:4096].tobytes()), []
    hooks = [layer.register_forward_pre_hook(draw.before) for layer in layers]
    hooks += [layer.register_forward_hook(draw.after) for layer in layers]
    try:
        yield missed
    finally:
        for hook in hooks:
            hook.remove()
    missed += [layer for layer in layers if layer not in draw.names]
    for layer in missed:
        draw.weights_of(layer, None)


class _Draw:
    """Draws a layer's weights from a key, its shape, and its place among layers of that shape."""

    def __init__(self, key):
        self.key = hashlib.sha256(key).hexdigest()
        self.names, self.numbers, self.makers, self.kept = {}, {}, {}, []

    def before(self, layer, args):
        if layer not in self.names:
            self.weights_of(layer, self.makers.get(id(args[0])) if args else None)

    def after(self, layer, args, out):
        self.kept.append(out)  # so that no other tensor gets its id
        self.makers[id(out)] = layer

    def weights_of(self, layer, maker):
        own = _own(layer)
        largest = max(own.values(), key=lambda value: (value.ndim, value.numel()))
        base = str(tuple(largest.shape))
        if largest.ndim < 2 and maker is not None:  # normalises what that layer makes
            base = f"behind {self.names[maker]}"
        self.numbers[base] = self.numbers.get(base, 0) + 1
        self.names[layer] = f"{base} {self.numbers[base]}"
        seed = hashlib.sha256(f"{self.key}/{self.names[layer]}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(seed))
        for name in sorted(own, reverse=True):  # weights first: no bias changes them
            _fill(own[name], rng, name)


def run(network, x, *, training=False):
    """Run a network without gradients.

    Parameters
    ----------
    network : Module
    x : ndarray
    training : bool
        Whether dropout is at work, the same units every time, and batch normalisation uses the
        batch.

    Returns
    -------
    out : ndarray

    Raises
    ------
    Unusable
        If it answers with no tensor, or changes `x`.
    """
    import torch

    network.train(training)
    given = torch.from_numpy(np.array(x))
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        try:
            value = network(given)
        except NotImplementedError as error:
            if 'missing the required "forward"' in str(error):
                raise Unusable("the network has no method forward") from None
            raise
    if not np.array_equal(given.numpy(), x):
        raise Unusable("changes its input x in place: is there an inplace=True too many?")
    if value is None:
        raise Unusable("forward returned None: is a `return` missing?")
    if not isinstance(value, torch.Tensor):
        raise Unusable(f"forward returned {_a(value)}, expected a tensor")
    return value.numpy().copy()


def _a(value):
    kind = type(value).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' or kind == 'ndarray' else 'a'} {kind}"


def _make(function, *args, **options):
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return function(*args, **options)


def _count(network):
    return np.array(sum(parameter.numel() for parameter in network.parameters()), dtype=np.int64)


@contextlib.contextmanager
def _not_filling():
    """Leave out what fills tensors without memory: PyTorch takes seconds to load how."""
    from torch.overrides import TorchFunctionMode

    class NotFilling(TorchFunctionMode):
        def __torch_function__(self, function, types, args=(), kwargs=None):
            name = getattr(function, "__name__", "")
            fills = name.endswith("_") and not name.startswith(("_", "requires_grad", "detach"))
            if fills and args and getattr(args[0], "is_meta", False):
                return args[0]
            return function(*args, **(kwargs or {}))

    with NotFilling():
        yield


def _own(layer):
    """A layer's own parameters and running statistics, by name."""
    parts = [*layer.named_parameters(recurse=False), *layer.named_buffers(recurse=False)]
    return {name: value for name, value in parts if value.is_floating_point()}


def _fill(value, rng, name):
    """Draw weights with which no layer drowns the others, and no number is 0 or 1."""
    import torch

    shape = tuple(value.shape)
    if name == "running_var" or (name == "weight" and len(shape) < 2):
        drawn = rng.uniform(0.5, 1.5, shape)
    elif len(shape) < 2:
        drawn = rng.normal(0, 0.3, shape)
    else:
        drawn = rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape)
    with torch.no_grad():
        value.copy_(torch.from_numpy(np.asarray(drawn)))
