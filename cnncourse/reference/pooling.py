"""Pooling layers as PyTorch computes them."""

from torch.nn import functional as F

from cnncourse.reference.arrays import DEVICE, numpy, tensors


def max_pool2d(x, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Keep the largest value of every window.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, channels first.
    kernel_size : int or pair of int
        Height and width of the window in pixels, rows first.
    stride : int or pair of int, optional
        Pixels from one window to the next; without it windows lie side by side.
    padding : int or pair of int, optional
        Pixels added at each end, at most half the window; they hold minus infinity.
    dilation : int or pair of int, optional
        Step between the pixels of one window; 1 leaves no gap.
    ceil_mode : bool, optional
        Whether to keep a last window that hangs over the far end. One that would begin in
        the padding of that end, or beyond it, is left out all the same.

    Returns
    -------
    out : (N, C, OH, OW) ndarray of float64
        With ``OH = (H + 2 * padding - dilation * (KH - 1) - 1) / stride + 1``, the quotient
        rounded down, or up if `ceil_mode`; OW likewise.

    Raises
    ------
    RuntimeError
        If the options do not fit, with PyTorch's own message.

    Examples
    --------
    >>> max_pool2d([[[[1.0, 5.0, 2.0, 3.0], [4.0, 0.0, 7.0, 6.0]]]], 2)
    array([[[[5., 7.]]]])
    """
    (x,) = tensors(x)
    options = {"padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    return numpy(F.max_pool2d(x, kernel_size, stride, **options))


def max_pool2d_with_indices(
    x, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False
):
    """Keep the largest value of every window, and remember where it lay.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, channels first.
    kernel_size, stride, padding, dilation, ceil_mode
        As in `max_pool2d`.

    Returns
    -------
    out : (N, C, OH, OW) ndarray of float64
        What `max_pool2d` gives.
    indices : (N, C, OH, OW) ndarray of int64
        Row times W plus column of each value in its map without padding; among equal values
        the first row counts, and the first column in it.

    Raises
    ------
    RuntimeError
        If the options do not fit, with PyTorch's own message.

    Examples
    --------
    >>> out, indices = max_pool2d_with_indices([[[[1.0, 5.0, 2.0], [4.0, 0.0, 7.0]]]], 2, stride=1)
    >>> indices
    array([[[[1, 5]]]])
    """
    (x,) = tensors(x)
    options = {"padding": padding, "dilation": dilation, "ceil_mode": ceil_mode}
    out, indices = F.max_pool2d(x, kernel_size, stride, return_indices=True, **options)
    return numpy(out), numpy(indices)


def max_unpool2d(x, indices, *, output_size):
    """Put every value back where it lay, on a map of zeros [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        What is put back: the output of a pooling, or what has become of it.
    indices : (N, C, H, W) array_like of int
        Where, as `max_pool2d_with_indices` says. Where one place is named twice, the values
        have to agree.
    output_size : (int, int)
        Height and width of the map before it was pooled, in pixels.

    Returns
    -------
    out : (N, C, OH, OW) ndarray of float64
        (OH, OW) is `output_size`.

    Raises
    ------
    RuntimeError
        If an index lies outside the output, with PyTorch's own message.

    References
    ----------
    .. [1] Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks",
       ECCV 2014, section 2.1.

    Examples
    --------
    >>> max_unpool2d([[[[5.0, 7.0]]]], [[[[1, 5]]]], output_size=(2, 3))
    array([[[[0., 5., 0.],
             [0., 0., 7.]]]])
    """
    x, indices = tensors(x, indices)
    # PyTorch wants a window as well, to guess the size: this one guesses right.
    window = tuple(
        after - before + 1 for after, before in zip(output_size, x.shape[2:], strict=True)
    )
    indices = indices.long().to(DEVICE)
    return numpy(F.max_unpool2d(x, indices, window, stride=1, output_size=output_size))


def avg_pool2d(x, kernel_size, *, stride=None, padding=0, ceil_mode=False, count_include_pad=True):
    """Average every window.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, channels first.
    kernel_size : int or pair of int
        Height and width of the window in pixels, rows first.
    stride : int or pair of int, optional
        Pixels from one window to the next; without it windows lie side by side.
    padding : int or pair of int, optional
        Pixels of value 0 added at each end, at most half the window.
    ceil_mode : bool, optional
        Whether to keep a last window that hangs over the far end, as in `max_pool2d`. What
        hangs over the padded map is never counted.
    count_include_pad : bool, optional
        Whether the pixels of the padding count in the number by which a sum is divided.

    Returns
    -------
    out : (N, C, OH, OW) ndarray of float64
        Sizes as in `max_pool2d`.

    Raises
    ------
    RuntimeError
        If the options do not fit, with PyTorch's own message.

    Examples
    --------
    >>> avg_pool2d([[[[1.0, 5.0, 2.0, 3.0], [4.0, 0.0, 7.0, 6.0]]]], 2)
    array([[[[2.5, 4.5]]]])
    """
    (x,) = tensors(x)
    options = {"ceil_mode": ceil_mode, "count_include_pad": count_include_pad}
    return numpy(F.avg_pool2d(x, kernel_size, stride, padding, **options))


def adaptive_avg_pool2d(x, output_size):
    """Average windows chosen so that the output has a given size.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, channels first.
    output_size : int or pair of int
        Height and width of the output in pixels, rows first.

    Returns
    -------
    out : (N, C, OH, OW) ndarray of float64
        Row i averages the rows from ``i * H / OH`` rounded down up to, but not including,
        ``(i + 1) * H / OH`` rounded up; columns likewise.

    Examples
    --------
    >>> adaptive_avg_pool2d([[[[1.0, 2.0, 6.0]]]], (1, 2))
    array([[[[1.5, 4. ]]]])
    """
    return numpy(F.adaptive_avg_pool2d(*tensors(x), output_size))


def global_avg_pool2d(x):
    """Average every feature map as a whole [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Feature maps, channels first.

    Returns
    -------
    out : (N, C) ndarray of float64
        One number for each map.

    References
    ----------
    .. [1] Lin, Chen and Yan, "Network In Network", ICLR 2014, arXiv:1312.4400.

    Examples
    --------
    >>> global_avg_pool2d([[[[1.0, 2.0]], [[3.0, 7.0]]]])
    array([[1.5, 5. ]])
    """
    return numpy(F.adaptive_avg_pool2d(*tensors(x), 1).flatten(1))
