"""nbgrader's place for cutting outputs."""

import nbformat
from nbgrader.preprocessors import NbGraderPreprocessor

from cnncourse.grading.trim import trim


class CutOutputs(NbGraderPreprocessor):
    """Replaces an output that is too large by a line that says so.

    Stands after VerifyAnswers: sealed answers may be larger.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        """Look at every output of one cell."""
        if cell.cell_type == "code":
            cell.outputs = [nbformat.from_dict(trim(output)) for output in cell.outputs]
        return cell, resources
