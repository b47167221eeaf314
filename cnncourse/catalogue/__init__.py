"""What is asked of a student: every exercise, by name.

A folder holds an assignment, a module in it a topic; `contents` lists them. A module is
imported when one of its exercises is asked for.
"""

import difflib
from collections.abc import Mapping
from importlib import import_module

from cnncourse.catalogue.contents import CONTENTS
from cnncourse.catalogue.exercise import Case, Exercise, Finding, Mistake, exercise

__all__ = [
    "EXERCISES",
    "Case",
    "Exercise",
    "Finding",
    "Mistake",
    "UnknownExercise",
    "exercise",
    "find",
]


class _Exercises(Mapping):
    """Every `Exercise` by its name, in the order of the course."""

    def __init__(self, contents):
        self._home = {
            name: f"{__name__}.{_folder(assignment)}.{module}"
            for assignment, modules in contents.items()
            for module, names in modules.items()
            for name in names
        }

    def __getitem__(self, name):
        return getattr(import_module(self._home[name]), name)

    def __iter__(self):
        return iter(self._home)

    def __len__(self):
        return len(self._home)


def _folder(assignment):
    """Name the folder: the questions of all capstones share one, others drop their number."""
    return "capstones" if assignment.startswith("c") else assignment[3:]


EXERCISES = _Exercises(CONTENTS)


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
