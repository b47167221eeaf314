"""Number figures by chapter: "Fig. 4.2" is the second figure of the page `04_...`.

Sphinx counts figures by section number, but this book's chapters carry their number in the file's
name, since they are written out of order and renumbering them would break every link.
"""

import re
from pathlib import PurePosixPath

from sphinx.application import Sphinx


def chapter_number(docname):
    """Return the number in a page's file name, or None where there is none.

    Examples
    --------
    >>> chapter_number("book/04_convolution"), chapter_number("book/index")
    (4, None)
    """
    match = re.match(r"(\d+)_", PurePosixPath(docname).name)
    return int(match[1]) if match else None


def number_by_chapter(app, builder):
    """Replace the running numbers; the environment on disk keeps Sphinx's own."""
    for docname, by_type in app.env.toc_fignumbers.items():
        chapter = chapter_number(docname)
        if chapter is None:
            continue
        for numbers in by_type.values():
            for count, anchor in enumerate(numbers, start=1):
                numbers[anchor] = (chapter, count)


def setup(app: Sphinx):
    """Connect to the moment between reading and writing."""
    app.connect("write-started", number_by_chapter)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
