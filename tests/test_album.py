"""What a notebook asks to be shown leaves the room as arrays, and is drawn by the grader."""

import base64
import io

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from matplotlib import image

from cnncourse import show
from cnncourse.grading import album
from cnncourse.grading.album import MOST, Album
from cnncourse.notebook import PICTURES
from cnncourse.seal import pack


@pytest.fixture(autouse=True)
def nothing_drawn(monkeypatch):
    """Begin with no picture kept from another test."""
    monkeypatch.setattr(album, "_drawn", {})


def output(arrays, **options):
    """Make what leaves the room."""
    packed = {str(i): np.asarray(array) for i, array in enumerate(arrays)}
    bundle = {"titles": None, "numbers": False, "columns": None, "limits": None, **options}
    return {"output_type": "display_data", "data": {PICTURES: bundle | {"npz": pack(packed)}}}


def pixels(drawn):
    """Decode a drawing."""
    return image.imread(io.BytesIO(base64.b64decode(drawn["data"]["image/png"])))


def test_show_seals_while_grading_and_the_album_draws(monkeypatch):
    """The left array is black, the right one white, side by side."""
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    InteractiveShell.instance()
    with capture_output() as captured:
        show([np.zeros((4, 4)), np.ones((4, 4))], titles=["no", "yes"])
    (sealed,) = captured.outputs
    assert set(sealed.data) == {PICTURES, "text/plain"}

    picture = pixels(Album().draw({"data": sealed.data}))

    height, width = picture.shape[:2]
    assert width > 1.5 * height
    assert picture[height // 2, width // 4, :3] == pytest.approx(0, abs=0.02)
    assert picture[height // 2, 3 * width // 4, :3] == pytest.approx(1, abs=0.02)


def test_the_same_arrays_are_drawn_once(monkeypatch):
    """Whoever is right shows the same picture; drawing it costs more than all the rest."""
    drawings = []
    draw = album._draw
    monkeypatch.setattr(album, "_draw", lambda *a: drawings.append(1) or draw(*a))
    one, other = output([np.eye(3)]), output([np.eye(4)])

    results = [Album().draw(each) for each in (one, output([np.eye(3)]), other)]

    assert results[0] == results[1] != results[2]
    assert len(drawings) == 2


@pytest.mark.parametrize(
    ("forged", "reason"),
    [
        (output([]), "too many or too few"),
        (output([np.zeros((2, 2))] * 33), "too many or too few"),
        (output([np.zeros((800, 800))]), "too many or too few"),
        (output([np.zeros((30, 30))], numbers=True), "too many or too few"),
        (output([np.zeros((2, 2, 2, 2))]), "damaged"),
        (output([np.zeros((2, 2))], titles=["a", "b"]), "damaged"),
        (output([np.zeros((2, 2))], limits=["a", 1]), "damaged"),
        (output([np.zeros((2, 2))], limits=[0, float("nan")]), "its colours reach"),
        (output([np.zeros((2, 2))], columns="all"), "damaged"),
        (output([np.zeros((2, 2), dtype="U3")]), "no answer"),
        ({"data": {PICTURES: {"npz": "????"}}}, "damaged"),
        ({"data": {PICTURES: "no JSON"}}, "damaged"),
        ({"data": {PICTURES: [1, 2]}}, "damaged"),
    ],
)
def test_a_forged_bundle_is_a_line_of_text(forged, reason):
    """The grader draws what a student's process sends: it must not believe it."""
    drawn = Album().draw(forged)

    assert drawn["output_type"] == "stream"
    assert drawn["text"].startswith("A picture is left out: ")
    assert reason in drawn["text"]


@pytest.mark.parametrize(
    "title", [r"$\frac{1", r"$\sum_{i}^{\infty}$", "a\nb", "\x1b[2J", "x" * 10_000]
)
def test_a_title_is_text_and_no_formula(title):
    """A broken formula would stop the drawing, a long one take for ever."""
    assert "image/png" in Album().draw(output([np.eye(2)], titles=[title]))["data"]


@pytest.mark.parametrize("values", [[[np.nan, np.inf], [-np.inf, 1e300]], [[1e-320, 0], [0, 0]]])
def test_numbers_that_are_no_colours_are_drawn_all_the_same(values):
    """A student's function may well return them."""
    for numbers in (False, True):
        assert "image/png" in Album().draw(output([np.array(values)], numbers=numbers))["data"]


def test_a_notebook_has_only_so_many_pictures():
    """Each may take a tenth of a second of the grader's time."""
    pictures = Album()
    drawn = [pictures.draw(output([np.eye(2)])) for _ in range(MOST + 2)]

    assert ["data" in one for one in drawn] == [True] * MOST + [False] * 2
