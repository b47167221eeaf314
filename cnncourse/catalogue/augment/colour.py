"""Brightness, contrast and saturation, changed by chance."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.augment.chance import Scripted, generator, image_by_image
from cnncourse.catalogue.exercise import Case, exercise

_AMOUNTS = ("brightness", "contrast", "saturation")
_WIDE = 100.0  # as much narrower, colours stay clear of 0 and of 1


@exercise("11_augment", section="17_augmentation#augment-colour", outputs={"out": "N C H W"})
def color_jitter(x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
    """Change brightness, contrast and saturation, with torchvision's formulas."""
    return reference.color_jitter(
        x, brightness=brightness, contrast=contrast, saturation=saturation, rng=rng
    )


@color_jitter.cases
def _(rng):
    x = rng.permutation(np.arange(0.1, 0.65, 0.1)).reshape(1, 3, 1, 2)
    up = generator(rng, lambda draws: 0.6 < draws.random() < 0.8)
    yield Case("brightness alone", {"x": x, "brightness": 0.5, "rng": up})
    N = int(rng.integers(10, 16))
    x = rng.uniform(0.2, 0.7, size=(N, 3, 4, 5))
    yield Case("contrast alone", {"x": x, "contrast": 0.4, "rng": generator(rng)})
    yield Case("saturation alone", {"x": x, "saturation": 0.5, "rng": generator(rng)})
    amounts = dict(zip(_AMOUNTS, rng.permutation([0.2, 0.3, 0.4]).tolist(), strict=True))
    yield Case("all three, nothing to cut off", {"x": x, **amounts, "rng": generator(rng)})
    x = np.asfortranarray(rng.random((N + 4, 3, 5, 4)))
    strong = dict(zip(_AMOUNTS, rng.permutation([0.8, 0.9, 1.0]).tolist(), strict=True))
    yield Case("so strong that colours are cut off", {"x": x, **strong, "rng": generator(rng)})
    yield Case("no amount at all: nothing changes", {"x": x[:3].copy(), "rng": generator(rng)})
    empty = {"x": np.zeros((0, 3, 5, 4)), "contrast": 0.5, "rng": generator(rng)}
    yield Case("an empty batch stays empty", empty)


def _draw(x, amounts, rng):
    return [rng.uniform(1 - amount, 1 + amount, size=len(x)) for amount in amounts]


def _add_draw_mistake(name, hint, draw):
    """Register factors drawn otherwise: `draw` gets rng, the amounts and N."""

    @color_jitter.mistake(name, hint=hint)
    def _(right, x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
        factors = draw(rng, (brightness, contrast, saturation), len(x))
        return right(x, rng=Scripted(*factors))


for _wrong in (
    (
        "all images get the same factors",
        "Every image has factors of its own: how many numbers do you ask `rng` for?",
        lambda rng, amounts, N: [np.full(N, rng.uniform(1 - a, 1 + a)) for a in amounts],
    ),
    (
        "an amount is taken for the factor itself",
        "An amount of 0 changes nothing, and that is a factor of 1: the factor is drawn from "
        "1 - amount to 1 + amount.",
        lambda rng, amounts, N: [np.full(N, a) for a in amounts],
    ),
    (
        "factors are drawn from 1 on",
        "Images may become darker as well: the factor lies between 1 - amount and 1 + amount.",
        lambda rng, amounts, N: [rng.uniform(1, 1 + a, size=N) for a in amounts],
    ),
    (
        "factors are drawn from 0 to the amount",
        "An amount of 0 changes nothing, and that is a factor of 1: the factor is drawn from "
        "1 - amount to 1 + amount.",
        lambda rng, amounts, N: [rng.uniform(0, a, size=N) for a in amounts],
    ),
    (
        "nothing is drawn where an amount is 0",
        "Draw all three sets of factors in any case, so that switching one change off leaves "
        "the others as they were.",
        lambda rng, amounts, N: [
            rng.uniform(1 - a, 1 + a, size=N) if a else np.ones(N) for a in amounts
        ],
    ),
    (
        "a factor weighs what it should leave: contrast and saturation are turned round",
        "With factor 0 a picture is all grey, with factor 1 it is as it was: which of the two "
        "is multiplied by the factor?",
        lambda rng, amounts, N: [
            f if k == 0 else 1 - f
            for k, f in enumerate([rng.uniform(1 - a, 1 + a, size=N) for a in amounts])
        ],
    ),
):
    _add_draw_mistake(*_wrong)


@color_jitter.mistake(
    "the factors are drawn image by image",
    hint="As good by chance, but the numbers come in another order: first the factors of the "
    "brightness for all images, in one call.",
)
def _(right, x, *, rng, **amounts):
    return image_by_image(right, x, rng=rng, **amounts)


def _steps(right, x, factors, *, brighten=None, change_contrast=None, saturate=None, order="bcs"):
    """Go step by step, some of them wrong, as `f(x, factor)` of arrays."""
    f = dict(zip("bcs", factors, strict=True))
    wrong = {"b": brighten, "c": change_contrast, "s": saturate}
    for step in order:
        if wrong[step] is None:
            ones = np.ones(len(x))
            x = right(x, rng=Scripted(*(f[name] if name == step else ones for name in "bcs")))
        else:
            x = np.clip(wrong[step](x, f[step][:, None, None, None]), 0, 1)
    return x


def _about(x, middle, factor):
    return middle + factor * (x - middle)


def _add_step_mistake(name, hint, **steps):
    @color_jitter.mistake(name, hint=hint)
    def _(right, x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
        return _steps(right, x, _draw(x, (brightness, contrast, saturation), rng), **steps)


for _name, _hint, _changes in (
    (
        "the brightness is added instead of multiplied",
        "Half the light makes black stay black: brightness is a factor.",
        {"brighten": lambda x, f: x + f - 1},
    ),
    (
        "the contrast turns about 0.5",
        "Pixels move away from the average grey of their own image, whatever that is.",
        {"change_contrast": lambda x, f: _about(x, 0.5, f)},
    ),
    (
        "the contrast turns about the average grey of the whole batch",
        "Every image has an average of its own: which axes does your mean run over?",
        {
            "change_contrast": lambda x, f: _about(
                x, np.einsum("nchw,c", x, [0.299, 0.587, 0.114]).sum() / max(x[:, 0].size, 1), f
            )
        },
    ),
    (
        "the contrast turns about the average of each channel",
        "All three channels move away from one number, the average grey of their image.",
        {"change_contrast": lambda x, f: _about(x, x.mean(axis=(2, 3), keepdims=True), f)},
    ),
    (
        "the contrast turns about the plain average of all three channels",
        "Grey is not the plain average: green counts for more than blue.",
        {"change_contrast": lambda x, f: _about(x, x.mean(axis=(1, 2, 3), keepdims=True), f)},
    ),
    (
        "the saturation turns about the plain average of the three channels",
        "Grey is not the plain average: green counts for more than blue.",
        {"saturate": lambda x, f: _about(x, x.mean(axis=1, keepdims=True), f)},
    ),
    (
        "grey is the plain average of the three channels",
        "Green looks brighter than blue: grey has the weights 0.299, 0.587 and 0.114.",
        {
            "change_contrast": lambda x, f: _about(x, x.mean(axis=(1, 2, 3), keepdims=True), f),
            "saturate": lambda x, f: _about(x, x.mean(axis=1, keepdims=True), f),
        },
    ),
    (
        "the contrast is changed before the brightness",
        "The two do not commute: brightness comes first.",
        {"order": "cbs"},
    ),
    (
        "the saturation is changed before the contrast",
        "Where colours are cut off, the order tells: saturation comes last.",
        {"order": "bsc"},
    ),
):
    _add_step_mistake(_name, _hint, **_changes)


def _add_stale_mistake(name, hint, stale):
    """Register greys taken too early: `stale` says of which greys, by step."""

    @color_jitter.mistake(name, hint=hint)
    def _(right, x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
        f, ones = _draw(x, (brightness, contrast, saturation), rng), np.ones(len(x))

        def grey(x):
            return right(x, rng=Scripted(ones, ones, 0 * ones))

        def turn(x, middle, factor):
            return np.clip(_about(x, middle, factor[:, None, None, None]), 0, 1)

        brighter = right(x, rng=Scripted(f[0], ones, ones))
        first = grey(x if "c" in stale else brighter)
        second = turn(brighter, first.mean(axis=(1, 2, 3), keepdims=True), f[1])
        return turn(second, first if "s" in stale else grey(second), f[2])


for _name, _hint, _stale in (
    (
        "the saturation takes its greys from before the contrast",
        "The saturation starts from what the contrast has left: when are its greys computed?",
        "s",
    ),
    (
        "all greys are those of the images as they came in",
        "Each step starts from what the one before has left: when are the greys computed?",
        "cs",
    ),
):
    _add_stale_mistake(_name, _hint, _stale)


@color_jitter.mistake(
    "red and blue have each other's weight",
    hint="Channel 0 is red and weighs 0.299, channel 2 is blue and weighs 0.114.",
)
def _(right, x, **options):
    return right(x[:, ::-1], **options)[:, ::-1]


def _uncut(right, x, factors):
    """Ask for colours so close to a middle grey that none is cut off, and spread them again."""
    brighter = x * factors[0][:, None, None, None]
    narrow = 0.5 + (brighter - 0.5) / _WIDE
    return 0.5 + _WIDE * (right(narrow, rng=Scripted(np.ones(len(x)), *factors[1:])) - 0.5)


@color_jitter.mistake(
    "colours are not cut off at 0 and at 1",
    hint="A pixel cannot be whiter than white: after every step, values go back into 0 to 1.",
)
def _(right, x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
    return _uncut(right, x, _draw(x, (brightness, contrast, saturation), rng))


@color_jitter.mistake(
    "colours are cut off at the end only",
    hint="The next step already sees what was cut off: np.clip belongs after each of the three.",
)
def _(right, x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
    return np.clip(_uncut(right, x, _draw(x, (brightness, contrast, saturation), rng)), 0, 1)
