"""The convolution layer on signals: batch, channels, filters, stride, padding and dilation."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

_DIGITS = np.arange(1.0, 10.0)


@exercise("02_filters", section="03_filters#filters-steps", outputs={"out": "N F OL"})
def conv1d(x, w, b=None, *, stride=1, padding=0, dilation=1):
    """Cross-correlate a batch of signals of several channels with every filter."""
    return reference.conv1d(x, w, b, stride=stride, padding=padding, dilation=dilation)


@conv1d.cases
def _(rng):
    yield Case(
        "one signal, one channel, one filter",
        {
            "x": rng.permutation(_DIGITS)[:6].reshape(1, 1, 6),
            "w": rng.permutation(_DIGITS[:3])[:2].reshape(1, 1, 2),
        },
    )
    x, w, b = rng.normal(size=(2, 3, 13)), rng.normal(size=(4, 3, 5)), rng.normal(size=4)
    yield Case("several channels are summed", {"x": x[:1], "w": w[:1]})
    yield Case("several signals and filters, and a bias", {"x": x, "w": w, "b": b})
    yield Case("stride 3 that does not divide", {"x": x, "w": w, "b": b, "stride": 3})
    yield Case("padding 2", {"x": x, "w": w, "b": b, "padding": 2})
    yield Case("dilation 2", {"x": x, "w": w, "b": b, "dilation": 2})
    yield Case(
        "stride 2, padding 3 and dilation 3 together, an even kernel",
        {"x": x, "w": w[..., :4], "b": b, "stride": 2, "padding": 3, "dilation": 3},
    )
    yield Case(
        "channels last in memory, and a kernel of one",
        {"x": rng.normal(size=(2, 7, 3)).transpose(0, 2, 1), "w": w[..., :1], "stride": 2},
    )
    yield Case("an empty batch", {"x": x[:0], "w": w, "b": b, "padding": 1})


@conv1d.mistake(
    "the kernel is flipped",
    hint="CNN layers slide the kernel as it is; flipping it is true convolution.",
    section="03_filters#filters-flip",
)
def _(right, x, w, b=None, **options):
    return right(x, w[..., ::-1], b, **options)


@conv1d.mistake(
    "the bias is missing",
    hint="Each filter adds one number to all values of its output, if a bias is given.",
    section="04_convolution#convolution-bias",
)
def _(right, x, w, b=None, **options):
    return right(x, w, None, **options)


@conv1d.mistake(
    "the bias is added once per input channel",
    hint="Look where the bias is added: inside or after the sum over the channels?",
    section="04_convolution#convolution-bias",
)
def _(right, x, w, b=None, **options):
    return right(x, w, None if b is None else b * x.shape[1], **options)


@conv1d.mistake(
    "only the first channel is used",
    hint="A filter has one row of weights for each input channel, and every row counts.",
    section="04_convolution#convolution-channels",
)
def _(right, x, w, b=None, **options):
    return right(x[:, :1], w[:, :1], b, **options)


@conv1d.mistake(
    "the channels are averaged",
    hint="The channels' products are added up; nothing divides the sum.",
    section="04_convolution#convolution-channels",
)
def _(right, x, w, b=None, **options):
    return right(x, w / x.shape[1], b, **options)


@conv1d.mistake(
    "every filter gives the answer of the first",
    hint="Output channel f belongs to the weights w[f].",
    section="04_convolution#convolution-several-filters",
)
def _(right, x, w, b=None, **options):
    return right(x, np.repeat(w[:1], len(w), axis=0), b, **options)


@conv1d.mistake(
    "only the first signal is filtered",
    hint="Every signal of the batch goes through the same filters.",
    section="04_convolution#convolution-several-filters",
)
def _(right, x, w, b=None, **options):
    out = right(x, w, b, **options)
    out[1:] = 0
    return out


@conv1d.mistake(
    "the stride is ignored",
    hint="With stride s the second window starts s samples after the first.",
)
def _(right, x, w, b=None, *, stride=1, **options):
    return right(x, w, b, **options)


@conv1d.mistake(
    "the stride shortens the output but the windows still move by one",
    hint="The output has the right length; now look at where window i starts on the signal.",
)
def _(right, x, w, b=None, *, stride=1, **options):
    length = right(x, w, b, stride=stride, **options).shape[2]
    return right(x, w, b, **options)[..., :length]


@conv1d.mistake(
    "the last window is forgotten",
    hint="Steps and windows differ by one: a kernel that cannot move still has one place.",
    section="04_convolution#convolution-output-size",
)
def _(right, x, w, b=None, **options):
    return right(x, w, b, **options)[..., :-1]


@conv1d.mistake(
    "the output length is rounded up",
    hint="What does not fill a last window is left out: the division rounds down.",
    section="04_convolution#convolution-output-size",
)
def _(right, x, w, b=None, *, stride=1, padding=0, dilation=1):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    spare = (x.shape[2] - dilation * (w.shape[2] - 1) - 1) % stride
    x = np.pad(x, ((0, 0), (0, 0), (0, (stride - spare) % stride if spare else 0)))
    return right(x, w, b, stride=stride, dilation=dilation)


@conv1d.mistake(
    "the padding is ignored",
    hint="Put `padding` zeros before the signal and as many after it, then slide.",
)
def _(right, x, w, b=None, *, padding=0, **options):
    return right(x, w, b, **options)


@conv1d.mistake(
    "the output length forgets the padding",
    hint="The windows slide over the padded signal: which length goes into the formula?",
    section="04_convolution#convolution-output-size",
)
def _(right, x, w, b=None, **options):
    length = right(x, w, b, **{**options, "padding": 0}).shape[2]
    return right(x, w, b, **options)[..., :length]


@conv1d.mistake(
    "the padding is added at the start only",
    hint="Both ends get `padding` zeros, so the signal grows by twice as many.",
)
def _(right, x, w, b=None, *, padding=0, **options):
    return right(np.pad(x, ((0, 0), (0, 0), (padding, 0))), w, b, **options)


@conv1d.mistake(
    "the padding repeats the end values",
    hint="The padding holds zeros here, whatever the signal holds.",
)
def _(right, x, w, b=None, *, padding=0, **options):
    mode = "edge" if x.size else "constant"
    return right(np.pad(x, ((0, 0), (0, 0), (padding, padding)), mode=mode), w, b, **options)


@conv1d.mistake(
    "the dilation is ignored",
    hint="With dilation d, neighbouring kernel values meet samples that lie d apart.",
)
def _(right, x, w, b=None, *, dilation=1, **options):
    return right(x, w, b, **options)


@conv1d.mistake(
    "the dilation is off by one",
    hint="Dilation counts from 1: with 1 the kernel has no gaps, with 2 it skips one sample.",
)
def _(right, x, w, b=None, *, dilation=1, **options):
    return right(x, w, b, dilation=dilation + 1, **options)
