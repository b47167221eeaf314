"""Checkpoints: written whole or not at all, read only into the run they belong to."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import torch
from torch import Tensor


class CheckpointError(ValueError):
    """A checkpoint that belongs to another run; the message says where they differ."""


def prepare(path: Path) -> None:
    """Make the folder of a checkpoint, and find out before the first pass if one can be written.

    Parameters
    ----------
    path : Path
        File that will be written.

    Raises
    ------
    OSError
        If it is a folder, or its folder cannot be written to.
    """
    if path.is_dir():
        raise IsADirectoryError(
            f"{path} is a folder: name a file in it, such as {path / 'run.pt'}"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise OSError(f"no checkpoint can be written to {path.parent}: {error}") from error


def save(state: dict, path: Path) -> None:
    """Write a checkpoint so that the file is the old one or the new one, never a half.

    Parameters
    ----------
    state : dict
        What `torch.save` can write.
    path : Path
        File to write, in a folder that is there.

    Raises
    ------
    OSError
        If it cannot be written, the disk being full for example; the old file is whole.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    part = None
    try:
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        with os.fdopen(handle, "wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException as error:
        if part is not None:
            Path(part).unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        kept = "the one before it is whole" if path.exists() else "there was none before it"
        raise OSError(
            f"the checkpoint {path} could not be written ({error}); {kept}. Make room and run "
            f"again: the run goes on from the last checkpoint"
        ) from error


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


def require_same_layers(path: Path, saved: dict[str, Tensor], own: dict[str, Tensor]) -> None:
    """Refuse the weights of another model before the first of them is copied.

    Parameters
    ----------
    path : Path
        Where they were read.
    saved, own : dict of str to tensor
        Weights of the checkpoint and of the model.

    Raises
    ------
    CheckpointError
        If a name, a shape or a type differs.
    """
    for name in (*own, *saved):
        here, there = (_look(weights, name) for weights in (own, saved))
        if here != there:
            raise CheckpointError(
                f"{path} is of another model: there {name} is {there}, here it is {here}. Delete "
                f"it or name another file"
            )


def _look(weights, name):
    if name not in weights:
        return "missing"
    shape = " x ".join(map(str, weights[name].shape)) or "one number"
    return f"{shape}, {str(weights[name].dtype).removeprefix('torch.')}"
