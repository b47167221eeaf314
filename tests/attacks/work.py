"""A submission on its way: the solved notebook, the folder it goes into, and what is around."""

import copy
import json
from pathlib import Path

from nbformat.v4 import new_code_cell, new_markdown_cell

from attacks import ASSIGNMENT, EVERYTHING

NAME = f"{ASSIGNMENT}.ipynb"
ZEROS = """
def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
    return np.zeros((len(x), len(w), x.shape[2] - w.shape[2] + 1, x.shape[3] - w.shape[3] + 1))
"""
HEAD = "def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):\n"


class Work:
    """What an attack may change.

    Parameters
    ----------
    folder : Path
        Where the submission lies, made already.
    solved, released : NotebookNode
        The notebook with every solution, and as the students get it; copied.
    places : dict of str to str
        What ``$CANARY`` and the like stand for in sources.
    """

    def __init__(self, folder, solved, released, places):
        self.folder = Path(folder)
        self.notebook = copy.deepcopy(solved)
        self.released = released
        self.places = places
        self.written = False
        self.added = 0

    def cell(self, name):
        """The cell of this id."""
        return next(cell for cell in self.notebook.cells if cell.id == name)

    def place(self, name):
        """Where the cell of this id stands."""
        return [cell.id for cell in self.notebook.cells].index(name)

    def tests(self):
        """The cells that are worth points."""
        return [cell for cell in self.notebook.cells if cell.id.startswith("check_")]

    def solve(self, name, source):
        """Put a student's code into a solution cell."""
        self.cell(name).source = source.strip()

    def conv2d(self, *lines):
        """Make these lines the body of conv2d."""
        body = "".join(f"    {line}\n" for line in "\n".join(lines).split("\n"))
        self.solve("conv2d", HEAD + body)

    def unsolve(self, *names):
        """Leave exercises as they were handed out; all of them by default."""
        stubs = {cell.id: cell.source for cell in self.released.cells}
        for name in names or EVERYTHING:
            self.cell(name).source = stubs[name]

    def add(self, source, *, after=None, before=None, markdown=False):
        """Insert a cell of the student's own; at the end where no place is named."""
        cells = self.notebook.cells
        self.added += 1
        where = len(cells)
        if after:
            where = self.place(after) + 1
        if before:
            where = self.place(before)
        make = new_markdown_cell if markdown else new_code_cell
        cells.insert(where, make(source.strip("\n"), id=f"own-{self.added}"))

    def text(self):
        """The notebook as it is written to a file."""
        return self._named(json.dumps(self.notebook, indent=1, ensure_ascii=False))

    def plain(self):
        """The notebook as plain JSON, for what nbformat would refuse to write."""
        return json.loads(self.text())

    def write(self, content=None, name=NAME):
        """Write a file of the submission; the notebook, unless something else is given."""
        self.written = True
        content = self.text() if content is None else content
        if isinstance(content, dict | list):
            content = json.dumps(content)
        data = content if isinstance(content, bytes) else self._named(content).encode("utf-8")
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def also(self, content, name):
        """Write a file beside the notebook."""
        written, self.written = self.written, True
        self.write(content, name)
        self.written = written

    def _named(self, text):
        for name, value in self.places.items():
            text = text.replace(f"${name}", value)
        return text


def hand_in(attack, work):
    """Build an attack's submission."""
    attack.build(work)
    if not work.written:
        work.write()
