"""Figures of arrays, judged by what they hold rather than by their pixels."""

import matplotlib
import numpy as np
import pytest

matplotlib.use("Agg")

import matplotlib.pyplot as plt

from cnncourse import plotting

IMAGE = np.arange(6.0).reshape(2, 3)


@pytest.fixture(autouse=True)
def _close_figures():
    """Leave no figure open behind a test."""
    yield
    plt.close("all")


def test_numbers_are_written_row_by_row_with_a_true_minus():
    """The reader sees the array's own values, cell by cell."""
    ax = plotting.show_array([[0, -1], [2.5, 10]], numbers=True)

    written = {text.get_position(): text.get_text() for text in ax.texts}
    assert written == {(0, 0): "0", (1, 0): "\N{MINUS SIGN}1", (0, 1): "2.50", (1, 1): "10"}


def test_numbers_stand_out_from_their_cell():
    """Dark ink on a light cell, white on a dark one."""
    ax = plotting.show_array([[0, 1]], numbers=True)

    assert [text.get_color() for text in ax.texts] == ["white", plotting.INK]


def test_zero_is_the_middle_colour_where_values_are_negative():
    """A signed response is read by its hue, so the scale must be symmetric."""
    ax = plotting.show_array(IMAGE - 1)

    assert ax.images[0].get_clim() == (-4, 4)
    assert ax.images[0].get_cmap().name == plotting.SIGNED


def test_brightness_runs_from_black_0_to_white_1():
    """A dark picture stays dark: the scale does not stretch to the largest value."""
    ax = plotting.show_array(IMAGE / 10)

    assert ax.images[0].get_clim() == (0, 1)
    assert ax.images[0].get_cmap().name == plotting.UNSIGNED


def test_nan_sets_no_scale_and_its_number_is_read_on_white():
    """A wrong answer with NaN in it is still worth a look."""
    ax = plotting.show_array([[2, np.nan]], numbers=True)

    assert ax.images[0].get_clim() == (0, 2)
    assert [(t.get_text(), t.get_color()) for t in ax.texts][1] == ("nan", plotting.INK)


def test_limits_and_cmap_override_the_choice():
    """Two pictures to be compared can be given one scale."""
    ax = plotting.show_array(IMAGE, limits=(-2, 8), cmap="viridis")

    assert ax.images[0].get_clim() == (-2, 8)
    assert ax.images[0].get_cmap().name == "viridis"


def test_window_outlines_whole_cells_in_row_column_height_width_order():
    """Row before column, height before width, as an array is indexed."""
    ax = plotting.show_array(IMAGE, window=(0, 1, 2, 1))

    (frame,) = ax.patches
    assert (frame.get_x(), frame.get_y()) == (0.5, -0.5)
    assert (frame.get_width(), frame.get_height()) == (1, 2)


def test_one_axis_is_drawn_as_a_row():
    """Signals need no reshaping."""
    ax = plotting.show_array([1, 2, 3])

    assert ax.images[0].get_array().shape == (1, 3)


def test_colour_is_taken_channels_first():
    """Red, green and blue are the first axis, as everywhere in the course."""
    picture = np.zeros((3, 2, 4))
    picture[0] = 1

    ax = plotting.show_array(picture)

    drawn = ax.images[0].get_array()
    assert drawn.shape == (2, 4, 3)
    np.testing.assert_array_equal(drawn[0, 0], [1, 0, 0])


def test_a_batch_is_refused_with_its_shape():
    """The message carries the shape that is no image."""
    with pytest.raises(ValueError, match=r"\(2, 5, 3, 4\)"):
        plotting.show_array(np.zeros((2, 5, 3, 4)))


def test_nothing_to_draw_is_refused():
    """An empty answer gets a sentence, not a division by zero."""
    with pytest.raises(ValueError, match=r"shape \(4, 0\) has no value to draw"):
        plotting.show_array(np.zeros((4, 0)))
    with pytest.raises(ValueError, match="no array to draw"):
        plotting.show_arrays([])


def test_arrays_stand_side_by_side_in_order():
    """One Axes for each array, titled, and none left over."""
    axes = plotting.show_arrays([IMAGE, IMAGE.T, IMAGE], titles=["a", "b", "c"], columns=2)

    assert axes.shape == (3,)
    assert [ax.get_title() for ax in axes] == ["a", "b", "c"]
    assert len(axes[0].figure.axes) == 3
    assert axes[2].get_subplotspec().rowspan.start == 1


def test_cells_with_numbers_are_of_one_size():
    """A kernel beside its image is drawn at the image's scale."""
    axes = plotting.show_arrays([np.ones((7, 6)), np.ones((3, 2))], numbers=True)
    axes[0].figure.canvas.draw()

    cells = [ax.get_window_extent().width / ax.images[0].get_array().shape[1] for ax in axes]
    assert cells[0] == pytest.approx(cells[1], rel=0.02)


def test_titles_must_match_the_arrays():
    """The message carries both counts."""
    with pytest.raises(ValueError, match="2 arrays need as many titles, not 1"):
        plotting.show_arrays([IMAGE, IMAGE], titles=["one"])


def test_an_axes_that_is_given_is_drawn_on():
    """A figure of the caller's own is used, and no other is made."""
    _, ax = plt.subplots()

    assert plotting.show_array(IMAGE, ax=ax, title="here") is ax
    assert len(plt.get_fignums()) == 1
    assert ax.get_title() == "here"


def test_nothing_is_shown(monkeypatch):
    """A notebook shows figures by itself; a script must not stop at a window."""
    monkeypatch.setattr(plt, "show", lambda *_, **__: pytest.fail("plt.show was called"))

    plotting.show_arrays([IMAGE], numbers=True)
