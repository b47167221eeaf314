"""First code to run in the room: ``python -I -S boot.py ROLE SITE JSON DESCRIPTOR``.

The role is ``cold``: serve one submission in this process; or ``warm``: import everything once,
and fork for each submission.
"""

import json
import os
import socket
import sys
from pathlib import Path

LOADED_ONCE = (
    "matplotlib.pyplot",
    "matplotlib_inline.backend_inline",
    "numpy",
    "cnncourse.notebook",
    "cnncourse.plotting",
    "cnncourse.pictures",
    "cnncourse.seal",
)


def main(role, site, options, descriptor):
    """Set the room up and serve."""
    options = json.loads(options)
    # The student's own files come last, so that none can stand in for a package.
    sys.path[:] = [*(path for path in sys.path if "site-packages" not in path), site]
    sys.path.append(os.getcwd())
    _copy_font_list(Path(site), Path(os.environ["MPLCONFIGDIR"]))
    from exam_room.guard import stand_guard

    stand_guard(options["packages"])
    connection = socket.socket(fileno=int(descriptor))
    if role == "cold":
        from exam_room.cold import serve_here

        serve_here(connection, options)
    else:
        from exam_room.warm import fork_for_each

        fork_for_each(connection, options, (*LOADED_ONCE, *options["packages"]))


def _copy_font_list(site, folder):
    # Matplotlib insists on a folder it could write to.
    folder.mkdir(exist_ok=True)
    for file in (site / "matplotlib-cache").glob("*"):
        (folder / file.name).write_bytes(file.read_bytes())


if __name__ == "__main__":
    sys.path.insert(0, str(Path(sys.argv[2])))
    main(*sys.argv[1:])
