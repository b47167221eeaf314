"""Proof that the checks are right: every known mistake caught and named, every way accepted.

Beside the catalogue it uses what a course folder holds: the solved notebooks in solutions/
and the other right ways in tests/alternatives/.
"""

import contextlib
import importlib.util
import io
import statistics
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat
import numpy as np
from nbgrader.utils import is_grade, is_locked, is_solution
from rich.table import Table

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import answer_of_reference, verify
from cnncourse.collect import collect
from cnncourse.compare import deviation

GIVEN = "imports"  # id of the cell that every notebook's functions rely on


@dataclass
class Audit:
    """What the audit of one exercise found.

    Parameters
    ----------
    exercise, assignment : str
    caught, named, mistakes : int
        Known mistakes that did not pass, that got their own name, and all.
    accepted, alternatives : int
        Right solutions that passed without a remark, and all.
    margin : float or None
        The smallest wrong deviation over the tolerance: what the least mistake leaves; None
        where properties are judged, or every mistake shows in a shape.
    milliseconds : float
        Processor time of a check, in the median, without the student's own function.
    problems : list of str
        A sentence on each mistake missed and each right solution refused.
    """

    exercise: str
    assignment: str
    caught: int = 0
    named: int = 0
    mistakes: int = 0
    accepted: int = 0
    alternatives: int = 0
    margin: float | None = None
    milliseconds: float = 0.0
    problems: list = field(default_factory=list)

    @property
    def passed(self):
        """Whether nothing was missed and nothing right was refused."""
        return not self.problems

    def as_dict(self):
        """Give everything for JSON."""
        return {**asdict(self), "passed": self.passed}


def audit(exercise, solutions=None, *, seeds=("audit",)):
    """Put every known mistake and every right solution of an exercise to its own check.

    Parameters
    ----------
    exercise : Exercise
    solutions : dict of str to callable, optional
        Right ways by name, beside the reference.
    seeds : sequence of str
        Which cases to draw.

    Returns
    -------
    audit : Audit
    """
    _ = reference.DEVICE  # torch is imported now: seconds that are no call's
    found = Audit(exercise.name, exercise.assignment)
    clock = []
    for name, function in {"the reference": exercise.reference, **(solutions or {})}.items():
        _try_right(found, exercise, name, function, seeds, clock)
    margins = [_try_mistake(found, exercise, m, seeds, clock) for m in exercise.mistakes.values()]
    finite = [margin for margin in margins if margin is not None and np.isfinite(margin)]
    found.margin = min(finite, default=None)
    found.milliseconds = round(1000 * statistics.median(clock), 1)
    return found


def right_ways(course, assignment):
    """Gather the right solutions that a course folder holds.

    Parameters
    ----------
    course : Path
        With solutions/ and tests/alternatives/; what is missing is left out.
    assignment : str

    Returns
    -------
    ways : dict of str to dict of str to callable
        By exercise, then by a few words on how it is done.
    """
    ways = {}
    for name, function in _notebook_functions(course / "solutions", assignment).items():
        ways.setdefault(name, {})["the notebook's solution"] = function
    for name, others in _alternatives(course / "tests" / "alternatives", assignment).items():
        ways.setdefault(name, {}).update(others)
    return ways


def audit_all(course, assignments=None, *, seeds=("audit",)):
    """Audit every exercise, yielding each `Audit` as it is done.

    Parameters
    ----------
    course : Path
    assignments : collection of str, optional
        Only these.
    seeds : sequence of str

    Yields
    ------
    audit : Audit
    """
    ways = {}
    for name, exercise in EXERCISES.items():
        assignment = exercise.assignment
        if assignments and assignment not in assignments:
            continue
        if assignment not in ways:
            ways[assignment] = right_ways(Path(course), assignment)
        yield audit(exercise, ways[assignment].get(name), seeds=seeds)


def table(audits):
    """Lay audits out as a `rich.table.Table`, a row each."""
    out = Table(
        title="Audit of the checks",
        caption="caught, named, all mistakes; accepted, all right ways; the smallest wrong\n"
        "deviation over the tolerance; processor time of a check without the student's part",
    )
    out.add_column("exercise", no_wrap=True)
    for name in ("mistakes", "right ways", "margin", "ms"):
        out.add_column(name, justify="right", no_wrap=True)
    for one in audits:
        out.add_row(
            one.exercise,
            f"{one.caught} / {one.named} / {one.mistakes}",
            f"{one.accepted} / {one.alternatives}",
            "–" if one.margin is None else f"{one.margin:.1g}",
            f"{one.milliseconds:.0f}",
            style=None if one.passed else "red",
        )
    return out


def _try_right(found, exercise, name, function, seeds, clock):
    found.alternatives += 1
    for seed in seeds:
        verdict, _ = _check(exercise, function, seed, clock)
        noted = [result.note for result in verdict.results if result.note]
        if not verdict.passed or noted:
            why = verdict.first_failure.detail if verdict.first_failure else noted[0]
            found.problems.append(f"{name} is refused, seed {seed}: {why}")
            return
    found.accepted += 1


def _try_mistake(found, exercise, mistake, seeds, clock):
    """Count one mistake, and say how far it is from the right answer."""
    found.mistakes += 1
    passed, misnamed, margin = [], [], np.inf
    for seed in seeds:
        verdict, answers = _check(exercise, mistake.function, seed, clock)
        called = verdict.first_named.mistake if verdict.first_named else None
        passed += [seed] if verdict.passed else []
        misnamed += [(seed, called)] if called != mistake.name else []
        margin = min(margin, _margin(exercise, answers, seed))
    found.caught += not passed
    found.named += not misnamed
    if passed:
        found.problems.append(f"{mistake.name!r} passes, seed {passed[0]}")
    elif misnamed:
        seed, called = misnamed[0]
        found.problems.append(f"{mistake.name!r} is called {called!r}, seed {seed}")
    return None if exercise.has_judge else margin


def _check(exercise, function, seed, clock):
    answers = collect(exercise, function, seed=seed)
    start = time.process_time()
    verdict = verify(exercise, answers, seed=seed)
    clock.append(time.process_time() - start)
    return verdict, answers


def _margin(exercise, answers, seed):
    """Measure the largest deviation of any case, in tolerances."""
    if exercise.has_judge:
        return np.inf
    largest = 0.0
    for case, answer in zip(exercise.draw(seed), answers, strict=True):
        if answer.problem:
            return np.inf
        expected = answer_of_reference(exercise, case)
        apart = [deviation(a, b) for a, b in zip(answer.arrays, expected, strict=True)]
        largest = max(largest, *apart)
    return largest


def _notebook_functions(folder, assignment):
    """Run what a solved notebook defines, without its tests and plots."""
    path = folder / assignment / f"{assignment}.ipynb"
    if not path.exists():
        return {}
    namespace = {"__name__": assignment}
    for cell in nbformat.read(path, as_version=4).cells:
        given = cell.id == GIVEN or is_solution(cell) or is_locked(cell)
        if cell.cell_type == "code" and given and not is_grade(cell):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, f"{assignment}: {cell.id}", "exec"), namespace)
    return {name: namespace[name] for name in EXERCISES if name in namespace}


def _alternatives(folder, assignment):
    path = folder / f"{assignment}.py"
    if not path.exists():
        return {}
    spec = importlib.util.spec_from_file_location(f"alternatives_{assignment}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ALTERNATIVES
