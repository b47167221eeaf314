"""A verdict in words: text for a terminal, HTML for a notebook and a feedback page.

A practice report shows numbers; a graded one keeps the cases secret and names the property
that failed, the mistake, and where to read on.
"""

import os
from html import escape

BOOK = "CNNCOURSE_BOOK"  # environment variable: where the built book is, as a URL


def headline(verdict, *, graded=False):
    """Say in one sentence how it went."""
    total = len(verdict.results)
    if verdict.passed:
        return f"{verdict.exercise}: all {total} cases agree with PyTorch"
    failure = verdict.first_failure
    if failure is None:
        return f"{verdict.exercise}: nothing was checked"
    what = failure.summary if graded else failure.detail
    if graded:
        return f"{verdict.exercise}: {failure.claim}: {what}"
    return what if what.startswith(verdict.exercise) else f"{verdict.exercise}: {what}"


def to_text(verdict, *, graded=False):
    """Write a verdict as lines of plain text.

    Parameters
    ----------
    verdict : Verdict
    graded : bool
        Keep the numbers of the cases secret.

    Returns
    -------
    text : str
    """
    lines = [headline(verdict, graded=graded)]
    failure = verdict.first_failure
    if failure and failure.mistake:
        lines += [f"  It looks as if {failure.mistake}.", f"  {failure.hint}"]
    if failure:
        lines.append(f"  Read: {_address(failure.section or verdict.section)}")
    lines += [f"  {'✓' if r.passed else '✗'} {r.claim}" for r in verdict.results]
    lines += [f"  Note: {note}." for note in _notes(verdict)]
    return "\n".join(lines)


def to_html(verdict, *, graded=False, points=None):
    """Write a verdict as an HTML fragment; every text in it is escaped.

    Parameters
    ----------
    verdict : Verdict
    graded : bool
        Keep the numbers of the cases secret.
    points : tuple of float, optional
        Points reached and points possible.

    Returns
    -------
    html : str
    """
    colour = "#1a7f37" if verdict.passed else "#b3261e"
    parts = [
        f'<div class="cnncourse-report" style="border-left:4px solid {colour};'
        'padding:.4em 0 .4em .9em;max-width:46em;line-height:1.45">',
        _heading(verdict, graded, points, colour),
        *_explanation(verdict),
        '<ul style="list-style:none;margin:.5em 0 0;padding:0">',
        *[_item(result, graded) for result in verdict.results],
        "</ul>",
        *[f'<p style="margin:.4em 0 0">Note: {escape(note)}.</p>' for note in _notes(verdict)],
        "</div>",
    ]
    return "\n".join(parts)


def _heading(verdict, graded, points, colour):
    reached = "" if points is None else f" <span>({points[0]:g} of {points[1]:g} points)</span>"
    mark = "✓" if verdict.passed else "✗"
    sentence = escape(headline(verdict, graded=graded))
    return f'<p style="margin:0"><strong style="color:{colour}">{mark}</strong> {sentence}{reached}</p>'


def _explanation(verdict):
    failure = verdict.first_failure
    if failure is None:
        return
    if failure.mistake:
        yield (
            f'<p style="margin:.4em 0 0"><strong>It looks as if {escape(failure.mistake)}.'
            f"</strong> {escape(failure.hint)}</p>"
        )
    yield f'<p style="margin:.4em 0 0">Read: {_link(failure.section or verdict.section)}</p>'


def _item(result, graded):
    what = result.summary if graded else result.detail
    mark, colour = ("✓", "#1a7f37") if result.passed else ("✗", "#b3261e")
    why = "" if result.passed else f'<br><small style="margin-left:1.4em">{escape(what)}</small>'
    return f'<li><span style="color:{colour}">{mark}</span> {escape(result.claim)}{why}</li>'


def _notes(verdict):
    return dict.fromkeys(result.note for result in verdict.results if result.note)


def _address(section):
    page, _, label = section.partition("#")
    base = os.environ.get(BOOK, "").rstrip("/")
    return f"{base}/book/{page}.html#{label}" if base else f"book/{page}.md, section {label}"


def _link(section):
    address = escape(_address(section), quote=True)
    if not os.environ.get(BOOK):
        return address
    page, _, label = section.partition("#")
    return f'<a href="{address}">{escape(page)}, {escape(label)}</a>'
