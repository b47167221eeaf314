"""Key the execution cache on the package, and rebuild pages when an extension changes.

jupyter-cache looks at a notebook's code only. A chapter that prints what `cnncourse` computes
would go on showing yesterday's numbers after the package changed; so each state of the package has
a cache of its own, and the caches of older states are removed.
"""

import shutil
from hashlib import sha256
from pathlib import Path

from sphinx.application import Sphinx

PREFIX = ".jupyter_cache-"


def digest(paths):
    """Return a short hash of the contents of files, in the order of their names."""
    total = sha256()
    for path in sorted(paths):
        total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()[:12]


def choose_cache(app, config):
    """Point MyST-NB at the cache that belongs to the package as it is now."""
    root = Path(app.confdir)
    package = root / "cnncourse"
    # No chapter grades a class: those parts may change without running every page again.
    seen = set(package.rglob("*.py"))
    seen -= {*(package / "grading").rglob("*.py"), *(package / "cli").rglob("*.py")}
    key = digest([*seen, root / "requirements.txt"])
    builds = Path(app.outdir).parent
    config.nb_execution_cache_path = str(builds / f"{PREFIX}{key}")
    config.book_extensions = digest(Path(__file__).parent.glob("*.py"))
    for old in builds.glob(f"{PREFIX}*"):
        if not old.name.endswith(key):
            shutil.rmtree(old)


def setup(app: Sphinx):
    """Register before MyST-NB reads its configuration."""
    app.add_config_value("book_extensions", "", "env", str)
    app.connect("config-inited", choose_cache)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
