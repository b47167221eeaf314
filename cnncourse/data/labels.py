"""Which augmentations spoil which labels: the catalogue's remarks, as sentences and warnings."""

from __future__ import annotations

import warnings

from cnncourse.data.records import ALL

_MAIN = {"rotation": "degrees", "shear": "degrees", "zoom": "amount", "shift": "pixels"}
_AFFINE = {"rotation": "degrees", "shear": "shear", "zoom": "scale", "shift": "shift"}


class LabelWarning(UserWarning):
    """An augmentation after which some labels are no longer right."""


def remarks(name: str, augment: object) -> list[str]:
    """Say which labels of a dataset an augmentation spoils.

    Parameters
    ----------
    name : str
        Name of the dataset; of one that is unknown nothing is said.
    augment : Augmentation, Chain, RandomAffine or None
        What is done to its images; of other callables nothing is said.

    Returns
    -------
    list of str
        A sentence for each part that does harm.

    Examples
    --------
    >>> from cnncourse.data.augmentation import named
    >>> remarks("mnist", named("rotation", degrees=180))
    ['rotation by up to 180 spoils labels of MNIST: a 6 turned by half is a 9, and a 9 a 6']
    >>> remarks("mnist", named("rotation", degrees=15))
    []
    """
    if name not in ALL:
        return []
    entry = ALL[name]
    done = dict(_amounts(augment))
    sentences = []
    for change in entry.label_changes:
        amount = done.get(change.augmentation, 0)
        if amount > change.beyond:
            much = f" by up to {amount:g}" if change.beyond else ""
            sentences.append(
                f"{change.augmentation}{much} spoils labels of {entry.title}: {change.why}"
            )
    return sentences


def warn(name: str, augment: object) -> None:
    """Warn of what `remarks` says, a `LabelWarning` each.

    Parameters
    ----------
    name : str
        Name of the dataset.
    augment : Augmentation, Chain, RandomAffine or None
        What is done to its images.
    """
    for sentence in remarks(name, augment):
        warnings.warn(sentence, LabelWarning, stacklevel=3)


def _amounts(augment):
    """List each augmentation inside with how far it goes; the largest of one name comes last."""
    if hasattr(augment, "parts"):
        found = [pair for part in augment.parts for pair in _amounts(part)]
        return sorted(found, key=lambda pair: pair[1])
    if hasattr(augment, "parameters"):
        parameters = dict(augment.parameters)
        key = _MAIN.get(augment.name, "p")
        return [(augment.name, abs(parameters.get(key, parameters.get("padding", 1))))]
    return [
        (name, abs(getattr(augment, field)))
        for name, field in _AFFINE.items()
        if hasattr(augment, field)
    ]
