"""Mistakes of layers that return their output and the way back to their inputs.

Most are those of the assignments that asked for the two halves: they are adopted from there.
"""

import functools


def adopt_backward(exercise, source, names, *, forward, backward=None, fixed=()):
    """Register mistakes of a backward exercise for a layer.

    Parameters
    ----------
    exercise : Exercise
        The layer: its mistakes return (out, backward).
    source : Exercise
        Asks for the gradients, of (dout, x, w) or of (dout, x).
    names : iterable of str
        Which of its mistakes apply.
    forward : callable
        The right output, of the layer's arguments.
    backward : callable, optional
        Gives the source's right answers faster than its own reference does.
    fixed : tuple
        Further arguments of the source's that the layer does not have.
    """
    for name in names:
        if name in source.mistakes:
            mistake = source.mistakes[name]
            ask = functools.partial(mistake.function.func, backward or source.reference)
            _adopt_one(exercise, mistake, ask, forward, fixed)


def _adopt_one(exercise, mistake, ask, forward, fixed):
    @exercise.mistake(mistake.name, hint=mistake.hint, section=mistake.section)
    def _(right, *inputs, **options):
        def backward(dout):
            return ask(dout, *inputs[:2], *fixed, **options)

        return forward(*inputs, **options), backward


def add_memory_mistakes(exercise):
    """Register mistakes with what a layer remembers between its two halves."""
    remembered = {}
    hint = (
        "LeNet calls the same function for two layers. What backward needs belongs into "
        "local variables of the call, not into a name outside it."
    )
    section = "12_backpropagation#backprop-chain"

    @exercise.mistake(
        "the way back starts from the layer's latest call, not from its own",
        hint=hint,
        section=section,
    )
    def _(right, *inputs, **options):
        out, remembered["latest"] = right(*inputs, **options)
        return out, lambda dout: remembered["latest"](dout)

    if len(exercise.outputs) > 2:

        @exercise.mistake(
            "the way back takes x from the layer's latest call, not from its own",
            hint=hint,
            section=section,
        )
        def _(right, x, *others, **options):
            remembered["x"] = x
            back = functools.partial(right, **options)
            return right(x, *others, **options)[0], lambda d: back(remembered["x"], *others)[1](d)

    _add_growing(exercise, "the gradients keep growing from one call of backward to the next", 3)
    if len(exercise.outputs) > 2:
        _add_growing(exercise, "dx keeps growing from one call of backward to the next", 1)


def _add_growing(exercise, name, count):
    """Register a mistake in which so many of the gradients add up over the calls."""

    @exercise.mistake(
        name,
        hint="Arrays that backward adds into have to begin at 0 inside backward, not before it.",
        section="12_backpropagation#backprop-chain",
    )
    def _(right, *inputs, **options):
        out, backward = right(*inputs, **options)
        total = [0] * count

        def growing(dout):
            slopes = backward(dout)
            alone = not isinstance(slopes, tuple)
            slopes = [slopes] if alone else list(slopes)
            for i in range(min(count, len(slopes))):
                slopes[i] = total[i] = total[i] + slopes[i]
            return slopes[0] if alone else tuple(slopes)

        return out, growing
