"""The interactive figures: what each one loads and which attributes it understands.

A figure of the book is a custom element. Its entry has its "scripts" in order of loading and a
converter for each of its "attributes"; if need be also "styles", its own style sheets beside the
common one, and "problem", which says how attributes that are right alone contradict each other.
"""

import re

from docutils.parsers.rst import directives


def one_of(*values):
    """Return a converter that admits these words only."""
    return lambda text: directives.choice(text, values)


def window_size(text):
    """Read the side of a window, or its rows and columns: "3" or "2x3"."""
    if not re.fullmatch(r"[1-5](x[1-5])?", text):
        raise ValueError(f"{text!r} is no window: write 3 or 2x3, of 1 to 5 pixels")
    return text


def misused_same(options):
    """Refuse padding 'same' where PyTorch does."""
    if options.get("padding") == "same" and options.get("stride", "1") != "1":
        return "padding 'same' exists only with stride 1, as in PyTorch"
    return None


def excessive_padding(options):
    """Refuse a padding that PyTorch refuses: a window would see no pixel."""
    most = min(int(side) for side in options.get("size", "2").split("x")) // 2
    if int(options.get("padding", "0")) > most:
        return f"padding may be half of the window at most: {most}"
    return None


def number_between(low, high):
    """Return a converter that admits numbers from `low` to `high`, written as they are."""

    def convert(text):
        if not low <= float(text) <= high:
            raise ValueError(f"{text} is not between {low} and {high}")
        return text

    return convert


STYLE = "figures.css"  # what all of them share

# What figures with a sliding window share, in order of loading.
SLIDING = ("shared.js", "images.js", "window_explorer.js", "window_words.js")

ELEMENTS = {
    "convolution-explorer": {
        "scripts": (
            *SLIDING,
            "convolution_maths.js",
            "convolution_words.js",
            "convolution_explorer.js",
        ),
        "attributes": {
            "image": directives.unchanged_required,
            "kernel": directives.unchanged_required,
            "stride": one_of("1", "2", "3"),
            "padding": one_of("valid", "same", "full", "0", "1", "2", "3", "4"),
            "dilation": one_of("1", "2", "3"),
            "flip": directives.flag,
            "position": directives.unchanged_required,
        },
        "problem": misused_same,
    },
    "pooling-explorer": {
        "scripts": (*SLIDING, "pooling_maths.js", "pooling_words.js", "pooling_explorer.js"),
        "attributes": {
            "image": directives.unchanged_required,
            "operation": one_of("max", "average"),
            "size": window_size,
            "stride": one_of("size", "1", "2", "3", "4"),
            "padding": one_of("0", "1", "2"),
            "ceil": directives.flag,
            "count_include_pad": one_of("true", "false"),
            "view": one_of("output", "gradient"),
            "position": directives.unchanged_required,
        },
        "problem": excessive_padding,
    },
    "residual-flow": {
        "scripts": (
            "shared.js",
            "residual_maths.js",
            "residual_words.js",
            "residual_chart.js",
            "residual_flow.js",
        ),
        "styles": ("residual.css",),
        "attributes": {
            "depth": number_between(2, 60),
            "scale": number_between(0.3, 1.5),
            "norm": directives.flag,
            "gamma": one_of("0", "0.1", "0.5", "1"),
            "seed": number_between(1, 99),
            "look": one_of("plain", "residual"),
            "block": number_between(1, 60),
        },
    },
}
