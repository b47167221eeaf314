"""Put an exercise's cases to a function, and judge the answers.

`collect` runs the student's code and knows no right answer; `verify` knows the right answer
and runs no code of the student's. While grading they run in different processes.
"""

import contextlib
import inspect
import signal
import threading
import traceback
from dataclasses import replace

import numpy as np

from cnncourse.compare import close, difference, lost_precision
from cnncourse.seal import MAX_BYTES, Answer
from cnncourse.verdict import CaseResult, Verdict

TIME_LIMIT = 10  # seconds for one call
BY_HAND = 60  # numbers in a case that a student can follow on paper
NOT_WRITTEN = "not written yet"


class _TookTooLong(BaseException):
    """Not an Exception, so that a student's `except Exception` does not swallow it."""


def collect(exercise, function, *, seed, time_limit=TIME_LIMIT):
    """Call a function on every case of an exercise.

    Parameters
    ----------
    exercise : Exercise
    function : callable
        The student's. Anything else is answered with a problem, not an error.
    seed : str
        Which cases to draw.
    time_limit : float
        Seconds a call may take.

    Returns
    -------
    answers : list of Answer
        One for each case.
    """
    return [
        _answer(exercise, function, case.arguments, time_limit) for case in exercise.draw(seed)
    ]


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
    always = len({answer.problem for answer in answers}) == 1
    results = [
        _judge(exercise, case, answer, always)
        for case, answer in zip(cases, answers, strict=True)
    ]
    if not all(result.passed for result in results):
        results = _name_mistakes(exercise, cases, answers, results)
    return Verdict(exercise.name, exercise.section, tuple(results))


def judge(exercise, function, *, seed, time_limit=TIME_LIMIT):
    """Collect and verify in one process, as practice does; returns the `Verdict`."""
    return verify(exercise, collect(exercise, function, seed=seed, time_limit=time_limit), seed=seed)


def describe_call(exercise, arguments):
    """Write a call as a student would, arrays by their shapes.

    Returns
    -------
    call : str
        Such as ``conv2d(x: (2, 3, 7, 6), w: (4, 3, 3, 2), stride=2)``.
    """
    shown = [
        f"{name}: {value.shape}" if isinstance(value, np.ndarray) else f"{name}={value!r}"
        for name, value in arguments.items()
    ]
    return f"{exercise.name}({', '.join(shown)})"


def _answer(exercise, function, arguments, time_limit):
    if not callable(function):
        return Answer(problem=f"got {_a(function)}, expected a function")
    given = {name: _copy(value) for name, value in arguments.items()}
    bound = exercise.signature.bind(**given)
    if not _accepts(function, bound):
        return Answer(problem=_signature_problem(exercise, function))
    try:
        with _limit(time_limit):
            value = function(*bound.args, **bound.kwargs)
        return _check_value(exercise, value, arguments, given)
    except KeyboardInterrupt:
        raise
    except _TookTooLong:
        return Answer(problem=f"takes longer than {time_limit:g} s for one call")
    except BaseException as error:
        return Answer(problem=_describe_error(function, error))


def _copy(value):
    # Keeps the memory order: a case may ask for a non-contiguous input.
    return value.copy(order="K") if isinstance(value, np.ndarray) else value


def _accepts(function, bound):
    try:
        inspect.signature(function).bind(*bound.args, **bound.kwargs)
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature: calling it will tell
        return True
    return True


def _signature_problem(exercise, function):
    return (
        f"has the signature {_name(function)}{inspect.signature(function)}, "
        f"expected {exercise.name}{exercise.signature}"
    )


def _name(function):
    return str(getattr(function, "__name__", type(function).__name__))


def _check_value(exercise, value, arguments, given):
    values = (value,) if len(exercise.outputs) == 1 else value
    if len(exercise.outputs) > 1 and not _is_tuple_of(value, len(exercise.outputs)):
        expected = ", ".join(exercise.outputs)
        return Answer(problem=f"returned {_a(value)}, expected the tuple ({expected})")
    for one, axes in zip(values, exercise.outputs.values(), strict=True):
        problem = _value_problem(one, axes)
        if problem:
            return Answer(problem=problem)
    changed = [name for name, before in arguments.items() if _differs(before, given[name])]
    if changed:
        return Answer(problem=f"changes its input {' and '.join(changed)} in place; copy it first")
    return Answer(tuple(np.array(one) for one in values))


def _is_tuple_of(value, count):
    return isinstance(value, tuple) and len(value) == count


def _value_problem(value, axes):
    if value is None:
        return "returned None: is a `return` missing?"
    if not axes and isinstance(value, bool | int | float | np.generic):
        return None
    if type(value) is not np.ndarray:
        return f"returned {_a(value)}, expected a NumPy array"
    if value.dtype.kind not in "biufc":
        return f"returned an array of dtype {value.dtype}, expected numbers"
    if value.nbytes > MAX_BYTES:
        return f"returned an array of {value.nbytes >> 20} MiB, far more than the answer holds"
    return None


def _differs(before, after):
    return isinstance(before, np.ndarray) and not np.array_equal(before, after, equal_nan=True)


def _a(value):
    kind = type(value).__name__
    return "None" if value is None else f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _describe_error(function, error):
    if isinstance(error, NotImplementedError):
        return NOT_WRITTEN
    try:
        message = str(error).strip().split("\n")[0]
    except Exception:
        message = ""
    said = f"raises {type(error).__name__}" + (f": {message}" if message else "")
    return said[:300] + _own_line(function, error)


def _own_line(function, error):
    code = getattr(function, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    if not own or not own[-1].line:
        return ""
    return f", in line {own[-1].lineno}: `{own[-1].line.strip()[:120]}`"


@contextlib.contextmanager
def _limit(seconds):
    """Interrupt the block after some seconds, where the system has an alarm clock."""
    in_main = threading.current_thread() is threading.main_thread()
    if not (in_main and hasattr(signal, "setitimer")):
        yield
        return

    def ring(signum, frame):
        raise _TookTooLong

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _expected(exercise, case):
    value = exercise.reference(**{name: _copy(v) for name, v in case.arguments.items()})
    return value if isinstance(value, tuple) else (value,)


def _judge(exercise, case, answer, always):
    call = describe_call(exercise, case.arguments)
    if answer.problem is not None:
        # A problem of every call is the function's own: the case has no part in it.
        where = exercise.name if always else call
        return CaseResult(case.claim, False, answer.problem, f"{where}: {answer.problem}")
    if len(answer.arrays) != len(exercise.outputs):
        return CaseResult(case.claim, False, "an output is missing", f"{call}: an output is missing")
    note = None
    all_expected = [np.asarray(value) for value in _expected(exercise, case)]
    for got, expected, (name, axes) in zip(
        answer.arrays, all_expected, exercise.outputs.items(), strict=True
    ):
        differs = difference(got, expected, name=name, axes=axes, kind=exercise.kind)
        if differs and lost_precision(got, expected):
            note = "right to single precision: compute in float64 to keep the last digits"
        elif differs:
            example = _in_numbers({**case.arguments, "got": got, "expected": expected})
            return CaseResult(
                case.claim, False, differs.summary, f"{call}: {differs.detail}", example
            )
    return CaseResult(case.claim, True, note=note)


def _in_numbers(values):
    arrays = {name: value for name, value in values.items() if isinstance(value, np.ndarray)}
    if sum(array.size for array in arrays.values()) > BY_HAND:
        return ""
    width = max(len(name) for name in arrays)
    lines = []
    for name, array in arrays.items():
        prefix = f"{name.ljust(width)} = "
        lines.append(prefix + np.array2string(array, precision=4, prefix=prefix))
    return "\n".join(lines)


def _name_mistakes(exercise, cases, answers, results):
    first = next(i for i, result in enumerate(results) if not result.passed)
    nearest = None
    for mistake in exercise.mistakes.values():
        # Most mistakes give themselves away on one case: the others are not even called.
        if not _makes(exercise, mistake, cases[first], answers[first]):
            continue
        nearest = nearest or mistake
        if all(_makes(exercise, mistake, c, a) for c, a in zip(cases, answers, strict=True)):
            nearest = mistake
            break
    if nearest is None:
        return results
    return [result if result.passed else _with_mistake(result, nearest) for result in results]


def _makes(exercise, mistake, case, answer):
    return _same(_answer(exercise, mistake.function, case.arguments, TIME_LIMIT), answer)


def _with_mistake(result, mistake):
    return replace(result, mistake=mistake.name, hint=mistake.hint, section=mistake.section)


def _same(one, other):
    if one.problem or other.problem:
        return one.problem == other.problem
    return len(one.arrays) == len(other.arrays) and all(
        a.shape == b.shape and a.dtype.kind == b.dtype.kind and close(a, b).all()
        for a, b in zip(one.arrays, other.arrays, strict=True)
    )
