"""Assignment 09: the examples by hand, a student's own mistakes, what the layers promise."""

import numpy as np
import pytest
import torch

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "09_regularise"]
SQUARE = np.array([[1.0, 7.0], [1.0, 7.0]]).reshape(1, 1, 2, 2)  # mean 4, variance 9
NEARLY = {"rtol": 1e-5}  # the examples by hand leave eps out


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    # The cases are tiny: two threads wait for each other longer than they compute.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def rng():
    return np.random.default_rng(9)


def test_the_assignment_asks_what_the_course_lists():
    """Nine exercises, in the order of the notebook."""
    assert NAMES == [
        "batch_norm",
        "batch_norm2d",
        "batch_norm2d_backward",
        "fuse_conv_bn",
        "layer_norm",
        "group_norm",
        "dropout",
        "dropout2d",
        "l2_penalty",
    ]


# The examples that the notebook works out by hand.


def test_batch_norm_agrees_with_the_table_by_hand():
    """Means 4 and 6, standard deviations 3 and 2."""
    x = [[1, 8], [1, 4], [7, 8], [7, 4]]

    out = reference.batch_norm(x, [2, 3], [5, 7])

    np.testing.assert_allclose(out, [[3, 10], [3, 4], [7, 10], [7, 4]], **NEARLY)


def test_batch_norm2d_agrees_with_the_square_by_hand():
    """The batch is divided by the root of 9, and 12 enters the running variance."""
    given = [2], [5], [10], [100]

    out, mean, var = reference.batch_norm2d(SQUARE, *given)
    at_test = reference.batch_norm2d(SQUARE, *given, training=False)

    np.testing.assert_allclose(out, [[[[3, 7], [3, 7]]]], **NEARLY)
    np.testing.assert_allclose((mean, var), [[9.4], [91.2]])
    np.testing.assert_allclose(at_test[0], [[[[3.2, 4.4], [3.2, 4.4]]]], **NEARLY)
    assert at_test[1:] == ([10], [100])


def test_batch_norm2d_backward_agrees_with_the_square_by_hand():
    """Both sums of the text are 0."""
    dx, dweight, dbias = reference.batch_norm2d_backward([[[[1, 2], [4, 9]]]], SQUARE, [6])

    np.testing.assert_allclose(dx, [[[[-3, -7], [3, 7]]]], **NEARLY)
    np.testing.assert_allclose(dweight, [6], **NEARLY)
    np.testing.assert_array_equal(dbias, [16])


def test_fuse_conv_bn_agrees_with_the_filter_by_hand():
    """Twice the filter, and 13."""
    w, b = reference.fuse_conv_bn([[[[1, 2]]]], [7], [6], [5], [3], [9])

    np.testing.assert_allclose(w, [[[[2, 4]]]], **NEARLY)
    np.testing.assert_allclose(b, [13], **NEARLY)


def test_layer_norm_and_group_norm_agree_with_the_rows_by_hand():
    """One row with weights of its own, and four channels in two groups."""
    row = reference.layer_norm([[[[1, 7, 1, 7]]]], [1, 2, 3, 4], [5, 6, 7, 8])
    channels = np.reshape([1, 7, 10, 14], (1, 4, 1, 1))

    groups = reference.group_norm(channels, 2, np.ones(4), np.zeros(4))

    np.testing.assert_allclose(row, [[[[4, 8, 4, 12]]]], **NEARLY)
    np.testing.assert_allclose(groups.ravel(), [-1, 1, -1, 1], **NEARLY)


@pytest.mark.parametrize(
    ("p", "expected"), [(0.5, [2, 0, 0, 0, 10, 12]), (0.2, [1.25, 2.5, 0, 0, 6.25, 7.5])]
)
def test_dropout_agrees_with_the_draws_by_hand(p, expected):
    """The six draws are those that the notebook prints."""
    draws = np.random.default_rng(0).random(6)

    out = reference.dropout([[1, 2, 3, 4, 5, 6]], p=p, rng=np.random.default_rng(0))

    np.testing.assert_array_equal(draws.round(2), [0.64, 0.27, 0.04, 0.02, 0.81, 0.91])
    np.testing.assert_allclose(out, [expected])


def test_dropout2d_agrees_with_the_maps_by_hand():
    """One map of three is left."""
    maps = np.arange(1.0, 7).reshape(1, 3, 1, 2)

    out = reference.dropout2d(maps, rng=np.random.default_rng(0))

    assert out.tolist() == [[[[2, 4]], [[0, 0]], [[0, 0]]]]


def test_l2_penalty_agrees_with_the_sum_by_hand():
    """The bias goes free."""
    parameters = {"fc.weight": [[3, -1]], "fc.bias": [9]}

    assert reference.l2_penalty(parameters, weight_decay=0.5) == 2.5


# What the layers promise.


def test_the_reference_is_the_layer_that_pytorch_trains(rng):
    """Three batches through `nn.BatchNorm2d`, then one at test."""
    layer = torch.nn.BatchNorm2d(3, dtype=torch.float64)
    given, running = (np.ones(3), np.zeros(3)), (np.zeros(3), np.ones(3))
    for training in (True, True, True, False):
        x = rng.normal(2, 3, size=(4, 3, 5, 6))
        expected = layer.train(training)(torch.tensor(x)).detach().numpy()
        out, *running = reference.batch_norm2d(x, *given, *running, training=training)
        np.testing.assert_allclose(out, expected)
    np.testing.assert_allclose(running, [layer.running_mean, layer.running_var])


def test_one_fused_convolution_answers_what_two_layers_answered(rng):
    """With a bias and without."""
    x, w = rng.normal(size=(2, 3, 6, 7)), rng.normal(size=(4, 3, 3, 2))
    normal = rng.normal(size=(3, 4)), rng.uniform(1, 2, 4)
    for b in (None, rng.normal(size=4)):
        two = reference.batch_norm2d(
            reference.conv2d(x, w, b), *normal[0], normal[1], training=False
        )[0]
        one = reference.conv2d(x, *reference.fuse_conv_bn(w, b, *normal[0], normal[1]))

        np.testing.assert_allclose(one, two)


def test_one_group_is_a_layer_and_a_group_for_each_channel_is_a_map(rng):
    """Group normalisation lies between the two."""
    x, ones, zeros = rng.normal(size=(2, 6, 4, 5)), np.ones(6), np.zeros(6)
    whole = np.ones((6, 4, 5)), np.zeros((6, 4, 5))

    np.testing.assert_allclose(
        reference.group_norm(x, 1, ones, zeros), reference.layer_norm(x, *whole)
    )
    np.testing.assert_allclose(
        reference.group_norm(x, 6, ones, zeros),
        reference.layer_norm(x, np.ones((4, 5)), np.zeros((4, 5))),
    )


@pytest.mark.parametrize("constant", [(), ("mean",), ("var",), ("mean", "var")])
def test_held_statistics_change_the_gradient_by_x_alone(rng, constant):
    """The mistakes of the way back are right but for what they forget."""
    dout, x = rng.normal(size=(2, 3, 2, 4, 5))  # two arrays of (3, 2, 4, 5)
    weight = rng.normal(size=2)
    right = reference.batch_norm2d_backward(dout, x, weight)

    dx, dweight, dbias = reference.batch_norm2d_backward(dout, x, weight, constant=constant)

    assert np.allclose(dx, right[0]) == (not constant)
    np.testing.assert_allclose(dweight, right[1])
    np.testing.assert_allclose(dbias, right[2])


def test_dropout_keeps_the_mean_and_the_share():
    """Of 100,000 ones, p vanish; five standard deviations are 0.7 % of the number."""
    for p in (0.2, 0.5, 0.8):
        out = reference.dropout(np.ones(100_000), p=p, rng=np.random.default_rng(0))

        assert abs((out == 0).mean() - p) < 0.007
        assert set(np.unique(out)) == {0, 1 / (1 - p)}


def test_the_gradient_of_the_penalty_is_the_weight_times_the_decay(rng):
    """By central differences."""
    w, step = rng.normal(size=(2, 3)), 1e-6
    for index in np.ndindex(w.shape):
        moved = [w.copy(), w.copy()]
        moved[0][index] += step
        moved[1][index] -= step
        up, down = (reference.l2_penalty({"w": one}, weight_decay=0.3) for one in moved)

        assert (up - down) / (2 * step) == pytest.approx(0.3 * w[index])


# Mistakes as students write them.


def batch_norm2d(*, axes=(0, 2, 3), divisors=(0, 1), keep_old=True, at_test=True):
    """Write the layer with one thing done otherwise."""

    def written(
        x, weight, bias, running_mean, running_var, *, training=True, momentum=0.1, eps=1e-5
    ):
        mean, var = running_mean, running_var
        new = momentum if keep_old else 1 - momentum
        if training or not at_test:
            mean, var = x.mean(axes), x.var(axes, ddof=divisors[0])
        if training:
            running_mean = (1 - new) * running_mean + new * mean
            running_var = (1 - new) * running_var + new * x.var(axes, ddof=divisors[1])
        mean, var = (np.reshape(a, (-1, 1, 1)) for a in (mean, var))
        out = (x - mean) / np.sqrt(var + eps)
        return out * weight[:, None, None] + bias[:, None, None], running_mean, running_var

    return written


def batch_norm_without_parentheses(x, weight, bias, *, eps=1e-5):
    return weight * (x - x.mean(0) / np.sqrt(x.var(0) + eps)) + bias


def batch_norm_with_two_roots(x, weight, bias, *, eps=1e-5):
    return weight * (x - x.mean(0)) / np.sqrt(x.std(0) + eps) + bias


def batch_norm_of_squares(x, weight, bias, *, eps=1e-5):
    return weight * (x - x.mean(0)) / np.sqrt((x**2).mean(0) + eps) + bias


def layer_norm_of_whole_images(x, weight, bias, *, eps=1e-5):
    axes = {"axis": (1, 2, 3), "keepdims": True}
    return (x - x.mean(**axes)) / np.sqrt(x.var(**axes) + eps) * weight + bias


def group_norm_interleaved(x, num_groups, weight, bias, *, eps=1e-5):
    N, C, H, W = x.shape
    groups, axes = x.reshape(N, C // num_groups, num_groups, H, W), (1, 3, 4)
    groups = groups - groups.mean(axes, keepdims=True)
    groups = groups / np.sqrt(groups.var(axes, keepdims=True) + eps)
    return groups.reshape(x.shape) * weight[:, None, None] + bias[:, None, None]


def gradient_divided_by_images(dout, x, weight, *, eps=1e-5):
    over = {"axis": (0, 2, 3), "keepdims": True}
    std = np.sqrt(x.var(**over) + eps)
    normal, back, N = (x - x.mean(**over)) / std, dout * weight[:, None, None], len(x)
    shares = back.sum(**over) + normal * (back * normal).sum(**over)
    return (N * back - shares) / N / std, (dout * normal).sum((0, 2, 3)), dout.sum((0, 2, 3))


def gradient_begun_by_the_weight(dout, x, weight, *, eps=1e-5):
    over = {"axis": (0, 2, 3), "keepdims": True}
    std = np.sqrt(x.var(**over) + eps)
    normal, back = (x - x.mean(**over)) / std, dout * weight[:, None, None]
    dx = (back - back.mean(**over) - normal * (back * normal).mean(**over)) / std
    return dx, (back * normal).sum((0, 2, 3)), back.sum((0, 2, 3))


def dropout_of_2012(x, *, p=0.5, training=True, rng):
    return x * (rng.random(x.shape) >= p) if training else x * (1 - p)


def dropout_kept_share(x, *, p=0.5, training=True, rng):
    if not training:
        return x
    return x * (rng.random(x.shape) < p) / p if p else x * np.nan


def dropout_by_kept(x, *, p=0.5, training=True, rng):
    kept = rng.random(x.shape) >= (p if training else 0)
    return x * kept / kept.mean() if kept.any() else x * 0


def dropout2d_by_pixel(x, *, p=0.5, training=True, rng):
    return x * (rng.random(x.shape) >= p) / (1 - p) if training and p < 1 else x * (p < 1)


def penalty_by_name(parameters, *, weight_decay):
    chosen = [array for name, array in parameters.items() if name.endswith("weight")]
    return weight_decay / 2 * sum(float((array**2).sum()) for array in chosen)


def penalty_of_sums(parameters, *, weight_decay):
    weights = [array for array in parameters.values() if array.ndim > 1]
    return weight_decay / 2 * sum(array.sum() ** 2 for array in weights)


@pytest.mark.parametrize(
    ("name", "written", "mistake"),
    [
        ("batch_norm", batch_norm_without_parentheses, "the mean alone is divided"),
        ("batch_norm", batch_norm_with_two_roots, "the root is taken twice"),
        ("batch_norm", batch_norm_of_squares, "the squares of x itself"),
        ("batch_norm2d", batch_norm2d(divisors=(0, 0)), "divisor n"),
        ("batch_norm2d", batch_norm2d(divisors=(1, 1)), "the variance has the divisor n - 1"),
        ("batch_norm2d", batch_norm2d(divisors=(1, 0)), "the two divisors are exchanged"),
        ("batch_norm2d", batch_norm2d(keep_old=False), "the share that is kept"),
        ("batch_norm2d", batch_norm2d(at_test=False), "normalise at test, too"),
        ("batch_norm2d", batch_norm2d(axes=None), "all channels share"),
        ("batch_norm2d_backward", gradient_divided_by_images, "the number of images"),
        ("batch_norm2d_backward", gradient_begun_by_the_weight, "multiplied by the weight"),
        ("layer_norm", layer_norm_of_whole_images, "all axes but the first"),
        ("group_norm", group_norm_interleaved, "every num_groups-th channel"),
        ("dropout", dropout_of_2012, "as in AlexNet"),
        ("dropout", dropout_kept_share, "the share that is kept"),
        ("dropout", dropout_by_kept, "happened to be kept"),
        ("dropout2d", dropout2d_by_pixel, "single pixels"),
        ("l2_penalty", penalty_by_name, "whatever is called weight"),
        ("l2_penalty", penalty_of_sums, "the sum of the weights is squared"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_a_student_s_own_mistake_is_named(name, written, mistake):
    """Written out in NumPy, not asked of PyTorch."""
    verdict = judge(EXERCISES[name], written, seed="practice")

    assert not verdict.passed
    assert mistake in verdict.first_named.mistake


def test_a_layer_written_right_passes():
    """The layer above, with nothing done otherwise."""
    assert judge(EXERCISES["batch_norm2d"], batch_norm2d(), seed="practice").passed


def test_a_sum_that_begins_with_a_whole_0_is_no_mistake():
    """Python's own 0 is where most students begin a sum."""

    def written(parameters, *, weight_decay):
        total = 0
        for array in parameters.values():
            if array.ndim > 1:
                total += weight_decay / 2 * (array**2).sum()
        return total

    assert judge(EXERCISES["l2_penalty"], written, seed="practice").passed


def test_running_statistics_changed_in_place_are_refused():
    """PyTorch does it; the exercise asks for new arrays."""
    right = batch_norm2d()

    def written(x, weight, bias, running_mean, running_var, **options):
        running_mean += 0.5
        return right(x, weight, bias, running_mean, running_var, **options)

    verdict = judge(EXERCISES["batch_norm2d"], written, seed="practice")

    assert "changes its input running_mean in place" in verdict.first_failure.detail
