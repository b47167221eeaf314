"""Four graders fill one gradebook at the same time, in PostgreSQL, and every grade is right."""

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import week
from week import ASSIGNMENT

# Other people's code, run in this process for speed.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]
NUM_STUDENTS, NUM_GRADERS = 8, 4
SETTING = week.blocks("guide")["guide-config-postgresql"]
URL = SETTING.split('"')[1]

# What `cnncourse grade` does, four times over; what costs seconds is imported once.
GRADERS = """
import os, sys
from rich.console import Console
from cnncourse import reference
from cnncourse.grading import workers
from cnncourse.grading.classroom import Classroom
reference.DEVICE
def grade():
    classroom = Classroom(Console(stderr=True))
    here = lambda *_, **options: workers.Local(0, **options)
    return classroom.grading([sys.argv[1]], pool=here)
children = []
for _ in range(int(sys.argv[2])):
    child = os.fork()
    if not child:
        grading = grade()
        print(len(grading.graded), len(grading.failures), flush=True)
        os._exit(0)
    children.append(child)
sys.exit(max(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children))
"""


def programs():
    """Find the folder of PostgreSQL's programs, or None."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    on_path = shutil.which("initdb")
    found += [Path(on_path).resolve()] if on_path else []
    return found[0].parent if found else None


def ordinary():
    """Return the words that run a command as somebody whom PostgreSQL does not refuse."""
    if os.getuid():
        return [], pwd.getpwuid(os.getuid()).pw_name
    names = {one.pw_name for one in pwd.getpwall()}
    name = "postgres" if "postgres" in names else "nobody"
    return ["setpriv", f"--reuid={name}", "--regid=nogroup", "--clear-groups"], name


@pytest.fixture(scope="module")
def database():
    """Start a cluster of its own, reached by a socket in its folder alone; returns its URL."""
    if programs() is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt-get install postgresql)")
    words, name = ordinary()
    folder = Path(tempfile.mkdtemp(prefix="cnncourse-pg-"))  # a socket's path must be short
    shutil.chown(folder, name)

    def run(program, *arguments):
        command = [*words, str(programs() / program), *arguments]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    data, log = str(folder / "data"), str(folder / "log")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run("initdb", "-D", data, "-U", "grader", "-A", "trust", "-E", "UTF8", "--no-sync")
    try:
        run("pg_ctl", "-D", data, "-l", log, "-w", "-t", "120", "-o", options, "start")
        run("createdb", "-h", str(folder), "-U", "grader", "gradebook")
        yield URL.replace("///", "//grader@/") + f"?host={folder}"
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(folder)


def test_four_graders_share_one_gradebook(database, tmp_path):
    """Nobody waits for a file's lock, nothing is graded twice, every score is right."""
    course = week.make_course(tmp_path / "course", settings=SETTING.replace(URL, database))
    week.run(course, f"cnncourse release {ASSIGNMENT}")
    points = week.hand_in_class(course, NUM_STUDENTS)

    done = subprocess.run(
        [sys.executable, "-c", GRADERS, ASSIGNMENT, str(NUM_GRADERS)],
        cwd=course,
        env=week.environment(OMP_NUM_THREADS="1"),
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0, done.stderr
    graded = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    assert len(graded) == NUM_GRADERS
    assert sum(count for count, _ in graded) == NUM_STUDENTS
    assert sum(failed for _, failed in graded) == 0
    assert week.scores(database) == points
    assert not (course / "classroom" / "gradebook.db").exists()
