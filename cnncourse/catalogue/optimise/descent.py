"""What optimisers share: small numbers to draw, many steps in a row, wrong steps."""


def draw_whole(rng, size):
    """Draw whole numbers from 1 to 9, some of them negative."""
    return rng.integers(1, 10, size).astype(float) * rng.choice([-1, 1], size)


def down_a_bowl(function, w, grads, state, curvature, *, first=None, **options):
    """Step along gradients, one after the other, to which the bowl curvature * w² / 2 is added.

    Returns what the last step returns; `first` is the number of the first step, if the function
    wants to know it.
    """
    for i, grad in enumerate(grads):
        number = () if first is None else (first + i,)
        moved = function(w, grad + curvature * w, *state, *number, **options)
        if not isinstance(moved, tuple) or len(moved) != 1 + len(state):
            return moved
        w, *state = moved
    return moved


def _move(moved, change):
    """Change where a step leads to, and leave what else it returns."""
    return (change(moved[0]), *moved[1:]) if isinstance(moved, tuple) else change(moved)


def add_step_mistakes(exercise):
    """Register mistakes with the direction and the length of the step."""

    @exercise.mistake(
        "the step goes uphill",
        hint="The gradient points where the loss rises. Which way should the parameters move?",
        section="14_training#training-sgd",
    )
    def _(right, w, *arrays, **options):
        return _move(right(w, *arrays, **options), lambda there: 2 * w - there)

    @exercise.mistake(
        "the learning rate is ignored",
        hint="How long is the step, if lr is 0.5?",
        section="14_training#training-sgd",
    )
    def _(right, *arrays, lr=None, **options):
        return right(*arrays, lr=1.0, **options)

    @exercise.mistake(
        "the gradient is divided by the learning rate",
        hint="A small learning rate should make small steps.",
        section="14_training#training-sgd",
    )
    def _(right, *arrays, lr=0.001, **options):
        return right(*arrays, lr=1 / lr, **options)

    @exercise.mistake(
        "the parameters are not moved",
        hint="You return the parameters as they came in: where does your step go?",
        section="14_training#training-sgd",
    )
    def _(right, w, *arrays, **options):
        return _move(right(w, *arrays, **options), lambda there: w.copy())
