"""Assignment 07: the examples by hand, what holds for every gradient, mistakes as written."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.catalogue.backward import scalar_functions as functions
from cnncourse.checker import judge
from cnncourse.compare import TOLERANCE

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "07_backward"]


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    with reference.one_thread():
        yield


def maps(*rows):
    """Make a batch of one image with one channel."""
    return np.array(rows, dtype=float)[None, None]


def test_the_assignment_asks_what_the_course_lists():
    """Nine exercises, in the order of the notebook."""
    assert NAMES == [
        "numerical_gradient",
        "gradcheck",
        "relu_backward",
        "linear_backward",
        "cross_entropy_backward",
        "conv2d_single_backward",
        "conv2d_backward",
        "max_pool2d_backward",
        "avg_pool2d_backward",
    ]


# The examples that the notebook works out by hand.


def test_numerical_gradient_errs_on_cubes_by_eps_squared():
    """4 and 13 with a step of 1, where the slopes are 3 and 12."""
    grad = reference.numerical_gradient(functions.sum_of_cubes, np.array([1.0, 2.0]), eps=1)

    assert grad.tolist() == [4, 13]


@pytest.mark.parametrize(
    ("claimed", "agrees"),
    [([2.001, -4.003], True), ([2.003, -4.0], False), ([[2.0, -4.0]], False)],
)
def test_gradcheck_agrees_with_the_verdicts_by_hand(claimed, agrees):
    """The entries 2 and -4 may be off by 0.00201 and 0.00401."""
    x = np.array([1.0, -2.0])

    assert reference.gradcheck(functions.sum_of_squares, lambda x: np.array(claimed), x) is agrees


def test_relu_backward_agrees_with_the_row_by_hand():
    """The slope at 0 is 0."""
    dx = reference.relu_backward([5, 6, -7, 8], [-1, 0, 2, 3])

    assert dx.tolist() == [0, 0, -7, 8]


def test_linear_backward_agrees_with_the_sums_by_hand():
    """Two images, three inputs, two outputs."""
    x, w, dout = [[1, 2, 3], [0, 1, 0]], [[1, 0, 2], [3, 1, 0]], [[1, 2], [0, -1]]

    dx, dw, db = reference.linear_backward(dout, x, w)

    assert dx.tolist() == [[7, 2, 2], [-3, -1, 0]]
    assert dw.tolist() == [[1, 2, 3], [2, 3, 6]]
    assert db.tolist() == [1, 1]


def test_cross_entropy_backward_agrees_with_the_fractions_by_hand():
    """Shares of 1, 2 and 3 sixths, and of 1, 1 and 2 quarters."""
    dlogits = reference.cross_entropy_backward(np.log([[1, 2, 3], [1, 1, 2]]), [2, 0])

    np.testing.assert_allclose(dlogits, [[1 / 12, 1 / 6, -1 / 4], [-3 / 8, 1 / 8, 1 / 4]])


def test_conv2d_single_backward_agrees_with_the_image_by_hand():
    """The pixel in the middle lies in both windows."""
    dout, x, w = np.array([[1, 10]]), np.array([[1, 2, 3], [4, 5, 6]]), np.array([[1, 0], [2, -1]])

    dx, dw = EXERCISES["conv2d_single_backward"].reference(dout, x, w)

    assert dx.tolist() == [[1, 10, 0], [2, 19, -10]]
    assert dw.tolist() == [[21, 32], [54, 65]]


@pytest.mark.parametrize(
    ("dout", "padding", "expected"),
    [
        ([1, 10], 0, [1, 2, 13, 20, 30, 0]),
        ([1, 10, 100], (0, 1), [2, 13, 20, 130, 200, 300]),
    ],
)
def test_conv2d_backward_agrees_with_the_rows_by_hand(dout, padding, expected):
    """A pixel that no window sees; a padding that is cut off."""
    x, w = maps([0.0] * 6), maps([1, 2, 3])

    dx, _, _ = reference.conv2d_backward(maps(dout), x, w, stride=(1, 2), padding=padding)

    assert dx[0, 0, 0].tolist() == expected


def test_max_pool2d_backward_agrees_with_the_row_by_hand():
    """A pixel that wins twice, once in a tie."""
    dx = reference.max_pool2d_backward(maps([1, 10, 100]), maps([1, 5, 2, 5, 3]), (1, 3), stride=1)

    assert dx[0, 0, 0].tolist() == [0, 11, 0, 100, 0]


@pytest.mark.parametrize(("included", "expected"), [(True, [2, 6, 4, 4]), (False, [3, 7, 4, 4])])
def test_avg_pool2d_backward_agrees_with_the_row_by_hand(included, expected):
    """The first window holds a pixel of the padding."""
    options = {"stride": 2, "padding": (0, 1), "count_include_pad": included}

    dx = reference.avg_pool2d_backward(maps([6, 12]), (1, 1, 1, 4), (1, 3), **options)

    assert dx[0, 0, 0].tolist() == expected


# What holds for every gradient.


def test_conv2d_backward_is_the_adjoint_of_conv2d_in_the_image_and_in_the_kernel():
    """conv2d is linear in each: <dout, conv(x, w)> = <dx, x> = <dw, w>."""
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 7, 6)), rng.normal(size=(4, 3, 3, 2))
    options = {"stride": (2, 3), "padding": (1, 2)}
    out = reference.conv2d(x, w, **options)
    dout = rng.normal(size=out.shape)

    dx, dw, db = reference.conv2d_backward(dout, x, w, **options)

    np.testing.assert_allclose([(dx * x).sum(), (dw * w).sum()], (dout * out).sum())
    np.testing.assert_allclose(db, dout.sum(axis=(0, 2, 3)))


def test_max_pool2d_backward_follows_the_indices_of_the_way_forward():
    """Ties included, in images stored channels last as well."""
    rng = np.random.default_rng(1)
    x = rng.integers(3, size=(2, 6, 5, 3)).transpose(0, 3, 1, 2) * 1.0
    out, indices = reference.max_pool2d_with_indices(x, 3, stride=1, padding=1)
    dout = rng.normal(size=out.shape)
    expected = np.zeros((2, 3, 30))
    for n, c, i, j in np.ndindex(dout.shape):
        expected[n, c, indices[n, c, i, j]] += dout[n, c, i, j]

    dx = reference.max_pool2d_backward(dout, x, 3, stride=1, padding=1)

    np.testing.assert_allclose(dx, expected.reshape(x.shape))


def test_numerical_gradient_agrees_with_autograd():
    """On a loss of logits, by the default step: 1e-5 squared is 1e-10."""
    x = np.random.default_rng(2).normal(size=(1, 5))

    grad = reference.numerical_gradient(functions.cross_entropy_of_class_0, x)

    np.testing.assert_allclose(grad, reference.cross_entropy_backward(x, [0]), atol=1e-9)


def test_rounding_stays_far_below_what_separates_central_from_one_sided_differences():
    """In every case of 50 seeds: the comparison has room on both sides."""
    exercise = EXERCISES["numerical_gradient"]
    for seed in range(50):
        for case in exercise.draw(str(seed)):
            central = reference.numerical_gradient(**case.arguments)
            precise = in_long_double(**case.arguments)
            limit = TOLERANCE * max(1, np.abs(central).max())

            assert np.abs(central - precise).max() < limit / 2


def in_long_double(f, x, *, eps=1e-5):
    """Differentiate with a longer mantissa, where the machine has one."""
    wide, eps = x.astype(np.longdouble), np.longdouble(eps)
    steps = eps * np.eye(x.size, dtype=np.longdouble).reshape(x.size, *x.shape)
    rises = [(f(wide + step) - f(wide - step)) / (2 * eps) for step in steps]
    return np.array(rises).reshape(x.shape)


@pytest.mark.parametrize("seed", range(3))
def test_gradcheck_gives_the_verdicts_of_pytorchs_own(seed):
    """torch.autograd.gradcheck itself, on a layer that is told our gradient."""
    for case in EXERCISES["gradcheck"].draw(str(seed)):
        f, grad, x = (case.arguments[name] for name in ("f", "grad", "x"))
        options = {key: case.arguments.get(key, value) for key, value in DEFAULTS.items()}
        if np.shape(grad(x)) == x.shape:
            theirs = torch.autograd.gradcheck(
                as_layer(f, grad),
                (torch.tensor(x, requires_grad=True),),
                raise_exception=False,
                **options,
            )

            assert reference.gradcheck(**case.arguments) == theirs, case.claim


DEFAULTS = {"eps": 1e-6, "atol": 1e-5, "rtol": 1e-3}


def as_layer(f, grad):
    """Make a function of tensors that autograd believes to have this gradient."""

    class Layer(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.tensor(float(f(x.detach().numpy().copy())), dtype=torch.float64)

        @staticmethod
        def backward(ctx, dout):
            (x,) = ctx.saved_tensors
            return dout * torch.tensor(grad(x.detach().numpy().copy()))

    return Layer.apply


def test_right_and_wrong_gradients_come_in_another_order_with_every_seed():
    """Who knows the order would know the answers."""
    exercise = EXERCISES["gradcheck"]

    orders = {tuple(case.claim for case in exercise.draw(str(seed))) for seed in range(5)}

    assert len(orders) == 5
    assert len({claims[0] for claims in orders}) == 1


def test_a_dout_of_another_shape_is_refused():
    """Broadcasting would make a number of it."""
    with pytest.raises(ValueError, match=r"dout has the shape \(1, 1, 1, 1\)"):
        reference.max_pool2d_backward(maps([1]), maps([1, 2, 3, 4]), (1, 2))


def test_gradients_do_not_import_sympy():
    """PyTorch would, for more than a second, when a gradient is handed to autograd.grad."""
    program = (
        "import sys; from cnncourse import reference as r; r.relu_backward([1.0], [2.0]); "
        "r.gradcheck(lambda x: x[0], lambda x: x * 0 + 1, r.relu_backward([1.0], [2.0])); "
        "print('sympy' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.strip() == "False", done.stderr


# Mistakes as a student writes them.


def pair(value):
    """Turn one number into two."""
    return value if isinstance(value, tuple) else (value, value)


def one_sided(f, x, *, eps=1e-5):
    """Forgets the other side."""
    grad = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        moved = x.copy()
        moved[place] += eps
        grad[place] = (f(moved) - f(x)) / eps
    return grad


def not_put_back(f, x, *, eps=1e-5):
    """Takes 2 eps away and leaves it there."""
    grad, moved = np.zeros(x.shape), x.copy()
    for place in np.ndindex(x.shape):
        moved[place] += eps
        above = f(moved)
        moved[place] -= 2 * eps
        grad[place] = (above - f(moved)) / (2 * eps)
    return grad


def finds_no_wrong_entry(f, grad, x, *, eps=1e-6, atol=1e-5, rtol=1e-3):
    """Looks for an error above the tolerance; NaN is never above."""
    g, n = grad(x), reference.numerical_gradient(f, x, eps=eps)
    if g.shape != x.shape:
        return False
    return not any(abs(g - n).flat[i] > (atol + rtol * abs(n)).flat[i] for i in range(x.size))


def either_tolerance(f, grad, x, *, eps=1e-6, atol=1e-5, rtol=1e-3):
    """Lets an entry pass that fits one of the two, and forgets their sum."""
    g, n = grad(x), reference.numerical_gradient(f, x, eps=eps)
    if g.shape != x.shape:
        return False
    error = np.abs(g - n)
    return np.all((error <= atol) | (error <= rtol * np.abs(n)))


def whole_columns(logits, labels):
    """Subtracts 1 in the columns of all labels."""
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[:, labels] -= 1
    return p / len(logits)


def conv_loops(dout, x, w, stride, padding, scatter):
    """Walk over all windows with what `scatter` does to dx."""
    (SH, SW), (PH, PW), (KH, KW) = pair(stride), pair(padding), w.shape[2:]
    padded = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    dpadded, dw = np.zeros(padded.shape), np.zeros(w.shape)
    for n, f, i, j in np.ndindex(dout.shape):
        here = n, slice(None), slice(i * SH, i * SH + KH), slice(j * SW, j * SW + KW)
        dpadded[here] = scatter(dpadded[here], dout[n, f, i, j] * w[f])
        dw[f] += dout[n, f, i, j] * padded[here]
    return dpadded, dw, dout.sum(axis=(0, 2, 3))


def assigned(dout, x, w, *, stride=1, padding=0):
    """Writes = where += is meant."""
    dpadded, dw, db = conv_loops(dout, x, w, stride, padding, lambda old, new: new)
    (PH, PW), (H, W) = pair(padding), x.shape[2:]
    return dpadded[:, :, PH : PH + H, PW : PW + W], dw, db


def cut_by_minus_p(dout, x, w, *, stride=1, padding=0):
    """Cuts the padding off with p:-p."""
    dpadded, dw, db = conv_loops(dout, x, w, stride, padding, np.add)
    PH, PW = pair(padding)
    return dpadded[:, :, PH:-PH, PW:-PW], dw, db


def by_mask(dout, x, kernel_size, *, stride=None, padding=0):
    """Compares the window with its maximum, so that equal winners all win."""
    (KH, KW), (PH, PW), (H, W) = pair(kernel_size), pair(padding), x.shape[2:]
    SH, SW = pair(kernel_size if stride is None else stride)
    around = ((0, 0), (0, 0), (PH, PH), (PW, PW))
    padded = np.pad(x, around, constant_values=-np.inf)
    dpadded = np.zeros(padded.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        here = n, c, slice(i * SH, i * SH + KH), slice(j * SW, j * SW + KW)
        dpadded[here] += (padded[here] == padded[here].max()) * dout[n, c, i, j]
    return dpadded[:, :, PH : PH + H, PW : PW + W]


def by_search(dout, x, kernel_size, *, stride=None, padding=0, start=0.0, width=1):
    """Searches each window from a start, and splits the place by one of its sides."""
    size, (PH, PW), (H, W) = pair(kernel_size), pair(padding), x.shape[2:]
    SH, SW = pair(kernel_size if stride is None else stride)
    around = ((0, 0), (0, 0), (PH, PH), (PW, PW))
    padded = np.pad(x, around, constant_values=-np.inf)
    dpadded = np.zeros(padded.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        window = padded[n, c, i * SH : i * SH + size[0], j * SW : j * SW + size[1]]
        place = int(np.argmax(np.maximum(window, start)))
        k, m = divmod(place, size[width])
        dpadded[n, c, i * SH + k, j * SW + m] += dout[n, c, i, j]
    return dpadded[:, :, PH : PH + H, PW : PW + W]


def split_by_the_height(dout, x, kernel_size, **options):
    """Takes KH for KW."""
    return by_search(dout, x, kernel_size, **options, start=-np.inf, width=0)


def spread(dout, input_size, kernel_size, *, stride=None, padding=0, count_include_pad=True):
    """Divides by the whole window, always."""
    (KH, KW), (PH, PW), (N, C, H, W) = pair(kernel_size), pair(padding), input_size
    SH, SW = pair(kernel_size if stride is None else stride)
    dpadded = np.zeros((N, C, H + 2 * PH, W + 2 * PW))
    for n, c, i, j in np.ndindex(dout.shape):
        here = n, c, slice(i * SH, i * SH + KH), slice(j * SW, j * SW + KW)
        dpadded[here] += dout[n, c, i, j] / (KH * KW)
    return dpadded[:, :, PH : PH + H, PW : PW + W]


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("numerical_gradient", one_sided, "the differences are one-sided, f(x + eps)"),
        ("numerical_gradient", not_put_back, "an entry that was moved down is not put back"),
        ("gradcheck", finds_no_wrong_entry, "a gradient of NaN passes"),
        ("gradcheck", either_tolerance, "the larger of the two tolerances counts"),
        ("relu_backward", lambda dout, x: dout * (x >= 0), "the slope at 0 is 1"),
        (
            "linear_backward",
            lambda dout, x, w: (dout @ w, x.T @ dout, dout.sum(axis=0)),
            "dw is transposed",
        ),
        ("cross_entropy_backward", whole_columns, "1 is subtracted from the columns of all"),
        ("conv2d_backward", assigned, "a pixel keeps the gradient of the last filter in its last"),
        ("conv2d_backward", cut_by_minus_p, "the padding is cut off by p:-p"),
        ("max_pool2d_backward", by_mask, "every one of several equal winners gets the whole"),
        ("max_pool2d_backward", by_search, "the search for the largest value starts at 0"),
        ("max_pool2d_backward", split_by_the_height, "the place of the winner is split by the"),
        ("avg_pool2d_backward", spread, "count_include_pad is ignored"),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write loops."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        verdict = judge(EXERCISES[name], function, seed="practice")

    assert verdict.first_named is not None, verdict.first_failure
    assert verdict.first_named.mistake.startswith(mistake)
