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


def zipped(members):
    """Make a bundle whose npz holds the given files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
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
    "a shape of zero times a huge number": zipped({"0.0.npy": npy((0, 10**30))}),
    "a header that is no Python": zipped({"0.0.npy": b"\x93NUMPY\x01\x00\x06\x00(((((\n"}),
    "cases that are no list": {**zipped({}), "cases": 5},
}


@pytest.mark.parametrize("bundle", HOSTILE.values(), ids=HOSTILE)
def test_a_damaged_or_hostile_seal_is_refused(bundle):
    """Whatever arrives, the trusted side answers with SealError and runs nothing."""
    with pytest.raises(SealError):
        open_seal(bundle)


def test_half_a_surrogate_pair_becomes_text_that_can_be_written():
    """A notebook with one in it cannot be saved, and would take the submission with it."""
    _, (answer,) = open_seal(seal("conv2d", [Answer(problem="\ud800")]))

    assert answer.problem.encode("utf-8") == b"?"


def test_answers_that_are_too_large_together_are_sealed_as_a_problem():
    """Each array may be small enough, and all of them too much."""
    half = np.zeros(MAX_BYTES // 8 // 2 + 1)

    _, answers = open_seal(seal("conv2d", [Answer((half,)), Answer((half,))]))

    assert [answer.problem for answer in answers] == ["returned 64 MiB in all"] * 2


def test_a_problem_is_cut_to_a_readable_length():
    """A student cannot fill the report with a novel."""
    _, (answer,) = open_seal(seal("conv2d", [Answer(problem="x" * 10_000)]))

    assert len(answer.problem) == 500
