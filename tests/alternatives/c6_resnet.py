"""Other right ways to do the questions of capstone C6, for the audit: residual networks."""

import numpy as np


def counts_layer_by_layer(n, *, widths=(16, 32, 64), num_classes=10):
    """Lists every convolution with its channels before and after."""
    convolutions, channels = [(3, widths[0])], widths[0]
    for width in widths:
        for _ in range(2 * n):
            convolutions.append((channels, width))
            channels = width
    weights = sum(9 * before * after + 2 * after for before, after in convolutions)
    return len(convolutions) + 1, weights + channels * num_classes + num_classes


def counts_in_one_formula(n, *, widths=(16, 32, 64), num_classes=10):
    """All at once, with arrays."""
    after = np.array(widths)
    before = np.concatenate([after[:1], after[:-1]])
    inside = 9 * (before * after + (2 * n - 1) * after**2) + 4 * n * after
    params = 29 * after[0] + inside.sum() + (after[-1] + 1) * num_classes
    return 2 * n * len(after) + 2, int(params)


def shortcut_by_padding(x, out_channels, *, stride=1):
    """Leaves out, then pads the axis of channels."""
    missing = out_channels - x.shape[1]
    return np.pad(x[:, :, ::stride, ::stride], ((0, 0), (0, missing), (0, 0), (0, 0)))


def shortcut_by_loops(x, out_channels, *, stride=1):
    """Pixel by pixel."""
    N, C, H, W = x.shape
    out = np.zeros((N, out_channels, -(-H // stride), -(-W // stride)))
    for i in range(out.shape[2]):
        for j in range(out.shape[3]):
            out[:, :C, i, j] = x[:, :, i * stride, j * stride]
    return out


def backward_image_by_image(dout, x, w1, w2):
    """Writes out the matrix of slopes of every image."""
    dx = np.zeros(x.shape)
    for n in range(len(x)):
        h = x[n] @ w1
        inner, outer = np.diag(1.0 * (h > 0)), x[n] + np.maximum(h, 0) @ w2 > 0
        slopes = np.eye(len(x[n])) + w1 @ inner @ w2
        dx[n] = slopes @ (dout[n] * outer)
    return dx


def backward_with_where(dout, x, w1, w2):
    """Keeps what passes the ReLUs with np.where."""
    h = np.einsum("nd,dm->nm", x, w1)
    total = x + np.einsum("nm,md->nd", np.where(h > 0, h, 0.0), w2)
    passed = np.where(total > 0, dout, 0.0)
    back = np.where(h > 0, np.einsum("nd,md->nm", passed, w2), 0.0)
    return np.einsum("nm,dm->nd", back, w1) + passed


def sizes_by_a_loop(slopes, *, shortcut):
    """From the last layer to the first."""
    sizes, size = np.zeros(len(slopes)), 1.0
    for i in reversed(range(len(slopes))):
        size = size * (slopes[i] + (1 if shortcut else 0))
        sizes[i] = abs(size)
    return sizes


def sizes_by_products(slopes, *, shortcut):
    """A product for each layer, of all slopes from there on."""
    factors = np.abs(np.asarray(slopes) + float(shortcut))
    return np.array([factors[i:].prod() for i in range(len(factors))])


ALTERNATIVES = {
    "resnet_counts": {
        "layer by layer": counts_layer_by_layer,
        "one formula": counts_in_one_formula,
    },
    "shortcut_a": {"np.pad": shortcut_by_padding, "loops": shortcut_by_loops},
    "residual_backward": {
        "image by image": backward_image_by_image,
        "np.where and einsum": backward_with_where,
    },
    "gradient_sizes": {"a loop": sizes_by_a_loop, "products": sizes_by_products},
}
