"""Capstone C1: answers by the nearest drawing, and which digits are misread."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "c1_lenet",
    section="09_fully_connected#fc-linear",
    outputs={"distances": "N K", "answers": "N"},
    kind={"distances": float, "answers": int},
)
def nearest_drawing(x, drawings):
    """Compare features with fixed drawings, as the last layer of LeNet-5 does."""
    return reference.nearest_drawing(x, drawings)


@nearest_drawing.cases
def _(rng):
    def case(claim, N, drawings, strength=1.0):
        x = strength * rng.normal(size=(N, drawings[0].size))
        return Case(claim, {"x": x, "drawings": drawings})

    x = rng.permutation([[2.0, -1.0], [0.0, 1.0], [1.0, 3.0]])
    drawings = np.array([[[1.0, -1.0]], [[1.0, 1.0]]])
    yield Case("three images, two drawings of two pixels", {"x": x, "drawings": drawings})
    yield case("drawings of several rows", 5, _draw(rng, 4, 3, 2))
    yield case("ten drawings of 12 x 7, as in LeNet-5", 6, _draw(rng, 10, 12, 7))
    yield case("features far beyond ink and paper", 4, _draw(rng, 3, 4, 5), 5.0)
    drawings = _draw(rng, 6, 5, 4)
    noisy = drawings[rng.permutation(6)[:4]].reshape(4, -1) + 0.3 * rng.normal(size=(4, 20))
    yield Case("features that are nearly drawings", {"x": noisy, "drawings": drawings})
    level = {"x": np.zeros((2, 12)), "drawings": _draw(rng, 3, 4, 3)}
    yield Case("equally near drawings: the first counts", level)
    yield case("an empty batch", 0, _draw(rng, 3, 2, 4))


def _draw(rng, K, H, W):
    """Draw K pictures of ink (1) and paper (-1), no two alike, more ink at the top."""
    drawings = np.where(rng.random((K, H, W)) < np.linspace(0.8, 0.2, H)[:, None], 1.0, -1.0)
    drawings[:, 0, 0], drawings[:, -1, -1] = 1.0, -1.0
    rows = drawings.reshape(K, -1)
    for k in range(K):  # the number of the drawing in binary, on its own few pixels
        for place in range(int(K - 1).bit_length()):
            rows[k, 1 + place] = 1.0 if k >> place & 1 else -1.0
    return drawings


def _from_distances(change, choose=np.argmin):
    """Change the distances; the answers stay right unless `choose` picks others."""

    def wrong(right, x, drawings):
        distances, answers = right(x, drawings)
        answers = answers if choose is np.argmin else choose(distances)
        return change(distances), answers

    return wrong


def _by_pixel(change):
    """Add up over the pixels what `change` makes of each one's squared difference."""

    def wrong(right, x, drawings):
        rows = drawings.reshape(len(drawings), -1)
        columns = range(rows.shape[1])
        parts = [right(x[:, [p]], rows[:, p].reshape(-1, 1, 1))[0] for p in columns]
        distances = sum(map(change, parts))
        return distances, distances.argmin(axis=1)

    return wrong


def _products(right, x, drawings):
    """Derive the products of features and drawings from three right distances."""
    own = right(x, np.zeros_like(drawings))[0]
    drawn = right(np.zeros((1, x.shape[1])), drawings)[0]
    return (own + drawn - right(x, drawings)[0]) / 2


def _scores(right, x, drawings):
    scores = _products(right, x, drawings)
    return scores, scores.argmax(axis=1)


def _summed_first(right, x, drawings):
    return right(x.sum(axis=1, keepdims=True), drawings.sum(axis=(1, 2), keepdims=True))


def _last_of_equals(right, x, drawings):
    return right(x, drawings)[0], len(drawings) - 1 - right(x, drawings[::-1])[1]


for _name, _hint, _wrong in (
    (
        "the root of the distances is taken",
        "Squared distances are asked for.",
        _from_distances(np.sqrt),
    ),
    (
        "differences are averaged over the pixels",
        "The squares are added up, and nothing divides them.",
        lambda right, x, drawings: (
            right(x, drawings)[0] / drawings[0].size,
            right(x, drawings)[1],
        ),
    ),
    (
        "differences are not squared",
        "A difference of 3 counts nine times as much as one of 1.",
        _by_pixel(np.sqrt),
    ),
    (
        "differences are added up before they are squared",
        "Then ink that is missing here makes good for ink too many there: square each one.",
        _summed_first,
    ),
    (
        "features are multiplied by the drawings, as in a linear layer",
        "This layer subtracts, squares and adds up.",
        _scores,
    ),
    (
        "distances are given with a minus",
        "That makes logits of them; here the distances themselves are asked for.",
        _from_distances(np.negative),
    ),
    (
        "the farthest drawing is chosen",
        "A small distance is a good answer.",
        _from_distances(lambda d: d, lambda d: d.argmax(axis=1)),
    ),
    (
        "of equally near drawings the last is chosen",
        "Of equals the first counts, as `argmin` has it.",
        _last_of_equals,
    ),
    (
        "an image is chosen for each drawing",
        "Each image gets an answer: along which axis do the drawings lie?",
        _from_distances(
            lambda d: d,
            lambda d: d.argmin(axis=0) if len(d) else np.zeros(d.shape[1], np.int64),
        ),
    ),
    (
        "the distances have a row for each drawing",
        "A row for each image, a column for each drawing.",
        _from_distances(np.transpose),
    ),
    (
        "drawings are laid out column by column",
        "The features lie row by row: the second belongs to the first row's second pixel.",
        lambda right, x, drawings: right(x, drawings.transpose(0, 2, 1).reshape(drawings.shape)),
    ),
    (
        "only the distance to the nearest drawing is given",
        "The distances to all drawings are asked for, with the number of the nearest.",
        _from_distances(lambda d: d.min(axis=1)),
    ),
    (
        "the product of features and drawing is subtracted once",
        "Multiply (x - d) ** 2 out: how often does the product occur?",
        lambda right, x, drawings: (
            right(x, drawings)[0] + _products(right, x, drawings),
            (right(x, drawings)[0] + _products(right, x, drawings)).argmin(axis=1),
        ),
    ),
):
    nearest_drawing.mistake(_name, hint=_hint)(_wrong)


@exercise(
    "c1_lenet",
    section="02_images#arrays-labels",
    outputs={"counts": "label answer", "error": "label"},
    kind={"counts": int, "error": float},
)
def errors_by_digit(labels, answers, num_classes):
    """Count which digit was read as which, and the share of each digit that was misread."""
    return reference.errors_by_digit(labels, answers, num_classes)


@errors_by_digit.cases
def _(rng):
    def case(claim, labels, answers, num_classes):
        order = rng.permutation(len(labels))
        labels, answers = (np.array(d, dtype=np.int64)[order] for d in (labels, answers))
        given = {"labels": labels, "answers": answers, "num_classes": num_classes}
        return Case(claim, given)

    yield case("three digits, eight images", [0, 0, 0, 0, 1, 1, 1, 2], [0, 0, 1, 1, 1, 1, 2, 2], 3)
    yield case("ten digits", *_draw_reading(rng, 10), 10)
    yield case("five digits", *_draw_reading(rng, 5), 5)
    digits = np.array([0, 2, 3, 5])
    labels, answers = (digits[drawn] for drawn in _draw_reading(rng, 4))
    yield case("digits of which there are no images", [*labels, 3], [*answers, 1], 7)
    yield case("the same answer to everything", [0] * 3 + [1] * 4 + [2] * 2, [1] * 9, 3)
    yield case("no mistake", *[rng.integers(0, 4, 20)] * 2, 4)
    yield case("no image at all", [], [], 3)


def _draw_reading(rng, num_classes):
    """Draw labels and answers; some mistakes occur more than once, in one direction."""
    a, b, c, *others = rng.permutation(num_classes)
    labels = [a] * 5 + [b] * 2 + [c] * 4
    answers = [a] * 3 + [b] * 2 + [b] * 2 + [c] * 3 + [a]
    for digit in others:
        hits, misses = rng.integers(2, 6), rng.integers(1, 3)
        labels += [digit] * (hits + misses)
        answers += [digit] * hits + [c] * misses
    return np.array(labels), np.array(answers)


def _rows(counts):
    return counts.sum(axis=1)


def _share(wrong, whole):
    """Divide; nothing by nothing is NaN."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return wrong / whole


def _error(change):
    """Answer with other errors, made from the right confusion matrix and errors."""

    def wrong(right, labels, answers, num_classes):
        counts, error = right(labels, answers, num_classes)
        return counts, change(counts, error)

    return wrong


def _each_pair_once(right, labels, answers, num_classes):
    pairs = sorted(set(zip(labels.tolist(), answers.tolist(), strict=True)))
    return right(*np.array(pairs, dtype=np.int64).reshape(-1, 2).T, num_classes)


def _as_many_as_seen(right, labels, answers, num_classes):
    seen = np.concatenate([labels, answers]).max(initial=-1) + 1
    return right(labels, answers, int(seen))


for _name, _hint, _wrong in (
    (
        "a pair of label and answer is counted once, however often it occurs",
        "`counts[labels, answers] += 1` reads all places before it writes any: how can one "
        "place be raised several times?",
        _each_pair_once,
    ),
    (
        "rows and columns are swapped",
        "A row is a digit as it was meant, a column what the network said.",
        lambda right, labels, answers, num_classes: right(answers, labels, num_classes),
    ),
    (
        "errors are divided by how often a digit was answered",
        "Asked for is the share of a digit's own images: they stand in its row.",
        lambda right, labels, answers, num_classes: (
            right(labels, answers, num_classes)[0],
            right(answers, labels, num_classes)[1],
        ),
    ),
    (
        "a digit without images counts as all wrong",
        "Where there was nothing to misread, no mistake was made.",
        _error(lambda counts, error: np.where(_rows(counts) > 0, error, 1.0)),
    ),
    (
        "nothing is divided by nothing",
        "A digit may have no images at all; its error is to be 0.",
        _error(lambda counts, error: np.where(_rows(counts) > 0, error, np.nan)),
    ),
    (
        "the share of right answers is given",
        "The diagonal holds the hits; asked for are the mistakes.",
        _error(lambda counts, error: np.where(_rows(counts) > 0, 1 - error, 0.0)),
    ),
    (
        "mistakes are divided by the number of all images",
        "Each digit's mistakes are a share of its own images.",
        _error(lambda counts, error: _share(error * _rows(counts), max(1, counts.sum()))),
    ),
    (
        "mistakes are counted, not given as a share",
        "Divide the mistakes of a digit by the number of its images.",
        _error(lambda counts, error: _rows(counts) - counts.diagonal()),
    ),
    (
        "errors are in per cent",
        "A share lies between 0 and 1.",
        _error(lambda counts, error: 100 * error),
    ),
    (
        "one error is given for all digits",
        "Each digit has an error of its own.",
        _error(
            lambda counts, error: np.array(
                _share(counts.sum() - counts.trace(), max(1, counts.sum()))
            )
        ),
    ),
    (
        "the hits are left out of the matrix",
        "The matrix counts every answer, the right ones on its diagonal.",
        lambda right, *given: (
            right(*given)[0] - np.diag(right(*given)[0].diagonal()),
            right(*given)[1],
        ),
    ),
    (
        "the matrix holds shares",
        "The matrix counts; the shares are the second output.",
        lambda right, *given: (
            right(*given)[0] / np.maximum(_rows(right(*given)[0]), 1)[:, None],
            right(*given)[1],
        ),
    ),
    (
        "digits are left out that neither labels nor answers hold",
        "`num_classes` says how many rows and columns there are.",
        _as_many_as_seen,
    ),
):
    errors_by_digit.mistake(_name, hint=_hint)(_wrong)
