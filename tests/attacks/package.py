"""The folder that is handed in: files beside the notebook, and notebooks that are none."""

import io
import os
import socket
import zipfile

from attacks import EVERYTHING, MARK, attack
from attacks.work import NAME, ZEROS

refused = {"points": None}

FAKE = f"""
import builtins
builtins.shadowed = True
open("$CANARY/{MARK}-shadow", "w").write("x")
from types import SimpleNamespace
def __getattr__(name): return lambda *a, **k: True
"""


@attack(loses=["conv2d"])
def shadow_modules(work):
    """Brings files with the names of the modules that a grader imports."""
    work.solve("conv2d", ZEROS)
    for name in (
        "torch",
        "scipy",
        "numpy",
        "json",
        "cnncourse",
        "IPython",
        "matplotlib",
        "base64",
    ):
        work.also(FAKE, f"{name}.py")
    work.also(FAKE, "numpy/__init__.py")
    work.also(FAKE, "cnncourse/__init__.py")


@attack()
def startup_files(work):
    """Brings files that Python, IPython, pytest, nbgrader and the shell run by themselves."""
    for name in (
        "sitecustomize.py",
        "usercustomize.py",
        "conftest.py",
        "nbgrader_config.py",
        "jupyter_config.py",
        "ipython_config.py",
        "matplotlibrc",
        ".bashrc",
        ".env",
        ".ipython/profile_default/startup/00.py",
        "startup/00.py",
        "mark.pth",
        "pyvenv.cfg",
    ):
        work.also(FAKE, name)


@attack()
def helper_module(work):
    """Keeps half of its functions in a module of its own; honest, and it works at home."""
    work.also("import numpy as np\ndef padded(x, p):\n    return np.pad(x, p)\n", "mylayers.py")
    cell = work.cell("conv2d_single")
    cell.source = "from mylayers import padded\n" + cell.source.replace("np.pad(x", "padded(x")


@attack(**refused, says={"reason": "JSON"})
def cut_off(work):
    """Hands in the first half of the notebook's file."""
    text = work.text()
    work.write(text[: len(text) // 2])


@attack(**refused)
def empty_file(work):
    """Hands in an empty file."""
    work.write("")


@attack(**refused)
def no_object(work):
    """Hands in JSON that is a list."""
    work.write("[1, 2, 3]")


@attack(**refused)
def text_file(work):
    """Hands in its code as text under the notebook's name."""
    work.write("import numpy as np\nprint('my homework')\n")


@attack(**refused)
def zip_file(work):
    """Hands in an archive under the notebook's name, with paths that lead out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"../../../../{MARK}-zip", "x")
        archive.writestr(f"/tmp/{MARK}-zip", "x")
        archive.writestr(NAME, work.text())
    work.write(buffer.getvalue())


@attack()
def archive_beside(work):
    """Hands in the notebook, and an archive with paths that lead out beside it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"../../../../{MARK}-zip", "x")
        archive.writestr(f"/tmp/{MARK}-zip", "x")
        archive.writestr("bomb", b"\0" * 30_000_000)
    work.also(buffer.getvalue(), "more.zip")


@attack()
def future_notebook(work):
    """Hands in a notebook of a format that does not exist yet."""
    work.write({**work.plain(), "nbformat": 99})


@attack()
def future_minor(work):
    """Hands in a notebook of a later minor version, with a field nobody knows."""
    plain = work.plain()
    plain.update(nbformat_minor=99, invented={"a": 1})
    plain["cells"][0]["invented"] = True
    work.write(plain)


@attack()
def old_notebook(work):
    """Hands in a notebook from before cells had ids."""
    plain = work.plain()
    plain["nbformat_minor"] = 2
    for cell in plain["cells"]:
        cell.pop("id")
    work.write(plain)


@attack()
def very_old_notebook(work):
    """Claims format 3, whose cells lie in worksheets, without any."""
    work.write({**work.plain(), "nbformat": 3, "nbformat_minor": 0})


@attack(**refused)
def no_cells(work):
    """Has a number where the cells should be."""
    work.write({**work.plain(), "cells": 7})


@attack(loses=EVERYTHING)
def without_a_cell(work):
    """Hands in a notebook without any cell."""
    work.write({**work.plain(), "cells": []})


@attack()
def cells_in_lines(work):
    """Has the cells' sources as lists of lines, as files have them."""
    plain = work.plain()
    for cell in plain["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
    work.write(plain)


@attack(loses=["conv2d"])
def source_of_no_kind(work):
    """Has numbers, null and objects as the source of cells."""
    plain = work.plain()
    cells = {cell["id"]: cell for cell in plain["cells"]}
    cells["conv2d"]["source"] = 7
    cells["about_conv2d"]["source"] = None
    cells["plot_conv2d"]["source"] = {"a": 1}
    cells["look_conv2d"]["source"] = [1, 2]
    work.write(plain)


@attack()
def cells_of_no_kind(work):
    """Has texts, null and cells of unknown types among its cells."""
    plain = work.plain()
    plain["cells"][2:2] = ["a", None, 7, {"cell_type": "heading"}, {"cell_type": ["code"]}, []]
    work.write(plain)


@attack(**refused)
def deep_json(work):
    """Nests a hundred thousand lists."""
    text = work.text().rstrip().removesuffix("}")
    work.write(f'{text}, "deep": {"[" * 100_000}{"]" * 100_000}}}')


@attack()
def odd_numbers(work):
    """Has NaN, infinity and a number of five thousand digits in its metadata."""
    text = work.text().rstrip().removesuffix("}")
    work.write(f'{text}, "odd": [NaN, Infinity, -1e999, {"7" * 4000}]}}')


@attack()
def repeated_keys(work):
    """Has every key of the notebook twice; the last one counts."""
    text = work.text().lstrip().removeprefix("{")
    work.write(f'{{"cells": [], "nbformat": 99, {text}')


@attack(**refused)
def null_bytes(work):
    """Has NUL bytes between its cells."""
    work.write(work.text().replace("\n", "\0\n").encode())


@attack()
def byte_order_mark(work):
    """Was saved by an editor that writes a byte order mark, and ends its lines in CR LF."""
    work.write(b"\xef\xbb\xbf" + work.text().replace("\n", "\r\n").encode())


@attack()
def carriage_returns(work):
    """Has CR LF line ends inside its cells, as Windows has them."""
    for cell in work.notebook.cells:
        cell.source = cell.source.replace("\n", "\r\n")


@attack()
def utf16(work):
    """Was saved as UTF-16."""
    work.write(work.text().encode("utf-16"))


@attack(**refused)
def latin1(work):
    """Was saved in an encoding of the last century, with a name in a comment."""
    text = work.text().replace("def conv2d(", "# Müller\\ndef conv2d(", 1)
    work.write(text.encode("latin-1", "replace"))


@attack(**refused)
def folder_for_a_notebook(work):
    """Hands in a folder under the notebook's name."""
    work.write("x", f"{NAME}/notebook.txt")


@attack(**refused)
def link_for_a_notebook(work):
    """Hands in a link to another student's notebook."""
    work.written = True
    (work.folder / NAME).symlink_to(
        work.places["COURSE"] + "/classroom/submitted/honest_01/04_convolution/" + NAME
    )


@attack(**refused)
def link_to_the_solution(work):
    """Hands in a link to the instructor's solution."""
    work.written = True
    (work.folder / NAME).symlink_to(work.places["COURSE"] + f"/solutions/04_convolution/{NAME}")


@attack(**refused)
def link_to_nothing_that_ends(work):
    """Hands in a link to a device that never ends."""
    work.written = True
    (work.folder / NAME).symlink_to("/dev/zero")


@attack(**refused)
def pipe_for_a_notebook(work):
    """Hands in a named pipe, which nobody ever writes to."""
    work.written = True
    os.mkfifo(work.folder / NAME)


@attack()
def links_beside(work):
    """Brings links to the gradebook, the secret, a device and itself."""
    for name, target in {
        "data.db": work.places["COURSE"] + "/classroom/gradebook.db",
        "secret.txt": work.places["COURSE"] + "/classroom/secret",
        "others": work.places["COURSE"] + "/classroom/submitted",
        "zero": "/dev/zero",
        "root": "/",
        "loop": "loop",
        "up": "..",
        "gone": "nowhere",
    }.items():
        (work.folder / name).symlink_to(target)
    work.add(
        "import os\nfor name in ('data.db', 'secret.txt', 'others/honest_01'):\n"
        "    print('LEAKED' if os.path.exists(name) else 'nothing')"
    )


@attack()
def pipes_beside(work):
    """Brings a named pipe and a socket."""
    os.mkfifo(work.folder / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        here = os.getcwd()
        os.chdir(work.folder)
        server.bind("socket")
        os.chdir(here)


@attack()
def odd_names(work):
    """Brings files whose names hold line ends, quotes, dashes and bytes that are no text."""
    folder = os.fsencode(work.folder)
    for name in (b"a\nb", b"-rf", b"'; touch x", b"\xff\xfe", b"<b>", b"x" * 200, "名".encode()):
        with open(os.path.join(folder, name), "wb") as file:
            file.write(b"x")


@attack()
def many_files(work):
    """Brings a thousand files in a hundred folders, as those who hand in an environment do."""
    for i in range(1000):
        work.also("x", f"env/{i % 100}/{i}.txt")


@attack()
def large_file(work):
    """Brings a file of 200 MB."""
    with open(work.folder / "data.bin", "wb") as file:
        file.truncate(200 * 2**20)


@attack()
def setuid_file(work):
    """Brings a program that runs as its owner."""
    work.also(f"#!/bin/sh\ntouch $CANARY/{MARK}-setuid\n", "run.sh")
    (work.folder / "run.sh").chmod(0o6777)


@attack(says={"remark": "was taken for 04_convolution.ipynb"})
def renamed_notebook(work):
    """Hands in the notebook under another name."""
    work.write(name="04_convolution (1).ipynb")


@attack()
def two_notebooks(work):
    """Hands in an older copy beside the notebook."""
    work.write()
    work.unsolve()
    work.write(name="04_convolution-Copy1.ipynb")


@attack()
def huge_outputs(work):
    """Hands in outputs of 30 MB from its own session."""
    work.cell("plot_pad2d").outputs = [
        {"output_type": "stream", "name": "stdout", "text": "x" * 30_000_000},
        {"output_type": "display_data", "data": {"image/png": 7}, "metadata": None},
        {"output_type": ["stream"]},
        7,
    ]


@attack()
def time_of_its_own(work):
    """Writes the time at which it says it was handed in: long ago, garbage, and text."""
    work.also("1970-01-01 00:00:00 UTC\x00", "timestamp.txt")


@attack()
def time_that_is_none(work):
    """Writes bytes where the time stands."""
    work.also(b"\xff\xfe\x00 <b>soon</b> " + b"9" * 100_000, "timestamp.txt")


@attack()
def folders_of_the_grader(work):
    """Brings folders with the names that a grader uses for itself."""
    for name in ("autograded/x", ".git/hooks/post-checkout", "classroom/gradebook.db", "done/a"):
        work.also(FAKE, name)
