"""A feedback page teaches its reader, hides the graded cases, and runs nothing of a student's."""

import re
import time
from pathlib import Path

import made_class
import pytest
from browser import NARROW, WIDE, violations
from bs4 import BeautifulSoup
from made_class import ASSIGNMENT, FLIPPED, PIXEL, code_cell, markdown_cell
from nbgrader.api import Gradebook

from cnncourse import report
from cnncourse.grading import class_report
from cnncourse.grading.class_report.page import write_report
from cnncourse.grading.feedback.all_pages import NOT_GRADED, write_pages
from cnncourse.grading.feedback.page import MOST
from cnncourse.grading.feedback.page import page as write_page
from cnncourse.grading.pages import safe_html
from cnncourse.grading.run.result import Failure

pytestmark = [
    pytest.mark.xdist_group("made class"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own, harmless
]
BOOK = "https://example.org/cnn"
FORBIDDEN = (
    "script, style, link, meta, base, iframe, frame, object, embed, form, input, button, "
    "svg, video, audio, textarea, template"
)


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """The made class with its pages, in the current folder; cy's work holds hostile cells."""
    folder = tmp_path_factory.mktemp("course")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv(report.BOOK, BOOK)
        classroom = made_class.make(folder)
        made_class.change("cy", lambda notebook: notebook["cells"].extend(hostile_cells()))
        assert classroom.feedback([ASSIGNMENT], without=classroom.not_graded([ASSIGNMENT])) == [
            Failure("hal", ASSIGNMENT, NOT_GRADED)
        ]
        yield classroom


HOSTILE = [
    "<script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\"><script>document.title='owned'</script></svg>",
    "<iframe src='https://evil.example/'></iframe><object data='https://evil.example/'></object>",
    "<a href=\"javascript:document.title='owned'\">x</a>",
    "<a href='data:text/html,<script>1</script>'>x</a>",
    "<a href=\"java\tscript:document.title='owned'\" onclick=1 style='position:fixed'>x</a>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'><base href='https://evil.example/'>",
    "<style>@import 'https://evil.example/x.css'; body { display: none }</style>",
    "<link rel=stylesheet href='https://evil.example/x.css'>",
    "<div style='position:fixed;inset:0;background:url(https://evil.example/x)'>x</div>",
    "<div id=summary class=verdict name=points>x</div>",
    "<form action='https://evil.example/'><input name=a><button>x</button></form>",
    "<math><mtext><style><img src=x onerror=\"document.title='owned'\"></style></mtext></math>",
    "<noscript><p title='</noscript><img src=x onerror=1>'>x</p></noscript>",
    "<img src='https://evil.example/x.png'><img src='file:///etc/passwd'>",
    "<video src='https://evil.example/x' autoplay></video><!-- <script>1</script> -->",
    "<table background='https://evil.example/x'><tr><td style='text-align:right'>1</table>",
]
HOSTILE_MARKDOWN = [
    *HOSTILE,
    "[x](javascript:alert(1)) ![x](https://evil.example/x.png) ![x](data:text/html;base64,AAAA)",
    r"$\text{<script>document.title='owned'</script>}$",
    r"$\href{javascript:alert(1)}{x} \class{verdict}{y} \style{position:fixed}{z}$",
    '<a title="$\\text{ onmouseover=alert(1) }$">x</a>',
    "![x](attachment:nowhere.png)",
    "```html\n<script>1</script>\n```",
]


def hostile_cells():
    """Cells that try to run something, or fetch something, on an instructor's page."""
    html = "".join(HOSTILE)
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": data}
        for data in (
            {"text/html": html, "text/plain": "plain"},
            {"text/markdown": "\n\n".join(HOSTILE_MARKDOWN)},
            {"text/latex": HOSTILE_MARKDOWN[-5]},
            {"application/javascript": "document.title = 'owned'"},
            {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}},
            {"image/svg+xml": f"<svg xmlns='http://www.w3.org/2000/svg'>{HOSTILE[0]}</svg>"},
            {"image/png": '" onerror="document.title=1'},
        )
    ]
    outputs.append({"output_type": "stream", "name": "stdout", "text": html})
    error = {"output_type": "error", "ename": html, "evalue": html, "traceback": [html]}
    cells = [markdown_cell(text, name=f"m{i}") for i, text in enumerate(HOSTILE_MARKDOWN)]
    cells.append(code_cell(f"# {html}", 6, name="h", outputs=[*outputs, error]))
    return cells


def path_of(student):
    """Where a student's page is."""
    return Path("classroom", "feedback", student, ASSIGNMENT, f"{ASSIGNMENT}.html")


def read(student):
    """A student's page, parsed."""
    return BeautifulSoup(path_of(student).read_text(encoding="utf-8"), "html.parser")


def words(element):
    """The text that a reader sees."""
    return " ".join(element.get_text(" ").split())


def assert_harmless(soup, *, ours=()):
    """Nothing in it runs, fetches, refreshes, submits or paints over the page."""
    assert [tag for tag in soup.select(FORBIDDEN) if tag not in ours] == []
    for tag in soup.find_all(True):
        assert not [name for name in tag.attrs if name.startswith("on")], tag
        for name in ("src", "href", "data", "action", "background", "srcset", "xlink:href"):
            value = str(tag.attrs.get(name, ""))
            assert re.match(r"$|#|https?://(?!evil)|mailto:|data:image/", value), tag
            assert name == "href" or not value.startswith("http"), tag


def test_the_summary_names_points_mistake_hint_and_section(classroom):
    """What to look at first is the mistake that has a name."""
    soup = read("bo")
    first = soup.select_one(".first")
    points = f"{5 + made_class_points('bo'):g} of 10 points"

    assert points in words(soup.select_one("#summary h2"))
    assert f"Look first at conv2d : it looks as if {FLIPPED}." in words(first)
    assert "A convolution layer lays the kernel on the image as it is" in words(first)
    assert first.select("a")[-1]["href"] == f"{BOOK}/book/03_filters.html#filters-flip"


def made_class_points(student):
    """What the judge gave a student for conv2d."""
    notebook = made_class.notebook(made_class.FUNCTIONS[student])
    return next(made_class.reached(c) for c in notebook["cells"] if c["id"] == "check_conv2d")


def test_every_link_of_the_page_leads_to_a_place_on_it(classroom):
    """Anchors are our own: a student's ids are gone."""
    soup = read("cy")
    ids = [tag["id"] for tag in soup.select("[id]")]

    assert len(ids) == len(set(ids))
    anchors = [a["href"][1:] for a in soup.select('a[href^="#"]')]
    assert len(anchors) > 5
    assert set(anchors) <= set(ids)


def rows_of(student):
    """The rows of the table in a page's summary."""
    return read(student).select("#summary tbody tr")


def test_each_exercise_has_its_row_with_what_was_found(classroom):
    """Right, named, failed without a name, not written, judged by a person."""
    found = {
        student: {row.th.get_text(): words(row.select("td")[-1]) for row in rows_of(student)}
        for student in ("ada", "=dee", "eve")
    }

    assert found["ada"]["conv2d"] == "✓ all cases are right"
    assert "one filter: raises IndexError: out of bounds, in line" in found["=dee"]["conv2d"]
    assert found["eve"]["pad2d"] == "✗ not written yet"
    assert found["ada"]["why"] == "✓ graded by hand"


def test_all_points_and_a_penalty_are_said(classroom):
    """Praise where it is due; points taken off with the reason."""
    assert "Everything is right." in words(read("ada").select_one("#summary"))
    assert "1.5 points are taken off because it was handed in late" in words(read("=dee"))


def test_no_number_of_a_graded_case_is_on_the_page(classroom):
    """The property in words, never what was expected."""
    page = path_of("bo").read_text(encoding="utf-8")

    assert "values of out are wrong" in page
    assert "expected" not in words(read("bo"))
    assert "values differ" not in page
    assert "application/vnd.cnncourse" not in page


def test_what_happened_in_the_run_stands_at_the_top_and_at_its_cell(classroom):
    """With a link from one to the other; the grader's own words where no cell shows them."""
    soup = read("cy")
    summary = soup.select_one("#summary")

    assert "cell 5: stopped after 60 s" in words(summary)
    (link,) = [a for a in summary.select("a") if a.get_text() == "cell 6"]
    assert soup.select_one(link["href"]).select(".error")


def test_formulas_and_figures_are_on_the_page_itself(classroom):
    """MathML needs no script; a plot is embedded byte for byte; a heading moves down."""
    soup = read("bo")

    assert len(soup.select("math")) == 2
    assert soup.select_one(f'img[src="data:image/png;base64,{PIXEL}"]')["alt"]
    assert soup.select_one("h1").get_text() == f"{ASSIGNMENT}: feedback"
    assert soup.select_one("#cell-0 h2").get_text() == "Convolution"


def test_a_page_with_hostile_cells_is_harmless(classroom):
    """The only style and the only meta tags are the template's; a policy forbids the rest."""
    soup = read("cy")
    head = soup.head.find_all(True)
    policy = soup.select_one('meta[http-equiv="Content-Security-Policy"]')["content"]

    assert_harmless(soup, ours=head)
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    styled = [tag for tag in soup.select("[style]") if not tag.find_parent(class_="verdict")]
    assert {tag["style"].replace(" ", "") for tag in styled} == {"text-align:right;"}
    assert "An output is left out: it is of application/javascript." in words(soup)


@pytest.mark.parametrize("html", HOSTILE)
def test_html_of_a_student_is_cleaned(html):
    """Each attack by itself, since one may hide behind another."""
    assert_harmless(BeautifulSoup(safe_html.clean(html), "html.parser"))


@pytest.mark.parametrize("source", HOSTILE_MARKDOWN)
def test_markdown_of_a_student_is_cleaned(source):
    """Formulas, links and pictures are ways in, too."""
    assert_harmless(BeautifulSoup(safe_html.markdown(source), "html.parser"))


def test_cleaning_keeps_what_formats_text():
    """Tables as pandas writes them, emphasis, links, pictures that are carried along."""
    html = safe_html.clean(
        "<style scoped>.dataframe { x }</style><table border='1' class='dataframe'>"
        "<thead><tr><th></th><th>a</th></tr></thead><tbody><tr><th>0</th><td>1</td></tr></tbody>"
        "</table><em>e</em> <a href='https://x.org/'>l</a>"
        f"<img src='data:image/png;base64,{PIXEL}'>"
    )

    assert "<td></td><th>a</th>" in html
    assert "<th>0</th><td>1</td>" in html
    assert '<a href="https://x.org/">l</a>' in html
    assert f'<img src="data:image/png;base64,{PIXEL}">' in html
    assert "dataframe" not in html


@pytest.mark.parametrize(
    "tex", [r"\frac{", r"\nonsense{x}", "{" * 1500, "x" * 5000, r"\begin{cases} x", "&", "^"]
)
def test_a_formula_that_cannot_be_read_stays_readable(tex):
    """It is shown as MathML or as it was typed; no page fails for it."""
    soup = BeautifulSoup(safe_html.markdown(f"before ${tex}$ after"), "html.parser")

    assert "before" in words(soup)
    assert "after" in words(soup)


@pytest.mark.parametrize("text", ["[" * 40_000, "> " * 20_000, "*a " * 10_000, "<a " * 10_000])
def test_markdown_that_would_never_end_ends(text):
    """Bounded in processor time: a class waits."""
    start = time.process_time()
    safe_html.markdown.__wrapped__(text)

    assert time.process_time() - start < 20


def test_a_page_stays_small_whatever_was_printed(classroom):
    """Outputs beyond the budget are left out with a word."""
    loud = {"output_type": "stream", "name": "stdout", "text": "x" * 1_000_000}
    notebook = {"cells": [code_cell("print()", 1, name="a", outputs=[loud] * 30)]}
    about = {"student": "a", "notebook": "n", "score": 0.0, "max_score": 1.0, "late_penalty": 0}

    html = write_page(notebook, about)

    assert len(html) < 1.5 * MOST
    assert "An output is left out: this page holds 4 MB of outputs already." in html


def test_nbgraders_own_button_writes_the_same_page(classroom):
    """`nbgrader generate_feedback` and the formgrader use our exporter."""
    ours = path_of("bo").read_text(encoding="utf-8")
    result = classroom.api.generate_feedback(ASSIGNMENT, "bo", force=True)

    assert result["success"], result
    assert path_of("bo").read_text(encoding="utf-8") == ours


def test_a_page_is_written_again_when_a_person_changes_points_or_comments(classroom):
    """The notebook is the same; the gradebook is not. All other pages are left alone."""
    others = {student: path_of(student).stat().st_mtime_ns for student in ("bo", "eve")}
    with Gradebook(classroom.coursedir.db_url, classroom.coursedir.course_id) as gradebook:
        grade = gradebook.find_grade("why", ASSIGNMENT, ASSIGNMENT, "ada")
        comment = gradebook.find_comment("why", ASSIGNMENT, ASSIGNMENT, "ada")
        grade.manual_score, comment.manual_comment = 0.5, "Say *why*. <script>1</script>"
        gradebook.db.commit()

    classroom.feedback([ASSIGNMENT], without=classroom.not_graded([ASSIGNMENT]))

    soup = read("ada")
    assert "8.5 of 10 points" in words(soup.select_one("#summary h2"))
    assert words(soup.select_one(".comment")) == "Say why ."
    assert {s: path_of(s).stat().st_mtime_ns for s in others} == others


def test_a_notebook_that_cannot_be_shown_stops_nobody_else(classroom):
    """Damaged after grading: told, and the next page is written."""
    path = Path("classroom", "autograded", "bo", ASSIGNMENT, f"{ASSIGNMENT}.ipynb")
    content = path.read_text()
    path.write_text("{")
    try:
        failures = classroom.feedback([ASSIGNMENT], force=True)
    finally:
        path.write_text(content)

    assert {one.student for one in failures} == {"bo", "fay", "hal"}
    assert "JSONDecodeError" in next(one.reason for one in failures if one.student == "bo")
    assert "Look first" in path_of("cy").read_text(encoding="utf-8")


def test_the_files_that_releasing_needs_lie_beside_the_page(classroom):
    """nbgrader's release_feedback reads them there."""
    folder = Path("classroom", "autograded", "ada", ASSIGNMENT)
    for name in ("timestamp.txt", "submission_secret.txt"):
        (folder / name).write_text("2026-03-01 11:00:00 UTC")

    classroom.feedback([ASSIGNMENT], force=True)

    assert (path_of("ada").parent / "submission_secret.txt").read_text().startswith("2026")
    assert not list(path_of("ada").parent.glob(".*"))


def test_a_page_takes_well_under_a_tenth_of_a_second(classroom):
    """In processor time, once the first is written; a class of 2,000 is a matter of seconds."""
    pairs = [(ASSIGNMENT, student) for student in ("ada", "bo", "=dee", "eve")]
    classroom.feedback([ASSIGNMENT], force=True)
    start = time.process_time()
    for _ in range(5):
        assert write_pages(classroom, pairs, force=[ASSIGNMENT]) == []

    assert (time.process_time() - start) / 20 < 0.1


@pytest.mark.parametrize(("viewport", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_pages_are_sound_in_a_browser(classroom, watch, viewport, scheme, tmp_path):
    """Hostile cells and all: nothing runs, fetches or overflows; axe is content."""
    hidden = class_report.gather(classroom, ASSIGNMENT)
    pages = [path_of("cy").resolve(), write_report(hidden, tmp_path)]
    watched = watch(viewport, color_scheme=scheme)
    for page in pages:
        watched.page.goto(page.as_uri())

        assert watched.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        assert ASSIGNMENT in watched.page.title()
        assert violations(watched.page) == []
    assert watched.external() == []
    assert watched.errors == []
