"""Losses as PyTorch computes them."""

from torch.nn import functional as F

from cnncourse.reference.arrays import tensors


def cross_entropy(logits, labels, *, label_smoothing=0.0):
    """Measure how surprised a classifier is by the labels, in nats.

    Parameters
    ----------
    logits : (N, C) array_like
        Scores, before any softmax.
    labels : (N,) array_like of int
        The right class of each image, counted from 0.
    label_smoothing : float, optional
        The share of each image's target that is spread evenly over all C classes, the right
        one included [1]_.

    Returns
    -------
    loss : float
        Mean over the N images.

    Raises
    ------
    IndexError
        If a label is no class, with PyTorch's own message.

    References
    ----------
    .. [1] Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the Inception Architecture
       for Computer Vision", CVPR 2016, section 7, arXiv:1512.00567.

    Examples
    --------
    >>> cross_entropy([[0.0, 0.0], [0.0, -1000.0]], [0, 1])
    500.34657359027995
    """
    logits, labels = tensors(logits, labels)
    loss = F.cross_entropy(logits, labels.long(), label_smoothing=label_smoothing)
    return loss.item()
