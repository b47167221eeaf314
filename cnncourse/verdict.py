"""What was decided about one exercise; nothing but counting."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CaseResult:
    """What was decided about one case.

    Parameters
    ----------
    claim : str
        The property that was tested.
    passed : bool
    summary : str
        What is wrong, without numbers: fit for a graded case. Empty if nothing is.
    detail : str
        The same with numbers: fit for a practice case.
    call : str
        How the function was called, if that matters.
    example : str
        The whole case in numbers, where it is small enough to do by hand.
    mistake, hint, section : str or None
        The known mistake whose answer this is, what to look at, and where to read on.
    note : str or None
        Something worth telling about a right answer.
    """

    claim: str
    passed: bool
    summary: str = ""
    detail: str = ""
    call: str = ""
    example: str = ""
    mistake: str | None = None
    hint: str | None = None
    section: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Verdict:
    """What was decided about one exercise.

    Parameters
    ----------
    exercise : str
        Its name.
    section : str
        Where the book teaches it.
    results : tuple of CaseResult
        One for each case, the simplest first.
    all_or_nothing : bool
        Whether a share of the cases is worth nothing: half of all yes-or-no questions are
        answered rightly by chance.
    oracle : str or None
        What the answers were compared with; None if their properties were judged.
    """

    exercise: str
    section: str
    results: tuple
    all_or_nothing: bool = False
    oracle: str | None = "PyTorch"

    @property
    def passed(self):
        """Whether every case passed, and there was one."""
        return bool(self.results) and all(result.passed for result in self.results)

    @property
    def num_passed(self):
        """How many cases passed."""
        return sum(result.passed for result in self.results)

    @property
    def score(self):
        """The share of cases passed, in [0, 1]; 0 without the first, simplest one."""
        if not self.results or not self.results[0].passed:
            return 0.0
        if self.all_or_nothing and not self.passed:
            return 0.0
        return self.num_passed / len(self.results)

    @property
    def first_failure(self):
        """The first `CaseResult` that did not pass, or None."""
        return next((result for result in self.results if not result.passed), None)

    @property
    def first_named(self):
        """The first `CaseResult` that a known mistake explains, or None."""
        return next((result for result in self.results if result.mistake), None)
