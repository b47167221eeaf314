"""Other right ways through assignment 09, beside those of its notebook."""

import numpy as np

# Batch normalisation of features.


def batch_norm_by_feature(x, weight, bias, *, eps=1e-5):
    """One feature after the other, by plain sums."""
    N, D = x.shape
    out = np.empty((N, D))
    for d in range(D):
        mean = sum(x[:, d]) / N
        var = sum((value - mean) ** 2 for value in x[:, d]) / N
        for n in range(N):
            out[n, d] = (x[n, d] - mean) / (var + eps) ** 0.5 * weight[d] + bias[d]
    return out


def batch_norm_by_centred_squares(x, weight, bias, *, eps=1e-5):
    """Centre first; scale and shift in one product."""
    centred = x - x.mean(axis=0)
    scale = weight / np.sqrt(np.einsum("nd,nd->d", centred, centred) / len(x) + eps)
    return centred * scale + bias


# Batch normalisation of feature maps.


def batch_norm2d_by_rows(
    x, weight, bias, running_mean, running_var, *, training=True, momentum=0.1, eps=1e-5
):
    """Channels last and flat: a table of one row for each pixel."""
    N, C, H, W = x.shape
    rows = x.transpose(0, 2, 3, 1).reshape(N * H * W, C)
    mean, var = running_mean, running_var
    if training:
        mean, var = rows.mean(axis=0), rows.var(axis=0)
        running_mean = running_mean + momentum * (mean - running_mean)
        running_var = running_var + momentum * (rows.var(axis=0, ddof=1) - running_var)
    out = (rows - mean) * (weight / np.sqrt(var + eps)) + bias
    return out.reshape(N, H, W, C).transpose(0, 3, 1, 2), running_mean, running_var


def batch_norm2d_by_channel(
    x, weight, bias, running_mean, running_var, *, training=True, momentum=0.1, eps=1e-5
):
    """A loop over the channels, written into copies."""
    out = np.empty(x.shape)
    running_mean, running_var = running_mean.copy(), running_var.copy()
    for c in range(x.shape[1]):
        maps = x[:, c]
        mean, var = running_mean[c], running_var[c]
        if training:
            mean, var = maps.mean(), maps.var()
            running_mean[c] = (1 - momentum) * running_mean[c] + momentum * mean
            unbiased = ((maps - mean) ** 2).sum() / (maps.size - 1)
            running_var[c] = (1 - momentum) * running_var[c] + momentum * unbiased
        out[:, c] = weight[c] * (maps - mean) / np.sqrt(var + eps) + bias[c]
    return out, running_mean, running_var


# Its gradients.


def batch_norm2d_backward_step_by_step(dout, x, weight, *, eps=1e-5):
    """Back through mean, variance and quotient, as the paper derives it."""
    axes, n = (0, 2, 3), x.size // x.shape[1]
    centred = x - x.mean(axes, keepdims=True)
    var = (centred**2).mean(axes, keepdims=True)
    inverse = (var + eps) ** -0.5
    dnormal = dout * weight.reshape(1, -1, 1, 1)
    dvar = (dnormal * centred).sum(axes, keepdims=True) * -0.5 * (var + eps) ** -1.5
    dcentred = dnormal * inverse + dvar * 2 * centred / n
    dx = dcentred - dcentred.sum(axes, keepdims=True) / n
    return dx, (dout * centred * inverse).sum(axes), dout.sum(axes)


def batch_norm2d_backward_by_matrix(dout, x, weight, *, eps=1e-5):
    """Each channel's Jacobian, written out as a matrix."""
    N, C, H, W = x.shape
    n = N * H * W
    dx = np.empty(x.shape)
    dweight, dbias = np.empty(C), np.empty(C)
    for c in range(C):
        values, upstream = x[:, c].ravel(), dout[:, c].ravel()
        inverse = 1 / np.sqrt(values.var() + eps)
        normal = (values - values.mean()) * inverse
        jacobian = np.eye(n) - 1 / n - np.outer(normal, normal) / n
        dx[:, c] = (weight[c] * inverse * (jacobian @ upstream)).reshape(N, H, W)
        dweight[c], dbias[c] = upstream @ normal, upstream.sum()
    return dx, dweight, dbias


# The convolution that takes the normalisation in.


def fuse_conv_bn_by_filter(w, b, weight, bias, running_mean, running_var, *, eps=1e-5):
    """One filter after the other."""
    fused, biases = w.copy(), np.zeros(len(w))
    for f in range(len(w)):
        scale = weight[f] / (running_var[f] + eps) ** 0.5
        fused[f] *= scale
        biases[f] = ((b[f] if b is not None else 0) - running_mean[f]) * scale + bias[f]
    return fused, biases


def fuse_conv_bn_by_einsum(w, b, weight, bias, running_mean, running_var, *, eps=1e-5):
    """The factors as one more operand."""
    scale = weight / np.sqrt(running_var + eps)
    b = 0 if b is None else b
    return np.einsum("fckl,f->fckl", w, scale), bias + scale * b - scale * running_mean


# Layer and group normalisation.


def layer_norm_by_sample(x, weight, bias, *, eps=1e-5):
    """One normalised block after the other."""
    out = np.empty(x.shape)
    for index in np.ndindex(x.shape[: x.ndim - weight.ndim]):
        block = x[index]
        out[index] = (block - block.mean()) / np.sqrt(block.var() + eps) * weight + bias
    return out


def layer_norm_by_rows(x, weight, bias, *, eps=1e-5):
    """All axes that belong together as one row."""
    num_rows = int(np.prod(x.shape[: x.ndim - weight.ndim]))
    rows = x.reshape(num_rows, weight.size)
    centred = rows - rows.mean(axis=1, keepdims=True)
    centred = centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + eps)
    return (centred * weight.ravel() + bias.ravel()).reshape(x.shape)


def group_norm_by_group(x, num_groups, weight, bias, *, eps=1e-5):
    """Slices of neighbouring channels, image by image."""
    out = np.empty(x.shape)
    size = x.shape[1] // num_groups
    for n in range(len(x)):
        for first in range(0, x.shape[1], size):
            group = x[n, first : first + size]
            out[n, first : first + size] = (group - group.mean()) / np.sqrt(group.var() + eps)
    return out * weight[:, None, None] + bias[:, None, None]


def group_norm_split(x, num_groups, weight, bias, *, eps=1e-5):
    """Split the channels, normalise each part, put them together again."""
    parts = []
    for part in np.split(x, num_groups, axis=1):
        mean = part.mean(axis=(1, 2, 3), keepdims=True)
        var = ((part - mean) ** 2).mean(axis=(1, 2, 3), keepdims=True)
        parts.append((part - mean) / np.sqrt(var + eps))
    out = np.concatenate(parts, axis=1)
    return np.einsum("nchw,c->nchw", out, weight) + bias.reshape(1, -1, 1, 1)


# Dropout.


def dropout_where(x, *, p=0.5, training=True, rng):
    """Choose between 0 and the scaled number."""
    if not training or p == 0:
        return x.copy()
    if p == 1:
        return np.zeros(x.shape)
    return np.where(rng.random(x.shape) < p, 0.0, x / (1 - p))


def dropout_in_a_copy(x, *, p=0.5, training=True, rng):
    """Zeros written into a copy, one by one."""
    out = x.copy()
    if training:
        draws = rng.random(x.shape)
        for n in range(x.shape[0]):
            for d in range(x.shape[1]):
                out[n, d] = 0 if draws[n, d] < p else x[n, d] / (1 - p)
    return out


def dropout2d_where(x, *, p=0.5, training=True, rng):
    """A factor for each map: 0, or the scale."""
    if not training:
        return x
    draws = rng.random(x.shape[:2])
    scale = 1 / (1 - p) if p < 1 else 0.0
    return np.einsum("nchw,nc->nchw", x, np.where(draws < p, 0.0, scale))


def dropout2d_map_by_map(x, *, p=0.5, training=True, rng):
    """One map after the other, each with one draw: the generator gives the same numbers."""
    out = x.astype(float)
    if training:
        for n in range(x.shape[0]):
            for c in range(x.shape[1]):
                out[n, c] = 0 if rng.random() < p else out[n, c] / (1 - p)
    return out


# The penalty.


def l2_penalty_by_loop(parameters, *, weight_decay):
    """Number by number."""
    total = 0.0
    for array in parameters.values():
        if array.ndim >= 2:
            for value in array.ravel():
                total += value * value
    return weight_decay * total / 2


def l2_penalty_by_norm(parameters, *, weight_decay):
    """The squared norm of all weights in a row."""
    weights = [np.ravel(array) for array in parameters.values() if array.ndim > 1]
    row = np.concatenate([*weights, np.zeros(1)])
    return 0.5 * weight_decay * np.linalg.norm(row) ** 2


ALTERNATIVES = {
    "batch_norm": {
        "a loop over the features": batch_norm_by_feature,
        "centred squares": batch_norm_by_centred_squares,
    },
    "batch_norm2d": {
        "a table of pixels": batch_norm2d_by_rows,
        "a loop over the channels": batch_norm2d_by_channel,
    },
    "batch_norm2d_backward": {
        "step by step": batch_norm2d_backward_step_by_step,
        "the Jacobian": batch_norm2d_backward_by_matrix,
    },
    "fuse_conv_bn": {
        "a loop over the filters": fuse_conv_bn_by_filter,
        "einsum": fuse_conv_bn_by_einsum,
    },
    "layer_norm": {
        "a loop over the samples": layer_norm_by_sample,
        "a table of rows": layer_norm_by_rows,
    },
    "group_norm": {
        "a loop over the groups": group_norm_by_group,
        "np.split": group_norm_split,
    },
    "dropout": {
        "np.where": dropout_where,
        "a copy, number by number": dropout_in_a_copy,
    },
    "dropout2d": {
        "np.where": dropout2d_where,
        "map by map": dropout2d_map_by_map,
    },
    "l2_penalty": {
        "a loop": l2_penalty_by_loop,
        "the norm": l2_penalty_by_norm,
    },
}
