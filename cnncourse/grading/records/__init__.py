"""What is kept of every submission: its record, what it was judged by, its log."""

from cnncourse.grading.records.store import Record, Records, replace_file

__all__ = ["Record", "Records", "replace_file"]
