"""Other right ways through assignment 07: loops, sliding windows, matrix products, masks."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def pair(value):
    """Turn one number into two."""
    return value if isinstance(value, tuple) else (value, value)


def numerical_in_place(f, x, *, eps=1e-5):
    """One long row that shares its memory with the array f sees."""
    moved = np.array(x, order="C")
    row, grad = moved.reshape(-1), np.zeros(x.size)
    for i, value in enumerate(row.copy()):
        values = []
        for sign in (1, -1):
            row[i] = value + sign * eps
            values.append(f(moved))
            row[i] = value
        grad[i] = (values[0] - values[1]) / eps / 2
    return grad.reshape(x.shape)


def numerical_by_steps(f, x, *, eps=1e-5):
    """One step for each entry, as the rows of a matrix."""
    steps = eps * np.eye(x.size).reshape(x.size, *x.shape)
    up, down = ([float(f(x + sign * step)) for step in steps] for sign in (1, -1))
    return ((np.array(up) - down) / (2 * eps)).reshape(x.shape)


def check_with_allclose(f, grad, x, *, eps=1e-6, atol=1e-5, rtol=1e-3):
    """NumPy's own comparison has PyTorch's tolerance."""
    claimed, numerical = grad(x), numerical_by_steps(f, x, eps=eps)
    return claimed.shape == x.shape and np.allclose(claimed, numerical, rtol=rtol, atol=atol)


def check_entry_by_entry(f, grad, x, *, eps=1e-6, atol=1e-5, rtol=1e-3):
    """Stops at the first entry that does not agree."""
    claimed, numerical = np.array(grad(x)), numerical_in_place(f, x, eps=eps)
    if claimed.shape != x.shape:
        return False
    for g, n in zip(claimed.ravel(), numerical.ravel(), strict=True):
        if not abs(g - n) <= atol + rtol * abs(n):
            return False
    return True


def relu_by_product(dout, x):
    """A mask of zeros and ones."""
    return dout * (x > 0)


def relu_by_index(dout, x):
    """A copy with zeros written into it."""
    dx = dout.copy()
    dx[x <= 0] = 0
    return dx


def linear_by_einsum(dout, x, w):
    """The three sums, spelt out."""
    dx = np.einsum("nf,fd->nd", dout, w)
    return dx, np.einsum("nf,nd->fd", dout, x), np.einsum("nf->f", dout)


def linear_by_images(dout, x, w):
    """One image after the other, with outer products."""
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(len(w))
    for n in range(len(x)):
        dx[n] = w.T @ dout[n]
        dw += np.outer(dout[n], x[n])
        db += dout[n]
    return dx, dw, db


def cross_entropy_by_one_hot(logits, labels):
    """A one-hot matrix, and a softmax by way of logarithms."""
    N, K = logits.shape
    top = logits.max(axis=1, keepdims=True)
    log_shares = logits - top - np.log(np.exp(logits - top).sum(axis=1, keepdims=True))
    return (np.exp(log_shares) - np.eye(K)[labels]) / max(N, 1)


def cross_entropy_by_images(logits, labels):
    """One image after the other."""
    dlogits = np.zeros(logits.shape)
    for n, label in enumerate(labels):
        for k in range(logits.shape[1]):
            share = 1 / np.exp(np.minimum(logits[n] - logits[n, k], 700)).sum()
            dlogits[n, k] = (share - (k == label)) / len(labels)
    return dlogits


def single_by_flipped_kernel(dout, x, w):
    """Cross-correlate x with dout, and a padded dout with the kernel turned by 180 degrees."""
    KH, KW = w.shape
    padded = np.pad(dout, ((KH - 1, KH - 1), (KW - 1, KW - 1)))
    dx = np.einsum("ijkm,km->ij", sliding_window_view(padded, w.shape), w[::-1, ::-1])
    return dx, np.einsum("kmij,ij->km", sliding_window_view(x, dout.shape), dout)


def single_by_weights(dout, x, w):
    """One weight of the kernel after the other."""
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    OH, OW = dout.shape
    for k, m in np.ndindex(w.shape):
        dx[k : k + OH, m : m + OW] += w[k, m] * dout
        dw[k, m] = (x[k : k + OH, m : m + OW] * dout).sum()
    return dx, dw


def conv_by_loops(dout, x, w, *, stride=1, padding=0):
    """Six loops, and pixels of the padding simply left out."""
    (SH, SW), (PH, PW), (H, W) = pair(stride), pair(padding), x.shape[2:]
    dx, dw, db = np.zeros(x.shape), np.zeros(w.shape), np.zeros(len(w))
    for n, f, i, j in np.ndindex(dout.shape):
        db[f] += dout[n, f, i, j]
        for k, m in np.ndindex(w.shape[2:]):
            r, c = i * SH + k - PH, j * SW + m - PW
            if 0 <= r < H and 0 <= c < W:
                dx[n, :, r, c] += dout[n, f, i, j] * w[f, :, k, m]
                dw[f, :, k, m] += dout[n, f, i, j] * x[n, :, r, c]
    return dx, dw, db


def conv_by_matrices(dout, x, w, *, stride=1, padding=0):
    """im2col: every window a row, two matrix products, and the rows scattered back."""
    (N, C, H, W), (F, C, KH, KW), (OH, OW) = x.shape, w.shape, dout.shape[2:]
    (SH, SW), (PH, PW) = pair(stride), pair(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    windows = sliding_window_view(padded, (KH, KW), axis=(2, 3))[:, :, ::SH, ::SW]
    columns = windows.transpose(0, 2, 3, 1, 4, 5).reshape(N * OH * OW, C * KH * KW)
    rows = dout.transpose(0, 2, 3, 1).reshape(N * OH * OW, F)
    dcolumns = (rows @ w.reshape(F, -1)).reshape(N, OH, OW, C, KH, KW)
    dpadded = np.zeros(padded.shape)
    for i, j in np.ndindex(OH, OW):
        dpadded[:, :, i * SH : i * SH + KH, j * SW : j * SW + KW] += dcolumns[:, i, j]
    dx = dpadded[:, :, PH : PH + H, PW : PW + W]
    return dx, (rows.T @ columns).reshape(w.shape), rows.sum(axis=0)


def conv_by_flipped_kernel(dout, x, w, *, stride=1, padding=0):
    """Spread dout by the stride, pad it fully, slide the flipped kernel over it."""
    (H, W), (KH, KW), (N, F, OH, OW) = x.shape[2:], w.shape[2:], dout.shape
    (SH, SW), (PH, PW) = pair(stride), pair(padding)
    spread = np.zeros((N, F, H + 2 * PH + KH - 1, W + 2 * PW + KW - 1))
    spread[:, :, KH - 1 :: SH, KW - 1 :: SW][:, :, :OH, :OW] = dout
    windows = sliding_window_view(spread, (KH, KW), axis=(2, 3))
    dpadded = np.einsum("nfijkm,fckm->ncij", windows, w[:, :, ::-1, ::-1])
    padded = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    seen = sliding_window_view(padded, (KH, KW), axis=(2, 3))[:, :, ::SH, ::SW]
    dw = np.einsum("nfij,ncijkm->fckm", dout, seen)
    return dpadded[:, :, PH : PH + H, PW : PW + W], dw, dout.sum(axis=(0, 2, 3))


def max_by_running_search(dout, x, kernel_size, *, stride=None, padding=0):
    """Two plain searches: > keeps the first of equal values."""
    (KH, KW), (PH, PW), (H, W) = pair(kernel_size), pair(padding), x.shape[2:]
    SH, SW = pair(kernel_size if stride is None else stride)
    dx = np.zeros(x.shape)
    for n, c, i, j in np.ndindex(dout.shape):
        largest, place = -np.inf, None
        for r in range(max(i * SH - PH, 0), min(i * SH - PH + KH, H)):
            for q in range(max(j * SW - PW, 0), min(j * SW - PW + KW, W)):
                if x[n, c, r, q] > largest:
                    largest, place = x[n, c, r, q], (r, q)
        dx[n, c][place] += dout[n, c, i, j]
    return dx


def max_by_windows(dout, x, kernel_size, *, stride=None, padding=0):
    """All winners at once, and np.add.at, which adds where a place is named twice."""
    (KH, KW), (PH, PW) = pair(kernel_size), pair(padding)
    SH, SW = pair(kernel_size if stride is None else stride)
    around = ((0, 0), (0, 0), (PH, PH), (PW, PW))
    padded = np.pad(x, around, constant_values=-np.inf)
    windows = sliding_window_view(padded, (KH, KW), axis=(2, 3))[:, :, ::SH, ::SW]
    first = windows.reshape(*dout.shape, KH * KW).argmax(axis=-1)
    n, c, i, j = np.indices(dout.shape)
    dx = np.zeros(x.shape)
    np.add.at(dx, (n, c, i * SH - PH + first // KW, j * SW - PW + first % KW), dout)
    return dx


def avg_by_pixels(
    dout, input_size, kernel_size, *, stride=None, padding=0, count_include_pad=True
):
    """Windows cut down to the pixels that are there, and counted."""
    (KH, KW), (PH, PW), (H, W) = pair(kernel_size), pair(padding), input_size[2:]
    SH, SW = pair(kernel_size if stride is None else stride)
    dx = np.zeros(input_size)
    for i, j in np.ndindex(dout.shape[2:]):
        rows = [r for r in range(i * SH - PH, i * SH - PH + KH) if 0 <= r < H]
        columns = [q for q in range(j * SW - PW, j * SW - PW + KW) if 0 <= q < W]
        number = KH * KW if count_include_pad else len(rows) * len(columns)
        for r in rows:
            for q in columns:
                dx[:, :, r, q] += dout[:, :, i, j] / number
    return dx


def avg_by_axes(dout, input_size, kernel_size, *, stride=None, padding=0, count_include_pad=True):
    """The sum over a window is a matrix for the rows times one for the columns."""
    strides = pair(kernel_size if stride is None else stride)
    maps = []
    for size, count, K, S, P in zip(
        input_size[2:],
        dout.shape[2:],
        pair(kernel_size),
        strides,
        pair(padding),
        strict=True,
    ):
        begins, pixels = np.arange(count)[:, None] * S - P, np.arange(size)
        inside = ((pixels >= begins) & (pixels < begins + K)).astype(float)
        maps.append(inside / (K if count_include_pad else inside.sum(axis=1, keepdims=True)))
    return np.einsum("ncij,ir,jq->ncrq", dout, *maps)


ALTERNATIVES = {
    "numerical_gradient": {
        "in place, on a copy": numerical_in_place,
        "by steps": numerical_by_steps,
    },
    "gradcheck": {"np.allclose": check_with_allclose, "entry by entry": check_entry_by_entry},
    "relu_backward": {"a product": relu_by_product, "an index": relu_by_index},
    "linear_backward": {"einsum": linear_by_einsum, "image by image": linear_by_images},
    "cross_entropy_backward": {
        "one-hot": cross_entropy_by_one_hot,
        "image by image": cross_entropy_by_images,
    },
    "conv2d_single_backward": {
        "the flipped kernel": single_by_flipped_kernel,
        "weight by weight": single_by_weights,
    },
    "conv2d_backward": {
        "loops": conv_by_loops,
        "im2col": conv_by_matrices,
        "the flipped kernel": conv_by_flipped_kernel,
    },
    "max_pool2d_backward": {
        "a running search": max_by_running_search,
        "np.add.at": max_by_windows,
    },
    "avg_pool2d_backward": {"pixel by pixel": avg_by_pixels, "axis by axis": avg_by_axes},
}
