"""The files beside a notebook: which names are let in."""

from pathlib import Path, PurePosixPath

MOST_FILES = 1000


class BadFile(ValueError):  # noqa: N818, reads as a sentence where it is shown
    """A file that does not belong beside a notebook; the message names it."""


def checked(files):
    """Let only files through that stay in the folder they are put into.

    Parameters
    ----------
    files : dict of str to bytes

    Returns
    -------
    files : dict of str to bytes

    Raises
    ------
    BadFile
        For an absolute name, one with ``..``, one that no file can have; for too many files.
    """
    if len(files) > MOST_FILES:
        raise BadFile(f"{len(files)} files lie beside the notebook; at most {MOST_FILES} may")
    for name, content in files.items():
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in name:
            raise BadFile(f"{name!r} is no name for a file beside the notebook")
        if not isinstance(content, bytes):
            raise BadFile(f"{name!r} holds {type(content).__name__}, not bytes")
    return files


def read_folder(folder, *, most=128 * 2**20):
    """Read what lies beside the notebooks of a folder; links are not followed.

    Parameters
    ----------
    folder : Path
    most : int
        Bytes in all.

    Returns
    -------
    files : dict of str to bytes

    Raises
    ------
    BadFile
        If they are too large, or too many.
    """
    files, left = {}, most
    for path in sorted(Path(folder).rglob("*")):
        inside = not path.is_symlink() and path.is_file() and path.suffix != ".ipynb"
        if inside and not any(parent.is_symlink() for parent in path.parents):
            left -= path.stat().st_size
            if left < 0 or len(files) == MOST_FILES:
                raise BadFile(f"the files in {folder} are more than a submission may bring")
            files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files
