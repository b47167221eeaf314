"""A learning rate that falls in steps."""

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.optimise.rates import all_rates

_SECTION = "14_training#training-schedules"


@exercise("10_optimise", section=_SECTION, outputs={"rate": "EPOCHS"})
def step_lr(epoch, *, lr, step_size, gamma=0.1):
    """Multiply the learning rate by gamma after every step_size epochs."""
    return reference.step_lr(epoch, lr=lr, step_size=step_size, gamma=gamma)


@step_lr.drive
def _(function, epoch, **options):
    return all_rates(function, epoch, **options)


@step_lr.cases
def _(rng):
    lr = float(rng.integers(2, 9))
    yield Case("seven epochs, a drop every three", {"epoch": range(7), "lr": lr, "step_size": 3})
    gamma, step_size = round(rng.uniform(0.3, 0.8), 3), int(rng.integers(4, 8))
    other = {"lr": lr, "step_size": step_size, "gamma": gamma}
    yield Case("twenty epochs, another gamma", {"epoch": range(20), **other})
    yield Case("a drop after every epoch", {"epoch": range(5), **other, "step_size": 1})
    yield Case("a run that ends before the first drop", {"epoch": range(step_size), **other})
    yield Case("two late epochs alone", {"epoch": range(89, 91), **other, "step_size": 30})


def _add_power_mistake(name, hint, power):
    @step_lr.mistake(name, hint=hint)
    def _(right, epoch, *, lr, step_size, gamma=0.1):
        return right(0, lr=lr * gamma ** power(epoch, step_size), step_size=step_size)


_add_power_mistake(
    "the rate falls a little with every epoch",
    "The rate stays the same for step_size epochs, and then drops at once.",
    lambda epoch, step_size: epoch / step_size,
)
_add_power_mistake(
    "the rate is multiplied by gamma after every epoch",
    "How many drops have there been up to this epoch, with step_size epochs between them?",
    lambda epoch, step_size: epoch,
)
_add_power_mistake(
    "the rate drops in the last epoch before it should",
    "Epochs 0 to step_size - 1 have the first rate.",
    lambda epoch, step_size: (epoch + 1) // step_size,
)
_add_power_mistake(
    "the rate drops an epoch late",
    "At epoch step_size, as many epochs are done already: that is where the first drop comes.",
    lambda epoch, step_size: max(epoch - 1, 0) // step_size,
)
_add_power_mistake(
    "the number of drops is rounded up",
    "Only whole stretches of step_size epochs count: before the first is over, none has.",
    lambda epoch, step_size: -(-epoch // step_size),
)
_add_power_mistake(
    "the number of drops is rounded to the nearest",
    "Only whole stretches of step_size epochs count: before the first is over, none has.",
    lambda epoch, step_size: round(epoch / step_size),
)
_add_power_mistake(
    "the rate drops in every epoch that step_size divides, and comes back",
    "A drop lasts: after two of them the rate is gamma times gamma times the first.",
    lambda epoch, step_size: int(epoch > 0 and epoch % step_size == 0),
)
_add_power_mistake(
    "the rate drops at epoch 0 and whenever step_size divides, and comes back",
    "A drop lasts, and the first comes after step_size epochs.",
    lambda epoch, step_size: int(epoch % step_size == 0),
)
_add_power_mistake(
    "the rate drops once only",
    "After two stretches of step_size epochs there have been two drops.",
    lambda epoch, step_size: min(epoch // step_size, 1),
)
_add_power_mistake(
    "the drops are counted by the remainder",
    "% gives what is left over. How many whole stretches have there been?",
    lambda epoch, step_size: epoch % step_size,
)


@step_lr.mistake(
    "gamma is multiplied by the number of drops",
    hint="Every drop multiplies by gamma again: after two there are two factors.",
)
def _(right, epoch, *, lr, step_size, gamma=0.1):
    drops = epoch // step_size
    return lr * gamma * drops if drops else lr


@step_lr.mistake(
    "gamma times the number of drops is the factor from the start",
    hint="Before the first drop the rate is lr: what does your factor say there?",
)
def _(right, epoch, *, lr, step_size, gamma=0.1):
    return lr * gamma * (epoch // step_size)


@step_lr.mistake(
    "the rate rises",
    hint="gamma is below 1, and the rate is multiplied by it.",
)
def _(right, *epoch, gamma=0.1, **options):
    return right(*epoch, gamma=1 / gamma, **options)


@step_lr.mistake(
    "gamma is taken off instead of left",
    hint="With gamma 0.1 a tenth of the rate is left after a drop, not nine tenths.",
)
def _(right, *epoch, gamma=0.1, **options):
    return right(*epoch, gamma=1 - gamma, **options)


@step_lr.mistake(
    "gamma is always 0.1",
    hint="0.1 is what gamma is if nothing is said: which option does your code not use?",
)
def _(right, *epoch, gamma=0.1, **options):
    return right(*epoch, **options)
