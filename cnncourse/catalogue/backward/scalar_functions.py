"""Functions of an array that return one number, to be differentiated, named for the reports."""

import numpy as np


def sum_of_squares(x):
    """Add up the squares of all entries."""
    return np.sum(x * x)


def sum_of_cubes(x):
    """Add up the cubes of all entries."""
    return np.sum(x * x * x)


def sum_of_magnitudes(x):
    """Add up how far all entries are from 0; the slope jumps at 0."""
    return np.sum(np.abs(x))


def sum_of_sines(x):
    """Add up the sines of all entries."""
    return np.sum(np.sin(x))


def product(x):
    """Multiply all entries, so that the slope along one depends on all others."""
    return np.prod(x)


def squared_sum(x):
    """Square the sum, so that every slope depends on all entries."""
    return np.sum(x) ** 2


def cross_entropy_of_class_0(x):
    """Measure, in nats, how little a softmax believes in the first entry."""
    return np.log(np.sum(np.exp(x))) - x.flat[0]
