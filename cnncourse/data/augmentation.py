"""Augmentations by name, on whole batches, each image drawn for by itself.

Transforms of torchvision v2 draw once for all that they are given. Here flips, crops and turns
are drawn for a batch at once, a number an image; the rest goes through v2 image by image.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torchvision.transforms import v2

from cnncourse.data.augment import RandomAffine
from cnncourse.data.records.record import unknown

# Each augmentation's parameters and what they are unless told otherwise.
DEFAULTS = {
    "rescale": {},
    "hflip": {"p": 0.5},
    "vflip": {"p": 0.5},
    "crop": {"padding": 4},
    "rotation": {"degrees": 15.0},
    "shear": {"degrees": 10.0},
    "zoom": {"amount": 0.1},
    "shift": {"pixels": 2.0},
    "colour": {"brightness": 0.4, "contrast": 0.4, "saturation": 0.4, "hue": 0.0},
    "erasing": {"p": 0.5, "largest": 0.25},
    "randaugment": {"num_ops": 2, "magnitude": 9},
    "mixup": {"alpha": 1.0, "num_classes": None},
    "cutmix": {"alpha": 1.0, "num_classes": None},
}
_SHARES = ("p", "amount", "largest", "brightness", "contrast", "saturation")
_MIXING = ("mixup", "cutmix")
_ALONE = {"rotation": "degrees", "zoom": "scale", "shift": "shift"}  # parts of RandomAffine


@dataclass(frozen=True)
class Augmentation:
    """One augmentation with its parameters; `named` makes it.

    Parameters
    ----------
    name : str
        A name of `DEFAULTS`.
    parameters : tuple of (str, object)
        Its parameters, all of them.
    """

    name: str
    parameters: tuple[tuple[str, object], ...]

    @property
    def mixes_labels(self) -> bool:
        """Tell whether labels become shares of several classes."""
        return self.name in _MIXING

    def __repr__(self) -> str:
        inside = ", ".join(f"{key}={value!r}" for key, value in self.parameters)
        return f"{self.name}({inside})"

    def __call__(
        self, images: Tensor, generator: torch.Generator, labels: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Augment a batch.

        Parameters
        ----------
        images : (N, C, H, W) tensor of float32 or uint8
            Pixels in [0, 1], or bytes; left as they are.
        generator : torch.Generator
            Where all chance comes from.
        labels : tensor, optional
            (N,) class numbers, or (N, classes) shares, which mixing augmentations need.

        Returns
        -------
        images : tensor like `images`
            The augmented batch, alone when no labels were given; "rescale" makes it float32.
        labels : (N,) or (N, classes) tensor
            The labels, mixed where the images are.

        Raises
        ------
        ValueError
            If the images are no batch, or labels are missing that have to be mixed.
        """
        if images.ndim != 4:
            raise ValueError(f"images have shape {tuple(images.shape)}, not (N, C, H, W)")
        if self.mixes_labels:
            return _mix(self.name, images, generator, labels, **dict(self.parameters))
        changed = _CHANGES[self.name](images, generator, **dict(self.parameters))
        return changed if labels is None else (changed, labels)


@dataclass(frozen=True)
class Chain:
    """Several augmentations, one after the other; `chain` makes it.

    Parameters
    ----------
    parts : tuple
        Augmentations in their order.
    """

    parts: tuple[object, ...]

    @property
    def mixes_labels(self) -> bool:
        """Tell whether labels become shares of several classes."""
        return any(getattr(part, "mixes_labels", False) for part in self.parts)

    def __repr__(self) -> str:
        return f"chain({', '.join(map(repr, self.parts))})"

    def __call__(
        self, images: Tensor, generator: torch.Generator, labels: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        """Augment a batch, as `Augmentation` does."""
        for part in self.parts:
            if getattr(part, "mixes_labels", False):
                images, labels = part(images, generator, labels)
            else:
                images = part(images, generator)
        return images if labels is None else (images, labels)


def named(name: str, **parameters: object) -> Augmentation:
    """Make an augmentation from its name.

    Parameters
    ----------
    name : str
        One of "rescale" (bytes to [0, 1]), "hflip", "vflip", "crop" (zeros around, then a window
        of the old size), "rotation", "shear", "zoom", "shift", "colour", "erasing",
        "randaugment", "mixup", "cutmix".
    **parameters
        What differs from `DEFAULTS`: `p` is a probability; `degrees`, `amount` and `pixels` are
        the largest turn, slant, relative change of size and move, drawn evenly both ways;
        `largest` is the largest share of the image that is erased; colours change by factors
        from 1 minus to 1 plus the number; `num_classes` is needed to mix class numbers.

    Returns
    -------
    Augmentation
        A callable of (images, generator).

    Raises
    ------
    ValueError
        If there is no such augmentation or parameter, or a number is out of its range.

    Examples
    --------
    >>> named("rotation", degrees=20)
    rotation(degrees=20)
    >>> images = torch.rand(3, 1, 6, 7)
    >>> named("hflip")(images, torch.Generator().manual_seed(0)).shape
    torch.Size([3, 1, 6, 7])
    """
    if name not in DEFAULTS:
        raise ValueError(unknown(name, tuple(DEFAULTS), "augmentation"))
    for key, value in parameters.items():
        if key not in DEFAULTS[name]:
            there = tuple(DEFAULTS[name]) or ("none",)
            raise ValueError(f"{name}: {unknown(key, there, 'parameter')}")
        _check(name, key, value)
    return Augmentation(name, tuple((DEFAULTS[name] | parameters).items()))


def chain(*parts: object) -> Chain:
    """Put augmentations one after the other.

    Parameters
    ----------
    *parts : Augmentation, str or callable
        Augmentations, names of such, or callables of (images, generator) like `RandomAffine`.

    Returns
    -------
    Chain
        A callable of (images, generator).

    Examples
    --------
    >>> chain("hflip", named("crop", padding=2))
    chain(hflip(p=0.5), crop(padding=2))
    """
    return Chain(tuple(named(part) if isinstance(part, str) else part for part in parts))


def _check(name, key, value):
    if key == "num_classes":
        good = value is None or (isinstance(value, int) and value >= 2)
        wanted = "a number of classes, at least 2"
    elif key in _SHARES:
        good, wanted = 0 <= value <= 1, "from 0 to 1"
    elif key == "alpha":
        good, wanted = value > 0, "above 0"
    elif key == "hue":
        good, wanted = 0 <= value <= 0.5, "from 0 to 0.5"
    elif name == "shear":
        good, wanted = 0 <= value < 90, "from 0 to below 90"
    else:
        good, wanted = value >= 0, "at least 0"
    if not good:
        raise ValueError(f"{key} of {name} is {value}, it must be {wanted}")


@contextlib.contextmanager
def _chance_from(generator: torch.Generator) -> Iterator[None]:
    """Have v2 draw from a stream of its own: it knows only the global one, which is put back."""
    seed = int(torch.randint(2**62, (), generator=generator, device=generator.device))
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def _drawn(p, images, generator):
    return (torch.rand(len(images), generator=generator) < p).to(images.device)


def _rescale(images, generator):
    return v2.functional.to_dtype(images, torch.float32, scale=True)


def _flip(flip):
    def change(images, generator, *, p):
        chosen = _drawn(p, images, generator)
        changed = images.clone()
        changed[chosen] = flip(images[chosen])
        return changed

    return change


def _crop(images, generator, *, padding):
    N, _, H, W = images.shape
    padded = v2.functional.pad(images, [padding])
    places = torch.randint(2 * padding + 1, (2, N, 1), generator=generator)
    rows = (places[0] + torch.arange(H)).to(images.device)  # (N, H)
    columns = (places[1] + torch.arange(W)).to(images.device)  # (N, W)
    batch = torch.arange(N, device=images.device).view(N, 1, 1)
    windows = padded[batch, :, rows[:, :, None], columns[:, None, :]]  # (N, H, W, C)
    return windows.permute(0, 3, 1, 2)


def _affine(images, generator, **amounts):
    nothing = {"degrees": 0.0, "scale": 0.0, "shear": 0.0, "shift": 0.0}
    change = RandomAffine(**(nothing | amounts))
    if images.dtype != torch.uint8:
        return change(images, generator)
    return change(images.float(), generator).round_().clamp_(0, 255).to(torch.uint8)


def _only(name):
    def change(images, generator, **parameters):
        (amount,) = parameters.values()
        return _affine(images, generator, **{_ALONE[name]: float(amount)})

    return change


def _shear(images, generator, *, degrees):
    return _affine(images, generator, shear=math.tan(math.radians(degrees)))


def _one_by_one(transform, images, generator):
    with _chance_from(generator):
        return torch.stack([transform(image) for image in images])


def _colour(images, generator, *, brightness, contrast, saturation, hue):
    return _one_by_one(v2.ColorJitter(brightness, contrast, saturation, hue), images, generator)


def _erasing(images, generator, *, p, largest):
    chosen = _drawn(p, images, generator)
    changed = images.clone()
    if chosen.any() and largest > 0:
        transform = v2.RandomErasing(p=1.0, scale=(min(0.02, largest), largest))
        changed[chosen] = _one_by_one(transform, images[chosen], generator)
    return changed


def _randaugment(images, generator, *, num_ops, magnitude):
    return _one_by_one(v2.RandAugment(num_ops, magnitude), images, generator)


def _mix(name, images, generator, labels, *, alpha, num_classes):
    if labels is None:
        raise ValueError(f"{name} mixes labels as it mixes images: call it with labels")
    if labels.ndim == 1 and num_classes is None:
        raise ValueError(
            f'class numbers have to become shares: named("{name}", num_classes=...), or pass '
            f"labels as (N, classes) rows"
        )
    transform = {"mixup": v2.MixUp, "cutmix": v2.CutMix}[name]
    number = num_classes if labels.ndim == 1 else None
    with _chance_from(generator):
        return transform(alpha=alpha, num_classes=number)(images, labels)


_CHANGES = {
    "rescale": _rescale,
    "hflip": _flip(v2.functional.horizontal_flip),
    "vflip": _flip(v2.functional.vertical_flip),
    "crop": _crop,
    "rotation": _only("rotation"),
    "shear": _shear,
    "zoom": _only("zoom"),
    "shift": _only("shift"),
    "colour": _colour,
    "erasing": _erasing,
    "randaugment": _randaugment,
}
