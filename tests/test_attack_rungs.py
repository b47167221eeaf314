"""A dozen of the attacks on the lower rungs of the ladder: what each promises, and what not.

The class of `test_attacks` is graded on the first rung. On the others the judge is as far away,
but the walls are worth less. On the last there are none: what runs there leaves nothing behind.
"""

import nbformat
import psutil
import pytest
from attacks import ASSIGNMENT, ATTACKS, FULL, MARK
from attacks.work import NAME, Work
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_notebook
from test_attacks import PROBE, Course, solved_notebook

from cnncourse.grading.judge import judge_cell
from cnncourse.grading.room import Limits, NoRoom, Room, ladder

pytestmark = pytest.mark.timeout(600)
LIMITS = Limits(cell_seconds=8, notebook_seconds=60, processor_seconds=30, memory=2**30)
FOR_THE_JUDGE = (
    "cheat_call_torch",
    "cheat_reference_of_the_catalogue",
    "cheat_own_seal",
    "cheat_verdicts_of_its_own",
    "breaks_crash",
    "breaks_loop_without_alarms",
)
FOR_THE_WALLS = ("cheat_without_the_guard", "all_at_once")
ALL_AT_ONCE = (  # one submission: each adds a cell of its own behind the tests
    "leak_read_the_secret",
    "leak_read_the_solutions",
    "leak_read_other_processes",
    "escape_network",
    "escape_write_outside",
    "escape_daemons",
    "escape_poison_the_next",
)
DESERVED = {name: attack.points for name, attack in ATTACKS.items()} | {"all_at_once": FULL}
# It takes the guard away and looks for torch, and knocks at two doors.
LOOK = """
import importlib.util, socket, sys
sys.meta_path[:] = [finder for finder in sys.meta_path if isinstance(finder, type)]
sys.path += ["$PACKAGES"]

def opens(family, address):
    try:
        with socket.socket(family) as line:
            line.connect(address)
    except OSError:
        return False
    return True

{
    "torch": importlib.util.find_spec("torch") is not None,
    "network": opens(socket.AF_INET, ("127.0.0.1", $PORT)),
    "sockets": opens(socket.AF_UNIX, "\\x00$TOKEN-socket"),
}
"""


class Visit:
    """What became of some attacks, and of an honest student after them, in one room."""

    def __init__(self, room, folder, attacks):
        self.room, self.course = room, Course(folder)
        self.points, self.outputs = {}, {}
        secret = self.course.folder / "classroom" / "secret"
        secret.parent.mkdir()
        secret.write_text(f"LEAKED {self.course.token}")
        try:
            notebooks = self.hand_in(attacks)
            before = self.course.watched()
            for name, notebook in notebooks.items():
                self.run(name, notebook)
            self.changed = before != self.course.watched()
            self.knocks = [one for one in map(knock, self.course.listeners) if one]
            source = LOOK
            for name, value in self.course.places().items():
                source = source.replace(f"${name}", value)
            self.run("look", new_notebook(cells=[new_code_cell(source)]))
        finally:
            for one in self.course.listeners:
                one.close()

    def hand_in(self, attacks):
        """Write the attacks' notebooks, and read them again; an honest one comes last."""
        solved = solved_notebook(ASSIGNMENT)
        released = nbformat.read(str(ROOT / "exercises" / ASSIGNMENT / NAME), as_version=4)
        notebooks = {}
        for name in attacks:
            folder = self.course.folder_of(name)
            folder.mkdir(parents=True)
            work = Work(folder, solved, released, self.course.places())
            for part in ALL_AT_ONCE if name == "all_at_once" else [name]:
                ATTACKS[part].build(work)
            work.write()
            notebooks[name] = nbformat.read(str(folder / NAME), as_version=4)
        solved.cells.append(new_code_cell(PROBE))
        return notebooks | {"honest": solved}

    def run(self, name, notebook):
        """Run a notebook, and judge it as a worker does."""
        cells = self.room.run(notebook, seed=name).notebook.cells
        judged = (judge_cell(cell, seed=name, before=cells[:i]) for i, cell in enumerate(cells))
        self.points[name] = sum(float(one["data"]["text/plain"]) for one in judged if one)
        self.outputs[name] = "\n".join(str(cell.get("outputs", "")) for cell in cells)


def knock(listener):
    """Take what came to a socket, if anything did."""
    try:
        return listener.accept() if hasattr(listener, "accept") else listener.recv(100)
    except OSError:
        return None


def visit(keeper, folder, attacks):
    """Let some attacks into a room of a certain rung; skip where it cannot be had."""
    try:
        with Room(keeper=keeper, limits=LIMITS) as room:
            return Visit(room, folder, attacks)
    except NoRoom as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def landlock(tmp_path_factory):
    """All of them on the second rung."""
    folder = tmp_path_factory.mktemp("landlock")
    return visit(ladder.Landlocked, folder, FOR_THE_JUDGE + FOR_THE_WALLS)


@pytest.fixture(scope="module")
def limits(tmp_path_factory):
    """Those that need no walls on the last rung."""
    return visit(ladder.Limited, tmp_path_factory.mktemp("limits"), FOR_THE_JUDGE)


@pytest.mark.parametrize("rung", ["landlock", "limits"])
def test_an_attack_gets_what_its_work_deserves_on_every_rung(rung, request):
    """The judge is in another process, and time and memory are bounded from outside."""
    points = request.getfixturevalue(rung).points
    attacks = points.keys() & DESERVED.keys()

    assert attacks >= set(FOR_THE_JUDGE)
    assert {name: points[name] for name in attacks} == {name: DESERVED[name] for name in attacks}


@pytest.mark.parametrize("rung", ["landlock", "limits"])
def test_the_next_student_meets_a_process_of_their_own(rung, request):
    """Whoever came before, full points, and none of the marks that they left in theirs."""
    done = request.getfixturevalue(rung)

    assert done.points["honest"] == FULL
    assert "POISONED" not in done.outputs["honest"]


def test_landlock_keeps_files_and_network_shut(landlock):
    """Nothing is read, written or reached, and torch is out of reach without its guard."""
    for name, said in landlock.outputs.items():
        assert landlock.course.token not in said, name
    assert not landlock.changed
    assert landlock.course.marks() == []
    assert landlock.knocks == []
    assert "{'torch': False, 'network': False, 'sockets': False}" in landlock.outputs["look"]


def test_nothing_outlives_landlock(landlock):
    """Not even what left its session."""
    commands = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]

    assert not [command for command in commands if MARK in command]


def test_the_last_rung_has_no_walls(limits):
    """The guide says so; whoever closes one of these doors mends the guide."""
    assert "{'torch': True, 'network': True, 'sockets': True}" in limits.outputs["look"]
