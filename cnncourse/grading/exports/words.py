"""A submission's verdicts in plain words, for platforms that take a text."""

from cnncourse.grading.feedback.page import finding
from cnncourse.grading.graded import notebook_paths, read_notebook, verdicts_in
from cnncourse.grading.judge import PREFIX


def verdicts_of(app, assignment):
    """Read the verdicts of a class.

    Parameters
    ----------
    app : object
        With a ``coursedir``: nbgrader's application or API.
    assignment : str

    Returns
    -------
    verdicts : dict of str to dict
        For each student, the verdicts by notebook and cell; empty without a ``coursedir``.
    """
    coursedir = getattr(app, "coursedir", None)
    if coursedir is None:
        return {}
    return {
        student: {
            (path.stem, cell): verdict
            for path in paths
            for cell, verdict in verdicts_in(read_notebook(path)).items()
        }
        for student, paths in notebook_paths(coursedir, assignment).items()
    }


def name_of(key):
    """Name a graded cell, by notebook and cell, as the student knows it."""
    return key[1].removeprefix(PREFIX)


def explain(verdict):
    """Say of an exercise what its feedback page says, without numbers of the graded cases.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    text : str
    """
    lines = [f"{finding(verdict)}."]
    named = verdict.first_named
    if named:
        lines.append(named.hint)
    lines += [
        f"{'✓' if r.passed else '✗'} {r.claim}{f': {r.summary}' if r.summary else ''}"
        for r in verdict.results
    ]
    return "\n".join(lines)


def feedback_of(submission, verdicts):
    """Write a line for each exercise, and a person's comments.

    Parameters
    ----------
    submission : Submission
    verdicts : dict of tuple of str to Verdict
        By notebook and cell.

    Returns
    -------
    text : str
    """
    order = [key for key in verdicts if key in submission.marks]
    order += [key for key in submission.marks if key not in verdicts]
    lines = []
    for key in order:
        mark, verdict = submission.marks[key], verdicts.get(key)
        said = f": {finding(verdict)}" if verdict else ""
        if verdict and verdict.first_named:
            said += f". {verdict.first_named.hint}"
        lines.append(f"{name_of(key)}, {mark.reached:g} of {mark.possible:g} points{said}")
    lines += [f"{name_of(key)}: {text}" for key, text in submission.comments.items()]
    if submission.penalty:
        lines.append(f"{submission.penalty:g} points taken off: handed in late")
    return "\n".join(lines)
