"""Give cells their roles back: whatever a student did to the tests, the source's count.

A test cell may have been deleted, copied, moved, retyped, or given other points, flags or
tags. Of the submission, only what the student wrote is taken.
"""

import functools
import json
import os
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import SCHEMA_VERSION
from nbgrader.preprocessors import OverwriteCells

__all__ = ["RestoreCells", "source_roles"]
FLAGS = ("grade", "solution", "locked", "task")


class RestoreCells(OverwriteCells):
    """nbgrader's OverwriteCells, for notebooks in which anything was done to the cells.

    Roles, types, points and tags come from the source. A test cell that is missing, or stands
    before what it tests, is put where it stands in the source, behind all that the student
    added there.
    """

    def preprocess(self, nb, resources):
        """Overwrite test cells by the source's; a copied cell becomes an ordinary one."""
        names = resources["nbgrader"]
        with Gradebook(names["db_url"]) as gradebook:
            known = getattr(gradebook, "roles", {})  # one that is open for a whole class
            key = (names["assignment"], names["notebook"])
            if key not in known:
                known[key] = source_roles(gradebook, _coursedir(self), names)
            roles = known[key]
        seen = set()
        for cell in reversed(nb.cells):  # of copies the last one counts, as nbgrader has it
            _restore(cell, roles, seen)
        nb, resources = super().preprocess(nb, resources)
        _put_in_place(nb, roles)
        return nb, resources


def source_roles(gradebook, coursedir, names):
    """Read what the source says of its cells: from the gradebook, and from the notebook.

    Parameters
    ----------
    gradebook : Gradebook
    coursedir : CourseDirectory or None
        Where the source notebook is; without it, tags and the order of cells are not known.
    names : dict
        With the names of the ``assignment`` and the ``notebook``.

    Returns
    -------
    roles : dict of str to dict
        By grade_id, in the order of the source: what the cell's metadata is to hold as
        ``nbgrader``, its ``tags``, and its ``source`` as it was released.
    """
    try:
        notebook = gradebook.find_notebook(names["notebook"], names["assignment"])
    except MissingEntry:
        return {}
    grades, tasks = (
        {c.name: c.max_score for c in cells}
        for cells in (notebook.grade_cells, notebook.task_cells)
    )
    solutions = {cell.name for cell in notebook.solution_cells}
    tags = _tags_in_order(coursedir, names)
    cells = sorted(
        notebook.source_cells,
        key=lambda cell: list(tags).index(cell.name) if cell.name in tags else len(tags),
    )
    return {
        cell.name: {
            "nbgrader": _role(cell, grades, solutions, tasks),
            "tags": tags.get(cell.name, []),
            "source": cell.source,
        }
        for cell in cells
    }


def _role(cell, grades, solutions, tasks):
    points = (grades | tasks).get(cell.name)
    return {
        "cell_type": cell.cell_type,
        "checksum": cell.checksum,
        "grade": cell.name in grades,
        "grade_id": cell.name,
        "locked": bool(cell.locked),
        **({} if points is None else {"points": points}),
        "schema_version": SCHEMA_VERSION,
        "solution": cell.name in solutions,
        "task": cell.name in tasks,
    }


def _coursedir(preprocessor):
    """Find the course's folders: a converter above the preprocessor knows them."""
    parent = preprocessor.parent
    while parent is not None:
        found = getattr(parent, "coursedir", None)
        if isinstance(found, CourseDirectory):
            return found
        parent = parent.parent
    return None


def _tags_in_order(coursedir, names):
    if coursedir is None:
        return {}
    folder = coursedir.format_path(coursedir.source_directory, ".", names["assignment"])
    path = Path(folder, f"{names['notebook']}.ipynb")
    return _read_tags(path, os.stat(path).st_mtime_ns) if path.exists() else {}


@functools.lru_cache(maxsize=64)
def _read_tags(path, _):
    """Read the tags of a source notebook's graded cells, in the order of the cells."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    graded = (cell["metadata"] for cell in cells if "nbgrader" in cell["metadata"])
    return {meta["nbgrader"].get("grade_id"): meta.get("tags", []) for meta in graded}


def _restore(cell, roles, seen):
    """Give a cell the role that the source has for it, or none."""
    role = cell.metadata.pop("nbgrader", None)
    grade_id = role.get("grade_id") if isinstance(role, dict) else None
    if not isinstance(grade_id, str) or grade_id not in roles or grade_id in seen:
        return
    seen.add(grade_id)
    _assign(cell, roles[grade_id])


def _assign(cell, role):
    cell.metadata["nbgrader"] = nbformat.from_dict(role["nbgrader"])
    cell.metadata.pop("tags", None)
    if role["tags"]:
        cell.metadata["tags"] = list(role["tags"])
    _retype(cell, role["nbgrader"]["cell_type"])


def _retype(cell, cell_type):
    if cell.cell_type == cell_type:
        return
    cell.cell_type = cell_type
    if cell_type == "code":
        cell.pop("attachments", None)
        cell.outputs, cell.execution_count = [], None
    else:
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def _put_in_place(nb, roles):
    """Bring missing cells back, and tests that stand too early to where they belong.

    A student's own cell that is missing stays so, but for a written answer: it is there as
    it was released, and counts as not answered.
    """
    before = set()  # cells of the source that come before the one looked at
    for name, role in roles.items():
        flags = role["nbgrader"]
        at = {_name(cell): i for i, cell in enumerate(nb.cells)}
        last = max((i for found, i in at.items() if found in before), default=-1)
        too_early = flags["grade"] and not flags["solution"] and at.get(name, last) < last
        if name not in at and (flags["grade"] or flags["task"] or not flags["solution"]):
            _insert(nb, _as_released(nb, name, role), last)
        elif too_early:
            _insert(nb, nb.cells.pop(at[name]), last - 1)
        if not flags["grade"] or flags["solution"]:
            before.add(name)


def _insert(nb, cell, last):
    """Put a cell behind another and what the student wrote after that."""
    place = last + 1
    while place < len(nb.cells) and _name(nb.cells[place]) is None:
        place += 1
    nb.cells.insert(place, cell)


def _name(cell):
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def _as_released(nb, name, role):
    make = getattr(nbformat.v4, f"new_{role['nbgrader']['cell_type']}_cell")
    ids = {cell.get("id") for cell in nb.cells}
    cell = make(role["source"], id=name if name not in ids else f"{name[:50]}-restored")
    if nb.nbformat_minor < 5:
        del cell["id"]
    _assign(cell, role)
    return cell
