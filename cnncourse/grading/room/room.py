"""The supervisor: has one submission after the other run, and brings its outputs home."""

import contextlib
import copy
import functools
from dataclasses import dataclass

from cnncourse.grading.room import ladder
from cnncourse.grading.room.conversation import Clock, Conversation, Stopped, spoke_outside
from cnncourse.grading.room.files import checked
from cnncourse.grading.room.limits import Limits
from cnncourse.grading.room.meter import Budget
from cnncourse.grading.room.outputs import CellOutputs, Nonsense, error
from cnncourse.notebook import SEED

MOST_RESTARTS = 8


@dataclass(frozen=True)
class Execution:
    """What came of running a notebook.

    Parameters
    ----------
    notebook : dict or NotebookNode
        A copy of what was given, with outputs and execution counts.
    problems : list of str
        What went wrong, for the instructor and the student; empty where all cells ran.
    rung : str
        How strictly the process was confined.
    seconds, processor_seconds : float
        What it took, restarts included.
    """

    notebook: dict
    problems: list
    rung: str
    seconds: float
    processor_seconds: float


class Room:
    """Runs submissions, one at a time, each in a process of its own.

    Parameters
    ----------
    limits : Limits
    require : str or None
        A rung of the ladder; less is refused.
    keeper : callable, optional
        Opens a certain rung, whatever better there is: see `ladder`.

    Raises
    ------
    NoRoom
        If the system offers less than what is required; the message says what to install.

    Examples
    --------
    >>> from nbformat.v4 import new_code_cell, new_notebook
    >>> with Room() as room:
    ...     execution = room.run(new_notebook(cells=[new_code_cell("6 * 7")]), seed="a")
    >>> execution.notebook.cells[0].outputs[0].data
    {'text/plain': '42'}
    """

    def __init__(self, *, limits=Limits(), require=None, keeper=None):  # noqa: B008, it is frozen
        self.limits = limits
        self._open = keeper or functools.partial(ladder.open_room, require=require)
        self._keepers = {}
        self._keeper = self._keeper_for(())

    def _keeper_for(self, packages):
        """Open, once, what starts processes that may import these packages."""
        if packages not in self._keepers:
            self._keepers[packages] = self._open(self.limits, packages)
        return self._keepers[packages]

    @property
    def rung(self):
        """How strictly submissions are confined."""
        return self._keeper.rung

    def __enter__(self):
        """Nothing to do: the room is open."""
        return self

    def __exit__(self, *_):
        """Close the room."""
        self.close()

    def close(self):
        """End the room's processes."""
        for keeper in self._keepers.values():
            keeper.close()

    def run(self, notebook, *, seed, files=None, packages=()):
        """Run the cells of a notebook in order.

        A cell that ends its process, or takes too long, gets an error as its output; a new
        process runs the cells before it again and goes on behind it.

        Parameters
        ----------
        notebook : dict or NotebookNode
            Of nbformat 4; left as it is.
        seed : str
            Of the graded cases.
        files : dict of str to bytes, optional
            What lies beside the notebook, by relative names.
        packages : tuple of str
            What may be imported beside NumPy and Matplotlib: what the assignment allows.

        Returns
        -------
        execution : Execution
        """
        keeper = self._keeper_for(tuple(packages))
        run = _Run(keeper, self.limits, notebook, seed, checked(files or {}))
        run.go_through()
        if type(notebook) is dict:
            return run.execution(run.notebook)
        from nbformat import from_dict  # takes seconds, and who gives no node needs none

        return run.execution(from_dict(run.notebook))


class _Run:
    """One notebook on its way through one or several processes."""

    def __init__(self, keeper, limits, notebook, seed, files):
        self._keeper, self._limits, self._files = keeper, limits, files
        self.notebook = copy.deepcopy(notebook)
        self._environment = {"NBGRADER_EXECUTION": "autograde", SEED: seed}
        self._numbered = _number(self.notebook)
        self._budget = Budget(patience=keeper.patience)
        self._problems = []
        self._displays = {}
        self._done, self._bad = 0, set()  # cells that have their outputs; that ended a process

    def go_through(self):
        """Run everything; restart as often as it takes, within bounds."""
        for _ in range(MOST_RESTARTS + 1):
            if not self._go_on():
                break
            self._budget.start_again()
        self._give_up_the_rest()

    def execution(self, notebook):
        """Say what came of it."""
        return Execution(
            notebook,
            self._problems,
            self._keeper.rung,
            self._budget.seconds,
            self._budget.processor_seconds,
        )

    def _go_on(self):
        """Run what is left in a new process; tell whether another one is needed."""
        if self._done == len(self._numbered):
            return False
        place = self._done
        try:
            with self._child() as (conversation, clock):
                for place in self._places():
                    self._run_cell(place, conversation, clock)
        except Stopped as stop:
            self._mourn(place, stop)
            return not stop.final
        return False

    def _places(self):
        """The cells to run: those before the first that has no outputs, again, and the rest."""
        return [
            place
            for place, (cell, _) in enumerate(self._numbered)
            if place not in self._bad and not (place < self._done and _is_locked_test(cell))
        ]

    @contextlib.contextmanager
    def _child(self):
        """Have a new process, ready for its first cell."""
        child, connection = self._keeper.start()
        try:
            with connection:
                clock = Clock(self._limits, self._budget, child)
                conversation = Conversation(connection, child, self._limits.output_bytes)
                start = {
                    "environment": self._environment,
                    "files": [[name, len(content)] for name, content in self._files.items()],
                }
                conversation.say(start, *self._files.values(), clock=clock)
                conversation.hear(clock=clock)
                yield conversation, clock
                with contextlib.suppress(Stopped):
                    clock.check(now=True)
        finally:
            child.end()

    def _run_cell(self, place, conversation, clock):
        cell, count = self._numbered[place]
        collected = CellOutputs(count, self._displays if place >= self._done else {})
        if place >= self._done:
            cell["execution_count"], cell["outputs"] = count, collected.outputs
        clock.start_cell()
        conversation.say({"source": _source(cell), "count": count}, clock=clock)
        while "done" not in (message := conversation.hear(clock=clock)):
            try:
                collected.add(message.get("output"))
            except Nonsense as what:
                raise spoke_outside(what) from None
        self._done = max(self._done, place + 1)

    def _mourn(self, place, stop):
        """Write into a cell why its process ended there; it is not run again."""
        cell, count = self._numbered[place]
        self._bad.add(place)
        if place >= self._done:
            self._done = place + 1
            cell["execution_count"] = count
            _write(cell, stop.name, stop.reason)
        self._problems.append(f"cell {count}: {stop.reason}")

    def _give_up_the_rest(self):
        left = self._numbered[self._done :]
        for cell, _ in left:
            _write(cell, "NotRun", "the notebook had to be stopped before this cell")
        if left:
            self._problems.append(f"{len(left)} cells were not run")


def _number(notebook):
    """The cells to run, in order, with their execution counts; all others are emptied."""
    numbered = []
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
            if _source(cell).strip() and not _is_skipped(cell):
                numbered.append((cell, len(numbered) + 1))
    return numbered


def _source(cell):
    """The text of a cell; in a file it may be a list of lines."""
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)


def _is_skipped(cell):
    """As in Jupyter, by a tag; but a student's tag on a graded cell means nothing."""
    about = cell.get("metadata", {})
    return "nbgrader" not in about and "skip-execution" in about.get("tags", ())


def _is_locked_test(cell):
    """A test that the student cannot change leaves nothing behind that later cells need."""
    about = cell.get("metadata", {}).get("nbgrader", {})
    return bool(about.get("grade")) and not about.get("solution")


def _write(cell, name, reason):
    said = error(name, reason, [f"{name}: {reason}"])
    cell["outputs"] = [*cell["outputs"], said]


def as_json(execution):
    """Turn an `Execution` into plain JSON types, to travel between processes."""
    return {name: getattr(execution, name) for name in Execution.__dataclass_fields__}
