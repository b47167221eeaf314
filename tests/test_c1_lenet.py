"""Capstone C1's questions: the examples by hand, the paper's figures, students' own mistakes."""

import numpy as np
import pytest
import torch

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge
from cnncourse.models.lenet import C3_INPUTS, LeNet5Original, RadialBasis, Subsampling, squash

NAMES = [name for name, item in EXERCISES.items() if item.assignment == "c1_lenet"]


def test_the_set_asks_four_questions():
    """Connections, subsampling, drawings, mistakes: the order of the capstone."""
    assert NAMES == ["sparse_conv_params", "subsample", "nearest_drawing", "errors_by_digit"]


# Worked examples of the notebook.


def test_parameters_of_two_filters_by_hand():
    """One map and two, against two and two."""
    assert reference.sparse_conv_params([[0], [0, 1]], 2) == (26 + 51, 51 + 51) == (77, 102)


def test_a_tile_by_hand():
    """The sum 2 becomes 0.5, then 1, and the curve leaves 1 where it is; so it does with -1."""
    x = np.array([[3.0, 1.0], [-2.0, 0.0]]).reshape(1, 1, 2, 2)

    assert reference.subsample(x, [0.25], [0.5]).item() == pytest.approx(1, abs=5e-5)
    assert reference.subsample(-x, [0.25], [-0.5]).item() == pytest.approx(-1, abs=5e-5)


def test_two_drawings_by_hand():
    """Two pixels, one of them of the wrong colour: 5 against 1."""
    distances, answers = reference.nearest_drawing([[2, -1]], [[[1, 1]], [[1, -1]]])

    assert distances.tolist() == [[5, 1]]
    assert answers.tolist() == [1]


def test_four_answers_by_hand():
    """Two of three zeros are read as 1; a third digit never comes."""
    counts, error = reference.errors_by_digit([0, 0, 0, 1], [0, 1, 1, 1], 3)

    assert counts.tolist() == [[1, 2, 0], [0, 1, 0], [0, 0, 0]]
    assert error.tolist() == [2 / 3, 0, 0]


# The paper's network, as the course builds it.


def test_the_papers_table_has_1516_parameters_instead_of_2416():
    """Sixty connections of 25 weights, and sixteen biases."""
    model = LeNet5Original()

    assert reference.sparse_conv_params(C3_INPUTS, 6) == (1_516, 2_416)
    assert sum(p.numel() for p in model.conv2.parameters()) == 1_516


def test_subsample_is_what_the_capstones_network_does():
    """Its layer, then its sigmoid, with numbers of each map's own."""
    rng = np.random.default_rng(0)
    x, coefficient, bias = rng.normal(size=(2, 3, 4, 6)), rng.normal(size=3), rng.normal(size=3)
    layer = Subsampling(3).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(coefficient)[:, None, None])
        layer.bias.copy_(torch.tensor(bias)[:, None, None])
        expected = squash(layer(torch.tensor(x))).numpy()

    np.testing.assert_allclose(reference.subsample(x, coefficient, bias), expected, atol=1e-12)


def test_distances_are_the_logits_of_1998_with_a_minus():
    """The network's last layer on its own ten drawings: each is nearest to itself."""
    layer = RadialBasis(10)
    drawings = layer.drawings.view(10, 12, 7).numpy()
    features = layer.drawings + 0.1

    distances, answers = reference.nearest_drawing(features.numpy(), drawings)

    np.testing.assert_allclose(distances, -layer(features).numpy(), atol=1e-3)
    assert answers.tolist() == list(range(10))


# Mistakes as a student writes them.


def with_every_map(inputs, in_channels, *, kernel_size=5):
    """Has not looked at the table."""
    dense = len(inputs) * (in_channels * kernel_size**2 + 1)
    return dense, dense


def without_biases(inputs, in_channels, *, kernel_size=5):
    """Counts weights."""
    table = np.zeros((len(inputs), in_channels), int)
    for row, maps in zip(table, inputs, strict=True):
        row[maps] = 1
    return int(table.sum()) * kernel_size**2, table.size * kernel_size**2


def with_a_mean(x, coefficient, bias):
    """Average pooling as it is today."""
    N, C, H, W = x.shape
    out = x.reshape(N, C, H // 2, 2, W // 2, 2).mean(axis=(3, 5))
    return 1.7159 * np.tanh(2 * (out * coefficient[:, None, None] + bias[:, None, None]) / 3)


def with_far_tiles(x, coefficient, bias):
    """Reshapes with the two axes of a side in the wrong order."""
    N, C, H, W = x.shape
    out = x.reshape(N, C, 2, H // 2, 2, W // 2).sum(axis=(2, 4))
    return 1.7159 * np.tanh(2 * (out * coefficient[:, None, None] + bias[:, None, None]) / 3)


def by_norm(x, drawings):
    """A distance is a norm."""
    d = drawings.reshape(len(drawings), -1)
    distances = np.linalg.norm(x[:, None] - d[None], axis=-1)
    return distances, distances.argmin(axis=1)


def by_scores(x, drawings):
    """A last layer as it is today."""
    scores = x @ drawings.reshape(len(drawings), -1).T
    return scores, scores.argmax(axis=1)


def with_buffered_counts(labels, answers, num_classes):
    """Trusts fancy indexing to add."""
    counts = np.zeros((num_classes, num_classes), int)
    counts[labels, answers] += 1
    images = counts.sum(axis=1)
    return counts, (images - counts.diagonal()) / np.maximum(images, 1)


def with_one_minus(labels, answers, num_classes):
    """One minus the share of hits, which is 1 where there is nothing to hit."""
    counts = np.zeros((num_classes, num_classes), int)
    np.add.at(counts, (labels, answers), 1)
    return counts, 1 - counts.diagonal() / np.maximum(counts.sum(axis=1), 1)


def with_columns(labels, answers, num_classes):
    """Divides by the sums down the columns."""
    counts = np.zeros((num_classes, num_classes), int)
    np.add.at(counts, (labels, answers), 1)
    said = counts.sum(axis=0)
    return counts, (said - counts.diagonal()) / np.maximum(said, 1)


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("sparse_conv_params", with_every_map, "the sparse filters see all maps"),
        ("sparse_conv_params", without_biases, "biases are left out"),
        ("subsample", with_a_mean, "tiles are averaged instead of added up"),
        ("subsample", with_far_tiles, "a tile gathers pixels from afar"),
        ("nearest_drawing", by_norm, "the root of the distances is taken"),
        (
            "nearest_drawing",
            by_scores,
            "features are multiplied by the drawings, as in a linear layer",
        ),
        (
            "errors_by_digit",
            with_buffered_counts,
            "a pair of label and answer is counted once, however often it occurs",
        ),
        ("errors_by_digit", with_one_minus, "a digit without images counts as all wrong"),
        (
            "errors_by_digit",
            with_columns,
            "errors are divided by how often a digit was answered",
        ),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write formulas."""
    named = judge(EXERCISES[name], function, seed="practice").first_named

    assert named is not None
    assert named.mistake == mistake
