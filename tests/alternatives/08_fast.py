"""Other right ways to write the exercises of 08_fast, NumPy only."""

import numpy as np
from numpy.lib.stride_tricks import as_strided, sliding_window_view


def pair(value):
    """Turn one number into two."""
    return value if isinstance(value, tuple) else (value, value)


def pad(x, padding):
    """Put a frame of zeros around every image."""
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))


def add_bias(out, b):
    """Add to every feature map its bias."""
    return out if b is None else out + b[:, None, None]


def view(x, w, stride=1, padding=0):
    """Show the windows of the padded images."""
    windows = sliding_window_view(pad(x, padding), w.shape[2:], axis=(2, 3))
    return windows[:, :, ::stride, ::stride]


def conv_by_window_sums(x, w, b=None, *, stride=1, padding=0):
    """Four loops, and a window times a filter in each."""
    x, (F, _, KH, KW) = pad(x, padding), w.shape
    OH, OW = (x.shape[2] - KH) // stride + 1, (x.shape[3] - KW) // stride + 1
    out = np.empty((len(x), F, OH, OW))
    for n, f, i, j in np.ndindex(*out.shape):
        r, s = i * stride, j * stride
        out[n, f, i, j] = np.vdot(x[n, :, r : r + KH, s : s + KW], w[f])
    return add_bias(out, b)


def conv_by_tensordot(x, w, b=None, *, stride=1, padding=0):
    """A view of all windows, contracted with the filters."""
    out = np.tensordot(view(x, w, stride, padding), w, ((1, 4, 5), (1, 2, 3)))
    return add_bias(np.moveaxis(out, 3, 1), b)


def conv_by_shifts(x, w, b=None, *, stride=1, padding=0):
    """One small matrix product for every weight of the kernel, added up."""
    x, (F, _, KH, KW) = pad(x, padding), w.shape
    OH, OW = (x.shape[2] - KH) // stride + 1, (x.shape[3] - KW) // stride + 1
    out = np.zeros((len(x), F, OH * OW))
    for u, v in np.ndindex(KH, KW):
        seen = x[:, :, u : u + stride * OH : stride, v : v + stride * OW : stride][:, :, :OH, :OW]
        out += w[:, :, u, v] @ seen.reshape(*seen.shape[:2], OH * OW)
    return add_bias(out.reshape(len(x), F, OH, OW), b)


def conv_by_as_strided(x, w, b=None, *, stride=1, padding=0):
    """Strides by hand, all images in one large matrix."""
    x, (F, C, KH, KW) = pad(x, padding), w.shape
    OH, OW = (x.shape[2] - KH) // stride + 1, (x.shape[3] - KW) // stride + 1
    n, c, h, v = x.strides
    strides = (c, h, v, n, h * stride, v * stride)
    windows = as_strided(x, (C, KH, KW, len(x), OH, OW), strides)
    cols = windows.reshape(C * KH * KW, len(x) * OH * OW)
    out = (w.reshape(F, C * KH * KW) @ cols).reshape(F, len(x), OH, OW)
    return add_bias(out.swapaxes(0, 1), b)


def conv_by_rows_of_windows(x, w, b=None, *, stride=1, padding=0):
    """Channels last: a window in a row, the filters in columns."""
    windows = view(x, w, stride, padding)
    N, C, OH, OW, KH, KW = windows.shape
    rows = windows.transpose(0, 2, 3, 4, 5, 1).reshape(N * OH * OW, KH * KW * C)
    out = rows @ w.transpose(2, 3, 1, 0).reshape(KH * KW * C, len(w))
    return add_bias(out.reshape(N, OH, OW, len(w)).transpose(0, 3, 1, 2), b)


def conv_by_plain_einsum(x, w, b=None, *, stride=1, padding=0):
    """The sum as it is written, without a plan."""
    return add_bias(np.einsum("ncijuv,fcuv->nfij", view(x, w, stride, padding), w), b)


def conv_by_planned_einsum(x, w, b=None, *, stride=1, padding=0):
    """The same sum, for which NumPy may call BLAS."""
    windows = view(x, w, stride, padding)
    return add_bias(np.einsum("ncijuv,fcuv->nfij", windows, w, optimize=True), b)


def conv_by_linear_fft(x, w, b=None, *, stride=1, padding=0):
    """The full convolution with the flipped kernel, zeros against wrapping, then the crop."""
    x, (KH, KW) = pad(x, padding), w.shape[2:]
    H, W = x.shape[2:]
    size = H + KH - 1, W + KW - 1
    maps = np.fft.rfft2(x, size)[:, None] * np.fft.rfft2(w[:, :, ::-1, ::-1], size)
    full = np.fft.irfft2(maps.sum(axis=2), size)
    return add_bias(full[:, :, KH - 1 : H : stride, KW - 1 : W : stride], b)


def conv_by_complex_fft(x, w, b=None, *, stride=1, padding=0):
    """The plain transform of a size that is a power of two; its real part."""
    x, (KH, KW) = pad(x, padding), w.shape[2:]
    H, W = x.shape[2:]
    size = [1 << (n - 1).bit_length() for n in (H, W)]
    images, filters = np.fft.fft2(x, size), np.fft.fft2(w, size).conj()
    full = np.fft.ifft2(np.einsum("nchw,fchw->nfhw", images, filters)).real
    return add_bias(full[:, :, : H - KH + 1 : stride, : W - KW + 1 : stride], b)


def windows_by_sliding_window_view(x, kernel_size, *, stride=1):
    """NumPy's own view, of which every stride-th window is kept."""
    return sliding_window_view(x, pair(kernel_size), axis=(2, 3))[:, :, ::stride, ::stride]


def windows_row_by_row(x, kernel_size, *, stride=1):
    """Windows of rows first, then windows of columns in them."""
    KH, KW = pair(kernel_size)
    tall = sliding_window_view(x, KH, axis=2)[:, :, ::stride]
    return sliding_window_view(tall, KW, axis=3)[:, :, :, ::stride]


def columns_by_slices(x, kernel_size, *, stride=1, padding=0):
    """One slice of the images for every pixel of the window."""
    x, (KH, KW) = pad(x, padding), pair(kernel_size)
    N, C, H, W = x.shape
    OH, OW = (H - KH) // stride + 1, (W - KW) // stride + 1
    cols = np.empty((N, C, KH, KW, OH, OW))
    for u, v in np.ndindex(KH, KW):
        last = u + stride * (OH - 1) + 1, v + stride * (OW - 1) + 1
        cols[:, :, u, v] = x[:, :, u : last[0] : stride, v : last[1] : stride]
    return cols.reshape(N, C * KH * KW, OH * OW)


def _targets(size, kernel_size, stride):
    """Name the padded image's row and column of every number of a column."""
    (H, W), (KH, KW) = size, pair(kernel_size)
    i, j = np.arange((H - KH) // stride + 1), np.arange((W - KW) // stride + 1)
    rows = np.arange(KH)[:, None, None, None] + stride * i[:, None]
    columns = np.arange(KW)[:, None, None] + stride * j
    return np.broadcast_arrays(rows, columns)


def columns_by_index_arrays(x, kernel_size, *, stride=1, padding=0):
    """Rows and columns as arrays of whole numbers."""
    x = pad(x, padding)
    rows, columns = _targets(x.shape[2:], kernel_size, stride)
    cols = x[:, :, rows, columns]
    KH, KW, OH, OW = rows.shape
    return cols.reshape(len(x), x.shape[1] * KH * KW, OH * OW)


def image_by_bincount(cols, output_size, kernel_size, *, stride=1, padding=0):
    """Numbers added up by the pixel they belong to."""
    H, W = output_size
    size = H + 2 * padding, W + 2 * padding
    rows, columns = _targets(size, kernel_size, stride)
    numbers = cols.reshape(-1, rows.size)
    first = np.arange(len(numbers))[:, None] * size[0] * size[1]
    targets = first + (rows * size[1] + columns).ravel()
    length = len(numbers) * size[0] * size[1]
    total = np.bincount(targets.ravel(), numbers.ravel(), length).astype(float)
    KH, KW = pair(kernel_size)
    x = total.reshape(len(cols), cols.shape[1] // (KH * KW), *size)
    return x[:, :, padding : padding + H, padding : padding + W]


def image_by_slices(cols, output_size, kernel_size, *, stride=1, padding=0):
    """One slice of the images for every pixel of the window."""
    (H, W), (KH, KW) = output_size, pair(kernel_size)
    OH, OW = (H + 2 * padding - KH) // stride + 1, (W + 2 * padding - KW) // stride + 1
    windows = cols.reshape(len(cols), cols.shape[1] // (KH * KW), KH * KW, OH, OW)
    x = np.zeros((*windows.shape[:2], H + 2 * padding, W + 2 * padding))
    for k in range(KH * KW):
        u, v = divmod(k, KW)
        x[:, :, u:, v:][:, :, ::stride, ::stride][:, :, :OH, :OW] += windows[:, :, k]
    return x[:, :, padding : padding + H, padding : padding + W]


BT = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1.0]])
G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
AT = np.array([[1, 1, 1, 0], [0, 1, -1, -1.0]])


def tile_by_sums(x, w):
    """Four windows, each times the kernel."""
    return np.array([[(x[i : i + 3, j : j + 3] * w).sum() for j in (0, 1)] for i in (0, 1)])


def tile_by_kron(x, w):
    """The transforms as matrices of 16 rows."""
    products = (np.kron(G, G) @ w.ravel()) * (np.kron(BT, BT) @ x.ravel())
    return (np.kron(AT, AT) @ products).reshape(2, 2)


def _tiles(x, padding):
    """Show the tiles of 4 x 4 pixels that begin 2 apart, and the size of the output."""
    OH, OW = x.shape[2] + 2 * padding - 2, x.shape[3] + 2 * padding - 2
    ends = (padding, padding + OH % 2), (padding, padding + OW % 2)
    padded = np.pad(x, ((0, 0), (0, 0), *ends))
    return sliding_window_view(padded, (4, 4), axis=(2, 3))[:, :, ::2, ::2], OH, OW


def winograd_by_stacks(x, w, b=None, *, padding=0):
    """Stacks of products of 4 x 4 matrices, as the formula is written."""
    tiles, OH, OW = _tiles(x, padding)
    N, _, TH, TW = tiles.shape[:4]
    products = np.einsum("fcuv,ncijuv->nfijuv", G @ w @ G.T, BT @ tiles @ BT.T, optimize=True)
    small = AT @ products @ AT.T
    out = small.transpose(0, 1, 2, 4, 3, 5).reshape(N, len(w), 2 * TH, 2 * TW)
    return add_bias(out[:, :, :OH, :OW], b)


def winograd_by_additions(x, w, b=None, *, padding=0):
    """The transforms of tiles as sums and differences of whole arrays."""
    tiles, OH, OW = _tiles(x, padding)

    def spread(d):
        return np.stack([d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]])

    def gather(m):
        return np.stack([m[0] + m[1] + m[2], m[1] - m[2] - m[3]])

    rows = spread(np.ascontiguousarray(tiles.transpose(4, 5, 0, 1, 2, 3)))
    d = spread(rows.swapaxes(0, 1))  # (4 across, 4 down, N, C, TH, TW)
    filters = (G @ w @ G.T).transpose(3, 2, 0, 1)
    N, C, TH, TW = d.shape[2:]
    m = filters[:, :, None] @ d.reshape(4, 4, N, C, TH * TW)
    y = gather(gather(m).swapaxes(0, 1))  # (2 down, 2 across, N, F, TH * TW)
    out = y.reshape(2, 2, N, len(w), TH, TW).transpose(2, 3, 4, 0, 5, 1)
    return add_bias(out.reshape(N, len(w), 2 * TH, 2 * TW)[:, :, :OH, :OW], b)


def without_stride(function):
    """Offer a layer without its stride."""

    def layer(x, w, b=None, *, padding=0):
        return function(x, w, b, padding=padding)

    return layer


ALTERNATIVES = {
    "conv2d_loops": {
        "window by window": conv_by_window_sums,
        "tensordot": conv_by_tensordot,
        "shifts": conv_by_shifts,
    },
    "sliding_windows": {
        "sliding_window_view": windows_by_sliding_window_view,
        "rows, then columns": windows_row_by_row,
    },
    "im2col": {
        "slices": columns_by_slices,
        "index arrays": columns_by_index_arrays,
    },
    "col2im": {
        "slices": image_by_slices,
        "bincount": image_by_bincount,
    },
    "conv2d_im2col": {
        "as_strided, one matrix": conv_by_as_strided,
        "a window in a row": conv_by_rows_of_windows,
        "shifts": conv_by_shifts,
    },
    "conv2d_einsum": {
        "einsum without a plan": conv_by_plain_einsum,
        "einsum with a plan": conv_by_planned_einsum,
        "tensordot": conv_by_tensordot,
    },
    "conv2d_fft": {
        "linear, flipped, cropped": conv_by_linear_fft,
        "complex, a power of two": conv_by_complex_fft,
        "as_strided": conv_by_as_strided,
    },
    "winograd_tile": {
        "four sums": tile_by_sums,
        "matrices of 16 rows": tile_by_kron,
    },
    "winograd_conv2d": {
        "stacks of products": winograd_by_stacks,
        "additions": winograd_by_additions,
        "no Winograd at all": without_stride(conv_by_tensordot),
    },
    "conv2d_fast": {
        "shifts": conv_by_shifts,
        "tensordot": conv_by_tensordot,
        "as_strided, one matrix": conv_by_as_strided,
    },
}
