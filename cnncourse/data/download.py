"""Downloads: checked, with a bar, tried again, and whole or not there at all."""

from __future__ import annotations

import errno
import gzip
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pooch
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from cnncourse.data import files

TIMEOUT = 30  # seconds without an answer
TRIES = 2  # of each address, since lines break


class DownloadError(OSError):
    """A file that could not be had; the message says what to do."""


@dataclass(frozen=True)
class Remote:
    """A file to download.

    Parameters
    ----------
    name : str
        File name.
    md5 : str
        Checksum of the right file, 32 hexadecimal figures.
    urls : tuple of str
        Addresses to try, in this order.
    """

    name: str
    md5: str
    urls: tuple[str, ...]


def fetch(
    remote: Remote, folder: Path, *, unpack: Callable[[Path, Path], None] | None = None
) -> None:
    """Download a file, check it, unpack it, and only then put it where it belongs.

    Parameters
    ----------
    remote : Remote
        What to download, and from where.
    folder : Path
        Where it belongs; made where needed.
    unpack : callable, optional
        Takes the file that came and an empty folder, and fills the folder with what shall lie
        in `folder`; by default the file itself.

    Raises
    ------
    DownloadError
        If no address gives the right file, or the disk is full; what was there before is left
        as it was, and no part of a file stays.
    """
    failures = []
    with _room_in(folder, remote.name) as part:
        for url in remote.urls:
            for _ in range(TRIES):
                try:
                    packed = _retrieve(url, remote, Path(part) / "packed")
                    _put(packed, Path(part) / "unpacked", folder, unpack or _as_it_is)
                    return
                # What requests raises is an OSError; a wrong checksum is pooch's ValueError.
                except (OSError, EOFError, ValueError, zlib.error, *_DAMAGED) as error:
                    _stop_if_full(error, remote.name, folder)
                    reason = getattr(error, "strerror", None) or type(error).__name__
            failures.append(f"  {url.rsplit('/', 1)[0]}/: {reason}")
    raise DownloadError("\n".join([f"{remote.name} could not be downloaded:", *failures]))


def fetch_or_explain(
    title: str,
    remote: Remote,
    folder: Path,
    *,
    steps: list[str],
    unpack: Callable[[Path, Path], None] | None = None,
) -> None:
    """Download as `fetch` does, and where that fails say how to do it by hand.

    Parameters
    ----------
    title : str
        What people call the dataset.
    remote : Remote
        What to download, and from where.
    folder : Path
        Where it belongs.
    steps : list of str
        What to do by hand, in order.
    unpack : callable, optional
        As in `fetch`.

    Raises
    ------
    OSError
        If no address gives the right file, or the disk is full.
    """
    try:
        fetch(remote, folder, unpack=unpack)
    except DownloadError as error:
        if error.errno is not None:  # a full disk or a locked folder, where no step would help
            raise
        raise OSError(files.by_hand(title, str(error), steps)) from error


def unpack_gzip(packed: Path, folder: Path) -> None:
    """Unpack one gzip file under its own name without the ending.

    Parameters
    ----------
    packed : Path
        The archive.
    folder : Path
        Folder to fill.
    """
    with gzip.open(packed) as source, open(folder / packed.stem, "wb") as target:
        shutil.copyfileobj(source, target)


def unpack_tar(packed: Path, folder: Path) -> None:
    """Unpack a tar archive, compressed or not; nothing is written outside the folder.

    Parameters
    ----------
    packed : Path
        The archive.
    folder : Path
        Folder to fill.
    """
    with tarfile.open(packed) as archive:
        archive.extractall(folder, filter="data")


def unpack_zip(packed: Path, folder: Path) -> None:
    """Unpack a zip archive; nothing is written outside the folder.

    Parameters
    ----------
    packed : Path
        The archive.
    folder : Path
        Folder to fill.
    """
    with zipfile.ZipFile(packed) as archive:
        archive.extractall(folder)


_DAMAGED = (tarfile.TarError, zipfile.BadZipFile)


def _room_in(folder, name):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=folder, prefix=".part-")
    except OSError as error:
        _stop_if_full(error, name, folder)
        raise DownloadError(
            error.errno,
            f"{name} cannot be written to {folder} ({error.strerror}): make that folder "
            f"writable, or set XDG_CACHE_HOME to one that is",
        ) from error


def _retrieve(url, remote, folder):
    pooch.get_logger().setLevel("WARNING")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns) as progress:
        bar = _Bar(progress, remote.name)
        return Path(
            pooch.retrieve(
                url,
                known_hash=f"md5:{remote.md5}",
                path=folder,
                fname=remote.name,
                downloader=pooch.HTTPDownloader(progressbar=bar, timeout=TIMEOUT),
            )
        )


def _put(packed, unpacked, folder, unpack):
    shutil.rmtree(unpacked, ignore_errors=True)
    unpacked.mkdir()
    unpack(packed, unpacked)
    for path in sorted(unpacked.iterdir()):
        _move(path, folder / path.name)


def _move(path, target):
    if path.is_dir() and target.is_dir():
        for inner in sorted(path.iterdir()):
            _move(inner, target / inner.name)
    else:
        path.replace(target)  # on the same disk, so it is there at once


def _as_it_is(packed, folder):
    packed.replace(folder / packed.name)


def _stop_if_full(error, name, folder):
    if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
        raise DownloadError(
            errno.ENOSPC,
            f"No space left on device for {name} in {folder}: free some, or set XDG_CACHE_HOME "
            f"to a folder on a larger disk. Nothing of it was kept",
        ) from error


class _Bar:
    """What pooch expects of a progress bar, drawn by rich."""

    def __init__(self, progress, name):
        self.progress = progress
        self.task = progress.add_task(name, total=None)
        self.total = 0

    def update(self, num_bytes):
        self.progress.update(self.task, advance=num_bytes, total=self.total)

    def reset(self):
        self.progress.reset(self.task)

    def close(self):
        self.progress.refresh()
