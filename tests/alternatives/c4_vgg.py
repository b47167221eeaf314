"""Other right ways to answer the questions of capstone C4, for the audit."""

import itertools

import numpy as np


def stack_by_walking(kernel_size, channels):
    """Layers are added until they see far enough."""
    seen, layers = 1, 0
    while seen < kernel_size:
        seen, layers = seen + 2, layers + 1
    return kernel_size**2 * channels**2, 9 * layers * channels**2


def stack_by_allocation(kernel_size, channels):
    """Arrays as large as the weights, and their sizes."""
    single = np.empty((channels, channels, kernel_size, kernel_size))
    stack = np.empty(((kernel_size - 1) // 2, channels, channels, 3, 3))
    return single.size, stack.size


def params_by_pairs(numbers, widths, *, in_channels=3, batch_norm=False):
    """All layers in one row, and the pairs of neighbours in it."""
    row = [in_channels, *np.repeat(widths, numbers).tolist()]
    return sum(9 * a * b + b + 2 * b * batch_norm for a, b in itertools.pairwise(row))


def params_by_products(numbers, widths, *, in_channels=3, batch_norm=False):
    """The first layer of each block apart from the others."""
    numbers, widths = np.array(numbers), np.array(widths)
    before = np.array([in_channels, *widths[:-1]])
    weights = 9 * widths * (before + (numbers - 1) * widths)
    return int((weights + numbers * widths * (3 if batch_norm else 1)).sum())


def macs_by_sides(numbers, widths, size, *, in_channels=3):
    """Sides halved along the way."""
    H, W = size
    macs = []
    for number, width in zip(numbers, widths, strict=True):
        macs.append(9 * width * (in_channels + (number - 1) * width) * H * W)
        in_channels, H, W = width, H // 2, W // 2
    return np.array(macs)


def macs_by_arrays(numbers, widths, size, *, in_channels=3):
    """All blocks at once; a side shifted to the right is halved and rounded down."""
    numbers, widths = np.array(numbers), np.array(widths)
    before = np.concatenate([[in_channels], widths[:-1]])
    blocks = np.arange(len(widths))
    places = (size[0] >> blocks) * (size[1] >> blocks)
    return 9 * widths * (before + (numbers - 1) * widths) * places


def growth_by_loop(channels, *, std, kernel_size=3):
    """The mean square carried from layer to layer, and a root at the end."""
    square, growth = 1.0, []
    for channel in channels[:-1]:
        square *= channel * kernel_size**2 * std**2 / 2
        growth.append(square**0.5)
    return np.array(growth)


def growth_by_logarithms(channels, *, std, kernel_size=3):
    """Factors multiplied as logarithms are added."""
    inputs = np.array(channels[:-1]) * kernel_size**2
    return np.exp(np.cumsum(np.log(std) + 0.5 * np.log(inputs / 2)))


ALTERNATIVES = {
    "stack_weights": {"walking": stack_by_walking, "allocation": stack_by_allocation},
    "vgg_conv_params": {"pairs": params_by_pairs, "products": params_by_products},
    "vgg_block_macs": {"sides": macs_by_sides, "arrays": macs_by_arrays},
    "signal_growth": {"loop": growth_by_loop, "logarithms": growth_by_logarithms},
}
