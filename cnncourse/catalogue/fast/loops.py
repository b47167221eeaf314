"""The yardstick: a convolution layer in seven plain loops."""

from cnncourse import reference
from cnncourse.catalogue.exercise import exercise
from cnncourse.catalogue.fast.layer import add_fast_layer_mistakes, draw_layer_cases


@exercise("08_fast", section="13_fast#fast-loops", outputs={"out": "N F OH OW"})
def conv2d_loops(x, w, b=None, *, stride=1, padding=0):
    """Cross-correlate every image with every filter, as PyTorch does."""
    return reference.conv2d(x, w, b, stride=stride, padding=padding)


@conv2d_loops.cases
def _(rng):
    yield from draw_layer_cases(rng)


add_fast_layer_mistakes(conv2d_loops)
