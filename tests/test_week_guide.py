"""The instructor guide shows no command that nobody has run."""

import re

import pytest
import week
from browser import ROOT

from cnncourse.grading.room import Limits

TESTS = "\n".join(path.read_text() for path in sorted((ROOT / "tests").glob("test_week_*.py")))


@pytest.mark.parametrize("page", ["guide", "new_exercise"])
def test_every_named_block_is_run_by_a_test(page):
    """A block whose name no test knows would rot."""
    names = week.blocks(page)

    assert names
    assert [name for name in names if f'"{name}"' not in TESTS] == []


def test_every_command_of_ours_stands_in_a_named_block():
    """Plain blocks install things, and start what tests start in their own way."""
    for path in week.GUIDE.glob("*.md"):
        plain = re.findall(r"^```sh\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S)

        assert not [block for block in plain if re.search(r"\b(cnncourse|nbgrader) ", block)]


@pytest.mark.filterwarnings("ignore")  # other people's code, run in this process
def test_the_doctor_of_the_guide_names_the_rung_of_this_machine(tmp_path):
    """The first command that an instructor types about safety."""
    said = week.run(tmp_path, week.blocks("guide")["guide-doctor"])

    assert re.search(r"bubblewrap|landlock|limits", said)


def test_the_bounds_of_the_page_are_those_of_the_room():
    """What an instructor reads is what a student meets."""
    limits, mib = Limits(), 2**20
    page = (week.GUIDE / "confinement.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| ([^|]+?) \| ([^|]+?) \|", page, re.M))

    assert rows["a notebook, in seconds of its own"] == f"{limits.notebook_seconds:g}"
    assert rows["a cell, in seconds of its own"] == f"{limits.cell_seconds:g}"
    assert rows["processor time of a notebook"] == f"{limits.processor_seconds:g} s"
    assert rows["memory of all its processes"] == f"{limits.memory / mib / 1024:g} GiB"
    assert rows["processes and threads"] == str(limits.processes)
    assert rows["one file, all files"] == (
        f"{limits.file_size // mib} MiB, {limits.scratch_size // mib} MiB"
    )
    said = rows["what it says, sealed answers included"]
    assert said == f"{limits.output_bytes // mib} MiB"
