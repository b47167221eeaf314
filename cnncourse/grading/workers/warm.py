"""Imported once, by the process that all local workers are forked from: what they share."""

import contextlib

import cnncourse.grading.workers.work
import cnncourse.plotting  # noqa: F401, with Matplotlib: it draws what `show` asks for

with contextlib.suppress(ImportError):
    import torch  # noqa: F401, two seconds
