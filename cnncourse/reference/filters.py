"""Filters on signals and on single images, from PyTorch's convolutions."""

import torch
from torch.nn import functional as F

from cnncourse.reference.arrays import numpy, tensors
from cnncourse.reference.kernels import make_kernel


def cross_correlate1d(x, k):
    """Slide a kernel along a signal and sum the products at every place where it fits.

    Parameters
    ----------
    x : (L,) array_like
        A signal, one value a sample.
    k : (K,) array_like
        The kernel, at most as long as the signal.

    Returns
    -------
    out : (L - K + 1,) ndarray of float64
        ``out[i]`` is the sum of ``x[i + j] * k[j]`` over j.

    Examples
    --------
    >>> cross_correlate1d([1.0, 4.0, 2.0, 3.0], [1.0, -2.0])
    array([-7.,  0., -4.])
    """
    x, k = tensors(x, k)
    return numpy(F.conv1d(x[None, None], k[None, None])[0, 0])


def convolve1d(x, k, *, mode="valid"):
    """Convolve a signal with a kernel in the mathematical sense: the kernel is flipped.

    Parameters
    ----------
    x : (L,) array_like
        A signal, one value a sample.
    k : (K,) array_like
        The kernel, at most as long as the signal.
    mode : {"valid", "same", "full"}, optional
        Which places count: those where the kernel lies inside the signal (L - K + 1), the L
        in the middle of "full" that start at its index (K - 1) // 2, or all those where the
        two overlap (L + K - 1). Zeros stand outside the signal.

    Returns
    -------
    out : (L - K + 1,) or (L,) or (L + K - 1,) ndarray of float64
        What `numpy.convolve` gives in the same mode.

    Raises
    ------
    ValueError
        If the mode is none of the three.

    Examples
    --------
    >>> convolve1d([1.0, 4.0, 2.0], [1.0, -2.0], mode="full")
    array([ 1.,  2., -6., -4.])
    """
    x, k = tensors(x, k)
    L, K = len(x), len(k)
    places = {"valid": (K - 1, L - K + 1), "same": ((K - 1) // 2, L), "full": (0, L + K - 1)}
    if mode not in places:
        raise ValueError(f"mode is {mode!r}, expected 'valid', 'same' or 'full'")
    start, length = places[mode]
    full = F.conv1d(x[None, None], k.flip(0)[None, None], padding=K - 1)[0, 0]  # (L + K - 1,)
    return numpy(full[start : start + length])


def conv1d(x, w, b=None, *, stride=1, padding=0, dilation=1):
    """Cross-correlate a batch of signals of several channels with every filter.

    Parameters
    ----------
    x : (N, C, L) array_like
        Signals, channels first.
    w : (F, C, K) array_like
        One filter for each output channel.
    b : (F,) array_like, optional
        One bias for each filter.
    stride, padding, dilation : int, optional
        In samples; the padding is added at both ends, and a dilation of 1 leaves no gap.

    Returns
    -------
    out : (N, F, OL) ndarray of float64
        With ``OL = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1``.

    Raises
    ------
    RuntimeError
        If the shapes do not fit, with PyTorch's own message.

    Examples
    --------
    >>> conv1d([[[1.0, 4.0, 2.0, 3.0, 5.0]]], [[[1.0, -2.0]]], stride=2)
    array([[[-7., -4.]]])
    """
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    return numpy(F.conv1d(*tensors(x, w, b), **options))


def corr2d(x, k):
    """Slide a kernel over an image and sum the products at every place where it fits.

    Parameters
    ----------
    x : (H, W) array_like
        A grey image.
    k : (KH, KW) array_like
        The kernel, no larger than the image.

    Returns
    -------
    out : (H - KH + 1, W - KW + 1) ndarray of float64
        ``out[i, j]`` is the sum of ``x[i + u, j + v] * k[u, v]`` over u and v.

    Examples
    --------
    >>> corr2d([[1.0, 2.0, 0.0], [3.0, 1.0, 4.0]], [[1.0, 0.0], [2.0, -1.0]])
    array([[6., 0.]])
    """
    x, k = tensors(x, k)
    return numpy(F.conv2d(x[None, None], k[None, None])[0, 0])


def conv2d_true(x, k):
    """Convolve an image with a kernel in the mathematical sense: the kernel is flipped.

    Parameters
    ----------
    x : (H, W) array_like
        A grey image.
    k : (KH, KW) array_like
        The kernel, no larger than the image; it is turned by 180 degrees before it slides.

    Returns
    -------
    out : (H - KH + 1, W - KW + 1) ndarray of float64
        ``out[i, j]`` is the sum of ``x[i + KH - 1 - u, j + KW - 1 - v] * k[u, v]``.

    Examples
    --------
    >>> conv2d_true([[1.0, 2.0, 0.0], [3.0, 1.0, 4.0]], [[1.0, 0.0], [2.0, -1.0]])
    array([[4., 2.]])
    """
    x, k = tensors(x, k)
    return numpy(F.conv2d(x[None, None], k.flip(0, 1)[None, None])[0, 0])


def separable_conv2d(x, column, row):
    """Cross-correlate an image with a column, then the result with a row.

    Parameters
    ----------
    x : (H, W) array_like
        A grey image.
    column : (KH,) array_like
        Slides down the image first.
    row : (KW,) array_like
        Slides along the rows of the result.

    Returns
    -------
    out : (H - KH + 1, W - KW + 1) ndarray of float64
        What `corr2d` gives for ``np.outer(column, row)``.

    Examples
    --------
    >>> separable_conv2d([[1.0, 2.0, 0.0], [3.0, 1.0, 4.0]], [1.0, 2.0], [-1.0, 1.0])
    array([[-3.,  4.]])
    """
    x, column, row = tensors(x, column, row)
    tall = F.conv2d(x[None, None], column[None, None, :, None])
    return numpy(F.conv2d(tall, row[None, None, None, :])[0, 0])


def edge_magnitude(x):
    """Measure how steeply the brightness changes at every inner pixel, by Sobel's kernels.

    Parameters
    ----------
    x : (H, W) array_like
        A grey image of at least 3 x 3 pixels.

    Returns
    -------
    out : (H - 2, W - 2) ndarray of float64
        The length of the gradient: the square root of the sum of the squared answers of
        "sobel_x" and "sobel_y"; eight times the rise in brightness per pixel.

    Examples
    --------
    >>> edge_magnitude([[0.0, 0.0, 0.0], [0.0, 0.0, 3.0], [0.0, 4.0, 0.0]])
    array([[10.]])
    """
    x, along, down = tensors(x, make_kernel("sobel_x"), make_kernel("sobel_y"))
    gradient = F.conv2d(x[None, None], torch.stack([along, down])[:, None])[0]  # (2, OH, OW)
    return numpy(torch.linalg.vector_norm(gradient, dim=0))
