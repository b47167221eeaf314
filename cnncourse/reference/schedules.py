"""Learning rate schedules as PyTorch computes them."""

import functools

from torch.optim import Optimizer
from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, StepLR


def step_lr(epoch, *, lr, step_size, gamma=0.1):
    """Multiply the learning rate by gamma after every step_size epochs.

    Parameters
    ----------
    epoch : int
        Epochs that are done.
    lr : float
        Learning rate of the first epoch.
    step_size : int
        Epochs from one drop to the next.
    gamma : float, optional
        Factor of each drop.

    Returns
    -------
    rate : float
        Learning rate of this epoch.

    Examples
    --------
    >>> [step_lr(epoch, lr=8.0, step_size=2, gamma=0.5) for epoch in range(6)]
    [8.0, 8.0, 4.0, 4.0, 2.0, 2.0]
    """
    return _rate(epoch, StepLR, lr, step_size=step_size, gamma=gamma)


def cosine_lr(epoch, *, lr, T_max, eta_min=0.0):
    """Let the learning rate fall from lr to eta_min along half a cosine [1]_.

    Parameters
    ----------
    epoch : int
        Epochs that are done.
    lr : float
        Learning rate of the first epoch.
    T_max : int
        Epoch at which the rate has come down; after it, it rises again.
    eta_min : float, optional
        Lowest rate.

    Returns
    -------
    rate : float
        Learning rate of this epoch.

    References
    ----------
    .. [1] Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
       ICLR 2017, equation 5; without the restarts.

    Examples
    --------
    >>> [round(cosine_lr(epoch, lr=8.0, T_max=4), 2) for epoch in range(5)]
    [8.0, 6.83, 4.0, 1.17, 0.0]
    """
    return _rate(epoch, CosineAnnealingLR, lr, T_max=T_max, eta_min=eta_min)


def one_cycle_lr(
    step,
    *,
    max_lr,
    total_steps,
    pct_start=0.3,
    div_factor=25.0,
    final_div_factor=10000.0,
    anneal_strategy="cos",
    three_phase=False,
):
    """Let the learning rate rise to max_lr and fall to almost nothing [1]_.

    Parameters
    ----------
    step : int
        Steps that are done, 0 to total_steps - 1.
    max_lr : float
        Highest rate.
    total_steps : int
        Steps of the whole run.
    pct_start : float, optional
        Fraction of the run that rises: the peak is at pct_start * total_steps - 1, above 0.
    div_factor : float, optional
        The first rate is max_lr / div_factor.
    final_div_factor : float, optional
        The last rate is the first rate / final_div_factor.
    anneal_strategy : {"cos", "linear"}, optional
        Whether half cosines or lines join the three rates.
    three_phase : bool, optional
        Whether the fall stops at the first rate, as late after the peak as the peak came,
        and goes on from there; the paper does so.

    Returns
    -------
    rate : float
        Learning rate of this step.

    Raises
    ------
    ValueError
        If the run has no such step, or an option is out of range, with PyTorch's own message.

    References
    ----------
    .. [1] Smith and Topin, "Super-Convergence: Very Fast Training of Neural Networks Using
       Large Learning Rates", 2017.

    Examples
    --------
    >>> [round(one_cycle_lr(step, max_lr=1.0, total_steps=10), 2) for step in range(10)]
    [0.04, 0.52, 1.0, 0.95, 0.81, 0.61, 0.39, 0.19, 0.05, 0.0]
    """
    options = {"pct_start": pct_start, "div_factor": div_factor, "three_phase": three_phase}
    options |= {"final_div_factor": final_div_factor, "anneal_strategy": anneal_strategy}
    schedule = {"max_lr": max_lr, "total_steps": total_steps, "cycle_momentum": False}
    return _rate(step, OneCycleLR, max_lr, **schedule, **options)


def _rate(epoch, kind, lr, **options):
    return _schedule(kind, lr, tuple(options.items()))(epoch)


@functools.lru_cache(maxsize=256)
def _schedule(kind, lr, options):
    """Return the rate as a function of the epoch; it remembers how far it has come."""
    optimizer = _Nothing(lr)
    scheduler = kind(optimizer, **dict(options))
    rates = [optimizer.param_groups[0]["lr"]]

    def rate(epoch):
        while len(rates) <= epoch:
            optimizer.step()  # or torch warns
            scheduler.step()
            rates.append(optimizer.param_groups[0]["lr"])
        return float(rates[epoch])

    return rate


class _Nothing(Optimizer):
    """An optimiser of nothing: the constructor of torch's own would import its compiler."""

    def __init__(self, lr):
        self.param_groups = [{"lr": lr}]
        self.defaults = {"lr": lr}

    def step(self):
        pass
