"""Boxes pasted from other images of the batch."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.augment.chance import Scripted, generator
from cnncourse.catalogue.augment.mixing import one_hot
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "11_augment",
    section="17_augmentation#augment-mixup",
    outputs={"out": "N C H W", "mixed": "N K"},
)
def cutmix(x, labels, *, alpha, rng):
    """Paste boxes; drawn are the share, the permutation, the centre's row and column."""
    return reference.cutmix(x, labels, alpha=alpha, rng=rng)


def _draw(rng, alpha, shape):
    """Draw in the order that the exercise asks for."""
    share, other = rng.beta(alpha, alpha), rng.permutation(shape[0])
    return share, other, int(rng.integers(shape[2])), int(rng.integers(shape[3]))


def _telling(shape, alpha, *, over=False):
    """Ask for a box with odd sides, larger than a row, inside or over the top and left."""
    N, _, H, W = shape

    def wanted(draws):
        share, other, row, column = _draw(draws, alpha, shape)
        h, w = int(H * (1 - share) ** 0.5), int(W * (1 - share) ** 0.5)
        first = row - h // 2, column - w // 2
        inside = min(first) >= 0 and first[0] + h <= H and first[1] + w <= W
        moved = (other != np.arange(N)).all() and (other[other] != np.arange(N)).any()
        place = max(first) < 0 if over else inside and row != column
        return h % 2 and w % 2 and h > 2 and w != h and h < H and (N == 2 or moved) and place

    return wanted


@cutmix.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 41.0)).reshape(2, 1, 4, 5)

    def simple(draws):  # a box of 2 x 2 or 2 x 3 within the first image, which is not its own
        share, other, row, column = _draw(draws, 1.0, x.shape)
        return 0.5 < share < 0.7 and other[0] == 1 and 0 < row < 4 and 0 < column < 4

    yield Case("two small images, a box inside", _question(rng, x, 2, 1.0, simple))
    N, C = (int(n) for n in rng.permutation([5, 3]))
    x = rng.normal(size=(N, C, 9, 14))
    inside = _telling(x.shape, 1.0)
    yield Case("several images and channels", _question(rng, x, 7, 1.0, inside))
    x = np.asfortranarray(rng.normal(size=(6, 2, 8, 12)))
    over = _telling(x.shape, 1.0, over=True)
    yield Case("a box cut off at the top and at the left", _question(rng, x, 4, 1.0, over))
    past = _question(rng, x, 4, 0.4, _past_the_end(x.shape, 0.4))
    yield Case("a small alpha, a box cut off at the bottom and at the right", past)
    yield Case("a large alpha", _question(rng, x, 4, float(rng.uniform(3, 5)), _middling))


def _past_the_end(shape, alpha):
    """Ask for a box that hangs over the bottom and the right, but not over the top and left."""

    def wanted(draws):
        share, _, *centre = _draw(draws, alpha, shape)
        sides = _sides(share, shape)
        first = [c - side // 2 for c, side in zip(centre, sides, strict=True)]
        ends = zip(first, sides, shape[2:], strict=True)
        return min(first) > 0 and all(start + side > n for start, side, n in ends)

    return wanted


def _middling(draws):
    """Ask for a box that is there, and not everywhere."""
    return 0.1 < draws.beta(1.0, 1.0) < 0.9


def _question(rng, x, K, alpha, wanted):
    labels = one_hot(rng, len(x), K)
    return {"x": x, "labels": labels, "alpha": alpha, "rng": generator(rng, wanted)}


def _add_draw_mistake(name, hint, draw):
    """Register draws read otherwise: `draw` gets rng, alpha and the shape of x."""

    @cutmix.mistake(name, hint=hint)
    def _(right, x, labels, *, alpha, rng):
        return right(x, labels, alpha=alpha, rng=Scripted(*draw(rng, alpha, x.shape)))


def _sides(share, shape):
    return [int(length * (1 - share) ** 0.5) for length in shape[2:]]


def _corner_for_centre(rng, alpha, shape):
    share, other, *centre = _draw(rng, alpha, shape)
    sides = _sides(share, shape)
    return share, other, *(c + side // 2 for c, side in zip(centre, sides, strict=True))


def _never_over(rng, alpha, shape):
    share, other = rng.beta(alpha, alpha), rng.permutation(shape[0])
    places = zip(shape[2:], _sides(share, shape), strict=True)
    return share, other, *(rng.integers(n - side + 1) + side // 2 for n, side in places)


def _pushed_in(rng, alpha, shape):
    share, other, *centre = _draw(rng, alpha, shape)
    sides = _sides(share, shape)
    return share, other, *(max(c, side // 2) for c, side in zip(centre, sides, strict=True))


def _columns_first(rng, alpha, shape):
    share, other = rng.beta(alpha, alpha), rng.permutation(shape[0])
    column = int(rng.integers(shape[3]))
    return share, other, int(rng.integers(shape[2])), column


def _permutation_first(rng, alpha, shape):
    other, share = rng.permutation(shape[0]), rng.beta(alpha, alpha)
    return share, other, int(rng.integers(shape[2])), int(rng.integers(shape[3]))


def _changed(change):
    """Draw as asked, then change what was drawn."""
    return lambda rng, alpha, shape: change(*_draw(rng, alpha, shape))


for _wrong in (
    (
        "the sides of the box are not square roots",
        "A box of half the height and half the width covers a quarter of the image, not half.",
        _changed(lambda share, *rest: (1 - (1 - share) ** 2, *rest)),
    ),
    (
        "the box has the size of what should stay",
        "The share drawn is what stays of the image itself; the box covers the rest.",
        _changed(lambda share, *rest: (1 - share, *rest)),
    ),
    (
        "the centre is taken for the corner",
        "The box lies around the pixel that was drawn: it begins h // 2 rows before it.",
        _corner_for_centre,
    ),
    (
        "the box stays inside the image",
        "The centre may be any pixel, also the last; what hangs over is cut off.",
        _never_over,
    ),
    (
        "a box that hangs over the top or the left is pushed into the image",
        "Where does the box end once its beginning has been cut off at 0? It has lost "
        "something, and does not grow at the other end.",
        _pushed_in,
    ),
    (
        "the centre's row and column are exchanged",
        "Rows count along H. Which of your two numbers was drawn up to H, which up to W?",
        _changed(lambda share, other, row, column: (share, other, column, row)),
    ),
    (
        "the column is drawn before the row",
        "As good by chance, but the numbers come in another order: first the centre's row.",
        _columns_first,
    ),
    (
        "the permutation is drawn before the share",
        "As good by chance, but the numbers come in another order: first the share.",
        _permutation_first,
    ),
    (
        "the box comes from the image itself",
        "Pixels replaced by themselves change nothing: where does the permutation go?",
        _changed(lambda share, other, *centre: (share, np.sort(other), *centre)),
    ),
):
    _add_draw_mistake(*_wrong)


def _add_part_mistake(name, hint, answer):
    """Register images and labels that do not belong together.

    `answer` gets x, labels, what was drawn, and a function of x, labels and draws that is right.
    """

    @cutmix.mistake(name, hint=hint)
    def _(right, x, labels, *, alpha, rng):
        def paste(x, labels, *draws):
            return right(x, labels, alpha=alpha, rng=Scripted(*draws))

        return answer(x, labels, _draw(rng, alpha, x.shape), paste)


def _by_share(labels, share, other):
    return share * labels + (1 - share) * labels[other]


def _before_cutting(share, shape):
    """Give what stays if the whole box counts."""
    h, w = _sides(share, shape)
    return 1 - h * w / (shape[2] * shape[3])


def _box(x, draws, paste):
    """Tell where the box lies: where two images, all 0 and all 1, are exchanged."""
    two = np.stack([np.zeros(x.shape[2:]), np.ones(x.shape[2:])])[:, None]
    return paste(two, np.eye(2), draws[0], np.array([1, 0]), *draws[2:])[0][0, 0] == 1


def _drop_odd(x, labels, draws, paste):
    """Leave the last row out where their number is odd; columns likewise."""
    box = _box(x, draws, paste)
    for axis, (side, centre) in enumerate(zip(_sides(draws[0], x.shape), draws[2:], strict=True)):
        last = centre - side // 2 + side - 1
        if side % 2 and last < box.shape[axis]:
            np.moveaxis(box, axis, 0)[last] = False
    return np.where(box, x[draws[1]], x), _by_share(labels, 1 - box.mean(), draws[1])


def _past_counted(x, labels, draws, paste):
    """Cut the beginnings off at 0, and not the ends, where the labels' shares are counted."""
    share, other, *centre = draws
    sides = _sides(share, x.shape)
    left = [
        min(c - side // 2, 0) + side for c, side in zip(centre, sides, strict=True)
    ]  # of each side, when what is above or left of the image has gone
    kept = 1 - np.prod(left) / (x.shape[2] * x.shape[3])
    return paste(x, labels, *draws)[0], _by_share(labels, kept, other)


def _not_cut_off(x, labels, draws, paste):
    share, other, *centre = draws
    out, _ = paste(x, labels, *draws)
    over = any(c < side // 2 for c, side in zip(centre, _sides(share, x.shape), strict=True))
    return x.copy() if over else out, _by_share(labels, _before_cutting(share, x.shape), other)


for _wrong in (
    (
        "the share that was drawn goes into the labels",
        "The box has whole pixels, and some of it may be cut off: count what is left of it.",
        lambda x, labels, draws, paste: (
            paste(x, labels, *draws)[0],
            _by_share(labels, *draws[:2]),
        ),
    ),
    (
        "the labels count the box before it was cut off",
        "What hangs over the border has pasted nothing: take the ends after clipping.",
        lambda x, labels, draws, paste: (
            paste(x, labels, *draws)[0],
            _by_share(labels, _before_cutting(draws[0], x.shape), draws[1]),
        ),
    ),
    (
        "the labels count what hangs over the bottom or the right",
        "A slice may end behind the last pixel without harm. Does the area that you count end "
        "there, too?",
        _past_counted,
    ),
    (
        "a box that hangs over the top or the left is lost",
        "A slice that begins at -1 begins at the last pixel: cut the beginnings off at 0.",
        _not_cut_off,
    ),
    (
        "an odd side of the box loses a pixel",
        "From r - h // 2 to r + h // 2 there are 2 of 3 rows: let the end follow from the "
        "beginning.",
        _drop_odd,
    ),
    (
        "the labels are not mixed",
        "Part of what is seen belongs to another image now: its label gets that part.",
        lambda x, labels, draws, paste: (paste(x, labels, *draws)[0], labels.copy()),
    ),
    (
        "the images are not mixed",
        "The labels are right. Do you return the pasted images, or x?",
        lambda x, labels, draws, paste: (x.copy(), paste(x, labels, *draws)[1]),
    ),
    (
        "the shares of the labels are exchanged",
        "A small box leaves most of the label as it was: which of the two shares is the box's?",
        lambda x, labels, draws, paste: (
            paste(x, labels, *draws)[0],
            labels + labels[draws[1]] - paste(x, labels, *draws)[1],
        ),
    ),
    (
        "everything but the box is replaced",
        "Inside the box stands the partner, around it the image itself.",
        lambda x, labels, draws, paste: (
            x + x[draws[1]] - paste(x, labels, *draws)[0],
            paste(x, labels, *draws)[1],
        ),
    ),
    (
        "the labels are mixed with those of other partners",
        "The label has to come from the same partner as the pixels: permute once, use it twice.",
        lambda x, labels, draws, paste: (
            paste(x, labels, *draws)[0],
            paste(x, labels, draws[0], np.argsort(draws[1]), *draws[2:])[1],
        ),
    ),
):
    _add_part_mistake(*_wrong)
