"""Assignment 11: the examples by hand, torchvision, chance, mistakes in students' own words."""

import itertools
import math

import numpy as np
import pytest
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as TF

from cnncourse import reference
from cnncourse.catalogue import EXERCISES
from cnncourse.catalogue.augment import random_flips
from cnncourse.catalogue.augment.chance import Scripted
from cnncourse.checker import judge

HOUSE = np.array([[0, 4, 0, 0], [0, 4, 0, 0], [0, 4, 0, 0.0]])


def one(*rows):
    """Make a batch of one image with one channel."""
    return np.array(rows, dtype=float)[None, None]


# The examples that the notebook works out by hand.


@pytest.mark.parametrize(
    ("degrees", "expected"),
    [
        (45, [[0, 0, 4, 0], [0, 4, 0, 0], [4, 0, 0, 0]]),
        (math.degrees(math.atan(0.5)), [[0, 2, 2, 0], [0, 4, 0, 0], [2, 2, 0, 0]]),
    ],
)
def test_shear_moves_rows_as_by_hand(degrees, expected):
    """By a pixel for each row, and by half a pixel."""
    out = reference.shear(one(*HOUSE), degrees=degrees)

    np.testing.assert_allclose(out[0, 0], expected, atol=1e-12)


@pytest.mark.parametrize(("factor", "expected"), [(2, [3, 5, 7, 6]), (0.5, [0, 2, 4, 0])])
def test_zoom_mixes_as_by_hand(factor, expected):
    """From near and from far."""
    np.testing.assert_allclose(reference.zoom(one([0, 4, 8, 0]), factor=factor), one(expected))


def test_a_quarter_of_a_turn_goes_to_the_left():
    """What was on the right comes to the top."""
    turned = reference.rotate(one([1, 2], [3, 4]), degrees=90)

    np.testing.assert_allclose(turned, one([2, 4], [1, 3]), atol=1e-12)


def test_random_crop_cuts_the_window_by_hand():
    """Row 1 and column 2 of the six places."""
    x = np.arange(1.0, 13.0).reshape(1, 1, 3, 4)

    out = reference.random_crop(x, 2, rng=Scripted([1], [2]))

    np.testing.assert_array_equal(out, one([7, 8], [11, 12]))


def test_cutout_cuts_the_square_off_as_by_hand():
    """Around row 0 only row 0 is left of two."""
    x = np.arange(1.0, 13.0).reshape(1, 1, 3, 4)

    out = reference.cutout(x, size=2, rng=Scripted(np.array([0]), np.array([3])))

    np.testing.assert_array_equal(out, one([1, 2, 0, 0], [5, 6, 7, 8], [9, 10, 11, 12]))


@pytest.mark.parametrize(
    ("pixel", "factors", "expected"),
    [
        ((0.5, 0.2, 0.8), (1.5, 1, 1), (0.75, 0.3, 1)),
        ((0.4, 0.6, 0.2), (1, 1, 0.5), (0.4473, 0.5473, 0.3473)),
        ((0.4, 0.6, 0.2), (1, 1, 0), (0.4946, 0.4946, 0.4946)),
    ],
)
def test_color_jitter_changes_the_pixel_by_hand(pixel, factors, expected):
    """Brightness is cut off at 1; saturation walks towards grey."""
    x = np.array(pixel).reshape(1, 3, 1, 1)

    out = reference.color_jitter(x, rng=Scripted(*(np.array([float(f)]) for f in factors)))

    np.testing.assert_allclose(out.ravel(), expected)


def test_mixup_blends_the_two_images_by_hand():
    """Three tenths of the one and seven of the other."""
    x = np.array([10.0, 20.0]).reshape(2, 1, 1, 1)

    out, mixed = reference.mixup(x, np.eye(2), alpha=1.0, rng=Scripted(0.3, np.array([1, 0])))

    np.testing.assert_allclose(out.ravel(), [17, 13])
    np.testing.assert_allclose(mixed, [[0.3, 0.7], [0.7, 0.3]])


def test_cutmix_counts_the_pixels_by_hand():
    """Three of 20 are left of a box of 2 x 3 that hangs over the top and the right."""
    x = np.stack([np.zeros((1, 4, 5)), np.ones((1, 4, 5))])
    draws = Scripted(0.6, np.array([1, 0]), 0, 3)

    out, mixed = reference.cutmix(x, np.eye(2), alpha=1.0, rng=draws)

    assert out[0, 0].nonzero()[0].tolist() == [0, 0, 0]
    assert out[0, 0].nonzero()[1].tolist() == [2, 3, 4]
    np.testing.assert_allclose(mixed[0], [0.85, 0.15])


# torchvision agrees.


@pytest.mark.parametrize("amount", [-70.0, 0.0, 25.0, 130.0])
def test_rotate_is_torchvisions_rotate_and_its_affine_turns_the_other_way(amount):
    """So the text says."""
    x = torch.tensor(np.random.default_rng(0).normal(size=(2, 3, 5, 8)))
    bilinear = {"interpolation": InterpolationMode.BILINEAR}
    out = reference.rotate(x.numpy(), degrees=amount)

    clockwise = TF.affine(x, -amount, [0, 0], 1, [0, 0], **bilinear)
    np.testing.assert_allclose(out, TF.rotate(x, amount, **bilinear), atol=1e-12)
    np.testing.assert_allclose(out, clockwise, atol=1e-12)


def test_shear_and_zoom_are_torchvisions_affine():
    """In sense and size."""
    x = torch.tensor(np.random.default_rng(0).normal(size=(2, 3, 5, 8)))
    bilinear = {"interpolation": InterpolationMode.BILINEAR}
    leaning = TF.affine(x, 0, [0, 0], 1, [20, 0], **bilinear)
    near = TF.affine(x, 0, [0, 0], 1.3, [0, 0], **bilinear)

    np.testing.assert_allclose(reference.shear(x.numpy(), degrees=20), leaning, atol=1e-12)
    np.testing.assert_allclose(reference.zoom(x.numpy(), factor=1.3), near, atol=1e-12)


def test_color_jitter_is_torchvisions_up_to_its_shorter_weight_of_red():
    """0.2989 there, 0.299 here."""
    rng = np.random.default_rng(0)
    x = rng.random((4, 3, 5, 7))
    factors = rng.uniform(0.3, 1.7, size=(3, 4))
    out = reference.color_jitter(x, rng=Scripted(*factors))

    for n, image in enumerate(torch.tensor(x)):
        image = TF.adjust_brightness(image, factors[0, n])
        image = TF.adjust_contrast(image, factors[1, n])
        image = TF.adjust_saturation(image, factors[2, n])
        np.testing.assert_allclose(out[n], image, atol=2e-4)


def test_random_crop_is_torchs_slice():
    """The window at (1, 2) is what torchvision's crop gives there."""
    x = np.random.default_rng(0).normal(size=(1, 3, 6, 7))

    out = reference.random_crop(x, (4, 3), rng=Scripted([1], [2]))

    np.testing.assert_array_equal(out, TF.crop(torch.tensor(x), 1, 2, 4, 3))


# Chance.


def binomial_tail(count, share, margin):
    """Sum the probabilities of all totals further from the expected one than a margin."""
    totals = np.arange(count + 1)
    logs = np.array([math.lgamma(k + 1) for k in range(count + 1)])
    logs = logs[-1] - logs - logs[::-1] + totals * math.log(share)
    logs += (count - totals) * math.log(1 - share)
    assert math.isclose(np.exp(logs).sum(), 1, rel_tol=1e-6)
    return np.exp(logs)[np.abs(totals - count * share) > margin].sum()


def test_a_right_random_hflip_is_called_wrong_less_than_once_in_ten_million_checks():
    """The exact tails of all counts that one check looks at, added up."""
    many = random_flips._MANY
    for p in np.linspace(0.15, 0.85, 15):
        risks = [
            binomial_tail(count, share, random_flips._margin(count))
            for batch in (np.zeros(many, bool), np.zeros(many, bool), np.zeros(many // 2, bool))
            for _, _, count, share in random_flips._statistics(batch, batch, p)
        ]

        assert len(risks) == 21
        assert 0 < sum(risks) < 1e-7


def test_no_image_is_counted_twice_in_a_statistic():
    """Or its draws would not be independent, and the tails above not the right ones."""
    flipped = np.arange(9) % 4 < 2
    sums = list(random_flips._statistics(flipped, ~flipped, 0.5))

    assert [count for _, _, count, _ in sums] == [9, 4, 4, 9, 4, 4, 9]
    assert [int(total) for _, total, _, _ in sums] == [5, 0, 4, 4, 0, 4, 9]


@pytest.mark.parametrize("seed", range(5))
def test_flips_that_alternate_are_told_from_chance(seed):
    """Every second image fits p = 1/2 exactly; only the order gives it away."""

    def random_hflip(x, *, p=0.5, rng):
        chosen = (np.arange(len(x)) * p + rng.random()) % 1 < p
        return np.where(chosen[:, None, None, None], x[..., ::-1], x)

    failure = judge(EXERCISES["random_hflip"], random_hflip, seed=str(seed)).first_failure

    assert failure.mistake in {
        "chance decides how many are flipped, but not which",
        "every batch gets the same flips",  # as the two offsets of p = 1/2 agree by chance
    }


@pytest.mark.parametrize("seed", range(5))
def test_a_fixed_number_of_flips_is_told_from_chance(seed):
    """In a large batch it looks like chance; in batches of two it cannot."""

    def random_hflip(x, *, p=0.5, rng):
        out, chosen = x.copy(), rng.choice(len(x), int(p * len(x)), replace=False)
        out[chosen] = x[chosen][..., ::-1]
        return out

    failure = judge(EXERCISES["random_hflip"], random_hflip, seed=str(seed)).first_failure

    assert failure.mistake == "the number of flips is fixed, and chance decides only which"


def test_flips_of_a_private_generator_are_told_apart():
    """They are as random as can be, but nobody can repeat them."""

    def random_hflip(x, *, p=0.5, rng):
        chosen = np.random.default_rng().random(len(x)) < p
        return np.where(chosen[:, None, None, None], x[..., ::-1], x)

    failure = judge(EXERCISES["random_hflip"], random_hflip, seed="practice").first_failure

    assert failure.mistake == "the dice are not those of `rng`"


# Properties.


def test_what_each_change_leaves_alone():
    """Two flips, a whole turn and a factor of 1 give the image back."""
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 8))

    np.testing.assert_array_equal(reference.hflip(reference.hflip(x)), x)
    for out in (
        reference.rotate(x, degrees=360),
        reference.shear(x, degrees=0),
        reference.zoom(x, factor=1),
    ):
        np.testing.assert_allclose(out, x, atol=1e-12)


def test_geometry_is_linear_in_the_image():
    """Which is why it can be tested one pixel at a time."""
    x, y = np.random.default_rng(0).normal(size=(2, 2, 3, 5, 8))
    for name, amount in itertools.product(("shear", "rotate"), (20, -50)):
        change = getattr(reference, name)
        both = change(2 * x - y, degrees=amount)

        np.testing.assert_allclose(
            both, 2 * change(x, degrees=amount) - change(y, degrees=amount), atol=1e-12
        )


@pytest.mark.parametrize("name", ["mixup", "cutmix"])
def test_mixed_labels_sum_to_one_and_agree_with_the_pixels(name):
    """On images that are their own label, painted all over."""
    rng = np.random.default_rng(0)
    labels = np.eye(6)
    x = np.broadcast_to(labels[:, :, None, None], (6, 6, 9, 7)).copy()
    for _ in range(30):
        out, mixed = getattr(reference, name)(x, labels, alpha=0.8, rng=rng)

        np.testing.assert_allclose(mixed.sum(axis=1), 1)
        np.testing.assert_allclose(out.mean(axis=(2, 3)), mixed, atol=1e-12)


# Mistakes as a student writes them.


def flip_on_the_wrong_axis(x):
    """Takes the next to last axis for the last."""
    return np.flip(x, axis=2)


def flip_each_on_its_head(x, *, p=0.5, rng):
    """Forgets that x[n] begins with the channels."""
    out = x.copy()
    for n in range(len(x)):
        if rng.random() < p:
            out[n] = x[n][::-1]
    return out


def crop_up_to_the_last_but_one(x, size, *, padding=0, rng):
    """Knows np.random.randint, whose end is left out as well, and forgets the + 1."""
    OH, OW = size if isinstance(size, tuple) else (size, size)
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    N, C, H, W = x.shape
    tops, lefts = rng.integers(0, H - OH, size=N), rng.integers(0, W - OW, size=N)
    out = np.zeros((N, C, OH, OW))
    for n in range(N):
        out[n] = x[n, :, tops[n] : tops[n] + OH, lefts[n] : lefts[n] + OW]
    return out


def shear_with_interp_alone(x, *, degrees):
    """Lets np.interp do what it does beyond the ends."""
    N, C, H, W = x.shape
    out = np.zeros(x.shape)
    for n, c, i in np.ndindex(N, C, H):
        places = np.arange(W) + np.tan(np.radians(degrees)) * (i - (H - 1) / 2)
        out[n, c, i] = np.interp(places, np.arange(W), x[n, c, i])
    return out


def zoom_about_half_the_size(x, *, factor):
    """Takes H / 2 for the centre."""

    def weights(size):
        places = size / 2 + (np.arange(size) - size / 2) / factor
        return np.maximum(0, 1 - np.abs(places[:, None] - np.arange(size)))

    return weights(x.shape[2]) @ x @ weights(x.shape[3]).T


def rotate_with(x, degrees, *, angle=np.radians, sign=1, whole=False):
    """Rotates almost rightly."""
    H, W = x.shape[2:]
    cos, sin = np.cos(angle(degrees)), sign * np.sin(angle(degrees))
    down, right = np.mgrid[:H, :W] - np.array([(H - 1) / 2, (W - 1) / 2])[:, None, None]
    rows, columns = (H - 1) / 2 + sin * right + cos * down, (W - 1) / 2 + cos * right - sin * down
    if whole:
        rows, columns = np.round(rows), np.round(columns)
    out = np.zeros(x.shape)
    for i, j in np.ndindex(H, W):
        weights = np.maximum(0, 1 - abs(rows - i)) * np.maximum(0, 1 - abs(columns - j))
        out += weights * x[:, :, i, j][..., None, None]
    return out


def cutout_without_max(x, *, size, rng):
    """Does not cut the beginning of a slice off at 0."""
    N, _, H, W = x.shape
    rows, columns = rng.integers(H, size=N), rng.integers(W, size=N)
    out = x.copy()
    for n in range(N):
        top, left = rows[n] - size // 2, columns[n] - size // 2
        out[n, :, top : top + size, left : left + size] = 0
    return out


def mixup_of_images_only(x, labels, *, alpha, rng):
    """Keeps the labels as they were."""
    share, partner = rng.beta(alpha, alpha), rng.permutation(len(x))
    return share * x + (1 - share) * x[partner], labels.copy()


def crop_without_padding(x, size, *, padding=0, rng):
    """Forgets to pad, and counts the places of the image as it is."""
    return reference.random_crop(x, size, rng=rng)


def jitter_about_the_batch(x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
    """Forgets the axes of a mean."""
    f = [
        rng.uniform(1 - a, 1 + a, size=(len(x), 1, 1, 1))
        for a in (brightness, contrast, saturation)
    ]
    weights = np.array([0.299, 0.587, 0.114])[:, None, None]
    out = np.clip(f[0] * x, 0, 1)
    mean = (weights * out).sum(axis=1).mean() if len(x) else 0
    out = np.clip(mean + f[1] * (out - mean), 0, 1)
    grey = (weights * out).sum(axis=1, keepdims=True)
    return np.clip(grey + f[2] * (out - grey), 0, 1)


def cutout_that_grows(x, *, size, rng):
    """Cuts the beginning off at 0, and counts the end from there."""
    N, _, H, W = x.shape
    rows, columns = rng.integers(H, size=N), rng.integers(W, size=N)
    out = x.copy()
    for n in range(N):
        top, left = max(rows[n] - size // 2, 0), max(columns[n] - size // 2, 0)
        out[n, :, top : top + size, left : left + size] = 0
    return out


def cutmix_with(x, labels, alpha, rng, *, recount=True, half=False):
    """Does cutmix almost rightly."""
    N, _, H, W = x.shape
    share, partner = rng.beta(alpha, alpha), rng.permutation(N)
    h, w = int(H * np.sqrt(1 - share)), int(W * np.sqrt(1 - share))
    row, column = rng.integers(H), rng.integers(W)
    end = (row + h // 2, column + w // 2) if half else (row - h // 2 + h, column - w // 2 + w)
    rows = slice(max(row - h // 2, 0), min(end[0], H))
    columns = slice(max(column - w // 2, 0), min(end[1], W))
    out = x.copy()
    out[:, :, rows, columns] = x[partner][:, :, rows, columns]
    if recount:
        share = 1 - (rows.stop - rows.start) * (columns.stop - columns.start) / (H * W)
    return out, share * labels + (1 - share) * labels[partner]


def jitter_about_the_plain_mean(x, *, brightness=0.0, contrast=0.0, saturation=0.0, rng):
    """Takes x.mean for the average grey, and rightly the grey of a pixel."""
    f = [
        rng.uniform(1 - a, 1 + a, size=(len(x), 1, 1, 1))
        for a in (brightness, contrast, saturation)
    ]
    out = np.clip(f[0] * x, 0, 1)
    mean = out.mean(axis=(1, 2, 3), keepdims=True) if len(x) else 0
    out = np.clip(mean + f[1] * (out - mean), 0, 1)
    grey = (np.array([0.299, 0.587, 0.114])[:, None, None] * out).sum(axis=1, keepdims=True)
    return np.clip(grey + f[2] * (out - grey), 0, 1)


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("hflip", flip_on_the_wrong_axis, "the rows are reversed instead of the columns"),
        ("random_hflip", flip_each_on_its_head, "channels are reversed instead of columns"),
        ("random_crop", crop_up_to_the_last_but_one, "the last place is never drawn"),
        ("random_crop", crop_without_padding, "the padding is ignored"),
        ("shear", shear_with_interp_alone, "the border of the image is repeated outside"),
        ("zoom", zoom_about_half_the_size, "the centre lies at (H / 2, W / 2)"),
        (
            "rotate",
            lambda x, *, degrees: rotate_with(x, degrees, sign=-1),
            "the images turn the other way",
        ),
        (
            "rotate",
            lambda x, *, degrees: rotate_with(x, degrees, angle=float),
            "the degrees are taken for radians",
        ),
        (
            "rotate",
            lambda x, *, degrees: rotate_with(x, degrees, whole=True),
            "the nearest pixel is taken instead of a mixture",
        ),
        (
            "color_jitter",
            jitter_about_the_plain_mean,
            "the contrast turns about the plain average of all three channels",
        ),
        ("cutout", cutout_without_max, "squares that hang over the top or the left are lost"),
        (
            "color_jitter",
            jitter_about_the_batch,
            "the contrast turns about the average grey of the whole batch",
        ),
        (
            "cutout",
            cutout_that_grows,
            "squares that hang over the top or the left are pushed into the image",
        ),
        ("mixup", mixup_of_images_only, "the labels are not blended"),
        (
            "cutmix",
            lambda x, labels, *, alpha, rng: cutmix_with(x, labels, alpha, rng, recount=False),
            "the share that was drawn goes into the labels",
        ),
        (
            "cutmix",
            lambda x, labels, *, alpha, rng: cutmix_with(x, labels, alpha, rng, half=True),
            "an odd side of the box loses a pixel",
        ),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask the reference wrong questions; students write loops."""
    verdict = judge(EXERCISES[name], function, seed="practice")

    assert not verdict.passed
    assert verdict.first_named.mistake == mistake
