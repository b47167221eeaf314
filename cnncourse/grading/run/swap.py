"""Replace a folder as a whole: whoever looks finds the old one or the new one."""

import contextlib
import os
import secrets
import shutil


@contextlib.contextmanager
def swapped(target):
    """Give a new folder that takes another's place if the block ends well.

    What an earlier run left half done there is removed.

    Parameters
    ----------
    target : Path

    Yields
    ------
    folder : Path
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f".{target.name}.*"):
        _remove(left)
    mark = secrets.token_hex(4)
    new, old = (target.parent / f".{target.name}.{mark}.{end}" for end in ("new", "old"))
    new.mkdir()
    try:
        yield new
        if target.exists():
            os.replace(target, old)
        os.replace(new, target)
    finally:
        _remove(new)
        _remove(old)


def _remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
