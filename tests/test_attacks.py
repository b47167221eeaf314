"""A class in which most are hostile or unlucky: each gets what its work deserves, and no more."""

import html
import json
import os
import re
import secrets
import shutil
import socket
import sys
import sysconfig
from collections import Counter
from pathlib import Path

import nbformat
import psutil
import pytest
from attacks import ASSIGNMENT, ATTACKS, MARK
from attacks.work import NAME, Work, hand_in
from conftest import ROOT
from nbgrader.api import Gradebook
from nbgrader.utils import is_solution
from rich.console import Console

from cnncourse.grading.classroom import Classroom
from cnncourse.grading.demo import CLASS, edit
from cnncourse.grading.feedback.all_pages import write_pages
from cnncourse.grading.judge import VERDICT_MIME
from cnncourse.grading.room import NoRoom, Room

pytestmark = [
    pytest.mark.xdist_group("attacks"),  # one class for all of these tests
    pytest.mark.timeout(1500),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own, harmless
]
LIMITS = {
    "cell_seconds": 4.0,
    "notebook_seconds": 15.0,
    "processor_seconds": 15.0,
    "memory": 2**30,
}
# A handful that plain nbgrader grades too, none of which waits for a limit.
PLAIN = (
    "cheat_call_torch",
    "cheat_own_seal",
    "cheat_verdicts_of_its_own",
    "tamper_tests_as_solutions",
    "tamper_bonus_exercises",
    "tamper_more_points",
    "leak_read_the_gradebook",
    "escape_poison_the_next",
    "breaks_system_exit",
    "breaks_crash",
    "breaks_noise_on_the_line",
    "package_shadow_modules",
    "honest_names_used_again",
)
ODD_NAMES = ("o'neil", "ünal", "名前", "a b", "-rf", "<b>x", "x;y", "100%", "j.r.tolkien", "{0}")
HONEST = [f"honest_{i:02d}" for i in range(1, len(CLASS) + 1)] + list(ODD_NAMES)
# Every honest student looks for what an attack may have left in the process or on the disk.
PROBE = f"""
import builtins, glob, os, sys
found = [hasattr(builtins, "poisoned"), hasattr(np, "poisoned"), "POISONED" in os.environ,
         "{MARK}" in sys.modules, hasattr(builtins, "shadowed")]
for folder in ("~", "/tmp", "/dev/shm", "/var/tmp", ".", "~/.ipython/profile_default/startup"):
    found += glob.glob(os.path.expanduser(folder) + "/*{MARK}*")
assert not any(found), "POISONED"
"""


def solved_notebook(assignment):
    """The source notebook as a student would have written it; figures take most of its time."""
    notebook = nbformat.read(ROOT / "solutions" / assignment / f"{assignment}.ipynb", as_version=4)
    for cell in notebook.cells:
        if is_solution(cell):
            cell.source = edit(cell.source, cell.id, ())
        if cell.id.startswith("plot_"):
            cell.source = "pass  # no figure"
    return notebook


def write_honest(course, student, habits):
    """Hand in the work of one of the demo's students, with the probe at its end."""
    notebook, released = solved_notebook(ASSIGNMENT), course.released
    stubs = {cell.id: cell.source for cell in released.cells}
    sources = nbformat.read(ROOT / "solutions" / ASSIGNMENT / NAME, as_version=4)
    sources = {cell.id: cell.source for cell in sources.cells}
    stops = {habit.removeprefix("stops at ") for habit in habits if habit.startswith("stops at ")}
    writing = True
    for cell in notebook.cells:
        writing = writing and cell.id not in stops
        if is_solution(cell):
            cell.source = edit(sources[cell.id], cell.id, habits) if writing else stubs[cell.id]
    notebook.cells.append(nbformat.v4.new_code_cell(PROBE, id="probe"))
    path = course.folder_of(student) / NAME
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)


class Course:
    """A course folder, what surrounds it, and how its class was graded."""

    def __init__(self, folder):
        self.folder = folder / "course"
        self.canary = folder / "canary"
        self.token = secrets.token_hex(16)
        self.canary.mkdir(parents=True)
        shutil.copytree(ROOT / "solutions" / ASSIGNMENT, self.folder / "solutions" / ASSIGNMENT)
        shutil.copy(ROOT / "nbgrader_config.py", self.folder)
        self.listen()

    def listen(self):
        """Wait for visitors on sockets of every kind."""
        self.listeners = [socket.socket(), socket.socket(type=socket.SOCK_DGRAM)]
        self.listeners[0].bind(("127.0.0.1", 0))
        self.port = self.listeners[0].getsockname()[1]
        self.listeners[1].bind(("127.0.0.1", self.port))
        for address in (str(self.canary / "socket"), f"\0{self.token}-socket"):
            self.listeners.append(socket.socket(socket.AF_UNIX))
            self.listeners[-1].bind(address)
        for one in self.listeners:
            one.setblocking(False)
            if one.type == socket.SOCK_STREAM:
                one.listen()

    def places(self):
        """What the names in the attacks' sources stand for."""
        return {
            "CANARY": str(self.canary),
            "COURSE": str(self.folder),
            "PROJECT": str(ROOT),
            "PACKAGES": sysconfig.get_path("purelib"),
            "PYTHON": sys.executable,
            "PORT": str(self.port),
            "TOKEN": self.token,
            "PIDS": os.readlink("/proc/self/ns/pid"),
            "MOUNTS": os.readlink("/proc/self/ns/mnt"),
        }

    def folder_of(self, student):
        """Where a student's submission lies."""
        return self.folder / "classroom" / "submitted" / student / ASSIGNMENT

    def write_attacks(self):
        """Hand in every attack."""
        solved = solved_notebook(ASSIGNMENT)
        for attack in ATTACKS.values():
            folder = self.folder_of(attack.name)
            folder.mkdir(parents=True)
            hand_in(attack, Work(folder, solved, self.released, self.places()))

    def points(self):
        """Read every student's points from the gradebook."""
        db = f"sqlite:///{self.folder}/classroom/gradebook.db"
        with Gradebook(db, "cnncourse") as gradebook:
            return {row["student"]: row["score"] for row in gradebook.submission_dicts(ASSIGNMENT)}

    def cells_of(self, student):
        """The cells of the autograded notebook, as its file has them."""
        path = self.folder / "classroom" / "autograded" / student / ASSIGNMENT / NAME
        return json.loads(path.read_text(encoding="utf-8"))["cells"] if path.exists() else []

    def outputs_of(self, student):
        """All outputs of the autograded notebook as one text."""
        return "\n".join(str(cell.get("outputs", "")) for cell in self.cells_of(student))

    def reports(self, student):
        """The report on each exercise as a student reads it."""
        reports = {}
        for cell in self.cells_of(student):
            for output in cell.get("outputs", ()):
                verdict = output.get("data", {}).get(VERDICT_MIME)
                if verdict:
                    text = "".join(output["data"]["text/html"])
                    reports[verdict["exercise"]] = html.unescape(text)
        return reports

    def watched(self):
        """Everything that grading has no business to change, by its path, size and time."""
        kept = [self.folder / "solutions", self.folder / "nbgrader_config.py"]
        kept += [self.folder / "classroom" / "submitted", self.folder / "classroom" / "secret"]
        files = [path for top in kept if top.exists() for path in (top, *top.rglob("*"))]
        status = {str(path): path.lstat() for path in files if not path.is_dir()}
        return {path: (one.st_mode, one.st_size, one.st_mtime_ns) for path, one in status.items()}

    def marks(self):
        """Find everything outside the classroom that carries the attacks' mark."""
        packages = Path(sysconfig.get_path("purelib"))
        stdlib = Path(sysconfig.get_path("stdlib"))
        tops = [self.folder, self.folder / "solutions", ROOT, packages, packages / "numpy", stdlib]
        tops += [
            Path(p) for p in ("/", "/tmp", "/var/tmp", "/dev/shm", "/etc", "/usr/lib", "/root")
        ]
        tops += [Path.home(), Path.home() / ".ipython/profile_default/startup", Path.cwd()]
        found = [str(path) for top in tops if top.is_dir() for path in top.glob(f"*{MARK}*")]
        return found + [str(p) for p in self.canary.rglob("*") if p.name != "socket"]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course graded twice: the honest alone, then everybody at once."""
    try:
        with Room(require="bubblewrap"):
            pass
    except NoRoom as error:
        pytest.skip(f"attacks would run free: {error}")
    course = Course(tmp_path_factory.mktemp("attacked"))
    before = Path.cwd()
    os.chdir(course.folder)
    try:
        classroom = Classroom(Console(quiet=True))
        assert classroom.release([ASSIGNMENT]) == []
        course.released = nbformat.read(f"exercises/{ASSIGNMENT}/{NAME}", as_version=4)
        for student, habits in zip(HONEST, [*CLASS.values(), *CLASS.values()], strict=False):
            write_honest(course, student, habits)
        course.alone = classroom.grading([ASSIGNMENT], limits=LIMITS, require="bubblewrap")
        course.points_alone = course.points()
        course.write_attacks()
        course.watched_before = course.watched()
        course.grading = classroom.grading(
            [ASSIGNMENT], force=True, limits=LIMITS, require="bubblewrap"
        )
        course.reached = course.points()
        course.records = classroom.records(ASSIGNMENT)
        yield course
    finally:
        os.chdir(before)
        for one in course.listeners:
            one.close()


def test_the_grader_itself_never_fails(course):
    """Whatever was handed in, no failure is the grader's."""
    assert [failure for failure in course.grading.failures if failure.fault] == []


def test_every_honest_student_has_the_points_of_a_run_without_the_hostile(course):
    """The same class with and without two hundred attackers."""
    assert course.alone.failures == []
    assert len(course.points_alone) == len(HONEST)
    assert {student: course.reached[student] for student in HONEST} == course.points_alone
    assert not [student for student in HONEST if "POISONED" in course.outputs_of(student)]


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_gets_what_its_work_deserves(course, name):
    """The exact points, and a report that says what was wrong."""
    attack = ATTACKS[name]
    reasons = {failure.student: failure.reason for failure in course.grading.failures}
    if attack.points is None:
        assert name in reasons, f"it was graded: {course.reached.get(name)}"
        assert not course.reached.get(name)
        assert len(reasons[name]) < 600
        assert attack.says.get("reason", "") in reasons[name]
        return

    assert name not in reasons, reasons.get(name)
    assert course.reached[name] == attack.points, course.records[name].problems
    reports = course.reports(name)
    for exercise, words in attack.says.items():
        text = {
            "page": course.outputs_of(name),
            "remark": "\n".join(course.records[name].problems),
        }.get(exercise) or reports[exercise]
        assert words in text


def test_no_attack_reads_what_it_should_not(course):
    """Neither a secret nor another's work is in anything that goes back to a student."""
    secret = (course.folder / "classroom" / "secret").read_bytes()
    for name in ATTACKS:
        text = course.outputs_of(name)
        assert "LEAKED" not in text, name
        assert course.token not in text, name
        assert secret.hex() not in text
        assert repr(secret)[2:-1] not in text


def test_no_attack_writes_outside_its_scratch(course):
    """No mark anywhere, and nothing of the course or the package has changed."""
    assert course.marks() == []
    assert course.watched() == course.watched_before


def test_no_attack_reaches_a_socket(course):
    """Nobody has knocked at any of the listening doors."""
    for listener in course.listeners:
        with pytest.raises(BlockingIOError):
            listener.accept() if listener.type == socket.SOCK_STREAM else listener.recv(100)


def test_nothing_outlives_the_run(course):
    """No process carries the attacks' mark, and none of the rooms is left."""
    commands = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
    children = [" ".join(p.cmdline()) for p in psutil.Process().children(recursive=True)]

    assert not [command for command in commands if MARK in command]
    assert not [command for command in children if "bwrap" in command or "exam_room" in command]


def test_feedback_pages_of_hostile_work_run_nothing(course, browser):
    """Whoever opens them sees them stand still, fetch nothing, and keep their title."""
    names = [name for name in ATTACKS if "_script_in_" in name]
    names += ["breaks_odd_displays", "breaks_odd_text", "tamper_scores_in_the_metadata"]
    classroom = Classroom(Console(quiet=True))

    assert write_pages(classroom, [(ASSIGNMENT, name) for name in names]) == []
    for name in names:
        page = browser.new_page()
        fetched = []
        page.on("request", lambda request, fetched=fetched: fetched.append(request.url))
        path = course.folder / "classroom" / "feedback" / name / ASSIGNMENT / NAME
        page.goto(path.absolute().with_suffix(".html").as_uri())
        page.wait_for_timeout(200)
        assert MARK not in page.title()
        assert page.frames == [page.main_frame]
        assert not [url for url in fetched[1:] if not url.startswith("data:")]
        page.close()


def test_plain_nbgrader_gives_the_same_points(course):
    """The formgrader's button goes the same way through the room and the judge."""
    classroom = Classroom(Console(quiet=True))
    for name in PLAIN:
        result = classroom.api.autograde(ASSIGNMENT, name, force=True)
        assert result["success"], result["log"][-2000:]

    reached = course.points()
    assert {n: reached[n] for n in PLAIN} == {n: ATTACKS[n].points for n in PLAIN}
    assert course.marks() == []
    assert not classroom.api.autograde(ASSIGNMENT, "package_cut_off", force=True)["success"]


def test_the_guide_counts_the_attacks_that_there_are():
    """Exact points for all of them is what the other tests here hold."""
    page = (ROOT / "book/instructor/confinement.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\w+) \|.*\| (\d+) \| (\d+) \|$", page, re.M)
    kinds = Counter(attack.kind.removesuffix("s") for attack in ATTACKS.values())
    counts = {**kinds, "all": len(ATTACKS)}

    assert {kind: (int(all_of), int(exact)) for kind, all_of, exact in rows} == {
        kind: (count, count) for kind, count in counts.items()
    }
