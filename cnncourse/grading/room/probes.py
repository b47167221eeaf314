"""What the doctor tries in the room, as a hostile student would; each probe is a cell.

A probe ends on a text: empty if the room held, else what got through.
"""

from dataclasses import dataclass

ALL = ("bubblewrap", "landlock", "limits")
CONFINED = ("bubblewrap", "landlock")
FULL = ("bubblewrap",)

PRELUDE = """
import ctypes, os, signal, socket, sys, time
import numpy as np

def got_through(action, *arguments):
    try:
        action(*arguments)
    except (OSError, ImportError, MemoryError, ValueError) as error:
        return False
    return True

def all_got_through(action, things):
    return ", ".join(str(one) for one in things if got_through(action, one))

libc = ctypes.CDLL(None, use_errno=True)

def system_call(name, *arguments):
    if getattr(libc, name)(*arguments) < 0:
        raise OSError(ctypes.get_errno(), name)
"""


@dataclass(frozen=True)
class Probe:
    """One attempt to get out of the room.

    Parameters
    ----------
    name : str
        What is tried.
    source : str
        A cell; `outside` and the names of the prelude are there.
    promised : tuple of str
        The rungs that promise to hold.
    """

    name: str
    source: str
    promised: tuple = CONFINED


def _probe(name, source, promised=CONFINED):
    return Probe(name, source.strip(), promised)


PROBES = (
    _probe(
        "read gradebook, secret, other work, /etc/shadow",
        "all_got_through(lambda path: open(path).read(1), outside['files'])",
    ),
    _probe(
        "list the home folder and the course folder",
        "all_got_through(os.listdir, outside['folders'])",
    ),
    _probe(
        "write outside the scratch folder",
        """
def write(folder):
    path = os.path.join(folder, "probe-of-the-room")
    with open(path, "w") as file:
        file.write("x")
    os.remove(path)
places = [*outside["folders"], "/", "/etc", "/usr", "/var/tmp", sys.prefix, sys.path[-2]]
all_got_through(write, places)
""",
    ),
    _probe(
        "connect over TCP, over UDP, to an abstract socket, to a file's",
        """
def connect(family, kind, address):
    with socket.socket(family, kind) as line:
        line.settimeout(5)
        line.connect(address)
        line.send(b"x")
tries = {
    "TCP": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", outside["port"])),
    "UDP": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", outside["port"])),
    "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, "\\0" + outside["abstract"]),
    "file": (socket.AF_UNIX, socket.SOCK_STREAM, outside["socket"]),
}
", ".join(name for name, how in tries.items() if got_through(connect, *how))
""",
    ),
    _probe(
        "start 500 processes",
        """
children = []
waiting, go = os.pipe()
try:
    for _ in range(500):
        child = os.fork()
        if child == 0:
            os.close(go)
            os.read(waiting, 1)
            os._exit(0)
        children.append(child)
except OSError:
    pass
os.close(go)
for child in children:
    os.waitpid(child, 0)
os.close(waiting)
f"{len(children)} started" if len(children) > outside["processes"] else ""
""",
        FULL,
    ),
    _probe(
        "take more memory than allowed",
        "'it was given' if got_through(np.ones, 2 * outside['memory'] // 8) else ''",
        ALL,
    ),
    _probe(
        "write a file that is too large",
        """
def write_much():
    with open("large", "wb") as file:
        for _ in range(outside["file_size"] // 2**20 + 1):
            file.write(bytes(2**20))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
said = "it was written" if got_through(write_much) else ""
os.remove("large")
said
""",
        ALL,
    ),
    _probe(
        "fill the scratch folder beyond its size",
        """
def write_many():
    for number in range(outside["scratch_size"] // outside["file_size"] + 2):
        with open(f"part{number}", "wb") as file:
            for _ in range(outside["file_size"] // 2**20):
                file.write(bytes(2**20))
said = "it was filled" if got_through(write_many) else ""
for name in os.listdir("."):
    if name.startswith("part"):
        os.remove(name)
said
""",
        FULL,
    ),
    _probe(
        "signal a process outside",
        "'signalled' if got_through(os.kill, outside['process'], 0) else ''",
    ),
    _probe(
        "read another process's memory, trace it",
        """
tries = {
    "/proc/PID/mem": lambda: open(f"/proc/{outside['process']}/mem", "rb").close(),
    "/proc/PID/environ": lambda: open(f"/proc/{outside['process']}/environ", "rb").read(1),
    "ptrace": lambda: system_call("ptrace", 16, outside["process"], 0, 0),
}
", ".join(name for name, how in tries.items() if got_through(how))
""",
    ),
    _probe(
        "see other processes",
        """
def pids():
    return [name for name in os.listdir("/proc") if name.isdigit() and int(name) != os.getpid()]
try:
    said = f"{len(pids())} seen" if pids() else ""
except OSError:
    said = ""
said
""",
    ),
    _probe(
        "import torch, scipy, scikit-learn, nbgrader",
        """
names = ["torch", "scipy", "sklearn", "nbgrader", "cnncourse.grading", "cnncourse.models"]
all_got_through(__import__, names)
""",
        ALL,
    ),
    _probe(
        "become the superuser, make new namespaces, mount",
        """
tries = {
    "setuid": lambda: os.setuid(0) if os.getuid() else (_ for _ in ()).throw(OSError),
    "user namespace": lambda: system_call("unshare", 0x10000000),
    "mount namespace": lambda: system_call("unshare", 0x00020000),
    "mount": lambda: system_call("mount", b"none", b"/", b"tmpfs", 0, None),
    "chroot": lambda: os.chroot("."),
}
", ".join(name for name, how in tries.items() if got_through(how))
""",
    ),
    _probe(
        "inherit a descriptor of the grader's",
        """
def is_open(number):
    os.fstat(number)
extra = [number for number in range(3, 256) if got_through(is_open, number)]
f"descriptors {extra}" if len(extra) > 1 else ""
""",
        ALL,
    ),
)
