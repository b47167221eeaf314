"""A batch normalisation folded into the convolution before it."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "09_regularise",
    section="15_normalisation#norm-fold",
    outputs={"w": "F C KH KW", "b": "F"},
)
def fuse_conv_bn(w, b, weight, bias, running_mean, running_var, *, eps=1e-5):
    """Make one convolution of a convolution and a batch normalisation, as PyTorch does."""
    return reference.fuse_conv_bn(w, b, weight, bias, running_mean, running_var, eps=eps)


@fuse_conv_bn.cases
def _(rng):
    first = rng.permutation(np.arange(1.0, 9.0))
    yield Case(
        "one filter of 1 x 2 pixels",
        {
            "w": first[:2].reshape(1, 1, 1, 2),
            "b": first[2:3] + 10,
            "weight": np.array([6.0]),
            "bias": first[3:4] + 20,
            "running_mean": first[4:5],
            "running_var": np.array([9.0]),
        },
    )
    F, C, KH, KW = 2 + rng.permutation(4)
    given = {
        "w": rng.normal(size=(F, C, KH, KW)),
        "b": rng.uniform(1, 2, F),
        "weight": rng.uniform(1.5, 2.5, F) * rng.choice([-1, 1], F),
        "bias": rng.uniform(3, 4, F),
        "running_mean": rng.uniform(5, 7, F),
        "running_var": rng.uniform(2, 4, F),
    }
    yield Case("several filters and channels", given)
    yield Case("a convolution without biases", given | {"b": None})
    yield Case("eps 0.5", given | {"eps": 0.5})
    yield Case("a channel that hardly varies", given | {"running_var": given["running_var"] / 1e6})
    square = np.asfortranarray(rng.normal(size=(F, F, F, F)))
    yield Case("as many channels as filters, stored in another order", given | {"w": square})


def _add_bias_mistake(name, hint, change):
    """Register a wrong b; `change` gets the biases and the factor of every filter."""

    @fuse_conv_bn.mistake(name, hint=hint)
    def _(right, w, b, weight, bias, running_mean, running_var, *, eps=1e-5):
        given = weight, bias, running_mean, running_var
        right_w, _ = right(w, b, *given, eps=eps)
        scale = right(np.ones((len(weight), 1, 1, 1)), b, *given, eps=eps)[0].ravel()
        b = np.zeros(len(weight)) if b is None else b
        return right_w, change(b, scale, bias, running_mean)


for _wrong in (
    (
        "the convolution's biases are not scaled",
        "b is added before the normalisation, which then stretches it like everything else.",
        lambda b, scale, bias, mean: b + bias - mean * scale,
    ),
    (
        "the running mean is not scaled",
        "The mean is taken off before the normalisation stretches: what happens to it then?",
        lambda b, scale, bias, mean: b * scale + bias - mean,
    ),
    (
        "neither the biases nor the running mean are scaled",
        "Both come before the stretching: write one output pixel down, layer after layer, and "
        "multiply out.",
        lambda b, scale, bias, mean: b + bias - mean,
    ),
    (
        "everything in b is scaled",
        "The normalisation's own bias comes last, after the stretching.",
        lambda b, scale, bias, mean: (b + bias - mean) * scale,
    ),
    (
        "the convolution's biases are forgotten",
        "b is None for some convolutions. Where it is not, it belongs into the sum.",
        lambda b, scale, bias, mean: bias - mean * scale,
    ),
    (
        "the normalisation's bias is forgotten",
        "What is done with `bias`?",
        lambda b, scale, bias, mean: (b - mean) * scale,
    ),
    (
        "the running mean is forgotten",
        "What is done with `running_mean`?",
        lambda b, scale, bias, mean: b * scale + bias,
    ),
    (
        "the running mean is added",
        "The normalisation takes the mean off: look at the signs.",
        lambda b, scale, bias, mean: (b + mean) * scale + bias,
    ),
):
    _add_bias_mistake(*_wrong)


def _add_scale_mistake(name, hint, change):
    """Register a wrong factor; `change` makes weight, running_var and eps of the same."""

    @fuse_conv_bn.mistake(name, hint=hint)
    def _(right, w, b, weight, bias, running_mean, running_var, *, eps=1e-5):
        weight, running_var, eps = change(weight, running_var, eps)
        return right(w, b, weight, bias, running_mean, running_var, eps=eps)


for _wrong in (
    (
        "the filters are divided by the variance",
        "The normalisation divides by a standard deviation: is there a root missing?",
        lambda weight, var, eps: (weight, (var + eps) ** 2, 0.0),
    ),
    (
        "nothing is divided by the standard deviation",
        "The normalisation divides before it multiplies by its weight. Where is that in your "
        "filters?",
        lambda weight, var, eps: (weight, np.ones_like(var), 0.0),
    ),
    (
        "eps is ignored",
        "The normalisation divides by the root of running_var + eps.",
        lambda weight, var, eps: (weight, var, 0.0),
    ),
    (
        "eps is 1e-5 whatever is asked for",
        "eps is an option of the function: look for a number that is written out in your code.",
        lambda weight, var, eps: (weight, var, 1e-5),
    ),
    (
        "eps is added outside the root",
        "In which order do the root and the + eps come?",
        lambda weight, var, eps: (weight, (np.sqrt(var) + eps) ** 2, 0.0),
    ),
    (
        "the normalisation's weight is not used",
        "What is done with `weight`?",
        lambda weight, var, eps: (np.ones_like(weight), var, eps),
    ),
):
    _add_scale_mistake(*_wrong)


@fuse_conv_bn.mistake(
    "the filters stay as they are",
    hint="The normalisation stretches each feature map; the filter that makes the map can do "
    "that itself.",
)
def _(right, w, *arrays, **options):
    return w, right(w, *arrays, **options)[1]


@fuse_conv_bn.mistake(
    "the factors run along another axis of w",
    hint="Factor f belongs to filter f, the first axis of w; NumPy lines (F,) up with the last.",
)
def _(right, w, *arrays, **options):
    if w.shape[3] not in (1, len(w)):
        raise ValueError("operands could not be broadcast together")
    wrong, b = right(w.swapaxes(0, 3), *arrays, **options)
    return wrong.swapaxes(0, 3), b
