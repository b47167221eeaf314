"""The catalogue: 25 records, complete and cheap; the drawn set; what spoils which labels."""

import dataclasses
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
import torchvision

from cnncourse.data import DATASETS, catalogue, load, record, shapes32
from cnncourse.data.augment import RandomAffine
from cnncourse.data.augmentation import DEFAULTS, chain, named
from cnncourse.data.labels import LabelWarning, remarks, warn

BEGINNER = ["mnist", "fashion-mnist", "kmnist", "emnist", "sign-mnist"]
INTERMEDIATE = [
    "cifar10", "cifar100", "svhn", "gtsrb", "fer2013", "stl10", "dogs-vs-cats", "flowers",
    "intel", "asl",
]  # fmt: skip
ADVANCED = [
    "imagenet", "coco", "open-images", "places365", "kinetics700", "cityscapes", "ade20k", "voc",
    "lsun", "youtube8m",
]  # fmt: skip


def test_catalogue_holds_the_25_datasets_of_the_course():
    """Each level in the course's order."""
    assert list(catalogue()) == BEGINNER + INTERMEDIATE + ADVANCED
    for level, names in zip(
        ("beginner", "intermediate", "advanced"), (BEGINNER, INTERMEDIATE, ADVANCED), strict=True
    ):
        assert list(catalogue().level(level)) == names


@pytest.mark.parametrize("name", BEGINNER + INTERMEDIATE + ADVANCED)
def test_a_record_is_complete_and_frozen(name):
    """Nothing a table needs is empty, numbers are numbers, and nobody changes them."""
    entry = record(name)

    assert all([entry.title, entry.task, entry.licence, entry.citation, entry.sources])
    assert entry.home.startswith("http")
    assert entry.num_classes >= 2
    assert entry.images
    assert all(number > 0 for _, number in entry.images)
    assert entry.channels in (1, 3)
    with pytest.raises(dataclasses.FrozenInstanceError):
        entry.licence = "free"


@pytest.mark.parametrize("name", [*BEGINNER, *INTERMEDIATE, *ADVANCED])
def test_a_record_names_a_class_that_torchvision_has(name):
    """And the loader that this package has, for all but the advanced ones."""
    entry = record(name)

    assert entry.torchvision is None or hasattr(torchvision.datasets, entry.torchvision)
    assert (entry.loader is None) == (name in ADVANCED)
    assert DATASETS.get(name) == entry.loader


def test_figures_that_many_pages_get_wrong():
    """GTSRB as torchvision fetches it, FER-2013's two small parts as one, EMNIST's letters."""
    assert record("gtsrb").images == (("train", 26_640), ("test", 12_630))
    assert sum(number for _, number in record("fer2013").images) == 35_887
    assert sum(number for _, number in record("emnist").images) == 145_600
    assert record("svhn").num_images("extra") == 531_131
    assert record("sign-mnist").num_classes == 24


@pytest.mark.parametrize("name", ["digits", "shapes32"])
def test_records_of_the_built_in_sets_agree_with_what_is_loaded(name):
    """Numbers, size, channels and classes."""
    entry, part = record(name), load(name, "test", as_bytes=True)

    assert len(part) == entry.num_images("test")
    assert part.images.shape[1:] == (entry.channels, *entry.size)
    assert len(part.classes) == entry.num_classes
    assert record("shapes32").images == tuple(shapes32.NUM_IMAGES.items())


def test_table_is_markdown_with_a_line_a_dataset():
    """As many cells in each line, no bar inside one; what is about says so."""
    lines = catalogue().table().splitlines()

    assert len(lines) == 27
    assert {line.count("|") for line in lines} == {10}
    assert lines[2].startswith("| [MNIST](http")
    assert any("about 6,100,000 all videos" in line for line in lines)
    assert any("application, then torchvision `ImageNet`" in line for line in lines)
    assert catalogue().level("built in").table() == ""


def test_catalogue_is_read_without_torch():
    """The book's chapter is built from it, and so is help in a terminal."""
    code = (
        "import sys; from cnncourse.data import catalogue; catalogue().table();"
        "sys.exit(bool({'torch', 'torchvision', 'PIL', 'pooch'} & set(sys.modules)))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_slips_in_the_catalogue_are_answered():
    """A name, a part, a level, and a record that is none."""
    with pytest.raises(ValueError, match="'cifar': did you mean 'cifar1"):
        record("cifar")
    with pytest.raises(KeyError, match="did you mean 'flowers'"):
        catalogue()["flower"]
    with pytest.raises(ValueError, match="coco has no part 'trian', it has train, val, test"):
        record("coco").num_images("trian")
    with pytest.raises(ValueError, match="level is 'easy', it must be one of built in, begin"):
        catalogue().level("easy")
    with pytest.raises(ValueError, match="obtained of 'mnist' is 'post', it must be one of"):
        dataclasses.replace(record("mnist"), obtained="post")


def test_every_spoiling_augmentation_has_a_name():
    """A record warns of nothing that cannot be asked for."""
    for entry in [*catalogue().values(), record("digits")]:
        assert {change.augmentation for change in entry.label_changes} <= set(DEFAULTS)


def test_a_six_turned_by_half_is_a_nine():
    """What is said depends on the set and on how far it goes."""
    assert "6 turned by half is a 9" in remarks("mnist", named("rotation", degrees=180))[0]
    assert remarks("mnist", named("rotation", degrees=15)) == []
    assert remarks("cifar10", named("hflip")) == []
    assert remarks("mnist", named("hflip", p=0)) == []
    assert len(remarks("emnist", chain("hflip", "crop", "vflip"))) == 2
    assert "turn left" in remarks("gtsrb", chain(named("crop"), named("hflip")))[0]
    assert remarks("own pictures", named("hflip")) == []
    assert remarks("mnist", None) == []


def test_the_older_affine_is_judged_too():
    """It turns by degrees like the rotation of that name."""
    assert remarks("mnist", RandomAffine()) == []
    assert "rotation by up to 90" in remarks("svhn", RandomAffine(degrees=90))[0]
    moved = remarks("voc", RandomAffine(degrees=0, scale=0, shear=0, shift=2))
    assert len(moved) == 1
    assert "boxes or masks have to move along" in moved[0]


def test_warning_has_a_kind_of_its_own():
    """So that a course can silence it, or make it an error."""
    with pytest.warns(LabelWarning, match="hflip spoils labels of MNIST: a mirrored 2"):
        warn("mnist", named("hflip"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warn("shapes32", chain("hflip", "vflip", named("rotation", degrees=180)))


@pytest.fixture(scope="module")
def drawn():
    return shapes32.draw(3000)


def test_shapes_are_drawn_the_same_for_the_same_seed(drawn):
    """Fewer are the first of more; another seed or part is another set."""
    images, labels = drawn
    fewer, their_labels = shapes32.draw(30)

    assert images.dtype == np.uint8
    assert np.array_equal(images[:30], fewer)
    assert np.array_equal(labels[:30], their_labels)
    assert not np.array_equal(fewer, shapes32.draw(30, seed=1)[0])
    assert not np.array_equal(fewer, shapes32.draw(30, split="test")[0])


def test_shapes_classes_are_equally_many_in_every_ten(drawn):
    """The order within ten is drawn, so that labels do not repeat."""
    labels = drawn[1][:1000].reshape(-1, 10)

    assert (np.sort(labels, axis=1) == np.arange(10)).all()
    assert len({tuple(row) for row in labels}) > 90


def test_colour_gives_no_class_away(drawn):
    """A reader of mean and spread of each colour does hardly better than one guess in ten."""
    from sklearn.linear_model import LogisticRegression

    images, labels = drawn
    pixels = images.reshape(len(images), 3, -1) / 255
    features = np.concatenate([pixels.mean(2), pixels.std(2)], axis=1)
    reader = LogisticRegression(max_iter=500).fit(features[:2000], labels[:2000])

    # 1,000 guesses of chance 0.1 are above 0.14 once in 40,000 sets.
    assert reader.score(features[2000:], labels[2000:]) < 0.14


def test_shapes_cover_the_same_area():
    """Drawn alone at one size, no shape is betrayed by how much it covers."""
    y, x = (grid.astype(float) for grid in np.mgrid[-40:41, -40:41])
    areas = [
        np.clip(0.5 - shapes32._distance(name, y, x, 12 * shapes32._REACH[name]), 0, 1).sum()
        for name in shapes32.SHAPES
    ]

    assert np.allclose(areas, np.pi * 12**2, rtol=0.02)


def test_edges_of_shapes_are_smooth():
    """Between inside and outside lie pixels that are covered in part."""
    y, x = (grid.astype(float) for grid in np.mgrid[-20:21, -20:21])
    for name in shapes32.SHAPES:
        cover = np.clip(0.5 - shapes32._distance(name, y + 0.3, x + 0.2, 11.0), 0, 1)
        assert ((cover > 0) & (cover < 1)).sum() > 15, name


def test_slips_in_drawing_are_answered():
    """No image, or a part that there is not."""
    with pytest.raises(ValueError, match="num_images is 0, it must be at least 1"):
        shapes32.draw(0)
    with pytest.raises(ValueError, match="split is 'extra'"):
        shapes32.draw(5, split="extra")


def test_shapes_are_loaded_as_floats_of_what_is_drawn():
    """Bytes over 255, in the order they are drawn, with their labels and names."""
    part = load("shapes32", "test")
    images, labels = shapes32.draw(10, split="test")

    assert part.images.dtype == torch.float32
    assert torch.equal(part.images[:10], torch.from_numpy(images) / 255)
    assert part.labels[:10].tolist() == labels.tolist()
    assert part.classes[7] == "chequered square"
