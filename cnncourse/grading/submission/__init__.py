"""Read what a student handed in, trusting none of it: files, links, notebooks of all kinds."""

from cnncourse.grading.submission.clean import clean
from cnncourse.grading.submission.files import Rejected, Submission, digest_of, read
from cnncourse.grading.submission.notebooks import find_notebooks

__all__ = ["Rejected", "Submission", "clean", "digest_of", "find_notebooks", "read"]
