"""What the course says of an assignment: its notebooks, its cells, the files beside them."""

import hashlib
import json
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.utils import find_all_files

from cnncourse.grading.plugins.restore import source_roles


class NotReleased(LookupError):  # noqa: N818, the name says what happened
    """The gradebook does not know an assignment yet."""


class Source:
    """Reads each assignment once.

    Parameters
    ----------
    coursedir : CourseDirectory
    gradebook : ClassGradebook
    not_ours : dict of str to collection of str
        Files beside the source that a student's own take the place of, by assignment.
    """

    def __init__(self, coursedir, gradebook, not_ours):
        self._coursedir, self._gradebook, self._not_ours = coursedir, gradebook, not_ours
        self._expected, self._files, self._digests = {}, {}, {}

    def expected(self, assignment):
        """Name the notebooks of an assignment, each with the ids of its graded cells.

        Returns
        -------
        expected : dict of str to set of str

        Raises
        ------
        NotReleased
            If the gradebook does not know the assignment.
        """
        if assignment not in self._expected:
            self._expected[assignment] = self._notebooks(assignment)
        return self._expected[assignment]

    def _notebooks(self, assignment):
        try:
            notebooks = self._gradebook.find_assignment(assignment).notebooks
        except MissingEntry:
            notebooks = []
        if not notebooks:
            raise NotReleased(
                f"the gradebook does not know {assignment} yet: generate it first, by "
                f"`cnncourse release {assignment}`"
            )
        return {
            notebook.name: {cell.name for cell in notebook.source_cells} for notebook in notebooks
        }

    def files(self, assignment):
        """Read what lies beside the source's notebooks, and goes with every submission.

        Returns
        -------
        files : dict of str to bytes
        """
        if assignment not in self._files:
            source = self._coursedir.source_directory
            folder = Path(self._coursedir.format_path(source, ".", assignment))
            kept = self._not_ours.get(assignment, ())
            found = {
                Path(path).relative_to(folder).as_posix(): Path(path).read_bytes()
                for path in find_all_files(folder, [*self._coursedir.ignore, "*.ipynb"])
            }
            self._files[assignment] = {n: data for n, data in found.items() if n not in kept}
        return self._files[assignment]

    def digest(self, assignment):
        """Sum up the source of an assignment: its cells, and the files beside it.

        Returns
        -------
        digest : str
        """
        if assignment not in self._digests:
            roles = {
                name: source_roles(
                    self._gradebook, self._coursedir, {"assignment": assignment, "notebook": name}
                )
                for name in sorted(self.expected(assignment))
            }
            files = self.files(assignment)
            sums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
            text = json.dumps([roles, sums], sort_keys=True)
            self._digests[assignment] = hashlib.sha256(text.encode()).hexdigest()
        return self._digests[assignment]
