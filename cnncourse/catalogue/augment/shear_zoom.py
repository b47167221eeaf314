"""Images that lean, and images seen from nearer or farther."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.augment.sampling import (
    add_batch_mistakes,
    add_centre_mistakes,
    add_sampling_mistakes,
)
from cnncourse.catalogue.exercise import Case, exercise


@exercise("11_augment", section="17_augmentation#augment-geometry", outputs={"out": "N C H W"})
def shear(x, *, degrees):
    """Let images lean to the side, as PyTorch's affine_grid and grid_sample do."""
    return reference.shear(x, degrees=degrees)


@shear.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 16.0)).reshape(1, 1, 3, 5)
    yield Case("45 degrees: the top row moves by one pixel", {"x": x, "degrees": 45.0})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 6, 7))
    yield Case("several images and channels", {"x": x, "degrees": float(rng.uniform(20, 30))})
    yield Case("leaning to the left", {"x": x, "degrees": float(rng.uniform(-65, -55))})
    yield Case("upright: nothing changes", {"x": x, "degrees": 0.0})
    x = np.asfortranarray(rng.normal(size=(2, 3, 8, 3)))
    yield Case("rows that leave the image, stored otherwise", {"x": x, "degrees": 50.0})
    yield Case("a single row stays", {"x": x[:, :, :1], "degrees": 30.0})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 5, 4)), "degrees": 30.0})


@shear.mistake(
    "the images lean to the other side",
    hint="With positive degrees the rows above the centre move to the right. Which pixel of x "
    "does a pixel up there fetch then, one on its right or one on its left?",
)
def _(right, x, *, degrees):
    return right(x, degrees=-degrees)


@shear.mistake(
    "the degrees are taken for radians",
    hint="np.tan counts in radians, of which a full turn has 2 pi.",
)
def _(right, x, *, degrees):
    return right(x, degrees=np.degrees(degrees))


def _leaning(right, x, slope):
    """Ask for a slope, in pixels across for each pixel up."""
    return right(x, degrees=np.degrees(np.arctan(slope)))


@shear.mistake(
    "the angle itself is the slope",
    hint="At 45 degrees a row moves by one pixel more than its neighbour. What function of the "
    "angle is 1 there?",
)
def _(right, x, *, degrees):
    return _leaning(right, x, np.radians(degrees))


@shear.mistake(
    "the sine of the angle is the slope",
    hint="At 45 degrees a row moves by one pixel more than its neighbour: across divided by up.",
)
def _(right, x, *, degrees):
    return _leaning(right, x, np.sin(np.radians(degrees)))


@shear.mistake(
    "the columns move instead of the rows",
    hint="Lean to the side: every row is shifted along itself, and stays at its height.",
)
def _(right, x, *, degrees):
    return right(x.swapaxes(2, 3), degrees=degrees).swapaxes(2, 3)


@shear.mistake(
    "what leaves on one side comes back on the other",
    hint="np.roll leads around a drum, and moves by whole pixels. Outside the image there are "
    "zeros, and places lie between pixels.",
)
def _(right, x, *, degrees):
    H = x.shape[2]
    shifts = np.round(np.tan(np.radians(degrees)) * ((H - 1) / 2 - np.arange(H))).astype(int)
    rows = [np.roll(x[:, :, i], shift, axis=-1) for i, shift in enumerate(shifts)]
    return np.stack(rows, axis=2)


add_sampling_mistakes(shear)
add_centre_mistakes(shear)
add_batch_mistakes(shear)


@exercise("11_augment", section="17_augmentation#augment-geometry", outputs={"out": "N C H W"})
def zoom(x, *, factor):
    """Enlarge what images show, as PyTorch's affine_grid and grid_sample do."""
    return reference.zoom(x, factor=factor)


@zoom.cases
def _(rng):
    x = rng.permutation(np.arange(4.0, 48.0, 4)).reshape(1, 1, 1, 11)[..., :4].copy()
    yield Case("twice as large: a row of four pixels", {"x": x, "factor": 2.0})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 6, 7))
    yield Case("several images and channels", {"x": x, "factor": float(rng.uniform(1.2, 1.4))})
    yield Case("smaller: zeros around it", {"x": x, "factor": float(rng.uniform(0.5, 0.6))})
    yield Case("as large as before: nothing changes", {"x": x, "factor": 1.0})
    x = np.asfortranarray(rng.normal(size=(2, 3, 5, 8)))
    yield Case("much larger, stored in another order", {"x": x, "factor": 3.7})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 5, 4)), "factor": 2.0})


@zoom.mistake(
    "factors above 1 make things smaller",
    hint="A picture twice as large shows half as much: do your places lie farther apart than "
    "pixels, or closer together?",
)
def _(right, x, *, factor):
    return right(x, factor=1 / factor)


@zoom.mistake(
    "the image's corner stays in place instead of the centre",
    hint="(i + 0.5) / factor - 0.5 is how an image is resized. Here the centre of the image "
    "stays where it is.",
)
def _(right, x, *, factor):
    H, W = x.shape[2:]
    # With as many zeros before it, the corner is the centre.
    return right(np.pad(x, ((0, 0), (0, 0), (H, 0), (W, 0))), factor=factor)[..., H:, W:]


@zoom.mistake(
    "only the columns are zoomed",
    hint="Things grow in height and in width: which axis keeps its places?",
)
def _(right, x, *, factor):
    return np.concatenate([right(x[:, :, [i]], factor=factor) for i in range(x.shape[2])], axis=2)


@zoom.mistake(
    "only the rows are zoomed",
    hint="Things grow in height and in width: which axis keeps its places?",
)
def _(right, x, *, factor):
    columns = [right(x[..., [j]], factor=factor) for j in range(x.shape[3])]
    return np.concatenate(columns, axis=3)


@zoom.mistake(
    "the table of weights is used the other way round",
    hint="In table @ image the rows of the table belong to the pixels of the output: "
    "for which pixel does yours say where it comes from?",
)
def _(right, x, *, factor):
    rows, columns = (
        right(np.eye(size)[:, None, :, None], factor=factor)[:, 0, :, 0] for size in x.shape[2:]
    )
    return rows @ x @ columns.T


@zoom.mistake(
    "the centre is not added again",
    hint="A place counted from the centre is no column yet: with factor 1 every pixel has to "
    "stay where it is.",
)
def _(right, x, *, factor):
    H, W = x.shape[2:]
    return reference.affine(x, [[1 / factor, 0, 1 / W - 1], [0, 1 / factor, 1 / H - 1]])


@zoom.mistake(
    "the output grows with the factor",
    hint="The images keep their size: what does not fit into the frame is lost.",
)
def _(right, x, *, factor):
    rows, columns = (
        np.clip(np.arange(int(size * factor)) / factor, 0, size - 1).astype(int)
        for size in x.shape[2:]
    )
    return x[:, :, rows][..., columns]


add_sampling_mistakes(zoom)
add_centre_mistakes(zoom)
add_batch_mistakes(zoom)
