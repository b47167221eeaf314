"""Stochastic gradient descent with momentum, Nesterov's too, and weight decay."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.optimise.descent import add_step_mistakes, down_a_bowl, draw_whole

_SECTION = "14_training#training-sgd"


@exercise("10_optimise", section=_SECTION, outputs={"w": "OUT IN", "velocity": "OUT IN"})
def sgd_step(w, grad, velocity, *, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """Take one step of stochastic gradient descent with momentum, as PyTorch does."""
    options = {"momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay}
    return reference.sgd_step(w, grad, velocity, lr=lr, **options)


@sgd_step.drive
def _(function, w, grads, velocity, *, curvature=0.0, **options):
    return down_a_bowl(function, w, grads, (velocity,), curvature, **options)


@sgd_step.cases
def _(rng):
    w, velocity, *grads = draw_whole(rng, (5, 1, 2))
    by_hand = {"w": w, "grads": 2 * np.array(grads), "velocity": velocity, "lr": 0.5}
    one = by_hand | {"grads": by_hand["grads"][:1]}
    yield Case("one step; without momentum the old velocity is forgotten", one)
    yield Case("one step with momentum, by hand", one | {"momentum": 0.5})
    yield Case("three steps with momentum, by hand", by_hand | {"momentum": 0.5})
    yield Case(
        "one step with Nesterov's momentum, by hand", one | {"momentum": 0.5, "nesterov": True}
    )
    w, *grads = rng.normal(size=(5, 4, 7))
    run = {"w": w, "grads": np.array(grads), "velocity": np.zeros_like(w)}
    run["lr"] = round(rng.uniform(0.05, 0.2), 3)
    momentum = {"momentum": round(rng.uniform(0.7, 0.95), 3)}
    yield Case("four steps of a layer's weights, from rest", run | momentum)
    yield Case("four steps with Nesterov's momentum", run | momentum | {"nesterov": True})
    decay = {"weight_decay": round(rng.uniform(0.1, 0.4), 3)}
    yield Case("weight decay without momentum", run | decay)
    yield Case("weight decay with momentum", run | momentum | decay)
    yield Case(
        "weight decay with Nesterov's momentum", run | momentum | decay | {"nesterov": True}
    )
    yield Case(
        "everything at once: ten steps down a bowl, with noise",
        {
            "w": rng.normal(size=(3, 2))[:, ::-1],
            "grads": 0.1 * rng.normal(size=(10, 3, 2)),
            "velocity": rng.normal(size=(3, 2)),
            "curvature": rng.uniform(0.5, 1.5, size=(3, 2)),
            "lr": 0.1,
            "nesterov": True,
        }
        | momentum
        | decay,
    )


add_step_mistakes(sgd_step)


@sgd_step.mistake(
    "the learning rate is inside the velocity",
    hint="PyTorch adds up gradients in the velocity, and multiplies by lr when it steps.",
)
def _(right, w, grad, velocity, *, lr, weight_decay=0.0, **options):
    return right(w, lr * grad, velocity, lr=1.0, weight_decay=lr * weight_decay, **options)


@sgd_step.mistake(
    "the velocity points downhill, with the learning rate inside",
    hint="That is how papers write it. PyTorch's velocity adds up gradients as they are, "
    "uphill and without lr; both come in when it steps.",
)
def _(right, w, grad, velocity, *, lr, weight_decay=0.0, **options):
    return right(w, -lr * grad, velocity, lr=-1.0, weight_decay=-lr * weight_decay, **options)


@sgd_step.mistake(
    "the new gradient enters the velocity times 1 - momentum",
    hint="That is a running average, as in Adam. PyTorch's velocity is a sum: "
    "the whole gradient is added.",
)
def _(right, w, grad, velocity, *, momentum=0.0, weight_decay=0.0, **options):
    share = 1 - momentum
    options |= {"momentum": momentum, "weight_decay": share * weight_decay}
    return right(w, share * grad, velocity, **options)


@sgd_step.mistake(
    "momentum and 1 - momentum are exchanged",
    hint="Momentum says how much of the old velocity is kept; nothing else is multiplied by it.",
)
def _(right, w, grad, velocity, *, momentum=0.0, weight_decay=0.0, **options):
    options |= {"momentum": 1 - momentum, "weight_decay": momentum * weight_decay}
    return right(w, momentum * grad, velocity, **options)


@sgd_step.mistake(
    "the momentum is ignored",
    hint="What is left of the old velocity after one step?",
)
def _(right, *arrays, momentum=0.0, nesterov=False, **options):
    return right(*arrays, **options)


@sgd_step.mistake(
    "all of the old velocity is kept",
    hint="It has to shrink a little in every step: which option says how much of it stays?",
)
def _(right, *arrays, momentum=0.0, **options):
    return right(*arrays, momentum=1.0, **options)


@sgd_step.mistake(
    "the step is taken with the old velocity",
    hint="First the gradient joins the velocity, then the parameters move along it.",
)
def _(right, w, grad, velocity, *, lr, **options):
    return w - lr * velocity, right(w, grad, velocity, lr=lr, **options)[1]


@sgd_step.mistake(
    "the old velocity is returned",
    hint="The next step begins with what you return: see which variable holds the new velocity.",
)
def _(right, w, grad, velocity, **options):
    return right(w, grad, velocity, **options)[0], velocity


@sgd_step.mistake(
    "nesterov makes no difference",
    hint="With nesterov=True the step looks ahead of the new velocity. "
    "Do you look ahead from the old one? That only leads to the new one.",
)
def _(right, *arrays, nesterov=False, **options):
    return right(*arrays, **options)


@sgd_step.mistake(
    "velocity and parameters are returned in the wrong order",
    hint="The parameters come first, then the velocity.",
)
def _(right, *arrays, **options):
    return right(*arrays, **options)[::-1]


@sgd_step.mistake(
    "nesterov is taken for granted",
    hint="Only with nesterov=True does the step look ahead; else it follows the velocity.",
)
def _(right, *arrays, nesterov=False, **options):
    return right(*arrays, nesterov=True, **options)


@sgd_step.mistake(
    "the direction that looks ahead is returned as the velocity",
    hint="The parameters move along the direction that looks ahead, but what is kept for the "
    "next step is the velocity itself. Give the two different names.",
)
def _(right, w, grad, velocity, *, lr, nesterov=False, **options):
    moved, kept = right(w, grad, velocity, lr=lr, nesterov=nesterov, **options)
    return moved, (w - moved) / lr if nesterov else kept


@sgd_step.mistake(
    "the direction that looks ahead lacks the gradient",
    hint="Looking ahead adds the gradient once more to what momentum leaves of the velocity.",
)
def _(right, w, grad, velocity, *, lr, momentum=0.0, nesterov=False, **options):
    moved, kept = right(w, grad, velocity, lr=lr, momentum=momentum, **options)
    return w + momentum * (moved - w) if nesterov else moved, kept


@sgd_step.mistake(
    "the direction that looks ahead adds the gradient to the whole new velocity",
    hint="Momentum shrinks the new velocity once more before the gradient is added.",
)
def _(right, w, grad, velocity, *, lr, nesterov=False, **options):
    moved, kept = right(w, grad, velocity, lr=lr, **options)
    if not nesterov:
        return moved, kept
    pull = options.get("weight_decay", 0.0) * w
    return right(moved, grad + pull, 0 * kept, lr=lr)[0], kept


def _add_decay_mistake(name, hint, factor):
    @sgd_step.mistake(name, hint=hint)
    def _(right, *arrays, weight_decay=0.0, **options):
        return right(*arrays, weight_decay=factor * weight_decay, **options)


@sgd_step.mistake(
    "the weight decay joins the gradient after the velocity is made",
    hint="The order matters: weight decay comes first, so that the velocity is made of both.",
)
def _(right, w, *arrays, lr, nesterov=False, weight_decay=0.0, **options):
    moved, kept = right(w, *arrays, lr=lr, nesterov=nesterov, **options)
    return moved - lr * weight_decay * w if nesterov else moved, kept


@sgd_step.mistake(
    "the penalty is added to the gradient, instead of the penalty's gradient",
    hint="In the loss stands half of weight_decay times w squared. What is its slope?",
)
def _(right, w, grad, *arrays, weight_decay=0.0, **options):
    return right(w, grad + weight_decay * w**2 / 2, *arrays, **options)


_add_decay_mistake(
    "the weight decay is ignored",
    "A weight that is far from 0 should be pulled back: which option has your code not used?",
    0,
)
_add_decay_mistake(
    "the weight decay pushes the weights away from 0",
    "The step is subtracted. Which sign makes the decay shrink a positive weight?",
    -1,
)
_add_decay_mistake(
    "the weight decay counts twice",
    "PyTorch adds weight_decay * w to the gradient, as if the loss had half of "
    "weight_decay times the squares.",
    2,
)


@sgd_step.mistake(
    "the weight decay is multiplied by the learning rate twice",
    hint="lr multiplies the whole direction when w moves: the decay inside it needs no lr.",
)
def _(right, *arrays, lr, weight_decay=0.0, **options):
    return right(*arrays, lr=lr, weight_decay=lr * weight_decay, **options)


@sgd_step.mistake(
    "the weight decay bypasses the velocity",
    hint="That is AdamW's way. In PyTorch's SGD weight_decay * w joins the gradient "
    "before the velocity is made.",
)
def _(right, w, *arrays, lr, weight_decay=0.0, **options):
    moved, kept = right(w, *arrays, lr=lr, **options)
    return moved - lr * weight_decay * w, kept


@sgd_step.mistake(
    "the weight decay is missing where Nesterov's direction adds the gradient once more",
    hint="From the first line on the gradient is meant with weight_decay * w in it.",
)
def _(right, w, *arrays, lr, nesterov=False, weight_decay=0.0, **options):
    options |= {"nesterov": nesterov, "weight_decay": weight_decay}
    moved, kept = right(w, *arrays, lr=lr, **options)
    return moved + lr * weight_decay * w if nesterov else moved, kept


@sgd_step.mistake(
    "the weight decay bypasses velocity and learning rate",
    hint="In PyTorch weight_decay * w is a part of the gradient: it joins the velocity with it, "
    "and lr multiplies all of it.",
)
def _(right, w, *arrays, weight_decay=0.0, **options):
    moved, kept = right(w, *arrays, **options)
    return moved - weight_decay * w, kept
