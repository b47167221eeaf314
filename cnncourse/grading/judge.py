"""Open the sealed answers of a notebook and judge them. No nbgrader: workers import this.

A notebook is plain JSON here, a dictionary of lists, as nbformat 4 writes it.
"""

import json
from dataclasses import asdict

from cnncourse.catalogue import EXERCISES
from cnncourse.checker import verify
from cnncourse.report import to_html
from cnncourse.seal import MIME, Answer, SealError, open_seal, printable

PREFIX = "check_"  # a test cell's grade_id is this and the exercise's name
VERDICT_MIME = "application/vnd.cnncourse.verdict+json"
SECRET = ("call", "detail", "example")  # these show the numbers of a case


def exercise_of(cell):
    """Find the exercise a test cell checks.

    Returns
    -------
    exercise : Exercise or None
        None if the cell is no sealed test.
    """
    role = cell["metadata"].get("nbgrader", {})
    if cell["cell_type"] != "code" or not role.get("grade") or role.get("solution"):
        return None
    grade_id = role["grade_id"]
    return EXERCISES.get(grade_id.removeprefix(PREFIX)) if grade_id.startswith(PREFIX) else None


def judge_cell(cell, *, seed):
    """Judge the answers in a sealed test cell.

    Parameters
    ----------
    cell : dict
        As it was executed.
    seed : str
        Of the graded cases.

    Returns
    -------
    output : dict or None
        What is to stand under the cell: the points as nbgrader reads them, the report, and
        the verdict; None if the cell is no sealed test.
    """
    verdict = verdict_on(cell, seed=seed)
    if verdict is None:
        return None
    return _output(verdict, float(cell["metadata"]["nbgrader"]["points"]))


def verdict_on(cell, *, seed):
    """Judge the answers in a sealed test cell; returns a `Verdict`, or None if it is none."""
    exercise = exercise_of(cell)
    if exercise is None:
        return None
    return verify(exercise, _answers(cell, exercise), seed=seed)


def own_outputs(cell):
    """Keep of a cell that is no sealed test what the student's code may show.

    A copied test shows answers, and a forged verdict would be counted as ours.

    Parameters
    ----------
    cell : dict
        As it was executed; a cell of code.

    Returns
    -------
    outputs : list of dict
    """
    return [output for output in cell["outputs"] if not {MIME, VERDICT_MIME} & _kinds(output)]


def _kinds(output):
    return set(output.get("data", ()))


def _answers(cell, exercise):
    """Take the answers out of a cell; where there are none, say why."""
    bundles = [
        output["data"][MIME] for output in cell["outputs"] if MIME in output.get("data", {})
    ]
    if not bundles:
        return _no_answers(exercise, _why_none(cell))
    try:
        name, answers = open_seal(bundles[-1])
    except SealError as error:
        return _no_answers(exercise, str(error))
    if name != exercise.name:
        return _no_answers(exercise, f"these are answers to {printable(name, 80)}")
    return answers


def _no_answers(exercise, problem):
    return [Answer(problem=problem)] * len(exercise.draw(seed=""))


def _why_none(cell):
    errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
    if not errors:
        return "no answer arrived: the cell ended before check had called the function"
    said = f"{errors[0].get('ename', '')}: {errors[0].get('evalue', '')}"
    return f"no answer arrived: the cell stopped with {printable(said, 200)}"


def _output(verdict, points):
    reached = round(verdict.score * points, 2)
    return {
        "output_type": "execute_result",
        "execution_count": None,
        "metadata": {},
        "data": {
            "text/plain": repr(reached),  # nbgrader reads the score here
            "text/html": to_html(verdict, points=(reached, points)),
            VERDICT_MIME: _public(verdict),
        },
    }


def _public(verdict):
    """The verdict as JSON, without the numbers of the graded cases."""
    results = [
        {key: value for key, value in asdict(result).items() if key not in SECRET}
        for result in verdict.results
    ]
    return json.loads(json.dumps({"exercise": verdict.exercise, "results": results}))
