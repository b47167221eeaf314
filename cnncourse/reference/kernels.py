"""The classical kernels of image processing, and which of them are separable."""

import torch

from cnncourse.reference.arrays import DEVICE, numpy, tensors

_SOBEL = ((-1, 0, 1), (-2, 0, 2), (-1, 0, 1))
_FIXED = {
    "sobel_x": _SOBEL,
    "sobel_y": tuple(zip(*_SOBEL, strict=True)),
    "laplacian": ((0, 1, 0), (1, -4, 1), (0, 1, 0)),
    "sharpen": ((0, -1, 0), (-1, 5, -1), (0, -1, 0)),
}
_ROUNDING = 1e-9  # a singular value below this share of the largest one is zero


def make_kernel(name, *, size=3, sigma=1.0):
    """Build a classical kernel, to be cross-correlated with an image.

    Parameters
    ----------
    name : {"box", "gaussian", "sobel_x", "sobel_y", "laplacian", "sharpen"}
        Which kernel. "sobel_x" [1]_ answers where the image brightens to the right,
        "sobel_y" where it brightens downwards; "laplacian" is the sum of the four neighbours
        less four times the centre; "sharpen" is the image less its Laplacian.
    size : int, optional
        Side of "box" and "gaussian" in pixels, odd; the others are 3 x 3 always.
    sigma : float, optional
        Standard deviation of "gaussian" in pixels.

    Returns
    -------
    kernel : (size, size) or (3, 3) ndarray of float64
        "box" and "gaussian" sum to 1.

    Raises
    ------
    ValueError
        If no kernel has that name.

    References
    ----------
    .. [1] Duda and Hart, "Pattern Classification and Scene Analysis", Wiley 1973,
       p. 271, where a footnote credits the operator to Sobel.

    Examples
    --------
    >>> make_kernel("sobel_x")
    array([[-1.,  0.,  1.],
           [-2.,  0.,  2.],
           [-1.,  0.,  1.]])
    """
    if name in _FIXED:
        return numpy(*tensors(_FIXED[name]))
    if name not in ("box", "gaussian"):
        raise ValueError(
            f"no kernel is called {name!r}: there are box, gaussian, {', '.join(_FIXED)}"
        )
    offsets = torch.arange(size, dtype=torch.float64, device=DEVICE) - (size - 1) / 2
    bell = torch.exp(-(offsets**2) / (2 * sigma**2)) if name == "gaussian" else offsets * 0 + 1
    kernel = torch.outer(bell, bell)
    return numpy(kernel / kernel.sum())


def is_separable(k):
    """Tell whether a kernel is the outer product of a column and a row.

    Parameters
    ----------
    k : (KH, KW) array_like
        A kernel.

    Returns
    -------
    separable : bool
        Whether its rank is at most 1, up to rounding.

    Examples
    --------
    >>> is_separable([[1.0, 2.0], [3.0, 6.0]]), is_separable([[1.0, 2.0], [3.0, 5.0]])
    (True, False)
    """
    largest, *others = torch.linalg.svdvals(*tensors(k)).tolist()
    return all(value <= _ROUNDING * largest for value in others)
