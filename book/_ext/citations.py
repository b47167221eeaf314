"""Write the entries of the bibliography as plain blocks.

docutils gives them roles (`doc-biblioentry` in a `list`) that ARIA has since withdrawn; axe-core
counts each as a violation, and screen readers lose nothing without them.
"""

from docutils import nodes
from sphinx.application import Sphinx


def visit_citation(self, node):
    """Open an entry."""
    self.body.append(self.starttag(node, "div", classes=["citation"]))


def depart_citation(self, node):
    """Close an entry."""
    self.body.append("</div>\n")


def setup(app: Sphinx):
    """Replace the visitors of the HTML writer."""
    app.add_node(nodes.citation, override=True, html=(visit_citation, depart_citation))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
