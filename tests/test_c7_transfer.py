"""Capstone C7's questions: the examples by hand, and mistakes in own words."""

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge


def test_learning_share_by_hand():
    """A stage of 30 and a head of 10 out of 70."""
    assert reference.learning_share([10, 20, 30], 2, 4, 2) == (40, pytest.approx(4 / 7))


def test_frozen_and_awake_by_hand():
    """The four pixels of the notebook."""
    x = np.array([1.0, 3.0, 5.0, 7.0]).reshape(2, 1, 1, 2)
    one, zero = np.ones(1), np.zeros(1)

    frozen, awake, moved = reference.frozen_and_awake(
        x, one, zero, 2 * one, 4 * one, momentum=0.5, eps=1e-12
    )

    assert frozen.ravel() == pytest.approx([-0.5, 0.5, 1.5, 2.5])
    assert awake.ravel() == pytest.approx(np.array([-3, -1, 1, 3]) / 5**0.5)
    assert moved == pytest.approx([3])


def test_a_frozen_layer_answers_each_image_by_itself():
    """Alone or in a batch, it is the same; awake it is not."""
    x = np.random.default_rng(0).normal(size=(3, 2, 4, 5))
    statistics = np.ones(2), np.zeros(2), np.full(2, 0.3), np.full(2, 2.0)

    together = reference.frozen_and_awake(x, *statistics)
    alone = reference.frozen_and_awake(x[:1], *statistics)

    assert together[0][:1] == pytest.approx(alone[0])
    assert together[1][:1] != pytest.approx(alone[1])


def test_passes_learned_by_hand():
    """The notebook's table."""
    assert reference.passes_learned(3, 5, every=2).tolist() == [1, 3, 5]


def test_cam_by_hand():
    """A head's weight of 2 over four pixels weighs a map by a half."""
    maps = np.array([[[4.0, 0.0], [8.0, -4.0]]])

    assert reference.cam_by_hand(maps, np.array([[2.0]]), 0).tolist() == [[2, 0], [4, 0]]


def share_without_head(stage_params, num_frozen, features, num_classes):
    learning = int(sum(stage_params[num_frozen:]))
    return learning, learning / sum(stage_params)


def passes_with_wrong_order(num_stages, epochs, *, every=1):
    return np.array([max(0, epochs - every * i) for i in range(num_stages)])


def cam_without_relu(maps, weight, target):
    return sum(weight[target, c] * maps[c] / maps[c].size for c in range(len(maps)))


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("learning_share", share_without_head, "the head is forgotten"),
        ("passes_learned", passes_with_wrong_order, "the order is turned round"),
        ("cam_by_hand", cam_without_relu, "what speaks against the class is kept"),
    ],
)
def test_a_mistake_as_students_write_it_is_named(name, function, mistake):
    """Not from the catalogue: code as it comes from somebody's hand."""
    verdict = judge(EXERCISES[name], function, seed="9")

    assert not verdict.passed
    assert verdict.first_named.mistake == mistake
