"""Imported once, by the process that all local workers are forked from: what they share."""

import contextlib

import cnncourse.grading.work  # noqa: F401

with contextlib.suppress(ImportError):
    import torch  # noqa: F401, two seconds
