"""How a feedback page looks, beyond what nbgrader's template says."""

from nbgrader.preprocessors import NbGraderPreprocessor

CSS = """
.output_png img, .output_jpeg img, .output_svg svg { max-width: 100%; height: auto; }
.output_subarea { max-width: 100%; }
"""


class FitPictures(NbGraderPreprocessor):
    """Keeps pictures inside their column; stands last in ``GenerateFeedback.preprocessors``."""

    def preprocess(self, nb, resources):
        """Add our style sheet to those the template writes into the page."""
        resources.setdefault("inlining", {}).setdefault("css", []).append(CSS)
        return nb, resources
