"""What the ten exercises share: their claims, their judge, and the ways a test goes wrong."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case
from cnncourse.catalogue.spot_the_bug import trial
from cnncourse.catalogue.spot_the_bug.trial import Trial

FITS = "the sizes"
INPUTS = "the inputs"
EXPECTED = "the expected output"
RIGHT = "right layers"
BROKEN = "the broken layer"
CLAIMS = {
    FITS: "the inputs fit the layer, and the expected output has the shape of its output",
    INPUTS: "on these inputs the broken layer is wrong",
    EXPECTED: "the expected output is right, and not what the broken layer gives",
    RIGHT: "right layers pass, in float32 too; one that returns only zeros does not",
    BROKEN: "the broken layer fails",
}
QUESTIONS = {
    INPUTS: Trial.of_inputs,
    EXPECTED: Trial.of_expected,
    RIGHT: Trial.of_right_layers,
    BROKEN: Trial.of_broken_layer,
}
TESTING = "12_backpropagation#backprop-check"  # the section on tolerances


class Blind(NamedTuple):
    """Inputs on which the broken layer is right.

    Parameters
    ----------
    name, hint : str
        As of a mistake.
    applies : callable
        Tells whether given inputs are of this sort.
    example : callable
        Makes such inputs.
    """

    name: str
    hint: str
    applies: object
    example: object


def anything(*inputs):
    """Apply to whatever is left."""
    return True


@dataclass
class Bug:
    """A broken layer, and what there is to know about catching it.

    Parameters
    ----------
    layer : str
        Which right layers to ask `reference.right_outputs` for.
    broken : callable
        The layer with the bug.
    good, uneven, unfit : callable
        Make inputs: of a good test; of one in which float32 has to round; unfit ones.
    atol : float
        Of the good test.
    misfit : callable
        Says in words why inputs do not fit, where PyTorch would not; None if they do.
    as_torch : callable
        Turns the student's inputs into those of the right layers.
    blind : list of Blind
        The first that applies is named; the last one always does.
    """

    layer: str
    broken: object
    good: object
    uneven: object
    unfit: object
    atol: float = 1e-6
    misfit: object = lambda *inputs: None
    as_torch: object = lambda *inputs: inputs
    blind: list = field(default_factory=list)

    def test(self, make_inputs, *, atol=None):
        """Make a test with the right expected output: a tuple as a student returns it."""
        inputs = make_inputs()
        outputs = reference.right_outputs(self.layer, *self.as_torch(*inputs))
        return *inputs, outputs["in float64"], self.atol if atol is None else atol

    def blindness(self, *inputs):
        """Name the reason why inputs do not bring the bug out."""
        return next(each.name for each in self.blind if each.applies(*inputs))


def set_up(exercise, bug):
    """Give an exercise its claims, its judge and its mistakes."""
    exercise.cases(_cases)
    exercise.drive(_drive)

    @exercise.judge
    def _(arguments, *outputs):
        tried = Trial(bug, outputs)
        asked = arguments["judged"]
        return tried.of_form() or (asked != FITS and QUESTIONS[asked](tried)) or None

    _add_blind(exercise, bug)
    _add_wrong_tests(exercise, bug)
    _add_wrong_tolerances(exercise, bug)


def _cases(rng):
    # A test has nothing to be drawn: the same five questions, whatever the seed.
    for judged, claim in CLAIMS.items():
        yield Case(claim, {"judged": judged})


def _drive(function, judged):
    return function()


def _add_blind(exercise, bug):
    for blind in bug.blind:

        def function(right, blind=blind):
            return bug.test(blind.example)

        exercise.mistake(blind.name, hint=blind.hint)(function)


def _add_wrong_tests(exercise, bug):
    def add(name, hint, function):
        exercise.mistake(name, hint=hint)(function)

    add(
        trial.COPIED,
        "A test written down from what a layer gives can only find that it still gives it. "
        "Work the numbers out without running the layer.",
        lambda right: _copied(bug, *right()),
    )
    add(
        trial.WRONG,
        "A right layer would fail here. Go through that number again by hand, as if you were "
        "the layer.",
        lambda right: _changed(right(), _shifted),
    )
    if exercise.outputs["expected"]:  # not a single number
        add(
            trial.OTHER_SHAPE,
            "Work out the shape first: how many numbers does the layer give along each axis, "
            "and in which order do the axes come?",
            lambda right: _changed(right(), lambda expected: expected[..., :-1]),
        )
    add(
        trial.UNFIT,
        "The layer's docstring says which shapes it takes and which numbers belong together.",
        lambda right: (*bug.unfit(), *right()[-2:]),
    )
    add(
        trial.NOT_FINITE,
        "Nothing is equal to a NaN, not even a NaN: a test with one in it fails or passes "
        "whatever the layer does.",
        lambda right: _changed(right(), lambda expected: np.nan * expected),
    )


def _copied(bug, *test):
    """Give what the broken layer gives as expected; on inputs where it does not stop."""
    inputs = test[:-2]
    with np.errstate(all="ignore"):
        try:
            expected = bug.broken(*inputs)
        except ValueError:
            inputs = bug.uneven()
            expected = bug.broken(*inputs)
    return *inputs, np.asarray(expected), test[-1]


def _changed(test, change):
    *inputs, expected, atol = test
    return *inputs, change(expected), atol


def _shifted(expected):
    out = np.array(expected)
    out[(0,) * out.ndim] += 3.25
    return out


def _add_wrong_tolerances(exercise, bug):
    def add(name, hint, function):
        exercise.mistake(name, hint=hint, section=TESTING)(function)

    add(
        trial.STRICT,
        "A layer that computes in float32 keeps about seven digits, and adding up in another "
        "order changes the last of them. None of that is a bug: choose atol above it.",
        lambda right: bug.test(bug.uneven, atol=0.0),
    )
    add(
        trial.ROUNDED,
        "Your numbers are near the right ones, but not as near as atol asks. Write more digits, "
        "let NumPy work out the fraction, or let atol allow for what you left out.",
        lambda right: _changed(
            bug.test(bug.uneven, atol=1e-9), lambda expected: np.round(expected, 2)
        ),
    )
    add(
        trial.LOOSE,
        "Call the broken layer and look how far it is from your expected output: atol has to "
        "be well below that, and below your expected numbers, too.",
        lambda right: (*right()[:-1], 1000.0),
    )
    add(
        trial.BAD_TOLERANCE,
        "A distance is compared with atol by <=. What would a negative number or a NaN let pass?",
        lambda right: (*right()[:-1], -1.0),
    )
