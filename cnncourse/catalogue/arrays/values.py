"""Values as a network likes them: bytes to fractions, mean 0 and standard deviation 1."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("01_arrays", section="02_images#arrays-values", outputs={"out": "N H W"})
def to_float(images):
    """Scale bytes, 0 to 255, to fractions, 0 to 1."""
    return reference.to_float(images)


@to_float.cases
def _(rng):
    tiny = rng.permutation([0, 51, 102, 153, 204, 255])
    yield Case("six bytes, the darkest and the brightest", {"images": _bytes(tiny, (1, 2, 3))})
    images = rng.integers(20, 200, size=(3, 4, 5))
    yield Case("images that are nowhere black or white", {"images": _bytes(images)})
    yield Case("images of other brightness", {"images": _bytes(images // [[[1]], [[3]], [[9]]])})
    yield Case("images in another order in memory", {"images": np.asfortranarray(_bytes(images))})
    yield Case("a black image stays black", {"images": np.zeros((1, 3, 2), dtype=np.uint8)})
    yield Case("an empty batch stays empty", {"images": np.zeros((0, 3, 4), dtype=np.uint8)})


def _bytes(values, shape=None):
    return np.array(values, dtype=np.uint8).reshape(shape or np.shape(values))


for _name, _hint, _wrong in (
    (
        "the values are divided by 256",
        "The brightest byte is 255, and white is to be exactly 1.",
        lambda right, images: right(images) * 255 / 256,
    ),
    (
        "the values stay between 0 and 255",
        "Only the dtype has changed: what does white have to be divided by to be 1?",
        lambda right, images: right(images) * 255,
    ),
    (
        "every value is divided by the largest one there is",
        "A dark image would become bright that way: the largest value a byte can hold counts, "
        "not the largest one in these images.",
        lambda right, images: right(images) / _at_least(right(images).max(initial=0)),
    ),
    (
        "every image is divided by its own largest value",
        "A dark image would become as bright as a bright one: all images share one scale.",
        lambda right, images: (
            right(images) / _at_least(right(images).max(axis=(1, 2), initial=0, keepdims=True))
        ),
    ),
    (
        "the values are stretched from the darkest to the brightest pixel",
        "Nothing is subtracted, and the scale does not depend on the image: byte 51 is 0.2 "
        "everywhere.",
        lambda right, images: _stretched(right(images)),
    ),
    (
        "the values lie between -1 and 1",
        "Black is to be 0; moving the middle to 0 is the job of `normalize`.",
        lambda right, images: 2 * right(images) - 1,
    ),
    (
        "black and white are exchanged",
        "Byte 0 is black, and black stays 0.",
        lambda right, images: 1 - right(images),
    ),
    (
        "the fractions are cut off or rounded",
        "// divides whole numbers and drops the rest; so does a cast back to integers.",
        lambda right, images: np.floor(right(images)),
    ),
    (
        "the bytes were multiplied before they became float",
        "A byte holds nothing beyond 255 and starts again at 0: change the dtype first.",
        lambda right, images: (images * np.uint8(2)) / 510,
    ),
):
    to_float.mistake(_name, hint=_hint)(_wrong)


def _at_least(value):
    return np.where(value > 0, value, 1)


def _stretched(values):
    low, high = values.min(initial=1), values.max(initial=0)
    return (values - low) / _at_least(high - low)


@exercise("01_arrays", section="02_images#arrays-values", outputs={"mean": "C", "std": "C"})
def channel_statistics(x):
    """Measure mean and standard deviation of every channel, over images and pixels."""
    return reference.channel_statistics(x)


@channel_statistics.cases
def _(rng):
    digits = rng.permutation(np.arange(1.0, 9.0))
    yield Case("two images, one channel, four pixels each", {"x": digits.reshape(2, 1, 2, 2)})
    N, C = rng.permutation([2, 4])
    levels = np.arange(1.0, C + 1).reshape(-1, 1, 1)
    x = rng.normal(size=(N, C, 5, 3)) * levels + levels**2
    yield Case("several channels, each of its own brightness", {"x": x})
    yield Case("images stored channels last", {"x": _channels_last(x)})
    yield Case("images of very different brightness", {"x": x + 9 * rng.normal(size=(N, 1, 1, 1))})
    yield Case("one image", {"x": x[:1, :, :4]})
    yield Case(
        "channels of one value: no deviation", {"x": np.ones((3, 2, 1, 4)) * [[[3]], [[5]]]}
    )


def _channels_last(x):
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)


def _each(change):
    """Make a mistake that changes the answer, given the values channel by channel."""

    def wrong(right, x):
        mean, std = right(x)
        return change(mean, std, x.swapaxes(0, 1).reshape(x.shape[1], -1))

    return wrong


for _name, _hint, _wrong in (
    (
        "the deviation is divided by one value less",
        "ddof=1 estimates the deviation of images never seen; asked for is that of these: divide "
        "by the number of values.",
        _each(lambda mean, std, values: (mean, values.std(axis=1, ddof=1))),
    ),
    (
        "the variance is returned instead of its square root",
        "The deviation has the unit of the values; the variance has its square.",
        _each(lambda mean, std, values: (mean, std**2)),
    ),
    (
        "all channels share one mean and one deviation",
        "Red, green and blue are measured each by itself: over which three axes is the mean "
        "taken?",
        _each(lambda mean, std, values: (0 * mean + values.mean(), 0 * std + values.std())),
    ),
    (
        "the deviations of the images are averaged",
        "All images of a channel are one heap of values: the mean of deviations leaves out how "
        "the images differ.",
        lambda right, x: (right(x)[0], x.std(axis=(2, 3)).mean(axis=0)),
    ),
    (
        "every image has a mean and a deviation of its own",
        "The answer has one number for each channel: the images go into it together.",
        lambda right, x: (x.mean(axis=(1, 2, 3)), x.std(axis=(1, 2, 3))),
    ),
    (
        "the mean is taken over the channels",
        "An axis that is named in mean(axis=...) disappears. The channels are to stay, and all "
        "others to go.",
        lambda right, x: (x.mean(axis=1), x.std(axis=1)),
    ),
    (
        "the images are not averaged over",
        "One number for each channel is asked for, and yours has one for each image, too.",
        lambda right, x: (x.mean(axis=(2, 3)), x.std(axis=(2, 3))),
    ),
    (
        "mean and deviation are exchanged",
        "The mean comes first.",
        lambda right, x: right(x)[::-1],
    ),
    (
        "the mean is not subtracted before squaring",
        "The deviation is measured from the mean, not from 0.",
        _each(lambda mean, std, values: (mean, np.sqrt((values**2).mean(axis=1)))),
    ),
    (
        "distances from the mean are averaged without squaring",
        "The standard deviation is the root of the mean square, not the mean distance.",
        _each(lambda mean, std, values: (mean, np.abs(values - mean[:, None]).mean(axis=1))),
    ),
    (
        "only the first image is measured",
        "The batch has N images: which axis did you leave out?",
        lambda right, x: right(x[:1]),
    ),
):
    channel_statistics.mistake(_name, hint=_hint)(_wrong)


@exercise("01_arrays", section="02_images#arrays-values", outputs={"out": "N C H W"})
def normalize(x, mean, std):
    """Subtract each channel's mean and divide by its standard deviation."""
    return reference.normalize(x, mean, std)


@normalize.cases
def _(rng):
    digits = rng.permutation(np.arange(1.0, 9.0))
    yield Case(
        "one image, two channels, four pixels",
        {
            "x": digits.reshape(1, 2, 2, 2),
            "mean": rng.permutation([2.0, 5.0]),
            "std": rng.permutation([2.0, 4.0]),
        },
    )
    N, C = rng.permutation([2, 4])
    x = rng.normal(size=(N, C, 5, 3))
    mean, std = rng.normal(size=C) + 3, rng.random(size=C) + 0.3
    yield Case("several images and channels", {"x": x, "mean": mean, "std": std})
    yield Case("images stored channels last", {"x": _channels_last(x), "mean": mean, "std": std})
    square = rng.normal(size=(3, 3, 3, 3))
    yield Case(
        "as wide and high as there are channels, where a wrong axis does not show in the shape",
        {"x": square, "mean": rng.normal(size=3), "std": rng.random(size=3) + 0.3},
    )
    yield Case("a single pixel", {"x": x[:, :, :1, :1], "mean": mean, "std": std})
    yield Case("an empty batch stays empty", {"x": x[:0], "mean": mean, "std": std})


def _along(values, x, axis):
    """Lay the values of the channels along another axis, as often as they fit."""
    return np.resize(values, x.shape[axis]).reshape([-1 if a == axis else 1 for a in range(4)])


for _name, _hint, _wrong in (
    (
        "the mean is not subtracted",
        "Afterwards the values lie around 0: what has to go first?",
        lambda right, x, mean, std: right(x, 0 * mean, std),
    ),
    (
        "the values are multiplied by the deviation",
        "Channels that spread wide are to be drawn together: divide.",
        lambda right, x, mean, std: right(x, mean, 1 / std),
    ),
    (
        "the deviation is not divided by",
        "Subtracting moves the values to 0; they still spread as before.",
        lambda right, x, mean, std: right(x, mean, 0 * std + 1),
    ),
    (
        "the mean is subtracted after the division",
        "The mean is measured in the units of x: it has to go before these are changed.",
        lambda right, x, mean, std: right(x, mean * std, std),
    ),
    (
        "only the mean is divided by the deviation",
        "/ binds more tightly than -: what belongs in brackets?",
        lambda right, x, mean, std: right(x, mean / std, 0 * std + 1),
    ),
    (
        "the values are divided by the variance",
        "std is the deviation already: it is not squared.",
        lambda right, x, mean, std: right(x, mean, std**2),
    ),
    (
        "mean and deviation are exchanged",
        "The first of the two is subtracted, the second divides.",
        lambda right, x, mean, std: right(x, std, mean),
    ),
    (
        "the mean is added",
        "Afterwards the values are to lie around 0, not twice as far from it.",
        lambda right, x, mean, std: right(x, -mean, std),
    ),
    (
        "the values of the channels are laid along the width",
        "NumPy lines up axes from the right: (C,) meets W. Which shape has to be given to mean "
        "and std, so that they meet C?",
        lambda right, x, mean, std: (x - _along(mean, x, 3)) / _along(std, x, 3),
    ),
    (
        "the values of the channels are laid along the height",
        "mean[:, None] meets H: how many axes stand behind C?",
        lambda right, x, mean, std: (x - _along(mean, x, 2)) / _along(std, x, 2),
    ),
    (
        "the first channel's numbers serve for all",
        "Every channel has its own mean and its own deviation.",
        lambda right, x, mean, std: right(x, 0 * mean + mean[0], 0 * std + std[0]),
    ),
    (
        "the channels' numbers are averaged",
        "Every channel has its own mean and its own deviation.",
        lambda right, x, mean, std: right(x, 0 * mean + mean.mean(), 0 * std + std.mean()),
    ),
    (
        "the channels take each other's numbers, in reverse order",
        "mean[0] and std[0] belong to x[:, 0].",
        lambda right, x, mean, std: right(x, mean[::-1], std[::-1]),
    ),
    (
        "one mean and one deviation of all values are used",
        "mean and std are given, a pair of numbers for every channel: use these.",
        lambda right, x, mean, std: (
            right(x, 0 * mean + x.mean(), 0 * std + _at_least(x.std()))
            if x.size
            else right(x, mean, std)
        ),
    ),
    (
        "the images' own mean and deviation are used",
        "mean and std are given: they belong to the whole data set, not to these few images.",
        lambda right, x, mean, std: (
            right(x, x.mean(axis=(0, 2, 3)), _at_least(x.std(axis=(0, 2, 3))))
            if x.size
            else right(x, mean, std)
        ),
    ),
):
    normalize.mistake(_name, hint=_hint)(_wrong)
