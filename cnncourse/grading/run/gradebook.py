"""nbgrader's gradebook, opened once: one session and one commit for each submission.

nbgrader opens the gradebook nine times for a submission and commits 29 times. Here its own
code runs against one gradebook that holds its commits back, and finds what it looks for in
what was read at once.
"""

import contextlib
import functools
import json
import sys
import warnings
from unittest import mock

import fastjsonschema
import jsonschema
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    InvalidEntry,
    MissingEntry,
)
from nbgrader.nbgraderformat import common
from sqlalchemy.exc import SAWarning

# nbgrader's own, harmless, and said once for every student.
warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")


class ClassGradebook(Gradebook):
    """A `Gradebook` whose commits wait for `save`, and that reads rows together.

    Parameters
    ----------
    db_url, course_id : str
        As nbgrader's configuration has them.
    """

    def __init__(self, db_url, course_id):
        _twice(super().__init__, db_url, course_id)
        self._session, self.db = self.db, _Holding(self.db)
        self._found, self._source_cells = {}, {}
        self.roles = {}  # what `restore.source_roles` has read
        self.forget()

    @property
    def is_file(self):
        """Whether it is a file of SQLite's, which has one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    def save(self):
        """Commit everything since the last `save`, or nothing of it."""
        try:
            self._session.commit()
        finally:
            self.forget()

    def forget(self):
        """Give up what was not saved, and all that was read of submissions."""
        self._session.remove()  # rolls back; memory stays as it is, however large the class
        self._found.clear()

    def find_submission_notebook(self, notebook, assignment, student):
        """As nbgrader's; read once."""
        key = ("notebook", notebook, assignment, student)
        if key not in self._found:
            self._found[key] = super().find_submission_notebook(notebook, assignment, student)
        found = self._found[key]
        self._session.flush()
        self._session.expire(found, ["score"])  # the sum of grades that may have changed
        return found

    def find_grade(self, grade_cell, notebook, assignment, student):
        """As nbgrader's; all grades of a notebook are read at once."""
        return self._row(Grade, grade_cell, notebook, assignment, student)

    def find_comment(self, solution_cell, notebook, assignment, student):
        """As nbgrader's; all comments of a notebook are read at once."""
        return self._row(Comment, solution_cell, notebook, assignment, student)

    def find_source_cell(self, name, notebook, assignment):
        """As nbgrader's; read once for the whole class."""
        return self._once("find_source_cell", name, notebook, assignment)

    def find_graded_cell(self, name, notebook, assignment):
        """As nbgrader's; read once for the whole class."""
        return self._once("find_graded_cell", name, notebook, assignment)

    def _once(self, method, *names):
        key = (method, *names)
        if key not in self._source_cells:
            found = getattr(super(), method)(*names)
            self._session.expunge(found)  # stays as it is when the session ends
            self._source_cells[key] = found
        return self._source_cells[key]

    def _row(self, kind, cell, notebook, assignment, student):
        key = (kind, notebook, assignment, student)
        if key not in self._found:
            owner = self.find_submission_notebook(notebook, assignment, student)
            rows = (
                self._session.query(kind, BaseCell.name)
                .join(BaseCell, BaseCell.id == kind.cell_id)
                .filter(kind.notebook_id == owner.id)
            )
            self._found[key] = {name: row for row, name in rows}
        if cell not in self._found[key]:
            what = kind.__name__.lower()
            raise MissingEntry(f"No such {what}: {assignment}/{notebook}/{cell} for {student}")
        return self._found[key][cell]

    def __exit__(self, *error):
        """Stay open: nbgrader's preprocessors close what they believe they have opened."""

    @contextlib.contextmanager
    def lent_to(self, preprocessors):
        """Let some classes of nbgrader's use this gradebook wherever they would open one."""
        modules = {sys.modules[base.__module__] for one in preprocessors for base in one.__mro__}
        with contextlib.ExitStack() as stack:
            # nbgrader checks its own schema anew for every cell: most of its time.
            stack.enter_context(mock.patch.object(common, "jsonschema", _Checked))
            for module in modules:
                if hasattr(module, "Gradebook"):
                    opened = mock.Mock(return_value=self)
                    stack.enter_context(mock.patch.object(module, "Gradebook", opened))
            yield self


class _Checked:
    """Stands for jsonschema where a schema is known to be one: compiled once, then used."""

    @staticmethod
    def validate(instance, schema):
        """Raise what jsonschema raises, if the instance does not fit the schema."""
        try:
            _compiled(json.dumps(schema, sort_keys=True))(instance)
        except fastjsonschema.JsonSchemaException:
            jsonschema.validate(instance, schema)


@functools.cache
def _compiled(schema):
    return fastjsonschema.compile(json.loads(schema))


class _Holding:
    """A session that only remembers where it is told to commit; queries send what they need."""

    def __init__(self, session):
        self._session = session

    def commit(self):
        pass

    def __getattr__(self, name):
        return getattr(self._session, name)


def _twice(call, *arguments):
    """Call again if another grader made the same rows or tables at the same time."""
    with contextlib.suppress(InvalidEntry):
        return call(*arguments)
    return call(*arguments)
