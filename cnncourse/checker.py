"""Judge answers against the reference, and name the mistakes. Runs no code of a student's."""

import inspect
from dataclasses import replace

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.tensors import as_array
from cnncourse.collect import call, collect, copy_arguments
from cnncourse.compare import close, difference, lost_precision, wrong_form
from cnncourse.seal import Answer
from cnncourse.verdict import CaseResult, Verdict

BY_HAND = 60  # numbers in a case that a student can follow on paper


def verify(exercise, answers, *, seed):
    """Judge answers by the reference, and name the mistake behind a wrong one.

    Parameters
    ----------
    exercise : Exercise
    answers : list of Answer
        What `collect` gave for the same seed; too few count as missing.
    seed : str
        Which cases were drawn.

    Returns
    -------
    verdict : Verdict
    """
    cases = exercise.draw(seed)
    missing = [Answer(problem="no answer arrived")] * len(cases)
    answers = [*answers, *missing][: len(cases)]
    pairs = list(zip(cases, answers, strict=True))
    if not any(answer.arrays for answer in answers):  # nothing to compute: torch stays away
        results = [_judge(exercise, *pair, always=True) for pair in pairs]
    else:
        with reference.one_thread():
            results = [_judge(exercise, *pair) for pair in pairs]
            results = _name_mistakes(exercise, pairs, results)
    oracle = None if exercise.has_judge else exercise.oracle
    all_or_nothing = exercise.kind is bool
    return Verdict(exercise.name, exercise.section, tuple(results), all_or_nothing, oracle)


def judge(exercise, function, *, seed):
    """Collect and verify in one process, as practice does; returns the `Verdict`."""
    return verify(exercise, collect(exercise, function, seed=seed), seed=seed)


def describe_call(exercise, arguments):
    """Write a call as a student would, arrays by their shapes.

    Returns
    -------
    call : str
        Such as ``conv2d(x: (2, 3, 7, 6), w: (4, 3, 3, 2), stride=2)``.
    """
    shown = [
        f"{name}{': ' if isinstance(value, np.ndarray) else '='}{_describe(value)}"
        for name, value in arguments.items()
        if exercise.signature.parameters or exercise.is_one_call
    ]
    return f"{exercise.name}({', '.join(shown)})"


def _describe(value):
    """Write an argument: an array by its shape, a function by its name."""
    if isinstance(value, np.ndarray):
        return str(value.shape)
    if isinstance(value, np.random.Generator):
        return "a generator"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_describe(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_describe, value)) + "]"
    return value.__name__ if inspect.isfunction(value) else repr(value)


def answer_of_reference(exercise, case):
    """Compute the right answer to a case: a list of arrays, one for each output."""
    value = exercise.answer(exercise.reference, copy_arguments(case.arguments))
    values = value if isinstance(value, tuple) else (value,)
    return [np.asarray(as_array(one)) for one in values]


def _judge(exercise, case, answer, always=False):
    asked = describe_call(exercise, case.arguments)
    if answer.problem is not None:
        # A problem of every call is the function's own: the case has no part in it.
        return _failure(exercise, case, answer.problem, call="" if always else asked)
    if len(answer.arrays) != len(exercise.outputs):
        return _failure(exercise, case, "an output is missing", call=asked)
    if exercise.has_judge:
        return _judge_properties(exercise, case, answer, asked)
    return _compare(exercise, case, answer, asked)


def _compare(exercise, case, answer, asked):
    note = None
    for got, expected, (name, axes) in zip(
        answer.arrays, answer_of_reference(exercise, case), exercise.outputs.items(), strict=True
    ):
        differs = difference(got, expected, name=name, axes=axes, kind=exercise.kind_of(name))
        if differs and lost_precision(got, expected):
            note = "right to single precision: compute in float64 to keep the last digits"
        elif differs:
            example = _in_numbers({**case.arguments, "got": got, "expected": expected})
            return _failure(exercise, case, *differs, call=asked, example=example)
    return CaseResult(case.claim, True, note=note)


def _judge_properties(exercise, case, answer, asked):
    for got, (name, axes) in zip(answer.arrays, exercise.outputs.items(), strict=True):
        differs = wrong_form(got, axes, name=name, kind=exercise.kind_of(name))
        if differs:
            return _failure(exercise, case, *differs, call=asked)
    try:
        finding = exercise.finding(copy_arguments(case.arguments), answer.arrays)
    except Exception as error:  # no answer, however odd, may end a class's run
        said = f"the answer could not be judged: {type(error).__name__}: {error}"
        return _failure(exercise, case, said[:300], call=asked)
    if finding is None:
        return CaseResult(case.claim, True)
    result = _failure(exercise, case, finding.summary, finding.detail, call=asked)
    return _with_mistake(result, exercise.mistakes.get(finding.mistake))


def _with_mistake(result, mistake):
    if mistake is None:
        return result
    return replace(result, mistake=mistake.name, hint=mistake.hint, section=mistake.section)


def _failure(exercise, case, summary, detail=None, **more):
    said = f"{exercise.name}: {detail or summary}"
    return CaseResult(case.claim, False, summary, said, section=case.section, **more)


def _in_numbers(values):
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    if sum(array.size for array in arrays.values()) > BY_HAND:
        return ""
    width = max(len(name) for name in arrays)
    lines = []
    for name, array in arrays.items():
        prefix = f"{name.ljust(width)} = "
        lines.append(
            prefix + np.array2string(array, precision=4, suppress_small=True, prefix=prefix)
        )
    return "\n".join(lines)


def _name_mistakes(exercise, pairs, results):
    """Give each failing case that a known mistake explains the mistake's name."""
    failing = [
        i
        for i, result in enumerate(results)
        if not result.passed and not result.mistake and pairs[i][1].arrays
    ]
    mistake, explained = _find_mistake(exercise, pairs, failing[0]) if failing else (None, ())
    return [
        _with_mistake(result, mistake) if i in failing and i in explained else result
        for i, result in enumerate(results)
    ]


def _find_mistake(exercise, pairs, failing):
    """Find the mistake that gives a failing answer and as many others as possible, and which."""
    nearest, most = None, set()
    for mistake in exercise.mistakes.values():
        # Most mistakes give themselves away on one case: the others are not even called.
        if not _makes(exercise, mistake, *pairs[failing]):
            continue
        others = (i for i in range(len(pairs)) if i != failing)
        explained = {failing, *(i for i in others if _makes(exercise, mistake, *pairs[i]))}
        if len(explained) == len(pairs):
            return mistake, explained
        if len(explained) > len(most) and exercise.kind is not bool:  # one bit is no evidence
            nearest, most = mistake, explained
    return nearest, most


def _makes(exercise, mistake, case, answer):
    return _same(call(exercise, mistake.function, case.arguments, time_limit=None), answer)


def _same(one, other):
    if one.problem or other.problem:
        return one.problem == other.problem
    return len(one.arrays) == len(other.arrays) and all(
        a.shape == b.shape and a.dtype.kind == b.dtype.kind and close(a, b).all()
        for a, b in zip(one.arrays, other.arrays, strict=True)
    )
