"""Capstone C8: which networks are worth their cost, and what a budget buys."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("c8_ladder", section="10_sizes#sizes-macs", outputs={"front": "N"}, kind=bool)
def pareto_front(costs, accuracies):
    """Find the networks that no other one beats."""
    return reference.pareto_front(costs, accuracies)


@pareto_front.cases
def _(rng):
    def case(claim, costs, accuracies):
        order = rng.permutation(len(costs))
        pair = np.array(costs, dtype=float)[order], np.array(accuracies, dtype=float)[order]
        return Case(claim, {"costs": pair[0], "accuracies": pair[1]})

    three = {"costs": np.array([1.0, 2.0, 3.0]), "accuracies": np.array([0.5, 0.9, 0.8])}
    yield Case("three networks, the last one beaten", three)
    rising = np.sort(rng.uniform(0.1, 0.6, 6)) + 0.05 * np.arange(6)
    yield case(
        "the dearer, the better: none is beaten", rng.uniform(1, 2) * np.arange(1, 7), rising
    )
    yield case("one network is the best and the cheapest", [3, 1, 4, 2], [0.5, 0.9, 0.6, 0.4])
    # Beaten are 3 and 4, by 2; 4 is better than the mean, and has more for its cost than 5.
    yield case(
        "two are beaten by a third",
        [1, 3, 5, 6, 20],
        np.array([0.2, 0.7, 0.4, 0.69, 0.9]) + rng.uniform(0, 0.05),
    )
    yield case("equal costs: only the best stays", [2, 2, 2, 5], [0.3, 0.6, 0.5, 0.9])
    yield case("equal accuracies: only the cheapest stays", [4, 2, 9, 1], [0.8, 0.8, 0.8, 0.1])
    yield case("two networks alike in both: both stay", [3, 3, 1, 7], [0.6, 0.6, 0.2, 0.5])
    yield case("one network costs most and knows least", [1, 2, 8, 4], [0.5, 0.6, 0.1, 0.7])
    yield case("many networks", rng.integers(1, 12, 15), np.round(rng.uniform(0.3, 0.9, 15), 1))


def _beaten(beats):
    """Leave out what another network beats; `beats` gets all costs and accuracies in pairs."""

    def wrong(right, costs, accuracies):
        return ~beats(costs[:, None], accuracies[:, None], costs, accuracies).any(axis=0)

    return wrong


def _at_once(right, costs, accuracies):
    """Go through the networks from the cheapest, keep each that is better than all before."""
    front, best = np.zeros(len(costs), dtype=bool), -np.inf
    for i in np.argsort(costs, kind="stable"):
        front[i], best = accuracies[i] > best, max(best, accuracies[i])
    return front


for _name, _hint, _wrong in (
    (
        "the beaten ones are marked",
        "True is for networks that no other one beats.",
        lambda right, costs, accuracies: ~right(costs, accuracies),
    ),
    (
        "the dearer network wins",
        "A cost is the better the lower it is.",
        lambda right, costs, accuracies: right(-costs, accuracies),
    ),
    (
        "the less accurate network wins",
        "An accuracy is the better the higher it is.",
        lambda right, costs, accuracies: right(costs, -accuracies),
    ),
    (
        "only a network better in both beats another",
        "At the same cost the better one wins, and for the same accuracy the cheaper one.",
        _beaten(lambda c, a, cost, accuracy: (c < cost) & (a > accuracy)),
    ),
    (
        "for the same accuracy the cheaper one does not win",
        "Who is right as often, and costs less, beats the other.",
        _beaten(lambda c, a, cost, accuracy: (c <= cost) & (a > accuracy)),
    ),
    (
        "at the same cost the better one does not win",
        "Who costs the same, and is right more often, beats the other.",
        _beaten(lambda c, a, cost, accuracy: (c < cost) & (a >= accuracy)),
    ),
    (
        "a network beats itself",
        "It costs no more than itself, and is right no less often; but it is not better.",
        _beaten(lambda c, a, cost, accuracy: (c <= cost) & (a >= accuracy)),
    ),
    (
        "a network better in one of the two beats another",
        "It must not be worse in the other.",
        _beaten(lambda c, a, cost, accuracy: (c < cost) | (a > accuracy)),
    ),
    (
        "of networks in order of cost, the first of equals stays",
        "Sort those of one cost by their accuracy; and two alike in both stay both.",
        _at_once,
    ),
    (
        "only the most accurate network is kept",
        "A network that is worse, but cheaper, is not beaten.",
        lambda right, costs, accuracies: accuracies == accuracies.max(),
    ),
    (
        "only the cheapest network is kept",
        "A network that is dearer, but better, is not beaten.",
        lambda right, costs, accuracies: costs == costs.min(),
    ),
    (
        "only the best accuracy for each unit of cost is kept",
        "A ratio finds one winner; here every network stays that none beats in both.",
        lambda right, costs, accuracies: accuracies / costs == (accuracies / costs).max(),
    ),
):
    pareto_front.mistake(_name, hint=_hint)(_wrong)


@exercise(
    "c8_ladder",
    section="14_training#training-hyperparameters",
    outputs={"steps": "", "passes": ""},
    kind=int,
)
def steps_in_budget(seconds_per_step, budget, *, num_images, batch_size):
    """Count the steps that fit into a budget, and the passes that they complete."""
    return reference.steps_in_budget(
        seconds_per_step, budget, num_images=num_images, batch_size=batch_size
    )


@steps_in_budget.cases
def _(rng):
    def case(claim, steps, num_images, batch_size, extra=0.3):
        second = float(rng.choice([0.013, 0.021, 0.037, 0.054]))
        return Case(
            claim,
            {
                "seconds_per_step": second,
                "budget": round(second * (int(steps) + extra), 6),
                "num_images": int(num_images),
                "batch_size": int(batch_size),
            },
        )

    tiny = {"seconds_per_step": 0.5, "budget": 10.2, "num_images": 100, "batch_size": 32}
    yield Case("ten seconds, four steps a pass", tiny)
    yield case("batches that divide the set", 10 * rng.integers(30, 50) + 3, 640, 64)
    # 15 steps and a last one of a few images: 16 a pass; 15 would give one pass more.
    yield case("a last batch of a few images", 16 * rng.integers(20, 40) + 9, 1000, 66, 0.7)
    yield case("almost one more step", 7 * rng.integers(20, 40) + 6, 700, 100, 0.9)
    yield case("less than one pass", rng.integers(40, 60), 50_000, 128, 0.6)
    yield case("less than one step", 0, 500, 50, 0.7)
    yield case("the whole set in one step", rng.integers(20, 90), 30, 64, 0.8)


def _passes(count):
    """Answer with other passes, made from steps, images and the size of a batch."""

    def wrong(right, *times, num_images, batch_size):
        steps, _ = right(*times, num_images=num_images, batch_size=batch_size)
        return steps, count(steps, num_images, batch_size)

    return wrong


def _rounded(steps_of):
    """Answer with other steps, and the passes that these complete."""

    def wrong(right, seconds_per_step, budget, *, num_images, batch_size):
        steps = int(steps_of(budget, seconds_per_step))
        return steps, steps // -(-num_images // batch_size)

    return wrong


for _name, _hint, _wrong in (
    (
        "a last, smaller batch is no step",
        "Images are left when the batches do not divide the set: they make one step more.",
        _passes(lambda steps, N, B: steps // max(1, N // B)),
    ),
    (
        "passes are counted by images",
        "A last batch of a few images takes a whole step.",
        _passes(lambda steps, N, B: steps * B // N),
    ),
    (
        "every pass has one step more",
        "Only where images are left there is one step more: round N / B up.",
        _passes(lambda steps, N, B: steps // (N // B + 1)),
    ),
    (
        "a pass begun counts",
        "Count the passes that are complete.",
        _passes(lambda steps, N, B: -(-steps // -(-N // B))),
    ),
    (
        "passes are rounded",
        "Count the passes that are complete.",
        _passes(lambda steps, N, B: int(steps / -(-N // B) + 0.5)),
    ),
    (
        "there is always at least one pass",
        "If the budget is too short for a pass, none is completed.",
        _passes(lambda steps, N, B: max(1, steps // -(-N // B))),
    ),
    (
        "a step is an image",
        "In one step the network sees `batch_size` images.",
        _passes(lambda steps, N, B: steps // N),
    ),
    (
        "steps are rounded",
        "A step that is not finished when the time is up does not count.",
        _rounded(lambda budget, second: budget / second + 0.5),
    ),
    (
        "a step begun counts",
        "A step that is not finished when the time is up does not count.",
        _rounded(lambda budget, second: np.ceil(budget / second)),
    ),
    (
        "seconds are multiplied",
        "How often does the time of a step fit into the budget?",
        _rounded(lambda budget, second: budget * second),
    ),
    (
        "the two answers are swapped",
        "First the steps, then the passes.",
        lambda right, *times, **sizes: right(*times, **sizes)[::-1],
    ),
):
    steps_in_budget.mistake(_name, hint=_hint)(_wrong)
