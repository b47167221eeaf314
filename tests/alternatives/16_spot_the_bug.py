"""Other good tests for assignment 16, for the audit: what kills each broken layer."""

import numpy as np


def linear_one_number_at_a_time():
    """Weights with a single 1 each pick one feature; there are more features than outputs."""
    x = np.array([[5.0, 7, 11]])
    w = np.array([[0.0, 0, 1], [1, 0, 0]])
    return x, w, np.zeros(2), np.array([[11.0, 5]]), 1e-6


def linear_square_by_loops():
    """Square weights that are not symmetric, by loops over rows."""
    x, w, b = np.array([[0.1, 0.2], [0.3, 0.7]]), np.array([[1.0, 2], [3, 5]]), np.ones(2)
    expected = np.array(
        [[sum(r * c for r, c in zip(row, f, strict=True)) for f in w] for row in x]
    )
    return x, w, b, expected + 1, 1e-5


def max_pool_all_negative():
    """Nothing but negative numbers, in windows that overlap."""
    x = -np.arange(1.0, 10).reshape(1, 1, 3, 3)
    return x, 2, 1, np.array([[[[-1.0, -2], [-4, -5]]]]), 1e-6


def max_pool_of_single_pixels():
    """Windows of one pixel give back what they see."""
    x = np.array([[[[-0.5, 0.25], [-2.0, 8.0]]]])
    return x, 1, 1, x.copy(), 0.0


def conv_as_large_as_the_image():
    """One window: the sum of products."""
    x, w = np.array([[[[1.0, 2, 3]]]]), np.array([[[[1.0, 10, 100]]]])
    return x, w, np.array([[[[321.0]]]]), 0.5


def conv_by_shifts():
    """A kernel with a single 1 at the end moves the image; two channels add up."""
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    w = np.zeros((1, 2, 2, 2))
    w[:, :, 1, 1] = 1
    return x, w, x[:, :, 1:, 1:].sum(axis=1, keepdims=True), 1e-4


def avg_pool_overlapping_rows():
    """Two columns, windows of two that begin one row apart."""
    x = np.array([[[[0.0, 4], [2, 2], [8, 0]]]])
    return x, 2, 1, np.array([[[[2.0], [3.0]]]]), 1e-6


def avg_pool_smaller_than_its_stride():
    """Windows of one pixel that leave out every second: three of five."""
    x = np.arange(5.0, 30).reshape(1, 1, 5, 5)
    return x, 1, 2, x[:, :, ::2, ::2], 1e-6


def softmax_far_below():
    """All exponentials are 0 in float64."""
    return np.full((1, 2), -2000.0), np.full((1, 2), 0.5), 1e-4


def softmax_shifted():
    """A shift by a power of two changes nothing."""
    x = np.array([[1.0, 2, 4]])
    e = np.exp(x)
    return x + 1024, e / e.sum(), 1e-4


def cross_entropy_of_a_sure_classifier():
    """Each image is sure of its own label: the loss is nearly 0, plus what a third costs."""
    logits = np.array([[30.0, 0, 0], [0, 30, 0], [0, 0, 0]])
    return logits, np.array([0, 1, 2]), float(np.log(3)) / 3, 1e-5


def cross_entropy_by_a_loop():
    """Image by image."""
    logits, labels = np.array([[0.5, 1, -1], [2, 0, 1]]), np.array([2, 0])
    loss = 0.0
    for row, label in zip(logits, labels, strict=True):
        loss += float(np.log(np.exp(row).sum()) - row[label])
    return logits, labels, loss / 2, 1e-5


def batch_norm_of_one_image():
    """A row of pixels: 0 and 4 have mean 2 and variance 4."""
    x = np.array([[[[0.0, 4.0]]]])
    return x, np.array([3.0]), np.array([1.0]), np.array([[[[-2.0, 4.0]]]]), 0.01


def batch_norm_by_its_formula():
    """Eight numbers, biased variance by hand."""
    x = np.array([[[[1.0, 2], [4, 8]]], [[[3, 3], [5, 0]]]])
    mean = x.sum() / 8
    deviation = np.sqrt(((x - mean) ** 2).sum() / 8 + 1e-5)
    return x, np.ones(1), np.zeros(1), (x - mean) / deviation, 1e-5


def dropout_with_nothing_dropped():
    """For p = 0 training changes nothing."""
    x = np.array([[1.5, -2, 0.25]])
    return x, np.array([[0.0, 0.3, 0.6]]), 0.0, True, x.copy(), 1e-6


def dropout_of_most():
    """With p = 0.8 one in five is kept, five times as large."""
    x, draws = np.array([[1.0, 2], [3, 4]]), np.array([[0.9, 0.1], [0.7, 0.85]])
    return x, draws, 0.8, True, np.array([[5.0, 0], [0, 20]]), 1e-4


def relu_one_number():
    """A negative gradient meets an open gate."""
    return np.array([[-1.0]]), np.array([[2.0]]), np.array([[-1.0]]), 1e-6


def relu_by_a_product():
    """Linear in dout: many numbers, by a mask."""
    dout = np.linspace(-2, 3, 12).reshape(3, 4)
    x = np.cos(np.arange(12.0)).reshape(3, 4)
    return dout, x, dout * (x > 0), 1e-5


def max_pool_one_winner_of_four():
    """The pixel in the middle wins all four windows."""
    x = np.zeros((1, 1, 3, 3))
    x[0, 0, 1, 1] = 1
    dout, expected = np.array([[[[1.0, 2], [4, 8]]]]), np.zeros((1, 1, 3, 3))
    expected[0, 0, 1, 1] = 15
    return dout, x, 2, 1, expected, 1e-5


def max_pool_windows_of_three():
    """Two windows of three with stride two share their middle column; two channels."""
    x = np.zeros((1, 2, 3, 5))
    x[0, :, 1] = [1, 2, 9, 3, 4]
    x[0, 1, 1] = [8, 2, 1, 3, 4]
    expected = np.zeros(x.shape)
    expected[0, 0, 1, 2] = 0.75
    expected[0, 1, 1, [0, 4]] = [2, 3]
    return np.array([[[[0.5, 0.25]], [[2.0, 3]]]]), x, 3, 2, expected, 1e-6


ALTERNATIVES = {
    "catch_linear_transposed": {
        "weights that pick": linear_one_number_at_a_time,
        "square, by loops": linear_square_by_loops,
    },
    "catch_max_pool_zero": {
        "all negative": max_pool_all_negative,
        "windows of one pixel": max_pool_of_single_pixels,
    },
    "catch_conv2d_flipped": {
        "one window": conv_as_large_as_the_image,
        "a shift": conv_by_shifts,
    },
    "catch_avg_pool_stride": {
        "overlapping rows": avg_pool_overlapping_rows,
        "a stride above the window": avg_pool_smaller_than_its_stride,
    },
    "catch_softmax_overflow": {
        "far below": softmax_far_below,
        "a shift": softmax_shifted,
    },
    "catch_cross_entropy_pairs": {
        "a sure classifier": cross_entropy_of_a_sure_classifier,
        "a loop": cross_entropy_by_a_loop,
    },
    "catch_batch_norm_variance": {
        "one image": batch_norm_of_one_image,
        "the formula": batch_norm_by_its_formula,
    },
    "catch_dropout_scale": {
        "nothing dropped": dropout_with_nothing_dropped,
        "most dropped": dropout_of_most,
    },
    "catch_relu_backward_guided": {
        "one number": relu_one_number,
        "a mask": relu_by_a_product,
    },
    "catch_max_pool_backward_overlap": {
        "one winner of four": max_pool_one_winner_of_four,
        "windows of three": max_pool_windows_of_three,
    },
}
