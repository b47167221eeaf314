"""Bring back the test cells a student deleted, and forget copies of graded cells."""

from nbgrader.preprocessors import OverwriteCells


class RestoreCells(OverwriteCells):
    """nbgrader's OverwriteCells, for notebooks in which cells were deleted or copied.

    A missing test cell is added at the end, where everything the student wrote has run.
    """

    def preprocess(self, nb, resources):
        """Overwrite test cells by the source's; a copied cell becomes an ordinary one."""
        for cell in nb.cells:
            if not cell.metadata.get("nbgrader", True):  # what DeduplicateIds leaves in a copy
                del cell.metadata["nbgrader"]
        nb, resources = super().preprocess(nb, resources)
        with self.gradebook:
            self._add_missing(nb)
        return nb, resources

    def _add_missing(self, nb):
        source = self.gradebook.find_notebook(self.notebook_id, self.assignment_id)
        there = {cell.metadata.get("nbgrader", {}).get("grade_id") for cell in nb.cells}
        points = {cell.name: cell.max_score for cell in source.grade_cells}
        for cell in source.source_cells:
            if cell.name in points and cell.name not in there:
                added = self.missing_cell_transform(cell, points[cell.name])
                if nb.nbformat_minor >= 5:
                    added["id"] = cell.name
                nb.cells.append(added)
