"""What an exercise is: a signature, seeded cases, a right answer and known mistakes."""

import functools
import hashlib
import inspect
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from cnncourse.catalogue.contents import PACKAGES
from cnncourse.catalogue.tensors import as_tensors


@dataclass(frozen=True)
class Case:
    """One question put to a student's function.

    Parameters
    ----------
    claim : str
        The property it tests, in a student's words: "stride 2 that does not divide".
    arguments : dict
        What the function is called with, by name: arrays, numbers, texts, lists and
        dictionaries of them, NumPy generators, functions. Every call gets copies.
    section : str or None
        Where the book explains this property, as ``"page#label"``, if not where it explains
        the exercise.
    seconds : float or None
        How much processor time one call may take, where speed counts.
    """

    claim: str
    arguments: dict
    section: str | None = None
    seconds: float | None = None


class Unusable(Exception):  # noqa: N818, its message is what the student reads
    """Raised by a `drive` for an answer it can do nothing with: a sentence that says why."""


class Finding(NamedTuple):
    """What a judge of properties finds wrong with an answer.

    Parameters
    ----------
    summary : str
        In words, without numbers: fit for a graded case.
    detail : str
        The same with numbers, fit for a practice case; empty if there are none.
    mistake : str or None
        Name of the known mistake that gives such answers.
    """

    summary: str
    detail: str = ""
    mistake: str | None = None


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation that runs, beside the hint its answers set off.

    Parameters
    ----------
    name : str
        The mistake in a few words: "the kernel is flipped".
    hint : str
        What to look at, without giving the answer away.
    section : str
        Where the book explains it, as ``"page#label"``.
    function : callable
        The wrong implementation, with the exercise's own signature.
    """

    name: str
    hint: str
    section: str
    function: object


@dataclass
class Exercise:
    """What is asked of one function.

    Parameters
    ----------
    reference : callable
        The right answer by PyTorch. Its name is the exercise's name, its signature the
        student's.
    assignment : str
        The folder of the notebook that asks it.
    section : str
        Where the book teaches it, as ``"page#label"``.
    outputs : dict of str to str
        Each output's name and the names of its axes, as in ``{"out": "N F OH OW"}``; no
        axes for a single number or truth value, ``"..."`` for any number of axes.
    kind : type or dict of str to type
        `float`, `int` or `bool`: what the outputs hold; by name where they differ.
    oracle : str
        What the answers are compared with, as the report calls it.
    mistakes : dict of str to Mistake
        Known mistakes by name, the most common first.
    """

    reference: object
    assignment: str
    section: str
    outputs: dict
    kind: object = float
    oracle: str = "PyTorch"
    mistakes: dict = field(default_factory=dict)
    _draw: object = None
    _drive: object = None
    _judge: object = None

    @property
    def name(self):
        """The name of the function, of the exercise and of its cells."""
        return self.reference.__name__

    @property
    def packages(self):
        """What may be imported beside NumPy and Matplotlib, as a tuple of names.

        Where ``torch`` is among them, a case's arrays reach the function as tensors of the same
        dtype, and its tensors count as arrays.
        """
        return PACKAGES.get(self.assignment, ())

    @property
    def signature(self):
        """The `inspect.Signature` a student's function has."""
        return inspect.signature(self.reference)

    def kind_of(self, output):
        """Say what one output holds: `float`, `int` or `bool`."""
        return self.kind[output] if isinstance(self.kind, dict) else self.kind

    def cases(self, draw):
        """Register the generator function that draws the cases from a NumPy generator.

        It yields `Case` objects, the simplest first: no credit is given without that one.
        """
        self._draw = draw
        return draw

    def drive(self, drive):
        """Register what happens to a function in a case, if it is more than one call.

        It takes the function first, then the case's arguments by name, calls the function as
        often as it likes, and returns the outputs. It runs beside the student's code, so it
        must not know the answer.
        """
        self._drive = drive
        return drive

    def judge(self, judge):
        """Register a judge of properties, for exercises with more than one right answer.

        It takes the case's arguments as a dictionary, then the outputs as arrays with the
        number of axes and the kind that the exercise states, but of any size and with any
        values; it returns a `Finding`, or None if the answer is right.
        """
        self._judge = judge
        return judge

    @property
    def has_judge(self):
        """Whether properties are judged, instead of a comparison with the reference."""
        return self._judge is not None

    @property
    def is_one_call(self):
        """Whether a case is one call with its arguments; else `drive` makes the calls."""
        return self._drive is None

    def finding(self, arguments, outputs):
        """Ask the judge of properties; returns a `Finding` or None."""
        return self._judge(arguments, *outputs)

    def answer(self, function, arguments):
        """Put the arguments of a case to a function.

        Returns
        -------
        value : object
            What the function, or the `drive` around it, returns.
        """
        if self._drive is not None:
            return self._drive(function, **arguments)
        if "torch" in self.packages:
            arguments = as_tensors(arguments)
        return self.call(function, **arguments)

    def call(self, function, **arguments):
        """Call a function once as the signature says, options by name and the rest by place."""
        bound = self.signature.bind(**arguments)
        return function(*bound.args, **bound.kwargs)

    def draw(self, seed):
        """Draw the cases of one seed.

        Parameters
        ----------
        seed : str
            The same seed gives the same cases, in any process.

        Returns
        -------
        cases : list of Case
        """
        digest = hashlib.sha256(f"{seed}/{self.name}".encode()).digest()
        return list(self._draw(np.random.default_rng(list(digest))))

    def mistake(self, name, *, hint, section=None):
        """Register a wrong implementation.

        The function decorated takes the right one first, then the exercise's arguments;
        it answers wrongly, usually by asking the right one a wrong question.
        """

        def register(function):
            wrong = functools.wraps(self.reference)(functools.partial(function, self.reference))
            self.mistakes[name] = Mistake(name, hint, section or self.section, wrong)
            return function

        return register


def exercise(assignment, *, section, outputs, kind=float, oracle="PyTorch"):
    """Turn a reference function into an `Exercise`; see there for the parameters."""

    def make(reference):
        return Exercise(reference, assignment, section, dict(outputs), kind, oracle)

    return make
