"""The arithmetic of GoogLeNet, asked of PyTorch's own layers: branches, work, loss, evidence."""

import torch
from torch import nn
from torch.nn import functional as F

from cnncourse.reference.arrays import numpy, one_thread, tensors


def inception_counts(in_channels, plan):
    """Count the channels that an Inception block makes, and its parameters.

    Parameters
    ----------
    in_channels : int
        Channels of the maps that all four branches read.
    plan : tuple of 6 int
        A row of the paper's table: channels of the 1 x 1; of the 1 x 1 in front of the 3 x 3,
        and of the 3 x 3; of the 1 x 1 in front of the 5 x 5, and of the 5 x 5; of the 1 x 1
        behind the pooling.

    Returns
    -------
    out_channels, params : int
        Channels of all branches laid one behind the other; weights and biases.

    Examples
    --------
    >>> inception_counts(192, (64, 96, 128, 16, 32, 32))
    (256, 163696)
    """
    one, reduce3, three, reduce5, five, pooled = map(int, plan)
    branches = [
        [_conv(in_channels, one, 1)],
        [_conv(in_channels, reduce3, 1), _conv(reduce3, three, 3)],
        [_conv(in_channels, reduce5, 1), _conv(reduce5, five, 5)],
        [_conv(in_channels, pooled, 1)],
    ]
    counts = [p.numel() for branch in branches for layer in branch for p in layer.parameters()]
    return sum(branch[-1].out_channels for branch in branches), sum(counts)


def bottleneck_macs(in_channels, reduced, out_channels, *, kernel_size, size):
    """Count the multiply-accumulates of a convolution, and of one behind a 1 x 1.

    Parameters
    ----------
    in_channels : int
        Channels of the maps.
    reduced : int
        Channels that the 1 x 1 leaves of them.
    out_channels : int
        Channels of the answer.
    kernel_size : int
        Side of the window in pixels, odd; enough rim is added to keep the size.
    size : (int, int)
        Height and width of the maps in pixels.

    Returns
    -------
    direct, thinned : int
        Without the 1 x 1, and with it, its own among them; for one image.

    Examples
    --------
    >>> bottleneck_macs(4, 1, 2, kernel_size=3, size=(5, 6))
    (2160, 660)
    """
    direct = [_conv(in_channels, out_channels, kernel_size)]
    thinned = [_conv(in_channels, reduced, 1), _conv(reduced, out_channels, kernel_size)]
    return _macs(direct, size), _macs(thinned, size)


def auxiliary_loss(logits, aux_logits, labels, *, weight=0.3, training=True):
    """Add up the cross-entropies of a network's heads, the auxiliary ones at less than 1.

    Parameters
    ----------
    logits : (N, K) ndarray of float
        Answers of the last head.
    aux_logits : (A, N, K) ndarray of float
        Answers of the auxiliary heads.
    labels : (N,) ndarray of int
        Classes.
    weight : float, default 0.3
        What the loss of each auxiliary head counts.
    training : bool, default True
        Whether the auxiliary heads count at all.

    Returns
    -------
    loss : float
        In nats; each head's is a mean over N.

    Examples
    --------
    >>> import numpy as np
    >>> even = np.zeros((1, 2))
    >>> round(auxiliary_loss(even, np.stack([even, even]), np.array([1])), 4)
    1.109
    """
    main, others = tensors(logits, aux_logits)
    target = torch.as_tensor(labels, dtype=torch.int64, device=main.device)
    with one_thread():
        loss = F.cross_entropy(main, target)
        if training:
            loss = loss + weight * sum(F.cross_entropy(head, target) for head in others)
    return float(loss)


def evidence_maps(maps, w, b):
    """Answer from the mean of every map, and show where in the image the answer comes from.

    Parameters
    ----------
    maps : (N, C, H, W) ndarray of float
        What the last convolution made.
    w : (K, C) ndarray of float
        Weights of the fully connected layer.
    b : (K,) ndarray of float
        Its biases.

    Returns
    -------
    logits : (N, K) ndarray of float64
        The layer's answer to the mean of each map.
    evidence : (N, K, H, W) ndarray of float64
        The layer applied to each place alone: a convolution of 1 x 1. Its mean over the places
        is `logits`.

    Examples
    --------
    >>> import numpy as np
    >>> maps = np.array([[[[1.0, 3.0]]]])
    >>> logits, evidence = evidence_maps(maps, np.array([[2.0]]), np.array([1.0]))
    >>> logits.tolist(), evidence.tolist()
    ([[5.0]], [[[[3.0, 7.0]]]])
    """
    maps, w, b = tensors(maps, w, b)
    with one_thread():
        logits = F.linear(F.adaptive_avg_pool2d(maps, 1).flatten(1), w, b)
        evidence = F.conv2d(maps, w[:, :, None, None], b)
    return numpy(logits), numpy(evidence)


def _conv(a, b, kernel_size):
    return nn.Conv2d(int(a), int(b), int(kernel_size), padding=int(kernel_size) // 2)


def _macs(layers, size):
    total, places = 0, torch.zeros(1, 1, *map(int, size))  # one map shows the size of all
    for layer in layers:
        window = torch.zeros(1, 1, *layer.kernel_size)
        places = F.conv2d(places, window, padding=layer.padding)
        total += layer.weight.numel() * places.numel()
    return total
