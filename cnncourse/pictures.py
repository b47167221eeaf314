"""Pictures drawn by code: what the chapters and exercises look at, with no file to load."""

import functools

import numpy as np

# Drawn this many times too fine and averaged down, so that slanted edges come out smooth.
_FINENESS = 4
# The weight of red, green and blue in brightness (ITU-R BT.601).
_LUMA = np.array([0.299, 0.587, 0.114])

_SEVEN = """
........
.######.
.....##.
.....#..
....##..
....#...
...##...
........
"""


def seven():
    """Draw a handwritten-looking digit 7.

    Returns
    -------
    picture : (8, 8) ndarray of float32
        1 where there is ink, 0 elsewhere.

    Examples
    --------
    >>> seven()[1].astype(int)
    array([0, 1, 1, 1, 1, 1, 1, 0])
    """
    rows = _SEVEN.split()
    return np.array([[mark == "#" for mark in row] for row in rows], dtype=np.float32)


def house(size=64):
    """Draw a house in grey: long edges, fine textures and one smooth gradient.

    Parameters
    ----------
    size : int, default 64
        Height and width in pixels.

    Returns
    -------
    picture : (size, size) ndarray of float32
        Brightness from 0, black, to 1, white.

    Raises
    ------
    ValueError
        If there is no pixel to draw.

    Examples
    --------
    >>> house(32).shape
    (32, 32)
    """
    return np.tensordot(_LUMA, colour_house(size), axes=1).astype(np.float32)


def colour_house(size=64):
    """Draw the same house in colour.

    Parameters
    ----------
    size : int, default 64
        Height and width in pixels.

    Returns
    -------
    picture : (3, size, size) ndarray of float32
        Red, green and blue from 0 to 1, channels first.

    Raises
    ------
    ValueError
        If there is no pixel to draw.

    Examples
    --------
    >>> colour_house(32).shape
    (3, 32, 32)
    """
    if size < 1:
        raise ValueError(f"a picture has at least one pixel a side, not {size}")
    return _colour_house(size).copy()


@functools.lru_cache(maxsize=8)
def _colour_house(size):
    """Draw it once: it takes longer than what most exercises do with it."""
    fine = size * _FINENESS
    y, x = (np.mgrid[:fine, :fine] + 0.5) / fine  # both run from 0 to 1, down and to the right
    picture = _sky(y)
    for mask, colour in _things(y, x):
        picture[mask] = colour
    picture = picture.reshape(size, _FINENESS, size, _FINENESS, 3).mean(axis=(1, 3))
    return np.ascontiguousarray(picture.transpose(2, 0, 1), dtype=np.float32)  # (3, size, size)


def _sky(y):
    """Blend from blue at the top to pale at the horizon: the picture's one smooth gradient."""
    height = y[..., None] / 0.8
    return (1 - height) * np.array([0.30, 0.52, 0.80]) + height * np.array([0.96, 0.90, 0.80])


def _things(y, x):
    """List what stands in the picture, far to near, as (where, colour)."""
    wall = _box(y, x, 0.42, 0.86, 0.22, 0.70)
    roof = (y > 0.20) & (y < 0.44) & (np.abs(x - 0.46) < (y - 0.20) * 1.30 + 0.01)
    row = np.floor(y * 32)
    mortar = (y * 32 % 1 < 0.28) | ((x * 16 + 0.5 * row) % 1 < 0.14)
    glass = _box(y, x, 0.52, 0.66, 0.28, 0.42)
    frame = _box(y, x, 0.505, 0.675, 0.265, 0.435)
    bars = _box(y, x, 0.582, 0.598, 0.27, 0.43) | _box(y, x, 0.51, 0.67, 0.342, 0.358)
    return [
        (np.hypot(y - 0.17, x - 0.84) < 0.095, (1.00, 0.86, 0.32)),  # the sun
        (y > 0.80, (0.36, 0.55, 0.27)),  # the lawn
        ((y > 0.80) & (np.sin(150 * x + 40 * y) * np.sin(90 * y) > 0.45), (0.24, 0.42, 0.19)),
        (_box(y, x, 0.16, 0.34, 0.57, 0.64), (0.45, 0.22, 0.18)),  # the chimney
        (wall, (0.74, 0.40, 0.30)),
        (wall & mortar, (0.90, 0.82, 0.74)),
        (roof, (0.28, 0.20, 0.24)),
        (roof & ((y * 24) % 1 < 0.22), (0.46, 0.36, 0.38)),  # courses of tiles
        (frame | bars, (0.97, 0.96, 0.93)),
        (glass & ~bars, (0.16, 0.28, 0.40)),
        (_box(y, x, 0.56, 0.86, 0.51, 0.64), (0.15, 0.33, 0.30)),  # the door
        (np.hypot(y - 0.72, x - 0.615) < 0.014, (0.97, 0.80, 0.30)),  # and its knob
        (_box(y, x, 0.72, 0.90, 0.74, 1.00) & (x * 16 % 1 < 0.5), (0.96, 0.95, 0.92)),  # a fence
        (_box(y, x, 0.77, 0.79, 0.72, 1.00), (0.88, 0.86, 0.82)),
    ]


def _box(y, x, top, bottom, left, right):
    return (y > top) & (y < bottom) & (x > left) & (x < right)
