"""What transfer learning comes to in numbers, asked of PyTorch's own layers."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def learning_share(stage_params, num_frozen, features, num_classes):
    """Count what learns when the first stages are frozen and the head is new.

    Parameters
    ----------
    stage_params : (S,) array_like of int
        Parameters of each stage of the body, from the image on.
    num_frozen : int
        Stages that are frozen.
    features : int
        Numbers that the head is given.
    num_classes : int
        Its outputs; it has biases.

    Returns
    -------
    learning : int
        Parameters that learn.
    share : float
        Of all parameters, the new head's among them.

    Examples
    --------
    >>> learning_share([10, 20, 30], 2, 4, 2)
    (40, 0.5714285714285714)
    """
    head = sum(p.numel() for p in nn.Linear(features, num_classes).parameters())
    learning = int(sum(stage_params[num_frozen:])) + head
    return learning, learning / (int(sum(stage_params)) + head)


def frozen_and_awake(x, weight, bias, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    """Normalise a batch as a frozen layer does, and as one in training mode.

    Parameters
    ----------
    x : (N, C, H, W) ndarray of float
        Maps.
    weight, bias : (C,) ndarray of float
        Scale and shift.
    running_mean, running_var : (C,) ndarray of float
        What the layer has seen so far.
    momentum : float, default 0.1
        Share of the new batch in the running mean.
    eps : float, default 1e-5
        Added to the variance.

    Returns
    -------
    frozen, awake : (N, C, H, W) ndarray of float
        The two outputs.
    moved_mean : (C,) ndarray of float
        The running mean that training mode leaves behind.
    """
    arrays = [torch.tensor(a) for a in (x, running_mean, running_var, weight, bias)]
    frozen = F.batch_norm(*arrays, eps=eps).numpy()
    awake = F.batch_norm(*arrays, training=True, momentum=momentum, eps=eps).numpy()
    return frozen, awake, arrays[1].numpy()


def passes_learned(num_stages, epochs, *, every=1):
    """Count for how many passes each stage learns while a network thaws from its head down.

    Parameters
    ----------
    num_stages : int
        Stages, the head among them.
    epochs : int
        Passes of the run.
    every : int, default 1
        Passes from one stage to the next.

    Returns
    -------
    (num_stages,) ndarray of int
        From the stage nearest to the image to the head.

    Examples
    --------
    >>> passes_learned(3, 5, every=2)
    array([1, 3, 5])
    """
    distances = np.arange(num_stages)[::-1]
    return np.array([sum(e // every >= d for e in range(epochs)) for d in distances])


def cam_by_hand(maps, weight, target):
    """Compute Grad-CAM where the maps' means go straight into the head.

    Parameters
    ----------
    maps : (C, H, W) ndarray of float
        Maps of one image behind the last convolution.
    weight : (K, C) ndarray of float
        The head's weights.
    target : int
        Class that is asked for.

    Returns
    -------
    (H, W) ndarray of float
        The map, 0 where something speaks against the class.
    """
    maps = torch.tensor(maps, requires_grad=True)
    (torch.tensor(weight) @ maps.mean((1, 2)))[target].backward()
    weights = maps.grad.mean((1, 2), keepdim=True)
    return (weights * maps).sum(0).relu().detach().numpy()
