"""Capstone C3's questions: the examples by hand, the paper's rules, mistakes in own words."""

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue.capstones import zfnet_questions, zfnet_ways_back
from cnncourse.checker import judge


@pytest.mark.parametrize(
    ("frequency", "stride", "seen"), [(0.375, 2, 0.25), (0.375, 1, 0.375), (0.25, 4, 0.0)]
)
def test_waves_are_seen_as_by_hand(frequency, stride, seen):
    """Folded back, left as it is, standing still."""
    assert reference.alias_frequency(frequency, stride) == seen


def test_a_filter_is_held_to_the_radius_as_by_hand():
    """3, 0, 0, 4 has a root mean square of 2.5."""
    w = np.array([3.0, 0.0, 0.0, 4.0]).reshape(1, 1, 2, 2)

    out = reference.renormalize_filters(w, radius=0.5)

    assert out.ravel() == pytest.approx([0.6, 0, 0, 0.8])


@pytest.mark.parametrize(
    ("rule", "out"),
    [("gradient", [1, 0, -5, 0]), ("deconvnet", [1, 2, 0, 0]), ("guided", [1, 0, 0, 0])],
)
def test_three_rules_send_back_as_by_hand(rule, out):
    """Every pair of signs once."""
    x, signal = np.array([2.0, -1, 3, -4]), np.array([1.0, 2, -5, -3])

    assert reference.rectify_back(x, signal, rule=rule).tolist() == out


def test_values_draw_their_filters_as_by_hand():
    """Overlapping at stride 1, side by side at stride 2."""
    signal, w = np.array([[1.0, 2.0]]), np.array([[[1.0, 5.0]]])

    assert reference.project_back(signal, w).tolist() == [[1, 7, 10]]
    assert reference.project_back(signal, w, stride=2).tolist() == [[1, 5, 2, 10]]


def test_the_rules_are_those_of_the_package_s_own_deconvolution():
    """One convolution and a ReLU behind it: what the questions ask for, step by step."""
    torch = pytest.importorskip("torch")
    from cnncourse.inside import deconvolve

    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(4, 2, 3)), rng.normal(size=(2, 4, 2))
    x = rng.normal(size=(2, 9))
    layers = torch.nn.Sequential(
        torch.nn.Conv2d(2, 4, (1, 3), bias=False),
        torch.nn.ReLU(),
        torch.nn.Conv2d(4, 2, (1, 2), bias=False),
    ).double()
    layers[0].weight.data[:] = torch.tensor(first)[:, :, None]
    layers[2].weight.data[:] = torch.tensor(second)[:, :, None]
    image = torch.tensor(x)[None, :, None]
    maps = layers[0](image).detach().numpy()[0, :, 0]
    top = layers(image).detach().numpy()[0, :, 0]
    one = np.zeros_like(top)
    one[1, top[1].argmax()] = max(top[1].max(), 0)

    signal = reference.rectify_back(maps, reference.project_back(one, second), rule="deconvnet")
    ours = reference.project_back(signal, first)

    assert one.any()
    view = deconvolve(layers, image, "2", channel=1)[0, :, 0].numpy()
    assert view == pytest.approx(ours, abs=1e-12)


def modulo_only(frequency, stride):
    """Takes whole periods away."""
    return (frequency * stride) % 1


def clip_weights(w, *, radius=0.1):
    """Cuts what sticks out."""
    return np.minimum(np.maximum(w, -radius), radius)


def mask_of_x(x, signal, *, rule):
    """Knows backpropagation."""
    return np.where(x > 0, signal, 0)


def assigned(signal, w, *, stride=1):
    """One equals sign too few."""
    F, OL = signal.shape
    _, C, K = w.shape
    out = np.zeros((C, (OL - 1) * stride + K))
    for f in range(F):
        for i in range(OL):
            out[:, i * stride : i * stride + K] = signal[f, i] * w[f]
    return out


@pytest.mark.parametrize(
    ("exercise", "function", "mistake"),
    [
        (zfnet_questions.alias_frequency, modulo_only, "whole periods are taken away"),
        (zfnet_questions.renormalize_filters, clip_weights, "weights are cut off"),
        (zfnet_ways_back.rectify_back, mask_of_x, "all rules are the gradient's"),
        (zfnet_ways_back.project_back, assigned, "where filters overlap, the last one wins"),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(exercise, function, mistake):
    """Students write formulas, the catalogue asks wrong questions: both look alike."""
    named = judge(exercise, function, seed="practice").first_named

    assert named is not None
    assert named.mistake.startswith(mistake)
