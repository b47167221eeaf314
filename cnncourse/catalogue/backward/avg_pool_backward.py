"""Back through average pooling: a share to every pixel."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.backward.outputs import SECTION, add_upstream_mistakes
from cnncourse.catalogue.backward.pool_layout import (
    add_crop_mistakes,
    add_map_mistakes,
    add_window_mistakes,
    draw_case,
    stride_of,
    windows_of,
)
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.windows import per_axis


@exercise("07_backward", section=SECTION + "pooling", outputs={"dx": "N C H W"})
def avg_pool2d_backward(
    dout, input_size, kernel_size, *, stride=None, padding=0, count_include_pad=True
):
    """Send a gradient back through average pooling, as PyTorch does."""
    options = {"stride": stride, "padding": padding, "count_include_pad": count_include_pad}
    return reference.avg_pool2d_backward(dout, input_size, kernel_size, **options)


@avg_pool2d_backward.cases
def _(rng):
    dout = 4.0 * rng.permutation([-2.0, 1.0, 2.0, 3.0, 4.0, 5.0]).reshape(1, 1, 2, 3)
    first = {"dout": dout, "input_size": (1, 1, 4, 6), "kernel_size": 2}
    yield Case("a 4 x 6 map and windows of 2 x 2, whole numbers", first)
    N, C = map(int, rng.permutation([2, 3]))

    def case(claim, H, W, kernel_size, **options):
        size = (N, C, H, W)
        return draw_case(rng, claim, size, kernel_size, options, {"input_size": size})

    yield case("several images and channels, windows of 2 x 3", 7, 8, (2, 3))
    overlap = case(
        "windows of 3 x 3 that overlap, dout stored in another order", 8, 7, 3, stride=2
    )
    overlap.arguments["dout"] = np.asfortranarray(overlap.arguments["dout"])
    yield overlap
    yield case("stride 3, which leaves gaps", 8, 9, 2, stride=3)
    yield case("padding 1, whose zeros count", 7, 8, 3, stride=2, padding=1)
    spared = {"stride": 2, "padding": 1, "count_include_pad": False}
    yield case("padding 1, whose zeros do not count", 7, 8, 3, **spared)
    yield case(
        "pairs of kernel_size, stride and padding, rows first",
        9,
        12,
        (4, 5),
        stride=(2, 3),
        padding=(1, 2),
    )
    N = 0
    yield case("an empty batch stays empty", 6, 5, 2)


def _by_windows(dout, input_size, kernel_size, stride, before, share, *, add=True):
    """Build dx of a share for each window, a number or an array, added up or written over."""
    dx = np.zeros(input_size)
    stride = stride_of(kernel_size, stride)
    lie = windows_of(input_size, dout.shape[2:], per_axis(kernel_size), stride, before)
    for (i, j), here in lie:
        gradient = np.ones(dx[here].shape) * share(dout[:, :, i, j, None, None], dx[here])
        dx[here] = dx[here] + gradient if add else gradient
    return dx


def _one_window(right, kernel_size, count_include_pad):
    """Ask for the share of one window that lies partly on the map."""

    def share(d, pixels):
        if not pixels.size:
            return np.zeros(pixels.shape)
        on_map = pixels.shape[2] * pixels.shape[3]
        number = np.prod(per_axis(kernel_size)) if count_include_pad else on_map
        return right(d, pixels.shape, pixels.shape[2:]) * on_map / number

    return share


def _lay(right, dout, input_size, kernel_size, stride, before, count_include_pad=True):
    share = _one_window(right, kernel_size, count_include_pad)
    return _by_windows(dout, input_size, kernel_size, stride, before, share)


@avg_pool2d_backward.mistake(
    "the gradient is not divided",
    hint="Each pixel of a window of four made a quarter of the average. How much does the "
    "average rise when the pixel rises by 1?",
)
def _(right, dout, input_size, kernel_size, *, stride=None, padding=0, count_include_pad=True):
    places = per_axis(padding)
    return _by_windows(dout, input_size, kernel_size, stride, places, lambda d, pixels: d)


@avg_pool2d_backward.mistake(
    "each window writes over what the ones before it had left",
    hint="Where windows overlap a pixel has a share in several averages, and its gradients add "
    "up. Look for an = that should be a +=.",
)
def _(right, dout, input_size, kernel_size, *, stride=None, padding=0, count_include_pad=True):
    share = _one_window(right, kernel_size, count_include_pad)
    places = per_axis(padding)
    return _by_windows(dout, input_size, kernel_size, stride, places, share, add=False)


@avg_pool2d_backward.mistake(
    "count_include_pad is ignored and the padding always counts",
    hint="The way back divides as the way forward did: with count_include_pad=False, by the "
    "number of pixels of the map in the window.",
    section="08_pooling#pooling-padding",
)
def _(right, dout, input_size, kernel_size, *, count_include_pad=True, **options):
    return right(dout, input_size, kernel_size, **options)


@avg_pool2d_backward.mistake(
    "the padding never counts",
    hint="Unless count_include_pad is False the way forward has divided by KH x KW everywhere, "
    "at the border, too.",
    section="08_pooling#pooling-padding",
)
def _(right, dout, input_size, kernel_size, *, count_include_pad=True, **options):
    return right(dout, input_size, kernel_size, count_include_pad=False, **options)


@avg_pool2d_backward.mistake(
    "count_include_pad is taken the wrong way round",
    hint="True, as it is unless told otherwise, means that the zeros of the padding count.",
    section="08_pooling#pooling-padding",
)
def _(right, dout, input_size, kernel_size, *, count_include_pad=True, **options):
    options |= {"count_include_pad": not count_include_pad}
    return right(dout, input_size, kernel_size, **options)


@avg_pool2d_backward.mistake(
    "the gradient is divided by 4, whatever the window",
    hint="A window of 2 x 2 has four pixels; others have more, or fewer.",
)
def _(right, dout, input_size, kernel_size, *, stride=None, padding=0, count_include_pad=True):
    places = per_axis(padding)
    return _by_windows(dout, input_size, kernel_size, stride, places, lambda d, pixels: d / 4)


@avg_pool2d_backward.mistake(
    "the gradient is divided by the square of the window's height",
    hint="A window of 2 x 3 pixels holds six of them, not four.",
)
def _(right, dout, input_size, kernel_size, *, count_include_pad=True, **options):
    KH, KW = per_axis(kernel_size)
    return right(dout, input_size, kernel_size, **options) * KW / KH


@avg_pool2d_backward.mistake(
    "the gradient is divided twice",
    hint="By how much does an average of four rise when one of the four rises by 1?",
)
def _(right, dout, input_size, kernel_size, **options):
    return right(dout, input_size, kernel_size, **options) / np.prod(per_axis(kernel_size))


@avg_pool2d_backward.mistake(
    "the gradient is divided by the size of the output",
    hint="The average ran over the pixels of a window: how many are there, and how many windows?",
)
def _(right, dout, input_size, kernel_size, **options):
    whole = right(dout, input_size, kernel_size, **options) * np.prod(per_axis(kernel_size))
    return whole / np.prod(dout.shape[2:])


@avg_pool2d_backward.mistake(
    "one pixel of the window gets the whole gradient",
    hint="That is the way back through a maximum. Every pixel has had its part in an average.",
)
def _(right, dout, input_size, kernel_size, *, stride=None, padding=0, count_include_pad=True):
    def corner(d, pixels):
        share = np.zeros(pixels.shape)
        share[:, :, :1, :1] = d
        return share

    return _by_windows(dout, input_size, kernel_size, stride, per_axis(padding), corner)


def _on_padded(right, dout, input_size, kernel_size, *, stride=None, padding=0, **options):
    """Give the gradient of the padded map, shared out as the right one is."""
    N, C, H, W = input_size
    PH, PW = per_axis(padding)
    dx = right(dout, input_size, kernel_size, stride=stride, padding=padding, **options)
    dpadded = right(dout, (N, C, H + 2 * PH, W + 2 * PW), kernel_size, stride=stride)
    dpadded[:, :, PH : PH + H, PW : PW + W] = dx
    return dpadded, (H, W)


add_window_mistakes(avg_pool2d_backward, _lay)
add_crop_mistakes(avg_pool2d_backward, _on_padded)
add_map_mistakes(avg_pool2d_backward)
add_upstream_mistakes(avg_pool2d_backward)
