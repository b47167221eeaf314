"""Grades leave for spreadsheets and learning platforms, and arrive as the gradebook has them."""

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import made_class
import pytest
from made_class import ASSIGNMENT, FLIPPED, POINTS
from nbgrader.api import Gradebook
from nbgrader.apps import ExportApp
from typer.testing import CliRunner

from cnncourse.cli import app
from cnncourse.grading.exports import command, plugin, roster
from cnncourse.grading.exports.spreadsheet import defused

pytestmark = [
    pytest.mark.xdist_group("made class"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning"),  # nbgrader's own, harmless
]
GRADED = ("=dee", "ada", "bo", "cy", "eve", "gone")
WITHOUT = ("fay", "hal", "never")
ROSTER = """\
Student,Name,Email,ID,SIS User ID,SIS Login ID,Section,Username
ada,"Lovelace, ""Ada"" Ünal",ada@uni.example,101,S-1,al,Monday,adal
=dee,=cmd|' /C calc'!A0,,102,S-2,dd,Monday,
bo,Bo,bo@uni.example,,,,,
stranger,Somebody Else,else@uni.example,199,S-9,se,Friday,
"""


@pytest.fixture(scope="module")
def classroom(tmp_path_factory):
    """The made class, in the current folder, and its roster."""
    folder = tmp_path_factory.mktemp("course")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        Path("roster.csv").write_text(ROSTER, encoding="utf-8")
        yield made_class.make(folder)


@dataclass
class Reached:
    """What nbgrader itself says that a student reached."""

    raw: float
    score: float


@pytest.fixture(scope="module")
def grades(classroom):
    """The gradebook's own sums, read by nbgrader's own code."""
    with Gradebook(classroom.coursedir.db_url, classroom.coursedir.course_id) as gradebook:
        found = {}
        for student in GRADED:
            submission = gradebook.find_submission(ASSIGNMENT, student)
            penalty = submission.late_submission_penalty or 0.0
            found[student] = Reached(submission.score, max(0.0, submission.score - penalty))
    assert len({one.score for one in found.values()}) > 3
    return found


def export(classroom, form, output, *, who="roster.csv", zero=False):
    """Export the made class; returns the plugin."""
    return command.export(classroom, [ASSIGNMENT], form, output, who and Path(who), zero)


def rows(path):
    """A CSV as a list of dictionaries."""
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def undone(text):
    """A text without the apostrophe that keeps a spreadsheet from computing it."""
    return text[1:] if text.startswith("'") else text


def assert_scores(found, grades, digits=2):
    """Compare what was read back with the gradebook: every grade, and no other."""
    assert set(found) >= {*GRADED, *WITHOUT}
    for student in GRADED:
        assert float(found[student]) == pytest.approx(
            grades[student].score, abs=0.51 * 10**-digits
        )
    assert {found[student] for student in WITHOUT} == {""}


def test_the_long_csv_has_nbgraders_columns_and_the_gradebooks_numbers(
    classroom, grades, tmp_path
):
    """Where nbgrader writes 0 for who handed in nothing, the place stays empty."""
    export(classroom, "csv", tmp_path / "grades.csv", who=None)
    found = {undone(row["student_id"]): row for row in rows(tmp_path / "grades.csv")}

    assert list(found["ada"]) == list(plugin("csv").LONG)
    assert_scores({student: row["score"] for student, row in found.items()}, grades, digits=4)
    assert found["=dee"]["late_submission_penalty"] == "1.5"
    assert found["ada"]["last_name"] == "Lovelace, Countess"
    assert found["bo"]["last_name"] == 'The "Ö"'
    assert found["cy"]["timestamp"] == "2026-03-01 11:00:00"
    assert found["ada"]["max_score"] == "10"


def test_the_wide_csv_has_a_row_for_each_student(classroom, grades, tmp_path):
    """With the total; nobody appears twice."""
    export(classroom, "csv", tmp_path / "grades.csv")
    table = rows(tmp_path / "grades_wide.csv")
    found = {undone(row["student_id"]): row for row in table}

    assert len(found) == len(table) == len(GRADED) + len(WITHOUT) + 1
    assert_scores({student: row[ASSIGNMENT] for student, row in found.items()}, grades, digits=4)
    assert found["ada"]["total"] == found["ada"][ASSIGNMENT]
    assert found["ada"]["name"] == 'Lovelace, "Ada" Ünal'


def test_canvas_gets_its_columns_in_its_order_and_the_points_possible(classroom, grades, tmp_path):
    """What Canvas's own importer looks at: the first columns, then the row of maxima."""
    export(classroom, "canvas", tmp_path / "canvas.csv")
    with open(tmp_path / "canvas.csv", encoding="utf-8", newline="") as file:
        header, possible, *students = list(csv.reader(file))

    assert header[:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert header[5:] == [ASSIGNMENT]
    assert possible == ["    Points Possible", "", "", "", "", "10"]
    by_login = {undone(row[3]): row for row in students}
    assert by_login["al"][:5] == ['Lovelace, "Ada" Ünal', "101", "S-1", "al", "Monday"]
    logins = {"ada": "al", "=dee": "dd"}
    everybody = (*GRADED, *WITHOUT)
    assert_scores({one: by_login[logins.get(one, one)][5] for one in everybody}, grades)


def test_canvas_assignments_may_have_titles_of_their_own(classroom, tmp_path):
    """Canvas knows its assignments by the number behind the title."""
    kind = plugin("canvas")
    config = {"columns": {ASSIGNMENT: "Convolution (4711)"}, "to": str(tmp_path / "c.csv")}
    exporter = kind(parent=classroom.api, **config)
    with Gradebook(classroom.coursedir.db_url, classroom.coursedir.course_id) as book:
        exporter.export(book)

    assert "Convolution (4711)" in rows(tmp_path / "c.csv")[0]


def test_moodle_gets_an_identifier_the_grade_and_the_feedback(classroom, grades, tmp_path):
    """Both columns: Moodle takes grades away if feedback comes without them."""
    export(classroom, "moodle", tmp_path / "moodle.csv")
    found = {undone(row["Username"]): row for row in rows(tmp_path / "moodle.csv")}
    feedback = found["bo"][f"{ASSIGNMENT} feedback"]

    assert found["adal"]["ID number"] == "101"
    assert found["adal"]["Email address"] == "ada@uni.example"
    scores = {student: row[ASSIGNMENT] for student, row in found.items()}
    assert_scores(scores | {"ada": scores["adal"]}, grades)
    assert f"it looks as if {FLIPPED}" in feedback
    assert "pad2d, 3 of 3 points: all cases are right" in feedback
    assert "1.5 points taken off: handed in late" in found["=dee"][f"{ASSIGNMENT} feedback"]
    assert "expected" not in feedback


def test_gradescope_gets_results_that_add_up(classroom, grades, tmp_path):
    """The fields of its specification, their allowed values, and the gradebook's points."""
    export(classroom, "gradescope", tmp_path / "out")
    index = {undone(row["student"]): row["file"] for row in rows(tmp_path / "out" / "index.csv")}

    assert set(index) == set(GRADED)
    for student, file in index.items():
        result = json.loads((tmp_path / "out" / file).read_text(encoding="utf-8"))
        submission = grades[student]
        assert result["score"] == pytest.approx(submission.score, abs=1e-4)
        assert sum(test["score"] for test in result["tests"]) == pytest.approx(
            submission.raw, abs=1e-3
        )
        assert {test["name"]: test["max_score"] for test in result["tests"]} == {
            name.removeprefix("check_"): points for name, points in POINTS.items()
        }
        for test in result["tests"]:
            full = test["score"] >= test["max_score"]
            assert test["status"] == ("passed" if full else "failed")
            assert test["visibility"] == result["visibility"] == "visible"
    flipped = json.loads((tmp_path / "out" / index["bo"]).read_text(encoding="utf-8"))
    assert FLIPPED in next(t["output"] for t in flipped["tests"] if t["name"] == "conv2d")


@pytest.mark.parametrize("form", ["csv", "canvas", "moodle", "gradescope"])
def test_nobody_is_dropped_silently(classroom, form, tmp_path):
    """Who is not in the roster, not in the gradebook, not graded: all are told."""
    said = "\n".join(export(classroom, form, tmp_path / "out").remarks)

    assert "not in the roster: cy, eve, fay, gone, hal, never" in said
    assert "in the roster, and unknown here: stranger" in said
    assert "no grade for fay: it is no notebook" in said
    assert "handed in and not graded yet: hal" in said
    assert "nothing handed in, left empty: never, stranger" in said
    assert "a person has still to judge a part of the work of: eve" in said


def test_zeros_are_written_only_when_asked_for_and_only_for_nothing(classroom, tmp_path):
    """Work that could not be graded, or is not graded yet, is not nothing."""
    export(classroom, "csv", tmp_path / "grades.csv", zero=True)
    found = {row["student_id"]: row["score"] for row in rows(tmp_path / "grades.csv")}

    assert found["never"] == "0"
    assert found["fay"] == found["hal"] == ""


@pytest.mark.parametrize("form", ["csv", "canvas", "moodle"])
def test_no_cell_of_a_table_is_a_formula(classroom, form, tmp_path):
    """A student chooses their name, and an instructor opens the file."""
    export(classroom, form, tmp_path / "out.csv")
    cells = [
        cell
        for path in tmp_path.glob("*.csv")
        for row in csv.reader(path.read_text(encoding="utf-8").splitlines())
        for cell in row
    ]

    assert any("calc" in cell or "HYPERLINK" in cell for cell in cells)
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(("=", "+", "@", "\t"))]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+2", "'=1+2"),
        ("  @SUM(1)", "'  @SUM(1)"),
        ("-2+3", "'-2+3"),
        ("+49 30 1234", "'+49 30 1234"),
        ("-2.5", "-2.5"),
        ("Ünal, A.", "Ünal, A."),
        ("a\r\nb", "a\nb"),
        ("nul\0l", "null"),
    ],
)
def test_a_text_is_kept_from_being_computed(text, safe):
    """Numbers and ordinary names are left as they are."""
    assert defused(text) == safe


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("name,id\nAda,1\n", "line 1: the columns are name, id (no student)"),
        ("student,matr\nada,1\n", "(unknown: matr); a roster has student and any of name"),
        ("student,name\nada,A\nada,B\n", "line 3: ada is there already"),
        ("student,name\n,A\n", "line 2: the column student is empty"),
        ("student,name\nada,A,B\n", "line 2: 3 values, the header has 2 columns"),
        (b"student,name\nada,\xff\xfe\n", "cannot be read"),
    ],
)
def test_a_roster_that_cannot_be_trusted_is_refused_with_the_place(content, said, tmp_path):
    """Before anything is written."""
    path = tmp_path / "roster.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())

    with pytest.raises(roster.BadRoster) as caught:
        roster.read_roster(path)

    assert said in str(caught.value)


def test_a_roster_from_a_spreadsheet_may_begin_with_a_mark_and_have_gaps(tmp_path):
    """Excel writes a byte order mark; short and empty rows happen."""
    path = tmp_path / "roster.csv"
    path.write_text("\ufeffstudent,email,id\nada\n,,\nbo, b@example.org ,7\n", encoding="utf-8")

    found = roster.read_roster(path)

    assert list(found) == ["ada", "bo"]
    assert (found["bo"].email, found["bo"].id, found["ada"].id) == ("b@example.org", "7", "")


def test_nbgraders_own_command_takes_the_same_plugins(classroom, tmp_path):
    """`nbgrader export --exporter=...` writes what `cnncourse export` writes."""
    name = "cnncourse.grading.exports.tables.CanvasExport"
    theirs = ExportApp()
    theirs.initialize(
        [
            f"--exporter={name}",
            f"--to={tmp_path / 'theirs.csv'}",
            "--CanvasExport.roster=roster.csv",
            "--log-level=ERROR",
        ]
    )
    theirs.start()
    export(classroom, "canvas", tmp_path / "ours.csv")

    assert (tmp_path / "theirs.csv").read_text() == (tmp_path / "ours.csv").read_text()


def run(*arguments):
    """Call `cnncourse`; words only, however wide the terminal."""
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, " ".join(result.output.split())


def test_the_command_says_what_it_wrote_and_what_is_missing(classroom):
    """`cnncourse export`, into the classroom's folder."""
    code, said = run("export", "--format", "moodle")

    assert code == 0
    assert "nothing handed in, left empty: never" in said
    assert "classroom/exports/moodle.csv" in said.replace(" ", "")
    assert Path("classroom/exports/moodle.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--format", "word"], "no format word; there are: csv, canvas, moodle, gradescope"),
        (["--roster", "nowhere.csv"], "nowhere.csv cannot be read"),
    ],
)
def test_a_wrong_call_is_answered_with_a_sentence(classroom, arguments, said):
    """And writes nothing."""
    code, answer = run("export", *arguments)

    assert code == 2
    assert said in answer
