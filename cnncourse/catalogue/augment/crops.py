"""Windows cut out at random places."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.augment.chance import Scripted, generator, image_by_image
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.windows import pad_spatial, per_axis


@exercise("11_augment", section="17_augmentation#augment-crop", outputs={"out": "N C OH OW"})
def random_crop(x, size, *, padding=0, rng):
    """Cut a window out of each image; rows are drawn first, then columns."""
    return reference.random_crop(x, size, padding=padding, rng=rng)


@random_crop.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 25.0)).reshape(2, 1, 3, 4)
    yield Case("windows of 2 x 2 from two small images", _question(rng, x, 2))
    N, C = int(rng.integers(26, 32)), int(rng.choice([2, 3]))
    x = rng.normal(size=(N, C, 6, 8))
    yield Case("many images, each at a place of its own", _question(rng, x, 4))
    yield Case("a window that is not square, rows first", _question(rng, x, (5, 3)))
    yield Case("a window as large as the image is the image", _question(rng, x, (6, 8)))
    yield Case("zeros around the image", _question(rng, x, (5, 7), padding=2))
    x = np.asfortranarray(rng.normal(size=(20, 2, 5, 4)))
    yield Case("a window larger than the image", _question(rng, x, (7, 8), padding=3))
    yield Case("an empty batch stays empty", _question(rng, np.zeros((0, 3, 5, 4)), 3))


def _question(rng, x, size, **options):
    def differ(draws):
        # Two images show neither that each has its own place, nor where one never lies.
        if len(x) != 2:
            return True
        (a, b), (c, d) = draws.integers(2, size=2), draws.integers(3, size=2)
        # Neither at the corner, and the first not in the middle: its place could serve both.
        return a != b and c != d and (b, d) != (0, 0) and (a, c) not in ((0, 0), (0, 1))

    return {"x": x, "size": size, **options, "rng": generator(rng, differ)}


def _places(x, size, padding=0):
    """Count the places down and along."""
    return [
        length + 2 * padding - window + 1
        for length, window in zip(x.shape[2:], per_axis(size), strict=True)
    ]


@random_crop.mistake(
    "the last place is never drawn",
    hint="rng.integers(k) gives 0 to k - 1. At how many places does a window of 2 fit on a row "
    "of 3 pixels? Not at one, but at two.",
)
def _(right, x, size, *, padding=0, rng):
    # One place can only be drawn as 0: the wrong range is empty then.
    draws = [rng.integers(places - 1, size=len(x)) for places in _places(x, size, padding)]
    return right(x, size, padding=padding, rng=Scripted(*draws))


@random_crop.mistake(
    "all images are cut at the same place",
    hint="Every image has a place of its own: how many numbers do you ask `rng` for?",
)
def _(right, x, size, *, padding=0, rng):
    draws = [np.full(len(x), rng.integers(places)) for places in _places(x, size, padding)]
    return right(x, size, padding=padding, rng=Scripted(*draws))


@random_crop.mistake(
    "the place of the first image serves all",
    hint="Every image has a place of its own: which index stays at 0, or is missing?",
)
def _(right, x, size, *, padding=0, rng):
    draws = [rng.integers(places, size=len(x)) for places in _places(x, size, padding)]
    first = [np.repeat(draw[:1], len(draw)) for draw in draws]
    return right(x, size, padding=padding, rng=Scripted(*first))


@random_crop.mistake(
    "rows and columns are drawn image by image",
    hint="As good by chance, but the numbers come in another order: draw the first rows of all "
    "images in one call, then all first columns.",
)
def _(right, x, size, *, padding=0, rng):
    return image_by_image(right, x, size, padding=padding, rng=rng)


@random_crop.mistake(
    "the columns are drawn before the rows",
    hint="As good by chance, but the numbers come in another order: first rows first.",
)
def _(right, x, size, *, padding=0, rng):
    turned = right(x.swapaxes(2, 3), per_axis(size)[::-1], padding=padding, rng=rng)
    return turned.swapaxes(2, 3)


@random_crop.mistake(
    "the rows that were drawn are used for the columns, and the columns for the rows",
    hint="The first numbers drawn are rows: they count along H.",
)
def _(right, x, size, *, padding=0, rng):
    draws = [rng.integers(places, size=len(x)) for places in _places(x, size, padding)][::-1]
    places = zip(draws, _places(x, size, padding), strict=True)
    if any(draw.max(initial=0) >= most for draw, most in places):
        raise ValueError("could not broadcast: a window hangs over the image")
    return right(x, size, padding=padding, rng=Scripted(*draws))


@random_crop.mistake(
    "the window lies in the middle",
    hint="That is a centre crop, as it is used for testing. Here chance says where it lies.",
)
def _(right, x, size, *, padding=0, rng):
    draws = [np.full(len(x), (places - 1) // 2) for places in _places(x, size, padding)]
    return right(x, size, padding=padding, rng=Scripted(*draws))


@random_crop.mistake(
    "the window always begins at the first pixel",
    hint="The place that you drew has to go into the slice, at both of its ends.",
)
def _(right, x, size, *, padding=0, rng):
    draws = [np.zeros(len(x), int)] * 2
    return right(x, size, padding=padding, rng=Scripted(*draws))


@random_crop.mistake(
    "the size pair is read columns first",
    hint="A pair names rows first, columns second: (5, 3) is 5 rows high.",
)
def _(right, x, size, **options):
    return right(x, per_axis(size)[::-1], **options)


@random_crop.mistake(
    "the first number of a pair serves both axes",
    hint="The second number of a pair belongs to the columns.",
)
def _(right, x, size, **options):
    return right(x, per_axis(size)[0], **options)


def _add_padding_mistake(name, hint, change):
    @random_crop.mistake(name, hint=hint)
    def _(right, x, size, *, padding=0, rng):
        return right(change(x, padding), size, rng=rng)


for _wrong in (
    (
        "the padding is ignored",
        "Padding p puts p rows above and below and p columns on either side, before the window "
        "is cut.",
        lambda x, p: x,
    ),
    (
        "the padding is counted at the top and at the left only",
        "Padding p is added at both ends of an axis, so that it counts twice in the size.",
        lambda x, p: pad_spatial(x, (p, p), (0, 0)),
    ),
    (
        "the padding is added at the bottom and at the right only",
        "Padding p is added at both ends of an axis: where does the image begin?",
        lambda x, p: pad_spatial(x, (0, 0), (2 * p, 2 * p)),
    ),
    (
        "the padding repeats the border of the image",
        "The new pixels are all 0.",
        lambda x, p: pad_spatial(x, (p, p), (p, p), "edge"),
    ),
):
    _add_padding_mistake(*_wrong)


@random_crop.mistake(
    "places are counted without the padding",
    hint="The window may lie anywhere on the padded image: which H belongs into your formula?",
)
def _(right, x, size, *, padding=0, rng):
    draws = [rng.integers(places, size=len(x)) for places in _places(x, size)]
    return right(x, size, padding=padding, rng=Scripted(*draws))
