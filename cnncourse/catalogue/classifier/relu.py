"""ReLU, and the one that leaks."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

SECTION = "07_activation#activation-relu"


def _draw_maps(rng):
    """Draw what both are asked after a first case by hand."""
    N, C = rng.permutation([2, 3])
    x = rng.normal(size=(N, C, 5, 7))
    yield "several images and channels", x
    yield "negative values only", -np.abs(x) - 0.1
    yield "values in the thousands", 2000 * x
    yield "maps stored channels last", rng.normal(size=(N, 4, 6, C)).transpose(0, 3, 1, 2)
    yield "maps of a single pixel", rng.normal(size=(N, 5, 1, 1))


@exercise("06_classifier", section=SECTION, outputs={"out": "N C H W"})
def relu(x):
    """Replace negative values by 0, as PyTorch does."""
    return reference.relu(x)


@relu.cases
def _(rng):
    x = rng.permutation([-4.0, -2, -1, 0, 1, 2, 3, 5]).reshape(1, 1, 2, 4)
    yield Case("one image, one channel of 2 x 4 pixels", {"x": x})
    for claim, x in _draw_maps(rng):
        yield Case(claim, {"x": x})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 5, 4))})


for _name, _hint, _wrong in (
    (
        "np.max looks for the largest value along an axis",
        "The second argument of np.max is an axis. Which function compares two things number "
        "by number?",
        lambda right, x: np.max(x, 0, initial=-np.inf),
    ),
    (
        "the positive values are replaced by 0",
        "The two sides are exchanged: which values does a ReLU let through?",
        lambda right, x: np.where(x > 0, 0, x),
    ),
    (
        "negative values lose their sign",
        "A negative value leaves nothing: minus 3 becomes 0, not 3.",
        lambda right, x: np.abs(x),
    ),
    (
        "the slope is returned instead of the value",
        "1 where x is positive, 0 elsewhere: that is ReLU's derivative. "
        "Here the positive values themselves are asked for.",
        lambda right, x: (x > 0).astype(float),
    ),
    (
        "the slope is returned, a whole number, instead of the value",
        "1 where x is positive, 0 elsewhere: that is ReLU's derivative. "
        "Here the positive values themselves are asked for.",
        lambda right, x: (x > 0).astype(int),
    ),
    (
        "negative values are dropped",
        "The output has the shape of x: a negative value is replaced, not taken out.",
        lambda right, x: x[x > 0],
    ),
    (
        "values are cut off at 1, too",
        "ReLU has no upper end: 5 stays 5.",
        lambda right, x: np.clip(x, 0, 1),
    ),
    (
        "values are cut off at 6, too",
        "That is ReLU6, from networks for telephones. ReLU has no upper end.",
        lambda right, x: np.clip(x, 0, 6),
    ),
    (
        "only the first image is computed",
        "The batch has N images: does a loop or an index stop at image 0?",
        lambda right, x: right(x) * (np.arange(len(x)) == 0)[:, None, None, None],
    ),
    (
        "only the first channel is computed",
        "Every image has C channels: does a loop or an index stop at channel 0?",
        lambda right, x: right(x) * (np.arange(x.shape[1]) == 0)[:, None, None],
    ),
    (
        "only the first channel of the first image is computed",
        "x has N images of C channels: which indices stay at 0 in your code?",
        lambda right, x: (
            right(x) * (np.arange(x.shape[0] * x.shape[1]) == 0).reshape(*x.shape[:2], 1, 1)
        ),
    ),
    (
        "negative values leak through with slope 0.01",
        "That is a leaky ReLU, the next exercise. Here a negative value becomes 0.",
        lambda right, x: reference.leaky_relu(x),
    ),
    (
        "the corner is rounded off",
        "log(1 + exp(x)) is softplus, a smooth relative. ReLU has a corner at 0.",
        lambda right, x: np.logaddexp(x, 0),
    ),
    (
        "the sign is turned",
        "Look at what becomes of 2: a positive value keeps its sign.",
        lambda right, x: np.minimum(-x, 0),
    ),
    (
        "the lowest value is subtracted from all",
        "Every value is judged by itself: what stands elsewhere in x does not matter.",
        lambda right, x: x - x.min(initial=0),
    ),
):
    relu.mistake(_name, hint=_hint)(_wrong)


@exercise("06_classifier", section=SECTION, outputs={"out": "N C H W"})
def leaky_relu(x, *, negative_slope=0.01):
    """Multiply negative values by a slope, as PyTorch does."""
    return reference.leaky_relu(x, negative_slope=negative_slope)


@leaky_relu.cases
def _(rng):
    x = rng.permutation([-400.0, -200, -100, 0, 1, 2, 30, 500]).reshape(1, 1, 2, 4)
    yield Case("one image, one channel, a slope of 0.01", {"x": x})
    for (claim, x), slope in zip(_draw_maps(rng), (0.2, 0.3, 0.25, 0.1, 0.05), strict=True):
        yield Case(claim, {"x": x, "negative_slope": slope})
    x = rng.normal(size=(2, 3, 4, 5))
    yield Case("a slope of 0: nothing leaks", {"x": x, "negative_slope": 0.0})
    yield Case("a slope above 1", {"x": x, "negative_slope": 1.5})
    yield Case("a slope below 0", {"x": x, "negative_slope": -0.5})
    yield Case("an empty batch stays empty", {"x": np.zeros((0, 3, 5, 4))})


for _name, _hint, _wrong in (
    (
        "the slope is on the positive side",
        "Positive values pass unchanged; the slope belongs to those below 0.",
        lambda right, x, *, negative_slope=0.01: np.where(x > 0, negative_slope * x, x),
    ),
    (
        "the larger of x and the slope times x is taken",
        "That is the same for slopes between 0 and 1. PyTorch takes any slope: ask for the sign "
        "of x instead.",
        lambda right, x, *, negative_slope=0.01: np.maximum(x, negative_slope * x),
    ),
    (
        "the slope is always 0.01",
        "`negative_slope` says how steep; 0.01 is what it is if nobody says.",
        lambda right, x, *, negative_slope=0.01: right(x),
    ),
    (
        "negative values become 0",
        "A leaky ReLU lets a part of them through: the slope times x.",
        lambda right, x, *, negative_slope=0.01: reference.relu(x),
    ),
    (
        "every negative value becomes the slope itself",
        "The slope is a factor: what is it to be multiplied by?",
        lambda right, x, *, negative_slope=0.01: np.where(x < 0, negative_slope, x),
    ),
    (
        "negative values lose their sign",
        "With a slope of 0.01, minus 100 becomes minus 1.",
        lambda right, x, *, negative_slope=0.01: right(x, negative_slope=-negative_slope),
    ),
    (
        "the larger of x and the slope itself is taken",
        "The slope is a factor: what is it to be multiplied by?",
        lambda right, x, *, negative_slope=0.01: np.maximum(x, negative_slope),
    ),
    (
        "the slope is added where it should multiply",
        "With a slope of 0.01, minus 100 becomes minus 1: a hundredth of it.",
        lambda right, x, *, negative_slope=0.01: np.where(x < 0, x + negative_slope, x),
    ),
    (
        "every value is multiplied by the slope",
        "Positive values pass unchanged: where do you ask for the sign?",
        lambda right, x, *, negative_slope=0.01: negative_slope * x,
    ),
    (
        "the leak is added to all values",
        "relu(x) and the slope times x are added: for positive x that is too much. "
        "Which part of x should leak?",
        lambda right, x, *, negative_slope=0.01: reference.relu(x) + negative_slope * x,
    ),
    (
        "the slope is returned instead of the value",
        "1 where x is positive, the slope elsewhere: that is the derivative.",
        lambda right, x, *, negative_slope=0.01: np.where(x > 0, 1.0, negative_slope),
    ),
    (
        "the positive values are replaced by 0",
        "Positive values pass unchanged.",
        lambda right, x, *, negative_slope=0.01: np.where(x > 0, 0.0, negative_slope * x),
    ),
    (
        "negative values are divided by the slope",
        "A slope of 0.01 leaves a hundredth, not a hundred times as much.",
        lambda right, x, *, negative_slope=0.01: right(
            x, negative_slope=1 / negative_slope if negative_slope else np.inf
        ),
    ),
):
    leaky_relu.mistake(_name, hint=_hint)(_wrong)
