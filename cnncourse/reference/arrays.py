"""NumPy arrays to float64 tensors on the reference's device, and back."""

import contextlib

import numpy as np
import torch

DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")

# TF32 keeps 10 bits of the mantissa: a right answer would then look wrong.
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


def tensors(*arrays):
    """Copy arrays to float64 tensors on `DEVICE`; None stays None."""
    # float64: a mismatch is then a mistake, never rounding. np.array copies, so that
    # negative strides (a flipped kernel) are fine.
    return [
        None
        if array is None
        else torch.as_tensor(np.array(array, dtype=np.float64), device=DEVICE)
        for array in arrays
    ]


def numpy(tensor):
    """Copy a tensor to a NumPy array."""
    return tensor.cpu().numpy()


@contextlib.contextmanager
def one_thread():
    """Compute in one thread inside the block.

    Cases are tiny: on a busy machine threads wait longer for each other than they work.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
