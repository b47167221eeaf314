"""A learning rate that falls along half a cosine."""

import math

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.optimise.rates import add_lateness_mistakes, all_rates

_SECTION = "14_training#training-schedules"


@exercise("10_optimise", section=_SECTION, outputs={"rate": "EPOCHS"})
def cosine_lr(epoch, *, lr, T_max, eta_min=0.0):
    """Let the learning rate fall along half a cosine."""
    return reference.cosine_lr(epoch, lr=lr, T_max=T_max, eta_min=eta_min)


@cosine_lr.drive
def _(function, epoch, **options):
    return all_rates(function, epoch, **options)


@cosine_lr.cases
def _(rng):
    lr = 4.0 * int(rng.integers(1, 6))
    yield Case("four epochs, by hand", {"epoch": range(4), "lr": lr, "T_max": 3})
    T_max = int(rng.integers(9, 16))
    run = {"epoch": range(T_max + 1), "lr": round(rng.uniform(0.5, 0.9), 3), "T_max": T_max}
    yield Case("a longer run", run)
    least = {"eta_min": round(rng.uniform(0.1, 0.3), 3)}
    yield Case("a lowest rate above 0", run | least)
    yield Case("the last epochs alone", run | least | {"epoch": range(T_max - 2, T_max + 1)})
    yield Case("after T_max the rate rises again", run | least | {"epoch": range(2 * T_max + 1)})


@cosine_lr.mistake(
    "the curve is upside down",
    hint="The cosine of 0 is 1, and the run begins with the highest rate: look at the sign.",
)
def _(right, epoch, *, lr, eta_min=0.0, **options):
    return lr + eta_min - right(epoch, lr=lr, eta_min=eta_min, **options)


@cosine_lr.mistake(
    "the curve goes a quarter of a turn instead of half a turn",
    hint="At T_max the cosine has come down to -1: at which angle is that?",
)
def _(right, *epoch, T_max, **options):
    return right(*epoch, T_max=2 * T_max, **options)


@cosine_lr.mistake(
    "the curve goes a whole turn, down and up again",
    hint="At T_max the cosine is at its lowest: at which angle is that?",
)
def _(right, *epoch, T_max, **options):
    return right(*epoch, T_max=T_max / 2, **options)


@cosine_lr.mistake(
    "the cosine itself is the factor",
    hint="A cosine goes from 1 to -1, and the factor should go from 1 to 0: "
    "what has to be added, and by what divided?",
)
def _(right, *epoch, lr, **options):
    return 2 * right(*epoch, lr=lr, **options) - lr


@cosine_lr.mistake(
    "a quarter of a cosine is the factor",
    hint="The curve is level at both ends: it takes half a turn, moved up and halved.",
)
def _(right, *epoch, lr, T_max, **options):
    return 2 * right(*epoch, lr=lr, T_max=2 * T_max, **options) - lr


@cosine_lr.mistake(
    "1 + cos is not halved",
    hint="At epoch 0 the factor is 1. What is 1 + cos 0?",
)
def _(right, *epoch, eta_min=0.0, **options):
    return 2 * right(*epoch, eta_min=eta_min, **options) - eta_min


@cosine_lr.mistake(
    "only the cosine is halved",
    hint="1 + cos goes from 2 to 0: what does the 2 have to divide? Check your brackets.",
)
def _(right, *epoch, lr, eta_min=0.0, **options):
    return right(*epoch, lr=lr, eta_min=eta_min, **options) + (lr - eta_min) / 2


@cosine_lr.mistake(
    "the lowest rate is halved as well",
    hint="Only the cosine's way is halved; eta_min stands outside the fraction.",
)
def _(right, *epoch, eta_min=0.0, **options):
    return right(*epoch, eta_min=eta_min, **options) - eta_min / 2


@cosine_lr.mistake(
    "pi is missing in the angle",
    hint="At T_max the cosine has come down to -1: at which angle is that?",
)
def _(right, *epoch, T_max, **options):
    return right(*epoch, T_max=T_max * math.pi, **options)


@cosine_lr.mistake(
    "the angle is in degrees",
    hint="math.cos and np.cos take radians: half a turn is pi.",
)
def _(right, epoch, *, lr, T_max, eta_min=0.0):
    return eta_min + (lr - eta_min) * (1 + math.cos(180 * epoch / T_max)) / 2


@cosine_lr.mistake(
    "the rate falls along a line",
    hint="The curve starts level, is steepest half-way and ends level.",
)
def _(right, epoch, *, lr, T_max, eta_min=0.0):
    return lr + (eta_min - lr) * epoch / T_max


@cosine_lr.mistake(
    "the epoch is divided without a remainder",
    hint="// leaves 0 until T_max is reached: write / for a fraction.",
)
def _(right, epoch, *, T_max, **options):
    return right(epoch // T_max * T_max, T_max=T_max, **options)


@cosine_lr.mistake(
    "the lowest rate is added to the whole curve",
    hint="At epoch 0 the rate is lr. How long is the way from there down to eta_min?",
)
def _(right, *epoch, eta_min=0.0, **options):
    return eta_min + right(*epoch, **options)


@cosine_lr.mistake(
    "the curve is cut off at the lowest rate",
    hint="The curve ends level at eta_min, without a bend: it is squeezed, not cut.",
)
def _(right, *epoch, eta_min=0.0, **options):
    return max(eta_min, right(*epoch, **options))


@cosine_lr.mistake(
    "eta_min is ignored",
    hint="At T_max the rate is eta_min, which need not be 0.",
)
def _(right, *epoch, eta_min=0.0, **options):
    return right(*epoch, **options)


@cosine_lr.mistake(
    "the lowest rate comes at epoch T_max - 1",
    hint="Epoch T_max itself has the lowest rate: T_max epochs come before it.",
)
def _(right, *epoch, T_max, **options):
    return right(*epoch, T_max=T_max - 1, **options)


@cosine_lr.mistake(
    "the lowest rate comes at epoch T_max + 1",
    hint="Epoch T_max itself has the lowest rate: T_max epochs come before it.",
)
def _(right, *epoch, T_max, **options):
    return right(*epoch, T_max=T_max + 1, **options)


add_lateness_mistakes(cosine_lr, _SECTION, steps="epoch")


@cosine_lr.mistake(
    "the curve begins anew after T_max",
    hint="That is what CosineAnnealingWarmRestarts does. Here the cosine simply goes on.",
)
def _(right, epoch, *, T_max, **options):
    return right(epoch if epoch <= T_max else epoch % T_max, T_max=T_max, **options)


@cosine_lr.mistake(
    "the curve begins anew at T_max",
    hint="At epoch T_max the rate is at its lowest, and then the cosine simply goes on.",
)
def _(right, epoch, *, T_max, **options):
    return right(epoch % T_max, T_max=T_max, **options)


@cosine_lr.mistake(
    "the rate stays at its lowest after T_max",
    hint="PyTorch's cosine simply goes on after T_max: what does it do there?",
)
def _(right, epoch, *, T_max, **options):
    return right(min(epoch, T_max), T_max=T_max, **options)
