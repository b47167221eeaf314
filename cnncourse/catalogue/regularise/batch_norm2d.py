"""Batch normalisation of feature maps, with running statistics."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.regularise.standardise import (
    add_affine_mistakes,
    add_spread_mistakes,
    draw_affine,
    draw_columns,
)

_SECTION = "15_normalisation#norm-batch"
_RUNNING = "15_normalisation#norm-running"


@exercise(
    "09_regularise",
    section=_SECTION,
    outputs={"out": "N C H W", "running_mean": "C", "running_var": "C"},
)
def batch_norm2d(
    x, weight, bias, running_mean, running_var, *, training=True, momentum=0.1, eps=1e-5
):
    """Normalise every channel and keep running statistics, as PyTorch does."""
    options = {"training": training, "momentum": momentum, "eps": eps}
    return reference.batch_norm2d(x, weight, bias, running_mean, running_var, **options)


@batch_norm2d.cases
def _(rng):
    column = draw_columns(rng, 1)[:, 0]
    yield Case(
        "one image, one channel of 2 x 2 pixels",
        {
            "x": column.reshape(1, 1, 2, 2),
            "weight": np.array([2.0]),
            "bias": np.array([5.0]),
            "running_mean": np.array([10.0]),
            "running_var": np.array([100.0]),
        },
    )
    N, C, H, W = 2 + rng.permutation(5)[:4]
    spread = rng.uniform(1, 3, (C, 1, 1))
    x = rng.uniform(5, 9, (C, 1, 1)) + spread * rng.normal(size=(N, C, H, W))
    weight, bias = draw_affine(rng, C)
    given = {
        "x": x,
        "weight": weight,
        "bias": bias,
        "running_mean": rng.uniform(-3, 3, C),
        "running_var": rng.uniform(11, 19, C),
    }
    yield Case("several images and channels", given)
    yield Case("momentum 0.3 and eps 0.5", given | {"momentum": 0.3, "eps": 0.5})
    yield Case(
        "at test the running statistics count, and stay as they are", given | {"training": False}
    )
    yield Case(
        "one image at test, pixels stored channels last, eps 0.5",
        given
        | {"x": x.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2)[:1]}
        | {"training": False, "eps": 0.5},
    )
    constant = x.copy()
    constant[:, 1] = 3
    yield Case("a channel that is the same everywhere", given | {"x": constant})
    yield Case("two numbers to a channel", given | {"x": x[:2, :, :1, :1]})
    yield Case("an empty batch at test stays empty", given | {"x": x[:0], "training": False})


def _moments(given):
    x = given["x"]
    if not given["training"]:
        mean, var = given["running_mean"], given["running_var"]
        return mean[:, None, None], np.sqrt(var)[:, None, None], np.inf
    over = {"axis": (0, 2, 3), "keepdims": True}
    return x.mean(**over), x.std(**over), x.size // x.shape[1]


def _add_mistake(name, hint, section=_RUNNING, *, at_test=False):
    """Register a mistake made while training, or at test; otherwise the answer is right."""

    def register(function):
        @batch_norm2d.mistake(name, hint=hint, section=section)
        def _(right, x, *arrays, training=True, **options):
            if training != at_test:
                return function(right, x, *arrays, **options)
            return right(x, *arrays, training=training, **options)

    return register


@_add_mistake(
    "each image is normalised by itself",
    "A channel has one mean and one variance for all images of the batch together: over which "
    "axes do you take them?",
    _SECTION,
)
def _(right, x, *arrays, **options):
    out, mean, var = zip(*[right(image[None], *arrays, **options) for image in x], strict=True)
    return np.concatenate(out), np.stack(mean), np.stack(var)


@_add_mistake(
    "each pixel is normalised by itself",
    "All pixels of a map come from one filter, and share one mean and one variance: over which "
    "axes do you take them?",
    _SECTION,
)
def _(right, x, weight, bias, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    pixels, ones = np.moveaxis(x, 0, -1), np.ones(len(x))
    out = np.moveaxis(reference.layer_norm(pixels, ones, 0 * ones, eps=eps), -1, 0)
    out = out * weight[:, None, None] + bias[:, None, None]
    n, kept = x.size // x.shape[1], 1 - momentum
    # These do not fit each other, unless there is one channel: then they spread.
    mean = kept * running_mean + momentum * x.mean(axis=0)
    return out, mean, kept * running_var + momentum * x.var(axis=0) * n / (n - 1)


@_add_mistake(
    "all channels share one mean and one variance",
    "Every channel has a mean and a variance of its own: over which axes do you take them?",
    _SECTION,
)
def _(right, x, weight, bias, running_mean, running_var, **options):
    together = x.reshape(1, 1, -1, 1)
    one, zero = np.ones(1), np.zeros(1)
    out, mean, var = right(together, one, zero, zero, zero, **options)
    kept = 1 - options.get("momentum", 0.1)
    out = out.reshape(x.shape) * weight[:, None, None] + bias[:, None, None]
    return out, kept * running_mean + mean, kept * running_var + var


def _with_var(right, x, arrays, options, change):
    """Change what the batch adds to the running variance."""
    out, mean, var = right(x, *arrays, **options)
    momentum = options.get("momentum", 0.1)
    added = right(x, *arrays[:2], arrays[2], np.zeros_like(var), **options)[2] / momentum
    return out, mean, var + momentum * (change(added, x.size // x.shape[1]) - added)


@_add_mistake(
    "the running variance is updated by the variance with the divisor n",
    "Normalising divides the sum of the squares by n, the running variance takes the "
    "unbiased estimate. By what is that one divided?",
)
def _(right, x, *arrays, **options):
    return _with_var(right, x, arrays, options, lambda var, n: var * (n - 1) / n)


@_add_mistake(
    "the two divisors are exchanged",
    "There are two variances, one that normalises and one that is remembered: which of them has "
    "the divisor n, and which n - 1?",
)
def _(right, x, *arrays, **options):
    names = (
        "the variance has the divisor n - 1",
        "the running variance is updated by the variance with the divisor n",
    )
    normal, running = (
        batch_norm2d.mistakes[name].function(x, *arrays, **options) for name in names
    )
    return normal[0], *running[1:]


@_add_mistake(
    "the running variance is updated by the standard deviation",
    "Its name says what it holds: a variance.",
)
def _(right, x, *arrays, **options):
    return _with_var(right, x, arrays, options, lambda var, n: np.sqrt(var))


@_add_mistake(
    "the running variance is updated by the root of the variance with the divisor n",
    "Its name says what it holds: a variance, and the unbiased one.",
)
def _(right, x, *arrays, **options):
    return _with_var(right, x, arrays, options, lambda var, n: np.sqrt(var * (n - 1) / n))


@_add_mistake(
    "the momentum is the share that is kept",
    "Momentum 0.1 in PyTorch: which share of the running mean is old, and which comes from "
    "this batch?",
)
def _(right, x, *arrays, momentum=0.1, **options):
    return right(x, *arrays, momentum=1 - momentum, **options)


@_add_mistake(
    "the momentum is the share that is kept, and the running variance has the divisor n",
    "Two things at once: which share of the running mean comes from this batch, and by what is "
    "the sum of squares divided that enters the running variance?",
)
def _(right, x, *arrays, momentum=0.1, **options):
    options["momentum"] = 1 - momentum
    return _with_var(right, x, arrays, options, lambda var, n: var * (n - 1) / n)


@_add_mistake(
    "the momentum is 0.1 whatever is asked for",
    "`momentum` is an option of the function: look for a number that is written out in your code.",
)
def _(right, x, *arrays, momentum=0.1, **options):
    return right(x, *arrays, **options)


@_add_mistake(
    "the running statistics are not updated",
    "While training, a share of the batch's mean and variance enters the running ones.",
)
def _(right, x, *arrays, momentum=0.1, **options):
    return right(x, *arrays, momentum=0.0, **options)


@_add_mistake(
    "the batch's statistics replace the running ones",
    "Only a share of the new batch enters, as large as the momentum; the rest is what was there.",
)
def _(right, x, *arrays, momentum=0.1, **options):
    return right(x, *arrays, momentum=1.0, **options)


@_add_mistake(
    "the batch's share is added and nothing old is taken away",
    "If every batch had the same mean, the running mean should settle there. Would yours?",
)
def _(right, x, *arrays, momentum=0.1, **options):
    out, mean, var = right(x, *arrays, momentum=momentum, **options)
    return out, mean + momentum * arrays[2], var + momentum * arrays[3]


@_add_mistake(
    "the running statistics normalise while training, too",
    "While training the batch is normalised by its own mean and variance; the running ones "
    "are kept for later.",
)
def _(right, x, *arrays, **options):
    _, mean, var = right(x, *arrays, **options)
    return right(x, *arrays, training=False, **options)[0], mean, var


@_add_mistake(
    "the updated running statistics normalise while training, too",
    "While training the batch is normalised by its own mean and variance; the running ones "
    "are kept for later.",
)
def _(right, x, *arrays, **options):
    _, mean, var = right(x, *arrays, **options)
    return right(x, *arrays[:2], mean, var, training=False, **options)


@_add_mistake(
    "the batch's statistics normalise at test, too",
    "At test an image's answer must not depend on the images beside it. Where do the mean and "
    "the variance come from then?",
    at_test=True,
)
def _(right, x, *arrays, **options):
    return right(x, *arrays, **options)[0], *arrays[2:]


@_add_mistake(
    "training is ignored",
    "What should be different at test, when there may be a single image?",
    at_test=True,
)
def _(right, x, *arrays, **options):
    return right(x, *arrays, **options)


@_add_mistake(
    "the running statistics are updated at test, too",
    "Testing must not change the network: at test the running statistics are used, and "
    "returned as they came.",
    at_test=True,
)
def _(right, x, *arrays, **options):
    out, *_ = right(x, *arrays, training=False, **options)
    return out, *right(x, *arrays, **options)[1:]


@batch_norm2d.mistake(
    "the two running statistics are exchanged",
    hint="The mean comes second, the variance third.",
    section=_RUNNING,
)
def _(right, *arrays, **options):
    out, mean, var = right(*arrays, **options)
    return out, var, mean


add_spread_mistakes(batch_norm2d, _moments, _SECTION)
add_affine_mistakes(batch_norm2d, _SECTION)
