"""Assignment 08: the examples by hand, mistakes as students write them, the clock, precision."""

import importlib.util
import time
from pathlib import Path

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "08_fast"]
LAYERS = ["conv2d_im2col", "conv2d_einsum", "conv2d_fft", "winograd_conv2d", "conv2d_fast"]
IMAGE = np.array([[[1, 2, 3], [4, 5, 6]], [[0, 7, 0], [8, 0, 9.0]]])[None]


def load_alternatives():
    """Import the other right solutions; the file's name is no module's."""
    path = Path(__file__).parent / "alternatives" / "08_fast.py"
    spec = importlib.util.spec_from_file_location("fast_alternatives", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


fast = load_alternatives()


def test_the_assignment_asks_what_the_course_lists():
    """Ten exercises, in the order of the notebook."""
    assert NAMES == [
        "conv2d_loops",
        "sliding_windows",
        "im2col",
        "col2im",
        "conv2d_im2col",
        "conv2d_einsum",
        "conv2d_fft",
        "winograd_tile",
        "winograd_conv2d",
        "conv2d_fast",
    ]


# The examples that the notebook works out by hand.


def test_the_loops_by_hand():
    """One image of 2 x 3 pixels, one kernel of 2 x 2."""
    x, w = np.array([[[[1, 2, 0], [3, 1, 4]]]]), np.array([[[[1, 0], [0, -1]]]])

    out = EXERCISES["conv2d_loops"].reference(x, w)

    np.testing.assert_array_equal(out, [[[[0, -2]]]])


def test_the_windows_by_hand():
    """Twelve numbers, six windows, and not one copied."""
    x = np.arange(12.0).reshape(1, 1, 3, 4)

    windows = reference.sliding_windows(x, 2)

    assert windows.shape == (1, 1, 2, 3, 2, 2)
    assert x.strides == (96, 96, 32, 8)
    np.testing.assert_array_equal(windows[0, 0, 1, 2], [[6, 7], [10, 11]])
    assert np.shares_memory(windows[0, 0, 1, 2], x)


def test_the_columns_by_hand():
    """Two channels of 2 x 3 pixels, two places."""
    expected = [[1, 2], [2, 3], [4, 5], [5, 6], [0, 7], [7, 0], [8, 0], [0, 9]]

    np.testing.assert_array_equal(reference.im2col(IMAGE, 2), [expected])


def test_columns_that_meet_are_added_by_hand():
    """Three windows of two pixels on a row of four."""
    out = reference.col2im([[[1, 2, 3], [10, 20, 30]]], (1, 4), (1, 2))

    np.testing.assert_array_equal(out, [[[[1, 12, 23, 30]]]])


def test_the_product_by_hand():
    """A filter as a row, two windows as columns."""
    w = np.array([1, 0, 0, 1, 0, 0, 1, 0.0]).reshape(1, 2, 2, 2)

    out = EXERCISES["conv2d_im2col"].reference(IMAGE, w)

    np.testing.assert_array_equal(out, [[[[14, 8]]]])


def test_four_products_by_hand():
    """Winograd's F(2, 3) on the pixels 1 2 3 4 with the weights 1 2 3."""
    products = (fast.G @ [1, 2, 3]) * (fast.BT @ [1, 2, 3, 4])

    np.testing.assert_allclose(products, [-2, 15, 1, -6])
    np.testing.assert_allclose(fast.AT @ products, [14, 20])


@pytest.mark.parametrize(("stride", "padding"), [(1, 0), (2, 1), (3, 2)])
def test_col2im_is_the_adjoint_of_im2col(stride, padding):
    """What is taught holds for the references: the two scalar products agree."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(2, 3, 9, 8))
    options = {"stride": stride, "padding": padding}
    cols = reference.im2col(x, (3, 2), **options)
    c = rng.normal(size=cols.shape)

    back = reference.col2im(c, (9, 8), (3, 2), **options)

    np.testing.assert_allclose((cols * c).sum(), (x * back).sum(), rtol=1e-12)


# Mistakes as students write them.


def windows_stacked(x, kernel_size, *, stride=1):
    """Fill an array of windows, place by place."""
    KH, KW = fast.pair(kernel_size)
    OH, OW = (x.shape[2] - KH) // stride + 1, (x.shape[3] - KW) // stride + 1
    windows = np.zeros((*x.shape[:2], OH, OW, KH, KW))
    for i, j in np.ndindex(OH, OW):
        r, s = i * stride, j * stride
        windows[:, :, i, j] = x[:, :, r : r + KH, s : s + KW]
    return windows


def windows_of_assumed_strides(x, kernel_size, *, stride=1):
    """Work the strides out from the shape."""
    _, C, H, W = x.shape
    row_by_row = np.lib.stride_tricks.as_strided(x, x.shape, (C * H * W * 8, H * W * 8, W * 8, 8))
    return fast.windows_by_sliding_window_view(row_by_row, kernel_size, stride=stride)


def columns_unmoved(x, kernel_size, *, stride=1, padding=0):
    """Merge the axes of the view without moving them."""
    KH, KW = fast.pair(kernel_size)
    padded = fast.pad(x, padding)
    windows = fast.windows_by_sliding_window_view(padded, kernel_size, stride=stride)
    N, C, OH, OW = windows.shape[:4]
    return windows.reshape(N, C * KH * KW, OH * OW)


def columns_numbered_by_height(x, kernel_size, *, stride=1, padding=0):
    """Take a row of places to be OH long."""
    cols = fast.columns_by_slices(x, kernel_size, stride=stride, padding=padding)
    OH, OW = fast.windows_by_sliding_window_view(
        fast.pad(x, padding), kernel_size, stride=stride
    ).shape[2:4]
    out = np.zeros_like(cols)
    for i, j in np.ndindex(OH, OW):
        out[:, :, i * OH + j] = cols[:, :, i * OW + j]
    return out


def image_by_fancy_index(cols, output_size, kernel_size, *, stride=1, padding=0):
    """Add by index arrays, which adds once."""
    (H, W), (KH, KW) = output_size, fast.pair(kernel_size)
    size = H + 2 * padding, W + 2 * padding
    rows, columns = fast._targets(size, kernel_size, stride)
    x = np.zeros((len(cols), cols.shape[1] // (KH * KW), *size))
    x[:, :, rows, columns] += cols.reshape(*x.shape[:2], *rows.shape)
    return x[:, :, padding : padding + H, padding : padding + W]


def image_by_assignment(cols, output_size, kernel_size, *, stride=1, padding=0):
    """Put the windows down one after the other, by =."""
    (H, W), (KH, KW) = output_size, fast.pair(kernel_size)
    OH, OW = (H + 2 * padding - KH) // stride + 1, (W + 2 * padding - KW) // stride + 1
    windows = cols.reshape(len(cols), cols.shape[1] // (KH * KW), KH, KW, OH, OW)
    x = np.zeros((*windows.shape[:2], H + 2 * padding, W + 2 * padding))
    for i, j in np.ndindex(OH, OW):
        r, s = i * stride, j * stride
        x[:, :, r : r + KH, s : s + KW] = windows[..., i, j]
    return x[:, :, padding : padding + H, padding : padding + W]


def conv_of_one_matrix(x, w, b=None, *, stride=1, padding=0):
    """One large product, then a reshape that mixes images and filters."""
    windows = fast.view(x, w, stride, padding)
    N, C, OH, OW, KH, KW = windows.shape
    cols = windows.transpose(1, 4, 5, 0, 2, 3).reshape(C * KH * KW, N * OH * OW)
    out = w.reshape(len(w), C * KH * KW) @ cols
    return fast.add_bias(out.reshape(N, len(w), OH, OW), b)


def conv_of_columns_unmoved(x, w, b=None, *, stride=1, padding=0):
    """The product with columns whose axes were merged as they stood."""
    windows = fast.view(x, w, stride, padding)
    N, _, OH, OW = windows.shape[:4]
    out = w.reshape(len(w), -1) @ windows.reshape(N, w[0].size, OH * OW)
    return fast.add_bias(out.reshape(N, len(w), OH, OW), b)


def conv_of_rows_unmoved(x, w, b=None, *, stride=1, padding=0):
    """A window a row, but the channels still stand before the places."""
    windows = fast.view(x, w, stride, padding)
    N, _, OH, OW = windows.shape[:4]
    rows = windows.reshape(N, OH, OW, w[0].size) @ w.reshape(len(w), -1).T
    return fast.add_bias(np.moveaxis(rows, 3, 1), b)


def conv_by_fft_flipped(x, w, b=None, *, stride=1, padding=0):
    """The product of the transforms as it stands in the textbook, well cropped."""
    return fast.conv_by_linear_fft(x, w[:, :, ::-1, ::-1], b, stride=stride, padding=padding)


def conv_by_fft_off_by_one(x, w, b=None, *, stride=1, padding=0):
    """The full convolution, cut out from KH on instead of KH - 1."""
    x, (KH, KW) = fast.pad(x, padding), w.shape[2:]
    H, W = x.shape[2:]
    size = H + KH, W + KW
    maps = np.fft.rfft2(x, size)[:, None] * np.fft.rfft2(w[:, :, ::-1, ::-1], size)
    full = np.fft.irfft2(maps.sum(axis=2), size)
    return fast.add_bias(full[:, :, KH : H + 1 : stride, KW : W + 1 : stride], b)


def conv_by_fft_as_it_is(x, w, b=None, *, stride=1, padding=0):
    """The product of two transforms, and nothing else done to it."""
    x = fast.pad(x, padding)
    maps = np.fft.rfft2(x)[:, None] * np.fft.rfft2(w, x.shape[2:])
    circle = np.fft.irfft2(maps.sum(axis=2), x.shape[2:])
    return fast.add_bias(circle[:, :, ::stride, ::stride], b)


def conv_by_fft_uncropped_circle(x, w, b=None, *, stride=1, padding=0):
    """The circular convolution from its first pixel on."""
    x, (KH, KW) = fast.pad(x, padding), w.shape[2:]
    H, W = x.shape[2:]
    maps = np.fft.rfft2(x)[:, None] * np.fft.rfft2(w[:, :, ::-1, ::-1], (H, W))
    circle = np.fft.irfft2(maps.sum(axis=2), (H, W))
    return fast.add_bias(circle[:, :, : H - KH + 1 : stride, : W - KW + 1 : stride], b)


def winograd_even_only(x, w, b=None, *, padding=0):
    """As many tiles as fit."""
    out = fast.winograd_by_stacks(x, w, b, padding=padding)
    return out[:, :, : out.shape[2] // 2 * 2, : out.shape[3] // 2 * 2]


def winograd_merged_unmoved(x, w, b=None, *, padding=0):
    """The 2 x 2 of every tile merged in the wrong order."""
    tiles, OH, OW = fast._tiles(x, padding)
    TH, TW = tiles.shape[2:4]
    kernels = fast.G @ w @ fast.G.T
    products = np.einsum("fcuv,ncijuv->nfijuv", kernels, fast.BT @ tiles @ fast.BT.T)
    out = (fast.AT @ products @ fast.AT.T).reshape(len(x), len(w), 2 * TH, 2 * TW)
    return fast.add_bias(out[:, :, :OH, :OW], b)


def tile_by_matrix_product(x, w):
    """@ where * is meant."""
    return fast.AT @ ((fast.G @ w @ fast.G.T) @ (fast.BT @ x @ fast.BT.T)) @ fast.AT.T


@pytest.mark.parametrize("seed", ["practice", "a class"])
@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("sliding_windows", windows_stacked, "the windows are copied"),
        ("sliding_windows", windows_of_assumed_strides, "the images are taken to lie row by row"),
        ("im2col", columns_unmoved, "the windows are reshaped where their axes"),
        ("col2im", image_by_fancy_index, "a pixel that several windows share gets one number"),
        ("col2im", image_by_assignment, "a window overwrites what the windows before"),
        ("im2col", columns_numbered_by_height, "the place in row i and column j is given"),
        ("conv2d_im2col", conv_of_columns_unmoved, "the windows are reshaped where their axes"),
        ("conv2d_im2col", conv_of_rows_unmoved, "the channels are merged with the pixels"),
        ("conv2d_im2col", conv_of_one_matrix, "images and filters are mixed up"),
        ("conv2d_fft", conv_by_fft_flipped, "the kernel is flipped"),
        ("conv2d_fft", conv_by_fft_as_it_is, "the product of the transforms is returned as it is"),
        ("conv2d_fft", conv_by_fft_off_by_one, "the result is cut out one pixel too late"),
        ("conv2d_fft", conv_by_fft_uncropped_circle, "the result is cut out from its first pixel"),
        ("winograd_tile", tile_by_matrix_product, "the two transforms are multiplied as matrices"),
        ("winograd_conv2d", winograd_even_only, "a last row or column that fills no tile is left"),
        ("winograd_conv2d", winograd_merged_unmoved, "the tiles' 2 x 2 pixels are reshaped"),
    ],
)
def test_what_students_write_is_named(name, function, mistake, seed):
    """The catalogue's mistakes ask the reference wrong questions; students write NumPy."""
    verdict = judge(EXERCISES[name], function, seed=seed)

    assert not verdict.passed
    assert verdict.first_named is not None, verdict.first_failure
    assert verdict.first_named.mistake.startswith(mistake)


# The clock.


@pytest.mark.parametrize("name", LAYERS)
def test_loops_are_right_and_too_slow(name):
    """Who has written loops keeps every case but the large ones, and reads why."""

    def loops(x, w, b=None, *, stride=1, padding=0):
        return fast.conv_by_window_sums(x, w, b, stride=stride, padding=padding)

    function = loops if name != "winograd_conv2d" else fast.without_stride(loops)

    results = judge(EXERCISES[name], function, seed="practice").results
    failed = [result for result in results if not result.passed]

    assert failed
    assert all(" pixels" in r.claim or "layer" in r.claim for r in failed)
    assert all(r.summary.startswith(("takes longer", "not called again")) for r in failed)


@pytest.mark.parametrize("name", ["im2col", "col2im", *LAYERS])
def test_time_is_short_only_where_the_answer_is_quick(name):
    """The limits leave the quickest alternative ten times its time, whatever runs beside it."""
    exercise = EXERCISES[name]
    timed = [case for case in exercise.draw("a class") if case.seconds]

    assert timed
    for case in timed:
        best = np.inf
        for function in fast.ALTERNATIVES[name].values():
            for _ in range(5):
                start = time.process_time()  # of this process alone: others do not count
                exercise.answer(function, case.arguments)
                best = min(best, time.process_time() - start)

        assert best < case.seconds / 10, case.claim


@pytest.mark.parametrize("name", LAYERS)
def test_of_a_large_batch_few_images_are_handed_over(name):
    """The answers travel in the student's notebook: the large ones stay below a megabyte."""
    exercise = EXERCISES[name]
    sizes = [
        exercise.answer(exercise.reference, case.arguments).nbytes
        for case in exercise.draw("a class")
    ]

    assert sum(sizes) < 2**20


def test_an_image_in_the_middle_of_a_large_batch_counts():
    """Not only the first is looked at."""

    def first_half(x, w, b=None, *, stride=1, padding=0):
        out = fast.conv_by_shifts(x, w, b, stride=stride, padding=padding)
        out[max(8, len(out) // 2) :] = 0
        return out

    verdict = judge(EXERCISES["conv2d_im2col"], first_half, seed="practice")

    assert [r.claim for r in verdict.results if not r.passed] == [verdict.results[-1].claim]


# Precision.


@pytest.mark.parametrize("name", ["conv2d_im2col", "conv2d_fft", "conv2d_fast"])
def test_single_precision_passes_with_a_remark(name):
    """Right to seven digits is right, and worth a word."""

    def in_float32(x, w, b=None, *, stride=1, padding=0):
        b = None if b is None else b.astype("f")
        options = {"stride": stride, "padding": padding}
        return fast.conv_by_shifts(x.astype("f"), w.astype("f"), b, **options).astype("f")

    verdict = judge(EXERCISES[name], in_float32, seed="practice")

    assert verdict.passed, verdict.first_failure
    assert any("single precision" in (result.note or "") for result in verdict.results)
