"""Other right ways to answer capstone C3's questions, for the audit."""

import numpy as np


def alias_by_rounding(frequency, stride):
    """The distance to the nearest whole number of periods."""
    periods = frequency * stride
    return abs(periods - round(periods))


def alias_by_folding(frequency, stride):
    """Whole periods off, then the shorter way round."""
    rest = frequency * stride % 1
    return min(rest, 1 - rest)


def renormalize_one_by_one(w, *, radius=0.1):
    """A loop over the filters."""
    out = w.copy()
    for f in range(len(w)):
        rms = np.sqrt(np.mean(w[f] ** 2))
        if rms > radius:
            out[f] = w[f] / rms * radius
    return out


def renormalize_by_rows(w, *, radius=0.1):
    """Filters as rows of a matrix, and their lengths."""
    rows = w.reshape(len(w), -1)
    lengths = np.linalg.norm(rows, axis=1) / np.sqrt(rows.shape[1])
    return w / np.maximum(lengths / radius, 1)[:, None, None, None]


def rectify_by_masks(x, signal, *, rule):
    """A mask for each rule."""
    mask = np.ones(x.shape, dtype=bool)
    if rule != "deconvnet":
        mask &= x > 0
    if rule != "gradient":
        mask &= signal > 0
    return np.where(mask, signal, 0.0)


def rectify_by_table(x, signal, *, rule):
    """All three answers, and one of them picked."""
    gradient = signal * (x > 0)
    answers = {
        "gradient": gradient,
        "deconvnet": np.maximum(signal, 0),
        "guided": np.maximum(gradient, 0),
    }
    return answers[rule]


def project_by_pixels(signal, w, *, stride=1):
    """Over the pixels of the filter, all places at once."""
    OL, (_, C, K) = signal.shape[1], w.shape
    out = np.zeros((C, (OL - 1) * stride + K))
    for k in range(K):
        out[:, k : k + (OL - 1) * stride + 1 : stride] += w[:, :, k].T @ signal
    return out


def project_by_spreading(signal, w, *, stride=1):
    """Zeros between the values, then ordinary full convolutions."""
    F, OL = signal.shape
    spread = np.zeros((F, (OL - 1) * stride + 1))
    spread[:, ::stride] = signal
    pairs = [[np.convolve(spread[f], w[f, c]) for f in range(F)] for c in range(w.shape[1])]
    return np.array(pairs).sum(axis=1)


ALTERNATIVES = {
    "alias_frequency": {"rounding": alias_by_rounding, "folding": alias_by_folding},
    "renormalize_filters": {"one by one": renormalize_one_by_one, "rows": renormalize_by_rows},
    "rectify_back": {"masks": rectify_by_masks, "a table": rectify_by_table},
    "project_back": {"pixels": project_by_pixels, "spreading": project_by_spreading},
}
