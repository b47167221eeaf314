"""A convolution layer as one product of matrices, and as one sum over named axes."""

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.fast.layer import (
    add_axis_mistakes,
    add_fast_layer_mistakes,
    compare_few_images,
    draw_layer,
    draw_layer_cases,
)


@exercise("08_fast", section="13_fast#fast-im2col", outputs={"out": "N F OH OW"})
def conv2d_im2col(x, w, b=None, *, stride=1, padding=0):
    """Cross-correlate every image with every filter, as PyTorch does."""
    return reference.conv2d(x, w, b, stride=stride, padding=padding)


@exercise("08_fast", section="13_fast#fast-einsum", outputs={"out": "N F OH OW"})
def conv2d_einsum(x, w, b=None, *, stride=1, padding=0):
    """Cross-correlate every image with every filter, as PyTorch does."""
    return reference.conv2d(x, w, b, stride=stride, padding=padding)


for _layer in (conv2d_im2col, conv2d_einsum):

    @_layer.cases
    def _(rng):
        yield from draw_layer_cases(rng)
        # Processor time on a quiet core: im2col 9 ms, einsum 19 ms; seven loops 5.5 s, loops over
        # every pixel of the output 3 s, over images and places with all filters at once 1.5 s.
        yield Case(
            "300 images of 40 x 40 pixels in 0.3 s; seven loops need 6 s",
            draw_layer(rng, 300, 1, 40, 40, 3, 3, 3),
            section="13_fast#fast-loops",
            seconds=0.3,
        )

    compare_few_images(_layer)
    add_fast_layer_mistakes(_layer)
    add_axis_mistakes(_layer)


@conv2d_einsum.mistake(
    "the rows of the window meet the columns of the kernel",
    hint="Two axes are summed in pairs when they carry the same letter. Does the window's row "
    "carry the letter of the kernel's row?",
)
def _(right, x, w, *rest, **options):
    if w.shape[2] != w.shape[3]:
        raise ValueError("operands could not be broadcast together with remapped shapes")
    return right(x, w.swapaxes(2, 3), *rest, **options)


@conv2d_einsum.mistake(
    "channels are summed on their own, before they meet the filter",
    hint="A letter that stands in one operand only is summed there at once. The channels of the "
    "window and of the filter need the same letter.",
)
def _(right, x, w, *rest, **options):
    mixed = w.sum(axis=1, keepdims=True).repeat(w.shape[1], axis=1)
    return right(x, mixed, *rest, **options)


@conv2d_einsum.mistake(
    "the pixels of a window are summed on their own, before they meet the kernel",
    hint="A letter that stands in one operand only is summed there at once. The pixels of the "
    "window and of the kernel need the same letters.",
)
def _(right, x, w, *rest, **options):
    total = w.sum(axis=(2, 3), keepdims=True)
    return right(x, total.repeat(w.shape[2], axis=2).repeat(w.shape[3], axis=3), *rest, **options)
