"""Run a capstone's notebook from top to bottom, and show how far it is."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from cnncourse.training.modes import VARIABLE

FOLDER = Path("book", "capstones")


class CapstoneError(Exception):
    """A capstone that is not there, or that broke off; the message says where and what to do."""


def find(name: str, folder: Path = FOLDER) -> Path:
    """Look up a capstone by its name, or by a beginning that no other has.

    Parameters
    ----------
    name : str
        Such as "c6_resnet", or "c6".
    folder : Path
        Where the capstones are.

    Returns
    -------
    Path
        The notebook.

    Raises
    ------
    CapstoneError
        If there is none, or more than one.
    """
    known = {path.stem: path for path in sorted(folder.glob("*.ipynb"))}
    if not known:
        raise CapstoneError(f"{folder} holds no capstone: is this the course's folder?")
    fitting = [name] if name in known else [stem for stem in known if stem.startswith(name)]
    if len(fitting) == 1:
        return known[fitting[0]]
    near = fitting or difflib.get_close_matches(name, known, n=3)
    hint = f"did you mean {' or '.join(near)}?" if near else f"there are: {', '.join(known)}"
    raise CapstoneError(f"no capstone {name!r}; {hint}")


def run(
    path: Path,
    *,
    mode: str | None = None,
    output: Path | None = None,
    told: Callable[[str], None] = lambda text: None,
    said: Callable[[str], None] = lambda text: None,
) -> None:
    """Run a notebook in its own folder.

    What it trains it keeps in checkpoints of its own, so that a second run goes on where the
    first broke off.

    Parameters
    ----------
    path : Path
        The notebook; it stays as it is, unless it is `output` as well.
    mode : {"smoke", "full"}, optional
        By default full where the data is at hand.
    output : Path, optional
        File for the notebook with its outputs, written when all cells have run.
    told : callable
        Told which cell is under way.
    said : callable
        Given what the cells print, as they print it.

    Raises
    ------
    CapstoneError
        If a cell fails, or the process that runs the cells dies.
    """
    notebook = nbformat.read(path, as_version=4)
    client = _Client(
        notebook,
        told,
        said,
        timeout=None,
        record_timing=False,
        resources={"metadata": {"path": str(path.parent)}},
    )
    environment = dict(os.environ) | ({VARIABLE: mode} if mode else {})
    try:
        client.execute(env=environment)
    except CellExecutionError as error:
        raise CapstoneError(f"{path}: {client.place} failed\n{error.traceback}") from None
    except DeadKernelError as error:
        raise CapstoneError(
            f"{path}: the process died in {client.place} ({error}); if memory ran out, close "
            f"other programs. Run it again: it goes on from its checkpoints"
        ) from None
    if output is not None:
        _write(notebook, output)


class _Client(NotebookClient):
    """Says which cell is under way, and passes on what it prints while it still runs."""

    def __init__(self, notebook, told, said, **options):
        super().__init__(notebook, on_cell_start=self._begin, **options)
        self.told, self.said, self.place = told, said, "the start"

    def _begin(self, cell, cell_index):
        code = [n for n, one in enumerate(self.nb.cells) if one.cell_type == "code"]
        number = sum(n <= cell_index for n in code)
        self.place = f"cell {number} of {len(code)}: {cell.get('id', cell_index)}"
        self.told(self.place)

    def process_message(self, msg, cell, cell_index):
        if msg["msg_type"] == "stream" and msg["content"]["name"] == "stdout":
            self.said(msg["content"]["text"])
        return super().process_message(msg, cell, cell_index)


def _write(notebook, output):
    output.parent.mkdir(parents=True, exist_ok=True)
    part = output.with_name(f".{output.name}.part")
    try:
        nbformat.write(notebook, part)
        os.replace(part, output)
    finally:
        part.unlink(missing_ok=True)
