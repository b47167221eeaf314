"""Augmentation of a whole batch at once: callables of (images, generator)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class RandomAffine:
    """Turn, scale, shear and shift each image by its own random amounts.

    Amounts are uniform between minus and plus the number given; 0 switches one off.

    Parameters
    ----------
    degrees : float, default 10
        Largest turn.
    scale : float, default 0.1
        Largest relative change of size, below 1.
    shear : float, default 0.1
        Largest slant, as pixels across for each pixel down.
    shift : float, default 2
        Largest move in pixels, in each direction.

    Raises
    ------
    ValueError
        If `scale` would shrink an image to nothing.

    Examples
    --------
    >>> images = torch.ones(3, 1, 6, 7)
    >>> RandomAffine()(images, torch.Generator().manual_seed(0)).shape
    torch.Size([3, 1, 6, 7])
    """

    degrees: float = 10.0
    scale: float = 0.1
    shear: float = 0.1
    shift: float = 2.0

    def __post_init__(self) -> None:
        if not abs(self.scale) < 1:
            raise ValueError(f"scale is {self.scale}, it must be below 1")

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Distort (N, C, H, W) images; what comes in from outside is 0."""
        N, _, H, W = images.shape
        draws = torch.rand(5, N, generator=generator) * 2 - 1  # on the CPU: one stream a seed
        angle, size, slant, down, across = draws.to(images.device, images.dtype)
        angle = torch.deg2rad(self.degrees * angle)
        size = 1 + self.scale * size
        cos, sin = angle.cos() / size, angle.sin() / size
        slant = self.shear * slant
        # grid_sample counts from -1 to 1 along each side, so a turn is undistorted only in pixels.
        rows = [
            [cos, (slant * cos - sin) * H / W, 2 * self.shift / W * across],
            [sin * W / H, slant * sin + cos, 2 * self.shift / H * down],
        ]
        theta = torch.stack([torch.stack(row) for row in rows]).permute(2, 0, 1)  # (N, 2, 3)
        grid = F.affine_grid(theta, images.shape, align_corners=False)
        return F.grid_sample(images, grid, align_corners=False)
