"""The bare step of gradient descent."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.optimise.descent import add_step_mistakes, draw_whole

_SECTION = "14_training#training-sgd"


@exercise("10_optimise", section=_SECTION, outputs={"w": "OUT IN"})
def sgd_step_plain(w, grad, *, lr):
    """Take one step against the gradient."""
    return reference.sgd_step(w, grad, np.zeros_like(w), lr=lr)[0]


@sgd_step_plain.cases
def _(rng):
    w, grad = draw_whole(rng, (1, 3)), 2 * draw_whole(rng, (1, 3))
    yield Case("three parameters, half a gradient", {"w": w, "grad": grad, "lr": 0.5})
    w, grad = rng.normal(size=(2, 4, 7))
    lr = round(rng.uniform(0.05, 0.2), 3)
    yield Case("the weights of a layer", {"w": w, "grad": grad, "lr": lr})
    yield Case("a learning rate above 1", {"w": w, "grad": grad, "lr": 1 + 10 * lr})
    yield Case("a gradient of 0 moves nothing", {"w": w, "grad": np.zeros_like(w), "lr": lr})
    yield Case(
        "weights and gradients that are views of larger arrays",
        {"w": w[:, 1::2].T, "grad": grad[:, 1::2].T, "lr": lr},
    )


add_step_mistakes(sgd_step_plain)


@sgd_step_plain.mistake(
    "the step is returned instead of the parameters",
    hint="You have computed how far to go. Where do you stand after it?",
)
def _(right, w, grad, **options):
    return w - right(w, grad, **options)


@sgd_step_plain.mistake(
    "the change is returned instead of the parameters",
    hint="You have computed how far to go. Where do you stand after it?",
)
def _(right, w, grad, **options):
    return right(w, grad, **options) - w


@sgd_step_plain.mistake(
    "the learning rate multiplies the parameters as well",
    hint="Only the gradient is scaled by lr: check your brackets.",
)
def _(right, w, grad, *, lr):
    return lr * right(w, grad, lr=1.0)


@sgd_step_plain.mistake(
    "the gradient is divided by its length",
    hint="The step is as long as the gradient says, times lr: where it is steep, it is long.",
)
def _(right, w, grad, **options):
    return right(w, grad / max(np.linalg.norm(grad), 1e-300), **options)


@sgd_step_plain.mistake(
    "only the sign of the gradient counts",
    hint="The step is as long as the gradient says, times lr: where it is steep, it is long.",
)
def _(right, w, grad, **options):
    return right(w, np.sign(grad), **options)
