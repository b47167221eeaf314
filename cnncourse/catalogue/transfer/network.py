"""The small networks that students' functions are given, and what is read off them afterwards."""

import numpy as np

from cnncourse.catalogue.exercise import Unusable
from cnncourse.catalogue.modules import draw_weights


def small_network(x, blocks, *, num_classes=3, nested=False, bias=True, head_first=False):
    """Make a network of a few blocks, with weights drawn from the images.

    Parameters
    ----------
    x : (N, C, H, W) ndarray of float64
        Images that fit.
    blocks : dict of str to int
        Filters of each block by its name: a convolution of 3 x 3 and batch normalisation. The
        ReLU behind it is written in `forward` only.
    num_classes : int
        Outputs of the head.
    nested : bool
        Whether the head is the last layer of a `classifier` of three, or is called `fc`.
    bias : bool
        Whether the head has one.
    head_first : bool
        Whether `fc` is defined before the blocks.

    Returns
    -------
    network : Module
        In double precision and in training mode.
    """
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            flat = 4 * list(blocks.values())[-1]
            if head_first:
                self.fc = nn.Linear(flat, num_classes, bias=bias)
            channels = x.shape[1]
            for name, width in blocks.items():
                conv = nn.Conv2d(channels, width, 3, padding=1)
                self.add_module(name, nn.Sequential(conv, nn.BatchNorm2d(width)))
                channels = width
            self.pool = nn.AdaptiveAvgPool2d(2)
            self.dropout = nn.Dropout(0.5)
            if nested:
                first, last = nn.Linear(flat, 5), nn.Linear(5, num_classes, bias=bias)
                self.classifier = nn.Sequential(first, nn.ReLU(), last)
            elif not head_first:
                self.fc = nn.Linear(flat, num_classes, bias=bias)

        def forward(self, x):
            for name in blocks:
                x = getattr(self, name)(x).relu()
            x = self.dropout(self.pool(x).flatten(1))
            return self.classifier(x) if nested else self.fc(x)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = Network().double()
    draw_weights(network, x)
    return network.train()


def learns(network):
    """Tell of each parameter whether it needs a gradient: 1 or 0, in the network's order."""
    return np.array([int(p.requires_grad) for p in network.parameters()])


def statistics(network, x):
    """Run the network as it is, and read the running means that this leaves behind."""
    import torch

    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        network(torch.from_numpy(np.array(x)))
    means = [value for name, value in network.named_buffers() if name.endswith("running_mean")]
    return torch.cat(means).numpy().copy()


def draw_images(rng, N, C, H, W):
    """Draw a batch of images."""
    return rng.normal(size=(N, C, H, W))


def change(function, network, *args, **options):
    """Call a function that is to change the network itself; it may hand it back."""
    value = function(network, *args, **options)
    if value is not None and value is not network:
        raise Unusable(
            f"returned a {type(value).__name__}, expected nothing: the network itself is changed"
        )
