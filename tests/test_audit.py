"""The audit is all green, and it is not green because it looks away."""

import dataclasses
import json

import numpy as np
import pytest
from conftest import ROOT
from typer.testing import CliRunner

from cnncourse import reference
from cnncourse.audit import audit, right_ways
from cnncourse.catalogue import EXERCISES, Mistake
from cnncourse.checker import judge
from cnncourse.cli import app

reference.DEVICE  # noqa: B018, torch is imported here, outside any call's time limit
SEEDS = ("a class", "another")
WAYS = {name: right_ways(ROOT, name) for name in {e.assignment for e in EXERCISES.values()}}
NOT_ONLY_NUMBERS = {
    "sliding_windows": "a view of its input, which a cast would copy",
    "conv2d_function": "a function, too",
    "max_pool2d_function": "a function, too",
    "linear_function": "a function, too",
    "lenet_gradients": "a dictionary, too",
}
each_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


@each_exercise
def test_every_mistake_is_caught_and_named_and_every_right_way_accepted(exercise):
    """The promise of the whole course."""
    found = audit(exercise, WAYS[exercise.assignment][exercise.name], seeds=SEEDS)

    assert found.problems == []
    assert found.caught == found.named == found.mistakes == len(exercise.mistakes) > 0
    assert found.accepted == found.alternatives >= 4  # reference, notebook and two others
    assert found.margin is None or found.margin > 1000
    assert found.milliseconds < (500 if exercise.packages else 200)  # networks are built


@each_exercise
def test_single_precision_passes_with_a_note(exercise):
    """float32 loses digits, not points; who uses it is told where a digit is missing."""
    if exercise.has_judge:
        pytest.skip("properties are judged, each with its own bound")
    if exercise.packages:
        pytest.skip("PyTorch's layers compute in the precision they are given")
    if exercise.name in NOT_ONLY_NUMBERS:
        pytest.skip(f"it answers with {NOT_ONLY_NUMBERS[exercise.name]}")

    def single(value):
        value = np.asarray(value)
        return value.astype(np.float32) if value.dtype.kind == "f" else value

    def function(*args, **options):
        value = exercise.reference(*args, **options)
        return tuple(map(single, value)) if isinstance(value, tuple) else single(value)

    function.__signature__ = exercise.signature
    verdict = judge(exercise, function, seed="single")

    assert verdict.passed, verdict.first_failure
    exact = judge(exercise, exercise.reference, seed="single")
    assert not any(result.note for result in exact.results)


CONV2D = EXERCISES["conv2d"]
WRONG = "the kernel is flipped"


def with_mistakes(mistakes):
    """A conv2d that knows other mistakes."""
    named = {mistake.name: mistake for mistake in mistakes}
    return dataclasses.replace(CONV2D, mistakes=named)


def test_a_mistake_that_passes_is_reported():
    """A hint that no answer can set off is a promise broken."""
    right = Mistake("nothing is wrong", "Hint.", "page#label", CONV2D.reference)

    found = audit(with_mistakes([right]))

    assert not found.passed
    assert (found.caught, found.named, found.mistakes) == (0, 0, 1)
    assert found.problems == ["'nothing is wrong' passes, seed audit"]


def test_a_mistake_that_goes_by_another_name_is_reported():
    """Two mistakes that give the same answers cannot be told apart."""
    known = CONV2D.mistakes[WRONG]
    twin = dataclasses.replace(known, name="a twin")

    found = audit(with_mistakes([known, twin]))

    assert (found.caught, found.named, found.mistakes) == (2, 1, 2)
    assert found.problems == [f"'a twin' is called {WRONG!r}, seed audit"]


def test_a_right_way_that_is_refused_is_reported():
    """An honest student would be refused, too."""
    wrong = CONV2D.mistakes[WRONG].function

    found = audit(with_mistakes([]), {"by flipping": wrong})

    assert (found.accepted, found.alternatives) == (1, 2)
    assert found.problems[0].startswith("by flipping is refused, seed audit: conv2d: out[0, 0")


def test_the_margin_is_the_least_deviation_in_tolerances():
    """A mistake of a millionth leaves a margin of a thousand tolerances of 1e-9."""

    def nearly(x, w, b=None, **options):
        return CONV2D.reference(x, w, b, **options) * (1 + 1e-5)

    nearly.__signature__ = CONV2D.signature
    mistake = Mistake("a little is added", "Hint.", "page#label", nearly)

    found = audit(with_mistakes([mistake]))

    assert found.passed
    assert found.margin == pytest.approx(1e-5 / 1e-9, rel=1e-3)


def run(*arguments):
    """Run ``cnncourse audit`` in the course folder."""
    return CliRunner().invoke(app, ["audit", *arguments])


def test_the_command_prints_every_exercise_as_json(monkeypatch):
    """For a build server, and for the curious."""
    monkeypatch.chdir(ROOT)
    result = run("05_pooling", "--json")
    audits = json.loads(result.stdout)

    assert result.exit_code == 0
    assert [one["exercise"] for one in audits] == [
        name for name, exercise in EXERCISES.items() if exercise.assignment == "05_pooling"
    ]
    assert all(one["passed"] and one["alternatives"] == 4 for one in audits)


def test_the_command_fails_when_a_mistake_is_missed(monkeypatch):
    """The exit status is what a build server sees."""
    found = audit(with_mistakes([Mistake("nothing", "H.", "p#l", CONV2D.reference)]))
    monkeypatch.setattr("cnncourse.audit.audit_all", lambda *_, **__: [found])
    result = run()

    assert result.exit_code == 1
    assert "conv2d: 'nothing' passes, seed audit" in result.stdout


def test_the_command_refuses_an_assignment_it_does_not_know():
    """And names those there are."""
    result = run("04_convolutions")

    assert result.exit_code == 2
    assert "no assignment 04_convolutions; there are: 01_arrays, 02_filters" in result.stdout


def test_outside_a_course_folder_the_reference_alone_is_tried(tmp_path, monkeypatch):
    """An installed package has no solutions to try."""
    monkeypatch.chdir(tmp_path)
    result = run("02_filters", "--json")

    assert result.exit_code == 0
    assert {one["alternatives"] for one in json.loads(result.stdout)} == {1}
