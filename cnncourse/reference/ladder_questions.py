"""How networks are compared, by PyTorch: what dominates, what a budget buys, what is chance."""

import torch
import torch.nn.functional as F

from cnncourse.reference.arrays import numpy, one_thread, tensors


def pareto_front(costs, accuracies):
    """Find the networks that no other one beats.

    Parameters
    ----------
    costs : (N,) ndarray of float
        What each network costs: parameters, multiplications or seconds.
    accuracies : (N,) ndarray of float
        Fraction right of each.

    Returns
    -------
    front : (N,) ndarray of bool
        False where another network costs no more and is right no less often, and is better in
        at least one of the two.

    Examples
    --------
    >>> pareto_front([1.0, 2.0, 3.0], [0.5, 0.9, 0.8]).tolist()
    [True, True, False]
    """
    cost, right = tensors(costs, accuracies)
    with one_thread():
        no_worse = (cost[:, None] <= cost) & (right[:, None] >= right)
        better = (cost[:, None] < cost) | (right[:, None] > right)
        return numpy(~(no_worse & better).any(dim=0))


def steps_in_budget(seconds_per_step, budget, *, num_images, batch_size):
    """Count the steps that fit into a budget, and the passes that they complete.

    Parameters
    ----------
    seconds_per_step : float
        What one step takes.
    budget : float
        Seconds in all.
    num_images : int
        Images of the training set; the last batch of a pass may have fewer than the others.
    batch_size : int
        Images a step.

    Returns
    -------
    steps, passes : int
        Whole ones only.

    Examples
    --------
    >>> steps_in_budget(0.5, 10.2, num_images=100, batch_size=32)
    (20, 5)
    """
    steps = int(torch.div(*tensors(budget, seconds_per_step), rounding_mode="floor"))
    batches = torch.empty(num_images, device="meta").split(batch_size)
    return steps, steps // len(batches)


def flip_logits(x, w, b):
    """Average what a linear classifier says of images and of their mirror images.

    Parameters
    ----------
    x : (N, C, H, W) ndarray of float
        Images.
    w : (C * H * W, K) ndarray of float
        Weights of the classifier.
    b : (K,) ndarray of float
        Its biases.

    Returns
    -------
    logits : (N, K) ndarray of float64

    Examples
    --------
    >>> flip_logits([[[[1.0, 2.0]]]], [[1.0], [0.0]], [10.0]).tolist()
    [[11.5]]
    """
    x, w, b = tensors(x, w, b)
    with one_thread():
        both = torch.stack([x, x.flip(3)]).flatten(2)
        return numpy(F.linear(both, w.T, b).mean(dim=0))


def compare_seeds(first, second):
    """Compare two networks, each trained with several seeds.

    Parameters
    ----------
    first, second : (A,), (B,) ndarray of float
        Accuracies, one for each seed.

    Returns
    -------
    difference : float
        Mean of the second less that of the first.
    standard_error : float
        How far chance alone moves that difference.

    Examples
    --------
    >>> compare_seeds([1.0, 3.0], [4.0, 4.0, 7.0])
    (3.0, 1.4142135623730951)
    """
    a, b = tensors(first, second)
    with one_thread():
        error = (a.var() / len(a) + b.var() / len(b)).sqrt()
        return float(b.mean() - a.mean()), float(error)
