"""Every bad input gets one clear sentence; every verdict counts right."""

import threading
import time

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import Case, Exercise, find
from cnncourse.checker import judge, verify
from cnncourse.collect import collect
from cnncourse.report import to_html, to_text
from cnncourse.verdict import CaseResult, Verdict

reference.DEVICE  # noqa: B018, torch is imported here, outside any call's time limit
EXERCISE = find("conv2d")
RIGHT = EXERCISE.reference
SEED = "checker"


def wrong(change):
    """A conv2d that computes rightly and then spoils its answer."""

    def conv2d(x, w, b=None, **options):
        return change(RIGHT(x, w, b, **options))

    return conv2d


def raises(error):
    """A conv2d that raises."""

    def conv2d(x, w, b=None, **options):
        raise error

    return conv2d


def unprintable():
    """An exception that cannot even be shown."""

    class HostileError(Exception):
        def __str__(self):
            raise RuntimeError

    return raises(HostileError())


def in_place(x, w, b=None, **options):
    """Doubles its input, then restores nothing."""
    out = RIGHT(x, w, b, **options)
    x *= 2
    return out


def with_nan(out):
    """Puts NaN where there was a number."""
    out[..., -1, -1] = np.nan
    return out


BAD = {
    "no function": (3, "got an int, expected a function"),
    "None": (None, "got None, expected a function"),
    "wrong signature": (lambda x: x, "has the signature <lambda>(x), expected conv2d(x, w,"),
    "not written": (raises(NotImplementedError()), "not written yet"),
    "raises": (raises(ValueError("bad axis")), "raises ValueError: bad axis, in line"),
    "asks to exit": (raises(SystemExit(3)), "raises SystemExit: 3"),
    "unprintable": (unprintable(), "raises HostileError"),
    "returns None": (wrong(lambda out: None), "returned None: is a `return` missing?"),
    "returns a list": (wrong(list), "returned a list, expected a NumPy array"),
    "returns a scalar": (wrong(np.sum), "returned a float64, expected a NumPy array"),
    "returns a subclass": (wrong(np.ma.array), "returned a MaskedArray, expected a NumPy array"),
    "returns objects": (wrong(lambda out: out.astype(object)), "an array of dtype object"),
    "wrong number of axes": (wrong(lambda out: out[0]), "has 3 axes (1, 2, 3), expected 4"),
    "wrong size": (wrong(lambda out: out[..., :-1]), "axis 3 (OW) is"),
    "integers": (wrong(lambda out: out.astype(int)), "whole numbers cannot hold fractions"),
    "complex": (wrong(lambda out: out + 0j), "take the real part"),
    "NaN": (wrong(with_nan), "NaN"),
    "wrong values": (wrong(lambda out: out + 1), "values differ"),
    "in place": (in_place, "changes its input x in place"),
}


@pytest.mark.parametrize(("function", "said"), BAD.values(), ids=BAD)
def test_a_bad_answer_gets_one_clear_sentence(function, said):
    """No traceback, no credit, and the reason."""
    verdict = judge(EXERCISE, function, seed=SEED)

    assert verdict.score == 0.0
    assert said in verdict.first_failure.detail


class Liar:
    """Answers every question about itself, wrongly."""

    def __call__(self, *arguments):
        return None

    def __getattr__(self, name):
        raise SystemExit


class Odd:
    """Its signature is no signature."""

    __signature__ = 3

    def __call__(self, *arguments):
        return None


@pytest.mark.parametrize("function", [Liar(), Odd()], ids=["liar", "odd"])
def test_an_object_that_lies_about_itself_is_an_answer_too(function):
    """Nothing a student writes makes the checker itself fail."""
    assert judge(EXERCISE, function, seed=SEED).score == 0.0


def test_a_bare_except_does_not_swallow_the_time_limit():
    """The alarm rings on until somebody answers."""

    def conv2d(x, w, b=None, **options):
        swallowed = 0
        while swallowed < 2:
            try:
                while True:
                    pass
            except:  # noqa: E722, what a student wrote
                swallowed += 1
        while True:
            pass

    answers = collect(EXERCISE, conv2d, seed=SEED, time_limit=0.05)

    assert answers[0].problem == "takes longer than 0.05 s for one call"


def test_the_students_own_line_is_shown():
    """The line that failed, not one of ours."""

    def conv2d(x, w, b=None, **options):
        return x[10_000]

    (answer, *_) = collect(EXERCISE, conv2d, seed=SEED)

    assert answer.problem.endswith("`return x[10_000]`")


def test_a_call_that_never_ends_is_stopped():
    """Even one that catches every Exception."""

    def conv2d(x, w, b=None, **options):
        while True:
            try:
                time.sleep(60)
            except Exception:
                continue

    start = time.monotonic()
    first, second, *others = collect(EXERCISE, conv2d, seed=SEED, time_limit=0.05)

    assert first.problem == second.problem == "takes longer than 0.05 s for one call"
    assert {a.problem for a in others} == {"not called again: it took too long twice"}
    assert time.monotonic() - start < 5


def test_speed_is_measured_in_processor_time():
    """Waiting for a busy machine is nobody's fault; computing for long is."""
    case = Case("fast enough", {"x": np.ones(3)}, seconds=0.2)
    exercise = Exercise(lambda x: x, "00_none", "page#label", {"out": "N"})
    exercise.cases(lambda rng: iter([case]))

    def waits(x):
        time.sleep(0.4)
        return x

    def computes(x):
        while True:
            pass

    assert collect(exercise, waits, seed=SEED)[0].problem is None
    assert collect(exercise, computes, seed=SEED)[0].problem == (
        "takes longer than 0.2 s for one call"
    )


def test_threads_that_help_cost_no_time():
    """The threads of a matrix product spin while they wait for each other."""
    case = Case("fast enough", {"x": np.ones(3)}, seconds=0.3)
    exercise = Exercise(lambda x: x, "00_none", "page#label", {"out": "N"})
    exercise.cases(lambda rng: iter([case]))

    def spins_elsewhere(x):
        stop = time.monotonic() + 0.8

        def spin():
            while time.monotonic() < stop:
                np.ones((200, 200)) @ np.ones((200, 200))

        thread = threading.Thread(target=spin)
        thread.start()
        thread.join()
        return x

    assert collect(exercise, spins_elsewhere, seed=SEED)[0].problem is None


def test_an_interrupt_by_the_student_is_theirs():
    """Ctrl-C stops the check instead of being judged."""
    with pytest.raises(KeyboardInterrupt):
        collect(EXERCISE, raises(KeyboardInterrupt()), seed=SEED)


def test_each_case_gets_fresh_inputs():
    """A function that spoils its inputs spoils no later case."""

    def conv2d(x, w, b=None, **options):
        out = RIGHT(x, w, b, **options)
        w[...] = 0
        return out

    answers = collect(EXERCISE, conv2d, seed=SEED)

    assert {a.problem for a in answers} == {"changes its input w in place; copy it first"}


def test_an_answer_that_is_reused_for_the_next_is_copied_in_time():
    """Writing into one buffer for all calls is no mistake while the values are right."""
    buffers = {}

    def conv2d(x, w, b=None, **options):
        out = RIGHT(x, w, b, **options)
        buffer = buffers.setdefault(out.shape, np.empty_like(out))
        buffer[...] = out
        return buffer

    assert judge(EXERCISE, conv2d, seed=SEED).passed


def test_single_precision_passes_with_a_remark():
    """Right is right; the remark says what was lost."""
    verdict = judge(EXERCISE, wrong(lambda out: out.astype(np.float32)), seed=SEED)

    assert verdict.passed
    assert "right to single precision" in to_text(verdict)


def test_missing_answers_are_failures():
    """Fewer answers than cases cannot be full marks."""
    verdict = verify(EXERCISE, collect(EXERCISE, RIGHT, seed=SEED)[:2], seed=SEED)

    assert verdict.num_passed == 2
    assert verdict.first_failure.summary == "no answer arrived"


def test_answers_to_other_cases_are_worth_nothing():
    """A table of answers copied from a neighbour fails at the first case."""
    verdict = verify(EXERCISE, collect(EXERCISE, RIGHT, seed="neighbour"), seed=SEED)

    assert verdict.score == 0.0


def test_no_credit_without_the_simplest_case():
    """The other cases are worth their share only on top of it."""
    passed, failed = CaseResult("a", True), CaseResult("b", False)

    assert Verdict("f", "s", (failed, passed, passed)).score == 0.0
    assert Verdict("f", "s", (passed, failed, passed, passed)).score == 0.75
    assert Verdict("f", "s", ()).score == 0.0
    assert Verdict("f", "s", (passed, failed), all_or_nothing=True).score == 0.0
    assert Verdict("f", "s", (passed, passed), all_or_nothing=True).score == 1.0


def test_a_graded_report_shows_no_numbers_of_a_case():
    """The property and the mistake, but neither got nor expected."""
    verdict = judge(EXERCISE, wrong(lambda out: out + 1), seed=SEED)

    assert "expected" in to_text(verdict)
    assert "expected" not in to_html(verdict, points=(0.0, 4.0))


def test_a_report_escapes_what_a_student_wrote():
    """A message is text, never markup."""
    function = raises(ValueError("<script>alert(1)</script>"))

    html = to_html(judge(EXERCISE, function, seed=SEED), points=(0.0, 4.0))

    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_a_truth_value_is_all_or_nothing():
    """Saying False to everything is right now and then, and worth nothing."""
    verdict = judge(find("is_separable"), lambda k: False, seed=SEED)

    assert verdict.num_passed > 0
    assert verdict.score == 0.0


def test_a_mistake_is_named_only_where_it_explains_the_answer():
    """Two mistakes at once: the first failing case gets its name, the others no wrong one."""

    def conv2d(x, w, b=None, *, stride=1, padding=0, **options):
        if padding == 2:
            return RIGHT(x, w, b, stride=stride, **options)
        return RIGHT(x, w[..., ::-1, ::-1], b, stride=stride, padding=padding, **options)

    named = {r.claim: r.mistake for r in judge(EXERCISE, conv2d, seed=SEED).results}

    assert named["one image, one channel, one filter"] == "the kernel is flipped"
    assert named["padding 2"] is None
