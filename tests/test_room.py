"""The exam room: runs notebooks as Jupyter does, lets nothing out, and survives what is in it."""

import contextlib
import json
import os
import pickle
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import nbformat
import psutil
import pytest
from conftest import ROOT
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from typer.testing import CliRunner

from cnncourse.cli import app
from cnncourse.grading.room import (
    BadFile,
    Limits,
    NoRoom,
    Room,
    bubblewrap,
    conversation,
    doctor,
    execute,
    ladder,
    read_folder,
    site,
)
from cnncourse.grading.room.conversation import Clock, Conversation, Stopped
from cnncourse.grading.room.inside import wire
from cnncourse.grading.room.meter import Budget, Use
from cnncourse.grading.room.outputs import CellOutputs, Nonsense
from cnncourse.seal import MIME

QUICK = Limits(cell_seconds=2, notebook_seconds=60, processor_seconds=30)


def works(keeper):
    """Tell whether a rung can be had on this machine."""
    try:
        keeper(Limits()).close()
    except NoRoom:
        return False
    return True


needs_bubblewrap = pytest.mark.skipif(
    not works(bubblewrap.Confined), reason="bubblewrap is not installed, or makes no room here"
)


@pytest.fixture(scope="module")
def room():
    """The best room of this machine, used by all tests that change none of its limits."""
    with Room() as opened:
        yield opened


@pytest.fixture(scope="module")
def strict_room():
    """A room whose cells may take two seconds of their own."""
    with Room(limits=QUICK) as opened:
        yield opened


def notebook_of(*sources):
    """Make a notebook of code cells."""
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def run(room, *sources, **options):
    """Run code cells, and return their outputs."""
    notebook = notebook_of(*sources)
    return [cell.outputs for cell in room.run(notebook, seed="a", **options).notebook.cells]


def text_of(outputs):
    """What a cell's last line gave, as text."""
    (output,) = [one for one in outputs if one.output_type == "execute_result"]
    return output.data["text/plain"]


# As Jupyter does.


def test_a_cell_prints_displays_and_returns_in_order(room):
    """Streams are joined, and what is shown keeps its place among them."""
    (outputs,) = run(room, "print('a')\nprint('b')\ndisplay('c')\nprint('d')\n6 * 7")

    assert [output.output_type for output in outputs] == [
        "stream",
        "display_data",
        "stream",
        "execute_result",
    ]
    assert outputs[0].text == "a\nb\n"
    assert outputs[1].data["text/plain"] == "'c'"
    assert (outputs[3].data["text/plain"], outputs[3].execution_count) == ("42", 1)


def test_an_error_stops_its_cell_and_no_other(room):
    """With its name, its message, and a traceback without colours."""
    broken, after = run(room, "print('x')\n1 / 0\nprint('y')", "'still here'")

    assert broken[0].text == "x\n"
    assert (broken[1].ename, broken[1].evalue) == ("ZeroDivisionError", "division by zero")
    assert "----> 2 1 / 0" in "\n".join(broken[1].traceback)
    assert "\x1b" not in "".join(broken[1].traceback)
    assert text_of(after) == "'still here'"


@pytest.mark.parametrize(
    "source",
    [
        "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()",
        "%matplotlib inline\nimport matplotlib.pyplot as plt; plt.plot([1, 2]);",
    ],
)
def test_a_figure_is_drawn_into_its_cell(room, source):
    """With plt.show(), or at the cell's end."""
    (outputs,) = run(room, source)

    (figure,) = [output for output in outputs if output.output_type == "display_data"]
    assert figure.data["image/png"].startswith("iVBOR")


def test_magics_run(room):
    """The ones that students use."""
    timed, timing, capture = run(room, "%%time\n3", "%timeit -n1 -r1 3", "%whos")

    assert "Wall time" in timed[0].text
    assert "per loop" in timing[0].text
    assert capture[0].output_type == "stream"


def test_input_is_refused_with_a_sentence(room):
    """Nobody sits in front of it."""
    asked, hidden = run(room, "input('your name?')", "import getpass; getpass.getpass()")

    assert asked[0].ename == hidden[0].ename == "StdinNotImplementedError"
    assert "nobody can answer 'your name?'" in asked[0].evalue


def test_a_display_can_be_updated_and_cleared(room):
    """As progress bars do."""
    updated, _, cleared = run(
        room,
        "handle = display('old', display_id='x')",
        "handle.update('new')",
        "from IPython.display import clear_output as clear\n"
        "print('a')\nclear(wait=True)\nprint('b')",
    )

    assert updated[0].data["text/plain"] == "'new'"
    assert [output.text for output in cleared] == ["b\n"]


def test_execution_counts_skip_cells_without_code(room):
    """Text, empty cells, and an untested cell that its author tagged are not run."""
    notebook = new_notebook(
        cells=[
            new_code_cell("1"),
            new_markdown_cell("2"),
            new_code_cell("  "),
            new_code_cell("3", metadata={"tags": ["skip-execution"]}),
            new_code_cell("4", metadata={"tags": ["skip-execution"], "nbgrader": {"grade": True}}),
        ]
    )

    cells = room.run(notebook, seed="a").notebook.cells

    assert [cell.get("execution_count") for cell in cells] == [1, None, None, None, 2]
    assert text_of(cells[4].outputs) == "4"
    assert all(cell.get("execution_count") is None for cell in notebook.cells)


def test_exit_ends_nothing(room):
    """A forgotten exit() costs an honest student no point."""
    *_, after = run(room, "exit()", "quit", "import sys; sys.exit(3)", "'here'")

    assert text_of(after) == "'here'"


def test_what_matplotlib_draws_needs_no_font_of_the_system(room):
    """No warning on stderr, which would look like the student's."""
    (outputs,) = run(
        room, "import matplotlib.pyplot as plt; plt.title('é π'); plt.plot([1]); plt.show()"
    )

    assert not [output for output in outputs if output.get("name") == "stderr"]


def test_a_check_seals_the_answers_to_the_cases_of_the_seed(room):
    """The bundle arrives whole; another seed asks for other answers."""
    source = "from cnncourse import check\ncheck('pad2d', lambda x, padding, mode=None: x)"
    bundles = []
    for seed in ("a", "a", "b"):
        (cell,) = room.run(notebook_of(source), seed=seed).notebook.cells
        bundles.append(cell.outputs[0].data[MIME])

    assert bundles[0]["exercise"] == "pad2d"
    assert bundles[0] == bundles[1] != bundles[2]


def test_the_same_notebook_says_the_same_on_every_rung(room):
    """A class is graded alike wherever it is graded."""
    source = "import numpy as np\nprint(np.arange(3))\n{'a': 1}"
    expected = run(room, source)

    for keeper in (bubblewrap.Confined, ladder.Landlocked, ladder.Limited):
        if works(keeper):
            with Room(keeper=keeper) as other:
                assert run(other, source) == expected


# A student's files.


def test_files_lie_beside_the_notebook_and_shadow_nothing(room):
    """A helper module can be imported; one that is named like a package cannot stand in for it."""
    files = {
        "helper.py": b"answer = 42",
        "data/x.txt": b"x",
        **dict.fromkeys(["numpy.py", "json.py", "colorsys.py", "torch.py"], b"fake = 1"),
    }
    helper, data, *shadowed, torch = run(
        room,
        "import helper; helper.answer",
        "open('data/x.txt').read()",
        "import numpy; hasattr(numpy, 'fake')",
        "import json; hasattr(json, 'fake')",
        "import colorsys; hasattr(colorsys, 'fake')",
        "import torch",
        files=files,
    )

    assert (text_of(helper), text_of(data)) == ("42", "'x'")
    assert [text_of(outputs) for outputs in shadowed] == ["False"] * 3
    assert "not available while this assignment is graded" in torch[0].evalue


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "", "a\0b"])
def test_a_file_that_would_leave_the_folder_is_refused(room, name):
    """Before anything runs, and by its name."""
    with pytest.raises(BadFile, match="is no name for a file"):
        room.run(notebook_of("1"), seed="a", files={name: b""})


def test_links_beside_a_notebook_are_not_followed(tmp_path):
    """Neither to a file nor to a folder; notebooks are not handed in twice."""
    (tmp_path / "secret").write_text("s")
    folder = tmp_path / "handed in"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "a.txt").write_text("a")
    (folder / "w.ipynb").write_text("{}")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "way").symlink_to(tmp_path)

    assert read_folder(folder) == {"sub/a.txt": b"a"}
    with pytest.raises(BadFile, match="more than a submission may bring"):
        read_folder(folder, most=0)


def test_nothing_is_left_from_one_submission_to_the_next(room):
    """Neither files nor names nor changed modules nor random numbers."""
    leave = (
        "import numpy as np, os; np.pi = 3; open('left', 'w').write('x'); open('/tmp/t', 'w')\n"
        "os.makedirs('/dev/shm/x'); mine = np.random.random()\nmine"
    )
    (first,) = run(room, leave)
    found, random_number = run(
        room,
        "import numpy as np, os; np.pi > 3, os.listdir('.'), os.listdir('/tmp'), 'mine' in dir()",
        "np.random.random()",
    )

    if room.rung == "bubblewrap":
        assert text_of(found) == "(True, [], [], False)"
    assert text_of(random_number) != text_of(first)


# Cells that end or stop the process.


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import os; os._exit(3)", "the process ended with status 3"),
        ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
        ("import time; time.sleep(10**6)", "took more than 2 s"),
        ("while True: pass", "took more than 2 s"),
        (
            "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True:\n"
            "    try:\n        while True: pass\n    except BaseException: pass",
            "took more than 2 s",
        ),
        (
            "import threading, os; threading.Timer(0.1, os._exit, [4]).start()\nwhile True: pass",
            "4",
        ),
    ],
)
def test_a_cell_that_ends_or_stops_the_process_costs_only_itself(strict_room, source, said):
    """The cells before it are run again, and those behind it go on."""
    notebook = notebook_of("a = [1]\nprint('once')", source, "a.append(2)\na", "a")

    execution = strict_room.run(notebook, seed="a")

    cells = execution.notebook.cells
    assert said in cells[1].outputs[-1].evalue
    assert said in execution.problems[0]
    assert len(execution.problems) == 1
    assert cells[0].outputs[0].text == "once\n"
    assert text_of(cells[2].outputs) == text_of(cells[3].outputs) == "[1, 2]"
    assert [cell.execution_count for cell in cells] == [1, 2, 3, 4]


def test_what_was_printed_before_a_crash_is_kept(strict_room):
    """It is how a student finds the place."""
    (outputs,) = run(strict_room, "print('so far', flush=True)\nimport os; os._exit(1)")

    assert outputs[0].text == "so far\n"
    assert outputs[1].ename == "ProcessDied"


def test_a_notebook_full_of_crashes_ends(strict_room):
    """After a bounded number of new processes; what was not run says so."""
    execution = strict_room.run(notebook_of(*["import os; os._exit(1)"] * 20), seed="a")

    names = [cell.outputs[0].ename for cell in execution.notebook.cells]
    assert names[0] == "ProcessDied"
    assert names[-1] == "NotRun"
    assert "cells were not run" in execution.problems[-1]


def test_a_notebooks_seconds_are_bounded_as_well_as_a_cells():
    """Twenty cells just below their own bound would take a class's evening."""
    limits = Limits(cell_seconds=60, notebook_seconds=1.5)
    with Room(limits=limits) as room:
        execution = room.run(notebook_of(*["import time; time.sleep(1)"] * 20), seed="a")

    assert "the notebook took more than 1.5 s" in execution.problems[0]
    assert execution.notebook.cells[-1].outputs[0].ename == "NotRun"


def test_a_cell_that_only_waits_is_stopped_sooner(monkeypatch):
    """There is nothing in the room to wait for, and a class is waiting."""
    monkeypatch.setattr(conversation, "MOST_IDLE", 1)
    with Room() as room:
        if room.rung == "limits":
            pytest.skip("where the system does not tell who stood in line nobody is called idle")
        waits, computes = run(
            room,
            "import time; time.sleep(10**6)",
            "import time\nwhile time.process_time() < 3: pass\n'done'",
        )

    assert "waited for more than 1 s without computing" in waits[0].evalue
    assert text_of(computes) == "'done'"


def test_processor_time_is_bounded_over_all_processes():
    """Whatever is computed in the children of children counts."""
    source = (
        "import os\nfor _ in range(3):\n    if os.fork() == 0:\n        while True: pass\n"
        "import time; time.sleep(600)"
    )
    with Room(limits=Limits(processor_seconds=1)) as room:
        execution = room.run(notebook_of(source), seed="a")

    assert "more than 1 s of processor time" in execution.problems[0]
    assert execution.processor_seconds > 1


def test_time_in_line_for_a_processor_is_not_the_students():
    """A cell is not stopped because its neighbours compute."""
    limits = Limits(cell_seconds=10, notebook_seconds=10)

    class Child:
        """Has waited nine seconds of every ten."""

        def meter(self):
            return Use(1.0, time.monotonic() - budget.started - 1, 0)

    budget = Budget()
    budget.started -= 90
    clock = Clock(limits, budget, Child())

    clock.check(now=True)

    assert budget.own_seconds < 2
    budget.started -= 20  # but patience has an end
    with pytest.raises(Stopped, match="took more than 10 s"):
        clock.check(now=True)


def test_memory_is_bounded_for_one_process_and_for_all_together():
    """An array too large raises; many processes, each within the bound, are stopped."""
    limits = Limits(memory=512 * 2**20)
    many = (
        "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n"
        "        block = bytearray(os.urandom(1) * (200 * 2**20)); time.sleep(600)\n"
        "time.sleep(600)"
    )
    with Room(limits=limits) as room:
        one, all_together = run(room, "import numpy as np; np.ones(10**9)", many)

    assert "MemoryError" in one[0].ename
    assert all_together[0].ename in ("MemoryLimit", "ProcessDied")


def test_endless_printing_is_cut_and_costs_nothing(room):
    """The student's own process stops sending; nobody has to read 50 MB."""
    printed, after = run(room, "for i in range(50):\n    print('x' * 10**6)", "1")

    assert len(printed[0].text) < 110_000
    assert "more characters of stdout are left out" in printed[0].text
    assert text_of(after) == "1"


def test_endless_displays_are_stopped():
    """Bytes are counted outside."""
    with Room(limits=Limits(output_bytes=2**20)) as room:
        execution = room.run(notebook_of("while True: display('x' * 10**5)", "1"), seed="a")

    assert "its outputs are more than 1 MiB" in execution.problems[0]
    assert text_of(execution.notebook.cells[1].outputs) == "1"


def test_nothing_outlives_a_submission(room):
    """No thread, no exit hook, no child that left its family."""
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    outputs = run(
        room,
        "import atexit, threading, time, os\n"
        "atexit.register(time.sleep, 600)\n"
        "threading.Thread(target=time.sleep, args=[600]).start()\n"
        "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(600)\n"
        "    os._exit(0)\n'started'",
    )

    assert text_of(outputs[0]) == "'started'"
    deadline = time.monotonic() + 120
    while {p.pid for p in psutil.Process().children(recursive=True)} - before:
        assert time.monotonic() < deadline
        time.sleep(0.05)


# Distrust.


class Deaf:
    """A child for tests of the supervisor alone."""

    def meter(self):
        """Has used nothing."""
        return Use()

    def how_it_ended(self):
        """Said when the line is closed."""
        return "somehow"


def hear_all(data):
    """Let a supervisor read bytes as if a hostile process had sent them, until it stops."""
    ours, theirs = socket.socketpair()
    most = 10_000 if len(data) < 20_000 else 10**8
    with ours:
        conversation = Conversation(ours, Deaf(), most)
        clock = Clock(Limits(), Budget(), Deaf())
        collected = CellOutputs(1, {})
        sender = threading.Thread(target=send_and_close, args=[theirs, data])
        sender.start()
        while True:
            try:
                message = conversation.hear(clock=clock)
            except Stopped:
                sender.join()
                raise
            try:
                collected.add(message.get("output"))
            except Nonsense:
                continue


def send_and_close(line, data):
    """Send all, if anybody reads it."""
    with line, contextlib.suppress(OSError):
        line.settimeout(5)
        line.sendall(data)


def framed(text):
    """Put bytes into a frame."""
    return wire.HEADER.pack(len(text)) + text


HOSTILE = {
    "random": random.Random(0).randbytes(5000),
    "nothing": b"",
    "truncated": wire.HEADER.pack(100) + b"{}",
    "huge length": b"\xff\xff\xff\xff" + b"x" * 100,
    "NaN": framed(b'{"output": NaN}'),
    "no object": framed(b"[1]"),
    "no text": framed(b"\xff\xfe\x00"),
    "deep": framed(b"[" * 4000),
    "deep in a display": framed(
        b'{"output": {"output_type": "display_data", "data": {"application/json": '
        + b"[" * 500
        + b"]" * 500
        + b"}}}"
    ),
    "a long number": framed(b"1" * 5000),
    "a million lists": framed(b'{"output": [' + b"[]," * 2_000_000 + b"[]]}"),
    "too much": framed(b'{"a": "' + b"x" * 5000 + b'"}') * 3,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_no_bytes_make_the_supervisor_fail(data):
    """It stops the process, with a reason."""
    with pytest.raises(Stopped):
        hear_all(data)


def test_no_message_makes_the_supervisor_fail():
    """Wrong types in every place: each message is an output, or nonsense."""
    chance = random.Random(1)
    atoms = [None, True, 1.5, -1, "", "x", "\ud800", [], {}, [1, ["y"]], {"a/b": {"c": []}}]
    kinds = ["stream", "display_data", "execute_result", "error", "clear_output", 3, []]
    kinds += ["update_display_data"]
    keys = [
        "name",
        "text",
        "data",
        "metadata",
        "transient",
        "ename",
        "evalue",
        "traceback",
        "wait",
    ]
    collected = CellOutputs(1, {})
    for _ in range(3000):
        output = {key: chance.choice(atoms) for key in chance.sample(keys, 6)}
        output["output_type"] = chance.choice(kinds)
        try:
            collected.add(chance.choice([output, output, *atoms]))
        except Nonsense:
            continue

    assert len(collected.outputs) <= 501
    notebook = notebook_of("1")
    notebook.cells[0].outputs = collected.outputs
    nbformat.validate(notebook)
    json.dumps(notebook).encode("utf-8")


def test_a_flood_of_tiny_outputs_is_stopped():
    """It costs the supervisor more than the student's process."""
    collected = CellOutputs(1, {})
    one = {"output_type": "display_data", "data": {}, "transient": {"display_id": "x"}}
    for _ in range(20_000):
        collected.add(one)
    with pytest.raises(Nonsense, match="more than 20000 outputs"):
        collected.add(one)

    assert len(collected.outputs) == 501


def test_surrogates_and_unknown_kinds_reach_no_file(room):
    """Half a character is replaced; what nbformat does not know is not kept."""
    outputs = run(
        room, "print('\\ud800')\ndisplay({'text/plain': 'a\\udc00', 'x/y': 'z'}, raw=True)"
    )[0]

    assert outputs[0].text == "?\n"
    assert outputs[1].data == {"text/plain": "a?", "x/y": "z"}


def test_writing_into_the_rooms_own_line_forges_outputs_at_most(strict_room):
    """Noise there ends the process; the other cells are run in a new one."""
    noise, forged, after = run(
        strict_room,
        "import os\nfor n in range(3, 20):\n    try: os.write(n, b'\\xff' * 64)\n"
        "    except OSError: pass\nimport time; time.sleep(600)",
        "import json, os, struct\n"
        "m = json.dumps({'output': {'output_type': 'stream', 'name': 'stdout', 'text': 'f'}})\n"
        "for n in range(3, 20):\n"
        "    try: os.write(n, struct.pack('>I', len(m)) + m.encode()); break\n"
        "    except OSError: pass",
        "'after'",
    )

    assert noise[0].ename in ("ProcessDied", "OutputLimit")
    assert forged[0].text == "f"
    assert text_of(after) == "'after'"


# The walls.


@needs_bubblewrap
@pytest.mark.parametrize("keeper", [bubblewrap.Warm, bubblewrap.Confined])
def test_every_probe_is_held_by_bubblewrap(keeper):
    """All that the doctor tries, in the warm way and in the cold one."""
    rung, findings = doctor.examine(keeper=keeper)

    assert rung == "bubblewrap"
    assert [finding for finding in findings if not finding.held] == []
    assert all(finding.promised for finding in findings)


@pytest.mark.parametrize("keeper", [ladder.Landlocked, ladder.Limited])
def test_the_lower_rungs_keep_what_they_promise(keeper):
    """And promise less."""
    if not works(keeper):
        pytest.skip("this system has no Landlock")
    rung, findings = doctor.examine(keeper=keeper)

    assert [finding for finding in findings if finding.promised and not finding.held] == []
    assert any(finding.promised for finding in findings)
    assert not all(finding.promised for finding in findings), rung


def test_the_doctor_tells_and_exits_by_what_held(monkeypatch, tmp_path):
    """A broken promise is an exit code, for scripts."""
    monkeypatch.chdir(tmp_path)
    good = doctor.Finding("a", held=True, promised=True, said="")
    broken = doctor.Finding("b", held=False, promised=True, said="escaped")
    unpromised = doctor.Finding("c", held=False, promised=False, said="as expected")

    def doctor_says(*findings):
        with monkeypatch.context() as patched:
            patched.setattr(doctor, "examine", lambda require: ("landlock", list(findings)))
            return CliRunner().invoke(app, ["doctor"])

    healthy, ill = doctor_says(good, unpromised), doctor_says(good, broken)

    assert (healthy.exit_code, ill.exit_code) == (0, 1)
    assert "apt install bubblewrap" in healthy.output
    assert "BROKEN: escaped" in ill.output
    refused = CliRunner().invoke(app, ["doctor", "--require-sandbox", "castle"])
    assert refused.exit_code == 2
    assert "no rung 'castle'" in refused.output


def test_less_than_what_is_required_is_refused(monkeypatch):
    """With what to install; without a requirement the next rung serves."""
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)

    with pytest.raises(NoRoom, match="apt install bubblewrap"):
        Room(require="bubblewrap")
    with Room() as room:
        assert room.rung in ("landlock", "limits")


@needs_bubblewrap
def test_where_no_fork_can_shut_itself_off_each_submission_has_its_own_bubblewrap(monkeypatch):
    """The next best is as strict, and slower."""
    monkeypatch.setattr(ladder.Warm, "_fork", _refuse)

    with Room(require="bubblewrap") as room:
        assert type(room._keeper) is bubblewrap.Confined
        assert text_of(run(room, "1")[0]) == "1"


def _refuse(self):
    raise NoRoom("a fork cannot shut itself off")


@needs_bubblewrap
def test_a_warm_process_that_was_killed_is_started_again():
    """By the kernel, out of memory, say."""
    with Room(keeper=bubblewrap.Warm) as room:
        for process in psutil.Process(room._keeper._process.pid).children(recursive=True):
            process.kill()

        assert text_of(run(room, "1")[0]) == "1"


@pytest.mark.skipif(os.getuid() != 0, reason="only the superuser can become somebody else")
def test_an_ordinary_user_gets_the_same_room():
    """With namespaces of his own, all probes are held."""
    nobody = 65534
    code = (
        "from cnncourse.grading.room import doctor\n"
        "rung, findings = doctor.examine()\nprint(doctor.as_json(rung, findings))"
    )
    python = _python_for_others()
    site = os.pathsep.join([str(ROOT), *(p for p in sys.path if p.endswith("site-packages"))])
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, nobody, nobody)
        ran = subprocess.run(
            [python, "-c", code],
            user=nobody,
            group=nobody,
            extra_groups=[],
            cwd=home,
            env={"PYTHONPATH": site, "HOME": home, "TMPDIR": home},
            capture_output=True,
            text=True,
        )
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert [one for one in said["findings"] if one["promised"] and not one["held"]] == []


def _python_for_others():
    """An interpreter of this version that any user may start, with this one's packages."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        code = "import nbformat, psutil, numpy"
        site = os.pathsep.join(p for p in sys.path if p.endswith("site-packages"))
        try:
            subprocess.run(
                [python, "-c", code],
                user=65534,
                group=65534,
                extra_groups=[],
                cwd="/",
                env={"PYTHONPATH": site},
                check=True,
                capture_output=True,
            )
        except (OSError, subprocess.SubprocessError):
            continue
        return python
    pytest.skip("no Python of this version is open to other users")


# What is in it.

WHAT_IS_ASKED = """
import hashlib, json, sys
sys.path.insert(0, sys.argv[1])
import numpy as np
from cnncourse.catalogue import EXERCISES

def plain(value):
    if isinstance(value, np.ndarray):
        return [str(value.dtype), list(value.shape), hashlib.sha256(value.tobytes()).hexdigest()]
    if isinstance(value, np.random.Generator):
        return plain(value.random(5))
    if isinstance(value, dict):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value.__qualname__ if callable(value) else repr(value)

asked, answers = {}, []
for exercise in EXERCISES.values():
    cases = [[case.claim, case.seconds, plain(case.arguments)] for case in exercise.draw("a")]
    form = [str(exercise.signature), plain(exercise.outputs), plain(exercise.kind)]
    asked[exercise.name] = [*form, exercise.is_one_call, cases]
    answers += [f"{exercise.name}: {name}" for name in exercise.mistakes]
    answers += [f"{exercise.name}: judge"] * exercise.has_judge
print(json.dumps([asked, answers]))
"""


def what_is_asked(folder):
    """Read a copy of the package in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-B", "-c", WHAT_IS_ASKED, str(folder)],
        cwd="/",
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


def test_the_rooms_catalogue_asks_the_same_and_answers_nothing():
    """No known mistake, no judge, no reference: what is nearly right earns nearly all points."""
    asked, answers = what_is_asked(site())
    expected, there = what_is_asked(ROOT)

    assert asked == expected
    assert answers == []
    assert there  # they can be seen at all
    assert [path.name for path in (site() / "cnncourse" / "reference").glob("*.py")] == [
        "__init__.py"
    ]
    modules = "\n".join(
        path.read_text() for path in (site() / "cnncourse" / "catalogue").glob("*/*.py")
    )
    assert "_convolved" not in modules  # a helper of a mistake that is another exercise's answer
    assert "import reference" not in modules


def test_opening_a_room_imports_neither_nbformat_nor_torch():
    """A class has many workers, and each of them opens its own."""
    code = (
        "import sys, cnncourse.grading.room.execute\n"
        "print({'nbformat', 'jsonschema', 'nbgrader', 'torch', 'IPython'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert ran.stdout == "set()\n"


# Elsewhere.


def test_execute_is_a_plain_function_for_workers(tmp_path):
    """It travels, takes text, gives JSON; a pool's worker leaves nothing behind."""
    text = nbformat.writes(notebook_of("open('a').read()", "1 / 0"))
    pickle.dumps(execute)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(tmp_path)
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            results = [
                pool.submit(execute, text, {"a": b"z"}, seed="s").result() for _ in range(2)
            ]
    finally:
        os.environ.pop("TMPDIR")
        if before is not None:
            os.environ["TMPDIR"] = before

    for result in results:
        said = json.loads(json.dumps(result))
        first, second = said["notebook"]["cells"]
        assert first["outputs"][0]["data"]["text/plain"] == "'z'"
        assert second["outputs"][0]["ename"] == "ZeroDivisionError"
        assert said["problems"] == []
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", Limits.__dataclass_fields__)
def test_a_limit_must_leave_something(name):
    """Zero seconds would fail everybody."""
    with pytest.raises(ValueError, match=f"the limit {name} is 0"):
        Limits(**{name: 0})
