"""What is made small: cross-entropy, with soft labels and auxiliary heads where there are any."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from cnncourse.models.googlenet import auxiliary_loss


def loss_and_logits(
    outputs: Tensor | tuple[Tensor, ...], targets: Tensor, *, label_smoothing: float = 0.0
) -> tuple[Tensor, Tensor]:
    """Measure what a network answered while it trains.

    Parameters
    ----------
    outputs : (N, classes) tensor or tuple of them
        Logits; of a network with auxiliary heads, those of its main head come first.
    targets : (N,) tensor of int64 or (N, classes) tensor of float32
        Classes, or shares of each class as mixing augmentations make them.
    label_smoothing : float, default 0
        Share of every label that is spread evenly over all classes.

    Returns
    -------
    loss : scalar tensor
        Mean cross-entropy in nats, the auxiliary heads' counted at 0.3.
    logits : (N, classes) tensor
        The main head's.
    """
    if isinstance(outputs, Tensor):
        return F.cross_entropy(outputs, targets, label_smoothing=label_smoothing), outputs
    logits = outputs[0]
    if label_smoothing:
        targets = smoothed(targets, logits.shape[1], label_smoothing)
    return auxiliary_loss(outputs, targets), logits


def smoothed(targets: Tensor, num_classes: int, label_smoothing: float) -> Tensor:
    """Spread a share of every label evenly over all classes [1]_.

    Parameters
    ----------
    targets : (N,) tensor of int64 or (N, classes) tensor of float32
        Classes, or shares of each class.
    num_classes : int
        Number of classes.
    label_smoothing : float
        Share that is spread, in [0, 1).

    Returns
    -------
    (N, classes) tensor of float32
        Shares of each class; each row adds up to 1.

    References
    ----------
    .. [1] Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, "Rethinking the Inception architecture
       for computer vision", CVPR 2016, arXiv:1512.00567.

    Examples
    --------
    >>> smoothed(torch.tensor([1]), 4, 0.2)
    tensor([[0.0500, 0.8500, 0.0500, 0.0500]])
    """
    shares = targets if targets.is_floating_point() else F.one_hot(targets, num_classes).float()
    return shares * (1 - label_smoothing) + label_smoothing / num_classes


def number_right(logits: Tensor, targets: Tensor) -> Tensor:
    """Count the right answers; of a mixed label, the class with the largest share is right.

    Parameters
    ----------
    logits : (N, classes) tensor
        Answers.
    targets : (N,) tensor of int64 or (N, classes) tensor of float32
        Classes, or shares of each class.

    Returns
    -------
    scalar tensor of int64
        Between 0 and N.
    """
    hard = targets.argmax(1) if targets.is_floating_point() else targets
    with torch.no_grad():
        return (logits.argmax(1) == hard).sum()
