"""The oracle: PyTorch's operations, NumPy in, NumPy out, on the GPU when there is one.

Importing this package costs nothing; torch is imported at the first use of a name.
"""

from importlib import import_module

_HOME = {
    "DEVICE": "arrays",
    "one_thread": "arrays",
    "cross_correlate1d": "filters",
    "convolve1d": "filters",
    "conv1d": "filters",
    "corr2d": "filters",
    "conv2d_true": "filters",
    "separable_conv2d": "filters",
    "edge_magnitude": "filters",
    "make_kernel": "kernels",
    "is_separable": "kernels",
    "conv2d": "convolution",
    "conv3d": "convolution",
    "conv_transpose2d": "convolution",
    "pad2d": "padding",
    "max_pool2d": "pooling",
    "max_pool2d_with_indices": "pooling",
    "max_unpool2d": "pooling",
    "avg_pool2d": "pooling",
    "adaptive_avg_pool2d": "pooling",
    "global_avg_pool2d": "pooling",
}


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__():
    return sorted(_HOME)
