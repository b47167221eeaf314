"""What one layer makes of images."""

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
from cnncourse.catalogue.tensors import as_tensors, is_tensor


@exercise("14_inside", section="28_inside#inside-maps", outputs={"maps": "N F h w"})
def feature_maps(model, images, layer):
    """Run a model in evaluation mode and keep what one of its layers makes."""
    return reference.feature_maps(model, images, layer)


@feature_maps.drive
def _(function, network, images, layer, training=False):
    model = build(network, training=training)
    with in_double():
        maps = function(model, as_tensors(images), layer)
    if is_tensor(maps):
        left_as_it_was(model, network, training=training)
    return maps


@feature_maps.cases
def _(rng):
    weights = rng.permutation(np.arange(1, 5)).reshape(2, 2)
    small = Network(
        by_hand("Conv2d", "mix", weights * [[1, -1], [1, 1]]),
        layer("ReLU", "relu"),
        layer("Flatten", "flatten"),
        by_hand("Linear", "fc", rng.integers(1, 5, (2, 12))),
    )
    image = rng.integers(1, 9, (1, 2, 2, 3)).astype(float)
    yield Case("one small image, filters of 1 x 1", {"network": small, "images": image} | MIX)
    N = int(rng.integers(2, 4))
    images = rng.normal(size=(N, 2, 6, 9))
    network = classifier(rng, 2, (6, 9), 3)
    given = {"network": network, "images": images}
    yield Case("several images, a layer in the middle", given | {"layer": "pool1"})
    yield Case("a convolution, before its ReLU", given | {"layer": "conv2"})
    in_place = classifier(rng, 2, (6, 9), 3, in_place=True)
    yield Case(
        "a convolution whose ReLU works in place",
        {"network": in_place, "images": images, "layer": "conv2"},
    )
    nested = Network(
        conv(rng, "stem.conv", 2, 3),
        batch_norm(rng, "stem.bn", 3),
        layer("ReLU", "stem.relu"),
        conv(rng, "block.conv", 3, 4, padding=0),
        layer("Flatten", "flatten"),
        linear(rng, "fc", 4 * 4 * 7, 5),
    )
    given = {"network": nested, "images": images, "layer": "block.conv"}
    yield Case("a layer within a block, by its dotted name", given)
    yield Case(
        "a model that is training: evaluate, and leave it training", given | {"training": True}
    )


MIX = {"layer": "mix"}


def _names(model):
    """List the names of the layers that hold no others, in order."""
    return [name for name, part in model.named_modules() if name and not any(part.children())]


def _neighbour(model, layer, step):
    names = _names(model)
    place = names.index(layer) + step
    return names[place] if 0 <= place < len(names) else None


@feature_maps.mistake(
    "the maps were written over by a later layer that works in place",
    hint="A hook that keeps `out` keeps the tensor, not a copy of it, and a ReLU with "
    "inplace=True changes that tensor later. What would have to be kept?",
)
def _(right, model, images, layer):
    behind = _neighbour(model, layer, 1)
    in_place = behind is not None and getattr(model.get_submodule(behind), "inplace", False)
    return right(model, images, behind if in_place else layer)


@feature_maps.mistake(
    "what goes into the layer is kept, not what comes out of it",
    hint="A forward hook is handed three things: the layer, its inputs, its output. Which of "
    "them do you keep?",
)
def _(right, model, images, layer):
    before = _neighbour(model, layer, -1)
    return images.clone() if before is None else right(model, images, before)


@feature_maps.mistake(
    "the model's own answer is returned",
    hint="model(images) has to run, but what it returns are the logits. What did the hook see?",
)
def _(right, model, images, layer):
    return right(model, images, _names(model)[-1])


@feature_maps.mistake(
    "it is always the same layer",
    hint="Look the layer up by the name you are given: model.get_submodule knows dotted names, "
    "too.",
)
def _(right, model, images, layer):
    return right(model, images, _names(model)[0])


@feature_maps.mistake(
    "the maps went through a ReLU",
    hint="Return what the layer made, with its negative values.",
)
def _(right, model, images, layer):
    return right(model, images, layer).relu()


@feature_maps.mistake(
    "only the first image's maps are kept",
    hint="Is there an index [0] too many? The hook's output is a tensor of all images.",
)
def _(right, model, images, layer):
    return right(model, images, layer)[:1]


@feature_maps.mistake(
    "the maps are averaged over their places",
    hint="Keep every place of a map: the output has four axes, N, F, h and w.",
)
def _(right, model, images, layer):
    return right(model, images, layer).mean((2, 3))


@feature_maps.mistake(
    "the channels are moved to the end",
    hint="PyTorch's order of axes is N, F, h, w; leave it as it is.",
    section="02_images#arrays-axes",
)
def _(right, model, images, layer):
    return right(model, images, layer).permute(0, 2, 3, 1)
