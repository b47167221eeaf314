"""Where datasets lie: the folder that CNNCOURSE_DATA names, else the cache folder."""

from __future__ import annotations

import os
from pathlib import Path

import pooch


def cache_folder() -> Path:
    """Name the folder that downloads go to.

    Returns
    -------
    Path
        A folder of the operating system's cache, which may not be there yet.
    """
    return Path(pooch.os_cache("cnncourse"))


def folders() -> tuple[Path, ...]:
    """List where datasets are looked for, in that order.

    Returns
    -------
    tuple of Path
        The folder that the environment variable `CNNCOURSE_DATA` names, and the cache folder.
    """
    named = os.environ.get("CNNCOURSE_DATA")
    return (Path(named), cache_folder()) if named else (cache_folder(),)


def folder_with(*paths: str) -> Path | None:
    """Find the first of the folders that holds all of some files.

    Parameters
    ----------
    *paths : str
        Files or folders, by their paths inside the folder looked for.

    Returns
    -------
    Path or None
        The folder, or None where none holds them all.
    """
    for folder in folders():
        if all((folder / path).exists() for path in paths):
            return folder
    return None


def first_of(*paths: str) -> Path | None:
    """Find the first of several files that there is.

    Parameters
    ----------
    *paths : str
        Files or folders, by their paths inside the folders; the first is tried first.

    Returns
    -------
    Path or None
        The file, or None where there is none of them.
    """
    for path in paths:
        folder = folder_with(path)
        if folder is not None:
            return folder / path
    return None


def by_hand(title: str, reason: str, steps: list[str]) -> str:
    """Write the message for a dataset that is not there: why, and what to do.

    Parameters
    ----------
    title : str
        What people call the dataset.
    reason : str
        Why it cannot be had without help.
    steps : list of str
        What to do, in order.

    Returns
    -------
    str
        Several lines for an error.
    """
    numbered = [f"  {number}. {step}" for number, step in enumerate(steps, 1)]
    return "\n".join(
        [
            f"{title} is not on this machine, and {reason}",
            "Do it by hand:",
            *numbered,
            'Everything in the course also runs without it: load("digits"), load("shapes32").',
        ]
    )
