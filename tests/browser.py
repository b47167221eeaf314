"""The built book, and what reads it in a browser: watched pages, figures as a reader uses them."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import numpy as np
import yaml
from axe_playwright_python.sync_playwright import Axe

ROOT = Path(__file__).resolve().parent.parent
FIGURES = ROOT / "book" / "figures"
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from elements import ELEMENTS, STYLE  # noqa: E402 - found through the line above

WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
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


class Watched:
    """A page that remembers what it asked of the network and what went wrong."""

    def __init__(self, browser, viewport, **options):
        self.context = browser.new_context(viewport=viewport, reduced_motion="reduce", **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.requests, self.errors = [], []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.errors.append(f"no {request.url}"))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda said: self.errors.append(said.text) if said.type in ("error", "warning") else 0,
        )

    def external(self):
        """Return the addresses asked for outside the book."""
        local = r"(file|data|blob):|http://127\.0\.0\.1:"
        return [url for url in self.requests if not re.match(local, url)]


def settled(page):
    """Wait until scripts have run and mathematics is set."""
    page.wait_for_load_state("load")
    page.evaluate("() => window.MathJax?.startup?.promise")


def violations(page, *rules, inside=None):
    """Return what axe-core finds wrong on a page, or inside an element, by all rules or some."""
    # Preloading would fetch style sheets, which file:// forbids, for one rule about rotation.
    options = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = list(rules)
    found = Axe().run(page, context=inside, options=options).response["violations"]
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"][:3]]) for rule in found]


def figure_page(element, attributes, theme="light"):
    """Write the HTML of a page that holds one interactive figure and nothing else."""
    entry = ELEMENTS[element]
    styles = "".join(
        f'<link rel="stylesheet" href="{(FIGURES / name).as_uri()}">'
        for name in (STYLE, *entry.get("styles", ()))
    )
    scripts = "".join(
        f'<script src="{(FIGURES / name).as_uri()}" defer></script>' for name in entry["scripts"]
    )
    written = "".join(f' {name}="{escape(str(text))}"' for name, text in attributes.items())
    ground = "#fff" if theme == "light" else "#14181e"
    return (
        f'<!doctype html><html lang="en" data-theme="{theme}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{element}</title>'
        f"{styles}{scripts}"
        f'<body style="background: {ground}; --pst-color-background: {ground}">'
        f'<{element} class="interactive-figure"{written}></{element}></body></html>'
    )


class Explorer:
    """A figure with a sliding window, as a reader uses it."""

    def __init__(self, page, element):
        self.page = page
        self.node = page.locator(element)
        self.window = self.node.locator(".cf-window").first

    def grid(self, name):
        """Find one of the grids by its name: image, output and what else the figure has."""
        return self.node.locator(f"[data-grid={name}]")

    def cell(self, name, row, column):
        """Find one cell, counted from 0."""
        rows = self.grid(name).locator("[role=row]")
        return rows.nth(row).locator("[role=gridcell]").nth(column)

    def values(self, name):
        """Read a grid's numbers as an array; a value not computed yet is NaN."""
        read = """grid => [...grid.querySelectorAll('[role=row]')].map(row =>
            [...row.querySelectorAll('[role=gridcell]')].map(cell => cell.dataset.value))"""
        rows = self.grid(name).evaluate(read)
        return np.array([[float(value or "nan") for value in row] for row in rows])

    def choose(self, legend, value):
        """Choose a radio button."""
        self.node.locator(f'[data-choices={legend}] input[value="{value}"]').check(force=True)

    def preset(self, name, value):
        """Choose from a list of ready values, such as the image's."""
        self.node.get_by_label(f"{name} preset").select_option(value)

    def size(self, name, rows, columns):
        """Type the size of the image, the kernel or the window."""
        for axis, count in (("rows", rows), ("columns", columns)):
            field = self.node.get_by_label(f"{name} {axis}")
            field.fill(str(count))
            field.press("Enter")

    def total(self):
        """Read the sum that stands under the grids."""
        return self.node.locator(".cf-total").inner_text()
