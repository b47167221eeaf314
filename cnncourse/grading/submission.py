"""Read what a student handed in, trusting none of it: files, links, notebooks of all kinds."""

import hashlib
import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

from cnncourse.grading.trim import whole_letters

NOTEBOOK = ".ipynb"
MIB = 2**20
MOST_OF_NOTEBOOK = 128 * MIB
MOST_OF_FILE = 16 * MIB
MOST_OF_FILES = 64 * MIB
MOST_FILES = 500
MOST_CELLS = 2000
IGNORED = {".ipynb_checkpoints", "__pycache__", "feedback", ".DS_Store", "__MACOSX"}
KINDS = ("code", "markdown", "raw")


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
            submission.remarks.append(f"{_shown(name)} was left out: {problem}")
        elif len(submission.files) >= MOST_FILES:
            submission.remarks.append(f"{_shown(name)} was left out: too many files")
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


def _shown(name):
    return name.encode("utf-8", "replace").decode("utf-8")


def find_notebooks(submission, expected):
    """Find the notebooks an assignment consists of, under whatever names they came.

    Parameters
    ----------
    submission : Submission
        Remarks are added to it.
    expected : dict of str to set of str
        For each notebook of the assignment, its name and the ids of its graded cells.

    Returns
    -------
    notebooks : dict of str to dict
        Clean notebooks by name, as JSON; those that were not handed in are missing.

    Raises
    ------
    Rejected
        If none can be read, or none is recognised.
    """
    parsed, problems = {}, {}
    for name, data in submission.files.items():
        if name.endswith(NOTEBOOK):
            try:
                parsed[name] = clean(data, remarks := [])
                problems[name] = remarks
            except Rejected as error:
                problems[name] = [str(error)]
    chosen = {name: f"{name}{NOTEBOOK}" for name in expected if f"{name}{NOTEBOOK}" in parsed}
    spare = [file for file in parsed if file not in chosen.values()]
    for name in expected.keys() - chosen.keys():
        file = _most_alike(parsed, spare, expected[name])
        if file is not None:
            chosen[name] = file
            spare.remove(file)
            submission.remarks.append(f"{_shown(file)} was taken for {name}{NOTEBOOK}")
    if not chosen:
        raise Rejected(_why_none(submission, expected, parsed, problems))
    for file in chosen.values():
        submission.remarks.extend(problems[file])
    for name in expected.keys() - chosen.keys():
        submission.remarks.append(f"{name}{NOTEBOOK} was not handed in")
    return {name: parsed[file] for name, file in chosen.items()}


def _most_alike(parsed, files, ids):
    """Pick the notebook with the most graded cells of an assignment; a tie is no answer."""
    scores = sorted(((len(ids & _ids(parsed[file])), file) for file in files), reverse=True)
    scores = [(score, file) for score, file in scores if score]
    if not scores or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return scores[0][1]


def _ids(notebook):
    roles = (cell["metadata"].get("nbgrader", {}) for cell in notebook["cells"])
    return {role["grade_id"] for role in roles if "grade_id" in role}


def _why_none(submission, expected, parsed, problems):
    wanted = " or ".join(f"{name}{NOTEBOOK}" for name in expected)
    broken = [f"{_shown(f)}: {' '.join(problems[f])}" for f in problems if f not in parsed]
    if broken:
        return "; ".join(broken)
    if parsed:
        names = ", ".join(map(_shown, parsed))
        return f"{wanted} is missing, and {names} cannot be told to be it"
    return "; ".join([f"{wanted} was not handed in", *submission.remarks])


def clean(data, remarks):
    """Read a notebook and keep only what a notebook of format 4.5 has, outputs aside.

    Parameters
    ----------
    data : bytes
    remarks : list of str
        What had to be mended is added here.

    Returns
    -------
    notebook : dict

    Raises
    ------
    Rejected
        If it is no notebook.
    """
    raw = _parse(data)
    major = raw.get("nbformat", 4)
    raw = _upgrade(raw, major, remarks)
    cells = raw.get("cells")
    if not isinstance(cells, list):
        raise Rejected("it is no notebook: it has no list of cells")
    if len(cells) > MOST_CELLS:
        raise Rejected(f"it has {len(cells)} cells, of at most {MOST_CELLS}")
    kept = [cell for cell in map(_cell, cells) if cell is not None]
    if len(kept) < len(cells):
        remarks.append(f"{len(cells) - len(kept)} cells were no cells, and left out")
    metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
    metadata = {k: v for k, v in metadata.items() if k not in ("widgets", "signature")}
    minor = raw.get("nbformat_minor")
    minor = minor if major == 4 and isinstance(minor, int) and 0 <= minor <= 5 else 5
    notebook = {"cells": kept, "metadata": metadata, "nbformat": 4, "nbformat_minor": minor}
    _name_cells(notebook)
    mended = whole_letters(notebook)
    if mended != notebook:
        remarks.append("characters that are none were replaced")
    return mended


def _parse(data):
    try:
        raw = json.loads(data)
    except (ValueError, RecursionError) as error:
        if not data.strip():
            raise Rejected("the file is empty") from None
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        raise Rejected(f"it is no notebook: what it holds is no JSON{where}") from None
    if not isinstance(raw, dict):
        raise Rejected("it is no notebook: it holds no cells")
    return raw


def _upgrade(raw, major, remarks):
    """Bring another version of the format to version 4."""
    if major == 4:
        minor = raw.get("nbformat_minor", 5)
        if isinstance(minor, int) and minor > 5:
            remarks.append(f"it is in format 4.{minor}, and was read as 4.5")
        return raw
    if "cells" in raw:
        remarks.append(f"it is in format {str(major)[:9]}, and was read as 4.5")
        return raw
    import nbformat  # rare, and slow to import

    try:
        upgraded = nbformat.convert(nbformat.from_dict(raw), 4)
    except Exception as error:  # whatever an old or broken notebook sets off
        said = f"it is in format {str(major)[:9]}, which cannot be read"
        raise Rejected(f"{said} ({type(error).__name__})") from None
    remarks.append(f"it was upgraded from format {major}")
    return json.loads(json.dumps(upgraded))


def _cell(raw):
    """Keep of a cell what a cell has; None if it is none."""
    source = raw.get("source", "") if isinstance(raw, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str) or raw.get("cell_type") not in KINDS:
        return None
    metadata = raw.get("metadata") if isinstance(raw.get("metadata"), dict) else {}
    if not _is_role(metadata.get("nbgrader", {"grade_id": ""})):
        metadata = {key: value for key, value in metadata.items() if key != "nbgrader"}
    cell = {"cell_type": raw["cell_type"], "metadata": metadata, "source": source}
    if cell["cell_type"] == "code":
        cell |= {"execution_count": None, "outputs": []}
    elif _are_attachments(raw.get("attachments")):
        cell["attachments"] = raw["attachments"]
    return cell | {"id": raw.get("id")}


def _is_role(role):
    return isinstance(role, dict) and isinstance(role.get("grade_id"), str)


def _are_attachments(value):
    return isinstance(value, dict) and all(
        isinstance(kinds, dict) and all(isinstance(data, str) for data in kinds.values())
        for kinds in value.values()
    )


def _name_cells(notebook):
    """Give every cell an id of its own where the format has ids."""
    taken = set()
    for i, cell in enumerate(notebook["cells"]):
        name = cell.pop("id")
        if notebook["nbformat_minor"] < 5:
            continue
        good = isinstance(name, str) and 0 < len(name) <= 64
        good = good and all(c.isascii() and (c.isalnum() or c in "-_") for c in name)
        cell["id"] = name if good and name not in taken else f"unnamed-{i}"
        taken.add(cell["id"])
