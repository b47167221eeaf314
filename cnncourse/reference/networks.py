"""The plain networks of the course, layer after layer, in `torch.nn.Sequential`."""

from itertools import pairwise

from torch import nn

VGG_STAGES = {11: (1, 1, 2, 2, 2), 13: (2,) * 5, 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


def conv_stage(in_channels, out_channels, num_convs):
    """Make a stage of VGG: convolutions of 3 x 3, each with its ReLU, then 2 x 2 pooling.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels before and after.
    num_convs : int
        Number of convolutions.

    Returns
    -------
    network : Sequential
        Turns (N, in_channels, H, W) into (N, out_channels, H // 2, W // 2).

    Examples
    --------
    >>> [type(layer).__name__ for layer in conv_stage(3, 8, 1)]
    ['Conv2d', 'ReLU', 'MaxPool2d']
    """
    return nn.Sequential(*_stage(in_channels, out_channels, num_convs), nn.MaxPool2d(2))


def LeNet5(num_classes=10, in_channels=1):  # noqa: N802, a student writes it as a class
    """Make LeNet-5 with ReLU and max pooling, for images of 28 x 28 [1]_.

    Parameters
    ----------
    num_classes, in_channels : int
        Length of the answer, and channels of the images.

    Returns
    -------
    network : Sequential

    References
    ----------
    .. [1] LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document
       recognition", Proceedings of the IEEE 86(11), 1998.

    Examples
    --------
    >>> sum(parameter.numel() for parameter in LeNet5().parameters())
    61706
    """
    return nn.Sequential(
        nn.Conv2d(in_channels, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        *_classifier(16 * 5 * 5, 120, 84, num_classes),
    )


def from_pattern(
    N,
    M,
    K,
    *,
    pool=True,
    in_channels=3,
    image_size=32,
    filters=32,
    units=128,
    num_classes=10,
):
    """Make ``INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC``.

    Parameters
    ----------
    N, M, K : int
        How often each bracket is repeated.
    pool : bool
        Whether POOL is there.
    in_channels, image_size : int
        Channels of the images and their side in pixels.
    filters : int
        Filters of the first CONV; doubled after every POOL.
    units, num_classes : int
        Units of each hidden FC, and of the last.

    Returns
    -------
    network : Sequential

    Examples
    --------
    >>> [type(layer).__name__ for layer in from_pattern(1, 1, 0)]
    ['Conv2d', 'ReLU', 'MaxPool2d', 'Flatten', 'Linear']
    """
    layers, channels, side = [], in_channels, image_size
    for _ in range(M):
        layers += _stage(channels, filters, N)
        channels = filters if N else channels
        if pool:
            layers.append(nn.MaxPool2d(2))
            side, filters = side // 2, 2 * filters
    features = channels * side * side
    return nn.Sequential(*layers, nn.Flatten(), *_classifier(features, *[units] * K, num_classes))


def AlexNet(num_classes=1000, *, width=64):  # noqa: N802
    """Make AlexNet in its form for one GPU, for images of 224 x 224 [1]_.

    Parameters
    ----------
    num_classes : int
        Length of the answer.
    width : int
        Filters of the first convolution, which all other sizes follow.

    Returns
    -------
    network : Sequential

    References
    ----------
    .. [1] Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014,
       arXiv:1404.5997.
    """
    return nn.Sequential(
        nn.Conv2d(3, width, 11, stride=4, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        nn.Conv2d(width, 3 * width, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2),
        *_stage(3 * width, 6 * width, 1),
        *_stage(6 * width, 4 * width, 2),
        nn.MaxPool2d(3, stride=2),
        nn.Flatten(),
        nn.Dropout(0.5),
        nn.Linear(4 * width * 6 * 6, 64 * width),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(64 * width, 64 * width),
        nn.ReLU(),
        nn.Linear(64 * width, num_classes),
    )


def ZFNet(num_classes=1000, *, width=96):  # noqa: N802
    """Make ZFNet without its response normalisation, for images of 224 x 224 [1]_.

    Parameters
    ----------
    num_classes : int
        Length of the answer.
    width : int
        Filters of the first convolution, a multiple of 3, which all other sizes follow.

    Returns
    -------
    network : Sequential

    References
    ----------
    .. [1] Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
       arXiv:1311.2901.
    """
    wide, units = 8 * width // 3, 128 * width // 3
    return nn.Sequential(
        nn.Conv2d(3, width, 7, stride=2, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        nn.Conv2d(width, wide, 5, stride=2),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, ceil_mode=True),
        *_stage(wide, 4 * width, 2),
        *_stage(4 * width, wide, 1),
        nn.MaxPool2d(3, stride=2),
        nn.Flatten(),
        *_classifier(wide * 6 * 6, units, units, num_classes, dropout=True),
    )


def VGG(depth=16, num_classes=1000, *, width=64, batch_norm=False):  # noqa: N802
    """Make VGG with 11, 13, 16 or 19 layers, for images of 224 x 224 [1]_.

    Parameters
    ----------
    depth : {11, 13, 16, 19}
        Convolutions and fully connected layers.
    num_classes : int
        Length of the answer.
    width : int
        Filters of the first stage, which all other sizes follow.
    batch_norm : bool
        Whether each convolution, bias and all, is followed by batch normalisation.

    Returns
    -------
    network : Sequential

    References
    ----------
    .. [1] Simonyan and Zisserman, "Very deep convolutional networks for large-scale image
       recognition", ICLR 2015, arXiv:1409.1556.
    """
    layers, channels = [], 3
    for times, num_convs in zip((1, 2, 4, 8, 8), VGG_STAGES[depth], strict=True):
        layers += _stage(channels, times * width, num_convs, batch_norm=batch_norm)
        layers.append(nn.MaxPool2d(2))
        channels = times * width
    units = 64 * width
    last = _classifier(channels * 7 * 7, units, units, num_classes, dropout=True)
    return nn.Sequential(*layers, nn.Flatten(), *last)


def _stage(in_channels, out_channels, num_convs, *, batch_norm=False):
    layers = []
    for i in range(num_convs):
        layers.append(nn.Conv2d(out_channels if i else in_channels, out_channels, 3, padding=1))
        layers += [nn.BatchNorm2d(out_channels)] * batch_norm
        layers.append(nn.ReLU())
    return layers


def _classifier(*sizes, dropout=False):
    layers = []
    for size, units in pairwise(sizes):
        layers += [nn.Linear(size, units), nn.ReLU(), *[nn.Dropout(0.5)] * dropout]
    return layers[: -1 - dropout]  # the logits are no place for a ReLU
