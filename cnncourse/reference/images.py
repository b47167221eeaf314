"""Images and labels as a network wants them: axes, values, one-hot rows."""

import torch.nn.functional as F

from cnncourse.reference.arrays import numpy, tensors


def to_chw(image):
    """Bring the channels of one image to the front.

    Parameters
    ----------
    image : (H, W, C) array_like

    Returns
    -------
    out : (C, H, W) ndarray of float64

    Examples
    --------
    >>> to_chw([[[1, 2], [3, 4]]])
    array([[[1., 3.]],
           [[2., 4.]]])
    """
    (image,) = tensors(image)
    return numpy(image.permute(2, 0, 1).contiguous())


def to_nchw(images):
    """Bring the channels of a batch behind the images; grey images get a channel of their own.

    Parameters
    ----------
    images : (N, H, W, C) or (N, H, W) array_like

    Returns
    -------
    out : (N, C, H, W) ndarray of float64
        With C = 1 for grey images.

    Examples
    --------
    >>> to_nchw([[[1, 2]]]).shape
    (1, 1, 1, 2)
    """
    (images,) = tensors(images)
    out = images.unsqueeze(1) if images.ndim == 3 else images.permute(0, 3, 1, 2)
    return numpy(out.contiguous())


def to_float(images):
    """Scale bytes to fractions, as torchvision's ``to_dtype(scale=True)`` does.

    Parameters
    ----------
    images : array_like of uint8

    Returns
    -------
    out : ndarray of float64
        In [0, 1].

    Examples
    --------
    >>> to_float([0, 51, 255])
    array([0. , 0.2, 1. ])
    """
    (images,) = tensors(images)
    return numpy(images / 255)


def channel_statistics(x):
    """Measure mean and standard deviation of every channel, over images and pixels.

    Parameters
    ----------
    x : (N, C, H, W) array_like

    Returns
    -------
    mean, std : (C,) ndarray of float64
        The deviation of what is there, divided by the number of values.

    Examples
    --------
    >>> channel_statistics([[[[1.0, 3.0]]], [[[5.0, 7.0]]]])
    (array([4.]), array([2.23606798]))
    """
    (x,) = tensors(x)
    channels = x.transpose(0, 1).flatten(1)
    return numpy(channels.mean(1)), numpy(channels.std(1, correction=0))


def normalize(x, mean, std):
    """Subtract each channel's mean and divide by its standard deviation.

    Parameters
    ----------
    x : (N, C, H, W) array_like
    mean, std : (C,) array_like

    Returns
    -------
    out : (N, C, H, W) ndarray of float64

    Examples
    --------
    >>> normalize([[[[1.0, 3.0]]]], [1.0], [2.0])
    array([[[[0., 1.]]]])
    """
    x, mean, std = tensors(x, mean, std)
    return numpy((x - mean[:, None, None]) / std[:, None, None])


def one_hot(labels, num_classes):
    """Write every label as a row of zeros with a single one.

    Parameters
    ----------
    labels : (N,) array_like of int
        From 0 to ``num_classes - 1``.
    num_classes : int

    Returns
    -------
    out : (N, num_classes) ndarray of int64

    Raises
    ------
    RuntimeError
        If a label is not below `num_classes`.

    Examples
    --------
    >>> one_hot([2, 0], 3)
    array([[0, 0, 1],
           [1, 0, 0]])
    """
    (labels,) = tensors(labels)
    return numpy(F.one_hot(labels.long(), num_classes))
