"""What the tests share."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from browser import CHROMIUM_FLAGS, WIDE, Watched, built_book, chromium, figure_page
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parent.parent
# A graded class or a server for all tests of the file: one worker makes it, once.
MADE_ONCE = {
    "test_demo",
    "test_grade_class",
    "test_grading",
    "test_week_exchange",
    "test_week_formgrader",
    "test_week_new_exercise",
    "test_week_postgresql",
}


def pytest_itemcollected(item):
    """Keep the tests of some files together when there are several workers."""
    if item.path.stem in MADE_ONCE:
        item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def empty_gradebook(tmp_path_factory):
    """Make a gradebook once: nbgrader takes seconds over its tables."""
    from nbgrader.api import Gradebook

    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    with pytest.MonkeyPatch.context() as patch:
        # nbgrader calls alembic by its name; it stands beside the interpreter.
        patch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
        with Gradebook(f"sqlite:///{path}", "cnncourse"):
            return path


@pytest.fixture
def course(tmp_path, monkeypatch, empty_gradebook):
    """A course folder of its own: the configuration and the sources, nothing graded yet."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(ROOT / "solutions", tmp_path / "solutions")
    (tmp_path / "classroom").mkdir()
    shutil.copy(empty_gradebook, tmp_path / "classroom")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def browser():
    """Start Debian's Chromium once."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM_FLAGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def folder():
    """Return the folder of the built pages."""
    book = built_book()
    assert book.succeeded, book.log[-3000:]
    return book.folder


@pytest.fixture
def watch(browser):
    """Open watched pages, and close them after the test."""
    opened = []

    def start(viewport=WIDE, **options):
        opened.append(Watched(browser, viewport, **options))
        return opened[-1]

    yield start
    for watched in opened:
        watched.context.close()


@pytest.fixture
def open_figure(watch, tmp_path):
    """Open one interactive figure on a page of its own, by its attributes; tolerate no error."""
    opened = []

    def start(element, viewport=WIDE, theme="light", touch=False, **attributes):
        (tmp_path / "page.html").write_text(
            figure_page(element, attributes, theme), encoding="utf-8"
        )
        opened.append(watch(viewport, has_touch=touch))
        opened[-1].page.goto((tmp_path / "page.html").as_uri())
        return opened[-1].page

    yield start
    for watched in opened:
        assert watched.external() == []
        assert watched.errors == []
