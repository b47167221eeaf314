"""Read the files that a student handed in, trusting none of them: links, sizes, kinds."""

import hashlib
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

NOTEBOOK = ".ipynb"
MIB = 2**20
MOST_OF_NOTEBOOK = 128 * MIB
MOST_OF_FILE = 16 * MIB
MOST_OF_FILES = 64 * MIB
MOST_FILES = 500
IGNORED = {".ipynb_checkpoints", "__pycache__", "feedback", ".DS_Store", "__MACOSX"}


class Rejected(ValueError):  # noqa: N818, the name says what happens to it
    """Nothing in a submission can be graded; the message says why, to a person."""


@dataclass
class Submission:
    """What a student handed in for an assignment.

    Parameters
    ----------
    files : dict of str to bytes
        All regular files of an acceptable size, by relative path; notebooks too.
    remarks : list of str
        What was unusual and did no harm, or was left out.
    digest : str
        Of the files, and of what was left out.
    """

    files: dict = field(default_factory=dict)
    remarks: list = field(default_factory=list)
    digest: str = ""

    def others(self):
        """The files that are no notebooks."""
        return {name: data for name, data in self.files.items() if not name.endswith(NOTEBOOK)}


def digest_of(folder):
    """Sum up a submission's files without keeping them; see `read`.

    Returns
    -------
    digest : str
        The same as `read` gives.
    """
    return _read(Path(folder), keep=False).digest


def read(folder):
    """Read the files of a submission; links and other specialities are left out.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    submission : Submission

    Raises
    ------
    Rejected
        If the folder itself is a link, or cannot be read.
    """
    return _read(Path(folder), keep=True)


def _read(folder, *, keep):
    if folder.is_symlink():
        raise Rejected("the folder that was handed in is a link to another one")
    submission, total, left = Submission(), hashlib.sha256(), MOST_OF_FILES
    for name, path in _walk(folder):
        problem, data = _content(path, left)
        total.update(f"{name}\0{problem}\0{len(data)}\0".encode("utf-8", "surrogateescape"))
        total.update(data)
        if not problem and not name.endswith(NOTEBOOK):
            left -= len(data)
        if problem:
            submission.remarks.append(f"{shown(name)} was left out: {problem}")
        elif len(submission.files) >= MOST_FILES:
            submission.remarks.append(f"{shown(name)} was left out: too many files")
        elif keep:
            submission.files[name] = data
    submission.digest = total.hexdigest()
    return submission


def _walk(folder):
    """Name the files below a folder, links among them, in order; no link is followed."""
    found = []
    for top, folders, names in os.walk(folder, onerror=_cannot):
        links = [name for name in folders if Path(top, name).is_symlink()]
        folders[:] = sorted(set(folders) - IGNORED - set(links))
        for name in {*names, *links} - IGNORED:
            path = Path(top, name)
            found.append((path.relative_to(folder).as_posix(), path))
    return sorted(found)


def _cannot(error):
    raise Rejected(f"{error.filename} cannot be read: {error.strerror}") from error


def _content(path, left):
    """Read a regular file; what is none, or is too large, gives the reason instead."""
    most = MOST_OF_NOTEBOOK if path.suffix == NOTEBOOK else min(MOST_OF_FILE, left)
    try:
        # Looked at after it was opened: what is looked at before may be another by then.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_NOFOLLOW", 0))
    except OSError as error:
        return ("it is a link" if path.is_symlink() else f"{error.strerror}"), b""
    with open(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return "it is no regular file", b""
        if status.st_size > most:
            said = f"{status.st_size / MIB:.0f} MB, of at most {most // MIB}"
            return said, b""
        return None, file.read(most)


def shown(name):
    """Write a file's name so that any terminal and any file can hold it."""
    return name.encode("utf-8", "replace").decode("utf-8")
