"""AdamW: a step of its own length for every parameter."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.optimise.correction import add_correction_mistakes, step_along
from cnncourse.catalogue.optimise.descent import add_step_mistakes, down_a_bowl, draw_whole

_SECTION = "14_training#training-adam"
_SIZES = "OUT IN"


@exercise("10_optimise", section=_SECTION, outputs={"w": _SIZES, "m": _SIZES, "v": _SIZES})
def adamw_step(w, grad, m, v, t, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
    """Take one step of AdamW, as PyTorch does."""
    options = {"betas": betas, "eps": eps, "weight_decay": weight_decay}
    return reference.adamw_step(w, grad, m, v, t, lr=lr, **options)


@adamw_step.drive
def _(function, w, grads, m, v, t, *, curvature=0.0, **options):
    return down_a_bowl(function, w, grads, (m, v), curvature, first=t, **options)


@adamw_step.cases
def _(rng):
    w, grad = draw_whole(rng, (2, 1, 3))
    rest = {"w": w, "grads": grad[None], "m": np.zeros(w.shape), "v": np.zeros(w.shape), "t": 1}
    free = {"lr": 0.5, "weight_decay": 0.0}
    yield Case("the first step, by hand, without weight decay", rest | free)
    yield Case("the first step, by hand, with weight decay", rest | {"lr": 0.5})
    w, *grads = rng.normal(size=(5, 4, 7))
    run = {
        "w": w,
        "grads": np.array(grads),
        "m": np.zeros(w.shape),
        "v": np.zeros(w.shape),
        "t": 1,
    }
    run["lr"] = round(rng.uniform(0.05, 0.2), 3)
    yield Case("four steps of a layer's weights", run | {"weight_decay": 0.0})
    betas = (round(rng.uniform(0.5, 0.8), 3), round(rng.uniform(0.85, 0.95), 3))
    yield Case("other betas", run | {"betas": betas, "weight_decay": 0.0})
    eps = round(rng.uniform(0.05, 0.2), 3)
    yield Case("an eps that can be seen", run | {"eps": eps, "weight_decay": 0.0})
    still = run | {"grads": run["grads"] * (np.arange(7) > 2)}
    yield Case("parameters whose gradient is 0 stay where they are", still | {"weight_decay": 0.0})
    decay = {"weight_decay": round(rng.uniform(0.2, 0.6), 3)}
    yield Case("much weight decay", run | decay)
    yield Case(
        "everything at once: ten steps down a bowl, with noise, from step 5 on",
        {
            "w": rng.normal(size=(3, 2))[:, ::-1],
            "grads": 0.1 * rng.normal(size=(10, 3, 2)),
            "m": 0.1 * rng.normal(size=(3, 2)),
            "v": rng.uniform(0.1, 0.2, size=(3, 2)),
            "t": 5,
            "curvature": rng.uniform(0.5, 1.5, size=(3, 2)),
            "lr": 0.1,
            "betas": betas,
            "eps": eps,
        }
        | decay,
    )


add_step_mistakes(adamw_step)


def _root(right, m, v, t, betas):
    """Find out by what the step is divided, from steps that are divided by more."""
    nothing, ones = np.zeros_like(v), np.ones_like(v)
    options = {"betas": betas, "lr": 1.0, "weight_decay": 0.0}
    one, two = (step_along(right, nothing, ones, v, t, eps=eps, **options) for eps in (1.0, 2.0))
    return 1 / (one / two - 1) - 1


add_correction_mistakes(adamw_step)


@adamw_step.mistake(
    "m and v are returned in the wrong order",
    hint="m comes first, as among the arguments; v averages the squares.",
)
def _(right, *arrays, **options):
    moved, m, v = right(*arrays, **options)
    return moved, v, m


@adamw_step.mistake(
    "the step goes along the gradient itself",
    hint="What is divided by the root is the corrected average m: does your step use it?",
)
def _(right, w, grad, m, v, t, *, betas=(0.9, 0.999), **options):
    _, m, v = right(w, grad, m, v, t, betas=betas, **options)
    corrected = grad * (1 - betas[0] ** t)
    return step_along(right, w, corrected, v, t, betas=betas, **options), m, v


@adamw_step.mistake(
    "the old averages are returned",
    hint="The next step goes on from what you return: see which variables hold the new averages.",
)
def _(right, w, grad, m, v, t, **options):
    return right(w, grad, m, v, t, **options)[0], m, v


@adamw_step.mistake(
    "the two betas are exchanged",
    hint="betas[0] belongs to m, the average of the gradient, betas[1] to v.",
)
def _(right, *arrays, betas=(0.9, 0.999), **options):
    return right(*arrays, betas=betas[::-1], **options)


@adamw_step.mistake(
    "beta and 1 - beta are exchanged in the averages",
    hint="Most of an average is kept: with beta 0.9 nine tenths of the old one stay.",
)
def _(right, w, grad, m, v, t, *, betas=(0.9, 0.999), **options):
    swapped = (1 - betas[0], 1 - betas[1])
    _, m, v = right(w, grad, m, v, t, betas=swapped, **options)
    return step_along(right, w, m, v, t, betas=betas, **options), m, v


@adamw_step.mistake(
    "m adds up whole gradients",
    hint="SGD's velocity is a sum. m is an average: with how much of the new gradient?",
)
def _(right, w, grad, m, v, t, *, betas=(0.9, 0.999), **options):
    v = right(w, grad, m, v, t, betas=betas, **options)[2]
    m = right(w, grad / (1 - betas[0]), m, v, t, betas=betas, **options)[1]
    return step_along(right, w, m, v, t, betas=betas, **options), m, v


@adamw_step.mistake(
    "v averages the gradients instead of their squares",
    hint="A root is taken of v later: can it be below 0 in your code?",
)
def _(right, w, grad, m, v, t, *, betas=(0.9, 0.999), **options):
    m_new = right(w, grad, m, v, t, betas=betas, **options)[1]
    v = right(w, grad, v, v, t, betas=betas[::-1], **options)[1]
    return step_along(right, w, m_new, v, t, betas=betas, **options), m_new, v


@adamw_step.mistake(
    "1 - beta is squared together with the gradient",
    hint="Only the gradient is squared: check your brackets.",
)
def _(right, w, grad, m, v, t, *, betas=(0.9, 0.999), **options):
    m_new = right(w, grad, m, v, t, betas=betas, **options)[1]
    v = right(w, grad * np.sqrt(1 - betas[1]), m, v, t, betas=betas, **options)[2]
    return step_along(right, w, m_new, v, t, betas=betas, **options), m_new, v


@adamw_step.mistake(
    "no root is taken of v",
    hint="v is in units of the gradient squared. What has to be done for the step not to "
    "depend on the scale of the gradients?",
)
def _(right, w, grad, m, v, t, *, betas=(0.9, 0.999), eps=1e-8, **options):
    moved, m, v = right(w, grad, m, v, t, betas=betas, eps=eps, **options)
    still = step_along(right, w, 0 * m, v, t, betas=betas, eps=eps, **options)
    root = _root(right, m, v, t, betas)
    return still + (moved - still) * (root + eps) / (root**2 + eps), m, v


@adamw_step.mistake(
    "eps is inside the root",
    hint="PyTorch adds eps to the root of v, not to v.",
)
def _(right, w, grad, m, v, t, *, betas=(0.9, 0.999), eps=1e-8, **options):
    moved, m, v = right(w, grad, m, v, t, betas=betas, eps=eps, **options)
    still = step_along(right, w, 0 * m, v, t, betas=betas, eps=eps, **options)
    root = _root(right, m, v, t, betas)
    return still + (moved - still) * (root + eps) / np.sqrt(root**2 + eps), m, v


@adamw_step.mistake(
    "eps is added before v is corrected",
    hint="PyTorch takes the root of the corrected v, and adds eps to that.",
)
def _(right, w, grad, m, v, t, *, betas=(0.9, 0.999), eps=1e-8, **options):
    larger = eps / np.sqrt(1 - betas[1] ** t)
    return right(w, grad, m, v, t, betas=betas, eps=larger, **options)


@adamw_step.mistake(
    "eps is ignored",
    hint="Where a gradient has always been 0, so is v: what would you divide by?",
)
def _(right, *arrays, eps=1e-8, **options):
    return right(*arrays, eps=0.0, **options)


@adamw_step.mistake(
    "the weight decay is added to the gradient",
    hint="That is Adam with an L2 penalty. The W of AdamW is about keeping the decay out of "
    "m and v: it acts on the parameters themselves.",
)
def _(right, w, grad, *rest, weight_decay=0.01, **options):
    return right(w, grad + weight_decay * w, *rest, weight_decay=0.0, **options)


@adamw_step.mistake(
    "the weight decay acts on the parameters after the step",
    hint="It is the parameters as they came in that shrink.",
)
def _(right, *arrays, lr=0.001, weight_decay=0.01, **options):
    moved, *averages = right(*arrays, lr=lr, weight_decay=0.0, **options)
    return moved * (1 - lr * weight_decay), *averages


def _add_decay_mistake(name, hint, decay):
    @adamw_step.mistake(name, hint=hint)
    def _(right, *arrays, lr=0.001, weight_decay=0.01, **options):
        return right(*arrays, lr=lr, weight_decay=decay(weight_decay, lr), **options)


_add_decay_mistake(
    "the weight decay is ignored",
    "Even where the gradient is 0 a weight should shrink a little: which option is not used?",
    lambda decay, lr: 0.0,
)
_add_decay_mistake(
    "the weight decay is not multiplied by the learning rate",
    "In PyTorch a parameter loses lr * weight_decay of itself in a step.",
    lambda decay, lr: decay / lr,
)
_add_decay_mistake(
    "the weight decay pushes the weights away from 0",
    "Which sign makes a positive weight smaller?",
    lambda decay, lr: -decay,
)
