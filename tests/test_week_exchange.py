"""Work goes out and comes back through nbgrader's filesystem exchange, and each keeps his own."""

import shutil
import tarfile
import tempfile
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nbformat
import pytest
import week
from nbgrader.api import Gradebook
from week import ASSIGNMENT, NAME

from cnncourse.grading.plugins.arrival import arrival

# Other people's code, run in this process for speed.
pytestmark = [pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(900)]
GUIDE = week.blocks("guide")
SETTINGS = ("guide-config-exchange", "guide-config-late", "guide-config-lms")
ROOT_OF_EXCHANGE = "/srv/nbgrader/exchange"
LONG_AGO = "2020-01-01 00:00:00.000000 UTC"


@dataclass
class Week:
    """What came of a week: the folders, who took part, and what the collection said."""

    course: Path
    exchange: Path
    honest: week.Student
    late: week.Student | None
    collected: str


@pytest.fixture(scope="module")
def folder():
    """A folder that other accounts may enter, as pytest's own is not."""
    path = Path(tempfile.mkdtemp(prefix="cnncourse-week-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def handed_in(folder):
    """Release; one student hands in in time, another late, with everything forged; collect."""
    exchange = folder / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    settings = "".join(map(GUIDE.get, SETTINGS))
    settings = settings.replace(ROOT_OF_EXCHANGE, str(exchange))
    course = week.make_course(folder / "course", settings=settings)
    week.run(course, GUIDE["guide-release"])
    settings = GUIDE["guide-config-student"].replace(ROOT_OF_EXCHANGE, str(exchange))
    students = [week.make_student(name, folder, settings) for name in week.accounts(2)]
    hand_in(course, students[0])
    deadline = f'--duedate "{datetime.now(UTC)}"'
    week.run(course, f"nbgrader db assignment add {ASSIGNMENT} {deadline}")
    late = students[1] if len(students) > 1 else None
    if late:
        (course / "classroom" / "secret").write_bytes(b"the course's secret")
        forge(course, exchange, late, students[0])
    return Week(course, exchange, students[0], late, week.run(course, GUIDE["guide-collect"]))


def hand_in(course, student):
    """Fetch, solve, submit, with the commands that the guide tells students."""
    released = nbformat.read(course / "exercises" / NAME, as_version=4)
    nbformat.write(week.solve(course, released), student.home / "solved.ipynb")
    (student.home / "solved.ipynb").chmod(0o644)
    student.run(
        GUIDE["guide-fetch"] + f"cp solved.ipynb {NAME}\n" + GUIDE["guide-submit"],
    )


def forge(course, exchange, student, victim):
    """Hand in in another's name, by hand, dated long ago, with links to what is secret."""
    released = nbformat.read(course / "exercises" / NAME, as_version=4)
    nbformat.write(week.solve(course, released), student.home / "solved.ipynb")
    (student.home / "solved.ipynb").chmod(0o644)
    sent = f"{exchange}/cnncourse/inbound/'{victim.name}+{ASSIGNMENT}+{LONG_AGO}+forged'"
    student.run(
        f"mkdir {sent}\n"
        f"cp solved.ipynb {sent}/{Path(NAME).name}\n"
        f"echo '{LONG_AGO}' > {sent}/timestamp.txt\n"
        f"echo forged > {sent}/submission_secret.txt\n"
        f"ln -s {course}/classroom/secret {sent}/secret.txt\n"
        f"ln -s {course}/classroom {sent}/classroom\n"
        f"mkfifo {sent}/pipe\n"
        f"touch -h -d '{LONG_AGO}' {sent} {sent}/*\n"
    )


@pytest.fixture(scope="module")
def graded(handed_in):
    """Grade the class, release the feedback, and let the honest student fetch hers."""
    course = handed_in.course
    if handed_in.late:  # the room of the real course has a real one
        (course / "classroom" / "secret").unlink()
    for name in ("guide-grade", "guide-feedback", "guide-release-feedback"):
        week.run(course, GUIDE[name])
    handed_in.honest.run(GUIDE["guide-fetch-feedback"])
    return handed_in


def submitted(handed_in, student):
    """Return the folder in which a student's collected work lies."""
    return handed_in.course / "classroom" / "submitted" / student.name / ASSIGNMENT


def scores(course):
    """Read each student's score before and after the penalty, and the seconds of delay."""
    with Gradebook(f"sqlite:///{course}/classroom/gradebook.db", "cnncourse") as gradebook:
        return {
            one.student_id: (one.score, one.late_submission_penalty, one.total_seconds_late)
            for one in gradebook.find_assignment(ASSIGNMENT).submissions
        }


def other(handed_in):
    """Return the second student, where there are accounts to choose from."""
    if handed_in.late is None:
        pytest.skip("a second account needs root, who may become anybody")
    return handed_in.late


def test_what_a_student_submits_is_what_is_collected(handed_in):
    """Byte for byte, with the file that feedback is found by."""
    student = handed_in.honest
    folder = submitted(handed_in, student)

    assert (folder / Path(NAME).name).read_bytes() == (student.home / "solved.ipynb").read_bytes()
    assert (folder / "submission_secret.txt").stat().st_size == 128


def test_work_is_dated_by_its_arrival_and_not_by_what_it_says(handed_in):
    """The name of the folder, timestamp.txt and the dates of the files were forged."""
    stamp = (submitted(handed_in, other(handed_in)) / "timestamp.txt").read_text()

    arrived = datetime.fromisoformat(stamp.removesuffix(" UTC")).replace(tzinfo=UTC)
    assert timedelta(0) < datetime.now(UTC) - arrived < timedelta(hours=1)


def test_work_belongs_to_who_owns_it_whatever_name_it_bears(handed_in):
    """A neighbour's submission is not replaced, and the attempt is told."""
    late = other(handed_in)

    assert f"claims to be {handed_in.honest.name}'s and is owned by {late.name}" in (
        handed_in.collected
    )
    assert (submitted(handed_in, late) / Path(NAME).name).exists()


def test_links_and_pipes_are_left_behind_and_told(handed_in):
    """Followed, a link would bring the course's secret into the room for the student to print."""
    folder = submitted(handed_in, other(handed_in))

    assert sorted(path.name for path in folder.iterdir()) == [
        f"{ASSIGNMENT}.ipynb",
        "submission_secret.txt",
        "timestamp.txt",
    ]
    assert "left behind classroom, pipe, secret.txt, no plain file" in handed_in.collected


def test_nbgraders_own_collect_believes_times_and_follows_links(handed_in):
    """What the guide warns of; when this fails, nbgrader has changed and the guide must, too."""
    course = handed_in.course
    sent = handed_in.exchange / "cnncourse" / "inbound" / f"eve+{ASSIGNMENT}+{LONG_AGO}+forged"
    sent.mkdir()
    (sent / "timestamp.txt").write_text(LONG_AGO)
    (sent / "loot.txt").symlink_to(course / "nbgrader_config.py")

    week.run(
        course,
        f"nbgrader collect {ASSIGNMENT} --student=eve "
        "--CourseDirectory.submitted_directory=classroom/plain "
        "--ExchangeFactory.collect=nbgrader.exchange.default.ExchangeCollect",
    )

    shutil.rmtree(sent)
    collected = course / "classroom" / "plain" / "eve" / ASSIGNMENT
    assert (collected / "timestamp.txt").read_text() == LONG_AGO
    assert "c.CourseDirectory" in (collected / "loot.txt").read_text()


def test_a_submission_that_cannot_be_copied_stops_no_other(handed_in):
    """And what was collected before stays."""
    before = (submitted(handed_in, handed_in.honest) / Path(NAME).name).read_bytes()
    name = f"{handed_in.honest.name}+{ASSIGNMENT}+nonsense\x1b[2J"
    odd = handed_in.exchange / "cnncourse" / "inbound" / name
    odd.write_text("a file, not a folder")
    shutil.chown(odd, handed_in.honest.name)

    said = week.run(handed_in.course, GUIDE["guide-collect"])

    odd.unlink()
    assert f"{name.replace(chr(27), '?')} is not collected" in said
    assert (submitted(handed_in, handed_in.honest) / Path(NAME).name).read_bytes() == before


def test_a_change_after_the_hand_in_counts_as_a_new_hand_in(tmp_path):
    """Whoever rewrites a file in the exchange after the deadline is late."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.txt").write_text("in time")
    before = arrival(tmp_path / "work")

    (tmp_path / "work" / "a.txt").write_text("too late")

    assert arrival(tmp_path / "work") > before


def test_lateness_costs_what_the_course_says_and_only_the_late(graded):
    """A tenth for the first day begun; the written answer still waits for a person."""
    points = scores(graded.course)

    assert points[graded.honest.name][:2] == (10, 0)
    late = other(graded)
    score, penalty, seconds = points[late.name]
    assert (score, penalty) == (10, pytest.approx(1.0))
    assert 0 < seconds < 3600


def test_a_student_fetches_her_own_feedback(graded):
    """The page that was written for her, found by the secret that only she and the course know."""
    (page,) = (graded.honest.home / ASSIGNMENT / "feedback").rglob("*.html")

    assert (
        page.read_bytes()
        == (graded.course / "classroom/feedback" / graded.honest.name / NAME)
        .with_suffix(".html")
        .read_bytes()
    )


def test_nobody_finds_anothers_feedback_or_hand_in(graded):
    """The folders of the exchange can be entered and not listed."""
    late = other(graded)

    for name in ("inbound", "feedback"):
        said = late.run(f"ls {graded.exchange}/cnncourse/{name} || true")
        assert "Permission denied" in said


def test_the_report_and_every_export_name_the_student(graded):
    """CSV, Canvas, Moodle and Gradescope, with the roster of the guide."""
    name, course = graded.honest.name, graded.course
    roster = GUIDE["guide-roster"].replace("ada,", f"{name},", 1)
    (course / "roster.csv").write_text(roster, encoding="utf-8")

    week.run(course, GUIDE["guide-report"])
    said = week.run(course, GUIDE["guide-export"])

    (page,) = (course / "classroom" / "reports" / ASSIGNMENT).glob("*.html")
    assert name in page.read_text(encoding="utf-8")
    exports = course / "classroom" / "exports"
    assert said.count("export:") >= 4
    assert name in (exports / "grades.csv").read_text(encoding="utf-8")
    (row,) = [
        line
        for line in (exports / "canvas.csv").read_text(encoding="utf-8").splitlines()
        if line.startswith('"Lovelace, Ada"')
    ]
    assert row.startswith('"Lovelace, Ada",4711,,ada,Monday,')
    assert "ada@example.org" in (exports / "moodle.csv").read_text(encoding="utf-8")
    assert list((exports / "gradescope").rglob("results.json"))


def test_the_backup_holds_what_cannot_be_made_again(graded):
    """The secret, the gradebook, and what was handed in."""
    week.run(graded.course, GUIDE["guide-backup"])

    (archive,) = graded.course.glob("backup-*.tar.gz")
    with tarfile.open(archive) as backup:
        names = backup.getnames()
    assert {"classroom/secret", "classroom/gradebook.db"} <= set(names)
    assert f"classroom/submitted/{graded.honest.name}/{NAME}" in names


LMS_FILES = {  # what a download holds, and which student it is
    f"Ada Lovelace_4711_assignsubmission_file/{ASSIGNMENT}.ipynb": "4711",
    f"Grace Hopper_4712_assignsubmission_file_/{ASSIGNMENT} (1).ipynb": "4712",
    f"noetheremmy_4713_90210_{ASSIGNMENT}.ipynb": "4713",
    f"turingalan_LATE_4714_90211_{ASSIGNMENT}-2.ipynb": "4714",
    "hamiltonmargaret_4715_90212_Final version.ipynb": None,
    "hamiltonmargaret_4715_90213_02_filters.ipynb": None,
    "boolegeorge_4716_90214_notes.txt": None,
}


def test_a_download_from_the_lms_is_collected_and_bad_names_are_told(handed_in):
    """Canvas's names and Moodle's, by the one expression of the guide."""
    course = handed_in.course
    archive = course / "downloaded" / ASSIGNMENT / "archive" / "submissions.zip"
    archive.parent.mkdir(parents=True)
    released = (course / "exercises" / NAME).read_text(encoding="utf-8")
    with zipfile.ZipFile(archive, "w") as download:
        for name in LMS_FILES:
            download.writestr(name, released + f"\n{' ' * len(name)}")

    said = week.run(course, GUIDE["guide-zip-collect"])

    for name, student in LMS_FILES.items():
        if student is None:
            assert Path(name).stem in said
            continue
        collected = course / "classroom" / "submitted" / student / NAME
        assert collected.read_text(encoding="utf-8").endswith("\n" + " " * len(name))
    assert not (course / "classroom" / "submitted" / "4715").exists()
    assert said.count("Skipped submission with no match") == 2
    assert "Skipped notebook with invalid name '02_filters.ipynb'" in said
