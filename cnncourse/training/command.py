"""What `cnncourse train` does: one network, one dataset, and a folder of what came of it."""

from __future__ import annotations

import inspect
import json
from pathlib import Path

import torch

from cnncourse.data import ImageSet, load
from cnncourse.data.augmentation import chain, named
from cnncourse.models import Network, create
from cnncourse.models.registry import MODELS
from cnncourse.training.history import History
from cnncourse.training.loop import train

SPLITS = ("train", "test")
MIXING = ("mixup", "cutmix")
FILES = ("record.json", "history.csv", "history.png", "weights.pt", "checkpoint.pt")


def train_into(
    folder: Path,
    network: str,
    dataset: str,
    *,
    size: int | None = None,
    augment: list[str] = (),
    seed: int = 0,
    **options: object,
) -> History:
    """Train a network on a dataset, and leave the run in a folder.

    Parameters
    ----------
    folder : Path
        Where `FILES` are written; a run that is in it already is continued.
    network : str
        One of `cnncourse.models.names()`.
    dataset : str
        One that `cnncourse.data.load` knows.
    size : int, optional
        Side in pixels to scale the images to.
    augment : list of str
        Names of augmentations, in their order.
    seed : int, default 0
        Fixes the starting weights as well as all chance while training.
    **options
        Passed on to `train`.

    Returns
    -------
    History
        The run.
    """
    train_set, test_set = (load(dataset, split, size=size, as_bytes=True) for split in SPLITS)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = network_for(network, train_set)
    history = train(
        model,
        train_set,
        test_set,
        augment=augmentation(augment, len(train_set.classes)),
        seed=seed,
        checkpoint=folder / "checkpoint.pt",
        **options,
    )
    write(history, folder, about={"network": network, "dataset": dataset, "size": size})
    torch.save(model.state_dict(), folder / "weights.pt")
    return history


def network_for(name: str, image_set: ImageSet) -> Network:
    """Build a network for the channels, the size and the classes of a set.

    Parameters
    ----------
    name : str
        One of `cnncourse.models.names()`.
    image_set : ImageSet
        What it is to be trained on.

    Returns
    -------
    Network
        With random weights.

    Raises
    ------
    ValueError
        If the name is unknown, or the network cannot take images of this size.
    """
    _, C, H, _ = image_set.images.shape
    takes = inspect.signature(MODELS[name]).parameters if name in MODELS else ()
    fitting = {"in_channels": C, "image_size": H}
    options = {option: value for option, value in fitting.items() if option in takes}
    return create(name, len(image_set.classes), **options)


def augmentation(names: list[str], num_classes: int) -> object | None:
    """Put augmentations into a chain, mixing ones with the number of classes they need.

    Parameters
    ----------
    names : list of str
        Names that `cnncourse.data.augmentation.named` knows.
    num_classes : int
        Classes of the dataset.

    Returns
    -------
    callable or None
        None where there are no names.
    """
    parts = [named(n, **({"num_classes": num_classes} if n in MIXING else {})) for n in names]
    return chain(*parts) if parts else None


def write(history: History, folder: Path, *, about: dict[str, object]) -> None:
    """Write a run's record, its figures and their picture.

    Parameters
    ----------
    history : History
        The run.
    folder : Path
        Where to.
    about : dict
        What the record says before all else.
    """
    from matplotlib.figure import Figure

    record = json.dumps(about | history.record, indent=1)
    (folder / "record.json").write_text(record + "\n", encoding="utf-8")
    history.to_csv(folder / "history.csv")
    figure = Figure(figsize=(7.2, 2.8), dpi=144, layout="constrained")
    for ax, what in zip(figure.subplots(1, 2), ("loss", "accuracy"), strict=True):
        history.plot(ax, what=what)
    figure.savefig(folder / "history.png")
