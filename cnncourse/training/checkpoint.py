"""Checkpoints: written whole or not at all, read only into the run they belong to."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import torch


class CheckpointError(ValueError):
    """A checkpoint that belongs to another run; the message says where they differ."""


def save(state: dict, path: Path) -> None:
    """Write a checkpoint so that the file is the old one or the new one, never a half.

    Parameters
    ----------
    state : dict
        What `torch.save` can write.
    path : Path
        File to write; its folder is made where needed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    buffer = io.BytesIO()
    torch.save(state, buffer)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise


def load(path: Path, settings: dict) -> dict:
    """Read a checkpoint and make sure that it belongs to a run with these settings.

    Parameters
    ----------
    path : Path
        File that `save` wrote.
    settings : dict
        Settings of the run that wants to go on.

    Returns
    -------
    dict
        What was saved.

    Raises
    ------
    CheckpointError
        If the file is no checkpoint, or a setting differs.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        saved = dict(state["settings"])
    except Exception as error:  # torch.load raises whatever its unpickler raises
        raise CheckpointError(
            f"{path} is no checkpoint of this course ({type(error).__name__}): "
            f"delete it or name another file"
        ) from error
    for name, wanted in settings.items():
        if saved.get(name) != wanted:
            raise CheckpointError(
                f"{path} is of another run: its {name} is {saved.get(name)!r}, this run's is "
                f"{wanted!r}. Delete it or name another file"
            )
    return state
