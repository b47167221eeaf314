"""Labels as rows of zeros with a single one."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("01_arrays", section="02_images#arrays-labels", outputs={"out": "N K"}, kind=int)
def one_hot(labels, num_classes):
    """Write every label as a row of zeros with a single one."""
    return reference.one_hot(labels, num_classes)


@one_hot.cases
def _(rng):
    yield Case("three labels, three classes", {"labels": _cycle(rng, 3), "num_classes": 3})
    yield Case(
        "five labels of seven classes, the last of them absent",
        {"labels": rng.permutation(6)[:5], "num_classes": 7},
    )
    yield Case(
        "labels that come more than once",
        {"labels": rng.permutation([0, 2, 2, 4, 4, 4]), "num_classes": 5},
    )
    yield Case("as many labels as classes", {"labels": _cycle(rng, 4), "num_classes": 4})
    yield Case("labels as bytes", {"labels": _cycle(rng, 4).astype(np.uint8), "num_classes": 9})
    yield Case("no labels at all", {"labels": np.zeros(0, dtype=np.int64), "num_classes": 3})


def _cycle(rng, size):
    # Neither of the two is its own inverse, so that rows and columns cannot be confused.
    return np.roll(np.arange(size), rng.choice([1, -1]))


def _rows(change):
    """Make a mistake from a function of labels (N, 1), classes (1, K), and the right answer."""

    def wrong(right, labels, num_classes):
        out = right(labels, num_classes)
        changed = change(labels[:, None].astype(np.int64), np.arange(num_classes), out)
        return np.asarray(changed, dtype=np.int64)

    return wrong


for _name, _hint, _wrong in (
    (
        "classes are counted from 1, and label 0 goes to the last column",
        "Label 0 is a class as well, and its one stands in column 0; an index of -1 is the last.",
        _rows(lambda labels, classes, out: np.roll(out, -1, axis=1)),
    ),
    (
        "rows and columns are exchanged",
        "A row for each label, a column for each class: out.shape is (N, num_classes).",
        _rows(lambda labels, classes, out: out.T),
    ),
    (
        "every row has a one in the column of every label",
        "out[:, labels] means all rows: which row belongs to which label?",
        _rows(lambda labels, classes, out: 0 * out + out.any(axis=0)),
    ),
    (
        "classes are counted from 1",
        "Label 0 is a class as well, and its one stands in column 0.",
        _rows(lambda labels, classes, out: labels == classes + 1),
    ),
    (
        "the label itself is written instead of a one",
        "Whatever the class, the number written is 1.",
        _rows(lambda labels, classes, out: labels * out),
    ),
    (
        "there are only as many columns as the largest label asks for",
        "A class that does not occur in this batch has its column all the same: use num_classes.",
        lambda right, labels, num_classes: right(labels, int(labels.max(initial=0)) + 1),
    ),
    (
        "zeros and ones are exchanged",
        "All is 0 but the place of the label.",
        _rows(lambda labels, classes, out: 1 - out),
    ),
    (
        "the ones go on up to the label",
        "One column is 1, not all of them up to it.",
        _rows(lambda labels, classes, out: classes <= labels),
    ),
    (
        "the columns are counted from the right",
        "Class 0 is the first column, not the last.",
        _rows(lambda labels, classes, out: out[:, ::-1]),
    ),
    (
        "the rows come in the order of their labels",
        "Row n belongs to labels[n]: the labels are not sorted.",
        _rows(lambda labels, classes, out: np.sort(labels, axis=0) == classes),
    ),
    (
        "the ones stand on the diagonal",
        "np.eye has a row for each class: which of them does a label pick?",
        lambda right, labels, num_classes: np.eye(len(labels), num_classes, dtype=np.int64),
    ),
    (
        "only the first label is written",
        "The other rows are all zeros: does `return` stand inside the loop?",
        _rows(lambda labels, classes, out: out * (np.arange(len(out)) == 0)[:, None]),
    ),
):
    one_hot.mistake(_name, hint=_hint)(_wrong)
