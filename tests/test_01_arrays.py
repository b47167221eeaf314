"""Assignment 01: the examples of the notebook by hand, and mistakes in students' own words."""

import numpy as np
import pytest

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.checker import judge

reference.DEVICE  # noqa: B018, torch is imported here, outside any call's time limit


def test_to_chw_sorts_the_flag_by_hand():
    """Four pixels, three channels: red, green, blue, white."""
    flag = np.array([[[9, 0, 0], [0, 9, 0]], [[0, 0, 9], [9, 9, 9]]])

    red, green, blue = reference.to_chw(flag)

    assert red.tolist() == [[9, 0], [0, 9]]
    assert green.tolist() == [[0, 9], [0, 9]]
    assert blue.tolist() == [[0, 0], [9, 9]]


def test_to_nchw_gives_grey_images_a_channel():
    """Values stay where they are, the shape says more."""
    digits = np.arange(12.0).reshape(2, 2, 3)

    out = reference.to_nchw(digits)

    assert out.shape == (2, 1, 2, 3)
    np.testing.assert_array_equal(out[:, 0], digits)


def test_to_float_agrees_with_the_fractions_by_hand():
    """51 is a fifth of 255."""
    out = reference.to_float(np.array([[[0, 51, 102, 255]]], dtype=np.uint8))

    np.testing.assert_allclose(out, [[[0, 0.2, 0.4, 1]]], atol=1e-15)


def test_channel_statistics_agree_with_the_sums_by_hand():
    """2, 4, 4, 4, 5, 5, 7, 9 have the mean 5 and the squares of distances 32 in all."""
    x = np.array([2, 4, 4, 4, 5, 5, 7, 9.0]).reshape(2, 1, 2, 2)

    mean, std = reference.channel_statistics(x)

    assert mean.tolist() == [5]
    assert std.tolist() == [2]


def test_normalize_agrees_with_the_fractions_by_hand():
    """The values of the example above, now around 0."""
    x = np.array([2, 4, 5, 9.0]).reshape(1, 1, 2, 2)

    out = reference.normalize(x, [5], [2])

    assert out.tolist() == [[[[-1.5, -0.5], [0, 2]]]]


def test_normalizing_by_its_own_statistics_gives_mean_0_and_deviation_1():
    """Whatever the images are."""
    x = np.random.default_rng(0).normal(size=(3, 2, 5, 4)) * 7 + 3

    mean, std = reference.channel_statistics(
        reference.normalize(x, *reference.channel_statistics(x))
    )

    np.testing.assert_allclose(mean, 0, atol=1e-12)
    np.testing.assert_allclose(std, 1, atol=1e-12)


def test_one_hot_agrees_with_the_rows_by_hand():
    """A cat, a dog, a cat; no bird among them."""
    out = reference.one_hot([0, 1, 0], 3)

    assert out.tolist() == [[1, 0, 0], [0, 1, 0], [1, 0, 0]]


def divided_as_bytes(images):
    """Divides whole numbers by a whole number."""
    return (images // 255).astype(float)


def broadcast_blindly(x, mean, std):
    """Works only where W happens to equal C."""
    return (x - mean) / std


def counted_up(labels, num_classes):
    """Adds a column too early."""
    out = np.zeros((len(labels), num_classes), dtype=int)
    for n, label in enumerate(labels):
        out[n, label - 1] = 1
    return out


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("to_chw", lambda image: image.T, "rows and columns are exchanged"),
        (
            "to_chw",
            lambda image: image.reshape(image.shape[2], *image.shape[:2]),
            "the array is reshaped instead of its axes being moved",
        ),
        ("to_chw", lambda image: image.transpose(1, 2, 0), "the axes are moved the other way"),
        ("to_nchw", lambda images: images.T, "all axes are reversed"),
        (
            "to_nchw",
            lambda images: np.moveaxis(images, -1, 1),
            "the columns of grey images are taken for channels",
        ),
        ("to_float", divided_as_bytes, "the fractions are cut off or rounded"),
        (
            "to_float",
            lambda images: images / images.max(),
            "every value is divided by the largest",
        ),
        (
            "channel_statistics",
            lambda x: (x.mean(axis=(0, 2, 3)), x.std(axis=(0, 2, 3), ddof=1)),
            "the deviation is divided by one value less",
        ),
        (
            "normalize",
            lambda x, mean, std: x - mean[:, None, None] / std[:, None, None],
            "only the mean is divided by the deviation",
        ),
        (
            "one_hot",
            lambda labels, num_classes: np.eye(labels.max() + 1, dtype=int)[labels],
            "there are only as many columns as the largest label asks for",
        ),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write NumPy."""
    verdict = judge(EXERCISES[name], function, seed="practice")

    assert verdict.first_named.mistake.startswith(mistake)


def test_values_laid_along_the_wrong_axis_are_named_where_the_shape_allows_it():
    """Elsewhere NumPy itself complains."""
    verdict = judge(EXERCISES["normalize"], broadcast_blindly, seed="practice")

    assert any("could not be broadcast" in result.detail for result in verdict.results)
    assert verdict.first_named.mistake == "the values of the channels are laid along the width"


@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_a_label_counted_from_one_is_named_though_bytes_overflow():
    """Label 0 then lands in the last column, since NumPy counts -1 from the end."""
    verdict = judge(EXERCISES["one_hot"], counted_up, seed="practice")

    assert verdict.score == 0
    assert verdict.first_named.mistake.startswith("classes are counted from 1, and label 0")
