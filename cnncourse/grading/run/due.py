"""What of a class is due: what is new, or would not be graded again as it was."""

import contextlib

from cnncourse.catalogue import EXERCISES
from cnncourse.grading import submission
from cnncourse.grading.records import fingerprints
from cnncourse.grading.run.result import Failure
from cnncourse.grading.submission import Rejected


class Due:
    """Compares what was handed in with the record of how it was last graded.

    Parameters
    ----------
    classroom : Classroom
    records : Records
    pipeline : Pipeline
    result : Grading
        What is not due is entered here: as up to date, or as a failure that was told before.
    """

    def __init__(self, classroom, records, pipeline, result):
        self._classroom, self._records = classroom, records
        self._pipeline, self._result = pipeline, result

    def among(self, assignments, students=None, *, force=False):
        """Name what is due.

        Parameters
        ----------
        assignments : list of str
        students : collection of str or None
            Only theirs.
        force : bool
            All of it is due.

        Yields
        ------
        assignment, student : str

        Raises
        ------
        NotReleased
            If the gradebook does not know an assignment.
        """
        for assignment in assignments:
            handed_in = self._classroom.students(assignment)
            chosen = [s for s in handed_in if students is None or s in students]
            if chosen:
                self._pipeline.source.digest(assignment)  # raises if it was never released
            for student in chosen:
                if force or self.holds(assignment, student):
                    yield assignment, student

    def holds(self, assignment, student):
        """Tell whether a submission is due; if not, the result says how it stands."""
        record = self._records.read(assignment, student)
        if not self._speaks_of(assignment, student, record) or _changed(record):
            return True
        if record.rejected:
            self._result.failures.append(Failure(student, assignment, record.rejected))
        else:
            self._result.num_up_to_date += 1
        return False

    def _speaks_of(self, assignment, student, record):
        """Tell whether a record is of these files and this source."""
        if record is None or record.source != self._pipeline.source.digest(assignment):
            return False
        folder = self._pipeline.folder("submitted", student, assignment)
        with contextlib.suppress(Rejected):
            if submission.digest_of(folder) != record.submission:
                return False
        graded = self._pipeline.folder("autograded", student, assignment)
        return bool(record.rejected) or graded.is_dir()


def _changed(record):
    """Name the exercises that would be judged by other code than they were."""
    return [
        name
        for name, digest in record.code.items()
        if name not in EXERCISES or fingerprints.of_code(name) != digest
    ]
