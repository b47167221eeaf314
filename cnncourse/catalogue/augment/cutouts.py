"""Black squares at random places."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.augment.chance import Scripted, generator, image_by_image
from cnncourse.catalogue.exercise import Case, exercise


@exercise("11_augment", section="17_augmentation#augment-cutout", outputs={"out": "N C H W"})
def cutout(x, *, size, rng):
    """Black out a square of each image; centre rows are drawn first, then columns."""
    return reference.cutout(x, size=size, rng=rng)


@cutout.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 31.0)).reshape(2, 1, 3, 5)

    def whole(draws):  # both squares lie inside, at different places
        rows, columns = draws.integers(3, size=2), draws.integers(5, size=2)
        return min(rows) > 0 and min(columns) > 0 and (rows != columns).any()

    yield Case("squares of 2 x 2 in two small images", _question(rng, x, 2, whole))
    N, C = int(rng.integers(26, 32)), int(rng.choice([2, 3]))
    x = rng.normal(size=(N, C, 9, 7))
    yield Case("many images, each with a place of its own", _question(rng, x, 4))
    yield Case("an odd side: the centre is a pixel", _question(rng, x, 3))
    yield Case("a single pixel", _question(rng, np.asfortranarray(x), 1))
    yield Case("an empty batch stays empty", _question(rng, np.zeros((0, 3, 5, 4)), 2))


def _question(rng, x, size, wanted=lambda draws: True):
    return {"x": x, "size": size, "rng": generator(rng, wanted)}


def _add_place_mistake(name, hint, place):
    """Register centres drawn otherwise: `place` gets rng, the axis's length, the size and N."""

    @cutout.mistake(name, hint=hint)
    def _(right, x, *, size, rng):
        draws = [place(rng, length, size, len(x)) for length in x.shape[2:]]
        return right(x, size=size, rng=Scripted(*draws))


def _lost_before(rng, length, size, N):
    """Draw centres; one whose square would begin before the first pixel lies far away."""
    centres = rng.integers(length, size=N)
    return np.where(centres < size // 2, -9 * length, centres)


for _wrong in (
    (
        "squares that hang over the top or the left are lost",
        "A slice that begins at -1 begins at the last pixel: cut the beginning off at 0.",
        _lost_before,
    ),
    (
        "the centre is taken for the corner",
        "The square lies around the pixel that was drawn: it begins size // 2 before it.",
        lambda rng, length, size, N: rng.integers(length, size=N) + size // 2,
    ),
    (
        "the squares stay inside the image",
        "The centre may be any pixel, also the last; what hangs over is cut off.",
        lambda rng, length, size, N: rng.integers(length - size + 1, size=N) + size // 2,
    ),
    (
        "squares are pushed back into the image",
        "A square that hangs over the border is cut off there and stays where it is.",
        lambda rng, length, size, N: np.clip(
            rng.integers(length, size=N), size // 2, length - size + size // 2
        ),
    ),
    (
        "squares that hang over the top or the left are pushed into the image",
        "Where does the square end once its beginning has been cut off at 0? It has lost "
        "something, and does not grow at the other end.",
        lambda rng, length, size, N: np.maximum(rng.integers(length, size=N), size // 2),
    ),
    (
        "the last pixel is never a centre",
        "rng.integers(k) gives 0 to k - 1 already.",
        lambda rng, length, size, N: rng.integers(length - 1, size=N),
    ),
    (
        "all images lose the same square",
        "Every image has a place of its own: how many numbers do you ask `rng` for?",
        lambda rng, length, size, N: np.full(N, rng.integers(length)),
    ),
):
    _add_place_mistake(*_wrong)


@cutout.mistake(
    "the columns are drawn before the rows",
    hint="As good by chance, but the numbers come in another order: first the centre rows.",
)
def _(right, x, **options):
    return right(x.swapaxes(2, 3), **options).swapaxes(2, 3)


@cutout.mistake(
    "places are drawn image by image",
    hint="As good by chance, but the numbers come in another order: draw the centre rows of all "
    "images in one call, then all centre columns.",
)
def _(right, x, **options):
    return image_by_image(right, x, **options)


@cutout.mistake(
    "the row that was drawn is used for the column, and the column for the row",
    hint="The first numbers drawn are rows: they count along H.",
)
def _(right, x, *, size, rng):
    rows, columns = (rng.integers(length, size=len(x)) for length in x.shape[2:])
    return right(x, size=size, rng=Scripted(columns, rows))


@cutout.mistake(
    "every image loses the squares of all",
    hint="Each image loses one square, its own: which image does the slice in your loop name?",
)
def _(right, x, **options):
    kept = right(np.ones_like(x), **options).all(axis=0)
    return np.where(kept, x, 0)


def _add_size_mistake(name, hint, wrong_size):
    @cutout.mistake(name, hint=hint)
    def _(right, x, *, size, rng):
        return right(x, size=wrong_size(size), rng=rng)


for _wrong in (
    (
        "the size is half the side",
        "The whole square has `size` rows: how many stand before the centre?",
        lambda size: 2 * size,
    ),
    (
        "an odd side loses a pixel",
        "From r - size // 2 to r + size // 2 there are 2 of 3 rows: let the end follow from the "
        "beginning.",
        lambda size: 2 * (size // 2),
    ),
    (
        "an even side gains a pixel",
        "From r - size // 2 up to and with r + size // 2 there are 3 rows, where 2 are asked for: "
        "let the end follow from the beginning.",
        lambda size: 2 * (size // 2) + 1,
    ),
):
    _add_size_mistake(*_wrong)


def _add_filling_mistake(name, hint, fill):
    """Register another content: `fill` gets x and where the square lies."""

    @cutout.mistake(name, hint=hint)
    def _(right, x, **options):
        return fill(x, right(np.ones_like(x), **options) == 0)


for _wrong in (
    (
        "all but the square is blacked out",
        "The square is what the network does not get to see.",
        lambda x, square: np.where(square, x, 0),
    ),
    (
        "only the first channel is blacked out",
        "A square that is still there in another channel hides nothing.",
        lambda x, square: np.where(square & (np.arange(x.shape[1]) == 0)[:, None, None], 0, x),
    ),
    (
        "the squares hold ones",
        "The missing pixels are 0.",
        lambda x, square: np.where(square, 1, x),
    ),
    (
        "the squares hold the average of their image",
        "The missing pixels are 0.",
        lambda x, square: (
            np.where(square, x.mean(axis=(1, 2, 3), keepdims=True), x) if len(x) else x
        ),
    ),
):
    _add_filling_mistake(*_wrong)
