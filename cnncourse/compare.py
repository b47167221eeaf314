"""Two arrays to one sentence about how they differ. All tolerances live here.

The cases are drawn in float64 with values near 1 and at most a few thousand products to a
sum, so any sensible order of summation, FFT and Winograd included, stays within about
1e-12 of the largest value. `TOLERANCE` leaves a factor of a thousand above that. An answer
computed in float32 is off by some 1e-7 of it, a few times more after a long sum: `SINGLE`
lets it pass with a remark.
"""

from typing import NamedTuple

import numpy as np

TOLERANCE = 1e-9  # of the largest expected value, at least 1
SINGLE = 3e-6  # the same, for answers computed in float32
ANY_AXES = "..."

_KIND_NAMES = {"b": "bool", "i": "int", "u": "int", "f": "float", "c": "complex"}


class Difference(NamedTuple):
    """How an answer differs: `summary` without numbers, `detail` with them."""

    summary: str
    detail: str


def close(got, expected, *, tolerance=TOLERANCE):
    """Tell elementwise whether two arrays of one shape agree.

    Parameters
    ----------
    got, expected : ndarray
        Of equal shape.
    tolerance : float
        Allowed deviation, as a share of the largest finite expected value or of 1.

    Returns
    -------
    agrees : ndarray of bool
        NaN agrees with NaN, an infinity with itself.
    """
    limit = _limit(expected, tolerance)
    return np.isclose(got, expected, rtol=0.0, atol=limit, equal_nan=True)


def _limit(expected, tolerance):
    """Tell how far from an answer another may be."""
    with np.errstate(over="ignore"):  # a longdouble may be more than a float can hold
        finite = np.abs(expected[np.isfinite(expected)], dtype=float)
    return tolerance * max(1.0, finite.max(initial=0.0))


def difference(got, expected, *, name="out", axes="", kind=float):
    """Describe the first difference between an answer and the right one.

    Parameters
    ----------
    got, expected : ndarray
    name : str
        What to call the array.
    axes : str
        Names of the expected axes, separated by spaces; ``"..."`` for any number of them.
    kind : type
        `float`, `int` or `bool`: what `got` has to hold.

    Returns
    -------
    difference : Difference or None
        None if they agree.

    Examples
    --------
    >>> difference(np.array([1.0, 2.0]), np.array([1.0, 3.0]), axes="W").detail
    'out[1] is 2, expected 3 (1 of 2 values differ)'
    """
    if got.shape != expected.shape:
        return _shape_difference(
            got.shape, expected.shape, name, axes.replace(ANY_AXES, "").split()
        )
    if wrong := _wrong_dtype(got, name, kind):
        return wrong
    agrees = close(got, expected)
    if agrees.all():
        return None
    return _value_difference(got, expected, agrees, name)


def wrong_form(got, axes, *, name="out", kind=float):
    """Describe what keeps an array from being judged: its number of axes, or its dtype.

    Parameters
    ----------
    got : ndarray
    axes, name, kind
        As in `difference`.

    Returns
    -------
    difference : Difference or None
        None if it can be judged.
    """
    expected = axes.split()
    if got.ndim != len(expected) and axes != ANY_AXES:
        summary = f"{name} has the wrong number of axes"
        detail = f"{name} has {got.ndim} axes {got.shape}, expected {len(expected)}: {axes}"
        return Difference(summary, detail)
    return _wrong_dtype(got, name, kind)


def lost_precision(got, expected):
    """Tell whether an answer is right only to single precision."""
    if got.shape != expected.shape or {got.dtype.kind, expected.dtype.kind} != {"f"}:
        return False
    return bool(close(got, expected, tolerance=SINGLE).all())


def _shape_difference(got, expected, name, axes):
    if not expected:
        said = f"{name} is an array of shape {got}, expected one number"
        return Difference(said, said)
    if len(got) != len(expected):
        summary = f"{name} has the wrong number of axes"
        detail = f"{name} has {len(got)} axes {got}, expected {len(expected)}: {expected}"
        return Difference(summary, detail)
    wrong = [
        (f"axis {i} ({axes[i]})" if i < len(axes) else f"axis {i}", g, e)
        for i, (g, e) in enumerate(zip(got, expected, strict=True))
        if g != e
    ]
    summary = f"{name} has the wrong size along " + ", ".join(axis for axis, _, _ in wrong)
    listed = ", ".join(f"{axis} is {g}, expected {e}" for axis, g, e in wrong)
    return Difference(summary, f"{name} has shape {got}, expected {expected}: {listed}")


def _wrong_dtype(got, name, kind):
    got_kind = _KIND_NAMES.get(got.dtype.kind, str(got.dtype))
    if got_kind == kind.__name__ or (not got.ndim and (kind, got_kind) == (float, "int")):
        return None  # 0 is as good a number as 0.0
    advice = {
        (float, "int"): ": whole numbers cannot hold fractions; make the array of float64",
        (float, "complex"): ": take the real part",
        (int, "float"): ": make the array of int64",
    }
    if not got.ndim and (kind, got_kind) == (int, "float"):
        said = f"{name} is a fraction, expected a whole number: // divides and rounds down"
        return Difference(said, said)
    why = advice.get((kind, got_kind), "")
    summary = f"{name} has dtype {got.dtype}, expected {kind.__name__}{why}"
    return Difference(summary, summary)


def deviation(got, expected):
    """Measure how far an answer is from the right one, in tolerances.

    Parameters
    ----------
    got, expected : ndarray

    Returns
    -------
    deviation : float
        At most 1 if they agree; infinite if shapes or kinds differ, or one is not finite where
        the other is.
    """
    if got.shape != expected.shape or got.dtype.kind != expected.dtype.kind:
        return np.inf
    wrong = ~close(got, expected, tolerance=0.0)
    if not wrong.any():
        return 0.0
    apart = np.abs(np.subtract(got[wrong], expected[wrong], dtype=float))
    worst = apart.max() / _limit(expected, TOLERANCE)
    return float(worst) if np.isfinite(worst) else np.inf


def _value_difference(got, expected, agrees, name):
    index = tuple(int(i) for i in np.argwhere(~agrees)[0])
    where = f"{name}[{', '.join(map(str, index))}]" if index else name
    count = int((~agrees).sum())
    num_nan = int(np.isnan(got).sum()) if got.dtype.kind == "f" else 0
    nan = "some values are NaN" if num_nan and not np.isnan(expected).any() else ""
    tail = f"({count} of {got.size} values differ{'; ' + nan if nan else ''})"
    limit = _limit(expected, TOLERANCE)
    numbers = "{} is {}, expected {}".format(where, *_show(got[index], expected[index], limit))
    if not index:
        tail = ""
    return Difference(nan or f"values of {name} are wrong", f"{numbers} {tail}".strip())


def _show(got, expected, limit):
    """Write two numbers with as many digits as it takes to tell them apart; dust is 0."""
    if not {got.dtype.kind, expected.dtype.kind} <= set("fc"):
        return str(got), str(expected)
    got, expected = (0.0 if abs(value) <= limit else value for value in (got, expected))
    for digits in (6, 9, 17):
        shown = f"{got:.{digits}g}", f"{expected:.{digits}g}"
        if shown[0] != shown[1]:
            break
    return shown
