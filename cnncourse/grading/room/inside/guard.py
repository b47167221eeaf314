"""Refuses packages that would do the exercise for the student, by name and with a sentence.

In the full room they are not there at all; where there is no sandbox this is what is left.
"""

import importlib.abc
import sys

REFUSED = frozenset(
    [
        *("cupy", "jax", "keras", "numba", "onnxruntime", "tensorflow", "torch", "torchvision"),
        *("nbgrader", "scipy", "skimage", "sklearn"),
    ]
)


class Guard(importlib.abc.MetaPathFinder):
    """The first to be asked where a module is."""

    def find_spec(self, name, path=None, target=None):
        """Raise ImportError for a refused package, else let the next finder look."""
        top = name.partition(".")[0]
        if top in REFUSED:
            raise ImportError(f"{top} is not available while this assignment is graded", name=top)


def stand_guard():
    """Put the guard in front of every other finder."""
    sys.meta_path.insert(0, Guard())
