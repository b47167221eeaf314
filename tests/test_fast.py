"""The fast convolution is PyTorch's, to rounding, for every shape."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from cnncourse.fast import conv2d, conv2d_backward
from cnncourse.fast.workers import run, spans
from cnncourse.shapes import ShapeError

# N, C, H, W, F, KH, KW, stride, padding: every way that the package knows, sizes all different.
SHAPES = {
    "one pixel everywhere": (1, 1, 1, 1, 1, 1, 1, 1, 0),
    "few channels": (5, 2, 11, 13, 7, 3, 4, 1, 1),
    "channels for the row copies": (3, 17, 9, 12, 19, 3, 5, 1, (1, 2)),
    "more filters than channels": (2, 3, 10, 8, 40, 5, 3, 1, (2, 0)),
    "many small images": (70, 6, 7, 5, 8, 3, 2, 1, 1),
    "3 x 3, even sizes": (3, 49, 12, 16, 52, 3, 3, 1, 1),
    "3 x 3, odd sizes": (5, 53, 7, 9, 48, 3, 3, 1, 1),
    "3 x 3, no padding": (2, 50, 11, 6, 49, 3, 3, 1, 0),
    "5 x 5": (3, 51, 9, 14, 49, 5, 5, 1, 2),
    "5 x 5, no padding, many images": (19, 48, 11, 12, 50, 5, 5, 1, 0),
    "3 x 3, wide padding": (2, 52, 5, 7, 48, 3, 3, 1, (3, 4)),
    "a stride that does not divide": (2, 20, 13, 12, 24, 3, 3, 2, 1),
    "first layer, stride 2": (2, 3, 23, 26, 33, 7, 7, 2, 3),
    "first layer, stride 4": (2, 3, 31, 35, 9, 11, 11, 4, 0),
    "strides as a pair": (2, 18, 11, 14, 5, 3, 4, (2, 3), (1, 0)),
    "a stride wider than the kernel": (2, 20, 13, 17, 3, 2, 2, (5, 3), (2, 1)),
    "1 x 1": (5, 6, 7, 8, 9, 1, 1, 1, 0),
    "1 x 1, stride 2": (5, 6, 7, 10, 9, 1, 1, 2, 0),
    "1 x 1, padded": (3, 4, 5, 6, 7, 1, 1, 1, 1),
    "padding wider than the kernel": (2, 17, 4, 5, 3, 2, 3, 1, (4, 5)),
    "a kernel as large as the image": (4, 5, 6, 7, 8, 6, 7, 1, 0),
    "blocks of rows": (2, 64, 65, 70, 5, 3, 5, 1, 1),
    "few small images, stride 2": (4, 6, 9, 13, 5, 3, 4, (2, 3), (1, 2)),
    "an output of one pixel": (33, 5, 3, 4, 7, 3, 4, 1, 0),
    "an empty batch": (0, 2, 5, 6, 3, 3, 2, 1, 1),
    "an empty batch of 1 x 1": (0, 2, 5, 6, 3, 1, 1, 1, 0),
}
TOLERANCE = {"float32": 2e-5, "float64": 1e-12}  # of the largest value


def draw(shape, dtype="float64", seed=0):
    """Draw images, filters, biases and gradients, and name the options."""
    N, C, H, W, F, KH, KW, stride, padding = shape
    rng = np.random.default_rng(seed)
    x, w, b = (
        rng.standard_normal(size).astype(dtype) for size in [(N, C, H, W), (F, C, KH, KW), (F,)]
    )
    return x, w, b, {"stride": stride, "padding": padding}


def torch_says(x, w, b, options, seed=1):
    """Let PyTorch do it, and autograd."""
    x, w, b = (torch.tensor(array, requires_grad=True) for array in (x, w, b))
    out = torch.nn.functional.conv2d(x, w, b, **options)
    dout = torch.tensor(np.random.default_rng(seed).standard_normal(out.shape), dtype=out.dtype)
    gradients = torch.autograd.grad(out, (x, w, b), dout)
    return out.detach().numpy(), dout.numpy(), [gradient.numpy() for gradient in gradients]


def assert_close(ours, theirs):
    """Compare shape, dtype and values; rounding is measured by the largest value."""
    assert ours.shape == theirs.shape
    assert ours.dtype == theirs.dtype
    if theirs.size:
        largest = max(np.abs(theirs).max(), 1e-3)
        assert np.abs(ours - theirs).max() <= TOLERANCE[str(theirs.dtype)] * largest


def assert_agrees(x, w, b, options):
    """Compare a forward and a backward pass with PyTorch's."""
    out, dout, gradients = torch_says(x, w, b, options)

    assert_close(conv2d(x, w, b, **options), out)
    for ours, theirs in zip(conv2d_backward(dout, x, w, **options), gradients, strict=True):
        assert_close(ours, theirs)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", SHAPES)
def test_values_and_gradients_are_pytorchs(name, dtype):
    """Each way through the package has a shape here."""
    assert_agrees(*draw(SHAPES[name], dtype))


@pytest.mark.parametrize("name", [name for name in SHAPES if "1 x 1" not in name])
@pytest.mark.parametrize("pays", [True, False])
def test_gradients_with_images_last_or_by_rows(name, pays, monkeypatch):
    """Which way is faster depends on the shape; both are right for all."""
    monkeypatch.setattr("cnncourse.fast.images_last.pays", lambda *shape: pays)
    monkeypatch.setattr("cnncourse.fast.winograd.pays", lambda *shape: False)
    x, w, b, options = draw(SHAPES[name])
    _, dout, gradients = torch_says(x, w, b, options)

    for ours, theirs in zip(conv2d_backward(dout, x, w, **options), gradients, strict=True):
        assert_close(ours, theirs)


@pytest.mark.parametrize("name", ["many small images", "3 x 3, odd sizes", "few channels"])
def test_a_worker_that_comes_too_late_changes_nothing(name, monkeypatch):
    """Another may have taken every block before it wakes."""

    def late(work, blocks):
        return [work(iter([])), work(iter(blocks)), work(iter([]))]

    for module in ("winograd", "images_last", "weights", "rows"):
        monkeypatch.setattr(f"cnncourse.fast.{module}.run", late)

    assert_agrees(*draw(SHAPES[name]))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_any_shape_that_fits(data):
    """Sizes, strides and paddings in all combinations."""
    size = st.integers(1, 9)
    KH, KW = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    ph, pw = data.draw(st.integers(0, 5)), data.draw(st.integers(0, 5))
    H = data.draw(st.integers(max(1, KH - 2 * ph), 12))
    W = data.draw(st.integers(max(1, KW - 2 * pw), 12))
    channels = st.sampled_from([1, 2, 3, 16, 33])
    stride = data.draw(st.integers(1, 6)), data.draw(st.integers(1, 6))
    N, C, F = data.draw(size), data.draw(channels), data.draw(channels)

    assert_agrees(*draw((N, C, H, W, F, KH, KW, stride, (ph, pw))))


@pytest.mark.parametrize("name", ["few channels", "3 x 3, odd sizes", "1 x 1", "1 x 1, stride 2"])
def test_arrays_in_any_order_in_memory(name):
    """A view, turned or with steps, is as good as a copy; and no input is changed."""
    x, w, b, options = draw(SHAPES[name])
    out, dout, gradients = torch_says(x, w, b, options)
    doubled = np.repeat(x, 2, axis=3)[..., ::2]
    turned = np.ascontiguousarray(w.transpose(3, 2, 1, 0)).transpose(3, 2, 1, 0)
    last = np.ascontiguousarray(dout.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)

    assert_close(conv2d(doubled, turned, b[::-1][::-1], **options), out)
    for ours, theirs in zip(
        conv2d_backward(last, doubled, turned, **options), gradients, strict=True
    ):
        assert_close(ours, theirs)
    assert_close(doubled, draw(SHAPES[name])[0])


def test_no_bias_is_a_bias_of_zeros():
    """The bias is optional, as in PyTorch."""
    x, w, b, options = draw(SHAPES["few channels"])

    assert np.array_equal(conv2d(x, w, **options), conv2d(x, w, 0 * b, **options))


def test_every_worker_count_gives_the_same(monkeypatch):
    """One thread or three: blocks are shared out, never lost or done twice."""
    x, w, b, options = draw(SHAPES["many small images"])
    out, dout, gradients = torch_says(x, w, b, options)
    for count in (1, 2, 3, 8):
        monkeypatch.setattr("cnncourse.fast.workers.num_workers", lambda count=count: count)

        assert_close(conv2d(x, w, b, **options), out)
        for ours, theirs in zip(conv2d_backward(dout, x, w, **options), gradients, strict=True):
            assert_close(ours, theirs)


def test_an_error_in_a_worker_is_raised_here(monkeypatch):
    """A thread must not swallow what goes wrong."""
    monkeypatch.setattr("cnncourse.fast.workers.num_workers", lambda: 2)

    def work(blocks):
        raise MemoryError(f"no room for {len(list(blocks))} blocks")

    with pytest.raises(MemoryError, match="no room"):
        run(work, [1, 2, 3])


def test_spans_cover_a_range_without_overlap():
    """Pieces follow one another; nothing makes none."""
    assert spans(7, 3) == [(0, 3), (3, 6), (6, 7)]
    assert spans(6, 3) == [(0, 3), (3, 6)]
    assert spans(2, 9) == [(0, 2)]
    assert spans(0, 9) == []


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"x": np.ones((2, 5, 6, 3))}, ShapeError, "5 channels, w expects 3: is x channels"),
        ({"x": np.ones((3, 5, 6))}, ShapeError, "must have four axes"),
        ({"b": np.ones(3)}, ShapeError, r"b is \(3,\), 4 filters need \(4,\)"),
        ({"w": np.ones((4, 3, 9, 2))}, ShapeError, "a kernel that reaches over 9 pixels"),
        ({"w": np.ones((4, 3, 2, 2), "float32")}, TypeError, "must be float32 or all float64"),
        ({"x": np.ones((2, 3, 5, 6), int)}, TypeError, "must be float32 or all float64"),
    ],
)
def test_what_does_not_fit_is_named(changes, error, said):
    """An error carries the numbers that disagree."""
    arrays = {"x": np.ones((2, 3, 5, 6)), "w": np.ones((4, 3, 2, 2)), "b": np.ones(4)}

    with pytest.raises(error, match=said):
        conv2d(**arrays | changes)


def test_gradients_of_another_shape_are_named():
    """The usual slip is to pass the input's gradient."""
    x, w = np.ones((2, 3, 5, 6)), np.ones((4, 3, 2, 2))

    with pytest.raises(ShapeError, match=r"the outputs are \(2, 4, 4, 5\)"):
        conv2d_backward(x, x, w)
