"""The images, and the places in them, that excite a map most."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, Unusable, exercise
from cnncourse.catalogue.inside.network import Network, build, conv, in_double, layer
from cnncourse.catalogue.tensors import as_tensors

PLACES = {"indices": "K", "rows": "K", "columns": "K", "values": "K"}


@exercise(
    "14_inside",
    section="28_inside#inside-activating",
    outputs=PLACES,
    kind={"indices": int, "rows": int, "columns": int, "values": float},
)
def maximally_activating(maps_of, images, channel, *, k, batch_size):
    """Find the images that excite a map most, and each one's strongest place."""
    return reference.maximally_activating(maps_of, images, channel, k=k, batch_size=batch_size)


@maximally_activating.drive
def _(function, network, images, channel, k, batch_size):
    model, most = build(network), batch_size

    def maps_of(images):
        if images.ndim != 4:
            raise Unusable(
                f"gives maps_of images of shape {tuple(images.shape)}, not (N, C, H, W)"
            )
        if len(images) > most:
            raise Unusable(f"gives maps_of {len(images)} images at once, batch_size is {most}")
        return model(images).detach()

    with in_double():
        return function(maps_of, as_tensors(images), channel, k=k, batch_size=batch_size)


@maximally_activating.cases
def _(rng):
    rows = rng.permutation(np.arange(1, 13)).reshape(3, 1, 1, 4).astype(float)
    as_they_are = Network(layer("Identity", "same"))
    tiny = {"network": as_they_are, "images": rows, "channel": 0}
    yield Case("three images of one row, all at once", tiny | {"k": 2, "batch_size": 3})
    maps = rng.normal(size=(7, 3, 4, 6))
    given = {"network": as_they_are, "images": maps, "channel": 1, "k": 4}
    yield Case("images that are their own maps", given | {"batch_size": 7})
    yield Case("batches, the last of which is smaller", given | {"batch_size": 3})
    yield Case(
        "only negative values, and one image at a time",
        given | {"images": -1 - np.abs(maps), "channel": 2, "batch_size": 1},
    )
    network = Network(conv(rng, "conv", 2, 5), layer("MaxPool2d", "pool", kernel_size=2))
    images = rng.normal(size=(8, 2, 9, 14))
    filtered = {"network": network, "images": images, "channel": 3, "batch_size": 5}
    yield Case("maps of a convolution and a pooling", filtered | {"k": 3})
    yield Case("more asked for than there are images", filtered | {"k": 20})
    twins = rng.integers(-3, 3, (5, 1, 3, 4)).astype(float)
    for image, largest in zip(twins[:, 0], rng.permutation([3, 3, 3, 4, 4]), strict=True):
        image.flat[rng.choice(image.size, 2, replace=False)] = largest
    equals = {"network": as_they_are, "images": twins, "channel": 0, "k": 5}
    yield Case("equal values: the first counts", equals | {"batch_size": 2})


def _maps(maps_of, images, batch_size):
    import torch

    return torch.cat([maps_of(batch) for batch in images.split(batch_size)])


def _ask(right, maps, channel, k):
    """Put the right question about other maps."""
    return right(lambda images: images, maps, channel, k=k, batch_size=len(maps))


@maximally_activating.mistake(
    "an index counts within its batch",
    hint="The second batch begins at image batch_size, not at image 0. What has to be added?",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    found = right(maps_of, images, channel, k=k, batch_size=batch_size)
    return found[0] % batch_size, *found[1:]


@maximally_activating.mistake(
    "an image may be found more than once",
    hint="Each image gives its strongest place only. Take a maximum for each image first, and "
    "then the best images.",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    maps = _maps(maps_of, images, batch_size)[:, channel]
    N, h, w = maps.shape
    values = maps.flatten()
    order = values.argsort(descending=True, stable=True)[: min(k, N)]
    place = order % (h * w)
    return order // (h * w), place // w, place % w, values[order]


@maximally_activating.mistake(
    "rows and columns have changed places",
    hint="A flat place is row times width plus column. Which part is the quotient?",
)
def _(right, maps_of, images, channel, **options):
    indices, rows, columns, values = right(maps_of, images, channel, **options)
    return indices, columns, rows, values


@maximally_activating.mistake(
    "a flat place is divided by the height of the map",
    hint="Counting along rows, a row is as long as the map is wide.",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    maps = _maps(maps_of, images, batch_size)
    h, w = maps.shape[2:]
    indices, rows, columns, values = _ask(right, maps, channel, k)
    place = rows * w + columns
    return indices, place // h, place % h, values


@maximally_activating.mistake(
    "a flat place is divided by the width of the image, not of the map",
    hint="Behind a pooling or without padding the map is smaller than the image. Whose places "
    "do you count?",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    maps = _maps(maps_of, images, batch_size)
    indices, rows, columns, values = _ask(right, maps, channel, k)
    place = rows * maps.shape[3] + columns
    return indices, place // images.shape[3], place % images.shape[3], values


@maximally_activating.mistake(
    "the weakest images come first",
    hint="Sorting goes upwards unless told otherwise.",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    found = right(maps_of, images, channel, k=len(images), batch_size=batch_size)
    return tuple(one.flip(0)[:k] for one in found)


@maximally_activating.mistake(
    "the right images are found, but the strongest comes last",
    hint="Which of the k comes first? Sorting goes upwards unless told otherwise.",
)
def _(right, maps_of, images, channel, **options):
    return tuple(one.flip(0) for one in right(maps_of, images, channel, **options))


@maximally_activating.mistake(
    "the first k images are returned, in the order of the set",
    hint="All images are looked at, and the strongest are kept.",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    found = right(maps_of, images, channel, k=len(images), batch_size=batch_size)
    order = found[0].argsort()[:k]
    return tuple(one[order] for one in found)


@maximally_activating.mistake(
    "an image's mean over the map decides, not its largest value",
    hint="A map may be silent nearly everywhere and shout in one place; that place is what you "
    "look for.",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    maps = _maps(maps_of, images, batch_size)
    found = _ask(right, maps, channel, len(maps))
    back = found[0].argsort()
    order = maps[:, channel].mean((1, 2)).argsort(descending=True, stable=True)[:k]
    return tuple(one[back][order] for one in found)


@maximally_activating.mistake(
    "the value furthest from 0 is looked for",
    hint="Excited means large as a number: a strong negative answer is none.",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    maps = _maps(maps_of, images, batch_size)
    indices, rows, columns, _ = _ask(right, maps.abs(), channel, k)
    return indices, rows, columns, maps[indices, channel, rows, columns]


@maximally_activating.mistake(
    "values below 0 count as 0",
    hint="With which number does your search begin? The largest value may be negative.",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    return _ask(right, _maps(maps_of, images, batch_size).relu(), channel, k)


@maximally_activating.mistake(
    "all maps are searched, not the one asked about",
    hint="On which axis are the maps, and which of them is channel?",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    maps = _maps(maps_of, images, batch_size).amax(1, keepdim=True)
    return _ask(right, maps, 0, k)


@maximally_activating.mistake(
    "it is always the first map",
    hint="Which map is asked about is given as channel.",
)
def _(right, maps_of, images, channel, **options):
    return right(maps_of, images, 0, **options)


@maximally_activating.mistake(
    "the images that are left over after the last full batch are not looked at",
    hint="Seven images in batches of three leave one over. Does your loop reach it?",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    whole = len(images) // batch_size * batch_size
    return right(maps_of, images[:whole], channel, k=k, batch_size=batch_size)


@maximally_activating.mistake(
    "only the last batch is looked at",
    hint="What a batch gives has to be kept beside what the others gave.",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    last = (len(images) - 1) // batch_size * batch_size
    found = right(maps_of, images[last:], channel, k=k, batch_size=batch_size)
    return found[0] + last, *found[1:]


@maximally_activating.mistake(
    "of equal images the last is found first",
    hint="Of equals the one that comes first in the set comes first: sort with stable=True.",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    maps = _maps(maps_of, images, batch_size)
    indices, *places = _ask(right, maps.flip(0), channel, k)
    return len(maps) - 1 - indices, *places


@maximally_activating.mistake(
    "of equal places the last is found",
    hint="Of equals the place that is read first counts, row by row. max(dim) and argmax give the "
    "first: is something in your code turned round before them, or sorted after?",
)
def _(right, maps_of, images, channel, *, k, batch_size):
    maps = _maps(maps_of, images, batch_size)
    indices, rows, columns, values = _ask(right, maps.flip(2, 3), channel, k)
    return indices, maps.shape[2] - 1 - rows, maps.shape[3] - 1 - columns, values
