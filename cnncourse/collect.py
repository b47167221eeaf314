"""Put an exercise's cases to a student's function. Knows no right answer."""

import contextlib
import copy
import importlib
import inspect
import signal
import threading
import time
import traceback

import numpy as np

try:
    import resource
except ModuleNotFoundError:  # Windows
    resource = None

from cnncourse.catalogue.exercise import Unusable
from cnncourse.catalogue.tensors import as_array, is_tensor
from cnncourse.seal import MAX_BYTES, Answer

TIME_LIMIT = 10  # seconds for one call
PATIENCE = 2  # calls that may take too long
PATIENCE_OF_CLOCKS = 5  # a busy machine's clock against its processor's, where speed counts
TOO_LONG = "takes longer than"
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
        Seconds a call may take, where the case does not say.

    Returns
    -------
    answers : list of Answer
        One for each case. A function that was stopped twice is not called again: the
        cases are small, and a class is waiting.
    """
    for package in exercise.packages:  # outside any call's time
        importlib.import_module(package)
    answers = []
    for case in exercise.draw(seed):
        stopped = [answer for answer in answers if (answer.problem or "").startswith(TOO_LONG)]
        if len(stopped) == PATIENCE:
            answers.append(Answer(problem="not called again: it took too long twice"))
        else:
            limit = max(time_limit, PATIENCE_OF_CLOCKS * (case.seconds or 0))
            answers.append(
                call(
                    exercise,
                    function,
                    case.arguments,
                    time_limit=limit,
                    processor_limit=case.seconds,
                )
            )
    return answers


def call(exercise, function, arguments, *, time_limit=TIME_LIMIT, processor_limit=None):
    """Call a function once; whatever it does, the result is an `Answer`.

    Parameters
    ----------
    exercise : Exercise
    function : callable
    arguments : dict
        By name; the function gets copies.
    time_limit : float or None
        Seconds by the clock; None for code that is our own.
    processor_limit : float or None
        Seconds of processor time: a right answer on a busy machine is not a slow one.

    Returns
    -------
    answer : Answer

    Raises
    ------
    KeyboardInterrupt
        If the student interrupts.
    """
    try:
        return _call(exercise, function, arguments, time_limit, processor_limit)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an object that lies about itself, its name, its signature
        return Answer(problem=f"cannot be called: looking at it raises {type(error).__name__}")


def _call(exercise, function, arguments, time_limit, processor_limit):
    if not callable(function):
        return Answer(problem=f"got {_a(function)}, expected a function")
    if not _accepts(function, exercise.signature):
        return Answer(problem=_signature_problem(exercise, function))
    given = copy_arguments(arguments)
    try:
        with _alarm("REAL", "ALRM", time_limit), _alarm("PROF", "PROF", processor_limit):
            value = exercise.answer(function, given)
        return _check_value(exercise, value, arguments, given)
    except KeyboardInterrupt:
        raise
    except _TookTooLong as stopped:
        return Answer(problem=f"{TOO_LONG} {stopped.args[0]:g} s for one call")
    except Unusable as why:
        return Answer(problem=str(why))
    except BaseException as error:
        return Answer(problem=_describe_error(function, error))


def copy_arguments(arguments):
    """Copy arguments and all they hold; arrays keep their memory order."""
    return copy.deepcopy(arguments)


def _accepts(function, signature):
    """Tell whether a function can be called as a signature says, with all its options."""
    by_place = [p for p in signature.parameters.values() if p.kind is not p.KEYWORD_ONLY]
    by_name = [p.name for p in signature.parameters.values() if p.kind is p.KEYWORD_ONLY]
    try:
        inspect.signature(function).bind(*by_place, **dict.fromkeys(by_name))
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
        length = f" of {len(value)}" if isinstance(value, tuple) else ""
        return Answer(problem=f"returned {_a(value)}{length}, expected the tuple ({expected})")
    arrays = []
    for one, (name, axes) in zip(values, exercise.outputs.items(), strict=True):
        one, problem = _as_array(exercise, one)
        problem = problem or _value_problem(one, axes, _expected(exercise, axes))
        if problem:
            where = f"output {name}: " if len(values) > 1 else ""
            return Answer(problem=where + problem)
        arrays.append(np.array(one))
    changed = [name for name, before in arguments.items() if _differs(before, given[name])]
    if changed:
        return Answer(problem=f"changes its input {' and '.join(changed)} in place; copy it first")
    return Answer(tuple(arrays))


def _as_array(exercise, value):
    """Where tensors are what is asked for, make an array of one; else say what is wrong."""
    if "torch" not in exercise.packages or not is_tensor(value):
        return value, None
    try:
        return as_array(value), None
    except TypeError as error:
        return value, f"returned {error}"


def _expected(exercise, axes):
    if not axes:
        return "one number or truth value"
    return "a tensor" if "torch" in exercise.packages else "a NumPy array"


def _is_tuple_of(value, count):
    return isinstance(value, tuple) and len(value) == count


def _value_problem(value, axes, expected):
    if value is None:
        return "returned None: is a `return` missing?"
    if not axes and isinstance(value, bool | int | float | np.generic):
        return None
    if type(value) is not np.ndarray:
        return f"returned {_a(value)}, expected {expected}"
    if value.dtype.kind not in "biufc":
        return f"returned an array of dtype {value.dtype}, expected numbers"
    if value.nbytes > MAX_BYTES:
        return f"returned an array of {value.nbytes >> 20} MiB, far more than the answer holds"
    return None


def _differs(before, after):
    after = as_array(after)
    if isinstance(before, np.ndarray):
        return not _same_array(before, after)
    if isinstance(before, list | tuple):
        return len(before) != len(after) or any(map(_differs, before, after))
    if isinstance(before, dict):
        return list(before) != list(after) or any(map(_differs, before.values(), after.values()))
    return False


def _same_array(before, after):
    return isinstance(after, np.ndarray) and np.array_equal(
        before, after, equal_nan=before.dtype.kind in "fc"
    )


def _a(value):
    kind = type(value).__name__
    return (
        "None"
        if value is None
        else f"{'an' if kind[0] in 'aeiou' or kind == 'ndarray' else 'a'} {kind}"
    )


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
    written = getattr(function, "__init__", None) if isinstance(function, type) else function
    code = getattr(written, "__code__", None)
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if code and frame.filename == code.co_filename]
    if not own or not own[-1].line:
        return ""
    return f", in line {own[-1].lineno}: `{own[-1].line.strip()[:120]}`"


def _computed():
    """Seconds that the student's own thread has computed.

    Not all threads': those of a matrix product spin while they wait. And not the system's part:
    fresh memory for a large array can take it ten times as long as the whole convolution.
    """
    if resource is None or not hasattr(resource, "RUSAGE_THREAD"):
        return time.thread_time()
    return resource.getrusage(resource.RUSAGE_THREAD).ru_utime


@contextlib.contextmanager
def _alarm(timer, name, seconds):
    """Interrupt the block after some seconds, where the system has such an alarm clock.

    The timer REAL runs by the clock and sends the signal ALRM; PROF runs while the process
    computes.
    """
    in_main = threading.current_thread() is threading.main_thread()
    if seconds is None or not (in_main and hasattr(signal, "setitimer")):
        yield
        return
    clock = _computed if timer == "PROF" else time.monotonic
    timer, number = getattr(signal, f"ITIMER_{timer}"), getattr(signal, f"SIG{name}")
    start = clock()

    def ring(signum, frame):
        left = seconds - (clock() - start)
        if left <= 0:
            raise _TookTooLong(seconds)
        signal.setitimer(timer, left, 1)

    handler = signal.signal(number, ring)
    # It rings on, every second: a bare `except` may swallow it once.
    before = signal.setitimer(timer, seconds, 1)
    try:
        yield
    finally:
        # Whoever else had set the alarm, a test's time limit say, gets it back.
        signal.setitimer(timer, *before)
        signal.signal(number, handler)
