"""Whatever a student's function does, every exercise answers with one clear sentence."""

import functools

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge
from cnncourse.report import to_html, to_text

reference.DEVICE  # noqa: B018, torch is imported here, outside any call's time limit
LONG = 20  # seconds: a case that may take longer trains a network, too long to be spoilt here
each_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


def spoilt(exercise, change):
    """Answer as the reference does, and let `change` spoil what comes out."""

    @functools.wraps(exercise.reference)
    def function(*args, **options):
        value = exercise.reference(*args, **options)
        return tuple(map(change, value)) if isinstance(value, tuple) else change(value)

    return function


def always(exercise, act):
    """Do one thing, whatever is asked."""

    @functools.wraps(exercise.reference)
    def function(*args, **options):
        return act()

    return function


def fail():
    """Raise what a wrong index raises."""
    return [][7]


def not_written():
    """Raise what an unwritten cell raises."""
    raise NotImplementedError("not written yet")


def ask_to_exit():
    """Try to end the process."""
    raise SystemExit(3)


ACTS = {
    "None": (lambda: None, "returned None"),
    "an exception": (fail, "raises IndexError: list index out of range"),
    "not written": (not_written, "not written yet"),
    "an exit": (ask_to_exit, "raises SystemExit: 3"),
    "an object": (object, "returned an object, expected "),
    "a text": (lambda: "7", "returned a str, expected "),
}
CHANGES = {
    "an axis more": lambda value: np.asarray(value)[None],
    "a list": lambda value: [value],
    "None inside": lambda value: None,
    "objects": lambda value: np.full(np.shape(value), None),
    "texts": lambda value: np.full(np.shape(value), "7"),
    "complex numbers": lambda value: np.asarray(value) * (1 + 1j),
    "NaN everywhere": lambda value: np.full(np.shape(value), np.nan),
}


def is_quick(exercise):
    """Tell whether no case trains a network."""
    return all((case.seconds or 0) < LONG for case in exercise.draw("a"))


def said(exercise, function):
    """Judge, hold the verdict to what all bad answers have in common, and give its sentence."""
    verdict = judge(exercise, function, seed="bad answers")

    assert not verdict.passed
    assert verdict.score == 0
    assert verdict.first_failure.detail.startswith(exercise.name)
    assert "\n" not in verdict.first_failure.detail
    assert "could not be judged" not in verdict.first_failure.detail
    assert "Traceback" not in to_text(verdict) + to_html(verdict, points=(0, 1))
    return verdict.first_failure.summary


@pytest.mark.parametrize("act", ACTS)
@each_exercise
def test_a_function_that_gives_no_answer_is_told_so(exercise, act):
    """None, an exception, an exit, an object: the reason, and no traceback of ours."""
    does, sentence = ACTS[act]
    summary = said(exercise, always(exercise, does))

    if exercise.is_one_call or act in ("not written", "an exit"):
        assert sentence in summary


@pytest.mark.parametrize("change", CHANGES)
@each_exercise
def test_an_answer_of_the_wrong_form_is_told_so(exercise, change):
    """Another shape, another dtype, no numbers at all."""
    if not is_quick(exercise):
        pytest.skip("trains a network")
    if change == "None inside" and exercise.name in ("freeze", "gradual_unfreezing"):
        pytest.skip("changes a network, and returns None anyway")

    assert said(exercise, spoilt(exercise, CHANGES[change]))


@each_exercise
def test_changing_an_input_in_place_is_told(exercise):
    """The right answer does not make up for a spoilt input."""
    if not is_quick(exercise):
        pytest.skip("trains a network")
    changed = []

    @functools.wraps(exercise.reference)
    def function(*args, **options):
        value = exercise.reference(*args, **options)
        for array in [*args, *options.values()]:
            if isinstance(array, np.ndarray) and array.size:
                array[...] = 1 - array
                changed.append(array)
        return value

    verdict = judge(exercise, function, seed="in place")
    if not (changed and exercise.is_one_call):
        pytest.skip("no array to change, or a drive between the case's arrays and the function")
    summaries = [result.summary for result in verdict.results]
    assert any("in place; copy it first" in summary for summary in summaries)


@each_exercise
def test_no_function_at_all_is_told(exercise):
    """A name that was reused, or never defined."""
    assert said(exercise, 3) == "got an int, expected a function"
    other = lambda this, is_, none, of, those: 0  # noqa: E731, it has to be called <lambda>
    assert said(exercise, other).startswith("has the signature <lambda>(this, is_, none, of")
