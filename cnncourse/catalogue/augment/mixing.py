"""Images and labels blended with others of the batch."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.augment.chance import Scripted, generator
from cnncourse.catalogue.exercise import Case, exercise


def one_hot(rng, N, K):
    """Draw labels of N images and K classes, one-hot, so that neighbours differ."""
    return np.eye(K)[(np.arange(N) + rng.integers(K)) % K]


@exercise(
    "11_augment",
    section="17_augmentation#augment-mixup",
    outputs={"out": "N C H W", "mixed": "N K"},
)
def mixup(x, labels, *, alpha, rng):
    """Blend images and labels; the share is drawn first, then the permutation."""
    return reference.mixup(x, labels, alpha=alpha, rng=rng)


def _telling(N):
    """Ask for a share that is neither near 0 nor near 1/2, and a permutation that moves all."""

    def wanted(draws):
        share, other = draws.beta(1.0, 1.0), draws.permutation(N)
        moved = other != np.arange(N)
        if N > 2:
            moved &= (other[other] != np.arange(N)) & (other != np.arange(N)[::-1]).any()
        return 0.1 < share < 0.35 and moved.all()

    return wanted


def _kept(draws):
    """Ask for a share of the image itself that is above one half."""
    return 0.6 < draws.beta(0.3, 0.3) < 0.9


@mixup.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 9.0)).reshape(2, 1, 2, 2)
    yield Case("two small images, two classes", _question(rng, x, 2, 1.0, _telling(2)))
    N, C = (int(n) for n in rng.permutation([5, 3]))
    x = rng.normal(size=(N, C, 4, 6))
    yield Case("several images and channels", _question(rng, x, 7, 1.0, _telling(N)))
    x = np.asfortranarray(rng.normal(size=(6, 2, 3, 5)))
    yield Case("a small alpha, images stored in another order", _question(rng, x, 4, 0.3, _kept))
    yield Case("a large alpha", _question(rng, x, 4, float(rng.uniform(3, 5))))
    soft = _question(rng, x, 4, 1.0, _telling(6))
    soft["labels"] = rng.dirichlet(np.ones(4), size=6)
    yield Case("labels that are shares already", soft)


def _question(rng, x, K, alpha, wanted=lambda draws: True):
    labels = one_hot(rng, len(x), K)
    return {"x": x, "labels": labels, "alpha": alpha, "rng": generator(rng, wanted)}


def _add_draw_mistake(name, hint, draw):
    """Register a share and a permutation drawn otherwise: `draw` gets rng, alpha and N."""

    @mixup.mistake(name, hint=hint)
    def _(right, x, labels, *, alpha, rng):
        return right(x, labels, alpha=alpha, rng=Scripted(*draw(rng, alpha, len(x))))


for _wrong in (
    (
        "the share belongs to the other image",
        "The number drawn is the share of the image itself; the partner gets the rest.",
        lambda rng, alpha, N: (1 - rng.beta(alpha, alpha), rng.permutation(N)),
    ),
    (
        "the permutation is drawn before the share",
        "As good by chance, but the numbers come in another order: first the share.",
        lambda rng, alpha, N: (rng.permutation(N), rng.beta(alpha, alpha))[::-1],
    ),
    (
        "the share is drawn evenly from 0 to 1",
        "Alpha says how unequal the shares are: rng.beta(alpha, alpha) draws them.",
        lambda rng, alpha, N: (rng.random(), rng.permutation(N)),
    ),
    (
        "the share is always one half",
        "How much of each image is seen is left to chance: rng.beta(alpha, alpha) draws it.",
        lambda rng, alpha, N: (0.5, (rng.beta(alpha, alpha), rng.permutation(N))[1]),
    ),
    (
        "the larger share goes to the image itself",
        "Where the share drawn is below one half, the partner is seen better: leave it so.",
        lambda rng, alpha, N: (max(s := rng.beta(alpha, alpha), 1 - s), rng.permutation(N)),
    ),
    (
        "partners are found by reversing the batch",
        "Who is blended with whom is left to chance: rng.permutation(N) draws it.",
        lambda rng, alpha, N: (rng.beta(alpha, alpha), np.arange(N)[::-1].copy()),
    ),
    (
        "the partner is the image itself",
        "An image blended with itself stays as it is: where does the permutation go?",
        lambda rng, alpha, N: (rng.beta(alpha, alpha), np.arange(N)),
    ),
):
    _add_draw_mistake(*_wrong)


def _add_part_mistake(name, hint, answer):
    """Register images and labels that do not belong together.

    `answer` gets x, labels, and two functions of a share and a permutation that blend them.
    """

    @mixup.mistake(name, hint=hint)
    def _(right, x, labels, *, alpha, rng):
        share, other = rng.beta(alpha, alpha), rng.permutation(len(x))

        def blend(share, other):
            return right(x, labels, alpha=alpha, rng=Scripted(share, other))

        return answer(x, labels, blend, share, other, rng)


for _wrong in (
    (
        "the labels are not blended",
        "A picture that is two fifths cat and three fifths dog has a label that says so.",
        lambda x, labels, blend, share, other, rng: (blend(share, other)[0], labels.copy()),
    ),
    (
        "the images are not blended",
        "The labels are right. Do you return what you blended, or x?",
        lambda x, labels, blend, share, other, rng: (x.copy(), blend(share, other)[1]),
    ),
    (
        "the shares of the labels are exchanged",
        "An image that is seen at 90 % has 90 % of the label: compare your two formulas.",
        lambda x, labels, blend, share, other, rng: (
            blend(share, other)[0],
            blend(1 - share, other)[1],
        ),
    ),
    (
        "images and labels are blended by two different permutations",
        "The label has to come from the same partner as the pixels: permute once, use it twice.",
        lambda x, labels, blend, share, other, rng: (
            blend(share, other)[0],
            blend(share, rng.permutation(len(x)))[1],
        ),
    ),
    (
        "the label is that of the larger share",
        "Keep both classes in the label, each by its share.",
        lambda x, labels, blend, share, other, rng: (
            blend(share, other)[0],
            (labels if share >= 0.5 else labels[other]).copy(),
        ),
    ),
    (
        "images and labels are added up without shares",
        "The shares of an image and its partner make 1 together.",
        lambda x, labels, blend, share, other, rng: tuple(2 * one for one in blend(0.5, other)),
    ),
):
    _add_part_mistake(*_wrong)


@mixup.mistake(
    "every image has a share of its own",
    hint="A fine idea, and not what is asked: one share for the whole batch.",
)
def _(right, x, labels, *, alpha, rng):
    shares, other = rng.beta(alpha, alpha, size=len(x)), rng.permutation(len(x))
    images, mixed = zip(
        *(right(x, labels, alpha=alpha, rng=Scripted(share, other)) for share in shares),
        strict=True,
    )
    each = np.arange(len(x))
    return np.array(images)[each, each], np.array(mixed)[each, each]
