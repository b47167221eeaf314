"""Other right ways to do assignment 02, for the audit: filters."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def slide_with_windows(x, k):
    return sliding_window_view(x, len(k)) @ k


def slide_with_fft(x, k):
    spectrum = np.fft.rfft(x) * np.conj(np.fft.rfft(k, len(x)))
    return np.fft.irfft(spectrum, len(x))[: len(x) - len(k) + 1]


def convolve_in_a_padded_signal(x, k, *, mode="valid"):
    K = len(k)
    before, after = {"valid": (0, 0), "same": (K // 2, (K - 1) // 2), "full": (K - 1, K - 1)}[mode]
    return slide_with_windows(np.pad(x, (before, after)), k[::-1])


def layer_with_loops(x, w, b=None, *, stride=1, padding=0, dilation=1):
    (N, C, L), (F, _, K) = x.shape, w.shape
    OL = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    out = np.zeros((N, F, OL))
    for n, f, i in np.ndindex(N, F, OL):
        out[n, f, i] = 0 if b is None else b[f]
        for c, j in np.ndindex(C, K):
            sample = i * stride + j * dilation - padding
            if 0 <= sample < L:
                out[n, f, i] += x[n, c, sample] * w[f, c, j]
    return out


def layer_with_windows(x, w, b=None, *, stride=1, padding=0, dilation=1):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    windows = sliding_window_view(x, dilation * (w.shape[2] - 1) + 1, axis=2)
    out = np.einsum("ncik,fck->nfi", windows[:, :, ::stride, ::dilation], w)
    return out if b is None else out + b[:, None]


def layer_with_columns(x, w, b=None, *, stride=1, padding=0, dilation=1):
    (N, C, L), (F, _, K) = x.shape, w.shape
    OL = (L + 2 * padding - dilation * (K - 1) - 1) // stride + 1
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    where = stride * np.arange(OL) + dilation * np.arange(K)[:, None]  # (K, OL)
    columns = x[:, :, where].reshape(N, C * K, OL)
    return w.reshape(F, C * K) @ columns + (0 if b is None else b[:, None])


def layer_with_fft(x, w, b=None, *, stride=1, padding=0, dilation=1):
    x = np.pad(x, ((0, 0), (0, 0), (padding, padding)))
    L, reach = x.shape[2], dilation * (w.shape[2] - 1) + 1
    wide = np.zeros((*w.shape[:2], reach))
    wide[..., ::dilation] = w
    spectrum = np.einsum("ncl,fcl->nfl", np.fft.rfft(x), np.conj(np.fft.rfft(wide, L)))
    out = np.fft.irfft(spectrum, L)[..., : L - reach + 1 : stride]
    return out if b is None else out + b[:, None]


def image_by_weights(x, k):
    OH, OW = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    return sum(k[u, v] * x[u : u + OH, v : v + OW] for u, v in np.ndindex(k.shape))


def image_with_windows(x, k):
    return np.tensordot(sliding_window_view(x, k.shape), k)


def image_with_fft(x, k):
    spectrum = np.fft.rfft2(x) * np.conj(np.fft.rfft2(k, x.shape))
    OH, OW = x.shape[0] - k.shape[0] + 1, x.shape[1] - k.shape[1] + 1
    return np.fft.irfft2(spectrum, x.shape)[:OH, :OW]


def kernels_from_distances(name, *, size=3, sigma=1.0):
    row, column = np.mgrid[:size, :size] - size // 2
    bell = np.exp(-(row**2 + column**2) / 2 / sigma**2)
    cross = np.float64([[0, 1, 0], [1, 0, 1], [0, 1, 0]])
    smooth = np.float64([1, 2, 1])
    return {
        "box": np.full((size, size), 1 / (size * size)),
        "gaussian": bell / np.sum(bell),
        "sobel_x": np.column_stack([-smooth, 0 * smooth, smooth]),
        "sobel_y": np.stack([-smooth, 0 * smooth, smooth]),
        "laplacian": cross - 4 * np.diag([0, 1, 0]),
        "sharpen": 5 * np.diag([0, 1, 0]) - cross,
    }[name]


def kernels_from_rows(name, *, size=3, sigma=1.0):
    far = np.arange(size) - size // 2
    bell = np.exp(-0.5 * (far / sigma) ** 2)
    rise, smooth, bend = [-1.0, 0.0, 1.0], [1.0, 2.0, 1.0], [1.0, -2.0, 1.0]
    middle = [0.0, 1.0, 0.0]
    laplacian = np.outer(bend, middle) + np.outer(middle, bend)
    return {
        "box": np.outer(np.ones(size), np.ones(size)) / size**2,
        "gaussian": np.outer(bell / bell.sum(), bell / bell.sum()),
        "sobel_x": np.outer(smooth, rise),
        "sobel_y": np.outer(rise, smooth),
        "laplacian": laplacian,
        "sharpen": np.outer(middle, middle) - laplacian,
    }[name]


def separable_by_singular_values(k):
    values = np.linalg.svd(k, compute_uv=False)
    return values[1:].sum() <= 1e-9 * values[0]


def separable_by_minors(k):
    minors = k[:, None, :, None] * k[None, :, None, :]  # a d of every a b / c d
    return bool(np.abs(minors - minors.swapaxes(2, 3)).max() <= 1e-9 * np.abs(k).max() ** 2)


def passes_with_an_outer_product(x, column, row):
    return image_with_windows(x, np.outer(column, row))


def passes_as_matrices(x, column, row):
    def band(weights, length):
        steps = length - len(weights) + 1
        return sum(w * np.eye(steps, length, j) for j, w in enumerate(weights))

    return band(column, x.shape[0]) @ x @ band(row, x.shape[1]).T


def edges_as_complex_numbers(x):
    sobel = np.outer([1, 2, 1], [-1, 0, 1])
    return np.abs(image_with_windows(x, sobel + 1j * sobel.T))


def edges_with_fft(x):
    sobel = np.outer([1.0, 2.0, 1.0], [1.0, 0.0, -1.0])  # the sign does not matter
    return np.hypot(image_with_fft(x, sobel), image_with_fft(x, sobel.T))


ALTERNATIVES = {
    "cross_correlate1d": {
        "windows": slide_with_windows,
        "FFT": slide_with_fft,
        "np.correlate": lambda x, k: np.correlate(x, k),
    },
    "convolve1d": {
        "a padded signal": convolve_in_a_padded_signal,
        "np.convolve": lambda x, k, *, mode="valid": np.convolve(x, k, mode),
    },
    "conv1d": {
        "loops": layer_with_loops,
        "windows": layer_with_windows,
        "columns": layer_with_columns,
        "FFT": layer_with_fft,
    },
    "corr2d": {
        "weight by weight": image_by_weights,
        "windows": image_with_windows,
        "FFT": image_with_fft,
    },
    "conv2d_true": {
        "a kernel turned round": lambda x, k: image_by_weights(x, np.rot90(k, 2)),
        "FFT": lambda x, k: image_with_fft(x, np.flip(k)),
        "an image turned round": lambda x, k: image_with_windows(x[::-1, ::-1], k)[::-1, ::-1],
    },
    "make_kernel": {
        "distances": kernels_from_distances,
        "products of rows": kernels_from_rows,
    },
    "is_separable": {
        "singular values": separable_by_singular_values,
        "minors": separable_by_minors,
        "rank": lambda k: np.linalg.matrix_rank(k, rtol=1e-9) <= 1,
    },
    "separable_conv2d": {
        "an outer product": passes_with_an_outer_product,
        "matrices": passes_as_matrices,
    },
    "edge_magnitude": {
        "complex numbers": edges_as_complex_numbers,
        "FFT": edges_with_fft,
    },
}
