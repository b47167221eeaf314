"""Back through the whole convolution layer: batches, channels, filters, stride, padding."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.backward.conv_mistakes import add_gradient_mistakes
from cnncourse.catalogue.backward.conv_option_mistakes import add_option_mistakes
from cnncourse.catalogue.backward.outputs import (
    SECTION,
    add_batch_mistakes,
    add_upstream_mistakes,
)
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.windows import per_axis


@exercise(
    "07_backward",
    section=SECTION + "convolution",
    outputs={"dx": "N C H W", "dw": "F C KH KW", "db": "F"},
)
def conv2d_backward(dout, x, w, *, stride=1, padding=0):
    """Send a gradient back through a convolution layer, as PyTorch does."""
    return reference.conv2d_backward(dout, x, w, stride=stride, padding=padding)


@conv2d_backward.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 13.0)).reshape(1, 1, 3, 4)
    w, dout = rng.permutation([-1.0, 1.0, 2.0, 3.0]), rng.permutation(np.arange(1.0, 7.0))
    whole = {"dout": dout.reshape(1, 1, 2, 3), "x": x, "w": w.reshape(1, 1, 2, 2)}
    yield Case("one image, one channel, one filter, whole numbers", whole)
    square = _layer(rng, (2, 3, 7, 6), (3, 3, 3, 3))
    yield Case("as many filters as channels, square kernels", square)
    N, C, F = rng.permutation([2, 4, 5])
    yield Case("several images, channels and filters", _layer(rng, (N, C, 7, 6), (F, C, 3, 2)))
    yield Case(
        "stride 3, which does not divide: some pixels are in no window",
        _layer(rng, (N, C, 9, 8), (F, C, 4, 3), stride=3),
    )
    yield Case("stride 3, which leaves gaps", _layer(rng, (N, C, 8, 9), (F, C, 2, 1), stride=3))
    layer = _layer(rng, (2, C, 6, 5), (F, C, 3, 4), stride=2, padding=2)
    order = {name: np.asfortranarray(layer[name]) for name in ("dout", "x", "w")}
    yield Case("stride 2 and padding 2, stored in another order", layer | order)
    # So large that pairs read the other way round still find all their windows.
    layer = _layer(rng, (2, 4, 5, 7), (3, 4, 4, 3), stride=(2, 3), padding=(1, 2))
    yield Case("pairs of stride and padding, rows first", layer)
    layer = _layer(rng, (2, 3, 4, 6), (4, 3, 3, 3), padding=(0, 1))
    yield Case("padding 0 for the rows and 1 for the columns", layer)
    yield Case("an empty batch: dw and db are 0", _layer(rng, (0, 3, 6, 5), (2, 3, 3, 2)))


def _layer(rng, x, w, stride=1, padding=0):
    """Draw a layer from the shapes of x and w, and options where they say something."""
    sizes = zip(x[2:], w[2:], per_axis(stride), per_axis(padding), strict=True)
    places = [(size + 2 * P - K) // S + 1 for size, K, S, P in sizes]
    options = {"stride": stride} if stride != 1 else {}
    options |= {"padding": padding} if padding != 0 else {}
    return {
        "dout": rng.normal(size=(x[0], w[0], *places)),
        "x": rng.normal(size=x),
        "w": rng.normal(size=w),
        **options,
    }


add_gradient_mistakes(conv2d_backward)
add_option_mistakes(conv2d_backward)
add_batch_mistakes(conv2d_backward)
add_upstream_mistakes(conv2d_backward)
