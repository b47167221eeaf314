"""An instructor's week: a course folder, the commands of the guide, students beside it."""

import contextlib
import io
import os
import pwd
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import nbformat
from browser import ROOT
from jupyter_core.application import NoStart
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderApp
from nbgrader.utils import is_solution
from typer.testing import CliRunner

from cnncourse.cli import app as cnncourse

ASSIGNMENT = "01_arrays"
NAME = f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
BIN = Path(sys.executable).parent
GUIDE = ROOT / "book" / "instructor"
WRITTEN = "why_channels_first"  # the question that a person grades
WRITTEN_POINTS = 3
EXERCISES = ("to_chw", "to_nchw", "to_float", "channel_statistics", "normalize", "one_hot")
MARKS = ("### BEGIN SOLUTION", "### END SOLUTION")
ONE_PROCESS = """
import shlex, subprocess, sys
for line in sys.argv[1].splitlines():
    words = shlex.split(line, comments=True)
    if words[:1] != ["nbgrader"]:
        subprocess.run(["bash", "-ec", line], check=True)
        continue
    from jupyter_core.application import NoStart
    from nbgrader.apps import NbGraderApp
    app = NbGraderApp.instance()
    app.initialize(words[1:])
    try:
        app.start()
    except NoStart:
        pass
    app.reset()
    NbGraderApp.clear_instance()
"""


def blocks(page):
    """Read the code blocks of a page of the guide that have a name.

    Returns
    -------
    blocks : dict of str to str
    """
    text = (GUIDE / f"{page}.md").read_text(encoding="utf-8")
    fence = re.compile(
        r"^(`{3,})\{code-block\}[^\n]*\n((?::[^\n]*\n)*)(.*?)^\1$", re.MULTILINE | re.DOTALL
    )
    found = {}
    for _, options, body in fence.findall(text):
        name = re.search(r"^:name: (\S+)$", options, re.MULTILINE)
        if name:
            assert name[1] not in found, name[1]
            found[name[1]] = body.strip("\n") + "\n"
    return found


def make_course(folder, *, settings=""):
    """Make a course folder with one assignment that has a written question, too.

    Parameters
    ----------
    folder : Path
    settings : str
        What is added to ``nbgrader_config.py``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    (folder / "nbgrader_config.py").write_text(f"{config}\n{settings}", encoding="utf-8")
    notebook = nbformat.read(ROOT / "solutions" / NAME, as_version=4)
    notebook.cells.append(written_question())
    (folder / "solutions" / ASSIGNMENT).mkdir(parents=True)
    nbformat.write(notebook, folder / "solutions" / NAME)
    return folder


def written_question():
    """Make a cell whose answer a person grades, as the guide tells."""
    marks = {"grade": True, "solution": True, "locked": False, "points": WRITTEN_POINTS}
    return new_markdown_cell(
        "### BEGIN SOLUTION\nNeighbours in memory are neighbours in a row.\n### END SOLUTION",
        id=WRITTEN,
        metadata={"nbgrader": {**marks, "grade_id": WRITTEN, "schema_version": 3, "task": False}},
    )


def solve(course, notebook, *, without=(), written="Because rows lie together."):
    """Fill a released notebook with the course's own solutions, as a good student would."""
    source = nbformat.read(course / "solutions" / NAME, as_version=4)
    solutions = {cell.id: cell.source for cell in source.cells if is_solution(cell)}
    for cell in notebook.cells:
        if cell.id == WRITTEN:
            cell.source = written
        elif cell.id in solutions and cell.id not in without:
            lines = solutions[cell.id].splitlines()
            cell.source = "\n".join(line for line in lines if line.strip() not in MARKS)
    return notebook


def hand_in(course, student, **how):
    """Put a student's notebook where collected work lies."""
    notebook = nbformat.read(course / "exercises" / NAME, as_version=4)
    path = course / "classroom" / "submitted" / student / NAME
    path.parent.mkdir(parents=True)
    nbformat.write(solve(course, notebook, **how), path)
    return path


def run(course, commands, *, status=0):
    """Run the lines of a block of the guide in a course folder.

    ``nbgrader`` and ``cnncourse`` run in this process, which has imported them already.

    Returns
    -------
    said : str
        Output and log, white space made one.
    """
    said = []
    for line in commands.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            code, text = _run_line(course, words, line)
            said.append(text)
            assert code == status, f"{line} ended with {code}:\n{text}"
    return " ".join("\n".join(said).split())


def _run_line(course, words, line):
    with contextlib.chdir(course):
        if words[0] == "nbgrader":
            return _nbgrader(words[1:])
        if words[0] == "cnncourse":
            result = CliRunner().invoke(cnncourse, words[1:], catch_exceptions=False)
            return result.exit_code, result.output
    done = subprocess.run(
        ["bash", "-c", line], cwd=course, env=environment(), capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def environment(**more):
    """Return this process's environment with the course's programs first on the path."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **more}


def _nbgrader(words):
    """Run a command of nbgrader's as its own tests do, and return status and log."""
    app, log = NbGraderApp.instance(), io.StringIO()
    before, code = dict(os.environ), 0
    try:
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            app.initialize(words)
            app.start()
    except NoStart:  # how a command of a command says that it has done its work
        pass
    except SystemExit as end:
        code = end.code or 0
    finally:
        app.reset()
        NbGraderApp.clear_instance()
        os.environ.clear()
        os.environ.update(before)
    return code, log.getvalue()


@dataclass(frozen=True)
class Student:
    """Somebody with a home folder of her own and, where we may choose, an account of her own."""

    name: str
    home: Path

    def run(self, commands):
        """Run commands in the home folder, with her rights; returns what they said.

        Those of nbgrader run in one process, since it takes seconds to start.
        """
        done = subprocess.run(
            [*_as(self.name), sys.executable, "-c", ONE_PROCESS, commands],
            cwd=self.home,
            env={
                "HOME": str(self.home),
                "PATH": f"{BIN}:/usr/sbin:/usr/bin:/bin",
                "LANG": "C.UTF-8",
            },
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr


def accounts(count):
    """Name the accounts that students use: real ones if we are root, else our own."""
    if os.getuid() or not shutil.which("setpriv") or not _reachable_by_others():
        return [pwd.getpwuid(os.getuid()).pw_name]
    others = [one.pw_name for one in pwd.getpwall() if 0 < one.pw_uid < 1000]
    return others[:count]


def make_student(name, folder, settings):
    """Give a student a home folder with nbgrader's settings of the course."""
    home = folder / name
    (home / ".jupyter").mkdir(parents=True)
    (home / ".jupyter" / "nbgrader_config.py").write_text(settings, encoding="utf-8")
    if not os.getuid():
        for path in (home, *home.rglob("*")):
            shutil.chown(path, name)
    return Student(name, home)


def _as(name):
    """Return the words before a command that runs it under another account."""
    if pwd.getpwnam(name).pw_uid == os.getuid():
        return []
    change = ["setpriv", f"--reuid={name}", "--regid=nogroup", "--clear-groups"]
    closed = _closed_folder()
    if closed is None:
        return change
    # The interpreter lies in a folder that only root may enter: show the student it alone.
    room = ["bwrap", "--dev-bind", "/", "/", "--perms", "0755", "--tmpfs", str(closed)]
    shown = str(closed / Path(sys.base_prefix).relative_to(closed).parts[0])
    room += ["--ro-bind", shown, shown, "--cap-add", "ALL", "--"]
    return room + change


def _closed_folder():
    """Find the outermost folder above the interpreter that others may not enter."""
    above = [*reversed(Path(sys.base_prefix).resolve().parents), Path(sys.base_prefix)]
    closed = [folder for folder in above if not folder.stat().st_mode & 0o001]
    return closed[0] if closed else None


def _reachable_by_others():
    """Tell whether other accounts can be shown the interpreter and the environment."""
    above = [*Path(sys.prefix).resolve().parents, *ROOT.parents, ROOT]
    return all(folder.stat().st_mode & 0o001 for folder in above) and (
        _closed_folder() is None or shutil.which("bwrap") is not None
    )


def hand_in_class(course, count):
    """Let a class hand in, each student without another set of exercises.

    Returns
    -------
    points : dict of str to float
        What each is to get.
    """
    source = nbformat.read(course / "solutions" / NAME, as_version=4)
    worth = {
        cell.id.removeprefix("check_"): cell.metadata.nbgrader.points
        for cell in source.cells
        if cell.id.startswith("check_")
    }
    points = {}
    for number in range(count):
        without = [name for place, name in enumerate(EXERCISES) if number >> place & 1]
        student = f"student{number:02d}"
        hand_in(course, student, without=without)
        points[student] = sum(worth[name] for name in EXERCISES if name not in without)
    return points


def scores(db_url):
    """Read the score of every student from a gradebook."""
    with Gradebook(db_url, "cnncourse") as gradebook:
        return {one.student_id: one.score for one in gradebook.assignment_submissions(ASSIGNMENT)}
