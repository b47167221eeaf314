"""One cycle: up for a third of the run, then down to almost nothing."""

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.optimise.rates import add_lateness_mistakes, all_rates

_SECTION = "14_training#training-schedules"


@exercise("10_optimise", section=_SECTION, outputs={"rate": "STEPS"})
def one_cycle_lr(
    step, *, max_lr, total_steps, pct_start=0.3, div_factor=25.0, final_div_factor=10000.0
):
    """Let the learning rate rise to max_lr and fall to almost nothing."""
    factors = {"div_factor": div_factor, "final_div_factor": final_div_factor}
    options = {"total_steps": total_steps, "pct_start": pct_start, **factors}
    return reference.one_cycle_lr(step, max_lr=max_lr, **options)


@one_cycle_lr.drive
def _(function, step, **options):
    return all_rates(function, step, **options)


@one_cycle_lr.cases
def _(rng):
    max_lr = 50.0 * int(rng.integers(1, 6))
    by_hand = {"max_lr": max_lr, "total_steps": 10}
    yield Case("ten steps: the first three by hand", {"step": range(3), **by_hand})
    yield Case("ten steps, up and down", {"step": range(10), **by_hand})
    total = int(rng.choice([29, 32, 33, 36, 39]))
    longer = {"step": range(total), "max_lr": round(rng.uniform(1, 3), 3), "total_steps": total}
    yield Case("a longer run, whose peak lies between two steps", longer)
    start = {"pct_start": round(rng.uniform(0.15, 0.24), 3)}
    yield Case("an earlier peak", longer | start)
    first = {"div_factor": round(rng.uniform(3, 6), 3)}
    yield Case("another first rate", longer | first)
    last = {"final_div_factor": round(rng.uniform(2, 5), 3)}
    yield Case("another last rate", longer | last)
    yield Case("everything at once", longer | start | first | last)


def _add_question_mistake(name, hint, **changes):
    """Each change is an option's value, or a function of all the options."""

    @one_cycle_lr.mistake(name, hint=hint)
    def _(
        right, step, *, max_lr, total_steps, pct_start=0.3, div_factor=25.0, final_div_factor=1e4
    ):
        options = {
            "max_lr": max_lr,
            "total_steps": total_steps,
            "pct_start": pct_start,
            "div_factor": div_factor,
            "final_div_factor": final_div_factor,
        }
        new = {k: value(**options) if callable(value) else value for k, value in changes.items()}
        return reference.one_cycle_lr(step, **options | new)


def _peak_at(place):
    """Move the peak to where a function of pct_start * total_steps says."""
    return lambda pct_start, total_steps, **_: (place(pct_start * total_steps) + 1) / total_steps


_add_question_mistake(
    "the peak comes at pct_start * total_steps, a step late",
    "Of 10 steps, 0 to 9, three belong to the rise with pct_start 0.3. Which is the last of them?",
    pct_start=_peak_at(lambda product: product),
)
_add_question_mistake(
    "the place of the peak is rounded down to a whole step",
    "The peak may lie between two steps, and then no step has max_lr itself.",
    pct_start=_peak_at(lambda product: int(product + 1e-9) - 1),
)
_add_question_mistake(
    "the place of the peak is rounded to the nearest step",
    "The peak may lie between two steps, and then no step has max_lr itself.",
    pct_start=_peak_at(lambda product: round(product - 1)),
)
_add_question_mistake(
    "the peak comes at int(pct_start * total_steps)",
    "Steps count from 0, so that the third is step 2; and the peak may lie between two steps.",
    pct_start=_peak_at(lambda product: int(product + 1e-9)),
)
_add_question_mistake(
    "the peak comes at pct_start * (total_steps - 1)",
    "PyTorch takes the fraction of total_steps, and then counts from 0.",
    pct_start=lambda pct_start, total_steps, **_: (
        (pct_start * (total_steps - 1) + 1) / total_steps
    ),
)
_add_question_mistake(
    "the lowest rate comes at step total_steps, after the run",
    "Of 10 steps the last is step 9, and it has the lowest rate.",
    total_steps=lambda total_steps, **_: total_steps + 1,
    pct_start=lambda pct_start, total_steps, **_: pct_start * total_steps / (total_steps + 1),
)
_add_question_mistake(
    "peak and end come a step late, both",
    "Of 10 steps, 0 to 9, the last is step 9, and with pct_start 0.3 the third has the peak.",
    total_steps=lambda total_steps, **_: total_steps + 1,
    pct_start=lambda pct_start, total_steps, **_: (
        (pct_start * total_steps + 1) / (total_steps + 1)
    ),
)
_add_question_mistake(
    "pct_start is the fraction of the run that falls",
    "The name says it: the run starts by rising.",
    pct_start=lambda pct_start, **_: 1 - pct_start,
)
_add_question_mistake(
    "final_div_factor divides max_lr instead of the first rate",
    "The last rate is far below the first one. What is divided by final_div_factor?",
    final_div_factor=lambda final_div_factor, div_factor, **_: final_div_factor / div_factor,
)
_add_question_mistake(
    "div_factor and final_div_factor are exchanged",
    "The first rate is max_lr / div_factor.",
    div_factor=lambda final_div_factor, **_: final_div_factor,
    final_div_factor=lambda div_factor, **_: div_factor,
)
_add_question_mistake(
    "the last rate is 0",
    "The run ends at a small rate, but not at 0: which option have you not used?",
    final_div_factor=1e300,
)
_add_question_mistake(
    "the last rate is the first one",
    "The run ends far below where it began: which option have you not used?",
    final_div_factor=1.0,
)
_add_question_mistake(
    "the first rate is 0",
    "The run begins at a small rate, but not at 0: which option says how small?",
    div_factor=1e15,
    final_div_factor=lambda final_div_factor, div_factor, **_: (
        final_div_factor * div_factor / 1e15
    ),
)
_add_question_mistake(
    "both ways are lines",
    "Half a cosine joins the rates: level at both ends, and steepest half-way.",
    anneal_strategy="linear",
)
_add_question_mistake(
    "the rate comes down to the first rate, and then falls in a third phase",
    "That is three_phase=True, as in the paper. PyTorch falls from max_lr to the last rate "
    "in one curve unless it is told otherwise.",
    three_phase=True,
)
_add_question_mistake(
    "pct_start is always 0.3",
    "0.3 is what pct_start is if nothing is said: which option does your code not use?",
    pct_start=0.3,
)
_add_question_mistake(
    "div_factor is always 25",
    "25 is what div_factor is if nothing is said: which option does your code not use?",
    div_factor=25.0,
)
_add_question_mistake(
    "final_div_factor is always 10000",
    "10000 is what final_div_factor is if nothing is said: which option does your code not use?",
    final_div_factor=1e4,
)


@one_cycle_lr.mistake(
    "the rise is a line",
    hint="Half a cosine leads up as well as down: level at both ends, and steepest half-way.",
)
def _(right, step, *, total_steps, pct_start=0.3, **options):
    options |= {"total_steps": total_steps, "pct_start": pct_start}
    rises = _rises(step, total_steps, pct_start)
    return reference.one_cycle_lr(step, anneal_strategy="linear" if rises else "cos", **options)


def _rises(step, total_steps, pct_start=0.3, **_):
    return step <= pct_start * total_steps - 1


def _ends(step, max_lr, div_factor=25.0, final_div_factor=1e4, **options):
    """Give the rates at both ends of the way that a step is on."""
    low = max_lr / div_factor
    return low if _rises(step, **options) else low / final_div_factor, max_lr


def _add_way_mistake(name, hint, change):
    """Each change makes a rate of the right one, its lower and its upper end, and `rises`."""

    @one_cycle_lr.mistake(name, hint=hint)
    def _(right, step, **options):
        return change(right(step, **options), *_ends(step, **options), _rises(step, **options))


_add_way_mistake(
    "the rise is upside down",
    "At step 0 the rate is the first one, and it rises from there: look at the sign "
    "of the cosine, or at the order of the two rates.",
    lambda rate, low, high, rises: low + high - rate if rises else rate,
)
_add_way_mistake(
    "the fall is upside down",
    "Just after the peak the rate is near max_lr: look at the sign of the cosine, or at the "
    "order of the two rates.",
    lambda rate, low, high, rises: rate if rises else low + high - rate,
)
_add_way_mistake(
    "both ways are upside down",
    "At step 0 the rate is the first one, and it rises from there: look at the sign "
    "of the cosine, or at the order of the two rates.",
    lambda rate, low, high, rises: low + high - rate,
)
_add_way_mistake(
    "each way is as long as max_lr",
    "At the peak the rate is max_lr, not more. "
    "How far is it from the lower rate, which is added, up to there?",
    lambda rate, low, high, rises: low + (rate - low) * high / (high - low),
)
_add_way_mistake(
    "the lower rate of each way is not added",
    "At step 0 the rate is max_lr / div_factor. What is it in your code?",
    lambda rate, low, high, rises: rate - low,
)
_add_way_mistake(
    "1 plus or minus the cosine is not halved",
    "1 - cos goes from 0 to 2. From where to where should a share of the way go?",
    lambda rate, low, high, rises: 2 * rate - low,
)


def _from_the_start(step, max_lr, total_steps, div_factor=25.0, final_div_factor=1e4, **_):
    least = max_lr / (div_factor * final_div_factor)
    return reference.cosine_lr(step, lr=max_lr, T_max=total_steps - 1, eta_min=least)


@one_cycle_lr.mistake(
    "the fall is counted from step 0 instead of the peak",
    hint="At the peak nothing of the way down is done yet: how many steps lie between peak "
    "and end, and how many of them are done?",
)
def _(right, step, *, total_steps, pct_start=0.3, **options):
    options["total_steps"] = total_steps
    if step <= pct_start * total_steps - 1:
        return right(step, pct_start=pct_start, **options)
    return _from_the_start(step, **options)


@one_cycle_lr.mistake(
    "there is no rise",
    hint="The run begins at max_lr / div_factor and takes a part of its steps to come up.",
)
def _(right, step, **options):
    return _from_the_start(step, **options)


@one_cycle_lr.mistake(
    "a fraction is returned instead of a rate",
    hint="At the peak the rate is max_lr: what is it in your code?",
)
def _(right, *step, max_lr, **options):
    return right(*step, max_lr=max_lr, **options) / max_lr


add_lateness_mistakes(one_cycle_lr, _SECTION, steps="step")
