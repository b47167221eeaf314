"""Padding as PyTorch does it."""

from torch.nn import functional as F

from cnncourse.reference.arrays import numpy, tensors

_TORCH_MODES = {
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "replicate",
    "circular": "circular",
}


def pad2d(x, padding, *, mode="zeros"):
    """Put pixels around every feature map.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images or feature maps, channels first.
    padding : int or (int, int)
        Pixels added at each end; a pair says rows (top and bottom) first, columns second.
    mode : {"zeros", "reflect", "replicate", "circular"}, default "zeros"
        What the new pixels hold: 0; the image mirrored at its border pixel; that border pixel
        itself; or the pixels from the opposite end.

    Returns
    -------
    out : (N, C, H + 2 PH, W + 2 PW) ndarray of float64
        The padded maps, (PH, PW) being the pair.

    Raises
    ------
    ValueError
        If there is no such mode.
    RuntimeError
        If reflection or wrapping would need more pixels than there are, with PyTorch's own
        message.

    Examples
    --------
    >>> pad2d([[[[1.0, 2.0, 3.0]]]], (0, 2), mode="reflect")
    array([[[[3., 2., 1., 2., 3., 2., 1.]]]])
    """
    if mode not in _TORCH_MODES:
        raise ValueError(f"there is no mode {mode!r}; there are: {', '.join(_TORCH_MODES)}")
    rows, columns = padding if isinstance(padding, tuple | list) else (padding, padding)
    (tensor,) = tensors(x)
    # PyTorch counts from the last axis: left, right, top, bottom.
    return numpy(F.pad(tensor, (columns, columns, rows, rows), mode=_TORCH_MODES[mode]))
