"""The gradients of batch normalisation."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.regularise.standardise import draw_affine, draw_columns

_SECTION = "15_normalisation#norm-backward"


@exercise(
    "09_regularise",
    section=_SECTION,
    outputs={"dx": "N C H W", "dweight": "C", "dbias": "C"},
)
def batch_norm2d_backward(dout, x, weight, *, eps=1e-5):
    """Send a gradient back through batch normalisation, as PyTorch does."""
    return reference.batch_norm2d_backward(dout, x, weight, eps=eps)


@batch_norm2d_backward.cases
def _(rng):
    yield Case(
        "one image, one channel of 2 x 2 pixels",
        {
            "dout": rng.permutation([1.0, 2.0, 4.0, 9.0]).reshape(1, 1, 2, 2),
            "x": draw_columns(rng, 1)[:, 0].reshape(1, 1, 2, 2),
            "weight": np.array([12.0]),
        },
    )
    N, C, H, W = 2 + rng.permutation(5)[:4]
    x = rng.uniform(5, 9, (C, 1, 1)) + 2 * rng.normal(size=(N, C, H, W))
    dout = rng.normal(1, 1, size=x.shape)
    given = {"dout": dout, "x": x, "weight": draw_affine(rng, C)[0]}
    yield Case("several images and channels", given)
    yield Case("eps 0.5", given | {"eps": 0.5})
    yield Case("the gradient of a sum: the same 1 everywhere", given | {"dout": np.ones_like(x)})
    constant = x.copy()
    constant[:, 1] = 3
    yield Case("a channel that is the same everywhere", given | {"x": constant})
    yield Case(
        "two numbers to a channel, stored in another order",
        given | {name: np.asfortranarray(given[name][:2, :, :1, :1]) for name in ("dout", "x")},
    )


def _with_constants(dout, x, weight, eps, *constant):
    return reference.batch_norm2d_backward(dout, x, weight, eps=eps, constant=constant)


def _normalised(x, eps):
    C = x.shape[1]
    zeros, ones = np.zeros(C), np.ones(C)
    return reference.batch_norm2d(x, ones, zeros, zeros, ones, eps=eps)[0]


def _add_dx_mistake(name, hint, change):
    """Register a wrong dx; `change` gets the right one and that of a fixed mean and variance."""

    @batch_norm2d_backward.mistake(name, hint=hint)
    def _(right, dout, x, weight, *, eps=1e-5):
        dx, dweight, dbias = right(dout, x, weight, eps=eps)
        return change(dx, dout, x, weight, eps), dweight, dbias


for _wrong in (
    (
        "mean and variance are taken not to depend on x",
        "A pixel moves out on three roads: by itself, through the mean, and through the variance. "
        "Add dout + 7 instead of dout: should dx change?",
        lambda dx, dout, x, weight, eps: _with_constants(dout, x, weight, eps, "mean", "var")[0],
    ),
    (
        "the mean's share of dx is forgotten",
        "The sum of dx over a channel is 0, since moving all pixels alike changes nothing. "
        "Is yours?",
        lambda dx, dout, x, weight, eps: _with_constants(dout, x, weight, eps, "mean")[0],
    ),
    (
        "the variance's share of dx is forgotten",
        "One share takes off the mean of dout. Which one takes off what dout has in common with "
        "the normalised x?",
        lambda dx, dout, x, weight, eps: _with_constants(dout, x, weight, eps, "var")[0],
    ),
    (
        "the variance's share of dx has the wrong sign",
        "The sum of dx times the normalised x over a channel is 0 but for eps. Is yours?",
        lambda dx, dout, x, weight, eps: 2 * _with_constants(dout, x, weight, eps, "var")[0] - dx,
    ),
    (
        "the variance's share of dx is half as large as it should be",
        "The variance is made of squares. What is the derivative of a square?",
        lambda dx, dout, x, weight, eps: (
            (_with_constants(dout, x, weight, eps, "var")[0] + dx) / 2
        ),
    ),
    (
        "the variance's share of dx uses x without its mean, but not divided",
        "The share of the variance is made of the normalised x. Is yours divided?",
        lambda dx, dout, x, weight, eps: _scaled_variance(dx, dout, x, weight, eps),
    ),
    (
        "the sums in dx are divided by the number of images",
        "Over how many numbers did the forward pass take its means?",
        lambda dx, dout, x, weight, eps: _scaled_shares(
            dx, dout, x, weight, eps, x.shape[2] * x.shape[3]
        ),
    ),
    (
        "the sums in dx are divided by the number of pixels of one image",
        "Over how many numbers did the forward pass take its means?",
        lambda dx, dout, x, weight, eps: _scaled_shares(dx, dout, x, weight, eps, len(x)),
    ),
    (
        "the sums in dx are not divided",
        "The mean of n numbers feels each of them by 1 / n.",
        lambda dx, dout, x, weight, eps: _scaled_shares(
            dx, dout, x, weight, eps, x.size // x.shape[1]
        ),
    ),
    (
        "the weight is missing in dx",
        "On its way back the gradient is first multiplied by what multiplied on the way out.",
        lambda dx, dout, x, weight, eps: dx / weight[:, None, None],
    ),
    (
        "dx is not divided by the standard deviation",
        "The forward pass divides x by a number: what does that do to the gradient?",
        lambda dx, dout, x, weight, eps: dx * np.sqrt(_var(x) + eps),
    ),
    (
        "dx is divided by the variance",
        "The forward pass divides by the root. Is there one root too few on the way back?",
        lambda dx, dout, x, weight, eps: dx / np.sqrt(_var(x) + eps),
    ),
):
    _add_dx_mistake(*_wrong)


def _scaled_variance(dx, dout, x, weight, eps):
    """Let the share of the variance count as often as the spread is wide."""
    without = _with_constants(dout, x, weight, eps, "var")[0]
    return without + (dx - without) * np.sqrt(_var(x) + eps)


def _scaled_shares(dx, dout, x, weight, eps, factor):
    """Let the shares of mean and variance count `factor` times."""
    alone = _with_constants(dout, x, weight, eps, "mean", "var")[0]
    return alone + (dx - alone) * factor


def _var(x):
    return x.var(axis=(0, 2, 3), keepdims=True)


def _add_parameter_mistake(name, hint, change):
    """Register a wrong dweight or dbias; `change` gets both and the inputs."""

    @batch_norm2d_backward.mistake(name, hint=hint)
    def _(right, dout, x, weight, *, eps=1e-5):
        dx, dweight, dbias = right(dout, x, weight, eps=eps)
        return dx, *change(dweight, dbias, dout, x, weight, eps)


for _wrong in (
    (
        "dweight uses x as it came in",
        "What does the weight multiply in the forward pass?",
        lambda dweight, dbias, dout, x, weight, eps: ((dout * x).sum((0, 2, 3)), dbias),
    ),
    (
        "dweight uses x without its mean, but not divided",
        "What does the weight multiply in the forward pass?",
        lambda dweight, dbias, dout, x, weight, eps: (
            dweight * np.sqrt(_var(x) + eps).ravel(),
            dbias,
        ),
    ),
    (
        "dweight is the sum of dout alone",
        "The weight multiplies something in the forward pass, and its gradient needs it.",
        lambda dweight, dbias, dout, x, weight, eps: (dbias, dbias),
    ),
    (
        "dweight is multiplied by the weight",
        "The weight multiplies the normalised x: the derivative by the weight is that x alone.",
        lambda dweight, dbias, dout, x, weight, eps: (dweight * weight, dbias),
    ),
    (
        "dweight and dbias are multiplied by the weight",
        "What does the output grow by if the weight grows by 1, or the bias? Start from dout, not "
        "from dout times the weight.",
        lambda dweight, dbias, dout, x, weight, eps: (dweight * weight, dbias * weight),
    ),
    (
        "dweight and dbias are exchanged",
        "The tuple is (dx, dweight, dbias).",
        lambda dweight, dbias, dout, x, weight, eps: (dbias, dweight),
    ),
    (
        "dweight and dbias are averaged",
        "A weight that serves many pixels collects the gradients of all of them: they are added.",
        lambda dweight, dbias, dout, x, weight, eps: [
            d / (x.size // x.shape[1]) for d in (dweight, dbias)
        ],
    ),
    (
        "dweight and dbias are divided by the number of images",
        "A weight that serves all images collects their gradients: they are added. The mean over "
        "the batch, if any, is the loss's business.",
        lambda dweight, dbias, dout, x, weight, eps: [d / len(x) for d in (dweight, dbias)],
    ),
    (
        "dweight and dbias are kept for every image by themselves",
        "There is one weight for a channel, not one for each image: over which axes are the "
        "gradients added?",
        lambda dweight, dbias, dout, x, weight, eps: (
            (dout * _normalised(x, eps)).sum((2, 3)),
            dout.sum((2, 3)),
        ),
    ),
):
    _add_parameter_mistake(*_wrong)


def _per_channel(right, dout, x, weight, eps):
    """Ask channel by channel, each with an eps of its own."""
    channels = [right(dout[:, [c]], x[:, [c]], weight[[c]], eps=eps[c]) for c in range(x.shape[1])]
    dx, dweight, dbias = zip(*channels, strict=True)
    return np.concatenate(dx, axis=1), np.concatenate(dweight), np.concatenate(dbias)


def _add_spread_mistake(name, hint):
    def register(function):
        section = "15_normalisation#norm-batch"
        return batch_norm2d_backward.mistake(name, hint=hint, section=section)(function)

    return register


@_add_spread_mistake(
    "the variance has the divisor n - 1",
    "The forward pass normalises by the variance with the divisor n: use the same on the way "
    "back.",
)
def _(right, dout, x, weight, *, eps=1e-5):
    n = x.size // x.shape[1]
    more = n / (n - 1)
    # The larger variance is the same as a smaller eps and a smaller weight.
    given = dout, x, weight / np.sqrt(more), eps / more
    without, (dx, dweight, dbias) = (
        _with_constants(*given, "var")[0],
        right(*given[:3], eps=given[3]),
    )
    return without + (dx - without) / more, dweight / np.sqrt(more), dbias


@_add_spread_mistake(
    "eps is ignored",
    "The forward pass divides by the root of the variance + eps: so does the way back.",
)
def _(right, dout, x, weight, *, eps=1e-5):
    with np.errstate(invalid="ignore"):
        nan_if_constant = _var(x) / _var(x)
        dx, dweight, dbias = right(dout, x, weight, eps=1e-300)
        return dx * nan_if_constant, dweight * nan_if_constant.ravel(), dbias


@_add_spread_mistake(
    "eps is 1e-5 whatever is asked for",
    "eps is an option of the function: look for a number that is written out in your code.",
)
def _(right, dout, x, weight, *, eps=1e-5):
    return right(dout, x, weight)


@_add_spread_mistake(
    "eps is added to the standard deviation, outside the root",
    "In which order do the root and the + eps come in the forward pass?",
)
def _(right, dout, x, weight, *, eps=1e-5):
    var = _var(x).ravel()
    return _per_channel(right, dout, x, weight, (np.sqrt(var) + eps) ** 2 - var)


@_add_spread_mistake(
    "each image is normalised by itself",
    "A channel has one mean and one variance for all images of the batch: over which axes do "
    "you take them?",
)
def _(right, dout, x, weight, *, eps=1e-5):
    images = [right(d[None], one[None], weight, eps=eps) for d, one in zip(dout, x, strict=True)]
    dx, dweight, dbias = zip(*images, strict=True)
    return np.concatenate(dx), sum(dweight), sum(dbias)
