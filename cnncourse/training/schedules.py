"""How the step size goes over a run: a fraction of the largest for every step."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable

Schedule = Callable[[int, int], float]


def one_cycle(step: int, num_steps: int, *, warm_up: float = 0.2) -> float:
    """Give the step size at a step as a fraction of the largest: up a line, down a cosine [1]_.

    Parameters
    ----------
    step : int
        Steps done, 0 to `num_steps` - 1.
    num_steps : int
        Steps of the whole run.
    warm_up : float, default 0.2
        Fraction of the run that goes up.

    Returns
    -------
    float
        Fraction in [0, 1]; 0 at the last step of all.

    References
    ----------
    .. [1] Smith and Topin, "Super-convergence: very fast training of neural networks using
       large learning rates", 2017, arXiv:1708.07120.

    Examples
    --------
    >>> [round(one_cycle(step, 10), 2) for step in range(10)]
    [0.5, 1.0, 0.96, 0.85, 0.69, 0.5, 0.31, 0.15, 0.04, 0.0]
    """
    rising = max(1, round(warm_up * num_steps))
    if step < rising:
        return (step + 1) / rising
    return (1 + math.cos(math.pi * (step + 1 - rising) / (num_steps - rising))) / 2


def cosine(step: int, num_steps: int) -> float:
    """Fall from the largest step size along half a cosine [1]_.

    Parameters
    ----------
    step : int
        Steps done, 0 to `num_steps` - 1.
    num_steps : int
        Steps of the whole run.

    Returns
    -------
    float
        Fraction in (0, 1]; 1 at the first step.

    References
    ----------
    .. [1] Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR
       2017, arXiv:1608.03983.

    Examples
    --------
    >>> [round(cosine(step, 4), 2) for step in range(4)]
    [1.0, 0.85, 0.5, 0.15]
    """
    return (1 + math.cos(math.pi * step / num_steps)) / 2


def stepwise(step: int, num_steps: int) -> float:
    """Take a tenth of the step size at half of the run, and a tenth again at three quarters.

    So the residual networks were trained on CIFAR-10: 64,000 steps, a tenth at 32,000 and at
    48,000 [1]_.

    Parameters
    ----------
    step : int
        Steps done, 0 to `num_steps` - 1.
    num_steps : int
        Steps of the whole run.

    Returns
    -------
    float
        1, 0.1 or 0.01.

    References
    ----------
    .. [1] He, Zhang, Ren and Sun, "Deep residual learning for image recognition", CVPR 2016,
       arXiv:1512.03385.

    Examples
    --------
    >>> [stepwise(step, 8) for step in range(8)]
    [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01]
    """
    if 2 * step < num_steps:
        return 1.0
    return 0.1 if 4 * step < 3 * num_steps else 0.01


def constant(step: int, num_steps: int) -> float:
    """Keep the step size.

    Parameters
    ----------
    step, num_steps : int
        Steps done, and steps of the whole run.

    Returns
    -------
    float
        Always 1.
    """
    return 1.0


SCHEDULES: dict[str, Schedule] = {
    "one-cycle": one_cycle,
    "cosine": cosine,
    "step": stepwise,
    "constant": constant,
}


def find(schedule: str | Schedule) -> Schedule:
    """Look up a schedule by its name; a function is taken as it is.

    Parameters
    ----------
    schedule : str or callable
        A name of `SCHEDULES`, or a function of the steps done and of all steps.

    Returns
    -------
    callable
        The function.

    Raises
    ------
    ValueError
        If there is no schedule of this name.
    """
    if callable(schedule):
        return schedule
    if schedule not in SCHEDULES:
        near = difflib.get_close_matches(str(schedule), SCHEDULES, n=1)
        raise ValueError(
            f"schedule is {schedule!r}, it must be one of {', '.join(map(repr, SCHEDULES))}, or "
            f"a function of (step, num_steps)" + (f": did you mean {near[0]!r}?" if near else "")
        )
    return SCHEDULES[schedule]
