"""What all pages share: the templates, and the cleaning of what students wrote.

A page is one file that runs no script and fetches nothing.
"""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from markupsafe import Markup
from pygments.formatters import HtmlFormatter

from cnncourse import report


@cache
def environment():
    """The templates of this package; everything is escaped that is not marked as clean."""
    made = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(default=True),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["pygments_css"] = Markup(_pygments_css())
    made.globals["link"] = lambda section: Markup(report.link(section))
    return made


def _pygments_css():
    """Colours for code, in light and in dark."""
    light = HtmlFormatter(style="default").get_style_defs(".code")
    dark = HtmlFormatter(style="github-dark").get_style_defs(".code")
    kept = "\n".join(line for line in dark.splitlines() if not line.startswith(".code {"))
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{kept}\n}}"
