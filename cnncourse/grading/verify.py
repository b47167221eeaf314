"""Open the sealed answers, judge them, and write the verdict where nbgrader looks for it."""

from dataclasses import asdict

from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor
from nbgrader.utils import is_grade, is_solution

from cnncourse.catalogue import EXERCISES
from cnncourse.checker import verify
from cnncourse.grading.seeds import GradedSeeds
from cnncourse.report import to_html
from cnncourse.seal import MIME, Answer, SealError, open_seal

PREFIX = "check_"  # a test cell's grade_id is this and the exercise's name
VERDICT_MIME = "application/vnd.cnncourse.verdict+json"
SECRET = ("call", "detail", "example")  # these show the numbers of a case


class VerifyAnswers(NbGraderPreprocessor, GradedSeeds):
    """Replaces all that a test cell displayed by our own verdict.

    Stands after Execute in ``Autograde.autograde_preprocessors``. Test cells of other kinds
    keep nbgrader's own rules.
    """

    def preprocess(self, nb, resources):
        """Judge every sealed test cell of a notebook."""
        self._seed = self.seed_for(nb, resources)
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, cell_index):
        """Judge one cell, if it is a sealed test."""
        exercise = exercise_of(cell)
        if exercise is not None:
            answers = _answers(cell, exercise)
            verdict = verify(exercise, answers, seed=self._seed)
            cell.outputs = [_output(verdict, float(cell.metadata.nbgrader["points"]))]
        return cell, resources


def exercise_of(cell):
    """Find the exercise a test cell checks.

    Returns
    -------
    exercise : Exercise or None
        None if the cell is no sealed test.
    """
    if cell.cell_type != "code" or not is_grade(cell) or is_solution(cell):
        return None
    grade_id = cell.metadata.nbgrader["grade_id"]
    return EXERCISES.get(grade_id.removeprefix(PREFIX)) if grade_id.startswith(PREFIX) else None


def _answers(cell, exercise):
    """Take the answers out of a cell; where there are none, say why."""
    bundles = [output.data[MIME] for output in cell.outputs if MIME in output.get("data", {})]
    if not bundles:
        return _no_answers(exercise, _why_none(cell))
    try:
        name, answers = open_seal(bundles[-1])
    except SealError as error:
        return _no_answers(exercise, str(error))
    if name != exercise.name:
        return _no_answers(exercise, f"these are answers to {name[:80]}")
    return answers


def _no_answers(exercise, problem):
    return [Answer(problem=problem)] * len(exercise.draw(seed=""))


def _why_none(cell):
    errors = [output for output in cell.outputs if output.output_type == "error"]
    if not errors:
        return "no answer arrived: the cell ended before check had called the function"
    said = f"{errors[0].get('ename', '')}: {errors[0].get('evalue', '')}"
    return f"no answer arrived: the cell stopped with {said[:200]}"


def _output(verdict, points):
    reached = round(verdict.score * points, 2)
    return new_output(
        "execute_result",
        data={
            "text/plain": repr(reached),  # nbgrader reads the score here
            "text/html": to_html(verdict, points=(reached, points)),
            VERDICT_MIME: _public(verdict),
        },
    )


def _public(verdict):
    """The verdict as JSON, without the numbers of the graded cases."""
    results = [
        {key: value for key, value in asdict(result).items() if key not in SECRET}
        for result in verdict.results
    ]
    return {"exercise": verdict.exercise, "results": results}
