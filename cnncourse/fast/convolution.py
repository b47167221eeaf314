"""The best convolution in NumPy that the course knows: checks, and the way for each shape."""

import numpy as np

from cnncourse.fast import images_last, pointwise, winograd
from cnncourse.fast.inputs import gathered_gradient, scattered_gradient
from cnncourse.fast.rows import correlate
from cnncourse.fast.weights import filter_gradients
from cnncourse.shapes import ShapeError, conv_output_size


def conv2d(x, w, b=None, *, stride=1, padding=0):
    """Convolve as `torch.nn.functional.conv2d` does.

    Parameters
    ----------
    x : (N, C, H, W) ndarray of float32 or float64
        Images, channels first.
    w : (F, C, KH, KW) ndarray of the same dtype
        Filters.
    b : (F,) ndarray of the same dtype, optional
        What is added to each filter's outputs.
    stride : int or (int, int), default 1
        Pixels between two windows, down and across.
    padding : int or (int, int), default 0
        Zeros around each image, above and below and at the sides.

    Returns
    -------
    out : (N, F, OH, OW) ndarray of the same dtype
        Outputs, contiguous.

    Raises
    ------
    ShapeError
        If the sizes do not fit each other.
    TypeError
        If the arrays are not all float32 or all float64.

    Examples
    --------
    >>> x = np.arange(9.0).reshape(1, 1, 3, 3)
    >>> conv2d(x, np.ones((1, 1, 2, 2)), stride=1)[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    stride, padding = _pair(stride), _pair(padding)
    shape = _checked(x, w, b, stride, padding)
    out = np.empty(shape, x.dtype)
    if not x.size or not out.size:
        out[...] = 0 if b is None else b[:, None, None]
    elif _is_pointwise(w, padding):
        pointwise.multiply(w[:, :, 0, 0], x[:, :, :: stride[0], :: stride[1]], b, out)
    else:
        start = (-padding[0], -padding[1])
        if winograd.pays(x.shape, shape, w.shape[2:], stride):
            filters = winograd.transformed_filters(w)
            winograd.correlate(x, filters, b, out, kernel=w.shape[2], start=start)
        else:
            correlate(x, w, b, out, stride=stride, start=start)
    return out


def conv2d_backward(dout, x, w, *, stride=1, padding=0):
    """Find the gradients of a convolution, as PyTorch's autograd does.

    Parameters
    ----------
    dout : (N, F, OH, OW) ndarray of float32 or float64
        Gradient of the loss with respect to the outputs.
    x : (N, C, H, W) ndarray of the same dtype
        Images of the forward pass.
    w : (F, C, KH, KW) ndarray of the same dtype
        Filters of the forward pass.
    stride, padding : int or (int, int)
        As in `conv2d`.

    Returns
    -------
    dx : (N, C, H, W) ndarray of the same dtype
        Gradient with respect to the images.
    dw : (F, C, KH, KW) ndarray of the same dtype
        Gradient with respect to the filters.
    db : (F,) ndarray of the same dtype
        Gradient with respect to the biases.

    Raises
    ------
    ShapeError
        If the sizes do not fit each other.
    TypeError
        If the arrays are not all float32 or all float64.

    Examples
    --------
    >>> x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> dx, dw, db = conv2d_backward(np.ones((1, 1, 2, 2)), x, w)
    >>> dx[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    >>> dw[0, 0], db
    (array([[ 8., 12.],
           [20., 24.]]), array([4.]))
    """
    stride, padding = _pair(stride), _pair(padding)
    shape = _checked(x, w, None, stride, padding)
    if dout.shape != shape or dout.dtype != x.dtype:
        raise ShapeError(
            f"dout is {dout.shape} of {dout.dtype}, the outputs are {shape} of {x.dtype}"
        )
    if not x.size or not dout.size:
        return np.zeros_like(x), np.zeros_like(w), dout.sum((0, 2, 3))
    if _is_pointwise(w, padding):
        return _pointwise_backward(dout, x, w, stride)
    if winograd.pays(x.shape, shape, w.shape[2:], stride):
        return _winograd_backward(dout, x, w, padding)
    if images_last.pays(w.shape, shape, x.itemsize):
        return images_last.gradients(dout, x, w, stride=stride, padding=padding)
    dout = np.ascontiguousarray(dout)
    dx = np.empty(x.shape, x.dtype)
    # Measured: gathering reads all F channels of dout, scattering writes every window's pixels.
    scatter = w[0].size < 4 * len(w) * min(stride)
    fill = scattered_gradient if scatter else gathered_gradient
    fill(dout, w, dx, stride=stride, padding=padding)
    start = (-padding[0], -padding[1])
    return dx, *filter_gradients(dout, x, w.shape[2:], stride=stride, start=start)


def _pointwise_backward(dout, x, w, stride):
    """Find the gradients for kernels of one pixel without padding."""
    used = (slice(None), slice(None), slice(None, None, stride[0]), slice(None, None, stride[1]))
    dx = (np.empty if stride == (1, 1) else np.zeros)(x.shape, x.dtype)
    pointwise.multiply(np.ascontiguousarray(w[:, :, 0, 0].T), dout, None, dx[used])
    return dx, *pointwise.gradients(dout, x[used])


def _winograd_backward(dout, x, w, padding):
    """Find the gradients by Winograd's transforms; `dx` is a convolution with turned filters."""
    kernel, dx = w.shape[2], np.empty(x.shape, x.dtype)
    filters = winograd.transformed_filters(w, turned=True)
    start = (padding[0] - kernel + 1, padding[1] - kernel + 1)
    winograd.correlate(dout, filters, None, dx, kernel=kernel, start=start)
    start = (-padding[0], -padding[1])
    return dx, *winograd.filter_gradients(dout, x, kernel=kernel, start=start)


def _is_pointwise(w, padding):
    return w.shape[2:] == (1, 1) and padding == (0, 0)


def _pair(option):
    return (option, option) if isinstance(option, int) else tuple(option)


def _checked(x, w, b, stride, padding):
    """Give the shape of the outputs, or say what does not fit."""
    arrays = [x, w] if b is None else [x, w, b]
    kinds = {str(array.dtype) for array in arrays}
    if len(kinds) > 1 or not kinds <= {"float32", "float64"}:
        raise TypeError(f"all arrays must be float32 or all float64, not {' and '.join(kinds)}")
    if x.ndim != 4 or w.ndim != 4:
        raise ShapeError(f"x {x.shape} and w {w.shape} must have four axes each")
    if x.shape[1] != w.shape[1]:
        raise ShapeError(
            f"x has {x.shape[1]} channels, w expects {w.shape[1]}: is x channels-first?"
        )
    if b is not None and b.shape != (len(w),):
        raise ShapeError(f"b is {b.shape}, {len(w)} filters need ({len(w)},)")
    sizes = [
        conv_output_size(x.shape[2 + axis], w.shape[2 + axis], stride=s, padding=p)
        for axis, (s, p) in enumerate(zip(stride, padding, strict=True))
    ]
    return (len(x), len(w), *sizes)
