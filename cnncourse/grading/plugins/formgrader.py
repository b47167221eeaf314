"""What nbgrader's formgrader shows of a submission: nothing in it runs in the grader's browser.

The formgrader is served from where Jupyter's files and terminals are, so that a script on one
of its pages could do whatever the grader can.
"""

from markupsafe import Markup, escape
from nbconvert.preprocessors import Preprocessor

from cnncourse.grading.judge import exercise_of
from cnncourse.grading.pages import safe_html

_AS_THEY_ARE = ("image/png", "image/jpeg", "text/plain")  # the template escapes these


class ShowSafely(Preprocessor):
    """Cleans what a student wrote or displayed; stands in ``HTMLExporter.preprocessors``."""

    def preprocess_cell(self, cell, resources, cell_index):
        """Clean one cell; the verdicts are our own."""
        if cell.cell_type == "markdown":
            pictures = cell.get("attachments", {})
            cell.source = _still(safe_html.markdown_with_pictures(cell.source, pictures))
        elif cell.cell_type != "code":
            cell.source = escape(cell.source)
        elif exercise_of(cell) is None:
            for output in cell.outputs:
                if "data" in output:
                    output.data = _clean(output.data)
                    output.metadata = {}
        return cell, resources


def markdown2html(source):
    """Write Markdown as clean HTML; in the place of nbconvert's filter of this name.

    Parameters
    ----------
    source : str
        What `ShowSafely` has cleaned already is left as it is.

    Returns
    -------
    html : Markup
    """
    return source if isinstance(source, Markup) else _still(safe_html.markdown(source))


def _clean(data):
    """Keep of an output's representations what can be shown without running anything."""
    kept = {mime: data[mime] for mime in _AS_THEY_ARE if mime in data}
    if "text/html" in data:
        kept["text/html"] = _still(safe_html.clean(data["text/html"]))
    elif "text/markdown" in data:
        kept["text/html"] = _still(safe_html.markdown(data["text/markdown"]))
    elif "image/svg+xml" in data:
        address = safe_html.picture("image/svg+xml", data["image/svg+xml"])
        kept["text/html"] = Markup('<img alt="" src="{}">').format(address)
    return kept


def _still(html):
    """Keep MathJax off: its links may hold scripts, and our formulas are MathML already."""
    return Markup('<div class="tex2jax_ignore mathjax_ignore">{}</div>').format(html)
