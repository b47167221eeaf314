"""A graded notebook as a page that teaches: a summary first, then the work with its verdicts.

The page is one file that runs no script and fetches nothing.
"""

from dataclasses import dataclass

from markupsafe import Markup
from nbconvert.exporters import Exporter
from traitlets import default

from cnncourse import report
from cnncourse.collect import NOT_WRITTEN
from cnncourse.grading.graded import troubles_in, verdict_of
from cnncourse.grading.judge import PREFIX
from cnncourse.grading.pages import environment, safe_html

MOST = 4 * 2**20  # characters of outputs on a page; what comes later is left out with a word
PICTURES = ("image/png", "image/jpeg", "image/svg+xml")


@dataclass(frozen=True)
class Row:
    """One graded cell in the summary.

    Parameters
    ----------
    name : str
        Of the exercise, or of the cell.
    anchor : str
        Where it stands on the page.
    reached, possible : float
        Points.
    finding : str
        What was found, in a line.
    verdict : Verdict or None
        None if a person judges the cell, or tests of another kind did.
    """

    name: str
    anchor: str
    reached: float
    possible: float
    finding: str
    verdict: object = None

    @property
    def is_full(self):
        """Whether no point was lost."""
        return self.reached >= self.possible


class FeedbackExporter(Exporter):
    """Writes feedback pages; chosen by ``c.GenerateFeedback.exporter_class``."""

    @default("file_extension")
    def _file_extension_default(self):
        return ".html"

    def from_notebook_node(self, nb, resources=None, **kw):
        """Write a notebook in which nbgrader's GetGrades has put points and comments."""
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        return page(nb, resources["nbgrader"]), resources


def page(notebook, about):
    """Write the feedback page of a graded notebook.

    Parameters
    ----------
    notebook : dict
        Autograded; ``score`` and ``points`` stand in the metadata of its graded cells, and
        ``comment`` in those of the cells a person wrote on.
    about : dict
        ``student``, ``assignment``, ``notebook``, ``score``, ``max_score``, ``late_penalty``.

    Returns
    -------
    html : str
    """
    rows = [_row(cell, place) for place, cell in enumerate(notebook["cells"]) if _is_graded(cell)]
    troubles = troubles_in(notebook)
    told = tuple(f"cell {trouble.count}:" for trouble in troubles)
    problems = [said for said in about.get("problems", ()) if not said.startswith(told)]
    about = {**about, "score": max(0.0, about["score"]), "problems": problems}
    return (
        environment()
        .get_template("feedback.html")
        .render(
            about=about,
            rows=rows,
            first=_look_first(rows),
            troubles=troubles,
            cells=list(_cells(notebook["cells"], rows)),
            number=_number,
        )
    )


def _role(cell):
    return cell["metadata"].get("nbgrader") or {}


def _is_graded(cell):
    return bool(_role(cell).get("grade") or _role(cell).get("task"))


def _number(value):
    """Points without needless digits."""
    return f"{round(value, 2):g}"


def _row(cell, place):
    role, verdict = _role(cell), verdict_of(cell)
    name = role["grade_id"]
    reached, possible = float(role.get("score") or 0), float(role.get("points") or 0)
    if verdict:
        return Row(
            verdict.exercise,
            f"cell-{place}",
            reached,
            possible,
            finding(verdict, is_full=reached >= possible),
            verdict,
        )
    by_hand = role.get("solution") or role.get("task")
    found = "graded by hand" if by_hand else "tests in the notebook"
    return Row(name.removeprefix(PREFIX), f"cell-{place}", reached, possible, found)


def finding(verdict, *, is_full=False):
    """Say in a line what was found out about an exercise.

    Parameters
    ----------
    verdict : Verdict
    is_full : bool
        Whether all points were given all the same, by a person.

    Returns
    -------
    line : str

    Examples
    --------
    >>> from cnncourse.verdict import CaseResult, Verdict
    >>> result = CaseResult("stride 2", False, "values of out are wrong")
    >>> finding(Verdict("conv2d", "book#label", (result,)))
    'stride 2: values of out are wrong'
    """
    failure, named = verdict.first_failure, verdict.first_named
    if failure is None:
        return "all cases are right"
    if named:
        said = f"it looks as if {named.mistake}"
    elif failure.summary == NOT_WRITTEN:
        said = NOT_WRITTEN
    else:
        said = f"{failure.claim}: {failure.summary}"
    return f"{said} (all points given by a person)" if is_full else said


def _look_first(rows):
    """Choose where to begin: at a mistake that has a name, else where something failed."""
    lost = [row for row in rows if row.verdict and not row.is_full]

    def ease(row):
        if row.verdict.first_named:
            return 0
        failure = row.verdict.first_failure
        return 2 if failure and failure.summary == NOT_WRITTEN else 1

    return min(lost, key=ease, default=None)


def _cells(cells, rows):
    """Prepare every cell for the template, within the page's budget for outputs."""
    by_anchor = {row.anchor: row for row in rows}
    left, level = MOST, 2
    for place, cell in enumerate(cells):
        anchor = f"cell-{place}"
        row = by_anchor.get(anchor)
        shown = {
            "anchor": anchor,
            "row": row,
            "kind": cell["cell_type"],
            "count": cell.get("execution_count"),
            "comment": safe_html.markdown(_role(cell).get("comment") or ""),
            "is_answer": bool(_role(cell).get("solution")),
            "outputs": [],
        }
        source = _text(cell["source"])
        if cell["cell_type"] == "markdown":
            attachments = cell.get("attachments") or {}
            left -= sum(len(str(one)) for one in attachments.values())
            kept = attachments if left > 0 else {}
            body = safe_html.markdown_with_pictures(source, kept)
            shown["body"], level = safe_html.headings_in_order(body, level)
        else:
            shown["body"] = safe_html.code(source)
        if row and row.verdict:
            points = (row.reached, row.possible)
            shown["verdict"] = Markup(report.to_html(row.verdict, points=points))
        elif cell["cell_type"] == "code":
            for output in cell["outputs"]:
                html = _output(output, left)
                left -= len(html)
                shown["outputs"].append(html)
        yield shown


def _text(value):
    """nbformat allows a text to be a list of its lines."""
    return value if isinstance(value, str) else "".join(map(str, value))


def _output(output, left):
    """Write one output, or a line that says why it is not here."""
    kind = output.get("output_type")
    if left <= 0:
        return _aside("An output is left out: this page holds 4 MB of outputs already.")
    if kind == "stream":
        return Markup('<pre class="stream">{}</pre>').format(
            safe_html.terminal(_text(output["text"])[:left])
        )
    if kind == "error":
        lines = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
        text = "\n".join(map(str, lines))[:left]
        return Markup('<pre class="error">{}</pre>').format(safe_html.terminal(text))
    return _display(output, left)


def _display(output, left):
    """Write the richest form of an output that is safe to show."""
    data = output.get("data", {})
    for kind in PICTURES:
        if kind in data and len(content := _text(data[kind])) <= left:
            address = safe_html.picture(kind, content)
            if address:
                alt = output.get("metadata", {}).get("alt") or "A figure that the cell drew"
                return Markup('<img src="{}" alt="{}">').format(address, str(alt)[:500])
    if "text/html" in data:
        return Markup('<div class="rich">{}</div>').format(
            safe_html.clean(_text(data["text/html"])[:left])
        )
    for kind in ("text/markdown", "text/latex"):
        if kind in data:
            return Markup('<div class="rich">{}</div>').format(
                safe_html.markdown(_text(data[kind]))
            )
    if "text/plain" in data:
        return Markup("<pre>{}</pre>").format(safe_html.terminal(_text(data["text/plain"])[:left]))
    kinds = ", ".join(sorted(map(str, data)))[:200] or "no known kind"
    return _aside(f"An output is left out: it is of {kinds}.")


def _aside(sentence):
    return Markup('<p class="aside">{}</p>').format(sentence)
