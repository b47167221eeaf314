"""The command line, ``cnncourse ...``: a module a group of commands, in the order of the help.

A new command goes into the module of its group, or into a new one that is imported here; it hangs
on ``base.app``, and imports what is slow inside its function, so that ``--help`` answers at once.
"""

from cnncourse.cli import grading, results, proofs, bench, train  # noqa: F401, I001, importing them adds them
from cnncourse.cli.base import app

__all__ = ["app"]
