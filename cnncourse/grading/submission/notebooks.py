"""Find the notebooks of an assignment among the files, under whatever names they came."""

from cnncourse.grading.submission.clean import clean
from cnncourse.grading.submission.files import NOTEBOOK, Rejected, shown


def find_notebooks(submission, expected):
    """Find the notebooks an assignment consists of, under whatever names they came.

    Parameters
    ----------
    submission : Submission
        Remarks are added to it.
    expected : dict of str to set of str
        For each notebook of the assignment, its name and the ids of its graded cells.

    Returns
    -------
    notebooks : dict of str to dict
        Clean notebooks by name, as JSON; those that were not handed in are missing.

    Raises
    ------
    Rejected
        If none can be read, or none is recognised.
    """
    parsed, problems = {}, {}
    for name, data in submission.files.items():
        if name.endswith(NOTEBOOK):
            try:
                parsed[name] = clean(data, remarks := [])
                problems[name] = remarks
            except Rejected as error:
                problems[name] = [str(error)]
    chosen = {name: f"{name}{NOTEBOOK}" for name in expected if f"{name}{NOTEBOOK}" in parsed}
    spare = [file for file in parsed if file not in chosen.values()]
    for name in expected.keys() - chosen.keys():
        file = _most_alike(parsed, spare, expected[name])
        if file is not None:
            chosen[name] = file
            spare.remove(file)
            submission.remarks.append(f"{shown(file)} was taken for {name}{NOTEBOOK}")
    if not chosen:
        raise Rejected(_why_none(submission, expected, parsed, problems))
    for file in chosen.values():
        submission.remarks.extend(problems[file])
    for name in expected.keys() - chosen.keys():
        submission.remarks.append(f"{name}{NOTEBOOK} was not handed in")
    return {name: parsed[file] for name, file in chosen.items()}


def _most_alike(parsed, files, ids):
    """Pick the notebook with the most graded cells of an assignment; a tie is no answer."""
    scores = sorted(((len(ids & _ids(parsed[file])), file) for file in files), reverse=True)
    scores = [(score, file) for score, file in scores if score]
    if not scores or (len(scores) > 1 and scores[0][0] == scores[1][0]):
        return None
    return scores[0][1]


def _ids(notebook):
    roles = (cell["metadata"].get("nbgrader", {}) for cell in notebook["cells"])
    return {role["grade_id"] for role in roles if "grade_id" in role}


def _why_none(submission, expected, parsed, problems):
    wanted = " or ".join(f"{name}{NOTEBOOK}" for name in expected)
    broken = [f"{shown(f)}: {' '.join(problems[f])}" for f in problems if f not in parsed]
    if broken:
        return "; ".join(broken)
    if parsed:
        names = ", ".join(map(shown, parsed))
        return f"{wanted} is missing, and {names} cannot be told to be it"
    return "; ".join([f"{wanted} was not handed in", *submission.remarks])
