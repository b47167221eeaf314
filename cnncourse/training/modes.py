"""Whether a capstone runs in seconds on what is built in, or in earnest on the real data."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TypeVar

from cnncourse.data import at_hand

VARIABLE = "CNNCOURSE_MODE"
MODES = ("smoke", "full")
T = TypeVar("T")


@dataclass(frozen=True)
class Mode:
    """How much a notebook does.

    Parameters
    ----------
    name : {"smoke", "full"}
        "smoke" trains for seconds on what is built in, "full" in earnest on the real data.
    why : str
        What decided it, for the first line that a notebook prints.

    Examples
    --------
    >>> mode = Mode("smoke", "as asked")
    >>> epochs, seeds = mode.choose(smoke=(2, (0,)), full=(20, (0, 1, 2)))
    >>> epochs, mode.is_full, str(mode)
    (2, False, 'smoke')
    """

    name: str
    why: str = ""

    @property
    def is_full(self) -> bool:
        """Tell whether it is done in earnest."""
        return self.name == "full"

    def choose(self, *, smoke: T, full: T) -> T:
        """Pick the value that belongs to the mode.

        Parameters
        ----------
        smoke, full : object
            One value for each mode.

        Returns
        -------
        object
            One of the two.
        """
        return full if self.is_full else smoke

    def __str__(self) -> str:
        return self.name


def mode(*datasets: str) -> Mode:
    """Choose the mode of a notebook: what CNNCOURSE_MODE says, else full if the data is here.

    Parameters
    ----------
    *datasets : str
        Names of the datasets that full mode trains on, as `cnncourse.data.load` knows them.

    Returns
    -------
    Mode
        "smoke" or "full", and why.

    Raises
    ------
    ValueError
        If the variable holds another word, or a dataset is unknown.

    Examples
    --------
    >>> mode("digits").name  # built in, so always at hand
    'full'
    """
    missing = [name for name in datasets if not at_hand(name)]
    asked = os.environ.get(VARIABLE, "")
    if asked and asked not in MODES:
        raise ValueError(f'{VARIABLE} is {asked!r}, it must be "smoke" or "full", or not be set')
    if asked:
        return Mode(asked, f"{VARIABLE} says so")
    if missing:
        return Mode("smoke", f"not at hand: {', '.join(missing)}")
    return Mode("full", f"at hand: {', '.join(datasets) or 'nothing is needed'}")
