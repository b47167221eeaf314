"""Other right ways to do assignment 05, for the audit: pooling."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def pair(value):
    """Turn one number into two."""
    return value if isinstance(value, tuple) else (value, value)


def sizes(shape, kernel_size, stride, padding=0, dilation=1, ceil_mode=False):
    """Count the windows down and along, one by one."""
    counts = []
    for size, K, S, P, D in zip(
        shape[-2:], *map(pair, (kernel_size, stride, padding, dilation)), strict=True
    ):
        reach, begin, count = D * (K - 1) + 1, 0, 0
        while begin + reach <= size + 2 * P:
            begin, count = begin + S, count + 1
        hangs = begin - S + reach < size + 2 * P and begin < size + P
        counts.append(count + (ceil_mode and hangs))
    return counts


def places(i, size, K, S, P, D=1):
    """List the rows of the map that window i looks at."""
    rows = i * S - P + D * np.arange(K)
    return rows[(rows >= 0) & (rows < size)]


def single_by_windows(x, kernel_size, *, stride=None):
    """All windows at once, without a copy."""
    SH, SW = pair(kernel_size if stride is None else stride)
    return sliding_window_view(x, pair(kernel_size))[::SH, ::SW].max(axis=(2, 3))


def single_by_rows_then_columns(x, kernel_size, *, stride=None):
    """The largest of a window is the largest of its columns' largest."""
    (KH, KW), (SH, SW) = pair(kernel_size), pair(kernel_size if stride is None else stride)
    tall = np.stack([x[i : i + KH].max(axis=0) for i in range(0, len(x) - KH + 1, SH)])
    starts = range(0, x.shape[1] - KW + 1, SW)
    return np.stack([tall[:, j : j + KW].max(axis=1) for j in starts], axis=1)


def max_by_places(x, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """No padding at all: each window is cut down to the pixels that are there."""
    stride = kernel_size if stride is None else stride
    OH, OW = sizes(x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    down, along = zip(*map(pair, (kernel_size, stride, padding, dilation)), strict=True)
    out = np.empty((*x.shape[:2], OH, OW))
    for i, j in np.ndindex(OH, OW):
        rows, columns = places(i, x.shape[2], *down), places(j, x.shape[3], *along)
        out[:, :, i, j] = x[:, :, rows[:, None], columns].max(axis=(2, 3))
    return out


def max_by_windows(x, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Sliding windows over a map padded generously, every D-th pixel of each."""
    stride = kernel_size if stride is None else stride
    OH, OW = sizes(x.shape, kernel_size, stride, padding, dilation, ceil_mode)
    (SH, SW), (DH, DW) = pair(stride), pair(dilation)
    reach = [D * (K - 1) + 1 for K, D in zip(pair(kernel_size), (DH, DW), strict=True)]
    around = [(P, P + S) for P, S in zip(pair(padding), (SH, SW), strict=True)]
    padded = np.pad(x, [(0, 0), (0, 0), *around], constant_values=-np.inf)
    windows = sliding_window_view(padded, reach, axis=(2, 3))[:, :, ::SH, ::SW, ::DH, ::DW]
    return windows[:, :, :OH, :OW].max(axis=(4, 5))


def avg_by_places(
    x, kernel_size, *, stride=None, padding=0, ceil_mode=False, count_include_pad=True
):
    """Sums over the pixels there are, divided by a count worked out from the corners."""
    stride = kernel_size if stride is None else stride
    OH, OW = sizes(x.shape, kernel_size, stride, padding, 1, ceil_mode)
    down, along = zip(*map(pair, (kernel_size, stride, padding)), strict=True)
    out = np.empty((*x.shape[:2], OH, OW))
    for i, j in np.ndindex(OH, OW):
        rows, columns = places(i, x.shape[2], *down), places(j, x.shape[3], *along)
        number = len(rows) * len(columns)
        if count_include_pad:
            number = 1
            for n, size, (K, S, P) in zip((i, j), x.shape[2:], (down, along), strict=True):
                number *= min(n * S + K, size + 2 * P) - n * S
        out[:, :, i, j] = x[:, :, rows[:, None], columns].sum(axis=(2, 3)) / number
    return out


def avg_by_running_sums(
    x, kernel_size, *, stride=None, padding=0, ceil_mode=False, count_include_pad=True
):
    """An integral image: every window is a difference of four sums."""
    stride = kernel_size if stride is None else stride
    OH, OW = sizes(x.shape, kernel_size, stride, padding, 1, ceil_mode)
    (KH, KW), (SH, SW), (PH, PW) = map(pair, (kernel_size, stride, padding))
    ones = np.zeros((x.shape[2] + 2 * PH, x.shape[3] + 2 * PW)) + count_include_pad
    ones[PH : PH + x.shape[2], PW : PW + x.shape[3]] = 1

    def window_sums(maps):
        spread = [(0, 0)] * (maps.ndim - 2) + [(1, SH), (1, SW)]
        total = np.pad(maps, spread).cumsum(axis=-2).cumsum(axis=-1)
        top, left = SH * np.arange(OH)[:, None], SW * np.arange(OW)
        low, right = top + KH, left + KW
        ends = total[..., low, right] - total[..., top, right]
        return ends - total[..., low, left] + total[..., top, left]

    padded = np.pad(x, ((0, 0), (0, 0), (PH, PH), (PW, PW)))
    return window_sums(padded) / window_sums(ones)


def global_by_products(x):
    """Weights of 1 / (H W) on every pixel."""
    N, C, H, W = x.shape
    return x.reshape(N, C, H * W) @ np.full(H * W, 1 / (H * W))


def global_by_einsum(x):
    """The sum by the names of its axes."""
    return np.einsum("nchw->nc", x) / (x.shape[2] * x.shape[3])


def adaptive_by_matrices(x, output_size):
    """One matrix averages rows, another one columns."""
    averages = []
    for size, out in zip(x.shape[2:], pair(output_size), strict=True):
        begin, end = np.arange(out) * size // out, -(-(np.arange(out) + 1) * size // out)
        pixels = np.arange(size)
        inside = (begin[:, None] <= pixels) & (pixels < end[:, None])
        averages.append(inside / inside.sum(axis=1, keepdims=True))
    return averages[0] @ x @ averages[1].T


def adaptive_by_floats(x, output_size):
    """Beginnings and ends by floor and ceil of fractions."""
    edges = []
    for size, out in zip(x.shape[2:], pair(output_size), strict=True):
        i = np.arange(out)
        edges.append((np.floor(i * size / out), np.ceil((i + 1) * size / out)))
    (tops, bottoms), (lefts, rights) = np.array(edges[0], int), np.array(edges[1], int)
    rows = [x[:, :, a:b].mean(axis=2) for a, b in zip(tops, bottoms, strict=True)]
    tall = np.stack(rows, axis=2)
    columns = [tall[..., a:b].mean(axis=3) for a, b in zip(lefts, rights, strict=True)]
    return np.stack(columns, axis=3)


def indices_by_places(x, kernel_size, *, stride=None, padding=0):
    """Each window cut down to the map, argmax in it, counted back."""
    stride = kernel_size if stride is None else stride
    OH, OW = sizes(x.shape, kernel_size, stride, padding)
    down, along = zip(*map(pair, (kernel_size, stride, padding)), strict=True)
    out = np.empty((*x.shape[:2], OH, OW))
    indices = np.empty(out.shape, dtype=np.int32)
    for i, j in np.ndindex(OH, OW):
        rows, columns = places(i, x.shape[2], *down), places(j, x.shape[3], *along)
        window = x[:, :, rows[:, None], columns].reshape(*x.shape[:2], len(rows) * len(columns))
        best = window.argmax(axis=2)
        out[:, :, i, j] = window.max(axis=2)
        indices[:, :, i, j] = (
            rows[best // len(columns)] * x.shape[3] + columns[best % len(columns)]
        )
    return out, indices


def indices_by_a_second_map(x, kernel_size, *, stride=None, padding=0):
    """A map of places slides along with the map of values."""
    (KH, KW), (PH, PW) = pair(kernel_size), pair(padding)
    SH, SW = pair(kernel_size if stride is None else stride)
    numbers = np.broadcast_to(np.arange(x.shape[2] * x.shape[3]).reshape(x.shape[2:]), x.shape)

    def windows(maps, value):
        around = ((0, 0), (0, 0), (PH, PH), (PW, PW))
        padded = np.pad(maps, around, constant_values=value)
        view = sliding_window_view(padded, (KH, KW), axis=(2, 3))[:, :, ::SH, ::SW]
        return view.reshape(*view.shape[:4], KH * KW)

    values = windows(x, -np.inf)
    best = values.argmax(axis=-1)[..., None]
    found = np.take_along_axis(windows(numbers, -1), best, axis=-1)
    return values.max(axis=-1), found[..., 0]


def unpool_by_loops(x, indices, *, output_size):
    """A row and a column for each value."""
    out = np.zeros((*x.shape[:2], *output_size))
    for n, c, i, j in np.ndindex(x.shape):
        r, s = divmod(indices[n, c, i, j], output_size[1])
        out[n, c, r, s] = x[n, c, i, j]
    return out


def unpool_by_one_flat_index(x, indices, *, output_size):
    """Maps laid end to end, the indices counted on."""
    N, C = x.shape[:2]
    size = output_size[0] * output_size[1]
    out = np.zeros(N * C * size)
    out[indices + size * np.arange(N * C).reshape(N, C, 1, 1)] = x
    return out.reshape(N, C, *output_size)


ALTERNATIVES = {
    "max_pool2d_single": {
        "windows": single_by_windows,
        "rows then columns": single_by_rows_then_columns,
    },
    "max_pool2d": {
        "places": max_by_places,
        "windows": max_by_windows,
    },
    "avg_pool2d": {
        "places": avg_by_places,
        "running sums": avg_by_running_sums,
    },
    "global_avg_pool2d": {
        "products": global_by_products,
        "einsum": global_by_einsum,
    },
    "adaptive_avg_pool2d": {
        "matrices": adaptive_by_matrices,
        "floats": adaptive_by_floats,
    },
    "max_pool2d_with_indices": {
        "places": indices_by_places,
        "a second map": indices_by_a_second_map,
    },
    "max_unpool2d": {
        "loops": unpool_by_loops,
        "one flat index": unpool_by_one_flat_index,
    },
}
