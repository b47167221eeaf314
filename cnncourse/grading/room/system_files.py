"""Which files of the system a confined Python needs: itself, and what it is linked with."""

import functools
import os
import subprocess
import sys
import sysconfig
from pathlib import Path, PurePosixPath

from cnncourse.grading.room.packages import CACHE, site

ROOT = "/room"
SITE = f"{ROOT}/site"
LIBRARIES = f"{ROOT}/lib"
_LOAD_AND_LIST = """
import contextlib, ctypes, os, sys
for name in sys.argv[1:]:
    with contextlib.suppress(OSError):
        ctypes.PyDLL(name)
class Info(ctypes.Structure):
    _fields_ = [("address", ctypes.c_void_p), ("name", ctypes.c_char_p)]
found = []
kind = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.POINTER(Info), ctypes.c_size_t, ctypes.c_void_p)
look = kind(lambda info, size, data: found.append(info.contents.name) or 0)
ctypes.PyDLL(None).dl_iterate_phdr(look, None)
os.write(1, b"\\n".join(found))
os._exit(0)
"""
_NOT_NEEDED = ("_tkinter", "nis", "_gdbm", "_dbm")  # and half a desktop with them


@functools.cache
def binds(packages=()):
    """Say what stands where in the room; everything is read-only.

    Parameters
    ----------
    packages : tuple of str
        Of the `site`.

    Returns
    -------
    binds : list of (Path, str)
        A file or folder here, and its name in the room.
    """
    python, library = executable(), Path(sysconfig.get_path("stdlib"))
    inner = library.relative_to(sys.base_prefix)
    return [
        (python, f"{ROOT}/bin/{python.name}"),
        (library, f"{ROOT}/{inner}"),
        *((entry.resolve(), f"{SITE}/{entry.name}") for entry in _entries(packages)),
        *_shared_libraries(library, packages),
    ]


def folders(packages=()):
    """Name the folders above what `binds` puts into the room, the outer ones first.

    Parameters
    ----------
    packages : tuple of str
        Of the `site`.

    Returns
    -------
    folders : list of str
    """
    targets = [target for _, target in binds(packages)]
    above = {str(parent) for target in targets for parent in PurePosixPath(target).parents}
    return sorted({*above, "/dev", "/dev/shm"} - {"/"})


def executable():
    """Find the interpreter itself, behind a virtual environment's link."""
    return Path(sys.executable).resolve()


def python_in_the_room():
    """Name the interpreter inside, and the folder that hides other people's packages."""
    library = Path(sysconfig.get_path("stdlib"))
    inner = f"{ROOT}/{library.relative_to(sys.base_prefix)}"
    hidden = f"{inner}/site-packages" if (library / "site-packages").is_dir() else None
    return f"{ROOT}/bin/{executable().name}", hidden


def _entries(packages):
    return sorted(entry for entry in site(packages).iterdir() if entry.name != CACHE)


def _shared_libraries(library, packages):
    """What the interpreter and the allowed packages are linked with, outside themselves."""
    inside = [library.resolve(), *(entry.resolve() for entry in _entries(packages))]
    few = [entry.resolve() for entry in _entries(())]
    modules = [
        path
        for folder in [library / "lib-dynload", *(one for one in few if one.is_dir())]
        for path in folder.rglob("*.so")
        if not path.name.startswith(_NOT_NEEDED)
    ]
    # A large package loads its parts itself, from its own folder: one module leads to them all.
    modules += [path for name in packages for path in (site(packages) / name).glob("*.so")]
    modules += [path for path in few if path.suffix == ".so"]
    found = {}
    for path in _linked([executable(), *modules]):
        if not any(path.resolve().is_relative_to(folder) for folder in inside):
            name = str(path) if path.name.startswith("ld-") else f"{LIBRARIES}/{path.name}"
            found[name] = path
    return [(path.resolve(), name) for name, path in sorted(found.items())]


def _linked(modules):
    """Load them all, in a process of their own, and list which files that took."""
    command = [executable(), "-I", "-S", "-c", _LOAD_AND_LIST, *modules]
    listed = subprocess.run(command, capture_output=True, check=True).stdout
    names = [Path(os.path.normpath(os.fsdecode(line))) for line in listed.splitlines()]
    return [name for name in names if name.is_absolute() and name not in modules]
