"""A verdict in words: text for a terminal, HTML for a notebook and a feedback page.

A practice report shows numbers; a graded one keeps the cases secret and names the property
that failed, the mistake, and where to read on.
"""

import os
import textwrap
from html import escape

WIDTH = 76  # characters: what fits a page of the book
BOOK = "CNNCOURSE_BOOK"  # environment variable: where the built book is, as a URL
# A page with a dark scheme sets these; elsewhere, as in the formgrader, the colour is the second.
RIGHT, WRONG = "var(--cnncourse-right,#1a7f37)", "var(--cnncourse-wrong,#b3261e)"


def to_text(verdict):
    """Write a practice verdict as lines of plain text, with the numbers of its cases.

    Parameters
    ----------
    verdict : Verdict

    Returns
    -------
    text : str
    """
    failure = verdict.first_failure
    if failure is None:
        lines = [_all_agree(verdict)]
    else:
        lines = [_wrap(failure.detail, indent="  ")]
        lines += [_wrap(f"  in {failure.call}", indent="     ")] if failure.call else []
        lines += [f"    {line}" for line in failure.example.splitlines()]
        named = verdict.first_named or failure
        if named.mistake:
            lines.append(_wrap(f"  {_looks_as_if(verdict)} {named.mistake}. {named.hint}"))
        lines.append(f"  Read: {_address(named.section or verdict.section)}")
    lines += [f"  {'✓' if r.passed else '✗'} {r.claim}" for r in verdict.results]
    lines += [f"  Note: {note}." for note in _notes(verdict)]
    return "\n".join(lines)


def to_html(verdict, *, points):
    """Write a graded verdict as an HTML fragment; every text in it is escaped.

    Parameters
    ----------
    verdict : Verdict
    points : tuple of float
        Points reached and points possible.

    Returns
    -------
    html : str
        Without the numbers of the cases, which stay secret.
    """
    colour = RIGHT if verdict.passed else WRONG
    parts = [
        f'<div class="cnncourse-report" style="border-left:4px solid {colour};'
        'padding:.4em 0 .4em .9em;max-width:46em;line-height:1.45">',
        _heading(verdict, points, colour),
        *_explanation(verdict),
        '<ul style="list-style:none;margin:.5em 0 0;padding:0">',
        *[_item(result) for result in verdict.results],
        "</ul>",
        *[f'<p style="margin:.4em 0 0">Note: {escape(note)}.</p>' for note in _notes(verdict)],
        "</div>",
    ]
    return "\n".join(parts)


def link(section):
    """Write where to read on: a link where the book's address is known, else its place.

    Parameters
    ----------
    section : str
        Page and label, as ``03_filters#filters-flip``.

    Returns
    -------
    html : str
    """
    address = escape(_address(section), quote=True)
    if not os.environ.get(BOOK):
        return address
    page, _, label = section.partition("#")
    return f'<a href="{address}">{escape(page)}, {escape(label)}</a>'


def _wrap(text, *, indent="  "):
    return textwrap.fill(text, WIDTH, subsequent_indent=indent, break_long_words=False)


def _all_agree(verdict):
    return f"{verdict.exercise}: all {len(verdict.results)} cases {_are_right(verdict)}"


def _are_right(verdict):
    return f"agree with {verdict.oracle}" if verdict.oracle else "are right"


def _heading(verdict, points, colour):
    failure = verdict.first_failure
    sentence = _all_agree(verdict)
    if failure:
        total = len(verdict.results)
        right = f"{verdict.num_passed} of {total} cases {_are_right(verdict)}"
        sentence = f"{verdict.exercise}: {right}"
    return (
        f'<p style="margin:0"><strong style="color:{colour}">'
        f"{'✗' if failure else '✓'} {escape(sentence)}</strong>"
        f" ({points[0]:g} of {points[1]:g} points)</p>"
    )


def _explanation(verdict):
    named = verdict.first_named or verdict.first_failure
    if named is None:
        return
    if named.mistake:
        yield (
            f'<p style="margin:.4em 0 0"><strong>{escape(_looks_as_if(verdict))} '
            f"{escape(named.mistake)}."
            f"</strong> {escape(named.hint)}</p>"
        )
    yield f'<p style="margin:.4em 0 0">Read: {link(named.section or verdict.section)}</p>'


def _looks_as_if(verdict):
    """Begin the sentence that names a mistake; it need not be that of the first failure."""
    named = verdict.first_named
    return (
        "It looks as if" if named is verdict.first_failure else f"In “{named.claim}” it is as if"
    )


def _item(result):
    mark, colour = ("✓", RIGHT) if result.passed else ("✗", WRONG)
    why = f": {escape(result.summary)}" if result.summary else ""
    return f'<li><span style="color:{colour}">{mark}</span> {escape(result.claim)}{why}</li>'


def _notes(verdict):
    # Beside a failure a remark on digits would lead away from it.
    notes = [result.note for result in verdict.results if result.note]
    return dict.fromkeys(notes) if verdict.passed else {}


def _address(section):
    page, _, label = section.partition("#")
    base = os.environ.get(BOOK, "").rstrip("/")
    return f"{base}/book/{page}.html#{label}" if base else f"book/{page}.md, section {label}"
