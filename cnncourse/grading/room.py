"""The exam room: the process that runs a student's notebook, and what it may import.

The room is a fresh Python that sees the standard library, NumPy, Matplotlib, what a kernel
needs, and this package; nothing else is on its path, and a guard refuses the rest by name.
Confinement by the operating system belongs in `command`, which is the only place that says
how the process starts.
"""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from traitlets import default

import cnncourse
from cnncourse.catalogue.numpy_lenet.digits import hand_out

ALLOWED = ("ipykernel", "matplotlib", "numpy")
NOT_IN_THE_ROOM = (
    "audit.py",
    "bench",
    "cli.py",
    "data",
    "fast",
    "grading",
    "models",
    "shapes.py",
    "training",
)
_BOOT = Path(__file__).with_name("room_boot.py")
_PACKAGE = Path(cnncourse.__file__).parent


class RoomKernelManager(AsyncKernelManager):
    """Starts every kernel in the room, whatever kernel the notebook asks for."""

    @default("transport")
    def _sockets_are_files(self):
        return "ipc"  # in a folder of ours: no other user of the machine can listen

    @default("ip")
    def _where_the_sockets_are(self):
        return str(Path(tempfile.mkdtemp(prefix="k", dir=_folder())) / "s")

    @property
    def kernel_spec(self):
        """The room's own `KernelSpec`; a notebook's metadata has no say in it."""
        return KernelSpec(argv=command(), display_name="exam room", language="python")


def command():
    """Say how the room's kernel is started.

    Returns
    -------
    argv : list of str
        With the placeholder ``{connection_file}``, as in a kernel spec.
    """
    # -I: no environment variables, no user site, no current folder. -S: no site-packages.
    return [sys.executable, "-I", "-S", str(_BOOT), str(site()), "-f", "{connection_file}"]


def environment(seed_name, seed):
    """Make the environment variables of one student's room.

    Parameters
    ----------
    seed_name, seed : str
        The variable that carries the seed of the graded cases, and its value.

    Returns
    -------
    env : dict of str to str
        Nothing of the grader's own environment but the search path for programs; the
        home folder is a scratch folder of this run.
    """
    scratch = tempfile.mkdtemp(prefix="scratch-", dir=_folder())
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": scratch,
        "IPYTHONDIR": scratch,
        "TMPDIR": scratch,
        "MPLCONFIGDIR": str(site() / "matplotlib-cache"),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "NBGRADER_EXECUTION": "autograde",
        seed_name: seed,
    }


@functools.cache
def site():
    """Gather links to the allowed packages in one folder.

    Returns
    -------
    folder : Path
        Kept until this process ends.
    """
    folder = _folder() / "site"
    folder.mkdir()
    for name in sorted(_with_requirements(ALLOWED)):
        _link_distribution(name, folder)
    # A copy, so that nothing in the room leads back to the package that judges.
    shutil.copytree(_PACKAGE, folder / "cnncourse", ignore=_left_out)
    hand_out(folder / "cnncourse")
    _draw_fonts_once(folder)
    return folder


def _left_out(folder, names):
    """Say what `copytree` leaves out: parts of the package itself, not a topic of that name."""
    return {*(NOT_IN_THE_ROOM if Path(folder) == _PACKAGE else ()), "__pycache__"} & set(names)


@functools.cache
def _folder():
    folder = Path(tempfile.mkdtemp(prefix="exam-room-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _with_requirements(names):
    """Names of the distributions and all they need here, in canonical form."""
    found, waiting = set(), [canonicalize_name(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(canonicalize_name(requirement.name))
    return found


def _link_distribution(name, folder):
    distribution = metadata.distribution(name)
    tops = {Path(file).parts[0] for file in distribution.files or ()}
    for top in tops - {"..", "__pycache__"}:
        target = Path(distribution.locate_file(top)).resolve()
        link = folder / top
        if target.exists() and not link.exists():
            link.symlink_to(target)


def _draw_fonts_once(folder):
    # Matplotlib lists the system's fonts at its first import, for seconds: do it here.
    cache = folder / "matplotlib-cache"
    cache.mkdir()
    subprocess.run(
        [sys.executable, "-c", "import matplotlib.font_manager"],
        env={"MPLCONFIGDIR": str(cache), "PATH": os.environ.get("PATH", os.defpath)},
        check=True,
        capture_output=True,
    )
