"""What every exercise of the catalogue keeps to; test_audit.py has the great promise."""

import inspect
from pathlib import Path

import numpy as np
import pytest

from cnncourse.catalogue import EXERCISES, UnknownExercise, find
from cnncourse.checker import answer_of_reference

BOOK = Path(__file__).parent.parent / "book"
each_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


@each_exercise
def test_a_seed_gives_the_same_cases_in_any_process_and_another_seed_others(exercise):
    """A complaint can be replayed; a neighbour's answers are worthless."""
    first, again, other = (exercise.draw(seed) for seed in ("a", "a", "b"))

    assert [case.claim for case in first] == [case.claim for case in again]
    assert _values(first) == _values(again)
    assert _values(first) != _values(other) or not exercise.signature.parameters


@each_exercise
def test_every_hint_leads_to_a_section_that_exists(exercise):
    """A link into nowhere teaches nothing."""
    sections = {exercise.section, *(m.section for m in exercise.mistakes.values())}
    for section in sections:
        page, _, label = section.partition("#")
        assert f"({label})=" in (BOOK / f"{page}.md").read_text(encoding="utf-8"), section


@each_exercise
def test_claims_and_hints_read_well(exercise):
    """Claims are distinct; hints are sentences; names finish 'It looks as if'."""
    claims = [case.claim for case in exercise.draw("a")]

    assert len(set(claims)) == len(claims)
    for mistake in exercise.mistakes.values():
        assert mistake.hint.endswith((".", "?"))
        assert not mistake.name.endswith(".")
        first = mistake.name.split()[0]
        assert not first[0].isupper() or first in ("NaN", "True")


@each_exercise
def test_outputs_have_the_axes_they_are_said_to_have(exercise):
    """The report names an axis by its place: the names must fit."""
    for case in exercise.draw("a"):
        values = answer_of_reference(exercise, case)
        for one, axes in zip(values, exercise.outputs.values(), strict=True):
            assert axes == "..." or one.ndim == len(axes.split()), case.claim


def test_an_unknown_exercise_names_the_nearest():
    """A typing mistake costs a second, not a search."""
    with pytest.raises(UnknownExercise, match="no exercise 'con2d'; did you mean 'conv2d'"):
        find("con2d")


def test_a_name_like_no_other_lists_them_all():
    """Then the list is the help."""
    with pytest.raises(UnknownExercise, match=r"there are: .*conv2d"):
        find("zzz")


@each_exercise
def test_an_exercise_is_called_as_its_function(exercise):
    """One name an idea."""
    assert EXERCISES[exercise.reference.__name__] is exercise
    assert inspect.signature(exercise.reference) == exercise.signature


def _values(cases):
    return [_plain(value) for case in cases for value in case.arguments.values()]


def _plain(value):
    """Turn an argument into something that is equal when it says the same."""
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    if isinstance(value, np.random.Generator):
        return str(value.bit_generator.state)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    return value.__name__ if callable(value) else value
