"""What happens to a submission before and after a worker has it: nbgrader's own steps.

The preprocessors are those of ``nbgrader_config.py``, in their order; running and judging,
which a worker has done, are left out.
"""

import contextlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import nbformat
from nbgrader.converters import Autograde
from nbgrader.preprocessors import Execute
from nbgrader.utils import parse_utc

from cnncourse.grading import submission as submissions
from cnncourse.grading.plugins.execute import ExecuteInRoom
from cnncourse.grading.plugins.seeds import GradedSeeds
from cnncourse.grading.plugins.verify import VerifyAnswers
from cnncourse.grading.run.source import Source
from cnncourse.grading.run.swap import swapped
from cnncourse.grading.submission import Rejected

DONE_BY_WORKERS = (Execute, ExecuteInRoom, VerifyAnswers)
TIMESTAMP = "timestamp.txt"


@dataclass
class Prepared:
    """A submission that is ready to run.

    Parameters
    ----------
    assignment, student : str
    submission : Submission
    files : dict of str to bytes
        What lies beside the notebooks: what was handed in, and over it the course's own.
    notebooks : dict of str to NotebookNode
        Sanitised.
    seeds : dict of str to str
        Of the graded cases of each notebook.
    """

    assignment: str
    student: str
    submission: object
    files: dict
    notebooks: dict
    seeds: dict = field(default_factory=dict)

    def texts(self):
        """The notebooks as JSON, for workers."""
        return {name: json.dumps(notebook) for name, notebook in self.notebooks.items()}


class Pipeline:
    """nbgrader's autograde, taken apart: `prepare`, a worker's part, `write`.

    Parameters
    ----------
    coursedir : CourseDirectory
    config : traitlets.config.Config
    gradebook : ClassGradebook

    Attributes
    ----------
    source : Source
    """

    def __init__(self, coursedir, config, gradebook):
        self.coursedir, self.gradebook = coursedir, gradebook
        self._autograde = Autograde(coursedir=coursedir, config=config)
        self.source = Source(coursedir, gradebook, self._autograde.exclude_overwriting)
        self._seeds = GradedSeeds(config=config)
        self._before = self._make(self._autograde.sanitize_preprocessors)
        self._after = self._make(
            one
            for one in self._autograde.autograde_preprocessors
            if not issubclass(one, DONE_BY_WORKERS)
        )

    def _make(self, classes):
        return [one(parent=self._autograde) for one in classes]

    def prepare(self, assignment, student):
        """Read and sanitise a submission.

        Returns
        -------
        prepared : Prepared

        Raises
        ------
        Rejected
            If nothing of it can be graded.
        """
        submission = submissions.read(self.folder("submitted", student, assignment))
        found = submissions.find_notebooks(submission, self.source.expected(assignment))
        files = _laid_over(submission.others(), self.source.files(assignment))
        prepared = Prepared(assignment, student, submission, files, {})
        for name, notebook in found.items():
            resources = self._resources(assignment, student, name)
            try:
                clean, _ = self._apply(self._before, _valid(notebook), resources)
            except Exception as error:  # nbgrader's own, about this one notebook
                said = f"{name} cannot be sanitised: {type(error).__name__}: {error}"
                raise Rejected(said[:500]) from error
            prepared.notebooks[name] = clean
            prepared.seeds[name] = self._seeds.seed_for(clean, resources)
        return prepared

    def write(self, prepared, texts):
        """Enter the grades, and put the autograded notebooks in their place: all or nothing.

        Parameters
        ----------
        prepared : Prepared
        texts : dict of str to str
            The notebooks as JSON, run and judged.

        Returns
        -------
        points : tuple of float
            Reached, and possible.
        """
        assignment, student = prepared.assignment, prepared.student
        target = self.folder("autograded", student, assignment)
        with swapped(target) as folder:
            try:
                self._enter(prepared)
                for name, text in texts.items():
                    notebook = nbformat.from_dict(json.loads(text))
                    resources = self._resources(assignment, student, name)
                    notebook, _ = self._apply(self._after, notebook, resources)
                    _write_notebook(folder / f"{name}.ipynb", notebook)
                for name, data in prepared.files.items():
                    path = folder / name
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
                self._set_permissions(folder)
                self.gradebook.db.flush()
                row = self.gradebook.find_submission(assignment, student)
                points = (row.score, row.max_score)
                self.gradebook.save()
            except BaseException:
                self.gradebook.forget()
                raise
        return points

    def _apply(self, preprocessors, notebook, resources):
        with self.gradebook.lent_to([type(one) for one in preprocessors]):
            for one in preprocessors:
                notebook, resources = one(notebook, resources)
        return notebook, resources

    def _enter(self, prepared):
        """Make the rows a submission needs, as nbgrader's ``Autograde.init_assignment``."""
        assignment, student, gradebook = prepared.assignment, prepared.student, self.gradebook
        gradebook.update_or_create_student(student)
        when = _timestamp(prepared)
        times = {} if when is None else {"timestamp": when}
        gradebook.update_or_create_submission(assignment, student, **times)
        for name in self.source.expected(assignment).keys() - prepared.notebooks.keys():
            for grade in gradebook.find_submission_notebook(name, assignment, student).grades:
                grade.auto_score, grade.needs_manual_grade = 0, False

    def _resources(self, assignment, student, notebook):
        return {
            "unique_key": notebook,
            "output_files_dir": f"{notebook}_files",
            "metadata": {
                "name": notebook,
                "path": str(self.folder("autograded", student, assignment)),
            },
            "nbgrader": {
                "student": student,
                "assignment": assignment,
                "notebook": notebook,
                "db_url": self.coursedir.db_url,
            },
        }

    def folder(self, step, student, assignment):
        """Say where a submission is at a step: ``submitted`` or ``autograded``."""
        directory = getattr(self.coursedir, f"{step}_directory")
        return Path(self.coursedir.format_path(directory, student, assignment))

    def _set_permissions(self, folder):
        permissions = int(str(self._autograde.permissions), 8)
        for path in folder.rglob("*"):
            if path.is_file():
                path.chmod(permissions)
            elif self.coursedir.groupshared:
                path.chmod(path.stat().st_mode | 0o2770)
        if self.coursedir.groupshared:
            for path in (folder, folder.parent):
                with contextlib.suppress(PermissionError):
                    path.chmod(path.stat().st_mode | 0o2770)


def _laid_over(files, ours):
    """Put our files over a student's; a file where we have a folder, or the reverse, goes."""
    folders = {str(parent) for name in ours for parent in PurePosixPath(name).parents}
    kept = {
        name: data
        for name, data in files.items()
        if name not in folders
        and not {str(parent) for parent in PurePosixPath(name).parents} & ours.keys()
    }
    return kept | ours


def _valid(notebook):
    """Turn JSON into a notebook; metadata that makes it invalid are dropped."""
    node = nbformat.from_dict(notebook)
    try:
        nbformat.validate(node)
    except nbformat.ValidationError:
        node.metadata = nbformat.from_dict({})
        for cell in node.cells:
            role = cell.metadata.get("nbgrader")
            cell.metadata = nbformat.from_dict({} if role is None else {"nbgrader": role})
    return node


def _timestamp(prepared):
    """Read when a submission was handed in, as nbgrader's file says."""
    text = prepared.submission.files.get(TIMESTAMP, b"").decode("utf-8", "replace").strip()
    try:
        # The name of a time zone is looked up as a file: let through only what a time is made of.
        if text and not re.fullmatch(r"[\w :.,+-]{1,60}", text, re.ASCII):
            raise ValueError(text[:40])
        return parse_utc(text) if text else None
    except (ValueError, OverflowError, OSError):
        said = f"{TIMESTAMP} holds no time, and was not read: {text[:40]!r}"
        prepared.submission.remarks.append(said)
        return None


def _write_notebook(path, notebook):
    text = nbformat.writes(notebook, version=4)
    path.write_text(text if text.endswith("\n") else text + "\n", encoding="utf-8")
