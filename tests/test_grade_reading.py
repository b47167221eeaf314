"""What a student hands in is read without trust, and told apart by what it holds."""

import json
import os
import re

import pytest

from cnncourse.grading.run.quantities import read_seconds, read_size
from cnncourse.grading.submission import Rejected, clean, digest_of, find_notebooks, read

CELL = {"cell_type": "code", "source": "x = 1", "metadata": {"nbgrader": {"grade_id": "conv"}}}
GOOD = {"cells": [CELL], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
EXPECTED = {"work": {"conv"}}


def folder_with(tmp_path, **files):
    """Hand in files; __ in a name stands for a dot."""
    for name, content in files.items():
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        (tmp_path / name.replace("__", ".")).write_bytes(data)
    return tmp_path


def test_a_notebook_under_another_name_is_taken_with_a_remark(tmp_path):
    """The work is recognisable by its cells."""
    submission = read(folder_with(tmp_path, final_version__ipynb=GOOD))

    found = find_notebooks(submission, EXPECTED)

    assert found["work"]["cells"][0]["source"] == "x = 1"
    assert submission.remarks == ["final_version.ipynb was taken for work.ipynb"]


def test_the_right_name_wins_and_a_broken_one_gives_way(tmp_path):
    """A second copy does no harm; where the right name is broken the copy is graded."""
    other = GOOD | {"cells": [CELL | {"source": "x = 2"}]}
    both = read(folder_with(tmp_path, work__ipynb=GOOD, work_1__ipynb=other))
    assert find_notebooks(both, EXPECTED)["work"]["cells"][0]["source"] == "x = 1"

    broken = read(folder_with(tmp_path, work__ipynb=b"{", work_1__ipynb=other))
    assert find_notebooks(broken, EXPECTED)["work"]["cells"][0]["source"] == "x = 2"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "work.ipynb was not handed in"),
        ({"work__ipynb": b""}, "work.ipynb: the file is empty"),
        (
            {"work__ipynb": b"{"},
            "work.ipynb: it is no notebook: what it holds is no JSON (line 1)",
        ),
        (
            {"work__ipynb": b"[" * 100_000},
            "work.ipynb: it is no notebook: what it holds is no JSON",
        ),
        ({"work__ipynb": b"[]"}, "work.ipynb: it is no notebook: it holds no cells"),
        ({"work__ipynb": {"nbformat": 2}}, "work.ipynb: it is in format 2, which cannot be read"),
        (
            {"work__ipynb": {"nbformat": 4}},
            "work.ipynb: it is no notebook: it has no list of cells",
        ),
        ({"work__py": b"x = 1"}, "work.ipynb was not handed in"),
        (
            {"a__ipynb": GOOD, "b__ipynb": GOOD},
            "work.ipynb is missing, and a.ipynb, b.ipynb cannot be told to be it",
        ),
    ],
)
def test_what_cannot_be_graded_is_rejected_with_a_reason(tmp_path, files, reason):
    """In words a person understands, and never an error of another kind."""
    with pytest.raises(Rejected) as caught:
        find_notebooks(read(folder_with(tmp_path, **files)), EXPECTED)

    assert reason in str(caught.value)


def test_links_and_pipes_are_left_out(tmp_path):
    """Nothing outside the folder is read, and nothing is waited for."""
    (tmp_path / "secret").write_text("the key")
    handed_in = tmp_path / "in"
    (handed_in / "deep").mkdir(parents=True)
    (handed_in / "work.ipynb").symlink_to(tmp_path / "secret")
    (handed_in / "deep" / "up").symlink_to(tmp_path)
    os.mkfifo(handed_in / "pipe")

    submission = read(handed_in)

    assert submission.files == {}
    assert "work.ipynb was left out: it is a link" in submission.remarks
    assert "deep/up was left out: it is a link" in submission.remarks
    assert "pipe was left out: it is no regular file" in submission.remarks
    with pytest.raises(Rejected, match=r"not handed in; .*work\.ipynb was left out: it is a link"):
        find_notebooks(submission, EXPECTED)
    (tmp_path / "link").symlink_to(handed_in)
    with pytest.raises(Rejected, match="a link to another"):
        read(tmp_path / "link")


def test_large_files_are_left_out_with_a_remark(tmp_path, monkeypatch):
    """What lies beside the notebook does not fill the grader's memory."""
    # Not by its path: a test of another file may have imported the package anew.
    monkeypatch.setitem(read.__globals__, "MOST_OF_FILE", 2**20)
    folder_with(tmp_path, work__ipynb=GOOD, film__mp4=b"x" * (2**20 + 1), small__txt=b"y")

    submission = read(tmp_path)

    assert set(submission.files) == {"work.ipynb", "small.txt"}
    assert submission.remarks == ["film.mp4 was left out: 1 MB, of at most 1"]


def test_a_digest_changes_with_names_contents_and_what_was_left_out(tmp_path):
    """Whether something has to be graded again is told by content alone."""
    folder_with(tmp_path, work__ipynb=GOOD, notes__txt=b"a")
    seen = {digest_of(tmp_path)}
    assert read(tmp_path).digest in seen
    (tmp_path / "notes.txt").touch()
    assert digest_of(tmp_path) in seen

    for change in (
        lambda: (tmp_path / "notes.txt").write_bytes(b"b"),
        lambda: (tmp_path / "notes.txt").rename(tmp_path / "note.txt"),
        lambda: (tmp_path / "link").symlink_to("note.txt"),
    ):
        change()
        assert digest_of(tmp_path) not in seen
        seen.add(digest_of(tmp_path))


def test_a_notebook_is_cleaned_of_all_that_a_notebook_has_not(tmp_path):
    """Outputs, garbage, half letters, ids that are none, roles without a name."""
    raw = {
        "nbformat": 5,
        "nbformat_minor": 9,
        "surprise": 1,
        "metadata": [],
        "cells": [
            CELL | {"id": "a", "outputs": "x" * 10, "execution_count": "y", "evil": 1},
            CELL | {"id": "a", "source": ["x = '\ud800'\n", "y"], "metadata": {"nbgrader": 7}},
            {"cell_type": "markdown", "source": "t", "attachments": {"a": 1}, "id": "no good!"},
            {"cell_type": "heading", "source": "no"},
            "nothing",
        ],
    }
    remarks = []

    notebook = clean(json.dumps(raw).encode(), remarks)

    assert [cell["id"] for cell in notebook["cells"]] == ["a", "unnamed-1", "unnamed-2"]
    assert notebook["cells"][0]["outputs"] == []
    assert notebook["cells"][1]["source"] == "x = '\ufffd'\ny"
    assert notebook["cells"][1]["metadata"] == {}
    assert "attachments" not in notebook["cells"][2]
    assert remarks == [
        "it is in format 5, and was read as 4.5",
        "2 cells were no cells, and left out",
        "characters that are none were replaced",
    ]


def test_an_old_notebook_is_upgraded():
    """Format 3 had worksheets, and called a code cell's source its input."""
    old = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "work"},
        "worksheets": [
            {
                "metadata": {},
                "cells": [
                    {
                        "cell_type": "code",
                        "input": "x = 3",
                        "language": "python",
                        "outputs": [],
                        "metadata": {"nbgrader": {"grade_id": "conv"}},
                    }
                ],
            }
        ],
    }
    remarks = []

    (cell,) = clean(json.dumps(old).encode(), remarks)["cells"]

    assert cell["source"] == "x = 3"
    assert cell["metadata"] == {"nbgrader": {"grade_id": "conv"}}
    assert remarks == ["it was upgraded from format 3"]


@pytest.mark.parametrize(
    ("read_it", "text", "value"),
    [
        (read_size, "2GB", 2 * 10**9),
        (read_size, "512 MiB", 2**29),
        (read_size, "1.5g", 3 * 2**29),
        (read_seconds, "90", 90),
        (read_seconds, "5min", 300),
        (read_seconds, "0.5 h", 1800),
    ],
)
def test_sizes_and_times_are_read_as_people_write_them(read_it, text, value):
    """With or without a unit and a blank."""
    assert read_it(text) == value


@pytest.mark.parametrize("text", ["much", "-1GB", "0", "3 fortnights", "1e3", "nan"])
def test_what_is_no_size_and_no_time_is_refused(text):
    """The message shows what was written."""
    for read_it in (read_size, read_seconds):
        with pytest.raises(ValueError, match=re.escape(repr(text))):
            read_it(text)
