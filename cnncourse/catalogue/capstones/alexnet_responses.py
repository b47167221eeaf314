"""AlexNet's response normalisation, within one tower and within each of several."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("c2_alexnet", section="15_normalisation#norm-why", outputs={"out": "N C H W"})
def local_response_norm(x, *, size=5, alpha=1e-4, beta=0.75, k=2.0, towers=1):
    """Divide each value by the strength of its neighbours on other maps."""
    return reference.local_response_norm(x, size=size, alpha=alpha, beta=beta, k=k, towers=towers)


@local_response_norm.cases
def _(rng):
    plain = {"size": 3, "alpha": 1.0, "beta": 1.0, "k": 1.0}
    x = rng.permutation([1.0, 2.0, 3.0, 4.0]).reshape(1, 4, 1, 1)
    yield Case("four maps of one pixel, sums of three", {"x": x, **plain})
    x = 3 * rng.normal(size=(2, 7, 3, 5))
    yield Case("several images, sums of five", {"x": x, **plain, "size": 5})
    yield Case("another alpha, beta and k", {"x": x, "alpha": 0.3, "beta": 0.6, "k": 1.7})
    yield Case("the paper's constants, strong responses", {"x": 40 * x})
    yield Case("a sum wider than there are maps", {"x": x[:, :3], **plain, "size": 7})
    towers = rng.normal(size=(2, 8, 3, 4))
    yield Case("two towers, each by itself", {"x": towers, **plain, "towers": 2})
    wide = {"alpha": 0.5, "size": 5, "towers": 3}
    yield Case("three towers of four maps", {"x": 2 * rng.normal(size=(2, 12, 2, 3)), **wide})


def _told(right, x, options, **more):
    return right(x, **{**options, **more})


def _strength(right, x, options):
    """Give what the right answer divides by, before it is raised to beta."""
    safe = np.where(x == 0, 1.0, x)
    ratio = safe / right(safe, **{**options, "beta": 1.0})
    return ratio


def _divided(change):
    """Divide x by what `change` makes of the right divisor."""

    def wrong(right, x, *, beta=0.75, **options):
        return x / change(_strength(right, x, options), x, options) ** beta

    return wrong


def _moved_window(x, size, first, step):
    """Sum squares over `size` maps from `first` maps away on; `step` tells the axis."""
    padded = np.zeros((x.shape[0], x.shape[1] + 2 * size, *x.shape[2:]))
    padded[:, size : size + x.shape[1]] = x**2
    rows = [padded[:, size + first + i :][:, : x.shape[1]] for i in range(step)]
    return sum(rows)


def _around(right, x, options, first, count):
    """Do as the right answer does, with the sum over other neighbours; towers kept apart."""
    towers = options.get("towers", 1)
    apart = x.reshape(-1, x.shape[1] // towers, *x.shape[2:])
    total = _moved_window(apart, options.get("size", 5), first, count)
    return options.get("k", 2.0) + options.get("alpha", 1e-4) * total.reshape(x.shape)


for _name, _hint, _wrong in (
    (
        "the towers see each other",
        "A GPU knows its own maps only: where one tower ends, the sum ends.",
        lambda right, x, **options: _told(right, x, options, towers=1),
    ),
    (
        "alpha is divided by the size",
        "So does PyTorch; the paper multiplies the whole sum by alpha.",
        lambda right, x, **options: _told(
            right, x, options, alpha=options.get("alpha", 1e-4) / options.get("size", 5)
        ),
    ),
    (
        "beta is ignored",
        "The divisor is raised to the power beta.",
        lambda right, x, **options: _told(right, x, options, beta=1.0),
    ),
    (
        "k is left out",
        "k is added to the sum before the power is taken.",
        _divided(lambda d, x, o: np.maximum(d - o.get("k", 2.0), 1e-300)),
    ),
    (
        "the values are added up, not their squares",
        "Strength is a sum of squares: a response of -3 is as strong as one of 3.",
        _divided(
            lambda d, x, o: np.abs(
                o.get("k", 2.0)
                + o.get("alpha", 1e-4) * _plain_sum(x, o.get("size", 5), o.get("towers", 1))
            )
        ),
    ),
    (
        "the map itself is left out of the sum",
        "The sum runs over the map and its neighbours on both sides.",
        _divided(lambda d, x, o: d - o.get("alpha", 1e-4) * x**2),
    ),
    (
        "the sum begins at the map and looks ahead only",
        "The map stands in the middle of its neighbours: half of them come before it.",
        lambda right, x, **options: (
            x / _around(right, x, options, 0, options.get("size", 5)) ** options.get("beta", 0.75)
        ),
    ),
    (
        "the last neighbour is left out",
        "A slice ends before its second number: which map is missing?",
        lambda right, x, **options: (
            x
            / _around(
                right, x, options, -(options.get("size", 5) // 2), options.get("size", 5) - 1
            )
            ** options.get("beta", 0.75)
        ),
    ),
    (
        "neighbours are pixels of the same map",
        "Neighbours are maps, at the same pixel: the sum runs along the axis of channels.",
        lambda right, x, **options: _along_width(right, x, **options),
    ),
    (
        "all maps count as neighbours",
        "Only `size` maps are added up, the map itself in the middle.",
        lambda right, x, **options: _told(right, x, options, size=2 * x.shape[1] + 1),
    ),
    (
        "twice as many neighbours are counted",
        "Of `size` maps in all, half stand on each side.",
        lambda right, x, **options: _told(right, x, options, size=2 * options.get("size", 5) + 1),
    ),
    (
        "x is multiplied instead of divided",
        "Where the neighbours are strong, a response becomes weaker.",
        lambda right, x, *, beta=0.75, **options: right(x, beta=-beta, **options),
    ),
):
    local_response_norm.mistake(_name, hint=_hint)(_wrong)


def _plain_sum(x, size, towers):
    apart = x.reshape(-1, x.shape[1] // towers, *x.shape[2:])
    C, half = apart.shape[1], size // 2
    rows = [apart[:, max(c - half, 0) : c + half + 1].sum(axis=1) for c in range(C)]
    return np.stack(rows, axis=1).reshape(x.shape)


def _along_width(right, x, **options):
    out = right(np.moveaxis(x, 3, 1), **{**options, "towers": 1})
    return np.moveaxis(out, 1, 3)
