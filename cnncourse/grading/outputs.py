"""Keep what a notebook printed and drew to a size that a page can show."""

import json

from nbformat.v4 import new_output
from nbgrader.preprocessors import NbGraderPreprocessor

MOST = 2**20  # characters of one output; nbgrader's own limit counts lines


class CutOutputs(NbGraderPreprocessor):
    """Replaces an output that is too large by a line that says so.

    Stands after VerifyAnswers: sealed answers may be larger.
    """

    def preprocess_cell(self, cell, resources, cell_index):
        """Look at every output of one cell."""
        if cell.cell_type == "code":
            cell.outputs = [_cut(output) for output in cell.outputs]
        return cell, resources


def _cut(output):
    size = len(json.dumps(output))
    if size <= MOST:
        return output
    return new_output("stream", text=f"An output of {size / 2**20:.0f} MB is left out here.\n")
