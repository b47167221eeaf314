"""Mistakes that every backward pass invites, registered for one exercise after the other.

The exercises take dout first; `right` answers with one gradient or with a tuple of them.
"""

import numpy as np

SECTION = "12_backpropagation#backprop-"


def replace_at(outputs, place, gradient):
    """Put another gradient in one place of a tuple."""
    return (*outputs[:place], gradient, *outputs[place + 1 :])


def add_upstream_mistakes(exercise):
    """Register mistakes with the gradient that comes from above."""

    @exercise.mistake(
        "dout is ignored, as if it were 1 everywhere",
        hint="dout says how much each number of the output matters to the loss. "
        "Where in your code does it come in?",
        section=SECTION + "chain",
    )
    def _(right, dout, *rest, **options):
        return right(np.ones_like(dout), *rest, **options)

    @exercise.mistake(
        "the sign is wrong",
        hint="A gradient points uphill. Going downhill is the optimiser's part.",
        section=SECTION + "chain",
    )
    def _(right, dout, *rest, **options):
        return right(-dout, *rest, **options)


def add_batch_mistakes(exercise):
    """Register mistakes with the images of a batch, for the tuple (dx, dw, db)."""
    sums = (
        "The loss of a batch depends on w through every image: what do several ways to one "
        "number add up to?"
    )

    def divided(name, places):
        @exercise.mistake(
            name,
            hint="The loss has divided by N already, if it is a mean, and dout has it in. "
            "A layer only adds up.",
            section=SECTION + "chain",
        )
        def _(right, dout, *rest, **options):
            count = max(len(dout), 1)
            outputs = right(dout, *rest, **options)
            return tuple(g / count if i in places else g for i, g in enumerate(outputs))

    divided("dw is divided by N", (1,))
    divided("db is divided by N", (2,))
    divided("dw and db are divided by N", (1, 2))
    divided("all gradients are divided by N", (0, 1, 2))

    def only(name, hint, places, kept):
        @exercise.mistake(name, hint=hint)
        def _(right, dout, *rest, **options):
            chosen = np.zeros_like(dout)
            chosen[kept] = dout[kept]
            alone = right(chosen, *rest, **options)
            outputs = right(dout, *rest, **options)
            return tuple(alone[i] if i in places else g for i, g in enumerate(outputs))

    first, last = slice(0, 1), slice(-1, None)
    only("dw comes from the first image only", sums, (1,), first)
    only(
        "dw is overwritten by every image",
        sums + " Look for an = that should be a +=.",
        (1,),
        last,
    )
    only(
        "only the first image is computed",
        "Does a loop or an index stop at image 0?",
        (0, 1, 2),
        first,
    )
