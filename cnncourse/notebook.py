"""What a student calls. Practice prints or raises; grading only seals the answers."""

import os
import sys

from cnncourse import report
from cnncourse.catalogue import UnknownExercise, find
from cnncourse.checker import verify
from cnncourse.collect import collect
from cnncourse.seal import MIME, seal

PRACTICE = "practice"  # the seed of the cases every student may see
SEED = "CNNCOURSE_SEED"  # environment variable: the seed of the graded cases


class CheckFailed(AssertionError):  # noqa: N818, reads as a sentence where it is shown
    """An answer is wrong. IPython shows the message alone, without a traceback."""

    def _render_traceback_(self):
        return [str(self)]


def check(name, *function):
    """Check an exercise.

    In a student's session the function is called on the practice cases, the answers are
    compared with PyTorch's, and a report is printed. While grading, the answers to graded
    cases are sealed, and judged elsewhere.

    Parameters
    ----------
    name : str
        Name of the exercise, which is the name of the function.
    function : callable
        The student's; exactly one.

    Raises
    ------
    CheckFailed
        If an answer is wrong, or there is no such exercise.
    """
    if len(function) != 1:
        raise CheckFailed('check takes a name and a function: check("conv2d", conv2d)')
    (function,) = function
    try:
        exercise = find(name)
    except UnknownExercise as error:
        raise CheckFailed(str(error)) from None
    if os.environ.get("NBGRADER_EXECUTION") == "autograde":
        seed = os.environ.get(SEED, PRACTICE)
        _publish(seal(exercise.name, collect(exercise, function, seed=seed)))
        return
    verdict = verify(exercise, collect(exercise, function, seed=PRACTICE), seed=PRACTICE)
    if not verdict.passed:
        raise CheckFailed(report.to_text(verdict))
    print(report.to_text(verdict))


def _publish(bundle):
    from IPython.display import display  # only a notebook's kernel is ever graded

    sys.stdout.flush()
    display({MIME: bundle, "text/plain": "answers sealed"}, raw=True)
