"""Changes a right network into a wrong one, layer by layer. PyTorch is imported on use only."""


def swap(network, kind, make, *, only=slice(None)):
    """Put other layers in the place of those of a kind.

    Parameters
    ----------
    network : Module
        Changed in place.
    kind : str
        Name of the layers' class.
    make : callable
        Takes a layer, gives the one that takes its place.
    only : slice or tuple of int
        Which of them, in the order in which they stand.

    Returns
    -------
    network : Module
    """
    found = [
        (parent, name, layer)
        for parent in network.modules()
        for name, layer in parent.named_children()
        if type(layer).__name__ == kind
    ]
    chosen = found[only] if isinstance(only, slice) else [found[i] for i in only]
    for parent, name, layer in chosen:
        setattr(parent, name, make(layer))
    return network


def without(network, kind, *, only=slice(None)):
    """Take layers of a kind away."""
    from torch import nn

    return swap(network, kind, lambda layer: nn.Identity(), only=only)


def followed_by(network, name, **options):
    """Put a layer of `torch.nn` behind a network."""
    from torch import nn

    return nn.Sequential(network, getattr(nn, name)(**options))


def changed(layer, **options):
    """Make a convolution like another, but for some options."""
    from torch import nn

    own = {
        "kernel_size": layer.kernel_size,
        "stride": layer.stride,
        "padding": layer.padding,
        "groups": layer.groups,
        "bias": layer.bias is not None,
    }
    sizes = [options.pop(name, getattr(layer, name)) for name in ("in_channels", "out_channels")]
    return nn.Conv2d(*sizes, **{**own, **options})


def change(network, *, only=slice(None), **options):
    """Change options of convolutions."""
    return swap(network, "Conv2d", lambda layer: changed(layer, **options), only=only)


def pooled(network, name, *args, only=slice(None), **options):
    """Put other pooling layers of `torch.nn` in the place of the maxima."""
    from torch import nn

    return swap(network, "MaxPool2d", lambda layer: getattr(nn, name)(*args, **options), only=only)


def refit(network, side):
    """Let the first fully connected layer take what now comes in front of it.

    Parameters
    ----------
    network : Sequential
    side : int
        Of the images, in pixels.
    """
    from torch import nn

    for index, layer in enumerate(network):
        if isinstance(layer, nn.Conv2d):
            channels = layer.out_channels
            side = (side + 2 * layer.padding[0] - layer.kernel_size[0]) // layer.stride[0] + 1
        elif isinstance(layer, nn.MaxPool2d):
            up = layer.stride - 1 if layer.ceil_mode else 0
            side = (side - layer.kernel_size + up) // layer.stride + 1
        elif isinstance(layer, nn.Linear):
            network[index] = nn.Linear(channels * side**2, layer.out_features)
            return network
    raise ValueError("the network has no fully connected layer")


def always_drop(network):
    """Let dropout be at work when the network is tested, too."""
    from torch import nn
    from torch.nn import functional as F

    class Always(nn.Module):
        def forward(self, x):
            return F.dropout(x, 0.5)

    return swap(network, "Dropout", lambda layer: Always())


def by_the_batch(network):
    """Let batch normalisation use the statistics of the batch when the network is tested, too."""
    from torch import nn

    return swap(
        network,
        "BatchNorm2d",
        lambda layer: nn.BatchNorm2d(layer.num_features, track_running_stats=False),
    )
