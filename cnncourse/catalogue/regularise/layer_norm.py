"""Normalisation of every sample by itself: over a layer, over groups of channels."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.regularise.standardise import (
    add_affine_mistakes,
    add_spread_mistakes,
    draw_affine,
    draw_columns,
)

_SPREAD = "15_normalisation#norm-batch"  # where eps and the divisors are explained
_LAYER, _GROUP = "15_normalisation#norm-layer", "15_normalisation#norm-group"


@exercise("09_regularise", section=_LAYER, outputs={"out": "N C H W"})
def layer_norm(x, weight, bias, *, eps=1e-5):
    """Normalise every sample over its last axes, as PyTorch does."""
    return reference.layer_norm(x, weight, bias, eps=eps)


def _draw_maps(rng, sizes):
    """Draw feature maps; images, channels, rows and columns differ in mean and spread."""
    x = rng.normal(size=sizes)
    for axis in range(4):
        shape = [-1 if i == axis else 1 for i in range(4)]
        x = x * rng.uniform(0.5, 1.5, sizes[axis]).reshape(shape)
        x = x + rng.uniform(-3, 3, sizes[axis]).reshape(shape)
    return x


def _sized(rng, x, num_axes):
    weight, bias = draw_affine(rng, *x.shape[-num_axes:])
    return {"x": x, "weight": weight, "bias": bias}


@layer_norm.cases
def _(rng):
    by_hand = {"weight": np.array([1.0, 2, 3, 4]), "bias": rng.permutation([5.0, 6, 7, 8])}
    column = draw_columns(rng, 1).reshape(1, 1, 1, 4)
    yield Case("one row of four numbers", {"x": column, **by_hand})
    x = _draw_maps(rng, 2 + rng.permutation(4))
    yield Case("each image over channels, rows and columns", _sized(rng, x, 3))
    yield Case("over rows and columns only", _sized(rng, x, 2))
    last = x.transpose(0, 2, 3, 1)
    yield Case("over the last axis only, stored in another order", _sized(rng, last, 1))
    yield Case("eps 0.5", _sized(rng, x, 3) | {"eps": 0.5})
    yield Case("numbers that differ by thousandths", _sized(rng, x / 1000, 3))
    yield Case("an image that is the same everywhere", _sized(rng, np.full_like(x, 3), 3))
    yield Case("an empty batch stays empty", _sized(rng, x[:0], 3))


def _layer_moments(given):
    x, weight = given["x"], given["weight"]
    over = {"axis": tuple(range(-weight.ndim, 0)), "keepdims": True}
    return x.mean(**over), x.std(**over), weight.size


def _add_axes_mistake(name, hint, normalise):
    """Register numbers normalised over other axes; `normalise` has no weights yet."""

    @layer_norm.mistake(name, hint=hint)
    def _(right, x, weight, bias, *, eps=1e-5):
        def plain(array, num_axes):
            shape = array.shape[-num_axes:]
            return right(array, np.ones(shape), np.zeros(shape), eps=eps)

        return (normalise(plain, x, weight.ndim) if x.size else x) * weight + bias


_add_axes_mistake(
    "the mean runs over the batch",
    "Each image is normalised by itself, and would get the same answer alone.",
    lambda plain, x, num_axes: np.moveaxis(plain(np.moveaxis(x, 0, -1), 1), -1, 0),
)
_add_axes_mistake(
    "all images share one mean and one variance",
    "Each image is normalised by itself, and would get the same answer alone.",
    lambda plain, x, num_axes: plain(x, 4),
)
_add_axes_mistake(
    "the mean runs over the last axis only",
    "`weight` says how many of the last axes belong together: as many as it has.",
    lambda plain, x, num_axes: plain(x, 1),
)
_add_axes_mistake(
    "the mean runs over all axes but the first",
    "`weight` says how many of the last axes belong together: as many as it has.",
    lambda plain, x, num_axes: plain(x, 3),
)
_add_axes_mistake(
    "the mean runs over rows and columns",
    "`weight` says how many of the last axes belong together: as many as it has.",
    lambda plain, x, num_axes: plain(x, 2),
)
_add_axes_mistake(
    "the mean runs over all axes that `weight` does not have",
    "The axes of `weight` are the ones over which one normalises.",
    lambda plain, x, num_axes: _over_the_first(plain, x, 4 - num_axes),
)
add_spread_mistakes(layer_norm, _layer_moments, _SPREAD)
add_affine_mistakes(layer_norm, _LAYER)


def _over_the_first(plain, x, num_axes):
    first, last = range(num_axes), range(num_axes, 4)
    turned = plain(x.transpose(*last, *first), num_axes)
    return turned.transpose(*range(4 - num_axes, 4), *range(4 - num_axes))


@exercise("09_regularise", section=_GROUP, outputs={"out": "N C H W"})
def group_norm(x, num_groups, weight, bias, *, eps=1e-5):
    """Normalise groups of neighbouring channels of each image, as PyTorch does."""
    return reference.group_norm(x, num_groups, weight, bias, eps=eps)


@group_norm.cases
def _(rng):
    column = draw_columns(rng, 1).reshape(1, 4, 1, 1)
    by_hand = {"weight": np.array([1.0, 2, 3, 4]), "bias": rng.permutation([5.0, 6, 7, 8])}
    yield Case("four channels of one pixel, one group", {"x": column, "num_groups": 1, **by_hand})
    sizes = rng.permutation([2, 3, 4])
    x = _draw_maps(rng, (sizes[0], 6, *sizes[1:]))
    weight, bias = draw_affine(rng, 6)
    given = {"x": x, "num_groups": 2, "weight": weight, "bias": bias}
    yield Case("six channels in two groups", given)
    yield Case("six channels in three groups", given | {"num_groups": 3})
    yield Case(
        "as many groups as channels: each map by itself",
        given | {"x": np.asfortranarray(x), "num_groups": 6},
    )
    yield Case("a single group", given | {"num_groups": 1})
    yield Case("eps 0.5", given | {"eps": 0.5})
    yield Case("numbers that differ by thousandths", given | {"x": x / 1000})
    yield Case("a group that is the same everywhere", given | {"x": _first_constant(x)})
    yield Case("an empty batch stays empty", given | {"x": x[:0]})


def _first_constant(x):
    constant = x.copy()
    constant[:, :3] = 3
    return constant


def _group_moments(given):
    x, groups = given["x"], given["num_groups"]
    N, C, H, W = x.shape
    count = C // groups * H * W
    grouped = x.reshape(N, groups, count)
    mean, std = (
        np.repeat(moment, C // groups, axis=1)[:, :, None, None]
        for moment in (grouped.mean(axis=2), grouped.std(axis=2))
    )
    return mean, std, count


@group_norm.mistake(
    "every num_groups-th channel falls into one group",
    hint="A group holds neighbours: of six channels in two groups, 0, 1 and 2 belong together.",
)
def _(right, x, num_groups, weight, bias, **options):
    order = np.arange(x.shape[1]).reshape(-1, num_groups).T.ravel()
    out = right(x[:, order], num_groups, weight[order], bias[order], **options)
    return out[:, np.argsort(order)]


@group_norm.mistake(
    "num_groups is taken as the number of channels in a group",
    hint="Six channels with num_groups=2 form two groups of three.",
)
def _(right, x, num_groups, *arrays, **options):
    return right(x, x.shape[1] // num_groups, *arrays, **options)


@group_norm.mistake(
    "each channel is normalised by itself",
    hint="The channels of a group share one mean and one variance.",
)
def _(right, x, num_groups, *arrays, **options):
    return right(x, x.shape[1], *arrays, **options)


@group_norm.mistake(
    "all channels of an image are normalised together",
    hint="Each group has a mean and a variance of its own: where does num_groups come in?",
)
def _(right, x, num_groups, *arrays, **options):
    return right(x, 1, *arrays, **options)


@group_norm.mistake(
    "the mean runs over the batch, too",
    hint="Each image is normalised by itself, and would get the same answer alone.",
)
def _(right, x, num_groups, *arrays, **options):
    N, C, H, W = x.shape
    side_by_side = x.transpose(1, 2, 0, 3).reshape(1, C, H, N * W)
    out = right(side_by_side, num_groups, *arrays, **options)
    return out.reshape(C, H, N, W).transpose(2, 0, 1, 3)


@group_norm.mistake(
    "each pixel is normalised over the channels of its group",
    hint="A group's mean runs over its channels and over all their pixels.",
)
def _(right, x, num_groups, *arrays, **options):
    N, C, H, W = x.shape
    pixels = x.transpose(0, 2, 3, 1).reshape(N * H * W, C, 1, 1)
    return right(pixels, num_groups, *arrays, **options).reshape(N, H, W, C).transpose(0, 3, 1, 2)


add_spread_mistakes(group_norm, _group_moments, _SPREAD)
add_affine_mistakes(group_norm, _GROUP)
