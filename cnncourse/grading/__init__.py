"""Grade a class: the room a student's code runs in, and the judge outside it.

A submission's way through the folders, and what each of them owns:

``submission``
    What was handed in is read, trusting none of it.
``plugins``
    Our parts in nbgrader's own places, as ``nbgrader_config.py`` names them.
``room``
    Where the student's code runs, shut off from everything that counts.
``workers``
    Many processes, each with a room: they run and judge.
``run``
    What is due goes in, grades come out; one writer to the gradebook.
``records``
    What is kept of every submission, so that only what changed is done again.
``feedback``, ``class_report``, ``exports``
    What leaves the gradebook; ``pages`` is what the first two share.

The modules beside them are used by several: `judge` opens sealed answers, `graded` reads a
notebook that was judged, `marks` reads the gradebook, `trim` keeps outputs small. `classroom` is
the way in from Python, `demo` a class to try it on.
"""

import sys

# nbformat imports jsonschema, which builds a grammar of international web addresses, for two
# seconds, to check a format that no notebook uses. Where it is missing, jsonschema leaves that
# check out.
if "jsonschema" not in sys.modules:
    sys.modules.setdefault("rfc3987_syntax", None)
