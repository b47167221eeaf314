"""Answers that nobody's function gave: the judge neither stumbles over them nor lets them pass."""

import tracemalloc

import numpy as np
import pytest

from cnncourse.catalogue import EXERCISES
from cnncourse.checker import answer_of_reference, verify
from cnncourse.report import to_html, to_text
from cnncourse.seal import MAX_BYTES, Answer, open_seal, seal

SEED = "odd answers"
LONG = 20  # seconds: a reference that trains a network is not asked for its shapes
VALUES = {
    "NaN": np.nan,
    "infinity": -np.inf,
    "the largest float": 1e308,
    "beyond a float": np.longdouble("1e4000"),
    "complex NaN": complex(np.nan, np.inf),
    "the largest whole number": np.uint64(2**64 - 1),
    "the smallest whole number": np.int64(-(2**63)),
    "true": True,
    "minus one, bytes in another order": np.array(-1.0, dtype=">f8"),
    "half precision": np.float16(65504),
}
SIZES = (0, 1, 3)
each_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


def judged(exercise, answers):
    """Judge odd answers, as many at a time as there are cases; the first one has to be wrong."""
    count = len(exercise.draw(SEED))
    for start in range(0, len(answers), count):
        some = [Answer(tuple(outputs)) for outputs in answers[start : start + count]]
        _, arrived = open_seal(seal(exercise.name, some))
        verdict = verify(exercise, arrived, seed=SEED)
        assert not verdict.passed
        assert "could not be judged" not in to_text(verdict) + to_html(verdict, points=(0, 1))


def axes_of(exercise):
    """How many axes each output has; three where any number will do."""
    return [3 if axes == "..." else len(axes.split()) for axes in exercise.outputs.values()]


@each_exercise
def test_odd_numbers_of_any_kind_and_size_are_judged_and_never_pass(exercise):
    """Every value, in arrays of every size."""
    answers = [
        [np.full((size,) * count, value) for count in axes_of(exercise)]
        for value in VALUES.values()
        for size in SIZES
    ]

    judged(exercise, answers)


@each_exercise
def test_arrays_of_odd_shapes_are_judged_and_never_pass(exercise):
    """Sixty-four axes; none; no numbers along a huge axis; too many, too few outputs."""
    odd = np.zeros((1,) * 64), np.zeros(()), np.zeros((0, 2**40)), np.zeros(0)
    answers = [[array] * len(exercise.outputs) for array in odd]

    judged(exercise, [*answers, [], [np.zeros(1)] * (len(exercise.outputs) + 1)])


@each_exercise
def test_the_largest_arrays_are_judged_in_bounded_memory(exercise):
    """As many numbers as a seal may hold, along one axis: nothing is multiplied out."""
    most = MAX_BYTES // 8 // len(exercise.outputs) - 100
    shapes = [(most,) + (1,) * (axes - 1) if axes else () for axes in axes_of(exercise)]
    largest = [np.ones(shape) for shape in shapes]

    tracemalloc.start()
    try:
        judged(exercise, [largest])
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 20 * MAX_BYTES


@each_exercise
def test_random_numbers_of_the_right_shape_never_pass(exercise):
    """Guessing is worth nothing."""
    cases = exercise.draw(SEED)
    if any((case.seconds or 0) >= LONG for case in cases):
        pytest.skip("trains a network")
    rng = np.random.default_rng(7)
    guesses = {float: rng.normal, int: lambda size: rng.integers(0, 9, size), bool: None}
    guesses[bool] = lambda size: rng.random(size) < 0.5

    answers = [
        Answer(
            tuple(
                np.asarray(guesses[exercise.kind_of(name)](size=right.shape))
                for name, right in zip(
                    exercise.outputs, answer_of_reference(exercise, case), strict=True
                )
            )
        )
        for case in cases
    ]

    assert not verify(exercise, answers, seed=SEED).passed
