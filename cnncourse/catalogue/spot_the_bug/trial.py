"""A student's test on trial: what right layers and the broken one make of it."""

from functools import cached_property

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Finding

MOST = 2000  # numbers in a test; one that is worked out by hand has a few dozen
SHOWS = 1e-4  # of the largest right number, at least 1: what rounding never reaches
NEAR = 1e-2  # the same: an expected number that far off is no matter of rounding

BAD_TOLERANCE = "the tolerance is not a number from 0 upwards"
UNFIT = "the inputs do not fit the layer"
NOT_FINITE = "there is a NaN or an infinity in the test"
OTHER_SHAPE = "the expected output has not the shape of the layer's output"
COPIED = "the expected output comes from the broken layer"
WRONG = "a number of the expected output is wrong"
ROUNDED = "the expected output is rounded more coarsely than the tolerance allows"
STRICT = "the tolerance leaves no room for rounding"
LOOSE = "the tolerance is larger than the bug"


class Trial:
    """One test, the broken layer it is for, and the right ones it has to spare.

    Parameters
    ----------
    bug : Bug
        What is to be caught.
    outputs : sequence of ndarray
        What the student's function returned: inputs, expected output, tolerance.
    """

    def __init__(self, bug, outputs):
        *inputs, expected, atol = outputs
        self.bug = bug
        self.inputs = [_plain(each) for each in inputs]
        self.expected = np.asarray(expected, dtype=np.float64)
        self.atol = float(atol)

    @cached_property
    def right(self):
        """What right layers answer, by the way they compute; raises if the inputs do not fit."""
        return reference.right_outputs(self.bug.layer, *self.bug.as_torch(*self.inputs))

    @property
    def exact(self):
        """What a right layer answers in float64."""
        return self.right["in float64"]

    @cached_property
    def broken(self):
        """What the broken layer answers; None if it stops with an error."""
        try:
            with np.errstate(all="ignore"):
                return np.asarray(self.bug.broken(*self.inputs), dtype=np.float64)
        except Exception:  # a broken layer may stop in any way, and is caught by that
            return None

    @cached_property
    def scale(self):
        """The largest number of the right output, at least 1."""
        return max(1.0, np.abs(self.exact).max())

    @cached_property
    def shows(self):
        """Whether the broken layer's output differs from the right one."""
        return not _within(self.broken, self.exact, SHOWS * self.scale)

    @cached_property
    def copied(self):
        """Whether the expected output is the broken layer's."""
        if self.broken is None or self.broken.shape != self.expected.shape:
            return False
        if not np.isfinite(self.broken).all():
            return bool(np.isclose(self.broken, self.expected, equal_nan=True).all())
        to_right = np.inf
        if self.expected.shape == self.exact.shape:
            to_right = np.abs(self.expected - self.exact).max()
        return bool(np.abs(self.expected - self.broken).max() < to_right / 10)

    def of_form(self):
        """Look at sizes and shapes, and at numbers that are none."""
        if not (np.isfinite(self.atol) and self.atol >= 0):
            return Finding("atol is not a number from 0 upwards", "", BAD_TOLERANCE)
        if sum(np.size(each) for each in self.inputs) + self.expected.size > MOST:
            return Finding(f"the test has more than {MOST} numbers: a few dozen are enough")
        if not all(np.isfinite(each).all() for each in self.inputs):
            return Finding("an input is not finite", "", NOT_FINITE)
        if why := self._unfit():
            return Finding("the inputs do not fit the layer", why, UNFIT)
        if not np.isfinite(self.exact).all():
            return Finding("a right layer's own output is not finite", "", NOT_FINITE)
        return self._of_expected()

    def _unfit(self):
        """Say in words why the inputs do not fit; None if they do."""
        if not all(np.size(each) for each in self.inputs):
            return "an input is empty"
        if why := self.bug.misfit(*self.inputs):
            return why
        try:
            self.right  # noqa: B018, PyTorch looks at the sizes
        except Exception as error:  # whatever PyTorch makes of odd sizes
            return f"PyTorch says: {str(error).splitlines()[0][:150]}"
        return None

    def _of_expected(self):
        shape, due = self.expected.shape, self.exact.shape
        if shape != due:
            said = f"expected has shape {shape}, these inputs give {due}"
            copied = COPIED if self.copied else OTHER_SHAPE
            return Finding("expected has another shape than the layer's output", said, copied)
        if not np.isfinite(self.expected).all():
            copied = COPIED if self.shows and self.copied else NOT_FINITE
            return Finding("expected is not finite", "", copied)
        return None

    def of_inputs(self):
        """Look whether the inputs bring the bug out."""
        if self.shows:
            return None
        said = "the broken layer gives the right output on these inputs"
        return Finding(said, "", self.bug.blindness(*self.inputs))

    def of_expected(self):
        """Look whether the expected output is right, and not what the broken layer gives."""
        if not self.shows:
            return Finding("it is also what the broken layer gives")
        if self.copied:
            return Finding("expected is what the broken layer gives", "", COPIED)
        off = np.abs(self.expected - self.exact) > NEAR * self.scale
        if not off.any():
            return None
        said = f"{_where(off)} is {self.expected[off][0]:.6g}, which no right layer gives"
        return Finding("a number of expected is wrong", said, WRONG)

    def of_right_layers(self):
        """Look whether the test spares right layers, and could fail at all."""
        for way, out in self.right.items():
            if not _within(out, self.expected, self.atol):
                return self._refused(way, out)
        if _within(np.zeros_like(self.expected), self.expected, self.atol):
            loose = LOOSE if self.shows and np.abs(self.exact).max() > 0 else None
            return Finding("a layer that returns only zeros passes", "", loose)
        return None

    def _refused(self, way, out):
        far = float(np.abs(self.expected - out).max())
        said = f"a right layer that computes {way} is refused"
        detail = f"{said}: it is {far:.2g} away from expected, atol is {self.atol:.2g}"
        return Finding(said, detail, self._why_refused())

    def _why_refused(self):
        off = np.abs(self.expected - self.exact).max()
        if off > NEAR * self.scale:
            return COPIED if self.shows and self.copied else WRONG
        noise = max(np.abs(out - self.exact).max() for out in self.right.values())
        return ROUNDED if off > 3 * noise + 1e-12 * self.scale else STRICT

    def of_broken_layer(self):
        """Look whether the broken layer fails."""
        if not _within(self.broken, self.expected, self.atol):
            return None
        mistake = self.bug.blindness(*self.inputs)
        if self.shows:
            mistake = COPIED if self.copied else LOOSE
        return Finding("the broken layer passes", "", mistake)


def _plain(value):
    """Make a number of an array without axes; floats become float64."""
    if not value.ndim:
        return value.item()
    return value.astype({"f": np.float64, "b": bool}.get(value.dtype.kind, np.int64))


def _within(out, expected, atol):
    """Do what the notebook's run_test does: compare shapes, then numbers."""
    if out is None or out.shape != expected.shape:
        return False
    with np.errstate(all="ignore"):
        return bool((np.abs(out - expected) <= atol).all())


def _where(off):
    index = tuple(int(i) for i in np.argwhere(off)[0])
    return f"expected[{', '.join(map(str, index))}]" if index else "expected"
