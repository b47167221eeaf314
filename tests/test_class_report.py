"""The class report says of everybody what became of their work, and why points were lost."""

import csv
import re

import made_class
import pytest
from bs4 import BeautifulSoup
from made_class import ASSIGNMENT, FLIPPED
from sqlalchemy import event
from typer.testing import CliRunner

from cnncourse.cli import app
from cnncourse.collect import NOT_WRITTEN
from cnncourse.grading import class_report, marks
from cnncourse.grading.class_report import scoreboard
from cnncourse.grading.class_report.page import to_html, write_report

pytestmark = [
    pytest.mark.xdist_group("made class"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own, harmless
]


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """The made class, in the current folder."""
    folder = tmp_path_factory.mktemp("course")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield made_class.make(folder)


@pytest.fixture(scope="module")
def report(classroom):
    """The report on the made class."""
    return class_report.gather(classroom, ASSIGNMENT)


@pytest.fixture(scope="module")
def written(report, tmp_path_factory):
    """The folder of the written report."""
    folder = tmp_path_factory.mktemp("report")
    write_report(report, folder)
    return folder


def rows(path):
    """A CSV as a list of dictionaries."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_everybody_is_in_one_place(report):
    """Graded, rejected, waiting or missing: nobody twice, and nobody who was removed."""
    assert sorted(report.submissions) == ["=dee", "ada", "bo", "cy", "eve"]
    assert [(one.student, one.reason) for one in report.not_graded] == [
        ("fay", "it is no notebook: what it holds is no JSON")
    ]
    assert report.waiting == ["hal"]
    assert report.missing == ["gone", "never"]
    assert report.by_hand == ["eve"]


def test_scores_are_the_gradebooks_less_the_penalty(report):
    """5 of 10 points are lost by a flipped kernel, 1.5 of the rest by being late."""
    assert report.possible == 10
    assert report.scores["ada"] == 10
    assert 5 <= report.scores["bo"] < 10
    assert report.submissions["=dee"].raw - report.scores["=dee"] == 1.5
    assert [(student, one.seconds_late) for student, one in report.late] == [("=dee", 5 * 3600)]
    assert report.scores["eve"] == 0


def test_mistakes_are_ranked_by_students_with_hint_and_section(report):
    """The kernel was flipped twice; the removed student's third time does not count."""
    first = report.mistakes[0]

    assert (first.exercise, first.mistake, first.students) == ("conv2d", FLIPPED, ["bo", "cy"])
    assert first.hint
    assert first.section == "03_filters#filters-flip"
    assert {line.mistake for line in report.mistakes} >= {"reflect repeats the border pixel"}


def test_failures_without_a_name_are_grouped_without_the_students_own_line(report):
    """What an instructor would write a new mistake for."""
    (line,) = report.unnamed

    assert (line.exercise, line.students) == ("conv2d", ["=dee"])
    assert line.summary == "raises IndexError: out of bounds"
    assert line.claims


def test_points_lost_are_counted_for_each_exercise_in_order(report):
    """Means over those who were graded; what is not written is told apart."""
    names = [line.name for line in report.exercises]
    pad2d, conv2d, why = report.exercises

    assert names == ["pad2d", "conv2d", "why"]
    assert pad2d.not_written == conv2d.not_written == ["eve"]
    assert why.mean_lost == pytest.approx(2 / 5)
    assert why.num_full == 4


def test_the_page_says_all_of_it_and_fetches_nothing(written):
    """One file: no script, no address that a browser would load."""
    html = (written / "report.html").read_text(encoding="utf-8")
    soup = BeautifulSoup(html, "html.parser")
    said = " ".join(soup.get_text(" ").split())

    assert "5 graded, 1 could not be graded, 1 not graded yet, 2 without a submission" in said
    for word in (
        FLIPPED,
        "out of bounds",
        "what it holds is no JSON",
        "61.0 seconds",
        "5.0 hours",
    ):
        assert word in said
    assert not soup.select("script, link, iframe, object, embed, [src], [onload]")
    assert "default-src 'none'" in soup.select_one("meta[http-equiv]")["content"]
    assert not re.search(r"url\((?!#)", html)


def test_every_plot_has_its_numbers_in_a_table(report, written):
    """The drawing is hidden from screen readers; the table is not."""
    soup = BeautifulSoup((written / "report.html").read_text(encoding="utf-8"), "html.parser")
    drawings = soup.select("figure > svg")
    counts = [int(cell.get_text()) for cell in soup.select_one("table").select("td")]

    assert len(drawings) == 2
    assert all(drawing["aria-hidden"] == "true" for drawing in drawings)
    assert sum(counts) == len(report.submissions)
    assert counts[0] == 1  # eve
    assert counts[-1] == 1  # ada


def test_the_tables_say_what_the_report_says(report, written):
    """Everybody in scores.csv, with an empty score where there is none."""
    scores = {row["student"]: row for row in rows(written / "scores.csv")}
    mistakes = rows(written / "mistakes.csv")

    assert set(scores) == {"ada", "bo", "cy", "'=dee", "eve", "fay", "gone", "hal", "never"}
    for student, score in report.scores.items():
        shown = scores[f"'{student}" if student == "=dee" else student]
        assert float(shown["score"]) == pytest.approx(score, abs=1e-4)
    assert scores["fay"]["score"] == ""
    assert scores["fay"]["reason"].startswith("it is no notebook")
    assert scores["cy"]["reason"] == "cell 5: stopped after 60 s"
    assert mistakes[0]["mistake_or_summary"] == FLIPPED
    assert mistakes[0]["students"] == "2"
    assert [row["students"] for row in rows(written / "exercises.csv")] == ["5", "5", "5"]


def test_an_anonymous_report_holds_no_name(report):
    """Numbers instead, the same for one student everywhere."""
    hidden = class_report.anonymous(report)
    html = to_html(hidden)

    assert sorted(hidden.scores.values()) == sorted(report.scores.values())
    for student in made_class.PEOPLE:
        assert not re.search(
            rf"(?<![\w-]){re.escape(student)}\b", BeautifulSoup(html, "html.parser").get_text()
        )
    made = {student for line in hidden.mistakes for student in line.students}
    assert made <= set(hidden.scores)


def test_a_class_without_a_grade_has_a_report_too(classroom):
    """Nothing is divided by nobody."""
    html = to_html(class_report.ClassReport("empty", 10.0, missing=["ada"]))

    assert "Nothing is graded yet." in html
    assert "No submission:" in html


def test_the_gradebook_is_asked_as_often_for_one_student_as_for_six(classroom, monkeypatch):
    """Queries do not grow with the class."""
    statements = []
    with marks.Gradebook(classroom.coursedir.db_url, classroom.coursedir.course_id) as gradebook:
        event.listen(
            gradebook.engine, "before_cursor_execute", lambda *said: statements.append(said[2])
        )
        found = marks.marks_in(gradebook, ASSIGNMENT)

    assert len(found.submissions) == 6
    assert len(statements) <= 10


def test_an_assignment_that_was_never_generated_is_named(classroom):
    """With what makes it known."""
    with pytest.raises(marks.NotInGradebook, match="cnncourse release 05_pooling"):
        marks.read_marks(classroom.coursedir, "05_pooling")


def test_the_scoreboard_counts_the_same_and_forgets_who_was_removed(classroom):
    """The gradebook remembers the removed student; the board does not."""
    board = scoreboard.read(classroom, [ASSIGNMENT])

    assert "gone" not in board.points
    assert board.points["ada"][ASSIGNMENT] == (10, 10)
    assert board.mistakes["conv2d", FLIPPED] == 2
    assert board.unnamed["pad2d", NOT_WRITTEN] == 1
    assert [one.student for one in board.not_graded] == ["fay"]


def test_the_command_writes_the_report_and_says_where(classroom, tmp_path):
    """`cnncourse report`."""
    result = CliRunner().invoke(app, ["report", ASSIGNMENT, "--output", str(tmp_path)])

    assert result.exit_code == 0, result.output
    assert "report.html" in result.output
    assert (tmp_path / ASSIGNMENT / "report.html").exists()
