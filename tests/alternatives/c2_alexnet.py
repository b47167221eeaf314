"""Other right ways to answer capstone C2's questions, for the audit."""

import math

import numpy as np


def sides_by_counting(size, windows):
    """Count the places one by one."""
    sides = []
    for kernel_size, stride, padding in np.asarray(windows).tolist():
        size = len(range(0, size + 2 * padding - kernel_size + 1, stride))
        sides.append(size)
    return np.array(sides)


def sides_by_fractions(size, windows):
    """A fraction and math.floor, written into an array."""
    sides = np.empty(len(windows), dtype=np.int64)
    for i, (kernel_size, stride, padding) in enumerate(windows):
        size = sides[i] = math.floor((size + 2 * padding - kernel_size) / stride + 1)
    return sides


def coverage_by_asking_each_pixel(length, kernel_size, stride):
    """Every pixel against every window."""
    begins = np.arange(0, length - kernel_size + 1, stride)
    pixels = np.arange(length)[:, None]
    return ((begins <= pixels) & (pixels < begins + kernel_size)).sum(axis=1)


def coverage_by_adding(length, kernel_size, stride):
    """All pixels of all windows, counted by their numbers."""
    begins = np.arange(0, length - kernel_size + 1, stride)
    return np.bincount((begins[:, None] + np.arange(kernel_size)).ravel(), minlength=length)


def heaviest_by_sorting(shapes):
    """Weights and biases of each layer, the largest looked up."""
    counts = [shape[0] * (math.prod(shape[1:]) + 1) for shape in shapes]
    return counts.index(max(counts)), max(counts) / sum(counts)


def heaviest_by_arrays(shapes):
    """Arrays throughout."""
    counts = np.array([np.zeros(shape, dtype=bool).size + shape[0] for shape in shapes])
    return counts.argmax(), counts.max() / counts.sum()


def responses_by_cumulation(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0, towers=1):
    """Sums as differences of a running sum."""
    N, C, H, W = x.shape
    squares = (x**2).reshape(N, towers, C // towers, H, W)
    running = np.concatenate([0 * squares[:, :, :1], squares.cumsum(axis=2)], axis=2)
    maps = np.arange(C // towers)
    after = np.minimum(maps + size // 2 + 1, C // towers)
    sums = running[:, :, after] - running[:, :, np.maximum(maps - size // 2, 0)]
    return x * (k + alpha * sums.reshape(x.shape)) ** -beta


def responses_by_a_band(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0, towers=1):
    """One matrix says which map is whose neighbour."""
    C = x.shape[1]
    maps = np.arange(C)
    near = np.abs(maps[:, None] - maps) <= size // 2
    same = maps[:, None] // (C // towers) == maps // (C // towers)
    return x / (k + alpha * np.einsum("cd,ndhw->nchw", near & same, x**2)) ** beta


ALTERNATIVES = {
    "window_sides": {"counting": sides_by_counting, "fractions": sides_by_fractions},
    "pool_coverage": {
        "asking each pixel": coverage_by_asking_each_pixel,
        "adding": coverage_by_adding,
    },
    "heaviest_layer": {"sorting": heaviest_by_sorting, "arrays": heaviest_by_arrays},
    "local_response_norm": {
        "running sums": responses_by_cumulation,
        "a band": responses_by_a_band,
    },
}
