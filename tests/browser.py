"""The built book and a browser to read it with, for `test_book` and `test_browser`."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pages():
    """Return every page of the table of contents, as a path without suffix."""
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    chapters = [chapter["file"] for part in toc["parts"] for chapter in part["chapters"]]
    return [toc["root"], *chapters]


@dataclass(frozen=True)
class Book:
    """A finished build: its folder of pages, what it printed and whether it succeeded."""

    folder: Path
    log: str
    succeeded: bool

    @property
    def warnings(self):
        """The lines in which Sphinx complained."""
        # ipykernel prints "WARNING |" of its own.
        return [line for line in self.log.splitlines() if re.search(r"WARNING:|ERROR:", line)]


@cache
def built_book():
    """Build the book strictly, once a session.

    Every page is read anew, since Sphinx repeats no warning about a page that it finds unchanged;
    executed cells still come from the cache.
    """
    command = [Path(sys.executable).with_name("jupyter-book"), "build", ROOT]
    command += ["--path-output", ROOT / "build", "--all", "-W", "-n", "--keep-going"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    return Book(ROOT / "build/_build/html", done.stdout + done.stderr, done.returncode == 0)


def chromium():
    """Return the path of the browser, or say what to install."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not path:
        raise FileNotFoundError(
            "the browser test needs Chromium: `apt-get install chromium`, or CHROMIUM=its path"
        )
    return path
