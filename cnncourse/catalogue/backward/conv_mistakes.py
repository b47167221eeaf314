"""What goes wrong on the way back through a convolution layer."""

import numpy as np

from cnncourse.catalogue.backward.layout import (
    overwrite_weights,
    overwrite_windows,
)
from cnncourse.catalogue.backward.outputs import replace_at
from cnncourse.catalogue.windows import per_axis


def add_gradient_mistakes(exercise):
    """Register mistakes with dx, dw and db themselves."""
    _add_dx_mistakes(exercise)
    _add_dw_mistakes(exercise)
    _add_db_mistakes(exercise)


def _add_dx_mistakes(exercise):
    def add(name, hint, dx):
        @exercise.mistake(name, hint=hint)
        def _(right, dout, x, w, *, stride=1, padding=0):
            options = {"stride": per_axis(stride), "padding": per_axis(padding)}
            wrong = dx(right, dout, x, w, **options)
            return replace_at(right(dout, x, w, **options), 0, wrong)

    adds_up = "Look for an = that should be a +=."
    add(
        "a pixel keeps the gradient of its last window only",
        "A pixel lies in several windows, and its changes reach the loss through all of them. "
        + adds_up,
        overwrite_windows,
    )
    add(
        "a pixel keeps the gradient through the last weight that met it only",
        "A pixel meets every weight of the kernel, in one window or another, and all of that "
        "adds up. " + adds_up,
        overwrite_weights,
    )
    add(
        "a pixel keeps the gradient of the last filter in its last window only",
        "A pixel matters to every filter and to every window that it lies in. " + adds_up,
        lambda right, dout, x, w, **o: overwrite_windows(right, dout[:, -1:], x, w[-1:], **o),
    )
    add(
        "dx keeps the last filter only",
        "Every filter has looked at the pixel, and all their gradients add up. " + adds_up,
        lambda right, dout, x, w, **o: right(dout[:, -1:], x, w[-1:], **o)[0],
    )
    add(
        "dx keeps the first filter only",
        "Every filter has looked at the pixel, and all their gradients add up.",
        lambda right, dout, x, w, **o: right(dout[:, :1], x, w[:1], **o)[0],
    )
    add(
        "the kernel is turned by 180 degrees in dx",
        "Follow one number of out: pixel (k, l) of its window was multiplied by w[f, c, k, l], "
        "and that is its slope. Scattered window by window the kernel stays as it is; slid over "
        "a padded dout it is flipped once.",
        lambda right, dout, x, w, **o: right(dout, x, np.flip(w, (2, 3)), **o)[0],
    )

    def exchanged(right, dout, x, w, **options):
        if w.shape[0] != w.shape[1]:
            raise ValueError("could not broadcast: filters and channels do not fit")
        return right(dout, x, w.swapaxes(0, 1), **options)[0]

    add(
        "the axes of filters and channels are exchanged in dx",
        "w is (F, C, KH, KW): dout's channels belong to its first axis, and dx's to its second.",
        exchanged,
    )


def _add_dw_mistakes(exercise):
    def add(name, hint, dw):
        @exercise.mistake(name, hint=hint)
        def _(right, dout, x, w, **options):
            outputs = right(dout, x, w, **options)
            return replace_at(outputs, 1, dw(right, outputs[1], dout, x, w, options))

    def last_window(right, right_dw, dout, x, w, options):
        last = np.zeros_like(dout)
        last[:, :, -1, -1] = dout[:, :, -1, -1]
        return right(last, x, w, **options)[1]

    def last_image_and_window(right, right_dw, dout, x, w, options):
        last = np.zeros_like(dout)
        last[-1:, :, -1, -1] = dout[-1:, :, -1, -1]
        return right(last, x, w, **options)[1]

    add(
        "dw keeps the last window only",
        "Every weight is used in all windows, and all of them add to its gradient. "
        "Look for an = that should be a +=.",
        last_window,
    )
    add(
        "dw keeps the last window of the last image only",
        "Every weight is used in all windows of all images, and all of them add to its "
        "gradient. Look for an = that should be a +=.",
        last_image_and_window,
    )
    add(
        "dw is turned by 180 degrees",
        "dw[f, c, k, l] belongs to w[f, c, k, l]: which pixels did that weight meet, counted "
        "from the windows' corners?",
        lambda right, dw, *rest: np.flip(dw, (2, 3)),
    )
    add(
        "dw has the channels before the filters",
        "dw has the shape of w, (F, C, KH, KW): filters first.",
        lambda right, dw, *rest: dw.swapaxes(0, 1),
    )
    add(
        "the rows and columns of dw are exchanged",
        "dw[f, c, k, l]: k walks down the kernel and l walks right.",
        lambda right, dw, *rest: dw.swapaxes(2, 3),
    )
    add(
        "dw is averaged over the windows",
        "Changes add up. Nothing divides them, however many windows there are.",
        lambda right, dw, dout, *rest: dw / np.prod(dout.shape[2:]),
    )
    add(
        "dw is the same for every channel",
        "dw[f, c] comes from channel c of x: were the channels summed, or does an index stay "
        "at 0?",
        lambda right, dw, *rest: np.repeat(dw[:, :1], dw.shape[1], axis=1),
    )


def _add_db_mistakes(exercise):
    def add(name, hint, db):
        @exercise.mistake(name, hint=hint)
        def _(right, dout, x, w, **options):
            outputs = right(dout, x, w, **options)
            return replace_at(outputs, 2, db(dout, outputs[2]))

    which = "A bias is added at every place of its map in every image: which axes of dout go?"
    add("db is not summed over the places", which, lambda dout, db: dout.sum(axis=0))
    add("db is not summed over the batch", which, lambda dout, db: dout.sum(axis=(2, 3)))
    add(
        "db is summed over the filters",
        "One number for each filter is wanted, and axis 1 of dout counts the filters.",
        lambda dout, db: dout.sum(axis=(1, 2, 3)),
    )
    add(
        "db is one number for each column",
        which,
        lambda dout, db: dout.sum(axis=(0, 1, 2)),
    )
    add(
        "db is averaged over images and places",
        "The same bias is added at every place, and each place adds to its gradient. "
        "Nothing divides.",
        lambda dout, db: db / max(dout[:, 0].size, 1),
    )
    add(
        "db is averaged over the places",
        "The same bias is added at every place, and each place adds to its gradient. "
        "Nothing divides.",
        lambda dout, db: db / np.prod(dout.shape[2:]),
    )
    add(
        "db keeps axes of length 1",
        "b is (F,), and so is db: is there a keepdims too many?",
        lambda dout, db: db.reshape(1, -1, 1, 1),
    )
