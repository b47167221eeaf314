"""The `{interactive}` directive: a numbered figure whose body is a custom element.

In HTML the element stands with its script, and the still picture stands in for readers without
JavaScript; everywhere else (LaTeX, EPUB) the picture alone. The options that are not the figure's
own become the element's attributes:

    ```{interactive} convolution-explorer
    :name: fig-stride-two
    :alt: A 3 x 3 kernel slides over a 7 x 7 image in steps of two.
    :kernel: sobel-x
    :stride: 2
    What the figure shows, in a sentence or two.
    ```
"""

from html import escape
from pathlib import Path
from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from elements import ELEMENTS, STYLE
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

PICTURES = "book/pictures"


class interactive(nodes.General, nodes.Element):  # noqa: N801 - docutils nodes are lower case
    """A custom element; its one child is the picture that stands in for it."""


class Interactive(SphinxDirective):
    """Make a figure of a custom element, its picture and a caption."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar = {
        "name": directives.unchanged_required,
        "alt": directives.unchanged_required,
        # Elements read the same name differently: `attributes` converts them.
        **{
            name: directives.unchanged for each in ELEMENTS.values() for name in each["attributes"]
        },
    }

    def run(self):
        """Check the options and build the figure."""
        element = self.arguments[0]
        self.check(element)
        attributes = self.attributes(element)
        body = interactive(element=element, attributes=attributes, label=self.options["alt"])
        body += nodes.image(uri=self.picture(element), alt=self.options["alt"], width="100%")
        figure = nodes.figure("", body, classes=["interactive"])
        figure += self.caption()
        self.set_source_info(figure)
        self.add_name(figure)
        return [figure]

    def check(self, element):
        """Refuse what would make a broken figure, with the line it stands on."""
        if element not in ELEMENTS:
            raise self.error(
                f"{element!r} is no interactive figure; there is: {', '.join(ELEMENTS)}"
            )
        for option in ("name", "alt"):
            if option not in self.options:
                raise self.error(f"an interactive figure needs :{option}:")
        if not self.content:
            raise self.error("an interactive figure needs a caption as its body")

    def attributes(self, element):
        """Read the options that become the element's attributes."""
        known = ELEMENTS[element]["attributes"]
        given = {name: text for name, text in self.options.items() if name not in ("name", "alt")}
        if unknown := given.keys() - known:
            raise self.error(f"{element} has no option {', '.join(sorted(unknown))}")
        try:
            attributes = {name: known[name](text) for name, text in given.items()}
        except ValueError as error:
            raise self.error(f"{element}: {error}") from error
        find_problem = ELEMENTS[element].get("problem")
        if find_problem and (problem := find_problem(attributes)):
            raise self.error(problem)
        return attributes

    def picture(self, element):
        """Return the picture of this very figure, or the element's own."""
        for name in (self.options["name"], element.replace("-", "_")):
            picture = f"{PICTURES}/{name}.png"
            if (Path(self.env.srcdir) / picture).exists():
                return f"/{picture}"
        raise self.error(f"no {picture}: python {PICTURES}/make.py draws it")

    def caption(self):
        """Parse the body: its first paragraph is the caption."""
        parsed = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, parsed)
        first = parsed.children[0]
        caption = nodes.caption(first.rawsource, "", *first.children)
        caption.source, caption.line = self.get_source_info()
        return caption


def visit_html(self, node):
    """Open the element; a reader without JavaScript gets the picture."""
    attributes = {"class": "interactive-figure", "label": node["label"], **node["attributes"]}
    written = "".join(
        f" {name}" if value is None else f' {name}="{escape(str(value))}"'
        for name, value in attributes.items()
    )
    self.body.append(f"<{node['element']}{written}><noscript>")


def depart_html(self, node):
    """Close the element."""
    self.body.append(f"</noscript></{node['element']}>\n")


def add_scripts(app, pagename, templatename, context, doctree):
    """Load scripts only where they are used: classic and deferred, for `file://` too."""
    if doctree is None:
        return
    used = [
        ELEMENTS[name] for name in sorted({n["element"] for n in doctree.findall(interactive)})
    ]
    for style in dict.fromkeys(s for entry in used for s in (STYLE, *entry.get("styles", ()))):
        app.add_css_file(style)
    for script in dict.fromkeys(s for entry in used for s in entry["scripts"]):
        app.add_js_file(script, loading_method="defer")


def pass_through(self, node):
    """Let the picture speak for the figure."""


def setup(app: Sphinx):
    """Register the node, the directive and the scripts."""
    plain = (pass_through, pass_through)
    app.add_node(interactive, html=(visit_html, depart_html), latex=plain, epub=plain, text=plain)
    app.add_directive("interactive", Interactive)
    app.connect("html-page-context", add_scripts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
