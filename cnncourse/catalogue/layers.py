"""Mistakes that every layer of channels, filters and biases invites.

The exercises share one order of arguments: the images x, the weights w, the biases b; the
second axis of an output runs over the filters.
"""

import numpy as np


def add_layer_mistakes(exercise, *, channel_axis=1):
    """Register mistakes with images, channels, filters and biases.

    `channel_axis` is the axis of w that runs over the input channels.
    """
    _add_bias_mistakes(exercise, channel_axis)
    _add_channel_mistakes(exercise, channel_axis)
    _add_output_mistakes(exercise)


def _add_bias_mistakes(exercise, channel_axis):
    @exercise.mistake(
        "the bias is missing",
        hint="When b is given, b[f] is added to every pixel of feature map f.",
        section="04_convolution#convolution-bias",
    )
    def _(right, x, w, b=None, **options):
        return right(x, w, None, **options)

    @exercise.mistake(
        "the bias is added once for every input channel",
        hint="Add up the channels first: the bias belongs to the feature map and is added once.",
        section="04_convolution#convolution-bias",
    )
    def _(right, x, w, b=None, **options):
        return right(x, w, None if b is None else b * w.shape[channel_axis], **options)


def _add_channel_mistakes(exercise, channel_axis):
    def only(right, x, w, rest, options, channel):
        chosen = np.zeros(w.shape[channel_axis], bool)
        chosen[channel] = True
        shape = [-1 if axis == channel_axis else 1 for axis in range(w.ndim)]
        return right(x, w * chosen.reshape(shape), *rest, **options)

    @exercise.mistake(
        "every channel overwrites the one before",
        hint="Only the last channel is left in your sum: look for an = that should be a +=.",
        section="04_convolution#convolution-channels",
    )
    def _(right, x, w, *rest, **options):
        return only(right, x, w, rest, options, -1)

    @exercise.mistake(
        "only the first channel is used",
        hint="A filter is as deep as its input: the products of all its channels go into one sum.",
        section="04_convolution#convolution-channels",
    )
    def _(right, x, w, *rest, **options):
        return only(right, x, w, rest, options, 0)

    @exercise.mistake(
        "the channels are averaged instead of summed",
        hint="The channels' results are added; the weights, not the number of channels, "
        "say how much each counts.",
        section="04_convolution#convolution-channels",
    )
    def _(right, x, w, *rest, **options):
        return right(x, w / w.shape[channel_axis], *rest, **options)


def _add_output_mistakes(exercise):
    @exercise.mistake(
        "only the first image is computed",
        hint="Images of a batch never meet, and each has its own output: does a loop or an "
        "index stop at image 0?",
        section="04_convolution#convolution-several-filters",
    )
    def _(right, *arrays, **options):
        out = right(*arrays, **options)
        out[1:] = 0
        return out

    @exercise.mistake(
        "every feature map comes from the first filter",
        hint="Feature map f comes from filter f: which index of w stays at 0?",
        section="04_convolution#convolution-several-filters",
    )
    def _(right, *arrays, **options):
        out = right(*arrays[:2], **options)
        out[:] = out[:, :1]
        if len(arrays) > 2 and arrays[2] is not None:
            out += arrays[2].reshape(-1, *[1] * (out.ndim - 2))
        return out

    @exercise.mistake(
        "the channels of the output come last",
        hint="Your numbers may be right, but the channel axis is the second one: "
        "move it there (np.moveaxis) before you return.",
        section="04_convolution#convolution-several-filters",
    )
    def _(right, *arrays, **options):
        return np.moveaxis(right(*arrays, **options), 1, -1)

    @exercise.mistake(
        "the output is reshaped where its axes should be moved",
        hint="reshape keeps the numbers in the order they lie in memory. To bring channels "
        "from last to second place, move the axis instead.",
        section="04_convolution#convolution-several-filters",
    )
    def _(right, *arrays, **options):
        out = right(*arrays, **options)
        return np.moveaxis(out, 1, -1).reshape(out.shape)
