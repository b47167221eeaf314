"""Grades as Gradescope's ``results.json``, one for each submission."""

import json
from pathlib import Path

from traitlets import Enum

from cnncourse.grading.exports.base import GradesExport
from cnncourse.grading.exports.spreadsheet import write_csv
from cnncourse.grading.exports.words import explain, name_of, verdicts_of
from cnncourse.grading.records import replace_file

VISIBLE = ("visible", "after_published", "after_due_date", "hidden")


class GradescopeExport(GradesExport):
    """A folder: ``ASSIGNMENT/STUDENT/results.json``, and ``index.csv`` that finds them.

    Gradescope takes the file that an autograder leaves at ``/autograder/results/results.json``:
    ``score`` for the whole submission, and for each of ``tests`` its ``name``, ``score``,
    ``max_score``, ``status``, ``output`` and ``visibility`` [1]_. Who already has grades, as
    here, uploads a ``run_autograder`` that copies the file of the student whose e-mail address
    stands in ``submission_metadata.json``; ``index.csv`` says which that is.

    References
    ----------
    .. [1] Gradescope, "Autograder specifications",
       https://gradescope-autograders.readthedocs.io/en/latest/specs/.
    """

    visibility = Enum(VISIBLE, "visible", help="Who sees the tests, and when.").tag(config=True)

    def write(self):
        """Write a file for each graded submission, then the index."""
        folder = self._folder()
        rows, nameless = [], []
        for name in self.marks:
            verdicts = verdicts_of(self.parent, name)
            for student in self.students:
                submission = self.submission(name, student)
                if submission is None:
                    continue
                path = folder / name / student.id / "results.json"
                result = self._result(name, submission, verdicts.get(student.id, {}))
                text = json.dumps(result, indent=1, ensure_ascii=False)
                replace_file(path, text.encode("utf-8", "replace"))
                place = path.relative_to(folder).as_posix()
                rows.append([name, student.id, student.email, student.name, place])
                nameless += [] if student.email or student.id in nameless else [student.id]
        write_csv(folder / "index.csv", ["assignment", "student", "email", "name", "file"], rows)
        self.written = [folder]
        self._tell("no e-mail address, by which Gradescope knows students", nameless)

    def _folder(self):
        path = self.target("gradescope")
        return Path(path).with_suffix("") / "gradescope" if path.suffix == ".csv" else path

    def _result(self, name, submission, verdicts):
        possible = self.marks[name].possible
        order = [key for key in verdicts if key in submission.marks]
        order += [key for key in submission.marks if key not in verdicts]
        result = {
            "score": round(submission.score, 4),
            "output": f"{submission.score:g} of {possible:g} points",
            "output_format": "text",
            "visibility": self.visibility,
            "stdout_visibility": "hidden",
            "tests": [self._test(submission, key, verdicts.get(key)) for key in order],
        }
        if submission.penalty:
            result["output"] += f", {submission.penalty:g} taken off: handed in late"
        return result

    def _test(self, submission, key, verdict):
        mark = submission.marks[key]
        said = explain(verdict) if verdict else ""
        if mark.is_waiting:
            said = "A person has still to look at this."
        return {
            "name": name_of(key),
            "score": round(mark.reached, 4),
            "max_score": mark.possible,
            "status": "passed" if mark.reached >= mark.possible else "failed",
            "output": "\n".join(filter(None, [said, submission.comments.get(key, "")])),
            "output_format": "text",
            "visibility": self.visibility,
        }
