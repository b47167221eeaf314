"""LeNet, its layers with their gradients, and its training, by PyTorch's autograd.

A layer returns its output and a function that turns the gradient of the output into the
gradients of the inputs, as a student's layer does.
"""

import functools

import numpy as np
import torch
from torch.nn import functional as F

from cnncourse.reference.arrays import DEVICE, numpy, tensors

EPOCHS = 12
_BATCH = 32
_STEP = 0.02
_MOMENTUM = 0.9


def _with_backward(function, *arrays):
    inputs = [tensor.requires_grad_() for tensor in tensors(*arrays)]
    out = function(*inputs)

    def backward(dout):
        (dout,) = tensors(dout)
        if dout.shape != out.shape:
            raise ValueError(f"dout has shape {tuple(dout.shape)}, out has {tuple(out.shape)}")
        # A loss whose gradient for out is dout: as grad_outputs it would import SymPy, which
        # takes seconds and breaks for good if a time limit interrupts it.
        slopes = torch.autograd.grad((out * dout).sum(), inputs, retain_graph=True)
        return tuple(map(numpy, slopes)) if len(slopes) > 1 else numpy(slopes[0])

    return numpy(out.detach()), backward


def conv2d_function(x, w, b, *, stride=1, padding=0):
    """Convolve, and keep the way back.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, channels first.
    w : (F, C, KH, KW) array_like
        One filter for each output channel.
    b : (F,) array_like
        One bias for each filter.
    stride, padding : int, optional
        In pixels.

    Returns
    -------
    out : (N, F, OH, OW) ndarray of float64
        Feature maps.
    backward : callable
        Turns the gradient of `out` into the tuple of those of x, w and b.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, with PyTorch's own message.

    Examples
    --------
    >>> out, backward = conv2d_function([[[[1.0, 2.0, 4.0]]]], [[[[-1.0, 1.0]]]], [0.0])
    >>> out
    array([[[[1., 2.]]]])
    >>> [gradient.ravel().tolist() for gradient in backward([[[[1.0, 10.0]]]])]
    [[-1.0, -9.0, 10.0], [21.0, 42.0], [11.0]]
    """

    def layer(x, w, b):
        return F.conv2d(x, w, b, stride=stride, padding=padding)

    return _with_backward(layer, x, w, b)


def max_pool2d_function(x):
    """Keep the largest value of every tile of 2 x 2, and keep the way back.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps with even H and W.

    Returns
    -------
    out : (N, C, H // 2, W // 2) ndarray of float64
        One value of each tile.
    backward : callable
        Turns the gradient of `out` into that of x.

    Examples
    --------
    >>> out, backward = max_pool2d_function([[[[1.0, 5.0], [5.0, 0.0]]]])
    >>> backward(out)
    array([[[[0., 5.],
             [0., 0.]]]])
    """
    return _with_backward(lambda x: F.max_pool2d(x, 2), x)


def linear_function(x, w, b):
    """Apply a fully connected layer, and keep the way back.

    Parameters
    ----------
    x : (N, I) array_like
        Features of each image.
    w : (O, I) array_like
        One row of weights for each output.
    b : (O,) array_like
        One bias for each output.

    Returns
    -------
    out : (N, O) ndarray of float64
        ``x @ w.T + b``.
    backward : callable
        Turns the gradient of `out` into the tuple of those of x, w and b.

    Examples
    --------
    >>> out, backward = linear_function([[1.0, 2.0]], [[3.0, 4.0]], [5.0])
    >>> [gradient.tolist() for gradient in (out, *backward([[10.0]]))]
    [[[16.0]], [[30.0, 40.0]], [[10.0, 20.0]], [10.0]]
    """
    return _with_backward(F.linear, x, w, b)


def lenet_forward(parameters, x, *, activations=(F.relu,) * 4, pooling=F.max_pool2d):
    """Compute the logits of LeNet for images of 16 x 16 pixels [1]_.

    Parameters
    ----------
    parameters : dict of str to array_like
        ``conv1.weight`` to ``fc3.bias``; conv1 pads by 2 pixels.
    x : (N, C, H, W) array_like
        Images.
    activations : sequence of callable, optional
        What follows conv1, conv2, fc1 and fc2.
    pooling : callable, optional
        What shrinks the maps, called with the maps and 2.

    Returns
    -------
    logits : (N, K) ndarray of float64
        One for each class.

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86(11), 1998.
    """
    held = dict(zip(parameters, tensors(*parameters.values()), strict=True))
    return numpy(_logits(held, *tensors(x), activations, pooling))


def lenet_gradients(parameters, x, labels, *, activations=(F.relu,) * 4, loss=F.cross_entropy):
    """Compute the loss of LeNet and its gradient for every parameter.

    Parameters
    ----------
    parameters : dict of str to array_like
        ``conv1.weight`` to ``fc3.bias``.
    x : (N, C, H, W) array_like
        Images.
    labels : (N,) array_like of int
        Their classes.
    activations : sequence of callable, optional
        What follows conv1, conv2, fc1 and fc2.
    loss : callable, optional
        Of logits and labels; by default the cross-entropy in nats, mean over the images.

    Returns
    -------
    loss : float
        Of these images.
    gradients : dict of str to ndarray of float64
        Named and shaped as the parameters.
    """
    held = dict(zip(parameters, tensors(*parameters.values()), strict=True))
    wanted = [tensor.requires_grad_() for tensor in held.values()]
    labels = torch.as_tensor(np.array(labels), device=DEVICE).long()
    reached = loss(_logits(held, *tensors(x), activations), labels)
    slopes = torch.autograd.grad(reached, wanted)
    return reached.item(), dict(zip(held, map(numpy, slopes), strict=True))


def train_lenet(images, labels, start, *, steps=None):
    """Train LeNet by gradient descent with momentum and a falling step.

    Which number a class has is no matter to the network: it is trained once for all ways to
    number the same classes, and the rows of its last layer are put in order.

    Parameters
    ----------
    images : (N, 1, 16, 16) ndarray of float64
        What to learn.
    labels : (N,) ndarray of int64
        Classes.
    start : dict of str to ndarray
        The parameters to begin with.
    steps : int, optional
        Where to stop, or how long to go on.

    Returns
    -------
    parameters : dict of str to ndarray of float64
        After the last step.
    """
    _, first, places = np.unique(labels, return_index=True, return_inverse=True)
    ranks = np.argsort(np.argsort(first))  # classes by their first appearance
    classes = labels[np.sort(first)]
    shapes = tuple((name, array.tobytes(), array.shape) for name, array in start.items())
    trained = dict(_train(images.tobytes(), images.shape, ranks[places].tobytes(), shapes, steps))
    unused = np.setdiff1d(np.arange(len(start["fc3.bias"])), classes)
    order = np.argsort(np.concatenate([classes, unused]))
    for name in ("fc3.weight", "fc3.bias"):
        trained[name] = trained[name][order]
    return trained


@functools.lru_cache(maxsize=32)
def _train(pixels, size, labels, start, steps):
    x = torch.tensor(np.frombuffer(pixels).reshape(size), dtype=torch.float32)
    y = torch.tensor(np.frombuffer(labels, dtype=np.int64))
    held = {
        name: torch.tensor(np.frombuffer(data).reshape(shape), dtype=torch.float32)
        for name, data, shape in start
    }
    values = [tensor.requires_grad_() for tensor in held.values()]
    velocity = [torch.zeros_like(each) for each in values]
    per_epoch = -(-len(x) // _BATCH)
    whole = max(EPOCHS * per_epoch, steps or 0)
    generator = torch.Generator().manual_seed(0)
    for step in range(whole if steps is None else steps):
        place = step % per_epoch
        if place == 0:
            order = torch.randperm(len(x), generator=generator)
        batch = order[place * _BATCH : (place + 1) * _BATCH]
        slopes = torch.autograd.grad(F.cross_entropy(_logits(held, x[batch]), y[batch]), values)
        with torch.no_grad():  # not torch.optim, whose first use imports for seconds
            for value, speed, slope in zip(values, velocity, slopes, strict=True):
                speed.mul_(_MOMENTUM).add_(slope)
                value.sub_(_STEP * (1 - step / whole) * speed)
    return tuple((name, numpy(tensor.detach().double())) for name, tensor in held.items())


def _logits(held, x, activations=(F.relu,) * 4, pooling=F.max_pool2d):
    first, second, third, fourth = activations
    x = pooling(first(F.conv2d(x, held["conv1.weight"], held["conv1.bias"], padding=2)), 2)
    x = pooling(second(F.conv2d(x, held["conv2.weight"], held["conv2.bias"])), 2)
    x = third(F.linear(x.flatten(1), held["fc1.weight"], held["fc1.bias"]))
    x = fourth(F.linear(x, held["fc2.weight"], held["fc2.bias"]))
    return F.linear(x, held["fc3.weight"], held["fc3.bias"])
