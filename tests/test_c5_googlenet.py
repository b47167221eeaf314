"""Capstone C5's questions: the examples by hand, the paper's figures, students' own mistakes."""

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "c5_googlenet"]
# The paper's table 1: channels read, then the plan.
BLOCKS = [
    (192, (64, 96, 128, 16, 32, 32)),
    (256, (128, 128, 192, 32, 96, 64)),
    (480, (192, 96, 208, 16, 48, 64)),
    (512, (160, 112, 224, 24, 64, 64)),
    (512, (128, 128, 256, 24, 64, 64)),
    (512, (112, 144, 288, 32, 64, 64)),
    (528, (256, 160, 320, 32, 128, 128)),
    (832, (256, 160, 320, 32, 128, 128)),
    (832, (384, 192, 384, 48, 128, 128)),
]


def test_the_set_asks_four_questions():
    """Branches, bottleneck, heads, mean: the order of the capstone."""
    assert NAMES == ["inception_counts", "bottleneck_macs", "auxiliary_loss", "evidence_maps"]


# Worked examples of the notebook.


def test_a_block_of_single_channels_by_hand():
    """Four 1 x 1 that read two channels, a 3 x 3 and a 5 x 5 that read one; six biases."""
    assert reference.inception_counts(2, (1,) * 6) == (4, 4 * 2 + 9 + 25 + 6)


def test_a_bottleneck_by_hand():
    """4 x 9 x 2 products at each of 30 places; or 4 x 1 and 1 x 9 x 2."""
    found = reference.bottleneck_macs(4, 1, 2, kernel_size=3, size=(5, 6))

    assert found == (72 * 30, (4 + 18) * 30) == (2_160, 660)


def test_three_heads_that_cannot_decide_lose_1_point_6_times_log_2():
    """ln 2 in full, and twice 0.3 of it."""
    even = np.zeros((1, 2))
    heads = np.stack([even, even])

    training = reference.auxiliary_loss(even, heads, np.array([1]))
    testing = reference.auxiliary_loss(even, heads, np.array([1]), training=False)

    assert training == pytest.approx(1.6 * np.log(2))
    assert testing == pytest.approx(np.log(2))


def test_two_pixels_of_evidence_by_hand():
    """Twice the pixel plus 1; the mean of 3 and 7 is twice the mean of the pixels plus 1."""
    logits, evidence = reference.evidence_maps(
        np.array([[[[1.0, 3.0]]]]), np.array([[2.0]]), np.array([1.0])
    )

    assert evidence.tolist() == [[[[3.0, 7.0]]]]
    assert logits.tolist() == [[5.0]]


def test_the_mean_of_the_evidence_is_the_answer():
    """Mean and layer are both linear, so that their order does not matter."""
    rng = np.random.default_rng(0)
    maps, w, b = rng.random((2, 3, 4, 5)), rng.random((6, 3)), rng.random(6)

    logits, evidence = reference.evidence_maps(maps, w, b)

    np.testing.assert_allclose(evidence.mean(axis=(2, 3)), logits, atol=1e-12)


# The paper's figures.


def test_nine_blocks_stem_and_last_layer_make_6998552():
    """What a block makes is what the next one reads, and the sum is the paper's network."""
    counts = [reference.inception_counts(*block) for block in BLOCKS]
    made = [channels for channels, _ in counts]
    stem = 64 * (3 * 49 + 1) + 64 * (64 + 1) + 192 * (64 * 9 + 1)

    assert made == [256, 480, 512, 512, 512, 528, 832, 832, 1024]
    assert [in_channels for in_channels, _ in BLOCKS] == [192, *made[:-1]]
    assert stem + sum(params for _, params in counts) + 1000 * (1024 + 1) == 6_998_552


def test_the_bottleneck_of_3a_saves_nine_tenths():
    """5 x 5 on 192 channels, thinned to 16 or not."""
    direct, thinned = reference.bottleneck_macs(192, 16, 32, kernel_size=5, size=(28, 28))

    assert (direct, thinned) == (120_422_400, 12_443_648)


# Mistakes as a student writes them.


def sums_the_plan(in_channels, plan):
    """Lays the thinning layers' maps behind the others."""
    a, b, c, d, e, f = plan
    params = (in_channels + 1) * (a + b + d + f) + (9 * b + 1) * c + (25 * d + 1) * e
    return sum(plan), params


def large_window_only(in_channels, reduced, out_channels, *, kernel_size, size):
    """Forgets that the 1 x 1 works, too."""
    places = size[0] * size[1]
    window = kernel_size**2 * out_channels
    return in_channels * window * places, reduced * window * places


def mean_of_heads(logits, aux_logits, labels, *, weight=0.3, training=True):
    """Averages the auxiliary losses."""

    def loss(scores):
        scores = scores - scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return -logs[np.arange(len(labels)), labels].mean()

    return loss(logits) + weight * training * np.mean([loss(head) for head in aux_logits])


def no_bias_in_the_maps(maps, w, b):
    """Adds the bias to the logits alone."""
    evidence = np.einsum("kc,nchw->nkhw", w, maps)
    return maps.mean(axis=(2, 3)) @ w.T + b, evidence


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        (
            "inception_counts",
            sums_the_plan,
            "the thinning layers' channels are in the output",
        ),
        ("bottleneck_macs", large_window_only, "the 1 x 1 costs nothing"),
        ("auxiliary_loss", mean_of_heads, "the mean of the auxiliary losses is taken"),
        ("evidence_maps", no_bias_in_the_maps, "the bias is left out of the evidence"),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write formulas."""
    named = judge(EXERCISES[name], function, seed="practice").first_named

    assert named is not None
    assert named.mistake == mistake
