"""Back through max pooling: all to the winner."""

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
def max_pool2d_backward(dout, x, kernel_size, *, stride=None, padding=0):
    """Send a gradient back through max pooling, as PyTorch does."""
    return reference.max_pool2d_backward(dout, x, kernel_size, stride=stride, padding=padding)


@max_pool2d_backward.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 25.0)).reshape(1, 1, 4, 6)
    dout = rng.permutation([-2.0, 1.0, 2.0, 3.0, 4.0, 5.0]).reshape(1, 1, 2, 3)
    yield Case("a 4 x 6 map and windows of 2 x 2", {"dout": dout, "x": x, "kernel_size": 2})
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 8, 9))
    yield _case(rng, "several images and channels, windows of 3 x 2", x, (3, 2))
    yield _case(rng, "windows of 3 x 3 that overlap", x, 3, stride=1)
    order = np.asfortranarray(x)
    yield _case(rng, "stride 3, which leaves gaps, stored in another order", order, 2, stride=3)
    # Two equal values in every window, and more: the first one read is not the first column's.
    ties = _ties(rng, N, C)
    yield _case(rng, "ties, as a ReLU leaves them", ties, (2, 3))
    below = -1 - np.abs(x)
    yield _case(rng, "padding 1 around negative values", below, 3, stride=2, padding=1)
    yield _case(
        rng,
        "pairs of kernel_size, stride and padding, rows first",
        rng.normal(size=(N, C, 9, 13)),
        (4, 5),
        stride=(2, 3),
        padding=(1, 2),
    )
    yield _case(rng, "an empty batch stays empty", np.zeros((0, 3, 6, 5)), 2)


def _case(rng, claim, x, kernel_size, **options):
    return draw_case(rng, claim, x.shape, kernel_size, options, {"x": x})


def _ties(rng, N, C):
    """Draw maps whose windows of 2 x 3 hold their largest value several times, or only zeros."""
    patterns = np.array([[[0, 1, 0], [1, 0, 1]], [[0, 0, 1], [1, 0, 1]], np.zeros((2, 3))])
    windows = patterns[rng.integers(3, size=(N, C, 3, 3))]  # (N, C, 3, 3, 2, 3)
    windows[0, 0, 0, 0] = patterns[0]
    windows = windows * rng.uniform(1, 2, (N, C, 3, 3, 1, 1))
    return windows.transpose(0, 1, 2, 4, 3, 5).reshape(N, C, 6, 9)


def _by_windows(dout, x, kernel_size, stride, before, gradient, *, add=True):
    """Build dx of what `gradient(d, pixels)` says of each window, added up or written over."""
    dx = np.zeros(x.shape)
    stride = stride_of(kernel_size, stride)
    lie = windows_of(x.shape, dout.shape[2:], per_axis(kernel_size), stride, before)
    for (i, j), here in lie:
        if dx[here].size:
            share = gradient(dout[:, :, i, j, None, None], x[here])
            dx[here] = dx[here] + share if add else share
    return dx


def _lay(right, dout, x, kernel_size, stride, before):
    def winner(d, pixels):
        return right(d, pixels, pixels.shape[2:])

    return _by_windows(dout, x, kernel_size, stride, before, winner)


def _add_share_mistake(name, hint, gradient, *, add=True):
    """Register another way to share a gradient among the pixels of its window."""

    @max_pool2d_backward.mistake(name, hint=hint)
    def _(right, dout, x, kernel_size, *, stride=None, padding=0):
        def share(d, pixels):
            return gradient(right, d, pixels, per_axis(kernel_size))

        return _by_windows(dout, x, kernel_size, stride, per_axis(padding), share, add=add)


def _is_largest(pixels):
    return pixels == pixels.max(axis=(2, 3), keepdims=True)


for _wrong in (
    (
        "every one of several equal winners gets the whole gradient",
        "`window == window.max()` may be true in several places. PyTorch sends all to the first "
        "of them, reading row by row.",
        lambda right, d, pixels, size: d * _is_largest(pixels),
    ),
    (
        "equal winners share the gradient",
        "Fair, and a possible choice; PyTorch sends all to the first of them, reading row by row.",
        lambda right, d, pixels, size: (
            d * _is_largest(pixels) / _is_largest(pixels).sum(axis=(2, 3), keepdims=True)
        ),
    ),
    (
        "of equal winners the last one gets the gradient",
        "PyTorch keeps the first, reading row by row: is there a >= where > is meant?",
        lambda right, d, pixels, size: np.flip(
            right(d, np.flip(pixels, (2, 3)), pixels.shape[2:]), (2, 3)
        ),
    ),
    (
        "of equal winners the one in the first column gets the gradient",
        "The first of them counts, reading row by row, and not down the columns.",
        lambda right, d, pixels, size: right(
            d, pixels.swapaxes(2, 3), pixels.shape[:1:-1]
        ).swapaxes(2, 3),
    ),
    (
        "every pixel of the window gets the gradient",
        "If a pixel that did not win changes by a little, the maximum stays as it is.",
        lambda right, d, pixels, size: d * np.ones(pixels.shape),
    ),
    (
        "the gradient is shared by the whole window",
        "That is average pooling. A maximum depends on one pixel alone.",
        lambda right, d, pixels, size: d * np.ones(pixels.shape) / np.prod(size),
    ),
    (
        "the smallest value gets the gradient",
        "Which one went on to the next layer, the smallest or the largest?",
        lambda right, d, pixels, size: right(d, -pixels, pixels.shape[2:]),
    ),
    (
        "images and channels share one winner",
        "Without an axis, max and argmax look at all images and channels at once. "
        "Each map has a winner of its own.",
        lambda right, d, pixels, size: (
            right(d, pixels, pixels.shape[2:]) * (pixels == pixels.max())
        ),
    ),
):
    _add_share_mistake(*_wrong)

_add_share_mistake(
    "each window writes over what the ones before it had left",
    "Where windows overlap a pixel may win in several, and its gradients add up. "
    "Look for an = that should be a +=.",
    lambda right, d, pixels, size: right(d, pixels, pixels.shape[2:]),
    add=False,
)


@max_pool2d_backward.mistake(
    "a pixel that wins in several windows keeps the gradient of the last",
    hint="It matters to every window that it has won, and its gradients add up. "
    "Look for an = that should be a +=.",
)
def _(right, dout, x, kernel_size, *, stride=None, padding=0):
    dx = np.zeros(x.shape)
    stride = stride_of(kernel_size, stride)
    lie = windows_of(x.shape, dout.shape[2:], per_axis(kernel_size), stride, per_axis(padding))
    for (i, j), here in lie:
        won = right(np.ones((*dout.shape[:2], 1, 1)), x[here], x[here].shape[2:]) > 0
        dx[here] = np.where(won, dout[:, :, i, j, None, None], dx[here])
    return dx


@max_pool2d_backward.mistake(
    "the padding holds zeros, and wins",
    hint="Among negative values a zero would win, although it is no pixel of the map, and its "
    "gradient would be lost. Which number can never win?",
    section="08_pooling#pooling-padding",
)
def _(right, dout, x, kernel_size, *, stride=None, padding=0):
    dx, sizes = _on_padded(right, dout, x, kernel_size, stride=stride, padding=padding, value=0.0)
    (PH, PW), (H, W) = per_axis(padding), sizes
    return dx[:, :, PH : PH + H, PW : PW + W]


@max_pool2d_backward.mistake(
    "the search for the largest value starts at 0",
    hint="A window may hold nothing but negative values. Which one wins then, and which number "
    "is below all of them?",
    section="08_pooling#pooling-max",
)
def _(right, dout, x, kernel_size, *, stride=None, padding=0):
    (PH, PW), (H, W) = per_axis(padding), x.shape[2:]
    # Where nothing is above 0 the search ends where it began: at the first of equal zeros.
    dpadded = right(dout, np.maximum(_pad(x, padding, 0.0), 0), kernel_size, stride=stride)
    return dpadded[:, :, PH : PH + H, PW : PW + W]


def _add_place_mistake(name, hint, place):
    """Register another place to write to.

    `place` gets the winner's row and column in its window, the window's first row and column on
    the padded map, its number, height and width; it says rows and columns on the padded map.
    """

    @max_pool2d_backward.mistake(name, hint=hint)
    def _(right, dout, x, kernel_size, *, stride=None, padding=0):
        (PH, PW), (SH, SW) = per_axis(padding), stride_of(kernel_size, stride)
        won = reference.max_pool2d_with_indices(x, kernel_size, stride=stride, padding=padding)[1]
        dpadded, (H, W) = np.zeros_like(_pad(x, padding, 0.0)), x.shape[2:]
        n, c, i, j = np.indices(dout.shape)
        inside = won // W + PH - i * SH, won % W + PW - j * SW
        rows, columns = place(*inside, i * SH, j * SW, (i, j), *per_axis(kernel_size))
        np.add.at(dpadded, (n, c, rows, columns), dout)
        return dpadded[:, :, PH : PH + H, PW : PW + W]


for _wrong in (
    (
        "the place of the winner is split by the height of its window",
        "A window of 3 x 2 is counted row by row: how many pixels have gone by when a row is "
        "through?",
        lambda k, m, top, left, number, KH, KW: (
            top + (k * KW + m) // KH,
            left + (k * KW + m) % KH,
        ),
    ),
    (
        "the row and the column of the winner are exchanged",
        "The place is counted row by row: which of the two numbers that you make of it is the "
        "row?",
        lambda k, m, top, left, *rest: (top + m, left + k),
    ),
    (
        "the stride is missing from the place of the winner",
        "Window (i, j) begins at row i times the stride: is the stride in the place that you "
        "write to?",
        lambda k, m, top, left, number, *rest: (number[0] + k, number[1] + m),
    ),
):
    _add_place_mistake(*_wrong)


@max_pool2d_backward.mistake(
    "the place of the winner is counted in its window",
    hint="argmax counts within what it is given. Where on the map does the window begin?",
)
def _(right, dout, x, kernel_size, *, stride=None, padding=0):
    (PH, PW), (KH, KW) = per_axis(padding), per_axis(kernel_size)
    padded = _pad(x, padding, -np.inf)
    dpadded = np.zeros(padded.shape)
    lie = windows_of(
        padded.shape, dout.shape[2:], (KH, KW), stride_of(kernel_size, stride), (0, 0)
    )
    for (i, j), here in lie:
        dpadded[:, :, :KH, :KW] += right(dout[:, :, i, j, None, None], padded[here], (KH, KW))
    H, W = x.shape[2:]
    return dpadded[:, :, PH : PH + H, PW : PW + W]


@max_pool2d_backward.mistake(
    "the largest value itself comes back",
    hint="That is unpooling. What comes back here is dout, at the same places.",
    section="08_pooling#pooling-indices",
)
def _(right, dout, x, kernel_size, **options):
    return right(reference.max_pool2d(x, kernel_size, **options), x, kernel_size, **options)


@max_pool2d_backward.mistake(
    "the gradient is multiplied by the largest value",
    hint="If the winner rises by 1, so does the output, however large it is: what is the slope?",
)
def _(right, dout, x, kernel_size, **options):
    out = reference.max_pool2d(x, kernel_size, **options)
    return right(dout * out, x, kernel_size, **options)


def _pad(x, padding, value):
    PH, PW = per_axis(padding)
    return np.pad(x, [(0, 0), (0, 0), (PH, PH), (PW, PW)], constant_values=value)


def _on_padded(right, dout, x, kernel_size, *, stride=None, padding=0, value=-np.inf):
    dpadded = right(dout, _pad(x, padding, value), kernel_size, stride=stride)
    return dpadded, x.shape[2:]


add_window_mistakes(max_pool2d_backward, _lay)
add_crop_mistakes(max_pool2d_backward, _on_padded)
add_map_mistakes(max_pool2d_backward)
add_upstream_mistakes(max_pool2d_backward)
