"""Mistakes with Adam's correction of averages that begin at 0."""

import numpy as np


def step_along(right, w, m, v, t, *, betas=(0.9, 0.999), **options):
    """Step along averages that are made already."""
    nothing = np.zeros_like(w)
    return right(w, nothing, m / betas[0], v / betas[1], t, betas=betas, **options)[0]


def _add_factor_mistake(exercise, name, hint, factor_m, factor_v):
    """Each factor, told by beta and t, multiplies an average that is then corrected."""

    @exercise.mistake(name, hint=hint)
    def _(right, w, grad, m, v, t, *, betas=(0.9, 0.999), **options):
        _, m, v = right(w, grad, m, v, t, betas=betas, **options)
        shown = m * factor_m(betas[0], t), v * factor_v(betas[1], t)
        return step_along(right, w, *shown, t, betas=betas, **options), m, v


def _nothing(beta, t):
    return 1.0


def _undo(beta, t):
    return 1 - beta**t


def add_correction_mistakes(exercise):
    """Register wrong powers, corrections left out, and corrections that are kept."""
    for name, hint, *factors in (
        (
            "the averages are not corrected",
            "They begin at 0, and after one step m is only a tenth of the gradient. "
            "By what do you have to divide?",
            _undo,
            _undo,
        ),
        (
            "only m is corrected",
            "v begins at 0, too, and takes even longer to forget it.",
            _nothing,
            _undo,
        ),
        (
            "only v is corrected",
            "m begins at 0, too: after one step it is only a tenth of the gradient.",
            _undo,
            _nothing,
        ),
        (
            "the power is taken of 1 - beta instead of beta",
            "What is left of the 0 at the start is beta to the power of t, and the averages lack "
            "just that of 1: check your brackets.",
            lambda beta, t: (1 - beta**t) / (1 - beta) ** t,
            lambda beta, t: (1 - beta**t) / (1 - beta) ** t,
        ),
        (
            "beta is multiplied by t where a power is meant",
            "What is left of the 0 at the start shrinks by beta in every step: beta to the power "
            "of t, which Python writes **.",
            lambda beta, t: (1 - beta**t) / (1 - beta * t),
            lambda beta, t: (1 - beta**t) / (1 - beta * t),
        ),
        (
            "the averages are multiplied by what they should be divided by",
            "They are too small at the start: does your correction make them larger?",
            lambda beta, t: (1 - beta**t) ** 2,
            lambda beta, t: (1 - beta**t) ** 2,
        ),
    ):
        _add_factor_mistake(exercise, name, hint, *factors)

    for name, hint, number in (
        (
            "the steps are counted from 0 in your code, so that it adds 1",
            "The first step comes with t = 1. What is the exponent then?",
            lambda t: t + 1,
        ),
        (
            "the correction does not depend on t",
            "It fades as the steps go by: after many of them beta to the power of t is nearly 0.",
            lambda t: 1,
        ),
    ):
        _add_number_mistake(exercise, name, hint, number)
    _add_other_mistakes(exercise)


def _add_number_mistake(exercise, name, hint, number):
    @exercise.mistake(name, hint=hint)
    def _(right, w, grad, m, v, t, **options):
        return right(w, grad, m, v, number(t), **options)


def _add_other_mistakes(exercise):
    @exercise.mistake(
        "the exponent is 1 too small, 0 at the first step",
        hint="The first step comes with t = 1, and with exponent 0 you would divide by 0.",
    )
    def _(right, w, grad, m, v, t, **options):
        if t > 1:
            return right(w, grad, m, v, t - 1, **options)
        return (np.full_like(w, np.nan), *right(w, grad, m, v, t, **options)[1:])

    @exercise.mistake(
        "the corrected averages are returned",
        hint="The correction is for this step alone; the next one goes on from the averages as "
        "they were before it. Give the corrected ones other names.",
    )
    def _(right, w, grad, m, v, t, *, betas=(0.9, 0.999), **options):
        moved, m, v = right(w, grad, m, v, t, betas=betas, **options)
        return moved, m / (1 - betas[0] ** t), v / (1 - betas[1] ** t)
