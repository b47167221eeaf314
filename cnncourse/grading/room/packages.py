"""What may be imported in the room: a folder for each set of packages, gone with the grader."""

import functools
import os
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from multiprocessing.util import Finalize
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import cnncourse
from cnncourse.catalogue.numpy_lenet.digits import hand_out
from cnncourse.grading.room.questions import strip_answers

ALLOWED = ("ipython", "matplotlib", "matplotlib-inline", "numpy")
NOT_IN_THE_ROOM = (
    "audit.py",
    "bench",
    "cli",
    "data",
    "fast",
    "grading",
    "inside",
    "models",
    "shapes.py",
    "training",
)
WHOLE = {
    "catalogue",
    "catalogue.contents",
    "catalogue.exercise",
    "catalogue.modules",
    "catalogue.numpy_lenet.digits",
    "catalogue.numpy_lenet.given",  # a notebook imports it
    "catalogue.tensors",
}
CACHE = "matplotlib-cache"
# Only Matplotlib's own fonts are kept: the system's are not in the room.
_LIST_FONTS = """
import os, sys
sys.path.append(sys.argv[1])
from matplotlib import font_manager
find = font_manager.findSystemFonts
font_manager.findSystemFonts = lambda where=None, **kind: find(where, **kind) if where else []
own = font_manager.FontManager()
font_manager.json_dump(own, f"{os.environ['MPLCONFIGDIR']}/fontlist-v{own.__version__}.json")
"""
_INSIDE = Path(__file__).with_name("inside")
_PACKAGE = Path(cnncourse.__file__).parent


def site(packages=()):
    """Gather links to the allowed packages in one folder.

    Parameters
    ----------
    packages : tuple of str
        What an assignment allows beside NumPy and Matplotlib, as ``("torch",)``.

    Returns
    -------
    folder : Path
        Kept until this process ends; everybody may read it, only its owner write.
    """
    return _with_more(packages) if packages else _plain_site()


@functools.cache
def _with_more(packages):
    folder = home() / "-".join(["site", *packages])
    shutil.copytree(site(), folder, symlinks=True, ignore=shutil.ignore_patterns(CACHE))
    for name in sorted(_with_requirements(packages)):
        _link_distribution(name, folder)
    _let_everybody_read(folder)
    return folder


@functools.cache
def _plain_site():
    folder = home() / "site"
    folder.mkdir(mode=0o755)
    for name in sorted(_with_requirements(ALLOWED)):
        _link_distribution(name, folder)
    # Copies, so that nothing in the room leads back to the package that judges.
    shutil.copytree(_PACKAGE, folder / "cnncourse", ignore=_left_out)
    _strip(folder / "cnncourse")
    shutil.copytree(_INSIDE, folder / "exam_room", ignore=_left_out)
    hand_out(folder / "cnncourse")
    _let_everybody_read(folder)
    return folder


def list_fonts(packages=()):
    """Have Matplotlib list its fonts once for all processes that start from nothing.

    Parameters
    ----------
    packages : tuple of str
        Of the `site`.

    Returns
    -------
    folder : Path
        In `site`; the room's processes copy it.
    """
    return _list_fonts(tuple(packages))


@functools.cache
def _list_fonts(packages):
    folder = site(packages) / CACHE
    if packages:
        return shutil.copytree(list_fonts(), folder)
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-I", "-S", "-c", _LIST_FONTS, str(site())],
        env={"MPLCONFIGDIR": str(folder), "PATH": os.environ.get("PATH", os.defpath)},
        check=True,
        capture_output=True,
    )
    _let_everybody_read(folder)
    return folder


@functools.cache
def home():
    """Make the folder for everything of this process's rooms.

    Returns
    -------
    folder : Path
        Gone when this process ends.
    """
    folder = Path(tempfile.mkdtemp(prefix="exam-room-"))
    folder.chmod(0o711)  # the room's own users pass through
    # Unlike atexit's, this runs where a worker of a pool ends, and not in a fork of this one.
    Finalize(None, shutil.rmtree, args=(folder,), kwargs={"ignore_errors": True}, exitpriority=1)
    return folder


def _strip(package):
    """Take out of a copy of the package what answers exercises."""
    strip_answers(package, whole=WHOLE)
    for path in (package / "reference").iterdir():
        if path.name != "__init__.py":
            path.unlink()


def _left_out(folder, names):
    """Say what `copytree` leaves out: parts of the package itself, not a topic of that name."""
    return {*(NOT_IN_THE_ROOM if Path(folder) == _PACKAGE else ()), "__pycache__"} & set(names)


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


def _let_everybody_read(folder):
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() else 0o644)
