"""What goes wrong with the windows of pooling on the way back.

The exercises take dout first, then the map or its shape, then kernel_size; `lay` answers as
the right one would for windows that lie elsewhere.
"""

import numpy as np

from cnncourse.catalogue.backward.outputs import SECTION
from cnncourse.catalogue.exercise import Case
from cnncourse.catalogue.windows import crop_spatial, per_axis


def draw_case(rng, claim, shape, kernel_size, options, source):
    """Draw dout for a map of a given shape; `source` is the argument that stands for the map."""
    stride = stride_of(kernel_size, options.get("stride"))
    padding = per_axis(options.get("padding", 0))
    sizes = zip(shape[2:], per_axis(kernel_size), stride, padding, strict=True)
    places = [(size + 2 * P - K) // S + 1 for size, K, S, P in sizes]
    dout = rng.normal(size=(*shape[:2], *places))
    return Case(claim, {"dout": dout, **source, "kernel_size": kernel_size, **options})


def windows_of(shape, count, kernel_size, stride, before):
    """Yield each window's place in dout, and its rows and columns inside the map."""
    H, W = shape[2:]
    (KH, KW), (SH, SW) = kernel_size, stride
    for i, j in np.ndindex(count):
        top, left = i * SH - before[0], j * SW - before[1]
        rows = slice(min(max(top, 0), H), min(max(top + KH, 0), H))
        columns = slice(min(max(left, 0), W), min(max(left + KW, 0), W))
        yield (i, j), (slice(None), slice(None), rows, columns)


def stride_of(kernel_size, stride):
    """Give rows and columns their strides, the window's sizes if there is none."""
    return per_axis(kernel_size if stride is None else stride)


def add_window_mistakes(exercise, lay):
    """Register mistakes with stride, padding and pairs.

    `lay(right, dout, source, kernel_size, stride, before, **options)` answers for windows of
    another size, stride or offset, as many as dout has.
    """

    def add(name, hint, change, section=SECTION + "pooling"):
        @exercise.mistake(name, hint=hint, section=section)
        def _(right, dout, source, kernel_size, *, stride=None, padding=0, **options):
            given = kernel_size, stride, padding
            size, step, before = (per_axis(value) for value in change(*given))
            return lay(right, dout, source, size, step, before, **options)

    def default(kernel_size, stride):
        return per_axis(stride_of(kernel_size, stride))

    def turned(value):
        return per_axis(value)[::-1]

    add(
        "the windows move by one pixel, whatever the stride",
        "The window of dout[..., i, j] begins at row i times the stride: is the stride in your "
        "slices?",
        lambda size, stride, padding: (size, 1, padding),
    )
    add(
        "the stride is 1 when none is given",
        "Without a stride the windows of pooling lie side by side. How far apart do they begin?",
        lambda size, stride, padding: (size, 1 if stride is None else stride, padding),
        "08_pooling#pooling-stride",
    )
    add(
        "the windows lie side by side, whatever the stride",
        "`kernel_size` says how large a window is, `stride` how far apart two of them begin.",
        lambda size, stride, padding: (size, size, padding),
        "08_pooling#pooling-stride",
    )
    add(
        "the padding is ignored",
        "The first window begins in the padding, above and left of the first pixel.",
        lambda size, stride, padding: (size, default(size, stride), 0),
    )
    add(
        "all of the padding is at the top and the left",
        "Padding p is added at both ends of an axis: where does the first window begin?",
        lambda size, stride, padding: (
            size,
            default(size, stride),
            tuple(2 * p for p in per_axis(padding)),
        ),
    )
    rows_first = "A pair names rows first, columns second, as a shape does."
    add(
        "pairs are read columns first",
        rows_first,
        lambda size, stride, padding: (
            turned(size),
            turned(default(size, stride)),
            turned(padding),
        ),
        "08_pooling#pooling-stride",
    )
    add(
        "the kernel_size pair is read columns first",
        rows_first,
        lambda size, stride, padding: (
            turned(size),
            default(size, stride) if stride is not None else turned(size),
            padding,
        ),
        "08_pooling#pooling-stride",
    )
    add(
        "the stride pair is read columns first",
        rows_first,
        lambda size, stride, padding: (size, turned(stride) if stride else size, padding),
        "08_pooling#pooling-stride",
    )
    add(
        "the padding pair is read columns first",
        rows_first,
        lambda size, stride, padding: (size, default(size, stride), turned(padding)),
        "08_pooling#pooling-stride",
    )
    add(
        "the window is 2 x 2, whatever kernel_size says",
        "Look for a 2 that is written out in your code: two pixels a side is the usual window, "
        "but not the only one.",
        lambda size, stride, padding: (2, default(size, stride), padding),
    )


def add_crop_mistakes(exercise, on_padded):
    """Register mistakes with cutting off the padding.

    `on_padded(right, dout, source, kernel_size, **options)` is the gradient of the padded map
    and the height and width of the map itself.
    """

    def add(name, hint, crop):
        @exercise.mistake(name, hint=hint)
        def _(right, dout, source, kernel_size, *, padding=0, **options):
            dpadded, sizes = on_padded(
                right, dout, source, kernel_size, padding=padding, **options
            )
            return crop(dpadded, *per_axis(padding), sizes)

    add(
        "the padding is cut off by p:-p, which leaves nothing at padding 0",
        "-0 is 0, so that the slice 0:-0 ends where it begins. Where the image ends can be "
        "said without a minus sign.",
        lambda dx, PH, PW, sizes: dx[:, :, PH : -PH if PH else 0, PW : -PW if PW else 0],
    )
    add(
        "dx still has the padding around it",
        "dx has the shape of x: nobody wants the gradients of the padding.",
        lambda dx, PH, PW, sizes: dx,
    )
    add(
        "the padding is cut off at the wrong end",
        "The image begins behind the padding at the top and the left, and your dx begins in it.",
        lambda dx, PH, PW, sizes: crop_spatial(dx, sizes),
    )


def add_map_mistakes(exercise):
    """Register mistakes with images and channels."""

    @exercise.mistake(
        "only the first image is computed",
        hint="Images of a batch never meet, and each has its own gradient: does a loop or an "
        "index stop at image 0?",
    )
    def _(right, *arguments, **options):
        dx = right(*arguments, **options)
        dx[1:] = 0
        return dx

    @exercise.mistake(
        "every channel gives what the first one gives",
        hint="Channel c of dx comes from channel c of dout: which index stays at 0?",
    )
    def _(right, *arguments, **options):
        dx = right(*arguments, **options)
        dx[:] = dx[:, :1]
        return dx

    @exercise.mistake(
        "only the first channel is computed",
        hint="Every channel is pooled by itself, and has its own gradient: does a loop or an "
        "index stop at channel 0?",
    )
    def _(right, *arguments, **options):
        dx = right(*arguments, **options)
        dx[:, 1:] = 0
        return dx
