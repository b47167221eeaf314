"""What a student calls. Practice prints or raises; grading only seals the answers."""

import os
import sys

import numpy as np

from cnncourse import report
from cnncourse.catalogue import UnknownExercise, find
from cnncourse.checker import verify
from cnncourse.collect import collect
from cnncourse.seal import MIME, pack, seal

PRACTICE = "practice"  # the seed of the cases every student may see
SEED = "CNNCOURSE_SEED"  # environment variable: the seed of the graded cases
PICTURES = "application/vnd.cnncourse.pictures+json"  # what `show` asks to be drawn


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
    if _is_graded():
        seed = os.environ.get(SEED, PRACTICE)
        _publish(seal(exercise.name, collect(exercise, function, seed=seed)))
        return
    verdict = verify(exercise, collect(exercise, function, seed=PRACTICE), seed=PRACTICE)
    if not verdict.passed:
        raise CheckFailed(report.to_text(verdict))
    print(report.to_text(verdict))


def show(arrays, *, titles=None, numbers=False, columns=None, limits=None):
    """Show arrays side by side, as `cnncourse.plotting.show_arrays` draws them.

    While grading, the arrays are sealed and drawn elsewhere: what many students got right is
    then drawn once for all of them.

    Parameters
    ----------
    arrays : sequence of array_like
        Each (H, W), (W,) or (3, H, W).
    titles : sequence of str, optional
        One for each array.
    numbers : bool, default False
        Whether each value is written in its cell.
    columns : int, optional
        How many stand in a row; by default all of them.
    limits : (low, high), optional
        The values of the first and last colour, shared by all.

    Raises
    ------
    ValueError
        If there is no array, a shape is no image, or there are not as many titles as arrays.
    """
    options = {"numbers": numbers, "columns": columns, "limits": limits}
    options["titles"] = None if titles is None else [str(title) for title in titles]
    if _is_graded():
        with np.errstate(over="ignore"):
            packed = {str(i): np.asarray(a, dtype=np.float32) for i, a in enumerate(arrays)}
        _display({PICTURES: {**options, "npz": pack(packed)}, "text/plain": "pictures to draw"})
        return
    import matplotlib.pyplot as plt

    from cnncourse import plotting

    plotting.show_arrays(arrays, **options)
    plt.show()


def _is_graded():
    return os.environ.get("NBGRADER_EXECUTION") == "autograde"


def _publish(bundle):
    _display({MIME: bundle, "text/plain": "answers sealed"})


def _display(data):
    from IPython.display import display  # only a notebook's kernel is ever graded

    sys.stdout.flush()
    display(data, raw=True)
