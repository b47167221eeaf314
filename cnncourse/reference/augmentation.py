"""Random changes of a batch of images, with PyTorch's arithmetic and NumPy's dice."""

import torch

from cnncourse.reference.arrays import DEVICE, numpy, tensors

GREY = (0.299, 0.587, 0.114)  # how bright red, green and blue look (ITU-R BT.601)


def hflip(x):
    """Mirror images left to right.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images, channels first.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64

    Examples
    --------
    >>> hflip([[[[1.0, 2.0, 3.0]]]])
    array([[[[3., 2., 1.]]]])
    """
    return numpy(tensors(x)[0].flip(3))


def random_hflip(x, *, p=0.5, rng):
    """Mirror each image left to right with a probability.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images, channels first.
    p : float, optional
        Probability, from 0 to 1.
    rng : numpy.random.Generator
        Source of chance; ``rng.random(N)`` is drawn from it.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64

    Examples
    --------
    >>> import numpy as np
    >>> random_hflip([[[[1.0, 2.0]]]], p=1, rng=np.random.default_rng(0))
    array([[[[2., 1.]]]])
    """
    (x,) = tensors(x)
    chosen = torch.as_tensor(rng.random(len(x)) < p, device=DEVICE)
    return numpy(torch.where(chosen[:, None, None, None], x.flip(3), x))


def random_crop(x, size, *, padding=0, rng):
    """Cut a window out of each image, at a place of its own.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images, channels first.
    size : int or pair of int
        Height and width of the window in pixels, rows first.
    padding : int, optional
        Rows and columns of zeros put around the image on every side before.
    rng : numpy.random.Generator
        Source of chance: the windows' first rows are drawn from it, one for each image,
        then their first columns.

    Returns
    -------
    out : (N, C, OH, OW) ndarray of float64
        (OH, OW) is `size`.

    Examples
    --------
    >>> import numpy as np
    >>> random_crop([[[[1.0, 2.0]]]], (1, 4), padding=1, rng=np.random.default_rng(0)).shape
    (1, 1, 1, 4)
    """
    (x,) = tensors(x)
    OH, OW = size if isinstance(size, tuple) else (size, size)
    x = torch.nn.functional.pad(x, (padding,) * 4)
    tops = rng.integers(x.shape[2] - OH + 1, size=len(x))
    lefts = rng.integers(x.shape[3] - OW + 1, size=len(x))
    out = x.new_empty(*x.shape[:2], OH, OW)
    for n, (top, left) in enumerate(zip(tops, lefts, strict=True)):
        out[n] = x[n].narrow(1, int(top), OH).narrow(2, int(left), OW)
    return numpy(out)


def cutout(x, *, size, rng):
    """Black a square out of each image, at a place of its own [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images, channels first.
    size : int
        Side of the square in pixels; what hangs over the edge is lost.
    rng : numpy.random.Generator
        Source of chance: the squares' centre rows are drawn from it, one for each image,
        then their centre columns. A square begins ``size // 2`` pixels before its centre.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64

    References
    ----------
    .. [1] DeVries and Taylor, "Improved Regularization of Convolutional Neural Networks with
       Cutout", 2017, arXiv:1708.04552.

    Examples
    --------
    >>> import numpy as np
    >>> (cutout(np.ones((5, 3, 7, 7)), size=1, rng=np.random.default_rng(0)) == 0).sum()
    np.int64(15)
    """
    (x,) = tensors(x)
    N, _, H, W = x.shape
    rows = _inside(rng.integers(H, size=N), size, H)
    columns = _inside(rng.integers(W, size=N), size, W)
    return numpy(x.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0))


def _inside(centres, length, size):
    """Mark the pixels of an axis that lie within a length around each of the centres."""
    first = torch.as_tensor(centres, device=DEVICE)[:, None] - length // 2
    places = torch.arange(size, device=DEVICE)
    return (first <= places) & (places < first + length)


def color_jitter(x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
    """Change brightness, contrast and saturation of each image, in this order.

    Parameters
    ----------
    x : (N, 3, H, W) array_like
        Red, green and blue from 0 to 1.
    brightness, contrast, saturation : float, optional
        Up to how much a factor differs from 1; at most 1.
    rng : numpy.random.Generator
        Source of chance: the factors of the brightness are drawn from it, one for each image,
        then those of the contrast, then those of the saturation; uniform, even where they
        cannot differ from 1.

    Returns
    -------
    out : (N, 3, H, W) ndarray of float64
        Cut off at 0 and at 1 after every step.

    Examples
    --------
    >>> import numpy as np
    >>> color_jitter([[[[0.5]], [[0.25]], [[1.0]]]], rng=np.random.default_rng(0)).ravel()
    array([0.5 , 0.25, 1.  ])
    """
    (x,) = tensors(x)
    factors = [
        torch.as_tensor(rng.uniform(1 - amount, 1 + amount, size=len(x)), device=DEVICE)
        for amount in (brightness, contrast, saturation)
    ]
    out = _blend(x, torch.zeros_like(x), factors[0])
    out = _blend(out, _grey(out).mean(dim=(2, 3), keepdim=True), factors[1])
    return numpy(_blend(out, _grey(out), factors[2]))


def _grey(x):
    weights = torch.tensor(GREY, dtype=x.dtype, device=x.device)
    return (weights[:, None, None] * x).sum(dim=1, keepdim=True)


def _blend(x, other, factor):
    """Walk from another image through x, as far as each image's factor says."""
    return torch.lerp(other.expand_as(x), x, factor[:, None, None, None]).clamp(0, 1)


def mixup(x, labels, *, alpha, rng):
    """Blend each image, and its label, with another of the batch [1]_.

    Parameters
    ----------
    x : (N, C, H, W) array_like
        Images, channels first.
    labels : (N, K) array_like
        One-hot, or any shares of K classes.
    alpha : float
        Above 0; near 0 one image of the two is hardly seen, at 1 all shares are as likely.
    rng : numpy.random.Generator
        Source of chance: first ``rng.beta(alpha, alpha)``, the share of the image itself, one
        for the batch; then ``rng.permutation(N)``, who is blended with whom.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64
    mixed : (N, K) ndarray of float64

    References
    ----------
    .. [1] Zhang, Cisse, Dauphin and Lopez-Paz, "mixup: Beyond Empirical Risk Minimization",
       ICLR 2018, arXiv:1710.09412.

    Examples
    --------
    >>> import numpy as np
    >>> x, labels = np.zeros((2, 1, 1, 1)), np.eye(2)
    >>> mixup(x, labels, alpha=1.0, rng=np.random.default_rng(3))[1].round(2)
    array([[0.27, 0.73],
           [0.73, 0.27]])
    """
    x, labels = tensors(x, labels)
    share = rng.beta(alpha, alpha)
    other = torch.as_tensor(rng.permutation(len(x)), device=DEVICE)
    return tuple(numpy(torch.lerp(one[other], one, share)) for one in (x, labels))


def cutmix(x, labels, *, alpha, rng):
    """Paste into each image a box of another, and mix the labels by area [1]_.

    Parameters
    ----------
    x, labels, alpha
        As in `mixup`.
    rng : numpy.random.Generator
        Source of chance: first ``rng.beta(alpha, alpha)``, the share of the image that should
        stay; then ``rng.permutation(N)``, whose box it is; then the row of the box's centre,
        then its column, one of each for the batch.

    Returns
    -------
    out : (N, C, H, W) ndarray of float64
    mixed : (N, K) ndarray of float64
        By the area that did stay, after the box was cut off at the edges.

    References
    ----------
    .. [1] Yun, Han, Oh, Chun, Choe and Yoo, "CutMix: Regularization Strategy to Train Strong
       Classifiers with Localizable Features", ICCV 2019, arXiv:1905.04899.

    Examples
    --------
    >>> import numpy as np
    >>> x, labels = np.zeros((2, 1, 4, 5)), np.eye(2)
    >>> cutmix(x, labels, alpha=1.0, rng=np.random.default_rng(3))[1].sum(axis=1)
    array([1., 1.])
    """
    x, labels = tensors(x, labels)
    N, _, H, W = x.shape
    side = (1 - rng.beta(alpha, alpha)) ** 0.5
    other = torch.as_tensor(rng.permutation(N), device=DEVICE)
    rows = _inside([rng.integers(H)], int(H * side), H)
    columns = _inside([rng.integers(W)], int(W * side), W)
    box = rows[:, :, None] & columns[:, None, :]  # (1, H, W)
    share = 1 - box.double().mean()
    return numpy(torch.where(box, x[other], x)), numpy(torch.lerp(labels[other], labels, share))
