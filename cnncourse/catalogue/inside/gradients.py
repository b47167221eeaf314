"""How much each pixel moves the logit of a class."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.inside.network import (
    Network,
    build,
    by_hand,
    classifier,
    in_double,
    layer,
    left_as_it_was,
)
from cnncourse.catalogue.inside.target_mistakes import add_target_mistakes
from cnncourse.catalogue.tensors import as_tensors, is_tensor


@exercise("14_inside", section="28_inside#inside-saliency", outputs={"out": "N H W"})
def saliency(model, images, targets):
    """Take the largest absolute gradient over the channels of each pixel."""
    return reference.saliency(model, images, targets)


@saliency.drive
def _(function, network, images, targets, before=None):
    model, images = build(network), as_tensors(images)
    if before is not None:
        with in_double():
            function(model, images, as_tensors(before))
    with in_double():
        out = function(model, images, as_tensors(targets))
    if is_tensor(out):
        left_as_it_was(model, network)
    return out


@saliency.cases
def _(rng):
    signs = np.array([[1, -1, 1, 1, -1, 1], [1, 1, -1, 1, 1, 1]])
    weights = rng.permutation(np.arange(1, 13)).reshape(2, 6) * signs
    small = Network(layer("Flatten", "flatten"), by_hand("Linear", "fc", weights))
    image = rng.integers(1, 9, (1, 1, 2, 3)).astype(float)
    yield Case(
        "one image, one channel, a model of one layer",
        {"network": small, "images": image, "targets": np.array([1])},
    )
    small = Network(layer("Flatten", "flatten"), by_hand("Linear", "fc", weights[:, :4]))
    image = rng.integers(1, 9, (1, 2, 1, 2)).astype(float)
    yield Case(
        "two channels, of which the steeper counts",
        {"network": small, "images": image, "targets": np.array([0])},
    )
    H, W = rng.permutation([6, 9])
    network = classifier(rng, 3, (H, W), 4)
    given = {"network": network, "images": rng.normal(size=(3, 3, H, W))}
    classes = rng.permutation(4)
    yield Case("several images, a class for each", given | {"targets": classes[:3]})
    yield Case("the same images, other classes", given | {"targets": classes[1:]})
    yield Case(
        "the same images asked about twice",
        given | {"targets": classes[:3], "before": classes[1:]},
    )
    backwards = {"images": given["images"][:, :, ::-1, ::-1], "targets": classes[:3]}
    yield Case("images stored in another order", given | backwards)


@saliency.mistake(
    "the signed gradient is returned",
    hint="A pixel that lowers the logit matters as much as one that raises it. What happens to "
    "the sign, and when: before the largest is taken, or after?",
)
def _(right, model, images, targets):
    return reference.input_gradient(model, images, targets).amax(1)


@saliency.mistake(
    "the sign is dropped after the largest is taken",
    hint="Of -5 and 2 the largest is 2, but the steepest is -5. Which comes first, the absolute "
    "value or the maximum?",
)
def _(right, model, images, targets):
    return reference.input_gradient(model, images, targets).amax(1).abs()


@saliency.mistake(
    "a gradient from an earlier question is still in it",
    hint="backward() adds to what stands in .grad. Whose .grad is it, and was anything there "
    "before?",
    section="28_inside#inside-saliency",
)
def _(right, model, images, targets):
    gradient = reference.input_gradient(model, images, targets)
    images.grad = gradient if images.grad is None else images.grad + gradient
    return images.grad.abs().amax(1)


add_target_mistakes(saliency)


@saliency.mistake(
    "the gradients of the channels are added up",
    hint="Of a pixel's three slopes the largest is kept; on which axis are the channels?",
)
def _(right, model, images, targets):
    return reference.input_gradient(model, images, targets).abs().sum(1)


@saliency.mistake(
    "the gradients of the channels are averaged",
    hint="Of a pixel's three slopes the largest is kept, not their mean.",
)
def _(right, model, images, targets):
    return reference.input_gradient(model, images, targets).abs().mean(1)


@saliency.mistake(
    "the length of the gradient over the channels is returned",
    hint="That is the root of a sum of squares. Keep the largest of the channels' slopes.",
)
def _(right, model, images, targets):
    return reference.input_gradient(model, images, targets).norm(dim=1)


@saliency.mistake(
    "the channels are still there",
    hint="The map has one number for each pixel: which of its channels' slopes is it?",
)
def _(right, model, images, targets):
    return reference.input_gradient(model, images, targets).abs()


@saliency.mistake(
    "only the first channel's gradient is looked at",
    hint="A pixel has a slope in every channel, and the largest counts.",
)
def _(right, model, images, targets):
    return reference.input_gradient(model, images, targets)[:, 0].abs()


@saliency.mistake(
    "the gradient is multiplied by the image",
    hint="Gradient times input is another method. Here the pixel's own value has no part.",
)
def _(right, model, images, targets):
    return (reference.input_gradient(model, images, targets) * images).abs().amax(1)


@saliency.mistake(
    "what lowers the logit is cut off",
    hint="A ReLU drops negative slopes. Here they count by their size.",
)
def _(right, model, images, targets):
    return reference.input_gradient(model, images, targets).relu().amax(1)


@saliency.mistake(
    "the gradient is squared",
    hint="Keep the absolute value: it is in logits per unit of brightness.",
)
def _(right, model, images, targets):
    return right(model, images, targets) ** 2


@saliency.mistake(
    "each map is divided by its largest value",
    hint="That is for drawing. Return the slopes themselves, so that two maps can be compared.",
)
def _(right, model, images, targets):
    out = right(model, images, targets)
    return out / out.amax((1, 2), keepdim=True)


@saliency.mistake(
    "each map is stretched to reach from 0 to 1",
    hint="That is for drawing. Return the slopes themselves, so that two maps can be compared.",
)
def _(right, model, images, targets):
    out = right(model, images, targets)
    out = out - out.amin((1, 2), keepdim=True)
    return out / out.amax((1, 2), keepdim=True)


@saliency.mistake(
    "rows and columns have changed places",
    hint="The maps lie as the images do: N, then H, then W.",
)
def _(right, model, images, targets):
    return right(model, images, targets).mT
