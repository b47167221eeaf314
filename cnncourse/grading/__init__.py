"""Grade a class: the room a student's code runs in, and the judge outside it."""

import sys

# nbformat imports jsonschema, which builds a grammar of international web addresses, for two
# seconds, to check a format that no notebook uses. Where it is missing, jsonschema leaves that
# check out.
if "jsonschema" not in sys.modules:
    sys.modules.setdefault("rfc3987_syntax", None)
