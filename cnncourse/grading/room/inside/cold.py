"""One process for one submission, from nothing."""

import os
import sys

from . import landlock, seccomp, system
from .limit import limit_resources
from .serve import serve
from .shell import make_shell


def serve_here(connection, options):
    """Serve one submission in this process.

    Parameters
    ----------
    connection : socket
    options : dict
        ``limits``; ``user``, to become, or None; ``confine``: how this process shuts itself
        off, ``landlock``, ``seccomp`` or nothing; ``readable``, ``writable``: for Landlock.
    """
    shell = make_shell()
    limit_resources(options["limits"])
    confine = options["confine"]
    if sys.platform == "linux":
        # Who loses its parent comes to this process: none gets out of sight.
        system.prctl(system.PR_SET_CHILD_SUBREAPER, 1)
        system.become_nobody(options["user"])
    if confine == "landlock":
        landlock.allow_only(options["readable"], [*options["writable"], os.getcwd()])
    if confine:
        seccomp.refuse_system_calls(in_the_open=confine == "landlock")
    serve(connection, shell)
