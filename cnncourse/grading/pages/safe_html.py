"""A student's Markdown, HTML and code as HTML that neither runs nor fetches anything.

Whatever a notebook holds, the page that shows it is opened by an instructor: only what stands
on a list stays. Formulas become MathML here, so that a page needs no script to draw them.
"""

import base64
import binascii
import re
from functools import lru_cache
from html import escape

from bleach.css_sanitizer import CSSSanitizer
from bleach.sanitizer import Cleaner
from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert.filters.ansi import ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

LONGEST_FORMULA = 2_000  # characters
LONGEST_MARKDOWN = 50_000  # beyond, it is shown as it was typed
LONGEST_HTML = 200_000  # the same; cleaning takes about a second for every 500,000
LONGEST_CODE = 100_000

_TEXT = (
    "a abbr b blockquote br caption center code dd del details div dl dt em figcaption figure "
    "h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary "
    "sup table tbody td tfoot th thead tr tt u ul var"
)
_MATH = (
    "math menclose mfrac mi mn mo mover mphantom mroot mrow mspace msqrt mstyle msub msubsup "
    "msup mtable mtd mtext mtr munder munderover"
)
_MATH_TAGS = frozenset(_MATH.split())
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "ol": {"start"},
    "details": {"open"},
}
_MATH_WORDS = (
    "accent accentunder columnalign columnspacing display displaystyle fence form largeop "
    "linethickness lspace mathvariant maxsize minsize movablelimits notation rowspacing rspace "
    "scriptlevel separator stretchy symmetric width xmlns"
)
_MATH_ATTRIBUTES = frozenset(_MATH_WORDS.split())
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|svg\+xml);base64,[A-Za-z0-9+/=\s]*", re.ASCII)
_OUR_CLASSES = re.compile(r"(code|scroll|[a-z][a-z0-9]?)")  # and the short ones of Pygments
_EMPTY_HEADER = re.compile(r'<th(?: style="[^"]*")?></th>')  # heads no column for a screen reader
_HEADING = re.compile(r"<(/?)h([2-6])>")
_SCROLL = '<div class="scroll" tabindex="0">'
_FORMATTER = HtmlFormatter(nowrap=True)


def _is_allowed(tag, name, value):
    """Tell whether an attribute may stay."""
    if tag in _MATH_TAGS:
        return name in _MATH_ATTRIBUTES and len(value) < 60
    if name == "style":  # alignment alone, as the style sheet's cleaner below has it
        return tag in ("td", "th")
    if name == "class":
        return tag in ("div", "span") and bool(_OUR_CLASSES.fullmatch(value))
    if name == "tabindex":
        return tag == "div" and value == "0"
    if name not in _ATTRIBUTES.get(tag, ()):
        return False
    if name == "src":
        return bool(_PICTURE.fullmatch(value))
    if name == "href":
        return bool(re.match(r"(https?://|mailto:)", value))
    return name not in ("width", "height") or (value.isascii() and value.isdigit())


_CLEANER = Cleaner(
    tags={*_TEXT.split(), *_MATH_TAGS},
    attributes=_is_allowed,
    protocols={"http", "https", "mailto", "data"},
    strip=True,
    css_sanitizer=CSSSanitizer(allowed_css_properties={"text-align"}),
)


def clean(html):
    """Keep of HTML what formats text, and pictures that it carries itself.

    Scripts, styles, frames, forms, event handlers, names and addresses to fetch are gone.

    Parameters
    ----------
    html : str

    Returns
    -------
    html : Markup
    """
    if len(html) > LONGEST_HTML:
        return _as_typed(html)
    # What is left of these two, once their tags are stripped, reads as gibberish.
    html = re.sub(r"(?is)<(style|script)\b.*?</\1\s*>", "", html)
    cleaned = _EMPTY_HEADER.sub("<td></td>", _CLEANER.clean(html))
    # On a phone a wide table scrolls inside its own box, which a keyboard can reach.
    cleaned = cleaned.replace("<table>", f"{_SCROLL}<table>").replace("</table>", "</table></div>")
    return Markup(cleaned)


@lru_cache(maxsize=2048)
def markdown(source):
    """Write Markdown with formulas as clean HTML; its headings move one level down.

    A class shares most of its cells: what was written once is remembered.

    Parameters
    ----------
    source : str

    Returns
    -------
    html : Markup
    """
    if len(source) > LONGEST_MARKDOWN:
        return _as_typed(source)
    return _markdown(source, {})


def markdown_with_pictures(source, attachments):
    """Write a Markdown cell that carries pictures as clean HTML.

    Parameters
    ----------
    source : str
    attachments : dict
        As a notebook's cell holds them.

    Returns
    -------
    html : Markup
    """
    if not attachments:
        return markdown(source)
    return _markdown(source[:LONGEST_MARKDOWN], attachments)


def headings_in_order(html, level):
    """Let no heading skip a level after the one before it, as screen readers expect.

    Parameters
    ----------
    html : Markup
        Clean.
    level : int
        Of the heading before.

    Returns
    -------
    html : Markup
    level : int
        Of the last heading.
    """

    def step(match):
        nonlocal level
        if not match[1]:
            level = min(int(match[2]), level + 1)
        return f"<{match[1]}h{level}>"

    return Markup(_HEADING.sub(step, html)), level


def code(source):
    """Write Python with Pygments' classes.

    Parameters
    ----------
    source : str

    Returns
    -------
    html : Markup
    """
    if len(source) > LONGEST_CODE:
        return _as_typed(source)
    return _code(source)


def terminal(text):
    """Write what a program printed, its colours kept.

    Parameters
    ----------
    text : str

    Returns
    -------
    html : Markup
    """
    return Markup(ansi2html(text))


def picture(mime, data):
    """Make an address of a picture's bytes.

    Parameters
    ----------
    mime : str
        ``image/png``, ``image/jpeg`` or ``image/svg+xml``; the last shown as a picture, in
        which a browser runs no script and fetches nothing.
    data : str
        Base64, or the SVG's text.

    Returns
    -------
    address : str or None
        None if that is no picture.
    """
    if mime == "image/svg+xml":
        return f"data:{mime};base64,{base64.b64encode(data.encode()).decode()}"
    try:
        content = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return f"data:{mime};base64,{base64.b64encode(content).decode()}" if content else None


class _Renderer(IPythonRenderer):
    """nbconvert's, with formulas as MathML and no files read."""

    def heading(self, text, level, **_):
        return f"<h{min(level + 1, 6)}>{text}</h{min(level + 1, 6)}>\n"

    def block_code(self, code, info=None):
        return f'<div class="code">{super().block_code(code, info)}</div>'

    def block_mermaidjs(self, code):
        return f"<pre>{escape(code)}</pre>"

    def block_math(self, body):
        return f"{_SCROLL}{_formula(body, 'block')}</div>"

    def inline_math(self, body):
        return _formula(body, "inline")

    def latex_environment(self, name, body):
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")


@lru_cache(maxsize=2048)
def _formula(tex, display):
    """Write TeX as MathML, or, where it cannot be read, as it was typed."""
    if len(tex) <= LONGEST_FORMULA:
        try:
            return convert(tex.strip(), display=display)
        except Exception:  # a student's TeX: whatever is wrong with it, the text is there to read
            pass
    return f"<code>{escape(tex)}</code>"


def _markdown(source, attachments):
    renderer = _Renderer(
        escape=False, attachments=attachments, embed_images=False, exclude_anchor_links=True
    )
    try:
        return clean(MarkdownWithMath(renderer=renderer).render(source))
    except Exception:  # missing attachments, text nested beyond all depth
        return _as_typed(source)


@lru_cache(maxsize=4096)
def _code(source):
    return Markup(highlight(source, PythonLexer(), _FORMATTER))


def _as_typed(text):
    return Markup(f"<pre>{escape(text)}</pre>")
