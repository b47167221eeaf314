"""Write what became of a submission: grades, notebooks, its record, its log."""

import contextlib
import time
import traceback
from dataclasses import asdict, dataclass, field

from nbgrader.api import InvalidEntry
from sqlalchemy.exc import DBAPIError

from cnncourse.grading import submission
from cnncourse.grading.records import Record, fingerprints
from cnncourse.grading.records.logs import write_log
from cnncourse.grading.run.result import Failure
from cnncourse.grading.submission import Rejected

PAUSES = (0.1, 0.5, 2.0)  # seconds before the gradebook is tried again


@dataclass
class Opened:
    """A submission of which some notebooks are with workers.

    Parameters
    ----------
    prepared : Prepared
    record : Record
        What is known before it has run.
    outcomes : dict of str to Outcome
        Of the notebooks that came back.
    """

    prepared: object
    record: Record
    outcomes: dict = field(default_factory=dict)

    @property
    def is_complete(self):
        """Whether all notebooks came back."""
        return len(self.outcomes) == len(self.prepared.notebooks)


class Writer:
    """The one writer of a run.

    Parameters
    ----------
    pipeline : Pipeline
    records : Records
    result : Grading
        Is added to.
    limits : Limits
        Under which the notebooks ran.
    """

    def __init__(self, pipeline, records, result, limits):
        self._pipeline, self._records = pipeline, records
        self._result, self._limits = result, limits

    def write(self, opened):
        """Write a submission of which all notebooks came back."""
        prepared, record, outcomes = opened.prepared, opened.record, opened.outcomes
        assignment, student = prepared.assignment, prepared.student
        for name, outcome in outcomes.items():
            self._records.keep(assignment, student, name, outcome.kept)
            self._result.seconds["run"] += outcome.run["seconds"]
            self._result.seconds["judge"] += outcome.judging_seconds
            record.questions |= outcome.questions
            record.problems += outcome.run["problems"]
        record.code = {name: fingerprints.of_code(name) for name in record.questions}
        texts = {name: outcome.text for name, outcome in outcomes.items()}
        record.points = self._enter(prepared, texts)
        record.problems = [*prepared.submission.remarks, *record.problems]
        record.run = {name: outcome.run for name, outcome in outcomes.items()}
        record.run["limits"] = asdict(self._limits)
        self._remember(assignment, student, record, prepared, texts)
        self._result.graded.append((assignment, student, record))

    def reject(self, assignment, student, reason):
        """Remember that nothing of a submission can be graded, and why."""
        digest = ""
        with contextlib.suppress(Rejected):
            folder = self._pipeline.folder("submitted", student, assignment)
            digest = submission.digest_of(folder)
        record = Record(digest, self._pipeline.source.digest(assignment), rejected=reason)
        self._remember(assignment, student, record)
        self._result.failures.append(Failure(student, assignment, reason))

    def fail(self, assignment, student, error):
        """Tell of an error of our own; the submission stays due."""
        text = "".join(traceback.format_exception(error))
        reason = f"the grader failed: {type(error).__name__}: {_first_line(error)}"
        path = self._records.log(assignment, student)
        write_log(path, assignment, student, error=text)
        self._result.failures.append(Failure(student, assignment, reason, fault=True))

    def _enter(self, prepared, texts):
        """Write; again, where another grader made the same rows or held the database."""
        for seconds in PAUSES:
            try:
                return self._pipeline.write(prepared, texts)
            except (DBAPIError, InvalidEntry):
                time.sleep(seconds)
        return self._pipeline.write(prepared, texts)

    def _remember(self, assignment, student, record, prepared=None, texts=None):
        path = self._records.log(assignment, student)
        write_log(path, assignment, student, record, prepared, texts)
        self._records.write(assignment, student, record)


def _first_line(error):
    return next(iter(str(error).strip().splitlines()), "")[:300]
