"""The pictures that the course is looked at with."""

import numpy as np
import pytest

from cnncourse import pictures


def test_seven_is_the_drawing_in_the_source():
    """The digit's ink is counted by hand in chapters and exercises."""
    digit = pictures.seven()

    assert digit.dtype == np.float32
    np.testing.assert_array_equal(digit[1], [0, 1, 1, 1, 1, 1, 1, 0])
    np.testing.assert_array_equal(digit.sum(axis=1), [0, 6, 2, 1, 2, 1, 2, 0])
    np.testing.assert_array_equal(digit.sum(axis=0), [0, 1, 1, 2, 4, 4, 2, 0])


@pytest.mark.parametrize("size", [1, 7, 64])
def test_pictures_have_the_size_asked_for_and_values_from_0_to_1(size):
    """Every pixel is a brightness, at any size."""
    grey, colour = pictures.house(size), pictures.colour_house(size)

    assert grey.shape == (size, size)
    assert colour.shape == (3, size, size)
    for picture in (grey, colour):
        assert picture.dtype == np.float32
        assert picture.min() >= 0
        assert picture.max() <= 1


def test_house_is_the_brightness_of_colour_house():
    """One scene stands behind both, so that chapters can go from one to the other."""
    red, green, blue = pictures.colour_house(16)

    expected = 0.299 * red + 0.587 * green + 0.114 * blue
    np.testing.assert_allclose(pictures.house(16), expected, atol=1e-6)


def test_house_holds_a_gradient_edges_and_a_texture():
    """A filter has something to find: a smooth sky, a sharp outline, bricks."""
    grey = pictures.house()

    sky = grey[:48, 3]
    steps = np.diff(sky)
    assert (steps > 0).all()
    assert steps.max() < 0.02
    assert np.abs(np.diff(grey, axis=1)).max() > 0.4
    bricks = grey[45:53, 18:34]
    assert bricks.std() > 0.05


def test_every_call_draws_a_fresh_equal_picture():
    """A student who writes into a picture spoils only that copy."""
    first = pictures.house(8)
    kept = first.copy()
    first[:] = 0

    np.testing.assert_array_equal(pictures.house(8), kept)


def test_a_picture_without_pixels_is_refused():
    """The message carries the number that was asked for."""
    with pytest.raises(ValueError, match="not 0"):
        pictures.house(0)
