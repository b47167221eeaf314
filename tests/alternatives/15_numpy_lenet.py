"""Assignment 15 solved in other ways than its notebook does; NumPy only."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from cnncourse.catalogue.numpy_lenet import given


def padded(x, padding):
    """Put zeros around every image."""
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def forward_by_loops(x, w, b=None, *, stride=1, padding=0):
    """Window by window."""
    x = padded(x, padding)
    N, _, H, W = x.shape
    F, _, KH, KW = w.shape
    out = np.zeros((N, F, (H - KH) // stride + 1, (W - KW) // stride + 1))
    for i, j in np.ndindex(*out.shape[2:]):
        window = x[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
        out[:, :, i, j] = np.tensordot(window, w, axes=([1, 2, 3], [1, 2, 3]))
    return out if b is None else out + b.reshape(-1, 1, 1)


def forward_by_views(x, w, b=None, *, stride=1, padding=0):
    """One view of all windows, one sum over named axes."""
    windows = sliding_window_view(padded(x, padding), w.shape[2:], axis=(2, 3))
    out = np.einsum("ncijkl,fckl->nfij", windows[:, :, ::stride, ::stride], w, optimize=True)
    return out if b is None else out + b[:, None, None]


def function_by_loops(x, w, b, *, stride=1, padding=0):
    """The way back window by window."""
    H, W = x.shape[2:]
    KH, KW = w.shape[2:]
    large = padded(x, padding)
    out = forward_by_loops(x, w, b, stride=stride, padding=padding)

    def backward(dout):
        dlarge, dw = np.zeros(large.shape), np.zeros(w.shape)
        for i, j in np.ndindex(*dout.shape[2:]):
            here = np.s_[:, :, i * stride : i * stride + KH, j * stride : j * stride + KW]
            dlarge[here] += np.tensordot(dout[:, :, i, j], w, axes=(1, 0))
            dw += np.tensordot(dout[:, :, i, j], large[here], axes=(0, 0))
        dx = dlarge[:, :, padding : padding + H, padding : padding + W]
        return dx, dw, dout.sum(axis=(0, 2, 3))

    return out, backward


def function_by_flipped_kernels(x, w, b, *, stride=1, padding=0):
    """The way back as two more convolutions, on a gradient spread by the stride."""
    KH, KW = w.shape[2:]
    large = padded(x, padding)
    out = forward_by_views(x, w, b, stride=stride, padding=padding)

    def backward(dout):
        N, F = dout.shape[:2]
        spread = np.zeros((N, F, large.shape[2] - KH + 1, large.shape[3] - KW + 1))
        spread[:, :, ::stride, ::stride] = dout
        around = np.pad(spread, ((0, 0), (0, 0), (KH - 1, KH - 1), (KW - 1, KW - 1)))
        dlarge = forward_by_views(around, w[:, :, ::-1, ::-1].swapaxes(0, 1))
        dw = forward_by_views(large.swapaxes(0, 1), spread.swapaxes(0, 1)).swapaxes(0, 1)
        H, W = x.shape[2:]
        dx = dlarge[:, :, padding : padding + H, padding : padding + W]
        return dx, dw, np.einsum("nfij->f", dout)

    return out, backward


def pool_by_corners(x):
    """The four corners of all tiles, compared one after the other."""
    corners = [np.s_[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    out = np.maximum.reduce([x[corner] for corner in corners])

    def backward(dout):
        dx, waiting = np.zeros(x.shape), np.ones(out.shape, dtype=bool)
        for corner in corners:
            won = waiting & (x[corner] == out)
            dx[corner] = np.where(won, dout, 0)
            waiting &= ~won
        return dx

    return out, backward


def pool_by_loops(x):
    """Tile by tile."""
    N, C, H, W = x.shape
    out, winners = np.zeros((N, C, H // 2, W // 2)), {}
    for n, c, i, j in np.ndindex(out.shape):
        tile = x[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        k, m = np.unravel_index(tile.argmax(), (2, 2))
        winners[n, c, i, j] = (n, c, 2 * i + k, 2 * j + m)
        out[n, c, i, j] = tile[k, m]

    def backward(dout):
        dx = np.zeros_like(x)
        for place, winner in winners.items():
            dx[winner] = dout[place]
        return dx

    return out, backward


def linear_by_names(x, w, b):
    """Sums over named axes."""

    def backward(dout):
        dx, dw = np.einsum("no,oi->ni", dout, w), np.einsum("no,ni->oi", dout, x)
        return dx, dw, np.einsum("no->o", dout)

    return np.einsum("ni,oi->no", x, w) + b, backward


def linear_by_images(x, w, b):
    """Image by image."""
    out = np.array([w @ image + b for image in x])

    def backward(dout):
        dx = np.array([w.T @ slope for slope in dout])
        dw = sum(np.outer(slope, image) for slope, image in zip(dout, x, strict=True))
        return dx, dw, sum(dout)

    return out, backward


def network(parameters, x, conv2d, max_pool2d, linear, *, relu_last=False):
    """Run LeNet on layers of one's choice; the ReLU may follow the pooling as well."""
    tape = []
    for name, padding in (("conv1", 2), ("conv2", 0)):
        w, b = parameters[f"{name}.weight"], parameters[f"{name}.bias"]
        out, backward = conv2d(x, w, b, padding=padding)
        if relu_last:
            pooled, unpool = max_pool2d(out)
            x = np.where(pooled > 0, pooled, 0)
            tape.append((name, backward, lambda d, p=pooled, u=unpool: u(d * (p > 0))))
        else:
            x, unpool = max_pool2d(np.where(out > 0, out, 0))
            tape.append((name, backward, lambda d, o=out, u=unpool: u(d) * (o > 0)))
    shape, x = x.shape, x.reshape(len(x), -1)
    for name in ("fc1", "fc2", "fc3"):
        out, backward = linear(x, parameters[f"{name}.weight"], parameters[f"{name}.bias"])
        gate = (lambda d: d) if name == "fc3" else (lambda d, o=out: d * (o > 0))
        tape.append((name, backward, gate))
        x = np.maximum(out, 0)
    return out, shape, tape


def gradients(parameters, x, labels, *layers, **options):
    """Run LeNet's tape backwards."""
    logits, shape, tape = network(parameters, x, *layers, **options)
    shifted = logits - logits.max(axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    chosen = np.eye(10)[labels]
    loss = ((np.log(total) - shifted) * chosen).sum() / len(x)
    slope, found = (np.exp(shifted) / total - chosen) / len(x), {}
    for name, backward, gate in reversed(tape):
        if name == "conv2":
            slope = slope.reshape(shape)
        slope, found[f"{name}.weight"], found[f"{name}.bias"] = backward(gate(slope))
    return loss, found


SLOW = (function_by_loops, pool_by_corners, linear_by_images)
FAST = (function_by_flipped_kernels, pool_by_corners, linear_by_names)


def forward_on_slow_layers(parameters, x):
    """Loops inside."""
    return network(parameters, x, *SLOW)[0]


def forward_pooling_first(parameters, x):
    """The ReLU behind the pooling, which comes to the same."""
    return network(parameters, x, *FAST, relu_last=True)[0]


def gradients_on_slow_layers(parameters, x, labels):
    """Loops inside."""
    return gradients(parameters, x, labels, *SLOW)


def gradients_pooling_first(parameters, x, labels):
    """The ReLU behind the pooling, on the way back as well."""
    return gradients(parameters, x, labels, *FAST, relu_last=True)


def batches(rng, count, size):
    """Yield the batches of one epoch."""
    order = rng.permutation(count)
    for first in range(0, count, size):
        yield order[first : first + size]


def train_by_adam(images, labels, rng):
    """Adam, on rounded gradients."""
    parameters = given.start(rng)
    gradients_of, step = given.own_or_given("lenet_gradients", {}), 0
    first = {name: 0 * each for name, each in parameters.items()}
    second = {name: 0 * each for name, each in parameters.items()}
    for epoch in range(8):
        for batch in batches(rng, len(images), 32):
            _, slopes = gradients_of(parameters, images[batch], labels[batch])
            step += 1
            for name, slope in slopes.items():
                first[name] = 0.9 * first[name] + 0.1 * slope
                second[name] = 0.99 * second[name] + 0.01 * slope**2
                speed = first[name] / (1 - 0.9**step)
                scale = np.sqrt(second[name] / (1 - 0.99**step)) + 1e-8
                rate = 0.003 * (1 - epoch / 8)
                parameters[name] = parameters[name] - rate * speed / scale
    return parameters


def train_by_plain_steps(images, labels, rng):
    """Steps of 0.1 without momentum, smaller towards the end, in place."""
    parameters = given.start(rng)
    for epoch in range(12):
        for batch in batches(rng, len(images), 32):
            _, slopes = gradients(parameters, images[batch], labels[batch], *FAST)
            for name, slope in slopes.items():
                parameters[name] -= (0.1 if epoch < 9 else 0.02) * slope
    return parameters


ALTERNATIVES = {
    "conv2d_forward": {"window by window": forward_by_loops, "a view": forward_by_views},
    "conv2d_function": {
        "window by window": function_by_loops,
        "flipped kernels": function_by_flipped_kernels,
    },
    "max_pool2d_function": {"four corners": pool_by_corners, "tile by tile": pool_by_loops},
    "linear_function": {"named axes": linear_by_names, "image by image": linear_by_images},
    "lenet_forward": {
        "loops inside": forward_on_slow_layers,
        "pooling before ReLU": forward_pooling_first,
    },
    "lenet_gradients": {
        "loops inside": gradients_on_slow_layers,
        "pooling before ReLU": gradients_pooling_first,
    },
    "train_lenet": {"Adam": train_by_adam, "plain steps": train_by_plain_steps},
}
