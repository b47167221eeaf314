"""First code to run in the exam room; imports nothing of the course, and starts the kernel.

Called as ``python -I -S room_boot.py SITE -f CONNECTION_FILE``.
"""

import importlib.abc
import os
import sys

REFUSED = frozenset(
    [
        *("cupy", "jax", "keras", "numba", "onnxruntime", "tensorflow", "torch", "torchvision"),
        *("nbgrader", "scipy", "skimage", "sklearn"),
    ]
)
MIB = 2**20
DATA_LIMIT = 4096 * MIB  # memory a notebook may allocate
FILE_LIMIT = 64 * MIB  # size of any file it writes
OPEN_FILES = 256


class Guard(importlib.abc.MetaPathFinder):
    """Refuses packages that would do the exercise for the student."""

    def find_spec(self, name, path=None, target=None):
        """Raise ImportError for a refused package, else let the next finder look."""
        top = name.partition(".")[0]
        if top in REFUSED:
            raise ImportError(f"{top} is not available while this assignment is graded", name=top)


def limit_resources():
    """Bound memory, file size and open files, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    for kind, most in (
        (resource.RLIMIT_DATA, DATA_LIMIT),
        (resource.RLIMIT_FSIZE, FILE_LIMIT),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def main():
    """Set the room up and hand over to the kernel."""
    site = sys.argv.pop(1)
    # The student's own files come last, so that none can stand in for a package.
    sys.path.extend([site, os.getcwd()])
    sys.meta_path.insert(0, Guard())
    limit_resources()
    from ipykernel.kernelapp import IPKernelApp

    sys.argv.append("--InteractiveShellApp.ignore_cwd=True")
    IPKernelApp.launch_instance()


if __name__ == "__main__":
    main()
