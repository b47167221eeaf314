"""Open the sealed answers of a notebook and judge them. No nbgrader: workers import this.

A notebook is plain JSON here, a dictionary of lists, as nbformat 4 writes it.
"""

import json
import re
from dataclasses import asdict

from cnncourse.catalogue import EXERCISES
from cnncourse.checker import verify
from cnncourse.notebook import PICTURES
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


def packages_of(cells):
    """Say what a notebook may import beside NumPy and Matplotlib.

    Parameters
    ----------
    cells : list of dict
        Of a sanitised notebook: which exercises it tests is what the source says.

    Returns
    -------
    packages : tuple of str
        What its exercises allow.
    """
    exercises = filter(None, map(exercise_of, cells))
    return tuple(sorted({name for one in exercises for name in one.packages}))


def judge_cell(cell, *, seed, before=()):
    """Judge the answers in a sealed test cell.

    Parameters
    ----------
    cell : dict
        As it was executed.
    seed : str
        Of the graded cases.
    before : list of dict
        The cells above it: an error there may be why no answer arrived.

    Returns
    -------
    output : dict or None
        What is to stand under the cell: the points as nbgrader reads them, the report, and
        the verdict; None if the cell is no sealed test.
    """
    verdict = verdict_on(cell, seed=seed, before=before)
    if verdict is None:
        return None
    return _output(verdict, float(cell["metadata"]["nbgrader"]["points"]))


def verdict_on(cell, *, seed, before=()):
    """Judge the answers in a sealed test cell; returns a `Verdict`, or None if it is none."""
    exercise = exercise_of(cell)
    if exercise is None:
        return None
    return verify(exercise, _answers(cell, exercise, before), seed=seed)


def own_outputs(cell, album):
    """Keep of a cell that is no sealed test what the student's code may show.

    A copied test shows answers, and a forged verdict would be counted as ours.

    Parameters
    ----------
    cell : dict
        As it was executed; a cell of code.
    album : Album
        Draws what the notebook asked to be shown.

    Returns
    -------
    outputs : list of dict
    """
    own = [output for output in cell["outputs"] if not {MIME, VERDICT_MIME} & _kinds(output)]
    return [album.draw(output) if PICTURES in _kinds(output) else output for output in own]


def _kinds(output):
    return set(output.get("data", ()))


def _answers(cell, exercise, before):
    """Take the answers out of a cell; where there are none, say why."""
    bundles = [
        output["data"][MIME] for output in cell["outputs"] if MIME in output.get("data", {})
    ]
    if not bundles:
        return _no_answers(exercise, _why_none(cell, before))
    try:
        name, answers = open_seal(bundles[-1])
    except SealError as error:
        return _no_answers(exercise, str(error))
    if name != exercise.name:
        return _no_answers(exercise, f"these are answers to {printable(name, 80)}")
    return answers


def _no_answers(exercise, problem):
    return [Answer(problem=problem)] * len(exercise.draw(seed=""))


def _why_none(cell, before):
    own = _error_in(cell)
    if own is None:
        return "no answer arrived: the cell ended before check had called the function"
    said = f"no answer arrived: the cell stopped with {own}"
    earlier = [one for one in before if _error_in(one) is not None]
    if not earlier:
        return said
    guilty = _guilty(own, earlier)
    which = "The notebook's first" if guilty is earlier[0] else "An earlier"
    place = f"cell {guilty['execution_count']}" if guilty.get("execution_count") else "a cell"
    return f"{said}. {which} error is in {place}: {_error_in(guilty)}; mend that first"


def _guilty(error, earlier):
    """Choose among cells that failed: the one that was to define what is missing, or the first."""
    missing = re.search(r"NameError: name '(\w+)' is not defined", error)
    if missing is None:
        return earlier[0]
    others = [cell for cell in earlier if _error_in(cell) != error]
    name = re.compile(rf"\b{missing[1]}\b")
    return next((cell for cell in others if name.search(_text(cell["source"]))), earlier[0])


def _error_in(cell):
    """Say in a line what a cell stopped with; None if it did not."""
    for output in cell.get("outputs", ()):
        if output["output_type"] == "error":
            said = f"{output.get('ename', '')}: {output.get('evalue', '')}"
            return printable(said, 200)
    return None


def _text(source):
    return source if isinstance(source, str) else "".join(source)


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
