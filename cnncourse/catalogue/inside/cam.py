"""Which maps of a layer speak for a class, and where."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.inside.network import (
    Network,
    batch_norm,
    build,
    by_hand,
    classifier,
    conv,
    in_double,
    layer,
    left_as_it_was,
    linear,
)
from cnncourse.catalogue.inside.target_mistakes import add_target_mistakes
from cnncourse.catalogue.tensors import as_tensors, is_tensor


@exercise("14_inside", section="28_inside#inside-gradcam", outputs={"out": "N h w"})
def grad_cam(model, images, targets, layer):
    """Add up a layer's maps, each times the mean of its gradient, and keep what is above 0."""
    return reference.grad_cam(model, images, targets, layer)


@grad_cam.drive
def _(function, network, images, targets, layer):
    model = build(network)
    with in_double():
        out = function(model, as_tensors(images), as_tensors(targets), layer)
    if is_tensor(out):
        left_as_it_was(model, network)
    return out


@grad_cam.cases
def _(rng):
    small = Network(
        by_hand("Conv2d", "maps", [[1, 0], [0, 1]]),
        layer("AdaptiveAvgPool2d", "average", output_size=1),
        layer("Flatten", "flatten"),
        by_hand("Linear", "fc", [[6 * int(n) for n in rng.integers(1, 4, 2)], [6, -12]]),
    )
    # What speaks for the second class: once more than what speaks against it, once less.
    image = np.array([[[[1, 2, 9], [8, 1, 7]], [[6, 2, 1], [1, 3, 2]]]], dtype=float)
    image = image[..., rng.permutation(3)] + rng.integers(0, 2)
    yield Case(
        "one image, two maps, by hand",
        {"network": small, "images": image, "targets": np.array([1]), "layer": "maps"},
    )
    H, W = rng.permutation([6, 9])
    images, classes = rng.normal(size=(3, 2, H, W)), rng.permutation(4)
    given = {"network": classifier(rng, 2, (H, W), 4), "images": images, "layer": "relu2"}
    yield Case("several images, a class for each", given | {"targets": classes[:3]})
    yield Case("the same images, other classes", given | {"targets": classes[1:]})
    early = given | {"targets": classes[:3], "layer": "conv1"}
    yield Case("a layer further in front, before its ReLU", early)
    in_place = classifier(rng, 2, (H, W), 4, in_place=True)
    yield Case(
        "a convolution whose ReLU works in place",
        given | {"network": in_place, "targets": classes[:3], "layer": "conv2"},
    )
    nested = Network(
        conv(rng, "stem.conv", 2, 3),
        batch_norm(rng, "stem.bn", 3),
        layer("ReLU", "stem.relu"),
        conv(rng, "block.conv", 3, 4, padding=0),
        layer("Tanh", "block.tanh"),
        layer("Flatten", "flatten"),
        linear(rng, "fc", 4 * 4 * 7, 4),
    )
    given = given | {"network": nested, "targets": classes[1:], "layer": "block.conv"}
    yield Case("a layer within a block, behind batch normalisation", given)


def _parts(model, images, targets, layer):
    """Give the maps, their gradient, and the gradient's mean over each map."""
    maps, gradient = reference.maps_with_gradient(model, images, targets, layer)
    return maps, gradient, gradient.mean((2, 3), keepdim=True)


@grad_cam.mistake(
    "what speaks against the class is kept",
    hint="The sum of the weighted maps has places below 0. What does the paper do with them?",
)
def _(right, model, images, targets, layer):
    maps, _, weights = _parts(model, images, targets, layer)
    return (weights * maps).sum(1)


@grad_cam.mistake(
    "the gradient is not averaged over the map",
    hint="A map has one weight: the mean of its gradient over all its places. Multiplied place "
    "by place it is another method.",
)
def _(right, model, images, targets, layer):
    maps, gradient, _ = _parts(model, images, targets, layer)
    return (gradient * maps).sum(1).relu()


@grad_cam.mistake(
    "the gradient is added up over the map, not averaged",
    hint="The weight of a map is a mean over its h x w places.",
)
def _(right, model, images, targets, layer):
    maps, gradient, _ = _parts(model, images, targets, layer)
    return (gradient.sum((2, 3), keepdim=True) * maps).sum(1).relu()


add_target_mistakes(grad_cam)


@grad_cam.mistake(
    "the weights are averaged over the images, too",
    hint="Each image has weights of its own. Over which axes does your mean run?",
)
def _(right, model, images, targets, layer):
    maps, _, weights = _parts(model, images, targets, layer)
    return (weights.mean(0, keepdim=True) * maps).sum(1).relu()


@grad_cam.mistake(
    "the weighted maps are averaged, not added up",
    hint="Sum over the maps. Divided by their number, the result depends on how many there are.",
)
def _(right, model, images, targets, layer):
    maps, _, weights = _parts(model, images, targets, layer)
    return (weights * maps).mean(1).relu()


@grad_cam.mistake(
    "the ReLU is applied to each map before they are added up",
    hint="First the sum over the maps, where one may outweigh another; then the ReLU.",
)
def _(right, model, images, targets, layer):
    maps, _, weights = _parts(model, images, targets, layer)
    return (weights * maps).relu().sum(1)


@grad_cam.mistake(
    "the ReLU is applied to the weights",
    hint="A map may speak against the class: its weight is below 0 and has to stay so.",
)
def _(right, model, images, targets, layer):
    maps, _, weights = _parts(model, images, targets, layer)
    return (weights.relu() * maps).sum(1).relu()


@grad_cam.mistake(
    "the absolute value is taken in place of the ReLU",
    hint="What speaks against the class is set to 0, and not turned into what speaks for it.",
)
def _(right, model, images, targets, layer):
    maps, _, weights = _parts(model, images, targets, layer)
    return (weights * maps).sum(1).abs()


@grad_cam.mistake(
    "maps and gradient have changed places",
    hint="The gradient gives the weights, and the maps are what is weighted.",
)
def _(right, model, images, targets, layer):
    maps, gradient, _ = _parts(model, images, targets, layer)
    return (maps.mean((2, 3), keepdim=True) * gradient).sum(1).relu()


@grad_cam.mistake(
    "the gradient alone is added up, without the maps",
    hint="A weight says how much a map counts; where it counts, the map itself says.",
)
def _(right, model, images, targets, layer):
    return _parts(model, images, targets, layer)[1].sum(1).relu()


@grad_cam.mistake(
    "each map is divided by its largest value",
    hint="That is for drawing. Return the sum itself, so that two images can be compared.",
)
def _(right, model, images, targets, layer):
    out = right(model, images, targets, layer)
    largest = out.amax((1, 2), keepdim=True)
    return out / largest.where(largest > 0, 1)


@grad_cam.mistake(
    "the maps were written over by a ReLU that works in place",
    hint="A hook that keeps `out` keeps the tensor, not a copy. Give the layers behind it a copy: "
    "what a forward hook returns replaces the output.",
    section="28_inside#inside-maps",
)
def _(right, model, images, targets, layer):
    names = [name for name, part in model.named_modules() if not any(part.children())]
    behind = names[names.index(layer) + 1]
    in_place = getattr(model.get_submodule(behind), "inplace", False)
    return right(model, images, targets, behind if in_place else layer)


@grad_cam.mistake(
    "rows and columns have changed places",
    hint="The maps lie as the images do: N, then h, then w.",
)
def _(right, model, images, targets, layer):
    return right(model, images, targets, layer).mT
