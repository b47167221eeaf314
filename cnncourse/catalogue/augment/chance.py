"""Generators for cases, and generators that say what a mistake wants them to say."""

import numpy as np


def generator(rng, wanted=lambda draws: True):
    """Seed a new generator from another, so that what it draws first is as wanted.

    `wanted` gets a generator to draw from and answers yes or no.
    """
    while True:
        seed = int(rng.integers(2**32))
        if wanted(np.random.default_rng(seed)):
            return np.random.default_rng(seed)


class Scripted:
    """Answers like a generator, with prepared values, whatever it is asked."""

    def __init__(self, *values):
        self._values = list(values)

    def integers(self, *_, **__):
        """Give the next value."""
        return self._values.pop(0)

    beta = permutation = uniform = integers


def image_by_image(right, x, *rest, rng, **options):
    """Ask for one image after the other, so that all draws of an image follow each other."""
    if not len(x):
        return right(x, *rest, rng=rng, **options)
    return np.concatenate([right(one[None], *rest, rng=rng, **options) for one in x])
