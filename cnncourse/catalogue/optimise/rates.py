"""A schedule is asked for one rate after the other; mistakes with its steps."""

import numpy as np


def all_rates(function, steps, **options):
    """Ask for the learning rate of every step; returns an array of them, or None for None."""
    rates = [function(step, **options) for step in steps]
    if any(rate is None for rate in rates):
        return None
    for rate in rates:
        if np.ndim(rate):
            raise TypeError(f"a rate is of type {type(rate).__name__}, expected one number")
    return np.array(rates)


def add_lateness_mistakes(exercise, section, *, steps):
    """Register schedules that run ahead or behind by one of `steps`."""

    @exercise.mistake(
        f"the schedule runs one {steps} ahead",
        hint=f"Counting begins at 0: which rate belongs to {steps} 0?",
        section=section,
    )
    def _(right, step, **options):
        return right(step + 1, **options)

    @exercise.mistake(
        f"the schedule lags one {steps} behind",
        hint=f"Counting begins at 0: at which {steps} does the rate change for the first time?",
        section=section,
    )
    def _(right, step, **options):
        return right(max(step - 1, 0), **options)
