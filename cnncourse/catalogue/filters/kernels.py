"""The classical kernels of image processing."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

_SUM_TO_ONE = ("box", "gaussian")


@exercise("02_filters", section="03_filters#filters-kernels", outputs={"kernel": "KH KW"})
def make_kernel(name, *, size=3, sigma=1.0):
    """Build a classical kernel, to be cross-correlated with an image."""
    return reference.make_kernel(name, size=size, sigma=sigma)


@make_kernel.cases
def _(rng):
    yield Case("box: nine equal weights that sum to 1", {"name": "box"})
    size, sigma = int(rng.choice([5, 7, 9])), float(rng.uniform(1.1, 1.9))
    yield Case("sobel_x: a rise to the right is positive", {"name": "sobel_x"})
    yield Case("sobel_y: a rise downwards is positive", {"name": "sobel_y"})
    yield Case("laplacian: four neighbours against the centre", {"name": "laplacian"})
    yield Case("sharpen: the image less its Laplacian", {"name": "sharpen"})
    yield Case("box of another size", {"name": "box", "size": size})
    yield Case("gaussian of another sigma", {"name": "gaussian", "sigma": sigma})
    yield Case("gaussian of another size", {"name": "gaussian", "size": size, "sigma": sigma})


@make_kernel.mistake(
    "the kernel is an array of whole numbers",
    hint="np.array([0, 1]) holds integers; write 1.0, or say dtype=float.",
)
def _(right, name, **options):
    kernel = right(name, **options)
    return kernel if name in _SUM_TO_ONE else kernel.astype(int)


@make_kernel.mistake(
    "box and gaussian are not divided by their sum",
    hint="A blur must not brighten the picture: add up all the weights.",
)
def _(right, name, **options):
    kernel = right(name, **options)
    return kernel / kernel.max() if name in _SUM_TO_ONE else kernel


@make_kernel.mistake(
    "box is not divided by the number of its weights",
    hint="A blur must not brighten the picture: add up all the weights of your box.",
)
def _(right, name, **options):
    kernel = right(name, **options)
    return kernel / kernel.max() if name == "box" else kernel


@make_kernel.mistake(
    "box is divided by its side",
    hint="How many weights does a box of size 3 hold?",
)
def _(right, name, *, size=3, **options):
    kernel = right(name, size=size, **options)
    return kernel * size if name == "box" else kernel


@make_kernel.mistake(
    "gaussian is not divided by its sum",
    hint="A blur must not brighten the picture: add up all the weights of your bell.",
)
def _(right, name, **options):
    kernel = right(name, **options)
    return kernel / kernel.max() if name == "gaussian" else kernel


@make_kernel.mistake(
    "gaussian is divided by 2 pi sigma squared instead of its sum",
    hint="That factor belongs to the bell over the whole plane; a few pixels hold less of it.",
)
def _(right, name, *, sigma=1.0, **options):
    kernel = right(name, sigma=sigma, **options)
    return kernel / (kernel.max() * 2 * np.pi * sigma**2) if name == "gaussian" else kernel


@make_kernel.mistake(
    "sobel_x and sobel_y are swapped",
    hint="sobel_x compares the left with the right: its numbers change along a row.",
)
def _(right, name, **options):
    return right({"sobel_x": "sobel_y", "sobel_y": "sobel_x"}.get(name, name), **options)


@make_kernel.mistake(
    "the Sobel kernels are written for true convolution",
    hint="These kernels are cross-correlated: lay yours on a picture that brightens to the "
    "right and add up.",
    section="03_filters#filters-flip",
)
def _(right, name, **options):
    kernel = right(name, **options)
    return -kernel if name.startswith("sobel") else kernel


@make_kernel.mistake(
    "the Sobel kernels are Prewitt's",
    hint="Sobel counts the pixels next to the centre twice, the corners once.",
)
def _(right, name, **options):
    kernel = right(name, **options)
    return np.sign(kernel) if name.startswith("sobel") else kernel


@make_kernel.mistake(
    "the signs of the Laplacian are reversed",
    hint="The text subtracts the centre from its neighbours, and not the other way round.",
)
def _(right, name, **options):
    kernel = right(name, **options)
    return 0.0 - kernel if name == "laplacian" else kernel


@make_kernel.mistake(
    "the Laplacian counts the corners",
    hint="Only the four neighbours that share a side with the centre count.",
)
def _(right, name, **options):
    kernel = np.ones((3, 3))
    kernel[1, 1] = -8.0
    return kernel if name == "laplacian" else right(name, **options)


@make_kernel.mistake(
    "sharpen leaves out the image itself",
    hint="A picture that is flat should stay as it is: what do your weights sum to?",
)
def _(right, name, **options):
    return -right("laplacian") if name == "sharpen" else right(name, **options)


@make_kernel.mistake(
    "sharpen adds the Laplacian",
    hint="Where a pixel is brighter than its neighbours, the Laplacian is negative.",
)
def _(right, name, **options):
    if name != "sharpen":
        return right(name, **options)
    return 2 * np.diag([0.0, 1.0, 0.0]) - right("sharpen")


@make_kernel.mistake(
    "the size is ignored",
    hint="`size` is the number of rows, and of columns, of box and gaussian.",
)
def _(right, name, *, size=3, **options):
    return right(name, **options)


@make_kernel.mistake(
    "the size is taken for a radius",
    hint="`size` counts all pixels of a side, the centre included.",
)
def _(right, name, *, size=3, **options):
    return right(name, size=2 * size + 1, **options)


@make_kernel.mistake(
    "sigma is ignored",
    hint="The larger sigma, the flatter the bell.",
)
def _(right, name, *, sigma=1.0, **options):
    return right(name, **options)


@make_kernel.mistake(
    "sigma is not squared",
    hint="The exponent has no unit: pixels squared are divided by pixels squared.",
)
def _(right, name, *, sigma=1.0, **options):
    return right(name, sigma=np.sqrt(sigma), **options)


@make_kernel.mistake(
    "the factor 2 in the exponent is missing",
    hint="At a distance of one sigma the bell has fallen to exp(-1/2) = 0.61 of its peak.",
)
def _(right, name, *, sigma=1.0, **options):
    return right(name, sigma=sigma / np.sqrt(2), **options)


@make_kernel.mistake(
    "the bell stands in a corner",
    hint="Distances count from the centre, which is at (size - 1) / 2.",
)
def _(right, name, *, size=3, **options):
    if name != "gaussian":
        return right(name, size=size, **options)
    quarter = right(name, size=2 * size - 1, **options)[size - 1 :, size - 1 :]
    return quarter / quarter.sum()
