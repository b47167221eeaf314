"""ZFNet's questions, asked of PyTorch: false waves, filters on a leash, ways back."""

import numpy as np
import torch
import torch.nn.functional as F

SAMPLES = 4_096  # places that a wave is looked at


def alias_frequency(frequency, stride):
    """Tell which wave a layer sees that looks at every `stride`-th pixel only.

    Parameters
    ----------
    frequency : float
        Of the wave in the image, in periods a pixel; a multiple of 1/4096.
    stride : int
        In pixels.

    Returns
    -------
    seen : float
        Of the wave on the map, in periods a place, from 0 to 0.5.

    Examples
    --------
    >>> alias_frequency(0.375, 2)
    0.25
    """
    places = stride * torch.arange(SAMPLES, dtype=torch.float64)
    wave = torch.cos(2 * torch.pi * (frequency * places % 1.0))
    return int(torch.fft.rfft(wave).abs().argmax()) / SAMPLES


def renormalize_filters(w, *, radius=0.1):
    """Shrink every filter whose root mean square is above a radius to this radius [1]_.

    Parameters
    ----------
    w : (F, C, KH, KW) array_like of float
        Filters.
    radius : float, default 0.1
        Largest root mean square.

    Returns
    -------
    out : (F, C, KH, KW) ndarray of float
        Filters below the radius are left as they are.

    References
    ----------
    .. [1] Zeiler and Fergus, "Visualizing and understanding convolutional networks", ECCV 2014,
       arXiv:1311.2901, section 3.

    Examples
    --------
    >>> w = np.array([3.0, 0.0, 0.0, 4.0]).reshape(1, 1, 2, 2)
    >>> renormalize_filters(w, radius=0.5).ravel()
    array([0.6, 0. , 0. , 0.8])
    """
    filters = torch.tensor(np.array(w, dtype=np.float64))
    size = filters[0].numel()
    lengths = torch.linalg.vector_norm(filters, dim=(1, 2, 3), keepdim=True)
    longest = radius * size**0.5
    return torch.where(lengths > longest, filters / lengths * longest, filters).numpy()


def rectify_back(x, signal, *, rule):
    """Send a signal back through a ReLU by one of three rules.

    Parameters
    ----------
    x : ndarray of float
        What went into the ReLU.
    signal : ndarray of float
        What comes back from behind it; as `x`.
    rule : {"gradient", "deconvnet", "guided"}
        Whether places count where `x` is above 0, where the signal is, or where both are.

    Returns
    -------
    out : ndarray of float
        As `x`; 0 at the other places.

    Examples
    --------
    >>> rectify_back([1.0, -2.0], [-3.0, 4.0], rule="deconvnet")
    array([0., 4.])
    """
    x = torch.tensor(np.array(x, dtype=np.float64), requires_grad=True)
    back = torch.tensor(np.array(signal, dtype=np.float64))
    if rule in ("deconvnet", "guided"):
        back = back.relu()
    if rule in ("gradient", "guided"):
        (back,) = torch.autograd.grad((x.relu() * back).sum(), x)
    return back.numpy()


def project_back(signal, w, *, stride=1):
    """Draw each value of a row of maps as its filter, at the place it looked at.

    Parameters
    ----------
    signal : (F, OL) array_like of float
        Values on the maps of a 1-D convolution without padding.
    w : (F, C, K) array_like of float
        Its filters, none flipped.
    stride : int, default 1
        In pixels.

    Returns
    -------
    out : (C, (OL - 1) * stride + K) ndarray of float
        Where filters overlap, they are added.

    Examples
    --------
    >>> project_back([[1.0, 2.0]], [[[1.0, 5.0]]])
    array([[ 1.,  7., 10.]])
    """
    maps, filters = (torch.tensor(np.array(a, dtype=np.float64)) for a in (signal, w))
    return F.conv_transpose1d(maps[None], filters, stride=stride)[0].numpy()
