"""Mirror images by chance, judged by properties: there are many right ways to draw."""

import copy
import math

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.augment.chance import generator
from cnncourse.catalogue.exercise import Case, Finding, exercise

# A right answer is called wrong less often than once in ten million checks: each of the three
# random cases is judged by seven counts, each of which strays beyond `_margin` less often than
# once in 10^9 by Hoeffding's inequality. tests/test_11_augment.py computes the true share.
_RARE = 1e-9
_MANY = 800  # enough to tell p from 1/2 and from 1 - p; all their pixels go into the answer


@exercise(
    "11_augment",
    section="17_augmentation#augment-flip",
    outputs={"out": "N C H W", "again": "N C H W", "next_batch": "N C H W"},
)
def random_hflip(x, *, p=0.5, rng):
    """Mirror each image with probability p, by one of the many ways to draw."""
    return reference.random_hflip(x, p=p, rng=rng)


@random_hflip.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 17.0)).reshape(2, 2, 2, 2)
    yield Case("p = 1: every image is flipped", {"x": x, "p": 1.0, "rng": generator(rng)})
    x = rng.normal(size=(5, 3, 4, 2))
    yield Case("p = 0: no image is flipped", {"x": x, "p": 0.0, "rng": generator(rng)})
    x = _images(rng, _MANY, 2, 2, 2)
    yield Case(
        "800 images: about half of them, each by a draw of its own",
        {"x": x, "rng": generator(rng)},
    )
    x = _images(rng, _MANY, 2, 2, 2)
    p = float(rng.choice([0.2, 0.8]) + rng.uniform(-0.05, 0.05))
    yield Case("another p: as many as it says", {"x": x, "p": p, "rng": generator(rng)})
    pairs = {"x": _images(rng, _MANY // 2, 2, 2, 2), "in_batches_of": 2, "rng": generator(rng)}
    yield Case("400 images in batches of two: now both, now one, now none", pairs)
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 5, 4)), "rng": generator(rng)})


def _images(rng, N, *shape):
    """Draw images of whole numbers that all differ."""
    pixels = np.tile(np.arange(float(np.prod(shape))), (N, 1))
    return rng.permuted(pixels, axis=1).reshape(N, *shape)


@random_hflip.drive
def _(function, x, rng, p=0.5, in_batches_of=None):
    def flip(x, rng):
        if in_batches_of is None:
            return function(x, p=p, rng=rng)
        batches = np.split(x, len(x) // in_batches_of)
        return np.concatenate([function(batch, p=p, rng=rng) for batch in batches])

    # The same batch with the same dice, and again with what these dice say next.
    twin = copy.deepcopy(rng)
    out = flip(x, rng)
    again = flip(x.copy(order="K"), twin)
    return out, again, flip(x.copy(order="K"), rng)


@random_hflip.judge
def _(arguments, out, again, next_batch):
    x, p = arguments["x"], arguments.get("p", 0.5)
    for batch in (out, again, next_batch):
        if finding := _not_mirrored(x, batch):
            return finding
    flipped, flipped_again, flipped_next = (
        _same(batch, x[..., ::-1]) for batch in (out, again, next_batch)
    )
    if not np.array_equal(flipped, flipped_again):
        return Finding(
            "two generators of one seed give other flips",
            mistake="the dice are not those of `rng`",
        )
    if p in (0, 1) or not len(x):
        return _wrong_certainty(flipped, p)
    if np.array_equal(flipped, flipped_next) and flipped.any() and not flipped.all():
        return Finding(
            "the next batch from the same generator gets the same flips",
            mistake="every batch gets the same flips",
        )
    if arguments.get("in_batches_of") == 2 and (flipped[::2] != flipped[1::2]).all():
        return Finding(
            "of two images exactly one is flipped, every time",
            mistake="the number of flips is fixed, and chance decides only which",
        )
    return _wrong_counts(flipped, flipped_next, p)


def _same(one, other):
    """Tell which images of two batches agree."""
    return np.isclose(one, other, rtol=0, atol=1e-6).all(axis=(1, 2, 3))


def _not_mirrored(x, out):
    """Look for an image that is neither as it was nor mirrored."""
    if out.shape != x.shape:
        return Finding(
            "out has another shape than x", f"out has shape {out.shape}, x has {x.shape}"
        )
    kept, wrong = _same(out, x), ~_same(out, x[..., ::-1])
    wrong &= ~kept
    if not wrong.any():
        return None
    n = int(np.flatnonzero(wrong)[0])
    said = "an image is neither as it was nor mirrored left to right"
    named = [name for name, change in _CHANGES.items() if (kept | _same(out, change(x))).all()]
    return Finding(said, f"{said}: image {n}", *named[:1])


_CHANGES = {
    "rows are reversed instead of columns": lambda x: x[:, :, ::-1],
    "channels are reversed instead of columns": lambda x: x[:, ::-1],
    "rows and columns are both reversed": lambda x: x[:, :, ::-1, ::-1],
}


def _wrong_certainty(flipped, p):
    """Look at the cases in which nothing is left to chance."""
    if p == 1 and not flipped.all():
        return Finding("an image is not flipped although p is 1", mistake=_inverted(~flipped))
    if p == 0 and flipped.any():
        return Finding("an image is flipped although p is 0", mistake=_inverted(flipped))
    return None


def _inverted(wrong):
    return "p is the probability that an image stays as it is" if wrong.all() else None


def _margin(count):
    """Give what a sum of so many yes-or-no draws strays by less often than `_RARE`."""
    return math.sqrt(count * math.log(2 / _RARE) / 2)


def _statistics(flipped, flipped_next, p):
    """List sums of independent yes-or-no draws: (what, sum, how many, probability of a yes)."""
    apart = 2 * p * (1 - p)  # two draws differ that often
    for batch in (flipped, flipped_next):
        yield "number", batch.sum(), len(batch), p
        for start in (0, 1):  # pairs that share no image
            one, other = batch[start:-1:2], batch[start + 1 :: 2]
            yield "neighbours", (one != other).sum(), len(one), apart
    yield "batches", (flipped != flipped_next).sum(), len(flipped), apart


def _wrong_counts(flipped, flipped_next, p):
    for what, total, count, share in _statistics(flipped, flipped_next, p):
        if abs(total - count * share) <= _margin(count):
            continue
        if what == "number":
            return _wrong_number(flipped, p)
        return Finding(
            "whether an image is flipped depends on the one before, or on the batch before",
            mistake="chance decides how many are flipped, but not which",
        )
    return None


def _wrong_number(flipped, p):
    total, count = int(flipped.sum()), len(flipped)
    said = "the number of images flipped does not fit p"
    named = None
    if total in (0, count):
        named = "one draw decides for the whole batch"
    elif p != 0.5 and abs(total - count * (1 - p)) <= _margin(count):
        named = "p is the probability that an image stays as it is"
    elif abs(total - count / 2) <= _margin(count):
        named = "p is always one half"
    return Finding(said, f"{said}: {total} of {count} for p = {p:.3g}", named)


@random_hflip.mistake(
    "one draw decides for the whole batch",
    hint="Every image has a draw of its own: how many numbers do you ask `rng` for?",
)
def _(right, x, *, p=0.5, rng):
    return right(x, p=float(rng.random() < p), rng=rng)


@random_hflip.mistake(
    "the dice are not those of `rng`",
    hint="Two generators that start alike must give the same flips: is there an np.random in "
    "your code where rng should be?",
)
def _(right, x, *, p=0.5, rng):
    return right(x, p=p, rng=np.random.default_rng())


@random_hflip.mistake(
    "every batch gets the same flips",
    hint="A generator seeded inside the function starts afresh at every call. The one that is "
    "passed goes on where it stopped.",
)
def _(right, x, *, p=0.5, rng):
    return right(x, p=p, rng=np.random.default_rng(0))


@random_hflip.mistake(
    "p is the probability that an image stays as it is",
    hint="With p = 0.2 one image in five is flipped: look at the direction of your comparison.",
)
def _(right, x, *, p=0.5, rng):
    return right(x, p=1 - p, rng=rng)


@random_hflip.mistake(
    "p is always one half",
    hint="One half is only what p is when nobody says otherwise.",
)
def _(right, x, *, p=0.5, rng):
    return right(x, p=p if p in (0, 1) else 0.5, rng=rng)


@random_hflip.mistake(
    "chance decides how many are flipped, but not which",
    hint="If the first images of a batch, or every second, are flipped, the numbers fit and the "
    "network still learns the order. Draw for each image by itself.",
)
def _(right, x, *, p=0.5, rng):
    number, first = int(rng.binomial(len(x), p)), int(rng.integers(max(len(x), 1)))
    chosen = np.roll(np.arange(len(x)) < number, first)  # a block of neighbours
    return np.where(chosen[:, None, None, None], right(x, p=1, rng=rng), x)


@random_hflip.mistake(
    "the number of flips is fixed, and chance decides only which",
    hint="Of two images, both may be flipped, or none: the draw for one knows nothing of the "
    "draw for the other.",
)
def _(right, x, *, p=0.5, rng):
    chosen = rng.permutation(len(x)) < round(p * len(x))
    return np.where(chosen[:, None, None, None], right(x, p=1, rng=rng), x)


def _add_change_mistake(name, hint, change):
    @random_hflip.mistake(name, hint=hint)
    def _(right, x, *, p=0.5, rng):
        mirrored = _same(right(x, p=p, rng=rng), x[..., ::-1])
        return np.where(mirrored[:, None, None, None], change(x), x)


for _name, _hint in (
    (
        "rows are reversed instead of columns",
        "The images stand on their heads. In (C, H, W), which axis runs from left to right?",
    ),
    (
        "channels are reversed instead of columns",
        "x[n] is (C, H, W): x[n, ::-1] reverses its channels. Which axis runs from left to right?",
    ),
    (
        "rows and columns are both reversed",
        "That is a turn by 180 degrees. A mirror leaves up and down as they are.",
    ),
):
    _add_change_mistake(_name, _hint, _CHANGES[_name])
