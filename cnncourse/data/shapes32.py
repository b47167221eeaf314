"""Drawn colour images of 32 x 32 pixels: five shapes, each striped or chequered, ten classes.

No file is needed: NumPy draws them, the same ones for the same seed. A class is a shape and a
texture together, so a network that sees only one of the two is right half or a fifth of the
time. Colour, size, place, turn, light and clutter are drawn independently of the class.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor

SHAPES = ("disc", "triangle", "square", "star", "cross")
TEXTURES = ("striped", "chequered")
CLASSES = tuple(f"{texture} {shape}" for texture in TEXTURES for shape in SHAPES)
SIDE = 32  # pixels
NUM_IMAGES = {"train": 10_000, "test": 2_000}

_BLOCK = 500  # images drawn from one stream of chance, so that fewer images are the first ones
_CLUTTER = 4  # small shapes strewn about, the last of which lies in front
_SPLITS = {"train": 0, "test": 1}
# A polygon or star by its corners and the radius of its inner points over that of its tips.
_POINTED = {"triangle": (3, 0.5), "square": (4, 0.5**0.5), "star": (5, 0.42)}
_ARM = 0.36  # half the width of a cross's arm over its length
# The size that gives each shape the area of a disc of radius 1: area must not tell the class.
_REACH = {
    "disc": 1.0,
    "cross": math.sqrt(math.pi / (8 * _ARM - 4 * _ARM**2)),
    **{
        name: math.sqrt(math.pi / (points * inner * math.sin(math.pi / points)))
        for name, (points, inner) in _POINTED.items()
    },
}


def at_hand(*, name: str = "shapes32") -> bool:
    """Say yes: the images are drawn."""
    return True


def load(
    split: str, *, name: str = "shapes32", size: int | None = None
) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Draw one split.

    Parameters
    ----------
    split : {"train", "test"}
        Part to draw: 10,000 or 2,000 images.
    name : str, default "shapes32"
        Not used: there is one set.
    size : int, optional
        Not used: all images are of 32 x 32.

    Returns
    -------
    images : (N, 3, 32, 32) tensor of uint8
        Red, green and blue.
    labels : (N,) tensor of int64
        Numbers of the classes, each as often as any other.
    classes : tuple of str
        "striped disc" and so on.
    """
    import torch

    images, labels = draw(NUM_IMAGES[split], split=split)
    return torch.from_numpy(images), torch.from_numpy(labels), CLASSES


def draw(num_images: int, *, split: str = "train", seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw images of the ten classes.

    Parameters
    ----------
    num_images : int
        How many; fewer images are the first of more.
    split : {"train", "test"}, default "train"
        Which of two streams of chance to draw from.
    seed : int, default 0
        Another seed, another set; `load` draws the one of seed 0.

    Returns
    -------
    images : (num_images, 3, 32, 32) ndarray of uint8
        Red, green and blue.
    labels : (num_images,) ndarray of int64
        Numbers of the classes; ten images in a row hold all ten, in random order.

    Raises
    ------
    ValueError
        If there is no image to draw, or the split is unknown.

    Examples
    --------
    >>> images, labels = draw(20)
    >>> images.shape, images.dtype.name, sorted(labels[:10].tolist())
    ((20, 3, 32, 32), 'uint8', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    if num_images < 1:
        raise ValueError(f"num_images is {num_images}, it must be at least 1")
    if split not in _SPLITS:
        raise ValueError(f'split is {split!r}, it must be "train" or "test"')
    images = np.empty((num_images, 3, SIDE, SIDE), dtype=np.uint8)
    labels = np.empty(num_images, dtype=np.int64)
    for block, start in enumerate(range(0, num_images, _BLOCK)):
        count = min(_BLOCK, num_images - start)
        rng = np.random.default_rng([seed, _SPLITS[split], block])
        drawn, their_labels = _draw_block(rng)
        images[start : start + count] = drawn[:count]
        labels[start : start + count] = their_labels[:count]
    return images, labels


def _draw_block(rng):
    tens = np.tile(np.arange(len(CLASSES)), (_BLOCK // len(CLASSES), 1))
    labels = rng.permuted(tens, axis=1).ravel()
    texture, shape = np.divmod(labels, len(SHAPES))
    picture = _background(rng)
    for _ in range(_CLUTTER - 1):
        picture = _strew(rng, picture)
    picture = _paint(picture, *_object(rng, shape, texture))
    picture = _strew(rng, picture)
    picture = _light(rng, picture)
    return np.rint(picture * 255).astype(np.uint8), labels


def _uniform(rng, low, high, *shape):
    """Draw one number an image, shaped to go with (N, C, H, W)."""
    draws = low + (high - low) * rng.random((_BLOCK, *(shape or (1, 1, 1))), dtype=np.float32)
    return draws.astype(np.float32)


def _grid():
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32) - (SIDE - 1) / 2
    return y[None, None], x[None, None]  # (1, 1, H, W) each, pixels from the centre


def _turned(rng, y, x, most=np.pi):
    angle = _uniform(rng, -most, most)
    cos, sin = np.cos(angle), np.sin(angle)
    return cos * y - sin * x, sin * y + cos * x


def _wave(rng, kind, shortest, longest):
    """Draw stripes, or checks where `kind` is 1, as (N, 1, H, W) values from 0 to 1."""
    v, u = _turned(rng, *_grid())
    period = _uniform(rng, shortest, longest)
    phases = _uniform(rng, 0, 2 * np.pi, 2, 1, 1)
    along = np.sin(2 * np.pi * u / period + phases[:, :1])
    across = np.sin(2 * np.pi * v / period + phases[:, 1:])
    wave = np.where(kind.reshape(-1, 1, 1, 1) == 1, along * across, along)
    # This slope crosses an edge in one pixel, as a drawing with smooth edges does.
    return np.clip(0.5 + wave * period / (2 * np.pi), 0, 1)


def _background(rng):
    """Blend two colours along a faint texture of either kind, and the more so to one side."""
    one, other = (_uniform(rng, 0, 0.7, 3, 1, 1) for _ in range(2))
    y, _ = _turned(rng, *_grid())
    share = 0.5 + 0.5 * y / SIDE * _uniform(rng, 0, 1)
    share = share + 0.2 * (_wave(rng, rng.integers(0, 2, _BLOCK), 3.5, 9) - 0.5)
    return one + (other - one) * np.clip(share, 0, 1)


def _object(rng, shape, texture):
    """Draw the one thing that the label names: where it covers, and its two colours there."""
    cover = _cover(rng, shape, size=_uniform(rng, 7, 10), stray=4, most=0.4)
    one = _uniform(rng, 0.5, 1, 3, 1, 1)
    other = one * _uniform(rng, 0.3, 0.7, 3, 1, 1)
    return cover, one + (other - one) * _wave(rng, texture, 5, 7)


def _strew(rng, picture):
    kind = rng.integers(0, len(SHAPES), _BLOCK)
    cover = _cover(rng, kind, size=_uniform(rng, 1.2, 2.8), stray=15)
    return _paint(picture, cover, _uniform(rng, 0, 1, 3, 1, 1))


def _paint(picture, cover, colour):
    return picture + cover * (colour - picture)


def _cover(rng, kind, *, size, stray, most=np.pi):
    """Give the share of each pixel that a shape of the area of a disc of `size` covers."""
    y, x = _grid()
    y, x = y - _uniform(rng, -stray, stray), x - _uniform(rng, -stray, stray)
    y, x = _turned(rng, y, x, most)
    outside = np.empty((_BLOCK, 1, SIDE, SIDE), dtype=np.float32)
    for number, name in enumerate(SHAPES):
        these = kind == number
        outside[these] = _distance(name, y[these], x[these], size[these] * _REACH[name])
    return np.clip(0.5 - outside, 0, 1)


def _distance(name, y, x, reach):
    """Measure how many pixels outside the edge a place lies; inside it is negative."""
    if name == "disc":
        return np.hypot(y, x) - reach
    if name == "cross":
        long, short = np.maximum(abs(y), abs(x)), np.minimum(abs(y), abs(x))
        return np.maximum(long - reach, short - _ARM * reach)
    points, inner = _POINTED[name]
    sector = math.pi / points
    # Fold all sectors into one, in which the edge runs straight from a tip to an inner point.
    turn = abs((np.arctan2(y, x) + sector) % (2 * sector) - sector)
    radius = np.hypot(y, x)
    down, right = radius * np.sin(turn), radius * np.cos(turn)
    rise, run = inner * math.sin(sector), 1 - inner * math.cos(sector)
    return ((right - reach) * rise + down * run) / math.hypot(rise, run)


def _light(rng, picture):
    """Change brightness and contrast as a lamp and a cheap camera do, noise included."""
    contrast, brightness = _uniform(rng, 0.5, 1), _uniform(rng, -0.2, 0.2)
    noise = _uniform(rng, -1, 1, 3, SIDE, SIDE) * _uniform(rng, 0, 0.12)
    return np.clip(0.5 + brightness + contrast * (picture - 0.5) + noise, 0, 1)
