"""Time the course's training against the usual loop: same network, batches and augmentation."""

import statistics
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from rich.table import Table
from torch import nn

from cnncourse.bench import machine, usual_training
from cnncourse.data import ImageSet
from cnncourse.data.augmentation import chain, named
from cnncourse.models import create
from cnncourse.training import train

# The usual loop with its images made by the process itself, or by helpers; the faster counts.
WORKERS = (0, 2)


@dataclass(frozen=True)
class Case:
    """What is trained.

    Parameters
    ----------
    build : callable
        Makes the network, with ten classes.
    channels, side : int
        Of the images.
    num_images : int
        Images in a reading.
    is_augmented : bool
        Whether images are shifted by up to 4 pixels and mirrored, as is usual on CIFAR-10.
    """

    build: Callable[[], nn.Module]
    channels: int
    side: int
    num_images: int
    is_augmented: bool


def _small(name):
    return partial(create, name, 10, image_size=32)


CASES = {
    "lenet5": Case(partial(create, "lenet5"), 1, 28, 12_800, False),
    "resnet20": Case(partial(create, "resnet20", 10), 3, 32, 1_280, True),
    "vgg11_bn": Case(_small("vgg11_bn"), 3, 32, 640, True),
    "mobilenet_v2": Case(_small("mobilenet_v2"), 3, 32, 384, True),
}
BATCH_SIZE = 128
STEP = {"lr": 0.01, "momentum": 0.9, "nesterov": True, "weight_decay": 5e-4}


def measure(names, *, repeats, threads, progress=lambda text: None, scale=1.0):
    """Train on drawn images of the true shapes, ours and the usual way in turn.

    Parameters
    ----------
    names : list of str
        Cases to measure.
    repeats : int
        Rounds; in each, every way is read once. One more before them does not count.
    threads : int
        For PyTorch, in every way.
    progress : callable
        Told what is under way.
    scale : float
        Share of the images to train on, for a quick look.

    Returns
    -------
    result : dict
        JSON serialisable.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        measured = [_measure(n, CASES[n], repeats, scale, progress) for n in names]
    finally:
        torch.set_num_threads(before)
    return {
        "machine": machine.describe(),
        "load": machine.load(),
        "threads": threads,
        "batch_size": BATCH_SIZE,
        "repeats": repeats,
        "networks": measured,
    }


def _measure(name, case, repeats, scale, progress):
    count = max(2, round(scale * case.num_images / BATCH_SIZE)) * BATCH_SIZE
    images, labels = draw(case, count)
    readings = {"ours": [], **{f"usual, {w} workers": [] for w in WORKERS}}
    with tempfile.TemporaryDirectory(prefix="bench-training-") as folder:
        dataset = usual_training.dataset(images, labels, Path(folder), case.is_augmented)
        ways = {"ours": partial(_ours, case, images, labels)}
        for workers in WORKERS:
            ways[f"usual, {workers} workers"] = partial(
                usual_training.train,
                case.build,
                dataset,
                batch_size=BATCH_SIZE,
                workers=workers,
                step=STEP,
            )
        for number in range(repeats + 1):
            for way, read in ways.items():
                progress(f"{name}, round {number} of {repeats}: {way}")
                torch.manual_seed(number)
                reading = read()
                if number:
                    readings[way].append(reading)
    return {
        "network": name,
        "image": [case.channels, case.side, case.side],
        "images": count,
        "augmented": case.is_augmented,
        "ways": {way: _summary(rows) for way, rows in readings.items()},
    } | _compare(readings)


def draw(case, count):
    """Draw images and labels: speed does not depend on what is in a picture.

    Parameters
    ----------
    case : Case
        Says what shape they have.
    count : int
        How many.

    Returns
    -------
    images : (N, C, H, W) tensor of uint8
    labels : (N,) tensor of int64
    """
    chance = torch.Generator().manual_seed(0)
    shape = (count, case.channels, case.side, case.side)
    images = torch.randint(0, 256, shape, dtype=torch.uint8, generator=chance)
    return images, torch.randint(0, 10, (count,), generator=chance)


def _ours(case, images, labels):
    """Train for one pass; the test is of one image, since the usual loop here has none."""
    classes = tuple("0123456789")
    augment = chain(named("crop", padding=4), "hflip") if case.is_augmented else None
    history = train(
        case.build(),
        ImageSet("drawn", "train", images, labels, classes),
        ImageSet("drawn", "test", images[:1], labels[:1], classes),
        epochs=1,
        batch_size=BATCH_SIZE,
        learning_rate=STEP["lr"],
        momentum=STEP["momentum"],
        weight_decay=STEP["weight_decay"],
        augment=augment,
        device="cpu",
        progress=False,
    )
    epoch = history.epochs[0]
    return epoch.seconds / len(labels), epoch.processor_seconds / len(labels)


def _summary(rows):
    seconds, processor = (statistics.median(column) for column in zip(*rows, strict=True))
    return {
        "images_per_second": 1 / seconds,
        "processor_seconds_per_image": processor,
        "readings": [[round(value, 9) for value in row] for row in rows],
    }


def _compare(readings):
    """Divide by the faster of the usual ways, by the clock and by the processors' time."""
    ratios = {}
    for index, name in enumerate(("times_as_fast", "times_less_processor")):
        medians = {
            w: statistics.median(row[index] for row in rows) for w, rows in readings.items()
        }
        ours = medians.pop("ours")
        ratios[name] = min(medians.values()) / ours
    return ratios


def tables(result):
    """Lay out what `measure` found.

    Parameters
    ----------
    result : dict
        What `measure` returned.

    Returns
    -------
    tables : list of rich.table.Table
    """
    ways = list(result["networks"][0]["ways"])
    table = Table(title="Training, images per second (median)", title_justify="left")
    for column in ("network", "image", *ways, "times as fast", "times less processor time"):
        table.add_column(column, justify="right" if column != "network" else "left")
    for one in result["networks"]:
        rates = [f"{one['ways'][way]['images_per_second']:,.0f}" for way in ways]
        ratios = [f"{one[name]:.2f}" for name in ("times_as_fast", "times_less_processor")]
        table.add_row(one["network"], " x ".join(map(str, one["image"])), *rates, *ratios)
    table.caption = (
        f"{result['machine']['processor']}, {result['threads']} threads, load "
        f"{result['load']:.1f}; against the faster of the usual ways"
    )
    table.caption_justify = "left"
    return [table]
