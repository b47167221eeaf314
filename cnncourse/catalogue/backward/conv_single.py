"""Back through one kernel on one image, without options."""

import numpy as np

from cnncourse import reference
from cnncourse.catalogue.backward.layout import overwrite_weights, overwrite_windows
from cnncourse.catalogue.backward.outputs import SECTION, add_upstream_mistakes
from cnncourse.catalogue.exercise import Case, exercise


@exercise(
    "07_backward",
    section=SECTION + "convolution",
    outputs={"dx": "H W", "dw": "KH KW"},
)
def conv2d_single_backward(dout, x, w):
    """Send a gradient back through the cross-correlation of one image with one kernel."""
    dx, dw, _ = reference.conv2d_backward(dout[None, None], x[None, None], w[None, None])
    return dx[0, 0], dw[0, 0]


@conv2d_single_backward.cases
def _(rng):
    x = rng.permutation(np.arange(1.0, 13.0)).reshape(3, 4)
    w, dout = rng.permutation([-1.0, 1.0, 2.0, 3.0]), rng.permutation(np.arange(1.0, 7.0))
    whole = {"dout": dout.reshape(2, 3), "x": x, "w": w.reshape(2, 2)}
    yield Case("a 3 x 4 image and a 2 x 2 kernel, whole numbers", whole)
    yield Case("a square, asymmetric kernel of 3 x 3", _layer(rng, 7, 6, 3, 3))
    yield Case("a kernel of 4 x 2", _layer(rng, 6, 7, 4, 2))
    yield Case("a kernel of one weight", _layer(rng, 3, 5, 1, 1))
    yield Case("a kernel as large as the image", _layer(rng, 4, 3, 4, 3))
    layer = _layer(rng, 8, 5, 2, 3)
    stored = {name: np.asfortranarray(array) for name, array in layer.items()}
    yield Case("arrays stored in another order", stored | {"x": layer["x"][::-1]})


def _layer(rng, H, W, KH, KW):
    return {
        "dout": rng.normal(size=(H - KH + 1, W - KW + 1)),
        "x": rng.normal(size=(H, W)),
        "w": rng.normal(size=(KH, KW)),
    }


def _many(right):
    """Make the right answer speak of batches and channels, as the helpers expect."""

    def gradients(dout, x, w, **options):
        return reference.conv2d_backward(dout, x, w, **options)

    return gradients


@conv2d_single_backward.mistake(
    "a pixel keeps the gradient of its last window only",
    hint="A pixel lies in several windows, and its changes reach the loss through all of them. "
    "Look for an = that should be a +=.",
)
def _(right, dout, x, w):
    maps = [array[None, None] for array in (dout, x, w)]
    dx = overwrite_windows(_many(right), *maps, (1, 1), (0, 0))
    return dx[0, 0], right(dout, x, w)[1]


@conv2d_single_backward.mistake(
    "a pixel keeps the gradient through the last weight that met it only",
    hint="A pixel meets every weight of the kernel, in one window or another, and all of that "
    "adds up. Look for an = that should be a +=.",
)
def _(right, dout, x, w):
    maps = [array[None, None] for array in (dout, x, w)]
    dx = overwrite_weights(_many(right), *maps, (1, 1), (0, 0))
    return dx[0, 0], right(dout, x, w)[1]


@conv2d_single_backward.mistake(
    "dw keeps the last window only",
    hint="Every weight is used in all windows, and all of them add to its gradient. "
    "Look for an = that should be a +=.",
)
def _(right, dout, x, w):
    last = np.zeros_like(dout)
    last[-1, -1] = dout[-1, -1]
    return right(dout, x, w)[0], right(last, x, w)[1]


@conv2d_single_backward.mistake(
    "the kernel is turned by 180 degrees in dx",
    hint="Follow out[i, j]: pixel (i + k, j + l) was multiplied by w[k, l], and that is its "
    "slope. Scattered window by window the kernel stays as it is; slid over a padded dout it is "
    "flipped once.",
)
def _(right, dout, x, w):
    return right(dout, x, np.flip(w))[0], right(dout, x, w)[1]


@conv2d_single_backward.mistake(
    "dw is turned by 180 degrees",
    hint="dw[k, l] belongs to w[k, l]: which pixels did that weight meet, counted from the "
    "windows' corners?",
)
def _(right, dout, x, w):
    dx, dw = right(dout, x, w)
    return dx, np.flip(dw)


@conv2d_single_backward.mistake(
    "the rows and columns of the kernel are exchanged",
    hint="w[k, l] met the pixel k rows below and l columns right of the window's corner.",
)
def _(right, dout, x, w):
    if w.shape[0] != w.shape[1]:
        raise ValueError("could not broadcast: the kernel does not fit its window")
    dx, dw = right(dout, x, w.T)
    return dx, dw.T


@conv2d_single_backward.mistake(
    "dx and dw are exchanged",
    hint="The order of the tuple is (dx, dw).",
)
def _(right, dout, x, w):
    return right(dout, x, w)[::-1]


@conv2d_single_backward.mistake(
    "dx is only as large as dout",
    hint="dx has the shape of x: its border pixels lie in fewer windows, but they lie in some. "
    "How far does dout have to be padded for a window to reach them?",
)
def _(right, dout, x, w):
    dx, dw = right(dout, x, w)
    return dx[: dout.shape[0], : dout.shape[1]], dw


@conv2d_single_backward.mistake(
    "dw is averaged over the windows",
    hint="Changes add up. Nothing divides them, however many windows there are.",
)
def _(right, dout, x, w):
    dx, dw = right(dout, x, w)
    return dx, dw / dout.size


@conv2d_single_backward.mistake(
    "dx is averaged over the windows that share a pixel",
    hint="A pixel in four windows matters in four places. Nothing divides their sum.",
)
def _(right, dout, x, w):
    dx, dw = right(dout, x, w)
    return dx / right(np.ones_like(dout), x, np.ones_like(w))[0], dw


add_upstream_mistakes(conv2d_single_backward)
