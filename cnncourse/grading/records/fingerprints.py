"""Tell what changed since a submission was graded: the questions, the judging, or neither.

Three sums belong to an exercise. That of its *code* covers every file of the package that the
judgement depends on. That of its *questions* covers what a student's function was asked with
one seed; while it holds, answers that were kept can be judged again. That of the *asking* covers
the code around a question in the student's process.
"""

import functools
import hashlib
import inspect
import re
from pathlib import Path

import numpy as np

import cnncourse
from cnncourse import reference
from cnncourse.catalogue import EXERCISES

PACKAGE = Path(cnncourse.__file__).parent
JUDGING = ("checker", "compare", "report", "verdict", "seal", "grading.judge")
ASKING = ("collect", "seal", "notebook", "catalogue.exercise")
_FROM = re.compile(r"^\s*from cnncourse(\S*) import (?:\(([^)]*)|(.*))", re.M)
LENGTH = 20  # hexadecimal digits of a sum


@functools.cache
def of_code(exercise_name):
    """Sum up the source of all that judges an exercise.

    Returns
    -------
    digest : str
    """
    # The list of all exercises grows without any of them changing.
    return _digest_of(_reach([*JUDGING, _home(exercise_name)]) - {"catalogue.contents"})


@functools.cache
def of_asking():
    """Sum up the source of what calls the functions in the student's process.

    Returns
    -------
    digest : str
    """
    return _digest_of(set(ASKING))


def of_questions(exercise, *, seed):
    """Sum up all that a student's function is asked with one seed.

    Parameters
    ----------
    exercise : Exercise
    seed : str

    Returns
    -------
    digest : str
    """
    total = hashlib.sha256()
    asked = [str(exercise.signature), list(exercise.outputs.items())]
    total.update(repr(asked).encode())
    if not exercise.is_one_call:  # its own code makes the calls
        total.update(_digest_of(_reach([_home(exercise.name)])).encode())
    for case in exercise.draw(seed):
        _add(total, [case.seconds, case.arguments])
    return total.hexdigest()[:LENGTH]


def _home(exercise_name):
    return EXERCISES[exercise_name].reference.__module__.removeprefix("cnncourse.")


def _digest_of(units):
    total = hashlib.sha256()
    for unit in sorted(units):
        total.update(unit.encode() + b"\0" + _file(unit).read_bytes() + b"\0")
    return total.hexdigest()[:LENGTH]


def _reach(units):
    """Name the modules of the package that some of them import, directly or not."""
    found, waiting = set(), list(units)
    while waiting:
        unit = waiting.pop()
        if unit not in found:
            found.add(unit)
            waiting.extend(_imports(unit))
    return found


@functools.cache
def _imports(unit):
    """Name the modules of the package that one of them imports, without ``cnncourse.``."""
    text = _file(unit).read_text(encoding="utf-8")
    names = set(re.findall(r"^\s*import cnncourse\.([\w.]+)", text, re.M))
    for home, listed, alone in _FROM.findall(text):
        names |= {home, *(f"{home}.{name}" for name in re.findall(r"\w+", listed or alone))}
    for name in re.findall(r"\breference\.(\w+)", text):
        names.add(f"reference.{reference._HOME.get(name)}")
    inner = {name.removeprefix(".") for name in names} - {""}
    return frozenset(name for name in inner if _file(name).exists())


def _file(unit):
    path = PACKAGE.joinpath(*unit.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _add(total, value):
    """Add a value, and all that it holds, to a sum."""
    if isinstance(value, np.ndarray):
        total.update(f"array {value.dtype.str} {value.shape}".encode())
        total.update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, np.random.Generator):
        total.update(repr(value.bit_generator.state).encode())
    elif isinstance(value, dict):
        _add(total, list(value.items()))
    elif isinstance(value, list | tuple):
        total.update(f"{type(value).__name__} {len(value)}".encode())
        for held in value:
            _add(total, held)
    elif callable(value):
        total.update(_source(value).encode())
    else:
        # An object's address is no part of what it is.
        total.update(re.sub(r" at 0x\w+", "", repr(value)).encode())


def _source(function):
    """Find the text that a function comes from: its helpers may have changed."""
    while isinstance(function, functools.partial):
        function = function.func
    name = getattr(function, "__qualname__", type(function).__qualname__)
    module = inspect.getmodule(function) or inspect.getmodule(type(function))
    unit = module.__name__.removeprefix("cnncourse.") if module else ""
    return name + (_digest_of({unit}) if unit and _file(unit).exists() else "")
