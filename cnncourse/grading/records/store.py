"""What was done with every submission, so that only what changed is done again."""

import contextlib
import json
import os
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

VERSION = 1


@dataclass
class Record:
    """How a submission was graded, or why it was not.

    Parameters
    ----------
    submission, source : str
        Digests of what was handed in, and of the source's cells.
    asking : str
        Digest of the code that puts questions to a student's function.
    seeds : dict of str to str
        Fingerprint of the seed of each notebook.
    code, questions : dict of str to str
        For each exercise, digests of the code that judges it and of what was asked.
    rejected : str or None
        Why nothing could be graded.
    points : tuple of float or None
        Reached, and possible.
    problems : list of str
        What was unusual, and what happened when it ran.
    run : dict
        How it ran: ``rung``, ``seconds``, ``processor_seconds``, ``limits``.
    """

    submission: str
    source: str = ""
    asking: str = ""
    seeds: dict = field(default_factory=dict)
    code: dict = field(default_factory=dict)
    questions: dict = field(default_factory=dict)
    rejected: str | None = None
    points: tuple | None = None
    problems: list = field(default_factory=list)
    run: dict = field(default_factory=dict)
    version: int = VERSION


class Records:
    """The records of a classroom, a file for each submission.

    Parameters
    ----------
    folder : Path
        Of the classroom; records are in its ``done/grade``, kept answers in ``answers``,
        logs in ``logs``.
    """

    def __init__(self, folder):
        self._folder = Path(folder)

    def read(self, assignment, student):
        """Read a record; None if there is none, or an older version's."""
        path = self._path(assignment, student)
        with contextlib.suppress(OSError, ValueError, TypeError):
            record = Record(**json.loads(path.read_text(encoding="utf-8")))
            return record if record.version == VERSION else None
        return None

    def write(self, assignment, student, record):
        """Replace a record."""
        text = json.dumps(asdict(record), indent=1)
        replace_file(self._path(assignment, student), text.encode("utf-8"))

    def of(self, assignment):
        """Read all records of an assignment.

        Returns
        -------
        records : dict of str to Record
            By student.
        """
        found = {
            path.stem: self.read(assignment, path.stem)
            for path in sorted(self._path(assignment, "any").parent.glob("*.json"))
        }
        return {student: record for student, record in found.items() if record}

    def keep(self, assignment, student, notebook, data):
        """Keep a run with its sealed answers; they show the graded cases' answers."""
        path = self._kept(assignment, student, notebook)
        for folder in (path.parent.parent.parent, path.parent.parent, path.parent):
            folder.mkdir(parents=True, exist_ok=True)
            folder.chmod(0o700)
        replace_file(path, data)

    def kept(self, assignment, student, notebook):
        """Read a run that was kept, or None."""
        with contextlib.suppress(OSError):
            return self._kept(assignment, student, notebook).read_bytes()
        return None

    def log(self, assignment, student):
        """Say where the log of a submission is."""
        return self._folder / "logs" / assignment / f"{student}.log"

    def lock(self, assignment, student):
        """Say where the lock of a submission is."""
        return self._folder / "locks" / assignment / f"{student}.lock"

    def _path(self, assignment, student):
        return self._folder / "done" / "grade" / assignment / f"{student}.json"

    def _kept(self, assignment, student, notebook):
        return self._folder / "answers" / assignment / student / f"{notebook}.json.gz"


def replace_file(path, data):
    """Write a file as a whole: whoever reads it finds the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    half.write_bytes(data)
    os.replace(half, path)
