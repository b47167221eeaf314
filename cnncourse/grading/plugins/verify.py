"""nbgrader's place for the judge: a preprocessor after Execute."""

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from cnncourse.grading.album import Album
from cnncourse.grading.judge import PREFIX, VERDICT_MIME, exercise_of, judge_cell, own_outputs
from cnncourse.grading.plugins.seeds import GradedSeeds

__all__ = ["PREFIX", "VERDICT_MIME", "VerifyAnswers", "exercise_of"]


class VerifyAnswers(NbGraderPreprocessor, GradedSeeds):
    """Replaces all that a test cell displayed by our own verdict.

    Stands after Execute in ``Autograde.autograde_preprocessors``. Test cells of other kinds
    keep nbgrader's own rules.
    """

    def preprocess(self, nb, resources):
        """Judge every sealed test cell of a notebook."""
        self._seed, self._cells = self.seed_for(nb, resources), nb.cells
        self._album = Album()
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell, resources, cell_index):
        """Judge one cell if it is a sealed test; else take out what only the judge may say."""
        output = judge_cell(cell, seed=self._seed, before=self._cells[:cell_index])
        if output is not None:
            cell.outputs = [nbformat.from_dict(output)]
        elif cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(one) for one in own_outputs(cell, self._album)]
        return cell, resources
