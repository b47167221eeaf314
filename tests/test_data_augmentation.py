"""Augmentations by name, the batches they are applied to, and the gallery that draws them."""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from torchvision.transforms import v2

from cnncourse.data import ImageSet, load
from cnncourse.data.augment import RandomAffine
from cnncourse.data.augmentation import DEFAULTS, chain, named
from cnncourse.data.batches import Batches
from cnncourse.data.gallery import gallery
from cnncourse.data.labels import LabelWarning

ALONE = [name for name in DEFAULTS if name not in ("mixup", "cutmix")]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(N=5, C=3, H=9, W=11):
    return torch.rand(N, C, H, W, generator=seeded(4))


@pytest.mark.parametrize("name", ALONE)
def test_augmentation_keeps_shape_and_input_and_draws_from_its_generator_alone(name):
    """One seed, one result; what came in and the global stream are as they were."""
    images, before, chance = batch(), batch(), torch.get_rng_state()

    one, again = (named(name)(images, seeded(3)) for _ in range(2))

    assert one.shape == images.shape
    assert one.dtype == torch.float32
    assert torch.equal(one, again)
    assert torch.equal(images, before)
    assert torch.equal(torch.get_rng_state(), chance)


@pytest.mark.parametrize("name", [name for name in ALONE if name != "rescale"])
def test_each_image_is_drawn_for_by_itself(name):
    """Copies of one picture do not all come out alike, nor do two passes."""
    images = batch(1).repeat(24, 1, 1, 1)
    generator = seeded(1)

    first, second = named(name)(images, generator), named(name)(images, generator)

    assert len({tuple(image.flatten().tolist()) for image in first}) > 1
    assert not torch.equal(first, second)


@pytest.mark.parametrize("name", [name for name in ALONE if name != "rescale"])
def test_bytes_stay_bytes(name):
    """Pictures can be augmented before they are made floats."""
    images = (batch() * 255).to(torch.uint8)

    assert named(name)(images, seeded()).dtype == torch.uint8


def test_rescale_brings_bytes_to_the_unit_range():
    """It is no chance: 0, 51 and 255 become 0, 0.2 and 1."""
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(1, 1, 1, 3)

    out = named("rescale")(images, seeded())

    torch.testing.assert_close(out.flatten(), torch.tensor([0, 0.2, 1]))


@pytest.mark.parametrize(("name", "axis"), [("hflip", 3), ("vflip", 2)])
def test_flips_reverse_one_axis_of_about_half_the_images(name, axis):
    """Each picture is as it was or its mirror; p = 1 mirrors all, p = 0 none."""
    images = batch(400)
    mirrored = images.flip(axis)

    out = named(name)(images, seeded())

    flipped = (out == mirrored).flatten(1).all(1)
    assert (flipped | (out == images).flatten(1).all(1)).all()
    assert 150 < flipped.sum() < 250  # 5 standard deviations around 200
    assert torch.equal(named(name, p=1)(images, seeded()), mirrored)
    assert torch.equal(named(name, p=0)(images, seeded()), images)


def test_crop_is_a_window_of_the_padded_picture_at_every_place():
    """As v2's pad and crop cut it; all 25 places of padding 2 come up."""
    images = batch(1, H=6, W=7).repeat(600, 1, 1, 1)
    padded = v2.functional.pad(images[0], [2])
    windows = [
        v2.functional.crop(padded, top, left, 6, 7) for top in range(5) for left in range(5)
    ]

    out = named("crop", padding=2)(images, seeded())

    found = torch.stack([(out == window).flatten(1).all(1) for window in windows])
    assert (found.sum(0) == 1).all()
    assert found.any(1).all()


def test_shear_is_measured_in_degrees():
    """A column slanted by 45 degrees at most moves as many pixels as it is high."""
    images = torch.zeros(200, 1, 21, 41)
    images[:, :, 0, 20] = 1

    out = named("shear", degrees=45)(images, seeded())
    moved = (out.sum((1, 2)) * torch.arange(41)).sum(1) / out.sum((1, 2, 3)) - 20

    assert 9 < moved.abs().max() <= 10.01


def test_erasing_changes_no_more_than_it_may():
    """Of 100 pixels at most 25, and only in the pictures that chance picks."""
    images = torch.ones(300, 1, 10, 10)

    out = named("erasing", p=0.5, largest=0.25)(images, seeded())
    lost = (out != 1).sum((1, 2, 3))

    assert 100 < (lost > 0).sum() < 200
    assert 10 < lost.max() <= 30  # sides are rounded to whole pixels


def test_colour_of_nothing_changes_nothing():
    """Each amount can be switched off, and only brightness then scales all alike."""
    images = batch() / 2

    calm = named("colour", brightness=0, contrast=0, saturation=0)(images, seeded())
    bright = named("colour", brightness=0.5, contrast=0, saturation=0)(images, seeded())
    factors = (bright / images).flatten(1)

    assert torch.equal(calm, images)
    torch.testing.assert_close(factors, factors[:, :1].expand_as(factors))


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_mixing_mixes_labels_by_the_share_of_the_pixels(name):
    """Pictures of all 0 and all 1: the mean of a picture is its share of the second class."""
    images = torch.tensor([0.0, 1.0]).view(2, 1, 1, 1).expand(2, 1, 12, 14).contiguous()
    mix = named(name, num_classes=2)

    for seed in range(5):
        out, shares = mix(images, seeded(seed), torch.tensor([0, 1]))
        torch.testing.assert_close(out.mean((1, 2, 3)), shares[:, 1])
        torch.testing.assert_close(shares.sum(1), torch.ones(2))


def test_mixing_takes_rows_of_shares_too():
    """Labels that are smoothed already need no number of classes."""
    _, shares = named("mixup")(batch(3), seeded(), torch.eye(3))

    assert shares.shape == (3, 3)


def test_mixing_without_what_it_needs_is_explained():
    """Labels, and how many classes there are."""
    with pytest.raises(ValueError, match="mixup mixes labels as it mixes images: call it with"):
        named("mixup")(batch(), seeded())
    with pytest.raises(ValueError, match=r'named\("cutmix", num_classes=\.\.\.\)'):
        named("cutmix")(batch(2), seeded(), torch.tensor([0, 1]))


def test_chain_applies_its_parts_in_order():
    """As if each were called on what the one before it made, with the same stream."""
    images, generator = batch(), seeded(7)
    affine = RandomAffine()
    expected = affine(named("crop", padding=2)(images, generator), generator)

    out = chain(named("crop", padding=2), affine)(images, seeded(7))

    assert torch.equal(out, expected)


def test_chain_with_mixing_hands_labels_on():
    """What comes before leaves labels alone."""
    both = chain("hflip", named("cutmix", num_classes=4))
    images, shares = both(batch(4), seeded(), torch.arange(4))

    assert both.mixes_labels
    assert images.shape == (4, 3, 9, 11)
    assert shares.shape == (4, 4)


def test_a_checkpoint_knows_an_augmentation_by_its_repr():
    """All parameters are in it, and no address."""
    text = repr(chain("hflip", named("erasing", p=0.1)))

    assert text == "chain(hflip(p=0.5), erasing(p=0.1, largest=0.25))"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: named("hflp"), "no augmentation is called 'hflp': did you mean 'hflip'"),
        (lambda: named("crop", pading=2), "crop: no parameter is called 'pading': did you mean"),
        (lambda: named("rescale", p=1), "rescale: no parameter is called 'p': there are none"),
        (lambda: named("hflip", p=1.5), "p of hflip is 1.5, it must be from 0 to 1"),
        (lambda: named("shear", degrees=90), "degrees of shear is 90, it must be from 0 to below"),
        (lambda: named("mixup", alpha=0), "alpha of mixup is 0, it must be above 0"),
        (lambda: named("mixup", num_classes=1), "num_classes of mixup is 1, it must be a number"),
        (lambda: named("colour", hue=0.7), "hue of colour is 0.7, it must be from 0 to 0.5"),
        (lambda: named("crop", padding=-1), "padding of crop is -1, it must be at least 0"),
        (lambda: named("hflip")(batch()[0], seeded()), r"shape \(3, 9, 11\), not \(N, C, H, W\)"),
    ],
)
def test_slips_are_answered(call, message):
    """A wrong name, parameter, number or shape."""
    with pytest.raises(ValueError, match=message):
        call()


def numbered(N=23):
    """Bytes whose value is the number of the picture, so that one can tell which came."""
    images = torch.arange(N, dtype=torch.uint8).view(N, 1, 1, 1).repeat(1, 2, 3, 5)
    return ImageSet("own", "train", images, torch.arange(N), tuple(map(str, range(N))))


def test_batches_bring_every_image_once_with_its_label():
    """Bytes become floats in [0, 1]; the last batch is short; the next epoch is in new order."""
    batches = Batches(numbered(), batch_size=5, seed=1)

    epochs = [list(batches) for _ in range(2)]

    assert [len(labels) for _, labels in epochs[0]] == [5, 5, 5, 5, 3]
    assert len(batches) == 5
    for images, labels in epochs[0]:
        assert images.dtype == torch.float32
        torch.testing.assert_close(images[:, 1, 2, 4] * 255, labels.float())
    orders = [torch.cat([labels for _, labels in epoch]).tolist() for epoch in epochs]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(23))
    assert orders[0] != orders[1]


def test_batches_repeat_for_one_seed_and_go_on_from_a_saved_state():
    """Order and augmentation come from one stream, whose state is all there is to save."""
    augment = chain("hflip", named("crop", padding=1))
    first, again = (Batches(numbered(), batch_size=9, augment=augment, seed=5) for _ in range(2))
    list(first)
    list(again)
    third = Batches(numbered(), batch_size=9, augment=augment, seed=99)
    third.generator.set_state(first.generator.get_state())

    second = [list(batches) for batches in (first, again, third)]

    for one, other, resumed in zip(*second, strict=True):
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[0], resumed[0])


def test_batches_without_shuffling_keep_the_order():
    """As testing wants it."""
    batches = Batches(numbered(), batch_size=10, shuffle=False)

    assert torch.cat([labels for _, labels in batches]).tolist() == list(range(23))


def test_batches_hand_labels_to_what_mixes_them():
    """Shares come out, a row an image."""
    batches = Batches(numbered(), batch_size=23, augment=named("mixup", num_classes=23))

    (_, shares) = next(iter(batches))

    assert shares.shape == (23, 23)
    torch.testing.assert_close(shares.sum(1), torch.ones(23))


def test_batches_warn_of_what_spoils_labels():
    """Once, when they are made, and only for sets that it harms."""
    digits = load("digits", "test", as_bytes=True)

    with pytest.warns(LabelWarning, match="hflip spoils labels of Scikit-learn's digits"):
        Batches(digits, augment=named("hflip"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Batches(digits, augment=named("crop", padding=1))
        Batches(numbered(), augment=named("hflip"))


def test_batches_of_nothing_are_refused():
    """Both numbers are in the message."""
    with pytest.raises(ValueError, match="batches of 0 from 23 images: both must be at least 1"):
        Batches(numbered(), batch_size=0)


def test_gallery_draws_a_row_for_each_with_the_picture_itself_first():
    """All augmentations by default; mixing takes its partner from the others."""
    images = (batch(3) * 255).to(torch.uint8)

    axes = gallery(images, columns=4)

    names = [name for name in DEFAULTS if name != "rescale"]
    assert axes.shape == (len(names), 4)
    assert [row[0].get_title() for row in axes] == names
    for row in axes:
        drawn = row[0].images[0].get_array().data
        assert np.allclose(drawn, images[0].permute(1, 2, 0) / 255)
    plt.close("all")


def test_gallery_of_chosen_ones_takes_grey_pictures():
    """One channel is drawn in grey, between 0 and 1."""
    axes = gallery(batch(1, C=1), "vflip", RandomAffine(), columns=3, seed=2)

    assert axes.shape == (2, 3)
    assert axes[1, 0].get_title() == "RandomAffine"
    assert axes[0, 1].images[0].get_clim() == (0, 1)
    plt.close("all")


def test_gallery_without_a_partner_is_refused():
    """Mixing needs two pictures, drawing at least one."""
    with pytest.raises(ValueError, match=r"mixup\(.*\) needs a second picture to mix with"):
        gallery(batch(1), "mixup")
    with pytest.raises(ValueError, match=r"images of shape \(0, 3, 9, 11\) in 6 columns"):
        gallery(batch(0), "hflip")
