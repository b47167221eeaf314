"""Assignment 04: the examples by hand, known mistakes, other right ways, the notebook."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import sliding_window_view

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge

NOTEBOOK = Path(__file__).parents[1] / "solutions" / "04_convolution" / "04_convolution.ipynb"
NAMES = [name for name, item in EXERCISES.items() if item.assignment == "04_convolution"]
every_exercise = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    # The cases are tiny: two threads wait for each other longer than they compute.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def right_answer(name, *arrays, **options):
    """Ask the reference of an exercise, lists taken as arrays."""
    return EXERCISES[name].reference(*[np.array(a, dtype=float) for a in arrays], **options)


# The examples that the notebook works out by hand.

ROW = [[[[1, 2, 3, 4]]]]
IMAGE, KERNEL = [[1, 2, 0, 1], [3, 1, 2, 0], [0, 4, 1, 2]], [[1, 0], [2, -1]]
PAINT = [[[[1, 2, 0], [0, 1, 3]]]], [[[[1, 2], [3, -1]]]]


def test_the_assignment_asks_what_the_course_lists():
    """Seven exercises, in the order of the notebook."""
    assert NAMES == [
        "pad2d",
        "conv2d_single",
        "conv2d",
        "conv1x1",
        "depthwise_separable_conv2d",
        "conv_transpose2d",
        "conv3d",
    ]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("zeros", [0, 0, 1, 2, 3, 4, 0, 0]),
        ("replicate", [1, 1, 1, 2, 3, 4, 4, 4]),
        ("reflect", [3, 2, 1, 2, 3, 4, 3, 2]),
        ("circular", [3, 4, 1, 2, 3, 4, 1, 2]),
    ],
)
def test_pad2d_continues_a_row_as_the_notebook_shows(mode, expected):
    """Four answers to what lies beyond the edge."""
    out = reference.pad2d(ROW, (0, 2), mode=mode)

    np.testing.assert_array_equal(out, [[[expected]]])


@pytest.mark.parametrize(
    ("mode", "first_row"),
    [("zeros", [0, 0, 0, 0, 0]), ("replicate", [1, 1, 2, 3, 3]), ("circular", [6, 4, 5, 6, 4])],
)
def test_pad2d_pads_the_image_by_hand(mode, first_row):
    """A 2 x 3 image with a frame of one pixel."""
    out = reference.pad2d([[[[1, 2, 3], [4, 5, 6]]]], 1, mode=mode)

    assert out.shape == (1, 1, 4, 5)
    np.testing.assert_array_equal(out[0, 0, 0], first_row)
    np.testing.assert_array_equal(out[0, 0, 1:3, 1:4], [[1, 2, 3], [4, 5, 6]])


def test_pad2d_names_the_modes_there_are():
    """A misspelt mode is answered with the list."""
    with pytest.raises(ValueError, match="no mode 'same'; there are: zeros, reflect"):
        reference.pad2d(ROW, 1, mode="same")


def test_conv2d_single_agrees_with_the_sums_by_hand():
    """Six windows of a 3 x 4 image, then stride 2, then a corner of the padded image."""
    out = right_answer("conv2d_single", IMAGE, KERNEL)

    np.testing.assert_array_equal(out, [[6, 2, 4], [-1, 8, 2]])
    np.testing.assert_array_equal(right_answer("conv2d_single", IMAGE, KERNEL, stride=2), [[6, 4]])
    assert right_answer("conv2d_single", IMAGE, KERNEL, padding=1)[0, 0] == -1


def test_conv2d_agrees_with_the_sums_by_hand():
    """Two channels and two filters that leave one pixel each."""
    x = [[[[1, 2], [3, 4]], [[0, 1], [1, 0]]]]
    w = [[[[1, 0], [0, 1]], [[0, 2], [0, 0]]], [[[0, 1], [0, 0]], [[1, 1], [1, 1]]]]

    out = right_answer("conv2d", x, w, [10, -1])

    np.testing.assert_array_equal(out, [[[[17]], [[3]]]])


def test_conv2d_puts_the_odd_pixel_of_same_at_the_far_end():
    """A kernel of 4 needs 1 new pixel before and 2 after, and PyTorch does not warn."""
    out = right_answer("conv2d", ROW, [[[[1, 1, 1, 1]]]], padding="same")

    np.testing.assert_array_equal(out, [[[[6, 10, 9, 7]]]])


def test_conv1x1_agrees_with_the_sums_by_hand():
    """Channel 0 minus channel 1, and twice channel 0."""
    out = right_answer("conv1x1", [[[[1, 0, 2]], [[3, 1, 1]]]], [[1, -1], [2, 0]])

    np.testing.assert_array_equal(out, [[[[-2, -1, 1]], [[2, 0, 4]]]])


def test_depthwise_separable_conv2d_agrees_with_the_sums_by_hand():
    """Maps 5 and 3, mixed into 7 and 8."""
    x = [[[[1, 2], [3, 4]], [[0, 1], [2, 0]]]]

    out = right_answer(
        "depthwise_separable_conv2d", x, [[[1, 0], [0, 1]], [[0, 1], [1, 0]]], [[2, -1], [1, 1]]
    )

    np.testing.assert_array_equal(out, [[[[7]], [[8]]]])


def test_conv_transpose2d_agrees_with_the_sums_by_hand():
    """Overlapping kernels in one dimension and in two, and what padding leaves of them."""
    row = [[[[1, 2]]]], [[[[1, 1, 1]]]]

    assert right_answer("conv_transpose2d", *row).tolist() == [[[[1, 3, 3, 2]]]]
    assert right_answer("conv_transpose2d", *row, stride=2).tolist() == [[[[1, 1, 3, 2, 2]]]]
    np.testing.assert_array_equal(
        right_answer("conv_transpose2d", *PAINT)[0, 0], [[1, 4, 4, 0], [3, 6, 3, 6], [0, 3, 8, -3]]
    )
    assert right_answer("conv_transpose2d", *PAINT, padding=1).tolist() == [[[[6, 3]]]]


@pytest.mark.parametrize(("size", "extra"), [(7, 0), (8, 1)])
def test_output_padding_says_which_size_to_go_back_to(size, extra):
    """Sizes 7 and 8 both shrink to 4 at stride 2, kernel 3, padding 1."""
    w, options = np.ones((1, 1, 3, 3)), {"stride": 2, "padding": 1}
    small = reference.conv2d(np.ones((1, 1, size, size)), w, **options)

    large = reference.conv_transpose2d(small, w, output_padding=extra, **options)

    assert small.shape == (1, 1, 4, 4)
    assert large.shape == (1, 1, size, size)


def test_conv_transpose2d_is_the_transpose_of_conv2d():
    """<conv(x), y> = <x, transpose(y)>: gathering and scattering are one matrix, two ways."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 8, 7)), rng.normal(size=(4, 3, 3, 2))
    options = {"stride": (2, 3), "padding": (1, 0)}
    out = reference.conv2d(x, w, **options)
    y = rng.normal(size=out.shape)

    back = reference.conv_transpose2d(y, w, output_padding=(1, 2), **options)

    assert back.shape == x.shape
    assert np.vdot(out, y) == pytest.approx(np.vdot(x, back), rel=1e-12)


def test_conv3d_agrees_with_the_differences_by_hand():
    """The later frame minus the earlier one."""
    out = right_answer("conv3d", [[[[[1, 2]], [[1, 5]], [[4, 5]]]]], [[[[[-1]], [[1]]]]])

    np.testing.assert_array_equal(out, [[[[[0, 3]], [[3, 0]]]]])


# Known mistakes.


def fingerprint(function, calls):
    """Turn a function's answers into something hashable that rounding does not change."""
    marks = []
    for call in calls:
        try:
            out = function(*call.args, **call.kwargs)
        except (RuntimeError, ValueError) as error:
            marks.append(str(error))
        else:
            marks.append((out.shape, (np.round(out, 6) + 0.0).tobytes()))
    return tuple(marks)


@every_exercise
def test_every_known_mistake_differs_from_the_right_answer_and_from_the_others(name):
    """For 50 seeds, so that graded cases tell the mistakes apart as practice does."""
    exercise = EXERCISES[name]
    functions = [exercise.reference, *(known.function for known in exercise.mistakes.values())]
    for seed in range(50):
        calls = [exercise.signature.bind(**case.arguments) for case in exercise.draw(str(seed))]

        assert len({fingerprint(f, calls) for f in functions}) == len(functions)


@every_exercise
def test_every_known_mistake_is_caught_and_named(name):
    """A hint is worth only as much as the wrong answer that sets it off."""
    exercise = EXERCISES[name]
    for known in exercise.mistakes.values():
        verdict = judge(exercise, known.function, seed="practice")

        assert not verdict.passed
        assert verdict.first_failure.mistake == known.name


@every_exercise
def test_every_hint_is_a_sentence_and_names_a_section(name):
    """Page and label, so that the report can link to it."""
    pages = {"03_filters": "filters", "04_convolution": "convolution", "06_padding": "padding"}
    for known in EXERCISES[name].mistakes.values():
        page, _, label = known.section.partition("#")

        assert known.hint.endswith((".", "?"))
        assert label.startswith(pages[page] + "-")


# Other right ways.


def spread(pad, axes):
    """Write a padding, int or tuple, as np.pad wants it for (N, C, ...)."""
    pads = pad if isinstance(pad, tuple) else (pad,) * axes
    return [(0, 0), (0, 0), *((p, p) for p in pads)]


def every(stride, axes):
    """Index every stride-th place along the last axes."""
    strides = stride if isinstance(stride, tuple) else (stride,) * axes
    return (..., *(slice(None, None, s) for s in strides))


def pad2d_by_numpy(x, padding, *, mode="zeros"):
    """One call of np.pad."""
    if mode == "zeros":
        return np.pad(x, spread(padding, 2))
    names = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return np.pad(x, spread(padding, 2), mode=names[mode])


def pad2d_by_gluing(x, padding, *, mode="zeros"):
    """Rows glued on first, then columns, each axis brought to the front."""
    for axis, (p, _) in zip((2, 3), spread(padding, 2)[2:], strict=True):
        x = np.moveaxis(x, axis, 0)
        before, after = {
            "zeros": (0 * x[:1].repeat(p, 0), 0 * x[:1].repeat(p, 0)),
            "replicate": (x[:1].repeat(p, 0), x[-1:].repeat(p, 0)),
            "reflect": (x[1 : p + 1][::-1], x[len(x) - p - 1 : len(x) - 1][::-1]),
            "circular": (x[len(x) - p :], x[:p]),
        }[mode]
        x = np.moveaxis(np.concatenate([before, x, after]), 0, axis)
    return x


def single_by_windows(x, w, b=0.0, *, stride=1, padding=0):
    """All windows at once, without a copy."""
    windows = sliding_window_view(np.pad(x, padding), w.shape)[::stride, ::stride]
    return np.tensordot(windows, w, axes=2) + b


def single_by_shifts(x, w, b=0.0, *, stride=1, padding=0):
    """One shifted image for each weight, stepped over at the end."""
    x = np.pad(x, padding)
    OH, OW = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    shifted = [w[i, j] * x[i : i + OH, j : j + OW] for i, j in np.ndindex(w.shape)]
    return sum(shifted)[::stride, ::stride] + b


def layer(correlate):
    """Make a conv2d with every option from a plain one: kernels spread, outputs skipped."""

    def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
        DH, DW = (dilation, dilation) if isinstance(dilation, int) else dilation
        F, CG, KH, KW = w.shape
        wide = np.zeros((F, CG, DH * (KH - 1) + 1, DW * (KW - 1) + 1), dtype=w.dtype)
        wide[:, :, ::DH, ::DW] = w
        pads = spread(0 if padding == "same" else padding, 2)
        if padding == "same":
            lost = [size - 1 for size in wide.shape[2:]]
            pads[2:] = [(size // 2, size - size // 2) for size in lost]
        x = np.pad(x, pads)
        pairs = zip(np.split(x, groups, axis=1), np.split(wide, groups), strict=True)
        out = np.concatenate([correlate(*pair) for pair in pairs], axis=1)[every(stride, 2)]
        return out if b is None else out + b[:, None, None]

    return conv2d


def correlate_by_loops(x, w):
    """A loop for each index of the output."""
    N, _, H, W = x.shape
    F, _, KH, KW = w.shape
    out = np.zeros((N, F, H - KH + 1, W - KW + 1))
    for n, f, i, j in np.ndindex(out.shape):
        out[n, f, i, j] = (x[n, :, i : i + KH, j : j + KW] * w[f]).sum()
    return out


def correlate_by_windows(x, w):
    """Sliding windows and one tensordot."""
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))  # (N, C, OH, OW, KH, KW)
    return np.moveaxis(np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))), -1, 1)


def correlate_by_im2col(x, w):
    """One row for each window, one matrix product."""
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    OH, OW = H - KH + 1, W - KW + 1
    columns = [x[:, :, i : i + OH, j : j + OW] for i, j in np.ndindex(KH, KW)]
    matrix = np.stack(columns, axis=2).reshape(N, C * KH * KW, OH * OW)
    return (w.reshape(F, -1) @ matrix).reshape(N, F, OH, OW)


def correlate_by_fft(x, w):
    """A product of spectra, the kernel's conjugate because nothing is flipped."""
    sizes = x.shape[2:]
    spectrum = np.einsum("nchw,fchw->nfhw", np.fft.rfft2(x), np.fft.rfft2(w, sizes).conj())
    whole = np.fft.irfft2(spectrum, sizes)
    return whole[:, :, : sizes[0] - w.shape[2] + 1, : sizes[1] - w.shape[3] + 1]


def mix_by_einsum(x, w, b=None):
    """Sum over the channels by name."""
    out = np.einsum("nchw,fc->nfhw", x, w)
    return out if b is None else out + b.reshape(1, -1, 1, 1)


def mix_by_channels_last(x, w, b=None):
    """Channels moved last, where the product wants them."""
    out = np.moveaxis(x, 1, -1) @ w.T + (0 if b is None else b)
    return np.moveaxis(out, -1, 1)


def separable_by_one_layer(x, depthwise, pointwise, b=None, *, stride=1, padding=0):
    """The product of the two steps is an ordinary layer."""
    w = pointwise[:, :, None, None] * depthwise
    return layer(correlate_by_im2col)(x, w, b, stride=stride, padding=padding)


def separable_by_groups(x, depthwise, pointwise, b=None, *, stride=1, padding=0):
    """A layer of as many groups as channels, then a 1 x 1 layer."""
    options = {"stride": stride, "padding": padding, "groups": len(depthwise)}
    maps = layer(correlate_by_windows)(x, depthwise[:, None], **options)
    return mix_by_einsum(maps, pointwise, b)


def transpose_by_pixels(x, w, b=None, *, stride=1, padding=0, output_padding=0):
    """Each pixel paints its kernel."""
    (SH, SW), (PH, PW), (EH, EW) = (
        (option, option) if isinstance(option, int) else option
        for option in (stride, padding, output_padding)
    )
    (N, _, H, W), (_, F, KH, KW) = x.shape, w.shape
    out = np.zeros((N, F, (H - 1) * SH + KH + EH, (W - 1) * SW + KW + EW))
    for i, j in np.ndindex(H, W):
        painted = np.tensordot(x[:, :, i, j], w, axes=1)  # (N, F, KH, KW)
        out[:, :, i * SH : i * SH + KH, j * SW : j * SW + KW] += painted
    out = out[:, :, PH : out.shape[2] - PH, PW : out.shape[3] - PW]
    return out if b is None else out + b[:, None, None]


def transpose_by_spreading(x, w, b=None, *, stride=1, padding=0, output_padding=0):
    """Zeros between the pixels, a frame around them, an ordinary layer with turned kernels."""
    (N, C, H, W), (KH, KW) = x.shape, w.shape[2:]
    _, _, (SH, _), (SW, _) = spread(stride, 2)
    _, _, (PH, _), (PW, _) = spread(padding, 2)
    _, _, (EH, _), (EW, _) = spread(output_padding, 2)
    wide = np.zeros((N, C, (H - 1) * SH + 1 + EH, (W - 1) * SW + 1 + EW))
    wide[:, :, : (H - 1) * SH + 1 : SH, : (W - 1) * SW + 1 : SW] = x
    turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    return layer(correlate_by_windows)(wide, turned, b, padding=(KH - 1 - PH, KW - 1 - PW))


def volume_by_windows(x, w, b=None, *, stride=1, padding=0):
    """Sliding boxes and einsum."""
    windows = sliding_window_view(np.pad(x, spread(padding, 3)), w.shape[2:], axis=(2, 3, 4))
    strides = stride if isinstance(stride, tuple) else (stride,) * 3
    windows = windows[(slice(None), slice(None), *(slice(None, None, s) for s in strides))]
    out = np.einsum("ncxyzdhw,fcdhw->nfxyz", windows, w, optimize=True)
    return out if b is None else out + b[:, None, None, None]


def volume_by_frames(x, w, b=None, *, stride=1, padding=0):
    """Flat layers, one for each pair of a frame and a slice of the kernel."""
    x = np.pad(x, spread(padding, 3))
    frames = [
        sum(correlate_by_im2col(x[:, :, z + d], w[:, :, d]) for d in range(w.shape[2]))
        for z in range(x.shape[2] - w.shape[2] + 1)
    ]
    out = np.stack(frames, axis=2)[every(stride, 3)]
    return out if b is None else out + b[:, None, None, None]


OTHER_WAYS = [
    ("pad2d", pad2d_by_numpy),
    ("pad2d", pad2d_by_gluing),
    ("conv2d_single", single_by_windows),
    ("conv2d_single", single_by_shifts),
    ("conv2d", layer(correlate_by_loops)),
    ("conv2d", layer(correlate_by_windows)),
    ("conv2d", layer(correlate_by_im2col)),
    ("conv2d", layer(correlate_by_fft)),
    ("conv1x1", mix_by_einsum),
    ("conv1x1", mix_by_channels_last),
    ("depthwise_separable_conv2d", separable_by_one_layer),
    ("depthwise_separable_conv2d", separable_by_groups),
    ("conv_transpose2d", transpose_by_pixels),
    ("conv_transpose2d", transpose_by_spreading),
    ("conv3d", volume_by_windows),
    ("conv3d", volume_by_frames),
]


@pytest.mark.parametrize("seed", ["practice", "a class"])
@pytest.mark.parametrize(("name", "function"), OTHER_WAYS)
def test_other_right_ways_are_accepted(name, function, seed):
    """The grader asks for numbers, not for a way."""
    verdict = judge(EXERCISES[name], function, seed=seed)

    assert verdict.passed, verdict.first_failure
    assert verdict.score == 1


def test_single_precision_passes_with_a_remark():
    """Right to seven digits is right, and worth a word."""

    def in_float32(x, w, b=None, **options):
        b = None if b is None else b.astype("f")
        return layer(correlate_by_im2col)(x.astype("f"), w.astype("f"), b, **options)

    verdict = judge(EXERCISES["conv2d"], in_float32, seed="practice")

    assert verdict.passed
    assert any("single precision" in (result.note or "") for result in verdict.results)


# What a student may hand in instead of an answer.


def broken(name, kind):
    """Break the right answer of an exercise in one way."""
    reference_answer = EXERCISES[name].reference

    def function(x, *rest, **options):
        out = reference_answer(x, *rest, **options)
        if kind == "in place":
            x += 1
        elif kind == "raises":
            raise IndexError("index 7 is out of bounds")
        return {"None": None, "a list": out.tolist(), "cut": out.astype(int), "flat": out[0]}.get(
            kind, out
        )

    function.__signature__ = EXERCISES[name].signature
    return function


@every_exercise
@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("None", "returned None: is a `return` missing?"),
        ("a list", "returned a list, expected a NumPy array"),
        ("cut", "whole numbers cannot hold fractions"),
        ("flat", "out has the wrong number of axes"),
        ("in place", "changes its input x in place"),
        ("raises", "raises IndexError: index 7 is out of bounds"),
    ],
)
def test_what_is_no_answer_is_met_with_one_sentence(name, kind, sentence):
    """None, a list, whole numbers, an axis too few, a changed input, an exception."""
    verdict = judge(EXERCISES[name], broken(name, kind), seed="practice")

    assert not verdict.passed
    assert verdict.score == 0
    assert sentence in verdict.first_failure.summary
    assert "\n" not in verdict.first_failure.detail


# The notebook.


@pytest.fixture(scope="module")
def cells():
    """The notebook's cells by their ids."""
    return {cell.id: cell for cell in nbformat.read(NOTEBOOK, as_version=4).cells}


@pytest.fixture(scope="module")
def solutions(cells):
    """What the helper and solution cells define."""
    namespace = {"np": np}
    for name in ["pair", "triple", *NAMES]:
        exec(cells[name].source, namespace)
    return namespace


@every_exercise
@pytest.mark.parametrize("seed", ["practice", "a class"])
def test_the_solution_in_the_notebook_earns_every_point(name, seed, solutions):
    """What the release is cut from is right."""
    verdict = judge(EXERCISES[name], solutions[name], seed=seed)

    assert verdict.passed, verdict.first_failure


@every_exercise
def test_the_notebook_announces_the_points_it_gives(name, cells):
    """Table, heading and test cell agree on the points; heading and table on the minutes."""
    points = cells[f"check_{name}"].metadata.nbgrader.points
    heading = cells[f"about_{name}"].source.splitlines()[0]
    minutes, difficulty = re.search(r"about (\d+) minutes · difficulty (\d)", heading).groups()

    assert f"· {name} · {points} points ·" in heading
    assert f"| `{name}` | {points} | {minutes} | {difficulty} |" in cells["intro"].source
    assert cells[f"check_{name}"].source.startswith(f'"{points} points: ')
    assert cells[f"check_{name}"].source.endswith(f'"\ncheck("{name}", {name})')


def test_the_table_adds_up(cells):
    """The last row is the sum of the others."""
    points = sum(cells[f"check_{name}"].metadata.nbgrader.points for name in NAMES)
    minutes = sum(int(m) for m in re.findall(r"about (\d+) minutes", str(cells)))

    assert f"| **{points}** | **{minutes}** |" in cells["intro"].source
