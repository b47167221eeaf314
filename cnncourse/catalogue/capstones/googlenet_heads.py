"""Capstone C5: what GoogLeNet's three heads are told, and what the mean of a map can show."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise

_LARGEST = np.log(np.finfo(float).max)  # e to the power of more is infinite


@exercise("c5_googlenet", section="09_fully_connected#fc-loss", outputs={"loss": ""})
def auxiliary_loss(logits, aux_logits, labels, *, weight=0.3, training=True):
    """Add up the cross-entropies of a network's heads, the auxiliary ones at less than 1."""
    return reference.auxiliary_loss(logits, aux_logits, labels, weight=weight, training=training)


def _draw_heads(rng, N, K, A=2, scale=2.0):
    return {
        "logits": scale * rng.standard_normal((N, K)),
        "aux_logits": scale * rng.standard_normal((A, N, K)),
        "labels": rng.integers(0, K, N),
    }


@auxiliary_loss.cases
def _(rng):
    even = {"logits": np.zeros((1, 2)), "aux_logits": np.zeros((2, 1, 2))}
    yield Case("one image, three heads that cannot decide", {**even, "labels": np.array([1])})
    yield Case("two heads that answer otherwise than the last", _draw_heads(rng, 1, 3))
    yield Case("a batch of images", _draw_heads(rng, 5, 4))
    yield Case("a weight of its own", {**_draw_heads(rng, 3, 7), "weight": rng.uniform(0.5, 0.8)})
    yield Case("three auxiliary heads", _draw_heads(rng, 4, 5, A=3))
    yield Case(
        "while testing, only the last head counts", {**_draw_heads(rng, 6, 3), "training": False}
    )
    yield Case("large scores", _draw_heads(rng, 4, 6, scale=1500.0))


def _heads(change):
    """Answer from the losses of the single heads: the last one's, and those of the others."""

    def wrong(right, logits, aux_logits, labels, *, weight=0.3, training=True):
        main = right(logits, aux_logits[:0], labels)
        others = np.array([right(head, aux_logits[:0], labels) for head in aux_logits])
        return change(main, others, weight, training)

    return wrong


def _overflow(right, logits, aux_logits, labels, *, weight=0.3, training=True):
    heads = [logits, *aux_logits] if training else [logits]
    if max(head.max(initial=0.0) for head in heads) > _LARGEST:
        return np.nan
    return right(logits, aux_logits, labels, weight=weight, training=training)


for _name, _hint, _wrong in (
    (
        "the auxiliary heads count while testing",
        "They are there to train the layers below them; afterwards they are thrown away.",
        _heads(lambda main, others, weight, training: main + weight * others.sum()),
    ),
    (
        "the auxiliary heads count as much as the last one",
        "Each of them is told how much it counts by `weight`.",
        _heads(lambda main, others, weight, training: main + training * others.sum()),
    ),
    (
        "the auxiliary heads are left out",
        "While training, each of them has a loss of its own.",
        _heads(lambda main, others, weight, training: main),
    ),
    (
        "the weight is always 0.3",
        "That is the paper's, and the default: use `weight`.",
        _heads(lambda main, others, weight, training: main + training * 0.3 * others.sum()),
    ),
    (
        "the mean of the auxiliary losses is taken",
        "Each auxiliary head adds its own share.",
        _heads(lambda main, others, weight, training: main + training * weight * others.mean()),
    ),
    (
        "only the first auxiliary head counts",
        "The first axis of `aux_logits` holds the heads.",
        _heads(lambda main, others, weight, training: main + training * weight * others[0]),
    ),
    (
        "the last head is weighted, too",
        "Its loss counts in full.",
        _heads(
            lambda main, others, weight, training: (
                (weight if training else 1.0) * main + training * weight * others.sum()
            )
        ),
    ),
    (
        "the last head gets what the others leave of 1",
        "The weights need not add up to 1: the last head's loss counts in full.",
        _heads(
            lambda main, others, weight, training: (
                ((1 - weight) if training else 1.0) * main + training * weight * others.sum()
            )
        ),
    ),
    (
        "the losses of the images are added up",
        "Each head's loss is a mean over the N images.",
        lambda right, logits, aux_logits, labels, **options: (
            len(labels) * right(logits, aux_logits, labels, **options)
        ),
    ),
    (
        "the exponentials overflow",
        "e to the power 1000 is infinite. Subtracting one number from all scores of an image "
        "changes no probability: which number makes it safe?",
        _overflow,
    ),
    (
        "the scores of the heads are added, and one loss taken",
        "Three heads answer; each has a loss of its own, and the losses are added.",
        lambda right, logits, aux_logits, labels, *, weight=0.3, training=True: right(
            logits + training * weight * aux_logits.sum(axis=0), aux_logits[:0], labels
        ),
    ),
    (
        "the sign is wrong",
        "The logarithm of a probability is negative; a loss is not.",
        lambda right, *arrays, **options: -right(*arrays, **options),
    ),
):
    auxiliary_loss.mistake(_name, hint=_hint)(_wrong)


@exercise(
    "c5_googlenet",
    section="08_pooling#pooling-global",
    outputs={"logits": "N K", "evidence": "N K H W"},
)
def evidence_maps(maps, w, b):
    """Answer from the mean of every map, and show where the answer comes from."""
    return reference.evidence_maps(maps, w, b)


@evidence_maps.cases
def _(rng):
    def case(claim, maps, K, b=None):
        w = rng.standard_normal((K, maps.shape[1]))
        b = rng.uniform(0.5, 2, K) * rng.choice([-1, 1], K) if b is None else b
        return Case(claim, {"maps": maps, "w": w, "b": b})

    tiny = {"maps": np.array([[[[1.0, 3.0]]]]), "w": np.array([[2.0]]), "b": np.array([1.0])}
    yield Case("one map of two pixels, one class", tiny)
    yield case(
        "several maps and classes, no bias", rng.standard_normal((1, 3, 4, 2)), 2, np.zeros(2)
    )
    yield case("a batch", rng.standard_normal((2, 4, 3, 5)), 3)
    yield case("maps behind a ReLU", np.maximum(rng.standard_normal((3, 5, 2, 7)), 0.0), 4)
    yield case("a single pixel", rng.standard_normal((4, 3, 1, 1)), 2)
    yield case("an empty batch", rng.standard_normal((0, 3, 4, 5)), 2)


def _answers(logits=None, evidence=None):
    """Answer with other logits or other evidence, made from the maps, or from both."""

    def wrong(right, maps, w, b):
        out = right(maps, w, b)
        return (
            out[0] if logits is None else logits(right, maps, w, b),
            out[1] if evidence is None else evidence(right, maps, w, b),
        )

    return wrong


def _places(maps):
    return maps.shape[2] * maps.shape[3]


def _pooled(pool):
    """Answer from one number a map that `pool` takes instead of the mean."""
    return lambda right, maps, w, b: right(pool(maps)[:, :, None, None], w, b)[0]


for _name, _hint, _wrong in (
    (
        "maps are added up instead of averaged",
        "Twice as large an image would give twice as large an answer: take the mean.",
        _answers(logits=_pooled(lambda maps: maps.sum(axis=(2, 3)))),
    ),
    (
        "the largest value of each map is taken",
        "That is global max pooling; GoogLeNet takes the mean.",
        _answers(logits=_pooled(lambda maps: maps.max(axis=(2, 3), initial=-np.inf))),
    ),
    (
        "only the first place of each map counts",
        "Take the mean over both axes, rows and columns.",
        _answers(logits=_pooled(lambda maps: maps[:, :, 0, 0])),
    ),
    (
        "the bias is left out of the evidence",
        "The mean of the evidence over all places is the logit, bias and all.",
        _answers(evidence=lambda right, maps, w, b: right(maps, w, 0 * b)[1]),
    ),
    (
        "the bias is left out of the logits",
        "Each class adds a number of its own.",
        _answers(logits=lambda right, maps, w, b: right(maps, w, 0 * b)[0]),
    ),
    (
        "the bias is left out",
        "Each class adds a number of its own.",
        lambda right, maps, w, b: right(maps, w, 0 * b),
    ),
    (
        "the bias is shared out over the places",
        "The mean over the places, not their sum, is the logit.",
        _answers(evidence=lambda right, maps, w, b: right(maps, w, b / max(1, _places(maps)))[1]),
    ),
    (
        "the evidence is divided by the number of places",
        "The mean over the places, not their sum, is the logit.",
        _answers(evidence=lambda right, maps, w, b: right(maps, w, b)[1] / _places(maps)),
    ),
    (
        "the evidence is what a ReLU leaves of it",
        "What speaks against a class is evidence, too: it stays negative.",
        _answers(evidence=lambda right, maps, w, b: np.maximum(right(maps, w, b)[1], 0.0)),
    ),
    (
        "the evidence is the same at every place",
        "Apply the layer before the mean is taken: at each place to that place's channels.",
        _answers(
            evidence=lambda right, maps, w, b: (
                np.zeros(right(maps, w, b)[1].shape) + right(maps, w, b)[0][:, :, None, None]
            )
        ),
    ),
    (
        "only the first image is answered",
        "The first axis holds N images.",
        lambda right, maps, w, b: tuple(
            np.concatenate([out[:1]] * len(out)) if len(out) else out for out in right(maps, w, b)
        ),
    ),
    (
        "the two answers are swapped",
        "First the logits, then the evidence.",
        lambda right, maps, w, b: right(maps, w, b)[::-1],
    ),
):
    evidence_maps.mistake(_name, hint=_hint)(_wrong)
