"""The probability of a class, with a square of the image covered."""

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
from cnncourse.catalogue.tensors import as_tensors, is_tensor


@exercise("14_inside", section="28_inside#inside-occlusion", outputs={"out": "OH OW"})
def occlusion_map(model, image, target, *, size, stride=1, fill=0.0):
    """Cover one square after another and record the probability of a class."""
    return reference.occlusion_map(model, image, target, size=size, stride=stride, fill=fill)


@occlusion_map.drive
def _(function, network, image, target, **options):
    model = build(network)
    with in_double():
        out = function(model, as_tensors(image), target, **options)
    if is_tensor(out):
        left_as_it_was(model, network)
    return out


@occlusion_map.cases
def _(rng):
    weights = rng.permutation(np.arange(1, 6)) * [[1], [0]]
    small = Network(layer("Flatten", "flatten"), by_hand("Linear", "fc", weights))
    row = rng.integers(1, 4, (1, 1, 5)) / 4
    yield Case(
        "an image of one row, a single pixel covered",
        {"network": small, "image": row, "target": 0, "size": 1},
    )
    ahead, behind = int(rng.integers(3, 6)), int(rng.integers(1, 3))
    rivals = by_hand("Linear", "fc", [[ahead, 0, 0, 0, 0], [0, 0, 0, 0, behind]])
    yield Case(
        "a class that takes the lead where the other one's pixel is covered",
        {
            "network": Network(layer("Flatten", "flatten"), rivals),
            "image": np.ones((1, 1, 5)),
            "target": 1,
            "size": 3,
        },
    )
    H, W = rng.permutation([6, 9])
    network = classifier(rng, 3, (H, W), 4)
    image = rng.normal(size=(3, H, W)) + 1  # far from 0, so that one pixel covered shows
    given = {"network": network, "image": image}
    # Four classes: whichever the model prefers, it is asked about others.
    a, b, c, d = (int(n) for n in rng.permutation(4))
    yield Case("squares of 3 x 3 around every pixel", given | {"target": a, "size": 3})
    yield Case("a square that is painted grey", given | {"target": b, "size": 3, "fill": 0.5})
    yield Case(
        "every second pixel in both directions", given | {"target": c, "size": 3, "stride": 2}
    )
    yield Case(
        "squares of 5 x 5, stride 4", given | {"target": d, "size": 5, "stride": 4, "fill": -1.0}
    )
    yield Case(
        "a square larger than the image",
        given | {"target": a, "size": 19, "stride": 3, "fill": 0.25},
    )


def _masks(image, size, stride, *, before=None, after=None):
    """Say which pixels each square covers, (OH, OW, H, W); by default half its side each way."""
    half = size // 2
    return reference.square_masks(
        tuple(image.shape[1:]),
        before=half if before is None else before,
        after=half if after is None else after,
        stride=stride,
    )


def _ask(model, image, masks, target, fill):
    return reference.covered_logits(model, image, masks, fill=fill).softmax(-1)[..., target]


@occlusion_map.mistake(
    "at the upper and the left border nothing is covered",
    hint="A slice that starts at -1 starts at the last pixel, and is empty. Where should a "
    "square begin that hangs over the border?",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    masks, half = _masks(image, size, stride), size // 2
    masks[:] = False
    for a, b in np.ndindex(*masks.shape[:2]):
        i, j = a * stride, b * stride
        masks[a, b, i - half : i + half + 1, j - half : j + half + 1] = True
    return _ask(model, image, masks, target, fill)


@occlusion_map.mistake(
    "the squares pile up",
    hint="At each place one square is in the image, and no other. Where does the image come "
    "from that you paint on?",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    masks = _masks(image, size, stride)
    piled = masks.flatten(0, 1).cumsum(0) > 0
    return _ask(model, image, piled.reshape(masks.shape), target, fill)


@occlusion_map.mistake(
    "the square begins at the pixel, and is not centred on it",
    hint="With 3 x 3, the pixel asked about is in the middle: one row above it is covered, and "
    "one below.",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    masks = _masks(image, size, stride, before=0, after=size - 1)
    return _ask(model, image, masks, target, fill)


@occlusion_map.mistake(
    "the square lacks its last row and column",
    hint="A slice leaves out its end. Half of 3 is 1: from i - 1 up to, and not including, what?",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    masks = _masks(image, size, stride, after=size // 2 - 1)
    return _ask(model, image, masks, target, fill)


@occlusion_map.mistake(
    "logits are returned, not probabilities",
    hint="A probability lies between 0 and 1. Which function makes probabilities of logits, and "
    "along which axis?",
    section="07_activation#activation-softmax",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    masks = _masks(image, size, stride)
    return reference.covered_logits(model, image, masks, fill=fill)[..., target]


@occlusion_map.mistake(
    "the softmax runs over the images",
    hint="The probabilities of one image's classes add up to 1. Which axis are the classes on?",
    section="07_activation#activation-softmax",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    logits = reference.covered_logits(model, image, _masks(image, size, stride), fill=fill)
    return logits.flatten(0, 1).softmax(0)[:, target].reshape(logits.shape[:2])


@occlusion_map.mistake(
    "the fall of the probability is returned, not the probability",
    hint="Record the probability itself with the square in place; how far it fell is left to "
    "whoever looks at the map.",
)
def _(right, model, image, target, **options):
    return model(image[None]).softmax(1)[0, target] - right(model, image, target, **options)


@occlusion_map.mistake(
    "the class asked about is the one that the model prefers",
    hint="The class is given as target; it need not be the model's first choice.",
)
def _(right, model, image, target, **options):
    return right(model, image, int(model(image[None]).argmax()), **options)


@occlusion_map.mistake(
    "the highest probability of any class is recorded",
    hint="When the square hides the object, another class may take the lead. Follow the one "
    "class that you are asked about.",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    masks = _masks(image, size, stride)
    return reference.covered_logits(model, image, masks, fill=fill).softmax(-1).amax(-1)


@occlusion_map.mistake(
    "only squares that lie wholly in the image are asked about",
    hint="There is one number for each centre, from pixel (0, 0) on; what hangs over the border "
    "is cut off.",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    out, half = right(model, image, target, size=size, fill=fill), size // 2
    return out[half : len(out) - half : stride, half : out.shape[1] - half : stride]


@occlusion_map.mistake(
    "at the border the square is pushed back into the image",
    hint="The square stays centred on its pixel; what hangs over the border is cut off.",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    out, half = right(model, image, target, size=size, fill=fill), size // 2
    for axis, length in enumerate(image.shape[1:]):
        centres = [min(max(i, half), max(length - 1 - half, 0)) for i in range(0, length, stride)]
        out = out.movedim(axis, 0)[centres].movedim(0, axis)
    return out


@occlusion_map.mistake(
    "the stride is ignored",
    hint="With a stride of 2, every second pixel is a centre, in each direction.",
)
def _(right, model, image, target, *, stride=1, **options):
    return right(model, image, target, **options)


@occlusion_map.mistake(
    "the squares stand side by side, a side apart",
    hint="How far apart two centres are is the stride, whatever the size of the square.",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    return right(model, image, target, size=size, stride=size, fill=fill)


@occlusion_map.mistake(
    "the square is always black",
    hint="What the square is painted with is given as fill.",
)
def _(right, model, image, target, *, fill=0.0, **options):
    return right(model, image, target, **options)


@occlusion_map.mistake(
    "only the first channel is covered",
    hint="The square hides all channels of its pixels.",
    section="02_images#arrays-axes",
)
def _(right, model, image, target, *, size, stride=1, fill=0.0):
    masks = _masks(image, size, stride)[:, :, None].repeat(1, 1, len(image), 1, 1)
    masks[:, :, 1:] = False
    return _ask(model, image, masks, target, fill)


@occlusion_map.mistake(
    "rows and columns have changed places",
    hint="The map lies as the image does: its first axis runs down, its second to the right.",
)
def _(right, model, image, target, **options):
    return right(model, image, target, **options).T


@occlusion_map.mistake(
    "the answers are filled in column by column",
    hint="The map has a row for each row of centres. In which order do your places come?",
)
def _(right, model, image, target, **options):
    out = right(model, image, target, **options)
    return out.T.reshape(out.shape)
