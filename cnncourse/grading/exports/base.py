"""What all exports share: whom to export, what they reached, and what has to be told."""

from dataclasses import dataclass
from pathlib import Path

from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Unicode

from cnncourse.grading.exports.roster import Entry, read_roster
from cnncourse.grading.exports.spreadsheet import defused
from cnncourse.grading.marks import Person, marks_in, people_in
from cnncourse.grading.records import Records


@dataclass(frozen=True)
class Student:
    """Somebody who gets a row.

    Parameters
    ----------
    id : str
        nbgrader's.
    person : Person
        What the gradebook knows.
    entry : Entry
        What the roster says; of the id alone, if it says nothing.
    """

    id: str
    person: Person
    entry: Entry

    @property
    def name(self):
        """The name to show, family name first as in most gradebooks."""
        both = [self.person.last_name, self.person.first_name]
        return self.entry.name or ", ".join(filter(None, both)) or self.id

    @property
    def email(self):
        """The roster's address, else the gradebook's."""
        return self.entry.email or self.person.email


class GradesExport(ExportPlugin):
    """Collects the grades, and remarks on all that a person should know about the file."""

    roster = Unicode("", help="CSV that says who is who; see the instructor's guide.").tag(
        config=True
    )
    missing_as_zero = Bool(
        False, help="Write 0 where nothing was handed in; else the place stays empty."
    ).tag(config=True)

    def export(self, gradebook):
        """Write the file, and log the remarks."""
        self.remarks, self.written = [], []
        known = [assignment.name for assignment in gradebook.assignments]
        chosen = [str(name) for name in self.assignment] or sorted(known)
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise ValueError(
                f"the gradebook knows no {', '.join(unknown)}; there are: {', '.join(known)}"
            )
        self.marks = {name: marks_in(gradebook, name) for name in chosen}
        self.rejected = {name: self._rejected(name) for name in chosen}
        self.handed_in = {name: self._handed_in(name) for name in chosen}
        self.students = self._choose_students(people_in(gradebook))
        for name in chosen:
            self._remark_on(name)
        self.write()
        for remark in self.remarks:
            self.log.warning(remark)

    def write(self):
        """Write the file or files; every format its own way."""
        raise NotImplementedError

    def score(self, assignment, student):
        """Tell what is to stand in a cell of a gradebook.

        Returns
        -------
        score : float or None
            None where there is no grade: it is never silently 0.
        """
        submission = self._graded(assignment, student.id)
        if submission is not None:
            return submission.score
        handed_in = student.id in {*self.rejected[assignment], *self.handed_in[assignment]}
        return 0.0 if self.missing_as_zero and not handed_in else None

    def submission(self, assignment, student):
        """Find the graded `Submission` of a student, or None."""
        return self._graded(assignment, student.id)

    def target(self, default):
        """Tell where to write: ``--to``, or a name in the current folder."""
        path = Path(self.to or default)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _graded(self, assignment, student):
        submission = self.marks[assignment].submissions.get(student)
        if submission is None or not submission.marks or student in self.rejected[assignment]:
            return None
        return submission

    def _choose_students(self, people):
        roster = read_roster(self.roster) if self.roster else {}
        wanted = [str(student) for student in self.student]
        rejected = {student for names in self.rejected.values() for student in names}
        handed_in = {student for names in self.handed_in.values() for student in names}
        known = {*people, *rejected, *handed_in}
        if self.roster:
            self._tell("not in the roster", known - set(roster))
            self._tell("in the roster, and unknown here", set(roster) - known)
        everybody = sorted({*known, *roster})
        self._tell("not known", set(wanted) - set(everybody))
        chosen = [
            Student(name, people.get(name, Person()), roster.get(name, Entry(name)))
            for name in everybody
            if not wanted or name in wanted
        ]
        odd = [one.id for one in chosen if any(defused(v) != v for v in (one.id, one.name))]
        self._tell("written with an apostrophe, or a spreadsheet would compute the name", odd)
        return chosen

    def _rejected(self, assignment):
        coursedir = getattr(self.parent, "coursedir", None)
        if coursedir is None:
            return {}
        folder = Path(coursedir.root, coursedir.autograded_directory).parent
        records = Records(folder).of(assignment)
        return {student: record.rejected for student, record in records.items() if record.rejected}

    def _handed_in(self, assignment):
        coursedir = getattr(self.parent, "coursedir", None)
        if coursedir is None:
            return set()
        folders = Path(coursedir.root, coursedir.submitted_directory).glob(f"*/{assignment}")
        names = {path.parent.name for path in folders if path.is_dir()}
        return {name for name in names if not name.startswith(".")}

    def _remark_on(self, assignment):
        submissions = self.marks[assignment].submissions
        rejected, handed_in = self.rejected[assignment], self.handed_in[assignment]
        ids = [student.id for student in self.students]
        for student in ids:
            if student in rejected:
                self.remarks.append(f"{assignment}: no grade for {student}: {rejected[student]}")
        graded = [student for student in ids if self._graded(assignment, student)]
        others = {s for s in ids if s not in graded and s not in rejected}
        by_hand = [student for student in graded if submissions[student].is_waiting]
        self._tell(f"{assignment}: a person has still to judge a part of the work of", by_hand)
        self._tell(f"{assignment}: handed in and not graded yet", others & handed_in)
        place = "0" if self.missing_as_zero else "left empty"
        self._tell(f"{assignment}: nothing handed in, {place}", others - handed_in)

    def _tell(self, what, names):
        if names:
            self.remarks.append(f"{what}: {_list(sorted(names))}")


def _list(names, most=10):
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
