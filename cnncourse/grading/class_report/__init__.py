"""A class and an assignment at a glance: what was found, as a page, and on the terminal."""

from cnncourse.grading.class_report.findings import ClassReport, anonymous, gather

__all__ = ["ClassReport", "anonymous", "gather"]
