"""What a run of the grader did: who was graded, who was not, and why."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Failure:
    """A submission that was not graded, and the reason in a line.

    Parameters
    ----------
    student, assignment, reason : str
    fault : bool
        Whether the grader is to blame, and not what was handed in.
    """

    student: str
    assignment: str
    reason: str
    fault: bool = False


@dataclass
class Grading:
    """What a run did.

    Parameters
    ----------
    graded : list of tuple
        Assignment, student and `Record` of what was graded now.
    failures : list of Failure
        What could not be graded, now or when it was last tried, and has not changed.
    num_up_to_date, num_judged_again : int
        Submissions that were left alone, and those whose answers were only judged again.
    seconds : dict of str to float
        ``first`` until the first submission is prepared;
        ``prepare`` and ``write`` in this process; ``run`` and ``judge`` in the workers, all
        together; ``wall``.
    interrupted : bool
    """

    graded: list = field(default_factory=list)
    failures: list = field(default_factory=list)
    num_up_to_date: int = 0
    num_judged_again: int = 0
    seconds: dict = field(
        default_factory=lambda: dict.fromkeys(
            ("first", "prepare", "run", "judge", "write", "wall"), 0.0
        )
    )
    interrupted: bool = False
