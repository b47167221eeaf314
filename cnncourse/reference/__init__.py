"""The oracle: PyTorch's operations, NumPy in, NumPy out, on the GPU when there is one.

Importing this package costs nothing; torch is imported at the first use of a name.
"""

from importlib import import_module

_HOME = {
    "DEVICE": "arrays",
    "conv2d": "convolution",
}


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__():
    return sorted(_HOME)
