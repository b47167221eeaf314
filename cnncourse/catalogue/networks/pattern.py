"""Networks from the pattern that nearly all followed until 2014."""

from cnncourse import reference
from cnncourse.catalogue import Case, exercise
from cnncourse.catalogue.networks import surgery
from cnncourse.catalogue.networks.shared import (
    COUNTS,
    SIZES,
    add,
    add_last_relu,
    add_no_relu,
    ask,
)


@exercise(
    "12_networks",
    section=SIZES,
    outputs={"num_params": "", "out": "N classes"},
    kind=COUNTS,
)
def from_pattern(
    N,
    M,
    K,
    *,
    pool=True,
    in_channels=3,
    image_size=32,
    filters=32,
    units=128,
    num_classes=10,
):
    """Make INPUT -> [[CONV -> RELU]*N -> POOL?]*M -> [FC -> RELU]*K -> FC."""
    return reference.from_pattern(
        N,
        M,
        K,
        pool=pool,
        in_channels=in_channels,
        image_size=image_size,
        filters=filters,
        units=units,
        num_classes=num_classes,
    )


@from_pattern.drive
def _(function, x=None, **sizes):
    return ask(from_pattern, function, x, sizes=sizes)


@from_pattern.cases
def _(rng):
    def case(claim, images, N, M, K, **options):
        channels, side = options.get("in_channels", 3), options.get("image_size", 32)
        x = rng.normal(size=(images, channels, side, side))
        return Case(claim, {"N": N, "M": M, "K": K, **options, "x": x})

    small = {"in_channels": 1, "image_size": 8, "filters": 2, "units": 5, "num_classes": 3}
    yield case("CONV, RELU, POOL, FC", 1, 1, 1, 0, **small)
    yield case("a hidden FC", 2, 1, 1, 1, **small)
    yield case("two CONV in a row", 2, 2, 1, 0, **{**small, "in_channels": 2})
    yield case("the filters double behind each POOL", 2, 1, 3, 0, **small)
    yield case("no POOL: the filters stay", 2, 2, 2, 1, pool=False, **small)
    yield case("several of everything", 2, 2, 3, 2, **{**small, "image_size": 18})
    yield case("no CONV at all: a perceptron", 3, 1, 0, 2, **{**small, "in_channels": 3})
    yield Case("the sizes that nobody named: 545,098 parameters", {"N": 1, "M": 2, "K": 1})


add_no_relu(from_pattern)
add_last_relu(from_pattern)


@from_pattern.mistake(
    "the filters do not double",
    hint="Each POOL quarters the pixels, and the next CONV has twice the filters. Where do yours "
    "change?",
)
def _(right, N, M, K, *, pool=True, filters=32, **options):
    network = right(N, M, K, pool=pool, filters=filters, **options)
    first = [True]

    def narrower(layer):
        before = layer.in_channels if first.pop() else filters
        first.append(False)
        return surgery.changed(layer, in_channels=before, out_channels=filters)

    side = options.get("image_size", 32)
    return surgery.refit(surgery.swap(network, "Conv2d", narrower), side) if M else network


@from_pattern.mistake(
    "the filters double without a POOL, too",
    hint="Only a POOL doubles the filters. What does your loop do where there is none?",
)
def _(right, N, M, K, *, pool=True, image_size=32, **options):
    network = right(N, M, K, pool=True, image_size=image_size, **options)
    if pool or not M:
        return network
    return surgery.refit(_unpooled(network), image_size)


def _unpooled(network):
    from torch import nn

    return nn.Sequential(*(one for one in network if not isinstance(one, nn.MaxPool2d)))


@from_pattern.mistake(
    "there is always a POOL",
    hint="`pool` says whether POOL is there. Who asks it?",
)
def _(right, N, M, K, *, pool=True, **options):
    return right(N, M, K, **options)


@from_pattern.mistake(
    "the letters N and M are exchanged",
    hint="N counts the rounds of the inner bracket, M those of the outer one.",
)
def _(right, N, M, K, **options):
    return right(M, N, K, **options)


@from_pattern.mistake(
    "there is one CONV in each group, whatever N says",
    hint="Inside a group, CONV -> RELU stands N times.",
)
def _(right, N, M, K, **options):
    return right(1, M, K, **options)


@from_pattern.mistake(
    "there is one group, whatever M says",
    hint="The outer bracket stands M times, with its POOL.",
)
def _(right, N, M, K, **options):
    return right(N, min(M, 1), K, **options)


@from_pattern.mistake(
    "the hidden FC are missing",
    hint="Before the last FC, FC -> RELU stands K times.",
)
def _(right, N, M, K, **options):
    return right(N, M, 0, **options)


@from_pattern.mistake(
    "there is one hidden FC too many",
    hint="K hidden FC, and one more for the logits: K + 1 in all.",
)
def _(right, N, M, K, **options):
    return right(N, M, K + 1, **options)


def _relu_kept(network):
    from torch import nn

    layers = list(network)
    flat = next(i for i, one in enumerate(layers) if isinstance(one, nn.Flatten))
    return nn.Sequential(
        *layers[:flat], *(one for one in layers[flat:] if not isinstance(one, nn.ReLU))
    )


add(
    from_pattern,
    "the hidden FC have no RELU",
    "[FC -> RELU]*K: what follows each of your hidden FC?",
    _relu_kept,
)


@from_pattern.mistake(
    "all sizes but the first are left as they are by default",
    hint="The caller chooses `filters`, `units` and `num_classes`. Does each reach its layer?",
)
def _(right, N, M, K, *, pool=True, in_channels=3, image_size=32, **options):
    return right(N, M, K, pool=pool, in_channels=in_channels, image_size=image_size)
