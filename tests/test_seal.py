"""Sealed answers survive the way, and nothing else gets in."""

import base64
import io
import json
import pickle
import zipfile

import numpy as np
import pytest

from cnncourse.seal import MAX_BYTES, Answer, SealError, open_seal, seal


def test_answers_come_out_as_they_went_in():
    """Arrays keep shape, dtype and value; problems keep their words."""
    arrays = np.arange(6.0).reshape(2, 3), np.array([True, False])

    name, answers = open_seal(json.dumps(seal("conv2d", [Answer(arrays), Answer(problem="no")])))

    assert name == "conv2d"
    np.testing.assert_array_equal(answers[0].arrays[0], arrays[0])
    assert answers[0].arrays[1].dtype == bool
    assert answers[1] == Answer(problem="no")


def zipped(members, packing=zipfile.ZIP_DEFLATED):
    """Make a bundle whose npz holds the given files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", packing) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    npz = base64.b64encode(buffer.getvalue()).decode()
    return {"exercise": "conv2d", "cases": [{"outputs": 1, "problem": None}], "npz": npz}


def npy(shape, dtype="<f8", body=b""):
    """Write an npy file with a header of our choice."""
    buffer = io.BytesIO()
    header = {"shape": shape, "fortran_order": False, "descr": dtype}
    np.lib.format.write_array_header_1_0(buffer, header)
    return buffer.getvalue() + body


def header(text):
    """Write an npy file whose header is some text."""
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


class Bomb:
    """Leaves a mark if it is ever unpickled."""

    def __reduce__(self):
        return (pytest.fail, ("the pickle was opened",))


HOSTILE = {
    "no dictionary": 3,
    "no JSON": "{",
    "a missing part": {"exercise": "conv2d"},
    "no base64": {"exercise": "conv2d", "cases": [], "npz": "é"},
    "no zip": {"exercise": "conv2d", "cases": [], "npz": "AAAA"},
    "a name that is none": {"exercise": 7, "cases": [], "npz": ""},
    "more outputs than arrays": zipped({"other.npy": npy((0,))}),
    "a pickle": zipped({"0.0.npy": npy((1,), "|O", pickle.dumps([Bomb()]))}),
    "an object array": zipped({"0.0.npy": npy((1,), "|O", b"\0" * 8)}),
    "a header without its bytes": zipped({"0.0.npy": npy((10**9,))}),
    "a huge shape": zipped({"0.0.npy": npy((2**62, 2**62))}),
    "a zip bomb": zipped({"0.0.npy": b"\0" * (MAX_BYTES + 1)}),
    "infinitely many outputs": {**zipped({}), "cases": [{"outputs": 1e999, "problem": None}]},
    "files without number": zipped({str(i): b"" for i in range(16_001)}),
    "a packing that asks for gigabytes": zipped({"0.0.npy": npy((0,))}, zipfile.ZIP_LZMA),
    "an unfinished chain of signs": zipped({"0.0.npy": header("-" * 9000 + "1")}),
    "a shape that is nested too deeply": zipped({"0.0.npy": header("(" * 5000)}),
    "a dtype of arrays": zipped({"0.0.npy": npy((1,), "(2,3)<f8", b"\0" * 48)}),
    "a date": zipped({"0.0.npy": npy((1,), "<M8[s]", b"\0" * 8)}),
    "a shape of zero times a huge number": zipped({"0.0.npy": npy((0, 10**30))}),
    "a header that is no Python": zipped({"0.0.npy": b"\x93NUMPY\x01\x00\x06\x00(((((\n"}),
    "cases that are no list": {**zipped({}), "cases": 5},
}


@pytest.mark.parametrize("bundle", HOSTILE.values(), ids=HOSTILE)
def test_a_damaged_or_hostile_seal_is_refused(bundle):
    """Whatever arrives, the trusted side answers with SealError and runs nothing."""
    with pytest.raises(SealError):
        open_seal(bundle)


def test_numbers_arrive_as_pytorch_can_hold_them():
    """In this machine's byte order, and as doubles at most."""
    arrays = np.array([1, 2], dtype=">i4"), np.array(["1.5", "1e4000"], dtype=np.longdouble)

    _, (answer,) = open_seal(seal("conv2d", [Answer(arrays)]))

    assert [array.dtype.str for array in answer.arrays] == ["<i4", "<f8"]
    np.testing.assert_array_equal(answer.arrays[0], [1, 2])
    np.testing.assert_array_equal(answer.arrays[1], [1.5, np.inf])


@pytest.mark.parametrize("odd", ["\ud800", "\x1b", "\0", "\u202e", "\n", "\u2028", "\x9b"])
def test_what_no_file_page_or_terminal_should_get_is_replaced(odd):
    """Half a surrogate pair cannot be saved; an escape would command the grader's terminal."""
    _, (answer,) = open_seal(seal("conv2d", [Answer(problem=f"größe {odd}[2J")]))

    assert answer.problem == "größe ?[2J"


def test_answers_that_are_too_large_together_are_sealed_as_a_problem():
    """Each array may be small enough, and all of them too much."""
    half = np.zeros(MAX_BYTES // 8 // 2 + 1)

    _, answers = open_seal(seal("conv2d", [Answer((half,)), Answer((half,))]))

    assert [answer.problem for answer in answers] == ["returned 16 MiB in all"] * 2


def test_a_problem_is_cut_to_a_readable_length():
    """A student cannot fill the report with a novel."""
    _, (answer,) = open_seal(seal("conv2d", [Answer(problem="x" * 10_000)]))

    assert len(answer.problem) == 500
