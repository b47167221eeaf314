"""MNIST: found in a folder, or downloaded into the cache file by file; torchvision reads it."""

from __future__ import annotations

import gzip
import os
import shutil
import tempfile
import zlib
from pathlib import Path

import pooch
import torch
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn
from torch import Tensor
from torchvision.datasets import MNIST

CLASSES = tuple("0123456789")
TIMEOUT = 30  # seconds without an answer


def at_hand() -> bool:
    """Tell whether the four files lie in `CNNCOURSE_DATA` or in the cache."""
    return _folder_at_hand() is not None


def load(split: str) -> tuple[Tensor, Tensor, tuple[str, ...]]:
    """Read one split, after a download where it is needed.

    Parameters
    ----------
    split : {"train", "test"}
        Part to read: 60,000 or 10,000 images.

    Returns
    -------
    images : (N, 1, 28, 28) tensor of float32
        Pixels in [0, 1], ink bright.
    labels : (N,) tensor of int64
        Digits.
    classes : tuple of str
        Names of the digits.

    Raises
    ------
    OSError
        If the files cannot be downloaded or are damaged.
    """
    folder = _folder_at_hand() or _download()
    try:
        files = MNIST(folder, train=split == "train", download=False)
    except (AssertionError, EOFError, IndexError, KeyError, RuntimeError, ValueError) as error:
        raise OSError(
            f"the MNIST files in {folder / 'MNIST' / 'raw'} are damaged ({error}): "
            f"delete that folder and load MNIST again"
        ) from error
    images = files.data[:, None].to(torch.float32).div_(255)
    return images, files.targets.to(torch.int64), CLASSES


def cache_folder() -> Path:
    """Name the folder that downloads go to; `MNIST/raw` is made in it."""
    return Path(pooch.os_cache("cnncourse"))


def _folder_at_hand():
    for folder in (Path(os.environ.get("CNNCOURSE_DATA") or cache_folder()), cache_folder()):
        if all((folder / "MNIST" / "raw" / name).is_file() for name in _file_names()):
            return folder
    return None


def _file_names():
    return [Path(archive).stem for archive, _ in MNIST.resources]


def _download():
    # Each file appears whole or not at all, so a download that was cut off goes on where it was.
    folder = cache_folder()
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True, exist_ok=True)
    for archive, md5 in MNIST.resources:
        if not (raw / Path(archive).stem).is_file():
            _fetch(archive, md5, raw)
    return folder


def _fetch(archive, md5, raw):
    failures = []
    for mirror in MNIST.mirrors:
        with tempfile.TemporaryDirectory(dir=raw, prefix=".part-") as part:
            try:
                packed = _retrieve(f"{mirror}{archive}", md5, part)
                unpacked = Path(part) / "unpacked"
                with gzip.open(packed) as source, open(unpacked, "wb") as target:
                    shutil.copyfileobj(source, target)
                unpacked.replace(raw / Path(archive).stem)
                return
            # What requests raises is an OSError; a wrong checksum is pooch's ValueError.
            except (OSError, EOFError, ValueError, zlib.error) as error:
                reason = getattr(error, "strerror", None) or type(error).__name__
                failures.append(f"  {mirror}: {reason}")
    raise OSError(_by_hand(archive, raw, failures))


def _retrieve(url, md5, folder):
    pooch.get_logger().setLevel("WARNING")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns) as progress:
        return pooch.retrieve(
            url,
            known_hash=f"md5:{md5}",
            path=folder,
            fname=url.rsplit("/", 1)[1],
            downloader=pooch.HTTPDownloader(progressbar=_Bar(progress, url), timeout=TIMEOUT),
        )


class _Bar:
    """What pooch expects of a progress bar, drawn by rich."""

    def __init__(self, progress, url):
        self.progress = progress
        self.task = progress.add_task(url.rsplit("/", 1)[1], total=None)
        self.total = 0

    def update(self, num_bytes):
        self.progress.update(self.task, advance=num_bytes, total=self.total)

    def reset(self):
        self.progress.reset(self.task)

    def close(self):
        self.progress.refresh()


def _by_hand(archive, raw, failures):
    return "\n".join(
        [
            f"MNIST is not on this machine, and {archive} could not be downloaded:",
            *failures,
            "Without a network, do it by hand:",
            f"  1. on another machine, download {', '.join(a for a, _ in MNIST.resources)}",
            "     from one of the addresses above and unpack them (gunzip);",
            f"  2. put the four files into {raw},",
            "     or into a folder MNIST/raw of your own and set CNNCOURSE_DATA to the folder",
            "     that holds MNIST.",
            'Everything in the course also runs without MNIST: load("digits").',
        ]
    )
