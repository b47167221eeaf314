"""A set and a network small enough that a run takes a tenth of a second."""

import pytest
import torch
from torch import nn

from cnncourse.data import ImageSet
from cnncourse.data.augment import RandomAffine
from cnncourse.training import train


@pytest.fixture(autouse=True)
def one_thread():
    """Small steps are fastest on one thread, all the more when other work shares the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def toy_set(N=37, split="train"):
    """Three classes: the brightest of three columns, with noise; 37 images leave a short batch."""
    generator = torch.Generator().manual_seed(N)
    images = torch.rand(N, 1, 4, 3, generator=generator) / 2
    labels = torch.randint(3, (N,), generator=generator)
    images[torch.arange(N), 0, :, labels] += 0.5
    return ImageSet("toy", split, images, labels, ("left", "middle", "right"))


def toy_model(seed=0, width=5):
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.2),
        nn.Linear(width * 12, 3),
    )


def fit(model, **options):
    settings = {"epochs": 4, "batch_size": 8, "seed": 3, "device": "cpu", "progress": False}
    sets = {"train_set": toy_set(), "test_set": toy_set(23, "test")}
    return train(model, **(sets | settings | options))


class PowerCutError(Exception):
    """Stands for the power cut."""


class StopAt:
    """Distort as usual, then break off at one step."""

    def __init__(self, step):
        self.left, self.distort = step, RandomAffine(shift=1)

    def __repr__(self):
        return repr(self.distort)

    def __call__(self, images, generator):
        self.left -= 1
        if self.left < 0:
            raise PowerCutError
        return self.distort(images, generator)
