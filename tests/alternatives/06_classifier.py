"""Other right ways to do assignment 06, for the audit: a classifier."""

import math

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def relu_by_product(x):
    """Multiply by the truth of being positive."""
    return x * (x > 0)


def relu_by_halves(x):
    """Half of x and its size."""
    return (x + np.abs(x)) / 2


def relu_in_a_copy(x):
    """Set what is negative to 0, in a copy."""
    out = x.copy()
    out[out < 0] = 0
    return out


def leaky_by_two_parts(x, *, negative_slope=0.01):
    """The positive part, and the slope times the negative part."""
    return np.maximum(x, 0) + negative_slope * np.minimum(x, 0)


def leaky_by_factors(x, *, negative_slope=0.01):
    """A factor for every value."""
    return x * np.where(x > 0, 1.0, negative_slope)


def sigmoid_by_masks(x):
    """Each of the two formulas where it is safe."""
    out = np.empty(x.shape)
    right = x >= 0
    out[right] = 1 / (1 + np.exp(-x[right]))
    out[~right] = np.exp(x[~right]) / (1 + np.exp(x[~right]))
    return out


def sigmoid_with_a_warning_silenced(x):
    """One formula, which is right even where it overflows."""
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def sigmoid_by_tanh(x):
    """Half of one and tanh of half."""
    return (1 + np.tanh(x / 2)) / 2


def sigmoid_cut_far_out(x):
    """Cut x off where nothing is left to see."""
    return 1 / (1 + np.exp(-np.clip(x, -500, 500)))


def tanh_by_masks(x):
    """Divide by the larger exponential on each side."""
    out = np.empty(x.shape)
    right = x >= 0
    small = np.exp(-2 * x[right])
    out[right] = (1 - small) / (1 + small)
    small = np.exp(2 * x[~right])
    out[~right] = (small - 1) / (small + 1)
    return out


def tanh_by_sigmoid(x):
    """A sigmoid twice as steep, stretched and moved down."""
    with np.errstate(over="ignore"):
        return 2 / (1 + np.exp(-2 * x)) - 1


def tanh_by_expm1(x):
    """Without cancellation around 0."""
    less = np.expm1(-2 * np.abs(x))
    return np.copysign(less / (less + 2), x)


def softmax_by_moved_axis(x, *, axis=-1):
    """Classes last, then back."""
    x = np.moveaxis(x, axis, -1)
    e = np.exp(x - x.max(axis=-1)[..., None])
    return np.moveaxis(e / e.sum(axis=-1)[..., None], -1, axis)


def softmax_by_logarithm(x, *, axis=-1):
    """The exponential of the log-softmax."""
    return np.exp(x - np.logaddexp.reduce(x, axis=axis, keepdims=True))


def softmax_by_loops(x, *, axis=-1):
    """One vector of scores after the other."""

    def one(scores):
        powers = [math.exp(score - max(scores)) for score in scores]
        return [power / sum(powers) for power in powers]

    return np.apply_along_axis(one, axis, x) if x.size else x.copy()


def log_softmax_by_logaddexp(x, *, axis=-1):
    """NumPy's own sum of logarithms."""
    return x - np.logaddexp.reduce(x, axis=axis, keepdims=True)


def log_softmax_by_pairs(x, *, axis=-1):
    """One over the probability is a sum over differences of scores."""
    x = np.moveaxis(x, axis, -1)
    differences = x[..., None, :] - x[..., :, None]
    top = differences.max(axis=-1, keepdims=True)
    out = -top[..., 0] - np.log(np.exp(differences - top).sum(axis=-1))
    return np.moveaxis(out, -1, axis)


def flatten_by_list(x, *, start_dim=1):
    """The sizes as a list."""
    sizes = list(x.shape)
    start = start_dim % x.ndim
    return np.reshape(x, [*sizes[:start], math.prod(sizes[start:])])


def flatten_one_axis_at_a_time(x, *, start_dim=1):
    """Join the last two axes until enough are joined."""
    for _ in range(x.ndim - 1 - start_dim % x.ndim):
        x = x.reshape(*x.shape[:-2], x.shape[-2] * x.shape[-1])
    return x.copy()


def linear_by_einsum(x, w, b=None):
    """The sum by the names of its axes."""
    return np.einsum("nd,fd->nf", x, w) + (0.0 if b is None else b)


def linear_by_loops(x, w, b=None):
    """One number at a time."""
    out = np.zeros((len(x), len(w)))
    for n in range(len(x)):
        for f in range(len(w)):
            out[n, f] = (x[n] * w[f]).sum() + (0 if b is None else b[f])
    return out


def linear_by_broadcasting(x, w, b=None):
    """All products at once, then the sum."""
    return (x[:, None] * w).sum(axis=-1) + np.asarray(0.0 if b is None else b)


def cross_entropy_by_targets(logits, labels, *, label_smoothing=0.0):
    """Rows of targets, one-hot and smoothed."""
    N, C = logits.shape
    targets = np.full((N, C), label_smoothing / C)
    targets[np.arange(N), labels] += 1 - label_smoothing
    logs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return -(targets * logs).sum() / N


def cross_entropy_by_loops(logits, labels, *, label_smoothing=0.0):
    """One image after the other, in Python's floats."""
    total = 0.0
    for scores, label in zip(logits.tolist(), labels.tolist(), strict=True):
        top = max(scores)
        log_sum = top + math.log(sum(math.exp(score - top) for score in scores))
        mean = sum(scores) / len(scores)
        share = (1 - label_smoothing) * scores[label] + label_smoothing * mean
        total += log_sum - share
    return total / len(labels)


def cross_entropy_by_eye(logits, labels, *, label_smoothing=0.0):
    """One-hot rows from the identity."""
    C = logits.shape[1]
    z = logits - logits.max(axis=1, keepdims=True)
    logs = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
    targets = (1 - label_smoothing) * np.eye(C)[labels] + label_smoothing / C
    return np.mean(np.sum(-targets * logs, axis=1))


def fc_to_conv_by_kernel(x, w, b=None, *, kernel_size):
    """A sum over the pixels of the kernel, the scores as a whole."""
    KH, KW = kernel_size
    kernel = w.reshape(len(w), x.shape[1], KH, KW)
    OH, OW = x.shape[2] - KH + 1, x.shape[3] - KW + 1
    scores = np.zeros((len(x), len(w), OH, OW))
    for i in range(KH):
        for j in range(KW):
            part = x[:, :, i : i + OH, j : j + OW]
            scores += np.einsum("nchw,fc->nfhw", part, kernel[:, :, i, j])
    return kernel, scores if b is None else scores + b.reshape(1, -1, 1, 1)


def fc_to_conv_by_windows(x, w, b=None, *, kernel_size):
    """All windows flattened, one matrix product."""
    windows = sliding_window_view(x, kernel_size, axis=(2, 3))  # (N, C, OH, OW, KH, KW)
    windows = windows.transpose(0, 2, 3, 1, 4, 5)
    rows = windows.reshape(*windows.shape[:3], w.shape[1])
    scores = rows @ w.T + (0.0 if b is None else b)
    kernel = np.stack([row.reshape(x.shape[1], *kernel_size) for row in w])
    return kernel, scores.transpose(0, 3, 1, 2)


ALTERNATIVES = {
    "relu": {
        "times the truth of being positive": relu_by_product,
        "half of x and its size": relu_by_halves,
        "set to 0 in a copy": relu_in_a_copy,
    },
    "leaky_relu": {
        "two parts": leaky_by_two_parts,
        "a factor for every value": leaky_by_factors,
    },
    "sigmoid": {
        "masks": sigmoid_by_masks,
        "a warning silenced": sigmoid_with_a_warning_silenced,
        "tanh": sigmoid_by_tanh,
        "cut off far out": sigmoid_cut_far_out,
    },
    "tanh": {
        "masks": tanh_by_masks,
        "a sigmoid stretched": tanh_by_sigmoid,
        "expm1": tanh_by_expm1,
        "np.tanh": lambda x: np.tanh(x),
    },
    "softmax": {
        "classes moved to the end": softmax_by_moved_axis,
        "the exponential of the logarithm": softmax_by_logarithm,
        "loops": softmax_by_loops,
    },
    "log_softmax": {
        "logaddexp": log_softmax_by_logaddexp,
        "differences of all pairs": log_softmax_by_pairs,
    },
    "flatten": {
        "sizes as a list": flatten_by_list,
        "one axis at a time": flatten_one_axis_at_a_time,
    },
    "linear": {
        "einsum": linear_by_einsum,
        "loops": linear_by_loops,
        "broadcasting": linear_by_broadcasting,
    },
    "cross_entropy": {
        "rows of targets": cross_entropy_by_targets,
        "loops": cross_entropy_by_loops,
        "the identity's rows": cross_entropy_by_eye,
    },
    "fc_to_conv": {
        "a sum over the kernel's pixels": fc_to_conv_by_kernel,
        "all windows at once": fc_to_conv_by_windows,
    },
}
