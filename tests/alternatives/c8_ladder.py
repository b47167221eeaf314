"""Other right ways to do the questions of capstone C8, for the audit: comparing networks."""

import math
import statistics

import numpy as np


def front_by_two_loops(costs, accuracies):
    """Asks every other network whether it beats this one."""
    front = []
    for i in range(len(costs)):
        beaten = False
        for j in range(len(costs)):
            no_worse = costs[j] <= costs[i] and accuracies[j] >= accuracies[i]
            alike = costs[j] == costs[i] and accuracies[j] == accuracies[i]
            beaten = beaten or (no_worse and not alike)
        front.append(not beaten)
    return np.array(front)


def front_by_sorting(costs, accuracies):
    """From the cheapest on, of equal costs the best first; two alike stay both."""
    front, best, at = np.zeros(len(costs), dtype=bool), -math.inf, None
    for i in np.lexsort((-accuracies, costs)):
        if accuracies[i] > best:
            best, at = accuracies[i], costs[i]
        front[i] = accuracies[i] == best and costs[i] == at
    return front


def steps_one_by_one(seconds_per_step, budget, *, num_images, batch_size):
    """Takes steps until the time is up."""
    steps = 0
    while (steps + 1) * seconds_per_step <= budget:
        steps += 1
    return steps, steps // len(range(0, num_images, batch_size))


def steps_by_math(seconds_per_step, budget, *, num_images, batch_size):
    """Rounds with the math module."""
    steps = math.floor(budget / seconds_per_step)
    return steps, math.floor(steps / math.ceil(num_images / batch_size))


def flip_by_asking_twice(x, w, b):
    """Asks for the images, then for their mirror images."""
    flat = (x.shape[0], x.shape[1] * x.shape[2] * x.shape[3])
    looks = [x.reshape(flat) @ w + b, np.flip(x, axis=3).reshape(flat) @ w + b]
    return np.mean(looks, axis=0)


def flip_the_weights(x, w, b):
    """Mirrors the classifier in place of the images."""
    maps = w.reshape(*x.shape[1:], -1)
    return np.einsum("nchw,chwk->nk", x, (maps + maps[:, :, ::-1]) / 2) + b


def compare_by_statistics(first, second):
    """With Python's own library."""
    first, second = list(map(float, first)), list(map(float, second))
    parts = [statistics.variance(values) / len(values) for values in (first, second)]
    return statistics.fmean(second) - statistics.fmean(first), math.sqrt(sum(parts))


def compare_by_sums(first, second):
    """Writes the variances out."""
    total, means = 0.0, []
    for values in (first, second):
        n, middle = len(values), sum(values) / len(values)
        total += sum((value - middle) ** 2 for value in values) / (n - 1) / n
        means.append(middle)
    return means[1] - means[0], total**0.5


ALTERNATIVES = {
    "pareto_front": {"two loops": front_by_two_loops, "sorting": front_by_sorting},
    "steps_in_budget": {"one by one": steps_one_by_one, "math": steps_by_math},
    "flip_logits": {"asking twice": flip_by_asking_twice, "weights flipped": flip_the_weights},
    "compare_seeds": {"statistics": compare_by_statistics, "sums": compare_by_sums},
}
