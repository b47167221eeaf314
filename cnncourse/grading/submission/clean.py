"""Make a clean notebook of whatever a file holds: other formats, other kinds of cells."""

import json

from cnncourse.grading.submission.files import Rejected
from cnncourse.grading.trim import whole_letters

MOST_CELLS = 2000
KINDS = ("code", "markdown", "raw")


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
