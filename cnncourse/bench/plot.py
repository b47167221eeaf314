"""Draw a measurement for a page of the book."""

import json
from pathlib import Path

import matplotlib.pyplot as plt

from cnncourse.plotting import INK, OUTLINE

_GREY = "#8c959f"
_BLUE = "#0072b2"
# Who is drawn, and how: told apart by shape as well as by colour.
_STYLES = {
    "classic": ("v", _GREY, "im2col as courses teach it"),
    "plain": ("s", OUTLINE, "im2col through strides"),
    "fast": ("o", _BLUE, "cnncourse.fast"),
}


def plot_layers(measured, *, dtype="float32"):
    """Draw how many times as long as PyTorch each way took, layer by layer.

    Parameters
    ----------
    measured : str, Path or dict
        The file that `cnncourse bench layers --output` wrote, or what it holds.
    dtype : str, default "float32"
        Which of its runs.

    Returns
    -------
    axes : (2,) ndarray of matplotlib.axes.Axes
        Forward and backward.

    Raises
    ------
    ValueError
        If there is no run of that dtype.
    """
    result = measured if isinstance(measured, dict) else json.loads(Path(measured).read_text())
    runs = {run["dtype"]: run for run in result["runs"]}
    if dtype not in runs:
        raise ValueError(f"no run in {dtype}; there are: {', '.join(runs)}")
    run = runs[dtype]
    rows = len(run["layers"])
    figure, axes = plt.subplots(
        1,
        2,
        figsize=(7.2, 1.5 + 0.21 * rows),
        dpi=144,
        sharex=True,
        sharey=True,
        facecolor="white",
        layout="constrained",
    )
    for ax, direction in zip(axes, ("forward", "backward"), strict=True):
        _draw(ax, run, direction)
    axes[0].set_yticks(range(rows), [entry["layer"] for entry in run["layers"]], fontsize=8)
    axes[0].invert_yaxis()
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(
        handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8, frameon=False
    )
    return axes


def _draw(ax, run, direction):
    """Draw one point per layer and way, and each way's geometric mean as a line."""
    means = run["geometric_mean"][direction]
    for way, (marker, colour, label) in _STYLES.items():
        points = [
            (entry[direction]["ratio"][way], row)
            for row, entry in enumerate(run["layers"])
            if way in entry[direction]["ratio"]
        ]
        if points:
            ax.plot(*zip(*points, strict=True), marker, color=colour, ms=5, label=label)
        if means.get(way):
            ax.axvline(means[way], color=colour, lw=1, ls="--", zorder=0)
    ax.axvline(1, color=INK, lw=1, zorder=0)
    ax.set_xscale("log", base=2)
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.set_xlabel("time over PyTorch's", fontsize=9, color=INK)
    ax.set_title(f"{direction}: {_means(means)}", fontsize=8, color=INK)
    ax.grid(axis="y", color="#d8dee4", lw=0.6)
    ax.tick_params(labelsize=8, colors=INK)
    ax.spines[:].set_color(_GREY)


def _means(means):
    there = [way for way in _STYLES if way in means]
    return "geometric means " + ", ".join(f"{means[way]:.2f}" for way in there)
