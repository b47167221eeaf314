"""Grades as CSV: for spreadsheets, for Canvas, for Moodle."""

from traitlets import Dict

from cnncourse.grading.exports.base import GradesExport
from cnncourse.grading.exports.spreadsheet import write_csv
from cnncourse.grading.exports.words import feedback_of, verdicts_of


class CsvExport(GradesExport):
    """Two tables: a row for each grade, as nbgrader's own, and a row for each student.

    The second lies beside the first, with ``_wide`` in its name.
    """

    LONG = (
        "assignment",
        "duedate",
        "timestamp",
        "student_id",
        "last_name",
        "first_name",
        "email",
        "raw_score",
        "late_submission_penalty",
        "score",
        "max_score",
    )

    def write(self):
        """Write both tables."""
        path = self.target("grades.csv")
        wide = path.with_name(f"{path.stem}_wide{path.suffix}")
        write_csv(path, self.LONG, self._long())
        header = ["student_id", "name", "email", *self.marks, "total", "possible"]
        write_csv(wide, header, self._wide())
        self.written = [path, wide]

    def _long(self):
        for name, marks in self.marks.items():
            for student in self.students:
                one = self.submission(name, student)
                yield [
                    name,
                    _time(marks.duedate),
                    _time(one.timestamp) if one else "",
                    student.id,
                    student.person.last_name,
                    student.person.first_name,
                    student.email,
                    one.raw if one else self.score(name, student),
                    one.penalty if one else None,
                    self.score(name, student),
                    marks.possible,
                ]

    def _wide(self):
        possible = sum(marks.possible for marks in self.marks.values())
        for student in self.students:
            scores = [self.score(name, student) for name in self.marks]
            there = [score for score in scores if score is not None]
            yield [
                student.id,
                student.name,
                student.email,
                *scores,
                sum(there) if there else None,
                possible,
            ]


class CanvasExport(GradesExport):
    """The CSV that Canvas's gradebook imports.

    Canvas reads the columns Student, ID, SIS User ID, SIS Login ID and Section in this order,
    then a column for each assignment; a first row "Points Possible" gives their maxima. It
    finds a student by ID, else by the SIS ids, else by the name [1]_. A title that ends on
    Canvas's own number in brackets, "Convolution (4711)", goes to that assignment; another one
    offers to make a new assignment. An empty cell is no grade: look at the preview before
    importing over grades that are there.

    References
    ----------
    .. [1] Instructure, canvas-lms, ``lib/gradebook_importer.rb``, and the Canvas instructor
       guide, "How do I import grades in the Gradebook?".
    """

    columns = Dict(
        help="Titles of the assignments in Canvas, by their names here: "
        '{"04_convolution": "Convolution (4711)"}.'
    ).tag(config=True)

    def write(self):
        """Write the table."""
        path = self.target("canvas.csv")
        titles = [str(self.columns.get(name, name)) for name in self.marks]
        header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", *titles]
        possible = [marks.possible for marks in self.marks.values()]
        rows = [["    Points Possible", "", "", "", "", *possible]]
        rows += [self._row(student) for student in self.students]
        write_csv(path, header, rows)
        self.written = [path]
        unknown = [s.id for s in self.students if not (self._id(s) or s.entry.sis_user_id)]
        self._tell("no Canvas ID (Canvas looks for the login, then for the name)", unknown)

    def _id(self, student):
        return student.entry.id or student.person.lms_user_id

    def _row(self, student):
        scores = [self.score(name, student) for name in self.marks]
        return [
            student.name,
            self._id(student),
            student.entry.sis_user_id,
            student.entry.sis_login_id or student.id,
            student.entry.section,
            *[None if score is None else round(score, 2) for score in scores],
        ]


class MoodleExport(GradesExport):
    """The CSV that Moodle's grade import reads.

    On import choose the column that names the user (ID number, username or e-mail address, to
    "Map from" and "Map to"), and map each assignment's column to its grade item and the
    feedback column to its feedback. Moodle asks for both: feedback imported without its grades
    takes the grades away [1]_. E-mail addresses are compared letter by letter, capitals too.

    References
    ----------
    .. [1] Moodle documentation, "Grade import", https://docs.moodle.org/en/Grade_import.
    """

    def write(self):
        """Write the table."""
        path = self.target("moodle.csv")
        header = ["ID number", "Username", "Email address", "Full name"]
        for name in self.marks:
            header += [name, f"{name} feedback"]
        verdicts = {name: verdicts_of(self.parent, name) for name in self.marks}
        write_csv(path, header, [self._row(student, verdicts) for student in self.students])
        self.written = [path]
        unknown = [s.id for s in self.students if not (self._id(s) or s.email)]
        self._tell("neither ID number nor e-mail address (map the username)", unknown)

    def _id(self, student):
        return student.entry.id or student.person.lms_user_id

    def _row(self, student, verdicts):
        row = [
            self._id(student),
            student.entry.username or student.id,
            student.email,
            student.name,
        ]
        for name in self.marks:
            score = self.score(name, student)
            one = self.submission(name, student)
            said = feedback_of(one, verdicts[name].get(student.id, {})) if one else ""
            row += [None if score is None else round(score, 2), said]
        return row


def _time(moment):
    return moment.isoformat(sep=" ", timespec="seconds") if moment else ""
