"""Capstone C7: what learns, what a frozen layer does, when a stage thaws, where a class is."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "c7_transfer",
    section="10_sizes#sizes-parameters",
    outputs={"learning": "", "share": ""},
    kind={"learning": int, "share": float},
)
def learning_share(stage_params, num_frozen, features, num_classes):
    """Count what learns when the first stages are frozen and the head is new."""
    return reference.learning_share(stage_params, num_frozen, features, num_classes)


@learning_share.cases
def _(rng):
    def case(claim, stage_params, num_frozen, features, num_classes):
        given = {"stage_params": np.array(stage_params), "num_frozen": int(num_frozen)}
        return Case(claim, given | {"features": int(features), "num_classes": int(num_classes)})

    yield case("three stages, two of them frozen", [10, 20, 30], 2, 4, 2)
    sizes = np.sort(rng.choice(np.arange(100, 9000), 5, replace=False))
    features, num_classes = rng.integers(30, 60), rng.integers(6, 20)
    yield case("five stages, one of them frozen", sizes, 1, features, num_classes)
    yield case("feature extraction: all stages frozen", sizes, 5, features, num_classes)
    yield case("full fine-tuning: none frozen", sizes, 0, features, num_classes)


def _learning_share(name, hint, wrong):
    learning_share.mistake(name, hint=hint)(wrong)


_learning_share(
    "the head is forgotten",
    "The new head learns in any case, and counts among all parameters.",
    lambda right, s, n, f, k: (int(s[n:].sum()), s[n:].sum() / s.sum()),
)
_learning_share(
    "the head has no biases",
    "A fully connected layer has one bias for each of its outputs.",
    lambda right, s, n, f, k: (
        int(s[n:].sum()) + f * k,
        (s[n:].sum() + f * k) / (s.sum() + f * k),
    ),
)
_learning_share(
    "the last stages are frozen instead of the first",
    "The stages nearest to the image stay as they are: they come first in the list.",
    lambda right, s, n, f, k: right(s[::-1], n, f, k),
)
_learning_share(
    "the frozen parameters are counted",
    "What is asked for is the part that learns.",
    lambda right, s, n, f, k: (
        int(s[:n].sum()),
        s[:n].sum() / (s.sum() + f * k + k),
    ),
)
_learning_share(
    "the head is missing in the whole that the share is taken of",
    "The new head belongs to the network: count it above and below the line.",
    lambda right, s, n, f, k: (right(s, n, f, k)[0], right(s, n, f, k)[0] / s.sum()),
)
_learning_share(
    "the share is that of the frozen parameters",
    "Divide what learns by all there is.",
    lambda right, s, n, f, k: (right(s, n, f, k)[0], 1 - right(s, n, f, k)[1]),
)


@exercise(
    "c7_transfer",
    section="15_normalisation#norm-batch",
    outputs={"frozen": "N C H W", "awake": "N C H W", "moved_mean": "C"},
)
def frozen_and_awake(x, weight, bias, running_mean, running_var, *, momentum=0.1, eps=1e-5):
    """Normalise a batch as a frozen layer does, and as one in training mode."""
    arrays = x, weight, bias, running_mean, running_var
    return reference.frozen_and_awake(*arrays, momentum=momentum, eps=eps)


@frozen_and_awake.cases
def _(rng):
    x = np.array([[[[1.0, 3.0]]], [[[5.0, 7.0]]]]) + rng.integers(0, 3)
    given = {"weight": np.ones(1), "bias": np.zeros(1), "running_mean": np.array([2.0])}
    given |= {"running_var": np.array([4.0]), "momentum": 0.5, "eps": 1e-12}
    yield Case("one channel, two images of two pixels", {"x": x} | given)
    N, C, H, W = rng.permutation([2, 3, 4, 5])
    given = {
        "x": rng.normal(3, 2, size=(N, C, H, W)),
        "weight": rng.uniform(0.5, 1.5, C),
        "bias": rng.normal(size=C),
        "running_mean": rng.normal(size=C),
        "running_var": rng.uniform(0.5, 2, C),
    }
    yield Case("several channels", given)
    yield Case("another momentum", given | {"momentum": 0.7})
    yield Case("an eps that can be seen", given | {"eps": 0.5})


def _frozen_and_awake(name, hint, wrong):
    frozen_and_awake.mistake(name, hint=hint)(wrong)


_frozen_and_awake(
    "the two outputs are swapped",
    "The frozen layer goes by what it has seen before, the other by this batch.",
    lambda right, *a, **o: (*right(*a, **o)[1::-1], right(*a, **o)[2]),
)
_frozen_and_awake(
    "both outputs use the running statistics",
    "In training mode the batch's own mean and variance are used.",
    lambda right, *a, **o: (right(*a, **o)[0], *right(*a, **o)[::2]),
)
_frozen_and_awake(
    "both outputs use the batch's statistics",
    "A frozen layer does not look at the batch as a whole: each image by itself gets the same "
    "answer.",
    lambda right, *a, **o: (right(*a, **o)[1], *right(*a, **o)[1:]),
)
_frozen_and_awake(
    "the running mean has not moved",
    "Training mode moves it a little towards the batch's mean: momentum says how far.",
    lambda right, x, w, b, mean, var, **o: (*right(x, w, b, mean, var, **o)[:2], mean),
)
_frozen_and_awake(
    "momentum is the share of the old mean",
    "PyTorch's momentum is the share of the new batch.",
    lambda right, *a, momentum=0.1, **o: (
        *right(*a, **o)[:2],
        right(*a, momentum=1 - momentum, **o)[2],
    ),
)
_frozen_and_awake(
    "the running mean is replaced by the batch's",
    "A share of the old one stays.",
    lambda right, *a, momentum=0.1, **o: right(*a, momentum=1.0, **o),
)
_frozen_and_awake(
    "scale and shift are forgotten",
    "A frozen layer's weight and bias do not learn, but they are still there.",
    lambda right, x, w, b, *a, **o: right(x, 0 * w + 1, 0 * b, *a, **o),
)
_frozen_and_awake(
    "it divides by the variance instead of its root",
    "The spread is the root of the variance.",
    lambda right, x, w, b, mean, var, *, momentum=0.1, eps=1e-5: (
        _by_variance(x, w, b, mean, var, eps),
        _by_variance(x, w, b, x.mean((0, 2, 3)), x.var((0, 2, 3)), eps),
        right(x, w, b, mean, var, momentum=momentum, eps=eps)[2],
    ),
)


def _by_variance(x, w, b, mean, var, eps):
    mean, var, w, b = (a[:, None, None] for a in (mean, var, w, b))
    return (x - mean) / (var + eps) * w + b


@exercise(
    "c7_transfer",
    section="14_training#training-schedules",
    outputs={"passes": "S"},
    kind=int,
)
def passes_learned(num_stages, epochs, *, every=1):
    """Count for how many passes each stage learns while a network thaws from its head down."""
    return reference.passes_learned(num_stages, epochs, every=every)


@passes_learned.cases
def _(rng):
    def case(claim, num_stages, epochs, every):
        return Case(
            claim, {"num_stages": int(num_stages), "epochs": int(epochs), "every": int(every)}
        )

    yield case("three stages, five passes, a stage every two", 3, 5, 2)
    yield case("a stage every three passes", rng.integers(4, 6), rng.integers(20, 30), 3)
    yield case("a run that ends before the first stages thaw", 6, rng.integers(7, 10), 3)
    yield case("a single stage: the head", 1, rng.integers(4, 9), 2)


def _passes_learned(name, hint, wrong):
    passes_learned.mistake(name, hint=hint)(wrong)


_passes_learned(
    "the order is turned round",
    "The stage nearest to the image comes first, and learns for the fewest passes.",
    lambda right, s, e, *, every=1: right(s, e, every=every)[::-1].copy(),
)
_passes_learned(
    "the passes are below 0 where a stage never thaws",
    "A stage whose turn never comes learns for 0 passes.",
    lambda right, s, e, *, every=1: e - every * np.arange(s)[::-1],
)
_passes_learned(
    "every is ignored",
    "Between two stages lie `every` passes.",
    lambda right, s, e, *, every=1: right(s, e, every=1),
)
_passes_learned(
    "the head waits, too",
    "The head learns from pass 0.",
    lambda right, s, e, *, every=1: np.maximum(e - every * np.arange(1, s + 1)[::-1], 0),
)
_passes_learned(
    "the passes are counted in which a stage is frozen",
    "Asked for is how long it learns, not how long it waits.",
    lambda right, s, e, *, every=1: e - right(s, e, every=every),
)
_passes_learned(
    "it is counted when each stage thaws",
    "The pass in which a stage begins to learn is one thing; how many are left for it another.",
    lambda right, s, e, *, every=1: every * np.arange(s)[::-1],
)
_passes_learned(
    "each stage learns for a pass too many",
    "Passes are counted from 0.",
    lambda right, s, e, *, every=1: right(s, e, every=every) + 1,
)


@exercise("c7_transfer", section="28_inside#inside-gradcam", outputs={"cam": "H W"})
def cam_by_hand(maps, weight, target):
    """Compute Grad-CAM where the maps' means go straight into the head."""
    return reference.cam_by_hand(maps, weight, target)


@cam_by_hand.cases
def _(rng):
    maps = np.array([[[4.0, 0.0], [8.0, 4.0]], [[4.0, 8.0], [0.0, 0.0]]]) + 4 * rng.integers(1, 3)
    weight = np.array([[3.0, 1.0], [-1.0, 2.0], [1.0, -2.0]])
    yield Case("two maps of two by two", {"maps": maps, "weight": weight, "target": 1})
    C, H, W = rng.permutation([3, 4, 5])
    given = {"maps": rng.normal(size=(C, H, W)), "weight": rng.normal(size=(6, C))}
    yield Case("several maps", given | {"target": 2})
    yield Case("the last class", given | {"target": 5})
    one = {"maps": rng.uniform(1, 2, size=(1, H, W)), "weight": np.array([[1.5], [-2.0]])}
    yield Case("one map, which speaks against the class: all 0", one | {"target": 1})


def _sum(maps, weight, target):
    return np.tensordot(weight[target], maps, 1) / maps[0].size


def _cam(name, hint, wrong):
    cam_by_hand.mistake(name, hint=hint)(wrong)


_cam(
    "what speaks against the class is kept",
    "Grad-CAM ends with a ReLU.",
    lambda right, maps, weight, target: _sum(maps, weight, target),
)
_cam(
    "the mean over the places is forgotten",
    "The head gets a map's mean: one place counts H x W times less than the whole.",
    lambda right, maps, weight, target: right(maps, weight, target) * maps[0].size,
)
_cam(
    "the ReLU comes before the sum",
    "Add the weighted maps first: one may outweigh another.",
    lambda right, maps, weight, target: np.maximum(
        weight[target][:, None, None] * maps / maps[0].size, 0
    ).sum(0),
)
_cam(
    "the weights are those of another class",
    "The first axis of weight runs over the classes. Which row is the target's?",
    lambda right, maps, weight, target: right(maps, weight, target - 1),
)
_cam(
    "the weights lose their sign",
    "A map with a weight below 0 speaks against the class.",
    lambda right, maps, weight, target: right(maps, np.abs(weight), target),
)
_cam(
    "the weighted maps are averaged instead of added up",
    "Grad-CAM is a sum over the maps.",
    lambda right, maps, weight, target: right(maps, weight, target) / len(maps),
)
_cam(
    "the maps are not weighted",
    "Each map counts as much as the head's weight for the class says.",
    lambda right, maps, weight, target: np.maximum(maps.sum(0), 0) / maps[0].size,
)
