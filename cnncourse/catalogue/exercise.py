"""What an exercise is: a signature, seeded cases, a right answer and known mistakes."""

import functools
import hashlib
import inspect
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Case:
    """One question put to a student's function.

    Parameters
    ----------
    claim : str
        The property it tests, in a student's words: "stride 2 that does not divide".
    arguments : dict
        What the function is called with, by name.
    """

    claim: str
    arguments: dict


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
        axes for a single number or truth value.
    kind : type or dict of str to type
        `float`, `int` or `bool`: what the outputs hold; by name where they differ.
    mistakes : dict of str to Mistake
        Known mistakes by name, the most common first.
    """

    reference: object
    assignment: str
    section: str
    outputs: dict
    kind: object = float
    mistakes: dict = field(default_factory=dict)
    _draw: object = None

    @property
    def name(self):
        """The name of the function, of the exercise and of its cells."""
        return self.reference.__name__

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


def exercise(assignment, *, section, outputs, kind=float):
    """Turn a reference function into an `Exercise`; see there for the parameters."""

    def make(reference):
        return Exercise(reference, assignment, section, dict(outputs), kind)

    return make
