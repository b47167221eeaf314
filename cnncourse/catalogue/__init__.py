"""What is asked of a student: every exercise, by name."""

import difflib

from cnncourse.catalogue import (
    avg_pool,
    conv1d,
    conv2d,
    conv2d_single,
    conv3d,
    conv_separable,
    conv_transpose,
    edges,
    filters_1d,
    filters_2d,
    kernels,
    max_pool,
    max_unpool,
    padding,
    pool_indices,
    pool_to_size,
    separable,
)
from cnncourse.catalogue.exercise import Case, Exercise, Mistake, exercise

__all__ = ["EXERCISES", "Case", "Exercise", "Mistake", "UnknownExercise", "exercise", "find"]

_TOPICS = (
    filters_1d,
    conv1d,
    filters_2d,
    kernels,
    separable,
    edges,
    padding,
    conv2d_single,
    conv2d,
    conv_separable,
    conv_transpose,
    conv3d,
    max_pool,
    avg_pool,
    pool_to_size,
    pool_indices,
    max_unpool,
)

EXERCISES = {
    item.name: item
    for topic in _TOPICS
    for item in vars(topic).values()
    if isinstance(item, Exercise)
}


class UnknownExercise(LookupError):  # noqa: N818, the name says what happened
    """No exercise has this name; the message names the nearest."""


def find(name):
    """Look an exercise up by its name.

    Raises
    ------
    UnknownExercise
        If there is none; the message names the nearest.
    """
    if isinstance(name, str) and name in EXERCISES:
        return EXERCISES[name]
    near = difflib.get_close_matches(str(name), EXERCISES, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(EXERCISES)}"
    raise UnknownExercise(f"there is no exercise {name!r}; {hint}")
