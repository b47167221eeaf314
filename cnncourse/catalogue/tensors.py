"""Arrays to tensors and back, for assignments in PyTorch, which is imported on use only."""

import sys

import numpy as np


def as_tensors(value):
    """Turn the arrays in a value into tensors of the same dtype and, if possible, memory.

    Parameters
    ----------
    value : object
        An array; a list, tuple or dictionary of values; anything else is left as it is.

    Returns
    -------
    value : object
    """
    if isinstance(value, np.ndarray):
        import torch

        can_share = value.flags.writeable and min(value.strides, default=0) >= 0
        return torch.from_numpy(value if can_share else np.array(value))
    if isinstance(value, dict):
        return {name: as_tensors(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(as_tensors(one) for one in value)
    return value


def is_tensor(value):
    """Tell a tensor without importing torch: where nobody has, there is none."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def as_array(value):
    """Turn a tensor into an array; anything else is left as it is.

    Parameters
    ----------
    value : object
        A tensor of any dtype, on the CPU, whether it needs a gradient or not.

    Returns
    -------
    value : object

    Raises
    ------
    TypeError
        If there is no array in it; the message completes "returned ...".
    """
    if not is_tensor(value):
        return value
    if value.device.type != "cpu":
        raise TypeError(f"a tensor on the device {value.device}, expected one on the CPU")
    if value.layout is not sys.modules["torch"].strided:
        raise TypeError("a sparse tensor, expected a dense one: call to_dense() on it")
    value = value.detach().resolve_conj().resolve_neg()
    return (value.float() if value.dtype is sys.modules["torch"].bfloat16 else value).numpy()
