"""Other right ways to answer the questions of capstone C5, for the audit."""

import numpy as np


def block_by_layers(in_channels, plan):
    """A list of the six convolutions: channels read, channels made, window."""
    one, reduce3, three, reduce5, five, pooled = plan
    layers = [
        (in_channels, one, 1),
        (in_channels, reduce3, 1),
        (reduce3, three, 3),
        (in_channels, reduce5, 1),
        (reduce5, five, 5),
        (in_channels, pooled, 1),
    ]
    return one + three + five + pooled, sum(b * (a * k * k + 1) for a, b, k in layers)


def block_by_arrays(in_channels, plan):
    """Three rows of numbers, one for each question."""
    plan = np.array(plan)
    reads = np.array([in_channels, in_channels, plan[1], in_channels, plan[3], in_channels])
    params = plan * (reads * np.array([1, 1, 9, 1, 25, 1]) + 1)
    return plan[[0, 2, 4, 5]].sum(), params.sum()


def macs_by_weights(in_channels, reduced, out_channels, *, kernel_size, size):
    """Arrays as large as the weights, times the places."""
    window, places = (kernel_size, kernel_size), size[0] * size[1]
    direct = np.empty((out_channels, in_channels, *window)).size
    thinned = (
        np.empty((reduced, in_channels)).size + np.empty((out_channels, reduced, *window)).size
    )
    return direct * places, thinned * places


def macs_by_place(in_channels, reduced, out_channels, *, kernel_size, size):
    """What one place costs, times the places."""
    window = kernel_size**2 * out_channels
    costs = np.array([in_channels * window, reduced * (in_channels + window)])
    direct, thinned = costs * np.prod(size)
    return direct, thinned


def loss_by_log_sum(logits, aux_logits, labels, *, weight=0.3, training=True):
    """One head after the other."""

    def mean_loss(scores):
        scores = scores - scores.max(axis=1, keepdims=True)
        logs = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        return -logs[np.arange(len(labels)), labels].mean()

    loss = mean_loss(logits)
    for head in aux_logits:
        loss += weight * mean_loss(head) * training
    return loss


def loss_by_stacking(logits, aux_logits, labels, *, weight=0.3, training=True):
    """All heads in one array, and a weight for each."""
    heads = np.concatenate([logits[None], aux_logits])
    shares = np.array([1.0, *[weight * training] * len(aux_logits)])
    top = heads.max(axis=2)
    right = np.take_along_axis(heads, labels[None, :, None], axis=2)[..., 0]
    losses = top + np.log(np.exp(heads - top[..., None]).sum(axis=2)) - right
    return shares @ losses.mean(axis=1)


def evidence_first(maps, w, b):
    """The layer at every place, and then the mean."""
    evidence = np.einsum("kc,nchw->nkhw", w, maps) + b[:, None, None]
    return evidence.mean(axis=(2, 3)), evidence


def evidence_by_product(maps, w, b):
    """One matrix product for all places."""
    N, C, H, W = maps.shape
    evidence = (w @ maps.reshape(N, C, H * W) + b[:, None]).reshape(N, len(b), H, W)
    return maps.mean(axis=(2, 3)) @ w.T + b, evidence


ALTERNATIVES = {
    "inception_counts": {"layers": block_by_layers, "arrays": block_by_arrays},
    "bottleneck_macs": {"weights": macs_by_weights, "place": macs_by_place},
    "auxiliary_loss": {"log-sum-exp": loss_by_log_sum, "stacking": loss_by_stacking},
    "evidence_maps": {"evidence first": evidence_first, "one product": evidence_by_product},
}
