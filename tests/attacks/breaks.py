"""Submissions that do not end, do not fit, or take the process with them."""

from attacks import EVERYTHING, FULL, MARK, SPARE_THE_MACHINE, attack

conv2d = {"loses": ["conv2d"]}
STOPPED = {"conv2d": "more than"}  # seconds, or MiB


@attack(**conv2d, says={"conv2d": "SystemExit"})
def system_exit(work):
    """Asks the interpreter to end inside the function."""
    work.conv2d("raise SystemExit(0)")


@attack()
def exit_and_quit(work):
    """Calls exit and quit in cells of its own, as one does in a terminal."""
    work.add("exit", before="conv2d")
    work.add("quit()", before="conv2d")
    work.add("import sys; sys.exit(1)", before="conv2d")
    work.add("raise KeyboardInterrupt", before="conv2d")


@attack(**conv2d, says={"conv2d": "ended"})
def end_at_once(work):
    """Ends the process without a word."""
    work.conv2d("import os", "os._exit(0)")


@attack(**conv2d, says={"conv2d": "ended"})
def crash(work):
    """Reads from address 0."""
    work.conv2d("import ctypes", "ctypes.string_at(0)")


@attack(**conv2d)
def kill_itself(work):
    """Sends itself the signal that nobody survives; but the first of its kind, in the room."""
    work.conv2d("import os", "os.kill(os.getpid(), 9)")


@attack(**conv2d)
def stand_still(work):
    """Stops its own process, which then neither works nor ends."""
    work.conv2d("import os, signal", "os.kill(os.getpid(), signal.SIGSTOP)", "return x")


@attack(loses=EVERYTHING)
def end_everywhere(work):
    """Ends the process in every function, so that every test has to be started anew."""
    for cell in work.tests():
        name = cell.id.removeprefix("check_")
        line = work.cell(name).source.splitlines()[0]
        work.solve(name, f"{line}\n    import os\n    os._exit(3)")


@attack(**conv2d)
def loop_for_ever(work):
    """Counts and never stops."""
    work.conv2d("while True: pass")


@attack(**conv2d, says=STOPPED)
def loop_that_swallows(work):
    """Catches everything, the alarm of its own checker too, and goes on."""
    work.conv2d(
        "import time",
        "while True:",
        "    try:",
        "        while True: time.sleep(0.01)",
        "    except BaseException: pass",
    )


@attack(**conv2d, says=STOPPED)
def loop_without_alarms(work):
    """Blocks every signal and takes the alarm clock away before it loops."""
    work.conv2d(
        "import signal, sys, threading",
        "signal.setitimer(signal.ITIMER_REAL, 0)",
        "signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals) - {9, 19})",
        "sys.setswitchinterval(1000)",
        "while True: pass",
    )


@attack(**conv2d, says=STOPPED)
def loop_in_compiled_code(work):
    """Computes inside one call of a compiled function that takes hours."""
    work.conv2d("return 7 ** (7 ** (7 ** 7)) * x")


@attack(**conv2d)
def catastrophic_pattern(work):
    """Matches a regular expression that takes for ever, inside one call."""
    work.conv2d("import re", "re.match('(a+)+$', 'a' * 60 + 'b')", "return x")


@attack()
def sleepy_cells(work):
    """Sleeps a little in many cells; each is within the limit."""
    for _ in range(4):
        work.add("import time\ntime.sleep(0.7)", after="conv2d")


@attack(points=3 + 2, says={"page": "had to be stopped before this cell"})
def slow_for_too_long(work):
    """Sleeps in so many cells that the notebook is too slow, though no cell is."""
    for _ in range(60):
        work.add("import time\ntime.sleep(3)", before="conv2d")


@attack(**conv2d)
def memory_bomb(work):
    """Allocates without end."""
    work.conv2d("keep = []", "while True: keep.append(np.ones(25_000_000))")


@attack(**conv2d)
def one_huge_array(work):
    """Asks for a terabyte at once, which it will never touch."""
    work.conv2d("return np.ones((10**6, 10**6))")


@attack(**conv2d)
def memory_of_others(work):
    """Allocates in processes and files that do not count as its own memory."""
    work.conv2d(
        "import mmap, os",
        "for i in range(64):",
        "    try:",
        "        m = mmap.mmap(-1, 1 << 30)",
        "        m.write(b'x' * (1 << 27))",
        "        conv2d.keep = getattr(conv2d, 'keep', []) + [m]",
        "    except (OSError, ValueError): break",
        "raise MemoryError('enough')",
    )


@attack()
def fork_bomb(work):
    """Forks until the system refuses, and leaves the children behind."""
    work.add(
        SPARE_THE_MACHINE
        + """
import time
for _ in range(12):
    try:
        os.fork()
    except OSError:
        break
if os.getpid() != HERE:
    time.sleep(1000)
"""
    )
    work.add("import os\nHERE = os.getpid()", before="imports")


@attack()
def thread_bomb(work):
    """Starts threads until the system refuses."""
    work.add(
        """
import threading, time
for _ in range(2000):
    try:
        threading.Thread(target=time.sleep, args=(1000,)).start()
    except RuntimeError:
        break
"""
    )


@attack(**conv2d, says={"conv2d": "RecursionError"})
def deep_recursion(work):
    """Calls itself without end."""
    work.conv2d("return conv2d(x, w, b)")


@attack(**conv2d)
def deeper_recursion(work):
    """Calls itself without end, with the interpreter's limit lifted."""
    work.conv2d(
        "import sys",
        "sys.setrecursionlimit(10**9)",
        "f = lambda n: sorted([n], key=f)",
        "return f(0)",
    )


@attack()
def one_long_line(work):
    """Prints one line of 300 MB."""
    work.add("print('z' * 300_000_000)", after="conv2d")


@attack()
def many_lines(work):
    """Prints a million lines, to both streams."""
    work.add(
        "import sys\nfor i in range(300_000): print(i)\n"
        "for i in range(300_000): print(i, file=sys.stderr)",
        after="conv2d",
    )


@attack()
def many_displays(work):
    """Displays twenty thousand things, and clears and updates them."""
    work.add(
        """
from IPython.display import clear_output, display, update_display
for i in range(20_000):
    display({"text/plain": str(i)}, raw=True, display_id="d" + str(i % 7))
    if i % 100 == 0:
        update_display({"text/plain": "new"}, raw=True, display_id="d1")
clear_output(wait=True)
""",
        after="conv2d",
    )


@attack()
def huge_displays(work):
    """Displays pictures and tables of tens of megabytes."""
    work.add(
        """
from IPython.display import HTML, display
display(HTML("<td>x</td>" * 3_000_000))
display({"image/png": "iVBORw0KGgo" * 2_000_000}, raw=True)
display({"application/json": [[i] for i in range(300_000)]}, raw=True)
""",
        after="conv2d",
    )


@attack(says={"page": "more than"})
def output_without_end(work):
    """Displays without end."""
    work.add(
        "from IPython.display import display\n"
        "while True: display({'text/html': 'x' * 10_000_000}, raw=True)",
        before="conv2d",
    )


@attack()
def odd_displays(work):
    """Displays what no notebook can hold: deep JSON, NaN, bytes, objects, keys that are none."""
    work.add(
        """
from IPython.display import display
deep = []
for _ in range(100_000): deep = [deep]
for data in ({"application/json": deep}, {"application/json": float("nan")},
             {"text/plain": None}, {"text/html": 7}, {"text/plain": ["a", "b"]},
             {3: "x"}, {"": ""}, {"application/json": 10**5000}, {"text/plain": object()},
             {"text/plain": "\\ud800"}, {"a" * 100_000 + "/b": "x"}):
    try:
        display(data, raw=True)
    except Exception as error:
        print(type(error).__name__)
""",
        after="conv2d",
    )


@attack()
def odd_text(work):
    """Prints half surrogates, control characters and text that runs backwards."""
    work.add(
        """
import sys
ℓ = "\\ud83d"; 変数 = "\\u202e abc"
print(変数, "𝕏", "\\u0000", "\\x1b[2J\\x1b[31m", ℓ, "\\x08\\r\\n\\x85\\u2028")
sys.stderr.write("\\udcff")
from IPython.display import display
display({"text/plain": "\\ud800", "text/html": "\\ud800"}, raw=True)
変数
""",
        after="conv2d",
    )


@attack()
def fill_the_disk(work):
    """Fills its scratch folder with large and with many files."""
    work.add(
        """
import os
for i in range(2000):
    try:
        with open(f"large-{i}", "wb") as file:
            for _ in range(8): file.write(b"x" * (1 << 20))
    except OSError:
        break
for i in range(3000):
    try:
        open(f"small-{i}", "w").close()
    except OSError:
        break
os.makedirs("a/" * 100, exist_ok=True)
""",
        after="conv2d",
    )


@attack()
def leave_the_folder(work):
    """Removes the folder it works in, and its home."""
    work.add(
        "import os, shutil\nshutil.rmtree('.', ignore_errors=True)\n"
        "os.makedirs('/tmp/x', exist_ok=True)\nos.chdir('/tmp/x')\nos.rmdir('/tmp/x')",
        after="conv2d",
    )


@attack()
def closed_streams(work):
    """Closes and replaces the streams that its outputs go through."""
    work.add(
        """
import os, sys
sys.stdout.close(); sys.stderr = None; sys.stdout = 7
sys.__stdout__ = sys.__stderr__ = None
for fd in (0, 1, 2):
    try:
        os.close(fd)
    except OSError:
        pass
""",
        after="conv2d",
    )


@attack(says={"page": "the process"})
def closed_line(work):
    """Closes every descriptor it has, the line to the grader too."""
    work.add("import os\nos.closerange(0, 1024)", after="conv2d")


_SPEAK = """
import os, stat, struct
def speak(data):
    for fd in range(3, 256):
        try:
            if stat.S_IFMT(os.fstat(fd).st_mode) in (stat.S_IFSOCK, stat.S_IFIFO):
                os.write(fd, data)
        except OSError:
            pass
def frame(text): return struct.pack(">I", len(text)) + text
"""


def _speaking(work, *lines):
    work.add(_SPEAK + "\n".join(lines), after="conv2d")


@attack()
def noise_on_the_line(work):
    """Writes noise to every descriptor it has inherited."""
    _speaking(work, "speak(os.urandom(1 << 16))")


@attack()
def a_length_without_end(work):
    """Announces a message of four gigabytes to the grader."""
    _speaking(work, "speak(bytes([255] * 4))")


@attack(says={"page": "more than"})
def half_a_message(work):
    """Announces a message, sends half of it, and waits."""
    _speaking(work, "import time", "speak(struct.pack('>I', 1000) + b'{')", "time.sleep(1000)")


@attack()
def no_json_on_the_line(work):
    """Sends messages that are no JSON, or JSON that no parser likes."""
    _speaking(
        work,
        "speak(frame(b'[' * 100_000))",
        "speak(frame(b'\\xff\\xfe{'))",
        "speak(frame(b'1' * 10_000))",
        "speak(frame(b'{\"output\": NaN}'))",
    )


@attack()
def odd_messages(work):
    """Sends well-formed messages that mean nothing."""
    _speaking(
        work,
        "import json",
        "for message in ({'output': {'output_type': ['stream']}}, {'output': 7}, {'done': 1e308},",
        "                {'output': {'output_type': 'stream', 'name': 'stdout', 'text': 7}},",
        "                {'output': {'output_type': 'display_data', 'data': []}}, 7, [], None,",
        "                {'output': {'output_type': 'error', 'traceback': 'x'}}, {'ready': 1}):",
        "    speak(frame(json.dumps(message).encode()))",
    )


@attack(points=3 + 2)
def cell_that_is_done_early(work):
    """Tells the grader that its cells are done, and says what they are worth."""
    _speaking(
        work,
        "import json",
        "verdict = {'exercise': 'conv2d', 'results': []}",
        "data = {'text/plain': '5.0', 'application/vnd.cnncourse.verdict+json': verdict}",
        "said = {'output': {'output_type': 'execute_result', 'data': data, 'metadata': {}}}",
        "speak(frame(json.dumps(said).encode()))",
        "for _ in range(40): speak(frame(json.dumps({'done': True}).encode()))",
    )


@attack()
def another_program(work):
    """Replaces the process by another program."""
    work.add("import os\nos.execv('/bin/sh', ['sh', '-c', 'exit 0'])", after="conv2d")


@attack()
def broken_shell(work):
    """Breaks the shell that runs its cells."""
    work.add(
        """
shell = get_ipython()
shell.run_cell = shell.run_cell_async = shell.showtraceback = None
shell.display_formatter = shell.displayhook = None
shell.events.register("post_run_cell", lambda *a: 1 / 0)
import sys, json
json.dumps = None
sys.displayhook = None
sys.excepthook = None
""",
    )


@attack()
def hooks_that_hang(work):
    """Registers hooks that run at the end of a cell and of a function, and hang."""
    work.add(
        "import time\nget_ipython().events.register('post_run_cell', lambda *a: time.sleep(1000))"
    )


@attack(**conv2d)
def error_that_lies(work):
    """Raises an error that cannot be printed, named or compared."""
    work.conv2d(
        "class Lie(BaseException):",
        "    def __str__(self): raise self",
        "    __repr__ = __eq__ = __hash__ = __str__",
        "    __class__ = property(lambda self: 1 / 0)",
        "Lie.__name__ = 'x' * 1_000_000",
        "raise Lie",
    )


@attack(**conv2d)
def error_of_megabytes(work):
    """Raises an error whose message is a novel."""
    work.conv2d("raise ValueError('<b>novel</b>' * 5_000_000)")


@attack(**conv2d)
def answers_of_megabytes(work):
    """Returns far larger arrays than were asked for, that pack to nothing."""
    work.conv2d("return np.zeros((60, 1000, 1000))")


@attack(**conv2d, says={"conv2d": "the sealed answers"})
def bomb_in_the_seal(work):
    """Seals an archive that unpacks to gigabytes."""
    work.add(
        """
import base64, io, zipfile
import cnncourse.notebook as _n
_seal = _n.seal
def _forge(name, answers):
    bundle = _seal(name, answers)
    if name == "conv2d":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as z:
            for i in range(11): z.writestr(f"{i}.0.npy", bytes(200 * 2**20 // 11))
        bundle["npz"] = base64.b64encode(buffer.getvalue()).decode()
    return bundle
_n.seal = _forge
""",
        after="conv2d",
    )


@attack(**conv2d, says={"conv2d": "the sealed answers"})
def members_without_number(work):
    """Seals an archive of a hundred thousand empty files."""
    work.add(
        """
import base64, io, zipfile
import cnncourse.notebook as _n
_seal = _n.seal
def _forge(name, answers):
    bundle = _seal(name, answers)
    if name == "conv2d":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as z:
            for i in range(30_000): z.writestr(str(i), b"")
        bundle["npz"] = base64.b64encode(buffer.getvalue()).decode()
    return bundle
_n.seal = _forge
""",
        after="conv2d",
    )


@attack(points=FULL)
def function_that_never_returns_to_normal(work):
    """Changes the working of floating point, warnings and locale for all that follows."""
    work.add(
        "import locale, warnings\nnp.seterr(all='raise')\nwarnings.simplefilter('error')\n"
        "np.set_printoptions(threshold=10**9)\nimport gc; gc.disable()\n"
        f"import sys; sys.setprofile(lambda *a: None); sys.ps1 = '{MARK}'",
        after="conv2d",
    )
