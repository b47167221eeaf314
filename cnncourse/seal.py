"""A student's answers as plain bytes: sealed in their process, opened in ours.

Nothing here trusts the sealed text: no pickle, every size and type is looked at before an
array is read.
"""

import base64
import io
import json
import zipfile
from dataclasses import dataclass

import numpy as np

MIME = "application/vnd.cnncourse.answers+json"
MAX_BYTES = 16 * 2**20  # all arrays of one exercise together; the most that is right needs 0.7
MAX_CASES = 1000
MAX_OUTPUTS = 16  # of one call
MAX_TEXT = 500  # characters of a problem's description
_KINDS = "biufc"
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may ask for gigabytes to unpack


class SealError(ValueError):
    """A sealed bundle is damaged, too large or not what `seal` writes."""


@dataclass(frozen=True)
class Answer:
    """What a function gave for one case: arrays, or the reason why there are none.

    Parameters
    ----------
    arrays : tuple of ndarray
        One for each output.
    problem : str or None
        One sentence, if the call gave no usable arrays.
    """

    arrays: tuple = ()
    problem: str | None = None


def seal(exercise, answers):
    """Pack answers into a dictionary of plain text.

    Parameters
    ----------
    exercise : str
        Name of the exercise.
    answers : list of Answer
        One for each case, in the order of the cases.

    Returns
    -------
    bundle : dict
        For JSON; holds the arrays as one base64 npz.
    """
    size = sum(array.nbytes for answer in answers for array in answer.arrays)
    if size > MAX_BYTES:
        answers = [Answer(problem=f"returned {size >> 20} MiB in all")] * len(answers)
    arrays = {
        f"{i}.{j}": array
        for i, answer in enumerate(answers)
        for j, array in enumerate(answer.arrays)
    }
    return {
        "exercise": exercise,
        "cases": [
            {"outputs": len(answer.arrays), "problem": answer.problem} for answer in answers
        ],
        "npz": pack(arrays),
    }


def open_seal(bundle):
    """Unpack what `seal` packed, trusting none of it.

    Parameters
    ----------
    bundle : dict or str
        From a notebook's output; a string is read as JSON.

    Returns
    -------
    exercise : str
    answers : list of Answer

    Raises
    ------
    SealError
        If anything in it is not what `seal` writes.
    """
    try:
        bundle = json.loads(bundle) if isinstance(bundle, str) else bundle
        exercise, cases, npz = bundle["exercise"], bundle["cases"], bundle["npz"]
        if not isinstance(exercise, str) or len(cases) > MAX_CASES:
            raise SealError("the sealed answers are too many or carry no name")
        arrays = unpack(npz)
        return exercise, [_answer(arrays, i, case) for i, case in enumerate(cases)]
    except SealError:
        raise
    except Exception as error:  # there is no end to what a forged bundle can set off
        raise SealError(f"the sealed answers are damaged: {type(error).__name__}") from error


def pack(arrays):
    """Write arrays as text.

    Parameters
    ----------
    arrays : dict of str to ndarray

    Returns
    -------
    npz : str
        In base64.
    """
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # packing tight would take longer than all the rest
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def unpack(npz):
    """Read what `pack` wrote, trusting none of it; raises whatever damage sets off.

    Parameters
    ----------
    npz : str
        In base64.

    Returns
    -------
    arrays : dict of str to ndarray

    Raises
    ------
    SealError
        If it is too large or holds what `pack` does not write.
    """
    if len(npz) > 2 * MAX_BYTES:
        raise SealError("the sealed arrays are too large")
    return _read_arrays(base64.b64decode(npz, validate=True))


def printable(text, most=MAX_TEXT):
    """Make a line of whatever a student's process said, fit for a page and a terminal.

    Parameters
    ----------
    text : object
    most : int
        Characters to keep.

    Returns
    -------
    line : str
        Without control characters, half surrogate pairs, and marks that turn the direction of
        what follows; a question mark stands for each.

    Examples
    --------
    >>> printable("a\\x1b[2J b")
    'a?[2J b'
    """
    return "".join(c if c.isprintable() else "?" for c in str(text)[:most])


def _answer(arrays, i, case):
    problem = case["problem"]
    if problem is not None:
        return Answer(problem=printable(problem))
    outputs = case["outputs"]
    if not (isinstance(outputs, int) and 0 <= outputs <= MAX_OUTPUTS):
        raise SealError("the sealed answers do not say how many outputs a case has")
    return Answer(tuple(arrays[f"{i}.{j}"] for j in range(outputs)))


def _read_arrays(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if len(members) > MAX_CASES * MAX_OUTPUTS:
            raise SealError(f"the sealed answers hold {len(members)} arrays")
        if any(member.compress_type not in _PACKED for member in members):
            raise SealError("the sealed answers are packed in a way that seal does not use")
        if sum(member.file_size for member in members) > MAX_BYTES:
            raise SealError(f"the sealed answers hold more than {MAX_BYTES >> 20} MiB")
        return {
            member.filename.removesuffix(".npy"): _read_array(archive.read(member))
            for member in members
        }


def _read_array(data):
    buffer = io.BytesIO(data)
    version = np.lib.format.read_magic(buffer)
    if version != (1, 0):
        raise SealError("an array is in a format that seal does not write")
    shape, _, dtype = np.lib.format.read_array_header_1_0(buffer)
    if dtype.kind not in _KINDS or dtype.names:
        raise SealError(f"an array of dtype {dtype} is no answer")
    # A header may promise more than the file holds: compare before numpy allocates.
    if int(np.prod(shape, dtype=object)) * dtype.itemsize != len(data) - buffer.tell():
        raise SealError("an array's shape does not match its bytes")
    buffer.seek(0)
    return _as_usual(np.lib.format.read_array(buffer, allow_pickle=False))


def _as_usual(array):
    """Hold numbers as PyTorch can: in this machine's byte order, no longer than a double."""
    dtype = array.dtype.newbyteorder("=")
    longer = {np.dtype(np.longdouble): np.float64, np.dtype(np.clongdouble): np.complex128}
    with np.errstate(all="ignore"):
        return array.astype(longer.get(dtype, dtype), copy=False)
