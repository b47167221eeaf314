"""A class is graded on a Dask cluster of two workers, and one of them is killed in the middle."""

import contextlib
import socket
import subprocess
import threading
import time

import pytest
import week
from week import ASSIGNMENT

# Other people's code, run in this process for speed.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]
GUIDE = week.blocks("guide")
ADDRESS = "tcp://127.0.0.1:8786"
NUM_STUDENTS = 8
PATIENCE = 120  # seconds, on a busy machine


def free_port():
    """Return a port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def cluster(tmp_path):
    """Start a scheduler and two workers with the guide's commands; yields address and workers."""
    port = free_port()
    address = ADDRESS.replace("8786", str(port))

    def start(name, log):
        command = GUIDE[name].replace("8786", str(port)).split()
        output = (tmp_path / log).open("w")
        return subprocess.Popen(
            command, cwd=tmp_path, env=week.environment(), stdout=output, stderr=output
        )

    started = [start("guide-scheduler", "scheduler.log")]
    try:
        wait_until(lambda: listens(port), tmp_path)
        started += [start("guide-worker", f"worker{number}.log") for number in range(2)]
        logs = [tmp_path / f"worker{number}.log" for number in range(2)]
        wait_until(lambda: all("Registered to" in log.read_text() for log in logs), tmp_path)
        yield address, started[1:]
    finally:
        for process in started:
            process.kill()
            process.wait()


def wait_until(holds, folder):
    """Wait for a condition; what the logs say tells why it does not come."""
    end = time.monotonic() + PATIENCE
    while not holds():
        said = "\n".join(path.read_text() for path in folder.glob("*.log"))
        assert time.monotonic() < end, said
        time.sleep(0.1)


def listens(port):
    """Tell whether somebody listens."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def test_a_worker_that_dies_in_the_middle_costs_nobody_a_point(cluster, tmp_path):
    """What it was doing is done by the other; nothing is lost, or done by halves."""
    address, workers = cluster
    course = week.make_course(tmp_path / "course")
    week.run(course, f"cnncourse release {ASSIGNMENT}")
    points = week.hand_in_class(course, NUM_STUDENTS)
    autograded = course / "classroom" / "autograded"
    num_graded_at_the_kill = []

    def kill():
        while not num_graded_at_the_kill:
            count = len(list(autograded.glob("*")))
            if count:
                workers[0].kill()
                num_graded_at_the_kill.append(count)
            time.sleep(0.01)

    killer = threading.Thread(target=kill, daemon=True)
    killer.start()
    said = week.run(course, GUIDE["guide-grade-scheduler"].replace(ADDRESS, address))

    killer.join(PATIENCE)
    assert 0 < num_graded_at_the_kill[0] < NUM_STUDENTS, said
    assert week.scores(f"sqlite:///{course}/classroom/gradebook.db") == points
