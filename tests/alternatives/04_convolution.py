"""Other right ways to do assignment 04, for the audit: the convolution layer."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def spread(pad, axes):
    """Write a padding, int or tuple, as np.pad wants it for (N, C, ...)."""
    pads = pad if isinstance(pad, tuple) else (pad,) * axes
    return [(0, 0), (0, 0), *((p, p) for p in pads)]


def every(stride, axes):
    """Index every stride-th place along the last axes."""
    strides = stride if isinstance(stride, tuple) else (stride,) * axes
    return (..., *(slice(None, None, s) for s in strides))


def pad2d_by_numpy(x, padding, *, mode="zeros"):
    """One call of np.pad."""
    if mode == "zeros":
        return np.pad(x, spread(padding, 2))
    names = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return np.pad(x, spread(padding, 2), mode=names[mode])


def pad2d_by_gluing(x, padding, *, mode="zeros"):
    """Rows glued on first, then columns, each axis brought to the front."""
    for axis, (p, _) in zip((2, 3), spread(padding, 2)[2:], strict=True):
        x = np.moveaxis(x, axis, 0)
        before, after = {
            "zeros": (0 * x[:1].repeat(p, 0), 0 * x[:1].repeat(p, 0)),
            "replicate": (x[:1].repeat(p, 0), x[-1:].repeat(p, 0)),
            "reflect": (x[1 : p + 1][::-1], x[len(x) - p - 1 : len(x) - 1][::-1]),
            "circular": (x[len(x) - p :], x[:p]),
        }[mode]
        x = np.moveaxis(np.concatenate([before, x, after]), 0, axis)
    return x


def single_by_windows(x, w, b=0.0, *, stride=1, padding=0):
    """All windows at once, without a copy."""
    windows = sliding_window_view(np.pad(x, padding), w.shape)[::stride, ::stride]
    return np.tensordot(windows, w, axes=2) + b


def single_by_shifts(x, w, b=0.0, *, stride=1, padding=0):
    """One shifted image for each weight, stepped over at the end."""
    x = np.pad(x, padding)
    OH, OW = x.shape[0] - w.shape[0] + 1, x.shape[1] - w.shape[1] + 1
    shifted = [w[i, j] * x[i : i + OH, j : j + OW] for i, j in np.ndindex(w.shape)]
    return sum(shifted)[::stride, ::stride] + b


def layer(correlate):
    """Make a conv2d with every option from a plain one: kernels spread, outputs skipped."""

    def conv2d(x, w, b=None, *, stride=1, padding=0, dilation=1, groups=1):
        DH, DW = (dilation, dilation) if isinstance(dilation, int) else dilation
        F, CG, KH, KW = w.shape
        wide = np.zeros((F, CG, DH * (KH - 1) + 1, DW * (KW - 1) + 1), dtype=w.dtype)
        wide[:, :, ::DH, ::DW] = w
        pads = spread(0 if padding == "same" else padding, 2)
        if padding == "same":
            lost = [size - 1 for size in wide.shape[2:]]
            pads[2:] = [(size // 2, size - size // 2) for size in lost]
        x = np.pad(x, pads)
        pairs = zip(np.split(x, groups, axis=1), np.split(wide, groups), strict=True)
        out = np.concatenate([correlate(*pair) for pair in pairs], axis=1)[every(stride, 2)]
        return out if b is None else out + b[:, None, None]

    return conv2d


def correlate_by_loops(x, w):
    """A loop for each index of the output."""
    N, _, H, W = x.shape
    F, _, KH, KW = w.shape
    out = np.zeros((N, F, H - KH + 1, W - KW + 1))
    for n, f, i, j in np.ndindex(out.shape):
        out[n, f, i, j] = (x[n, :, i : i + KH, j : j + KW] * w[f]).sum()
    return out


def correlate_by_windows(x, w):
    """Sliding windows and one tensordot."""
    windows = sliding_window_view(x, w.shape[2:], axis=(2, 3))  # (N, C, OH, OW, KH, KW)
    return np.moveaxis(np.tensordot(windows, w, axes=((1, 4, 5), (1, 2, 3))), -1, 1)


def correlate_by_im2col(x, w):
    """One row for each window, one matrix product."""
    N, C, H, W = x.shape
    F, _, KH, KW = w.shape
    OH, OW = H - KH + 1, W - KW + 1
    columns = [x[:, :, i : i + OH, j : j + OW] for i, j in np.ndindex(KH, KW)]
    matrix = np.stack(columns, axis=2).reshape(N, C * KH * KW, OH * OW)
    return (w.reshape(F, -1) @ matrix).reshape(N, F, OH, OW)


def correlate_by_fft(x, w):
    """A product of spectra, the kernel's conjugate because nothing is flipped."""
    sizes = x.shape[2:]
    spectrum = np.einsum("nchw,fchw->nfhw", np.fft.rfft2(x), np.fft.rfft2(w, sizes).conj())
    whole = np.fft.irfft2(spectrum, sizes)
    return whole[:, :, : sizes[0] - w.shape[2] + 1, : sizes[1] - w.shape[3] + 1]


def correlate_by_winograd(x, w):
    """Tiles of 2 x 2 outputs from 4 x 4 pixels where the kernel is 3 x 3, else columns."""
    if w.shape[2:] != (3, 3):
        return correlate_by_im2col(x, w)
    OH, OW = x.shape[2] - 2, x.shape[3] - 2
    x = np.pad(x, ((0, 0), (0, 0), (0, OH % 2), (0, OW % 2)))
    B = np.array([[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1.0]])
    G = np.array([[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]])
    A = np.array([[1, 1, 1, 0], [0, 1, -1, -1.0]])
    tiles = B @ sliding_window_view(x, (4, 4), axis=(2, 3))[:, :, ::2, ::2] @ B.T
    products = np.einsum("ncijuv,fcuv->nfijuv", tiles, G @ w @ G.T)
    out = (A @ products @ A.T).swapaxes(3, 4)  # (N, F, tiles, 2, tiles, 2)
    N, F, down, _, along, _ = out.shape
    return out.reshape(N, F, 2 * down, 2 * along)[:, :, :OH, :OW]


def mix_by_einsum(x, w, b=None):
    """Sum over the channels by name."""
    out = np.einsum("nchw,fc->nfhw", x, w)
    return out if b is None else out + b.reshape(1, -1, 1, 1)


def mix_by_channels_last(x, w, b=None):
    """Channels moved last, where the product wants them."""
    out = np.moveaxis(x, 1, -1) @ w.T + (0 if b is None else b)
    return np.moveaxis(out, -1, 1)


def separable_by_one_layer(x, depthwise, pointwise, b=None, *, stride=1, padding=0):
    """The product of the two steps is an ordinary layer."""
    w = pointwise[:, :, None, None] * depthwise
    return layer(correlate_by_im2col)(x, w, b, stride=stride, padding=padding)


def separable_by_groups(x, depthwise, pointwise, b=None, *, stride=1, padding=0):
    """A layer of as many groups as channels, then a 1 x 1 layer."""
    options = {"stride": stride, "padding": padding, "groups": len(depthwise)}
    maps = layer(correlate_by_windows)(x, depthwise[:, None], **options)
    return mix_by_einsum(maps, pointwise, b)


def transpose_by_pixels(x, w, b=None, *, stride=1, padding=0, output_padding=0):
    """Each pixel paints its kernel."""
    (SH, SW), (PH, PW), (EH, EW) = (
        (option, option) if isinstance(option, int) else option
        for option in (stride, padding, output_padding)
    )
    (N, _, H, W), (_, F, KH, KW) = x.shape, w.shape
    out = np.zeros((N, F, (H - 1) * SH + KH + EH, (W - 1) * SW + KW + EW))
    for i, j in np.ndindex(H, W):
        painted = np.tensordot(x[:, :, i, j], w, axes=1)  # (N, F, KH, KW)
        out[:, :, i * SH : i * SH + KH, j * SW : j * SW + KW] += painted
    out = out[:, :, PH : out.shape[2] - PH, PW : out.shape[3] - PW]
    return out if b is None else out + b[:, None, None]


def transpose_by_spreading(x, w, b=None, *, stride=1, padding=0, output_padding=0):
    """Zeros between the pixels, a frame around them, an ordinary layer with turned kernels."""
    (N, C, H, W), (KH, KW) = x.shape, w.shape[2:]
    _, _, (SH, _), (SW, _) = spread(stride, 2)
    _, _, (PH, _), (PW, _) = spread(padding, 2)
    _, _, (EH, _), (EW, _) = spread(output_padding, 2)
    wide = np.zeros((N, C, (H - 1) * SH + 1 + EH, (W - 1) * SW + 1 + EW))
    wide[:, :, : (H - 1) * SH + 1 : SH, : (W - 1) * SW + 1 : SW] = x
    turned = w[:, :, ::-1, ::-1].swapaxes(0, 1)
    return layer(correlate_by_windows)(wide, turned, b, padding=(KH - 1 - PH, KW - 1 - PW))


def volume_by_windows(x, w, b=None, *, stride=1, padding=0):
    """Sliding boxes and einsum."""
    windows = sliding_window_view(np.pad(x, spread(padding, 3)), w.shape[2:], axis=(2, 3, 4))
    strides = stride if isinstance(stride, tuple) else (stride,) * 3
    windows = windows[(slice(None), slice(None), *(slice(None, None, s) for s in strides))]
    out = np.einsum("ncxyzdhw,fcdhw->nfxyz", windows, w, optimize=True)
    return out if b is None else out + b[:, None, None, None]


def volume_by_frames(x, w, b=None, *, stride=1, padding=0):
    """Flat layers, one for each pair of a frame and a slice of the kernel."""
    x = np.pad(x, spread(padding, 3))
    frames = [
        sum(correlate_by_im2col(x[:, :, z + d], w[:, :, d]) for d in range(w.shape[2]))
        for z in range(x.shape[2] - w.shape[2] + 1)
    ]
    out = np.stack(frames, axis=2)[every(stride, 3)]
    return out if b is None else out + b[:, None, None, None]


ALTERNATIVES = {
    "pad2d": {
        "numpy": pad2d_by_numpy,
        "gluing": pad2d_by_gluing,
    },
    "conv2d_single": {
        "windows": single_by_windows,
        "shifts": single_by_shifts,
    },
    "conv2d": {
        "loops": layer(correlate_by_loops),
        "windows": layer(correlate_by_windows),
        "im2col": layer(correlate_by_im2col),
        "FFT": layer(correlate_by_fft),
        "Winograd": layer(correlate_by_winograd),
    },
    "conv1x1": {
        "einsum": mix_by_einsum,
        "channels last": mix_by_channels_last,
    },
    "depthwise_separable_conv2d": {
        "one layer": separable_by_one_layer,
        "groups": separable_by_groups,
    },
    "conv_transpose2d": {
        "pixels": transpose_by_pixels,
        "spreading": transpose_by_spreading,
    },
    "conv3d": {
        "windows": volume_by_windows,
        "frames": volume_by_frames,
    },
}
