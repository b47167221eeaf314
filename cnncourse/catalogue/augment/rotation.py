"""Images turned about their centre."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.augment.sampling import (
    add_batch_mistakes,
    add_centre_mistakes,
    add_sampling_mistakes,
)
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.windows import pad_spatial


@exercise("11_augment", section="17_augmentation#augment-geometry", outputs={"out": "N C H W"})
def rotate(x, *, degrees):
    """Turn images, as PyTorch's affine_grid and grid_sample do."""
    return reference.rotate(x, degrees=degrees)


@rotate.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 10.0)).reshape(1, 1, 3, 3)
    yield Case("a quarter of a turn to the left", {"x": x, "degrees": 90.0})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 5, 7))
    yield Case("several images and channels", {"x": x, "degrees": float(rng.uniform(20, 35))})
    yield Case("negative: to the right", {"x": x, "degrees": float(rng.uniform(-70, -55))})
    yield Case("no turn: nothing changes", {"x": x, "degrees": 0.0})
    x = np.asfortranarray(rng.normal(size=(2, 3, 6, 8)))
    yield Case("even sizes, stored in another order", {"x": x, "degrees": 130.0})
    yield Case("more than a full turn", {"x": x[:, :, :5, :5], "degrees": 400.0})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 5, 4)), "degrees": 30.0})


@rotate.mistake(
    "the images turn the other way",
    hint="Rows are counted downwards, and every pixel of the output fetches from x: each of the "
    "two turns the sense of the formula round. Try 90 degrees on paper.",
)
def _(right, x, *, degrees):
    return right(x, degrees=-degrees)


@rotate.mistake(
    "the degrees are taken for radians",
    hint="np.cos and np.sin count in radians, of which a full turn has 2 pi.",
)
def _(right, x, *, degrees):
    return right(x, degrees=np.degrees(degrees))


@rotate.mistake(
    "pixels are sent to their new places, which leaves holes",
    hint="Go through the pixels of the output and fetch each from x: then none is left out and "
    "none is hit twice.",
)
def _(right, x, *, degrees):
    H, W = x.shape[2:]
    i, j = np.mgrid[-2.0 : H + 2, -2.0 : W + 2]  # two more, so that nothing fades
    turned = right(np.array([[i, j, np.ones_like(i)]]), degrees=-degrees)[0, :, 2:-2, 2:-2]
    rows, columns = np.rint(turned[:2]).astype(int)
    arrive = (turned[2] > 1 - 1e-6) & (rows >= 0) & (rows < H) & (columns >= 0) & (columns < W)
    out = np.zeros_like(x)
    out[:, :, rows[arrive], columns[arrive]] = x[:, :, arrive]
    return out


@rotate.mistake(
    "the turn also stretches, because both axes run from -1 to 1",
    hint="A step of 1 is half the height on the one axis and half the width on the other. "
    "Count in pixels.",
)
def _(right, x, *, degrees):
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return reference.affine(x, [[cos, -sin, 0], [sin, cos, 0]])


def _by_matrix(x, degrees, signs, shift=0):
    """Sample where a matrix in pixels says, its sines signed otherwise, or moved altogether."""
    H, W = x.shape[2:]
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    across, down = [cos, signs[0] * sin * H / W], [signs[1] * sin * W / H, cos]
    return reference.affine(x, [[*across, shift * (1 / W - 1)], [*down, shift * (1 / H - 1)]])


for _name, _signs in (("added", (1, 1)), ("subtracted", (-1, -1))):

    @rotate.mistake(
        f"both sines are {_name}",
        hint="In one of the two formulas the sine is added, in the other it is taken away. "
        "Try 90 degrees: where does the pixel below the centre come from, and where the one to "
        "the right?",
    )
    def _(right, x, *, degrees, _signs=_signs):
        return _by_matrix(x, degrees, _signs)


@rotate.mistake(
    "the centre is not added again",
    hint="A place counted from the centre is no row or column yet: at 0 degrees every pixel has "
    "to stay where it is.",
)
def _(right, x, *, degrees):
    return _by_matrix(x, degrees, (-1, 1), shift=1)


@rotate.mistake(
    "rows and columns of the places are exchanged",
    hint="x[n, c, row, column]: in your formula, which of the two coordinates counts downwards?",
)
def _(right, x, *, degrees):
    H, W = x.shape[2:]
    h, w = (max(W - H, 0) // 2, max(H - W, 0) // 2)
    square = pad_spatial(x, (h, w), (h, w)).swapaxes(2, 3)
    return right(square, degrees=degrees)[..., h : h + H, w : w + W]


@rotate.mistake(
    "the output is large enough for the whole turned image",
    hint="The images keep their size: what is turned out of the frame is lost.",
)
def _(right, x, *, degrees):
    H, W = x.shape[2:]
    cos, sin = abs(np.cos(np.radians(degrees))), abs(np.sin(np.radians(degrees)))
    h, w = (
        max(int(np.ceil(size - before - 1e-9)), 0)
        for size, before in ((H * cos + W * sin, H), (W * cos + H * sin, W))
    )
    larger = pad_spatial(x, (h // 2, w // 2), (h - h // 2, w - w // 2))
    return right(larger, degrees=degrees)


add_sampling_mistakes(rotate)
add_centre_mistakes(rotate)
add_batch_mistakes(rotate)
