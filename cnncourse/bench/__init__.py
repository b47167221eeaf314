"""Measurements of the course's own speed, and their pictures."""

from cnncourse.bench.plot import plot_layers

__all__ = ["plot_layers"]
