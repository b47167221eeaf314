"""How arrays are drawn everywhere in the course: arrays in, Axes out, nothing shown."""

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

# Blue below zero, white at zero, red above: told apart by every kind of colour vision.
SIGNED = "RdBu_r"
UNSIGNED = "gray"
# Okabe and Ito's orange: seen on black, on white and on both ends of SIGNED.
OUTLINE = "#e69f00"
INK = "#1f2328"

_DPI = 144
_WIDTH = 7.2  # inches, the width of a page's column
_MARGIN = 0.08  # inches of white around a figure, so that it can lie on a dark page


def show_array(array, *, ax=None, title=None, numbers=False, cmap=None, window=None, limits=None):
    """Draw one array as an image.

    Parameters
    ----------
    array : (H, W) or (W,) or (3, H, W) array_like
        Grey or signed values; one axis is drawn as a row, three as a colour picture.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default a new figure.
    title : str, optional
        What stands above the image.
    numbers : bool, default False
        Whether each value is written in its cell.
    cmap : str or matplotlib.colors.Colormap, optional
        By default grey, or blue-white-red with white at zero where a value is negative.
    window : (row, column, height, width), optional
        Cells to outline; what lies outside the array is outlined too.
    limits : (low, high), optional
        The values of the first and last colour.

    Returns
    -------
    ax : matplotlib.axes.Axes
        The axes with the image.

    Raises
    ------
    ValueError
        If the array has a shape that is no image, or numbers are asked for in a colour picture.
    """
    image = _as_image(array)
    if ax is None:
        ax = _new_figure([image], columns=1, numbers=numbers, figsize=None)[0]
    low, high, colours = _scale(image, cmap, limits)
    ax.imshow(image, cmap=colours, vmin=low, vmax=high, interpolation="nearest")
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color("#8c959f")
    if title is not None:
        ax.set_title(title, fontsize=10, color=INK)
    if numbers:
        _write_numbers(ax, image)
    if window is not None:
        _outline(ax, *window)
    return ax


def show_arrays(arrays, *, titles=None, numbers=False, columns=None, figsize=None, limits=None):
    """Draw several arrays side by side, cells of one size where they carry numbers.

    Parameters
    ----------
    arrays : sequence of array_like
        What `show_array` takes, one for each image.
    titles : sequence of str, optional
        One for each image.
    numbers : bool, default False
        Whether each value is written in its cell.
    columns : int, optional
        How many stand in a row; by default all of them.
    figsize : (float, float), optional
        Width and height of the figure in inches.
    limits : (low, high), optional
        The values of the first and last colour, shared by all; by default each has its own.

    Returns
    -------
    axes : (len(arrays),) ndarray of matplotlib.axes.Axes
        One for each array, in its order.

    Raises
    ------
    ValueError
        If there is no array, or not as many titles as arrays.
    """
    images = [_as_image(array) for array in arrays]
    if not images:
        raise ValueError("there is no array to draw")
    titles = [None] * len(images) if titles is None else list(titles)
    if len(titles) != len(images):
        raise ValueError(f"{len(images)} arrays need as many titles, not {len(titles)}")
    axes = _new_figure(images, columns=columns or len(images), numbers=numbers, figsize=figsize)
    for array, title, ax in zip(arrays, titles, axes, strict=True):
        show_array(array, ax=ax, title=title, numbers=numbers, limits=limits)
    return axes


def _as_image(array):
    """Bring an array to what imshow takes: (H, W), or (H, W, 3) for colour."""
    array = np.asarray(array)
    if array.size == 0:
        raise ValueError(f"an array of shape {array.shape} has no value to draw")
    if array.ndim == 1:
        return array[None]
    if array.ndim == 3 and array.shape[0] == 3:
        return np.clip(array.transpose(1, 2, 0), 0, 1)
    if array.ndim != 2:
        raise ValueError(
            f"an array of shape {array.shape} is no image: pass (H, W), (W,) or (3, H, W)"
        )
    return array


def _scale(image, cmap, limits):
    """Choose the values of the first and last colour, and the colours."""
    finite = np.abs(image[np.isfinite(image)])  # NaN stays white
    reach = max(float(finite.max(initial=0)), 1e-12)
    signed = bool((image < 0).any()) if limits is None else limits[0] < 0
    if limits is None:
        limits = (-reach, reach) if signed else (0.0, max(reach, 1.0))
    return *limits, cmap or (SIGNED if signed else UNSIGNED)


def _new_figure(images, *, columns, numbers, figsize):
    """Make a white figure whose cells are of one size when numbers are written in them."""
    rows = math.ceil(len(images) / columns)
    heights = [
        max(i.shape[0] for i in images[r * columns : (r + 1) * columns]) for r in range(rows)
    ]
    widths = [max(i.shape[1] for i in images[c::columns]) for c in range(columns)]
    if not numbers:
        heights, widths = [1.0] * rows, [1.0] * columns
    if figsize is None:
        figsize = _size(images, heights, widths, numbers)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=figsize,
        dpi=_DPI,
        facecolor="white",
        squeeze=False,
        layout="constrained",
        gridspec_kw={"width_ratios": widths, "height_ratios": heights},
    )
    figure.get_layout_engine().set(w_pad=_MARGIN, h_pad=_MARGIN)
    axes = axes.ravel()
    for spare in axes[len(images) :]:
        spare.remove()
    return axes[: len(images)]


def _size(images, heights, widths, numbers):
    """Give the width and height in inches: a cell with a number is at most 0.55 wide."""
    if numbers:
        cell = min(0.55, _WIDTH / (sum(widths) + 0.6 * len(widths)))
        gaps = 0.6 * len(widths) * cell
        return sum(widths) * cell + gaps, sum(heights) * cell + 0.45 * len(heights)
    tallest = max(image.shape[0] / image.shape[1] for image in images)
    side = min(3.2, _WIDTH / len(widths))
    return side * len(widths), (side * min(tallest, 2.0) + 0.35) * len(heights)


def _write_numbers(ax, image):
    """Write each value in its cell, dark on light cells and light on dark ones."""
    if image.ndim != 2:
        raise ValueError("numbers are written for one channel at a time: pass picture[0]")
    rgba = ax.images[-1].to_rgba(image)
    shades = rgba[..., :3] @ [0.299, 0.587, 0.114] + 1 - rgba[..., 3]  # NaN lets the page through
    for (i, j), value in np.ndenumerate(image):
        colour = INK if shades[i, j] > 0.5 else "white"
        ax.text(j, i, _format(value), ha="center", va="center", fontsize=9, color=colour)
    ax.set_xticks(np.arange(0.5, image.shape[1] - 1), minor=True)
    ax.set_yticks(np.arange(0.5, image.shape[0] - 1), minor=True)
    ax.grid(which="minor", color="#8c959f", linewidth=0.6)
    ax.tick_params(which="minor", length=0)


def _format(value):
    value = float(value)
    text = f"{value:.0f}" if value.is_integer() else f"{value:.2f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _outline(ax, row, column, height, width):
    """Draw a thick frame around the cells of a window."""
    ax.add_patch(
        Rectangle(
            (column - 0.5, row - 0.5),
            width,
            height,
            fill=False,
            edgecolor=OUTLINE,
            linewidth=3,
            clip_on=False,
        )
    )
