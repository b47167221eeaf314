"""Put an exercise's cases to a student's function. Knows no right answer."""

import contextlib
import inspect
import signal
import threading
import traceback

import numpy as np

from cnncourse.seal import MAX_BYTES, Answer

TIME_LIMIT = 10  # seconds for one call
PATIENCE = 2  # calls that may take too long
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
        One for each case. A function that was stopped twice is not called again: the
        cases are small, and a class is waiting.
    """
    too_long = _too_long(time_limit)
    answers = []
    for case in exercise.draw(seed):
        if [answer.problem for answer in answers].count(too_long) == PATIENCE:
            answers.append(Answer(problem="not called again: it took too long twice"))
        else:
            answers.append(call(exercise, function, case.arguments, time_limit=time_limit))
    return answers


def call(exercise, function, arguments, *, time_limit=TIME_LIMIT):
    """Call a function once; whatever it does, the result is an `Answer`.

    Parameters
    ----------
    exercise : Exercise
    function : callable
    arguments : dict
        By name; the function gets copies.
    time_limit : float or None
        Seconds; None for code that is our own.

    Returns
    -------
    answer : Answer

    Raises
    ------
    KeyboardInterrupt
        If the student interrupts.
    """
    try:
        return _call(exercise, function, arguments, time_limit)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an object that lies about itself, its name, its signature
        return Answer(problem=f"cannot be called: looking at it raises {type(error).__name__}")


def _call(exercise, function, arguments, time_limit):
    if not callable(function):
        return Answer(problem=f"got {_a(function)}, expected a function")
    given = copy_arguments(arguments)
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
        return Answer(problem=_too_long(time_limit))
    except BaseException as error:
        return Answer(problem=_describe_error(function, error))


def copy_arguments(arguments):
    """Copy the arrays among arguments, in their own memory order."""
    return {
        name: value.copy(order="K") if isinstance(value, np.ndarray) else value
        for name, value in arguments.items()
    }


def _too_long(seconds):
    return f"takes longer than {seconds:g} s for one call"


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
        expected = "a NumPy array" if axes else "one number or truth value"
        return f"returned {_a(value)}, expected {expected}"
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
    except BaseException:
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
    if seconds is None or not (in_main and hasattr(signal, "setitimer")):
        yield
        return

    def ring(signum, frame):
        raise _TookTooLong

    handler = signal.signal(signal.SIGALRM, ring)
    # It rings on, every second: a bare `except` may swallow it once.
    timer = signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        # Whoever else had set the alarm, a test's time limit say, gets it back.
        signal.setitimer(signal.ITIMER_REAL, *timer)
        signal.signal(signal.SIGALRM, handler)
