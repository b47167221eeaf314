"""What goes wrong with stride and padding on the way back through a convolution layer."""

from cnncourse.catalogue.backward.layout import lay_otherwise
from cnncourse.catalogue.backward.outputs import replace_at
from cnncourse.catalogue.windows import crop_spatial, pad_spatial, per_axis


def add_option_mistakes(exercise):
    """Register mistakes with the stride and the padding."""
    _add_stride_mistakes(exercise)
    _add_crop_mistakes(exercise)
    _add_end_mistakes(exercise)
    _add_pair_mistakes(exercise)


def _add_stride_mistakes(exercise):
    def add(name, hint, places):
        @exercise.mistake(name, hint=hint)
        def _(right, dout, x, w, *, stride=1, padding=0):
            ends = {"before": per_axis(padding), "after": per_axis(padding)}
            wrong = lay_otherwise(right, dout, x, w, stride=(1, 1), **ends)
            outputs = right(dout, x, w, stride=stride, padding=padding)
            return tuple(wrong[i] if i in places else g for i, g in enumerate(outputs))

    corner = "The window of out[i, j] begins at row i times the stride: "
    add(
        "the windows move by one pixel, whatever the stride",
        corner + "is the stride in your slices, for dx and for dw?",
        (0, 1),
    )
    add(
        "the stride is ignored where dx is scattered",
        corner + "where do you add to dx?",
        (0,),
    )
    add(
        "the stride is ignored where dw is gathered",
        corner + "which pixels of x do you take for dw?",
        (1,),
    )

    @exercise.mistake(
        "dx ends where the last window ends",
        hint="When the stride does not divide, some pixels lie in no window. They have a "
        "gradient all the same, 0: dx has the shape of x.",
    )
    def _(right, dout, x, w, *, stride=1, padding=0):
        dx, dw, db = right(dout, x, w, stride=stride, padding=padding)
        windows = zip(
            dout.shape[2:], per_axis(stride), w.shape[2:], per_axis(padding), strict=True
        )
        sizes = [(count - 1) * S + K - 2 * P for count, S, K, P in windows]
        return crop_spatial(dx, sizes), dw, db


def _add_crop_mistakes(exercise):
    def add(name, hint, crop):
        @exercise.mistake(name, hint=hint)
        def _(right, dout, x, w, *, stride=1, padding=0):
            outputs = right(dout, x, w, stride=stride, padding=padding)
            (PH, PW) = per_axis(padding)
            dpadded = right(dout, pad_spatial(x, (PH, PW), (PH, PW)), w, stride=stride)[0]
            return replace_at(outputs, 0, crop(dpadded, PH, PW, *x.shape[2:]))

    add(
        "the padding is cut off by p:-p, which leaves nothing at padding 0",
        "-0 is 0, so that the slice 0:-0 ends where it begins. Where the image ends can be "
        "said without a minus sign.",
        lambda dx, PH, PW, H, W: dx[:, :, PH : -PH if PH else 0, PW : -PW if PW else 0],
    )
    add(
        "dx still has the padding around it",
        "dx has the shape of x. The pixels of the padding have gradients, too, but nobody "
        "wants them.",
        lambda dx, PH, PW, H, W: dx,
    )
    add(
        "the padding is cut off at the top and the left only",
        "Padding p lies at both ends of an axis: dx has the shape of x.",
        lambda dx, PH, PW, H, W: dx[:, :, PH:, PW:],
    )
    add(
        "the padding is cut off at the wrong end",
        "The image begins behind the padding at the top and the left, and your dx begins in it.",
        lambda dx, PH, PW, H, W: dx[:, :, :H, :W],
    )


def _add_end_mistakes(exercise):
    def add(name, hint, before, after):
        @exercise.mistake(name, hint=hint)
        def _(right, dout, x, w, *, stride=1, padding=0):
            ends = [tuple(times * p for p in per_axis(padding)) for times in (before, after)]
            lay = {"stride": per_axis(stride), "before": ends[0], "after": ends[1]}
            return lay_otherwise(right, dout, x, w, **lay)

    add(
        "all of the padding is at the top and the left",
        "Padding p is added at both ends of an axis: where does the first window begin?",
        2,
        0,
    )
    add(
        "all of the padding is at the bottom and the right",
        "Padding p is added at both ends of an axis: where does the first window begin?",
        0,
        2,
    )


def _add_pair_mistakes(exercise):
    def add(name, hint, stride_order, padding_order):
        @exercise.mistake(name, hint=hint, section="06_padding#padding-size")
        def _(right, dout, x, w, *, stride=1, padding=0):
            stride = stride_order(per_axis(stride))
            padding = padding_order(per_axis(padding))
            lay = {"stride": stride, "before": padding, "after": padding}
            return lay_otherwise(right, dout, x, w, **lay)

    rows_first = "A pair names rows first, columns second, as a shape does."

    def kept(pair):
        return pair

    def turned(pair):
        return pair[::-1]

    add("pairs are read columns first", rows_first, turned, turned)
    add("the stride pair is read columns first", rows_first, turned, kept)
    add("the padding pair is read columns first", rows_first, kept, turned)
    second = "The second number of a pair belongs to the columns."
    add(
        "the first number of a stride pair serves both axes",
        second,
        lambda pair: (pair[0], pair[0]),
        kept,
    )
