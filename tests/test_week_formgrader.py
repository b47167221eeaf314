"""A person grades a written answer: JupyterLab for real, nbgrader's formgrader in Chromium."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass

import nbformat
import pytest
import week
from nbformat.v4 import new_code_cell, new_markdown_cell, new_output, new_raw_cell
from nbgrader.api import Gradebook
from week import ASSIGNMENT, WRITTEN

from cnncourse.grading.plugins.formgrader import ShowSafely

# Other people's code, run in this process for speed.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]
PATIENCE = 120_000  # milliseconds: a busy machine starts JupyterLab slowly
SCORE = "2"
SCRIPT = "<script>window.owned = 'script'</script><img src=x onerror='window.owned = 1'>"
COMMENT = "Rows lie together, yes; and what of the channels?"


@dataclass(frozen=True)
class Lab:
    """A JupyterLab that serves a course folder."""

    url: str
    token: str


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder into which two students' work was collected; nothing is graded yet."""
    course = week.make_course(tmp_path_factory.mktemp("week") / "course")
    week.run(course, f"cnncourse release {ASSIGNMENT}")
    week.hand_in(course, "ada")
    week.hand_in(course, "bob", without=("one_hot",))
    poison(week.hand_in(course, "eve"))
    return course


def poison(path):
    """Put a script into every place of a notebook that a page shows as it is."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells += [
        new_markdown_cell(f"a page of eve's {SCRIPT}", id="prose"),
        new_code_cell(
            "from IPython.display import HTML, Javascript, Markdown, Latex, display\n"
            f"script = {SCRIPT!r}\n"
            "display(HTML(script), Markdown(script), Latex(script))\n"
            "drawn = f'<svg xmlns=\"http://www.w3.org/2000/svg\">{script}</svg>'\n"
            "display({'image/svg+xml': drawn}, raw=True)\n"
            "display(Javascript('window.owned = \"javascript\"'))\n"
            "display({'image/png': 'x\" onerror=\"window.owned=1'}, raw=True)\n"
            "print('\\x1b[31m' + script)\n"
            "raise ValueError(script)",
            id="outputs",
        ),
    ]
    nbformat.write(notebook, path)


@pytest.fixture(scope="module")
def lab(course):
    """Start JupyterLab in the course folder, as the guide tells."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex()
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", f"--port={port}"]
    command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"]
    command += ["--allow-root"] if not os.getuid() else []
    home = course.parent / "home"
    home.mkdir()
    with (course.parent / "lab.log").open("w") as log:
        server = subprocess.Popen(
            command, cwd=course, env=week.environment(HOME=str(home)), stdout=log, stderr=log
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/api", server, course.parent / "lab.log")
        yield Lab(url, token)
    finally:
        server.terminate()
        server.wait(60)


def wait_for(url, server, log):
    """Wait until a server answers."""
    end = time.monotonic() + PATIENCE / 1000
    while time.monotonic() < end:
        assert server.poll() is None, log.read_text()
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.2)
    raise TimeoutError(log.read_text())


@pytest.fixture(scope="module")
def graded(lab, course, browser):
    """Autograde, score and comment by mouse and keyboard; returns what the pages showed."""
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(f"{lab.url}/lab?token={lab.token}")
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Formgrader").first.click()
    formgrader = page.frame_locator("iframe").first
    autograde(formgrader, "ada")
    said = formgrader.locator("#success-modal").inner_text()
    formgrader.locator("#success-modal").get_by_role("button", name="Close").last.click()
    grade_by_hand(page, formgrader)
    page.screenshot(path=course.parent / "formgrader.png")
    yield said
    page.context.close()


def autograde(formgrader, student):
    """Press the lightning in a student's row."""
    formgrader.locator(f"a[href$='manage_submissions/{ASSIGNMENT}']").click()
    row = formgrader.get_by_role("row").filter(has_text=student)
    row.locator(".autograde a").click()
    formgrader.locator(".modal-title").wait_for()


def grade_by_hand(page, formgrader):
    """Find the written answer, type a score and a comment, and see that both are saved."""
    formgrader.get_by_role("link", name="Manual Grading").click()
    for _ in range(2):  # the assignment, its notebook
        formgrader.get_by_role("link", name=ASSIGNMENT).last.click()
    formgrader.get_by_role("link", name="Submission #1").click()
    answer = formgrader.locator(".nbgrader_cell").filter(has=formgrader.locator(f"#{WRITTEN}"))
    for field, text, kind in (  # each once its value has come from the gradebook
        (answer.locator("input.needs_manual_grade"), SCORE, "grade"),
        (answer.locator("textarea[placeholder]"), COMMENT, "comment"),
    ):
        field.wait_for()
        field = answer.locator("input.score" if kind == "grade" else "textarea")
        field.fill(text)
        with page.expect_response(f"**/formgrader/api/{kind}/*") as saved:
            field.blur()
        assert saved.value.ok


def submission(course, student):
    """Read a student's submission: score, whether a person must grade, comment, page."""
    with Gradebook(f"sqlite:///{course}/classroom/gradebook.db", "cnncourse") as gradebook:
        (notebook,) = gradebook.find_submission(ASSIGNMENT, student).notebooks
        comments = [one.comment for one in notebook.comments if one.name == WRITTEN]
        return notebook.score, notebook.needs_manual_grade, comments[0], notebook.id


def test_the_button_grades_in_the_room(graded, course):
    """Pressed in the browser, and everything the tests can see earns its points."""
    assert "Successfully autograded '01_arrays' for student 'ada'" in graded
    assert "Applying preprocessor: ExecuteInRoom" in graded
    assert submission(course, "ada")[0] == 10 + int(SCORE)


def test_what_a_person_typed_is_in_the_gradebook(graded, course):
    """A score and a comment, saved by leaving the field; nobody waits any more."""
    assert submission(course, "ada")[1:3] == (False, COMMENT)


@pytest.fixture(scope="module")
def graded_again(graded, course):
    """The whole class graded again by nbgrader's command, with the room of this process."""
    week.run(course, f"nbgrader autograde {ASSIGNMENT} --force")
    return course


def test_another_run_of_the_grader_keeps_what_a_person_typed(graded_again):
    """A regrade replaces what the grader decided; nbgrader asks for another look."""
    assert submission(graded_again, "ada")[:3] == (10 + int(SCORE), True, COMMENT)


def test_what_a_person_typed_is_in_the_feedback(graded_again):
    """The score and the comment, on the page that the guide's command writes."""
    week.run(graded_again, week.blocks("guide")["guide-feedback"])
    page = (graded_again / "classroom/feedback/ada" / week.NAME).with_suffix(".html")

    assert COMMENT in page.read_text(encoding="utf-8")


def test_a_hostile_page_runs_nothing_in_the_graders_browser(graded_again, lab, browser):
    """The formgrader is served from where Jupyter's terminals are: a script there could do all."""
    page = browser.new_context().new_page()
    number = submission(graded_again, "eve")[3]
    page.goto(f"{lab.url}/formgrader/submissions/{number}?token={lab.token}")

    page.get_by_text("a page of eve's").first.wait_for()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("window.owned") is None
    assert page.locator("svg script, img[onerror]").count() == 0
    page.context.close()


def shown(cell):
    """Clean one cell as the formgrader's exporter does."""
    return ShowSafely().preprocess_cell(cell, {}, 0)[0]


def test_what_is_harmless_is_shown_as_it_is():
    """A table, a picture, what was printed, and the verdict with its colours."""
    data = {"text/html": "<table><tr><td>1</td></tr></table>", "text/plain": "1"}
    printed = new_output("stream", text="<b>")
    picture = new_output("display_data", data={"image/png": "iVBORw0KGgo="})
    cell = shown(new_code_cell(outputs=[new_output("display_data", data=data), printed, picture]))
    report = new_output("execute_result", data={"text/html": '<div style="color: red">2</div>'})
    marks = {"nbgrader": {"grade": True, "solution": False, "grade_id": "check_one_hot"}}
    verdict = shown(new_code_cell(outputs=[report], metadata=marks))

    assert "<td>1</td>" in cell.outputs[0].data["text/html"]
    assert cell.outputs[1:] == [printed, picture]
    assert verdict.outputs == [report]


def test_what_could_run_is_gone_from_every_kind_of_cell():
    """Also what would only run at a click, or through MathJax."""
    raw = shown(new_raw_cell(SCRIPT))
    prose = shown(new_markdown_cell(f"$x$ [a](javascript:alert()) {SCRIPT}"))
    data = {"text/latex": "$\\href{javascript:alert()}{x}$", "application/javascript": "alert()"}
    cell = shown(new_code_cell(outputs=[new_output("display_data", data=data)]))

    assert "<script" not in raw.source
    assert not any(word in prose.source for word in ("<script", "onerror", "javascript:"))
    assert "tex2jax_ignore" in prose.source
    assert cell.outputs[0].data == {}
