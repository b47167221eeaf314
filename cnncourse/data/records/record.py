"""The form of a record, and of a collection of them."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LEVELS = ("built in", "beginner", "intermediate", "advanced")
WAYS = ("built in", "torchvision", "download", "Kaggle", "application")
NOT_STATED = "not stated"


@dataclass(frozen=True)
class LabelChange:
    """An augmentation after which a label may no longer be right.

    Parameters
    ----------
    augmentation : str
        Its name in `cnncourse.data.augmentation`.
    why : str
        What happens to the label.
    beyond : float, default 0
        Amount up to which nothing happens, in the augmentation's own unit.
    """

    augmentation: str
    why: str
    beyond: float = 0


@dataclass(frozen=True)
class Dataset:
    """What is known of a dataset.

    Parameters
    ----------
    name : str
        What `cnncourse.data.load` takes.
    title : str
        What people call it.
    level : {"built in", "beginner", "intermediate", "advanced"}
        For whom.
    task : str
        What is asked of a network.
    num_classes : int
        How many answers there are.
    images : tuple of (str, int)
        How many images, clips or videos each part holds, as (part, number).
    size : (int, int) or None
        Height and width in pixels; None where they vary.
    channels : int
        1 for grey, 3 for colour.
    licence : str
        What its makers permit, or "not stated" where their page does not say.
    home : str
        Address of its home page; empty for what this course draws itself.
    citation : str
        The paper to cite.
    obtained : {"built in", "torchvision", "download", "Kaggle", "application"}
        How one gets it.
    sources : tuple of str
        Where the figures above were checked.
    torchvision : str, optional
        Class of `torchvision.datasets` that reads it.
    loader : str, optional
        Module that loads it into memory; None where this package does not.
    unit : str, default "images"
        What `images` counts.
    about : bool, default False
        Whether the numbers of `images` are rounded by the makers themselves.
    note : str, optional
        What to know before using it.
    label_changes : tuple of LabelChange
        Which augmentations spoil its labels.

    Raises
    ------
    ValueError
        If the level or the way to obtain it is none of those above.
    """

    name: str
    title: str
    level: str
    task: str
    num_classes: int
    images: tuple[tuple[str, int], ...]
    size: tuple[int, int] | None
    channels: int
    licence: str
    home: str
    citation: str
    obtained: str
    sources: tuple[str, ...]
    torchvision: str | None = None
    loader: str | None = None
    unit: str = "images"
    about: bool = False
    note: str = ""
    label_changes: tuple[LabelChange, ...] = ()

    def __post_init__(self) -> None:
        for field, allowed in (("level", LEVELS), ("obtained", WAYS)):
            if getattr(self, field) not in allowed:
                raise ValueError(
                    f"{field} of {self.name!r} is {getattr(self, field)!r}, it must be one of "
                    f"{', '.join(allowed)}"
                )

    def num_images(self, split: str) -> int:
        """Tell how many images a part holds.

        Parameters
        ----------
        split : str
            Name of the part, "train" for example.

        Returns
        -------
        int
            Number of images, clips or videos.

        Raises
        ------
        ValueError
            If there is no such part.
        """
        counts = dict(self.images)
        if split not in counts:
            raise ValueError(f"{self.name} has no part {split!r}, it has {', '.join(counts)}")
        return counts[split]

    def row(self) -> dict[str, str]:
        """Put the record into words, a column of the table each.

        Returns
        -------
        dict of str to str
            Title, level, task, classes, images, size, licence, way to obtain and home page.
        """
        around = "about " if self.about else ""
        side = "varies" if self.size is None else " x ".join(map(str, self.size))
        counts = ", ".join(f"{around}{n:,} {part}" for part, n in self.images)
        way = f"torchvision `{self.torchvision}`" if self.torchvision else self.obtained
        if self.torchvision and self.obtained in ("Kaggle", "application"):
            way = f"{self.obtained}, then {way}"
        return {
            "Dataset": f"[{self.title}]({self.home})" if self.home else self.title,
            "Level": self.level,
            "Task": self.task,
            "Classes": f"{self.num_classes:,}",
            "Images": counts if self.unit == "images" else f"{counts} {self.unit}",
            "Size": f"{side}, {'grey' if self.channels == 1 else 'colour'}",
            "Licence": self.licence,
            "Obtained": way,
            "Loaded by": f'`load("{self.name}")`' if self.loader else "",
        }


class Catalogue(Mapping):
    """Records by name, in the order of the course.

    Parameters
    ----------
    records : iterable of Dataset
        The records; each name once.

    Examples
    --------
    >>> from cnncourse.data import catalogue
    >>> catalogue()["cifar10"].num_images("train")
    50000
    """

    def __init__(self, records: tuple[Dataset, ...]) -> None:
        self._records = {record.name: record for record in records}

    def __getitem__(self, name: str) -> Dataset:
        try:
            return self._records[name]
        except KeyError:
            raise KeyError(unknown(name, self._records)) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def __repr__(self) -> str:
        return f"<{len(self)} datasets: {', '.join(self)}>"

    def level(self, level: str) -> Catalogue:
        """Keep the datasets of one level.

        Parameters
        ----------
        level : {"built in", "beginner", "intermediate", "advanced"}
            For whom.

        Returns
        -------
        Catalogue
            Those records, in their order.

        Raises
        ------
        ValueError
            If there is no such level.
        """
        if level not in LEVELS:
            raise ValueError(f"level is {level!r}, it must be one of {', '.join(LEVELS)}")
        return Catalogue(tuple(r for r in self.values() if r.level == level))

    def table(self) -> str:
        """Write the records as a Markdown table, a line each.

        Returns
        -------
        str
            Header, rule and rows, without a final line break.

        Examples
        --------
        >>> from cnncourse.data import catalogue
        >>> print(catalogue().level("beginner").table().splitlines()[2][:50])
        | [MNIST](http://yann.lecun.com/exdb/mnist/) | beg
        """
        rows = [record.row() for record in self.values()]
        if not rows:
            return ""
        lines = [list(rows[0]), ["---"] * len(rows[0]), *(row.values() for row in rows)]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def unknown(name: object, names: Mapping | tuple[str, ...], what: str = "dataset") -> str:
    """Say that there is no such name, and which one is nearest.

    Parameters
    ----------
    name : object
        What was asked for.
    names : collection of str
        What there is.
    what : str, default "dataset"
        What the names name.

    Returns
    -------
    str
        A sentence for an error.

    Examples
    --------
    >>> unknown("mnits", ("mnist", "cifar10"))
    "no dataset is called 'mnits': did you mean 'mnist'?"
    """
    near = difflib.get_close_matches(str(name).lower(), names, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names)}"
    return f"no {what} is called {name!r}: {hint}"
