"""Channels first: the order of axes that PyTorch's layers expect."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("01_arrays", section="02_images#arrays-axes", outputs={"out": "C H W"})
def to_chw(image):
    """Bring the channels of one image to the front."""
    return reference.to_chw(image)


@to_chw.cases
def _(rng):
    numbers = rng.permutation(np.arange(1.0, 13.0))
    yield Case(
        "two rows of three pixels with two values each", {"image": numbers.reshape(2, 3, 2)}
    )
    yield Case("a colour image of 5 x 4 pixels", {"image": rng.random(size=(5, 4, 3))})
    yield Case("as high and wide as it has channels", {"image": rng.random(size=(3, 3, 3))})
    yield Case("four channels, stored in another order", {"image": rng.random(size=(4, 6, 2)).T})
    yield Case("a single channel keeps its axis", {"image": rng.random(size=(4, 7, 1))})


@exercise("01_arrays", section="02_images#arrays-axes", outputs={"out": "N C H W"})
def to_nchw(images):
    """Bring the channels of a batch behind the images; grey images get a channel."""
    return reference.to_nchw(images)


@to_nchw.cases
def _(rng):
    numbers = rng.permutation(np.arange(1.0, 17.0))
    yield Case("two images of 2 x 2 pixels, two channels", {"images": numbers.reshape(2, 2, 2, 2)})
    yield Case("two colour images of 5 x 4 pixels", {"images": rng.random(size=(2, 5, 4, 3))})
    yield Case("images as high as wide, as many as channels", {"images": rng.random((3, 3, 3, 3))})
    yield Case("grey images get a channel of their own", {"images": rng.random(size=(4, 5, 6))})
    yield Case(
        "grey images that lie in memory in another order",
        {"images": np.asfortranarray(rng.random(size=(2, 3, 5)))},
    )
    yield Case("an empty batch stays empty", {"images": np.zeros((0, 4, 5, 3))})


def _add_axes_mistakes(exercise):
    """Register what students do to the axes of one image or of a batch of colour images."""

    @exercise.mistake(
        "the array is reshaped instead of its axes being moved",
        hint="reshape cuts the same row of numbers into other pieces: a red value lands in the "
        "blue channel. Look for a function that names the axes by their places.",
    )
    def _(right, images):
        return np.ascontiguousarray(images).reshape(right(images).shape)

    @exercise.mistake(
        "rows and columns are exchanged",
        hint="H stays before W: the image must not lie on its side afterwards. Exchanging two "
        "axes is not enough, for all of them move.",
    )
    def _(right, images):
        return right(images).swapaxes(-1, -2)

    @exercise.mistake(
        "the channels move by one place only",
        hint="They stand between rows and columns now: how many axes do they have to pass?",
    )
    def _(right, images):
        return right(images).swapaxes(-3, -2)

    @exercise.mistake(
        "the axes are moved the other way round",
        hint="That is the way from channels first to channels last. transpose asks, for each new "
        "axis, which of the old ones it was: which comes first now?",
    )
    def _(right, images):
        batch = list(range(right(images).ndim - 3))
        return right(images).transpose(*batch, -1, -3, -2)

    @exercise.mistake(
        "the axes stay where they are",
        hint="What comes out still ends on the channels; the answer ends on the columns.",
    )
    def _(right, images):
        return np.moveaxis(right(images), -3, -1)

    @exercise.mistake(
        "the channels come in reverse order",
        hint="Red, green and blue stay in this order; only OpenCV's images come the other way.",
    )
    def _(right, images):
        return np.flip(right(images), -3)

    @exercise.mistake(
        "the image is flipped upside down",
        hint="The first row is the top of the image in both orders of axes.",
    )
    def _(right, images):
        return np.flip(right(images), -2)


_add_axes_mistakes(to_chw)
_add_axes_mistakes(to_nchw)


@to_nchw.mistake(
    "the channels come before the images",
    hint="The batch stays in front: out[0] is the first image, with all its channels.",
)
def _(right, images):
    return right(images).swapaxes(0, 1)


@to_nchw.mistake(
    "all axes are reversed",
    hint=".T turns the whole order round; images come first and columns last.",
)
def _(right, images):
    return right(images).transpose(1, 3, 2, 0)


@to_nchw.mistake(
    "grey images get no channel",
    hint="A grey image has one channel, and a layer wants to see it: (N, H, W) becomes "
    "(N, 1, H, W).",
)
def _(right, images):
    return right(images) if images.ndim == 4 else images.copy()


@to_nchw.mistake(
    "the channel of grey images stands before the images",
    hint="images[None] puts the new axis in front of all others; it belongs behind the images.",
)
def _(right, images):
    return right(images) if images.ndim == 4 else right(images).swapaxes(0, 1)


@to_nchw.mistake(
    "the channel of grey images stands last",
    hint="images[..., None] makes channels-last images of them: is the new axis moved on?",
)
def _(right, images):
    return right(images) if images.ndim == 4 else np.moveaxis(right(images), 1, -1)


@to_nchw.mistake(
    "the columns of grey images are taken for channels",
    hint="A grey image (N, H, W) has no axis of channels that could be moved: it needs a new one.",
)
def _(right, images):
    return right(images) if images.ndim == 4 else images.swapaxes(1, 2)


@to_nchw.mistake(
    "grey images get three equal channels",
    hint="One channel says all there is to say: (N, H, W) becomes (N, 1, H, W).",
)
def _(right, images):
    out = right(images)
    return out if images.ndim == 4 else out.repeat(3, axis=1)
