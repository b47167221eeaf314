"""Other right ways to do assignment 10, for the audit: initialise, step, schedule."""

import math

import numpy as np


def kaiming_by_normal(shape, *, rng):
    """Lets the generator scale."""
    _, *inputs = shape
    return rng.normal(0.0, np.sqrt(2 / np.prod(inputs)), size=shape)


def kaiming_filter_by_filter(shape, *, rng):
    """Draws one filter after the other; in C order these are the same draws."""
    filters = [rng.standard_normal(shape[1:]) for _ in range(shape[0])]
    return np.stack(filters) / np.sqrt(filters[0].size / 2)


def plain_in_a_copy(w, grad, *, lr):
    """Copies first, then works in place."""
    out = w.copy()
    out -= lr * grad
    return out


def plain_number_by_number(w, grad, *, lr):
    """A loop over every parameter."""
    out = np.empty(w.shape)
    for index in np.ndindex(w.shape):
        out[index] = w[index] - lr * grad[index]
    return out


def sgd_by_cases(w, grad, velocity, *, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """As PyTorch's documentation lists it, with an if for each option."""
    g = grad.copy()
    if weight_decay != 0:
        g += weight_decay * w
    u = g.copy()
    if momentum != 0:
        u += momentum * velocity
    step = g + momentum * u if nesterov else u
    return w - lr * step, u


def sgd_expanded(w, grad, velocity, *, lr, momentum=0.0, nesterov=False, weight_decay=0.0):
    """Nesterov's direction written out: (1 + momentum) g + momentum² u."""
    g = grad + weight_decay * w
    ahead = (1 + momentum) * g + momentum**2 * velocity
    direction = ahead if nesterov else g + momentum * velocity
    return w - lr * direction, g + momentum * velocity


def sgd_velocity_downhill(
    w, grad, velocity, *, lr, momentum=0.0, nesterov=False, weight_decay=0.0
):
    """A velocity as papers have it, translated at both ends."""
    fall = -lr * (grad + weight_decay * w)
    moving = momentum * (-lr * velocity) + fall
    return w + (momentum * moving + fall if nesterov else moving), -moving / lr


def adamw_as_pytorch(
    w, grad, m, v, t, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01
):
    """Decays first, moves the averages by differences, corrects the step and the root."""
    w = w * (1 - lr * weight_decay)
    m = m + (grad - m) * (1 - betas[0])
    v = betas[1] * v + (1 - betas[1]) * grad * grad
    root = np.sqrt(v) / math.sqrt(1 - betas[1] ** t) + eps
    return w - lr / (1 - betas[0] ** t) * m / root, m, v


def adamw_as_the_paper(
    w, grad, m, v, t, *, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01
):
    """One factor for both corrections, and an eps scaled to match."""
    m = np.average([m, grad], axis=0, weights=[betas[0], 1 - betas[0]])
    v = np.average([v, grad**2], axis=0, weights=[betas[1], 1 - betas[1]])
    short = np.sqrt(1 - betas[1] ** t)
    step = short / (1 - betas[0] ** t) * m / (np.sqrt(v) + eps * short)
    return w - lr * (step + weight_decay * w), m, v


def step_by_loop(epoch, *, lr, step_size, gamma=0.1):
    """Lives through all the epochs."""
    for past in range(1, epoch + 1):
        if past % step_size == 0:
            lr = lr * gamma
    return lr


def step_by_numpy(epoch, *, lr, step_size, gamma=0.1):
    """Rounds down a fraction, and returns one of NumPy's numbers."""
    return np.float64(lr) * np.power(gamma, np.floor(epoch / step_size))


def cosine_by_sine(epoch, *, lr, T_max, eta_min=0.0):
    """(1 + cos 2a) / 2 is the square of cos a, and 1 less the square of sin a."""
    return lr - (lr - eta_min) * np.sin(np.pi * epoch / (2 * T_max)) ** 2


def cosine_from_the_middle(epoch, *, lr, T_max, eta_min=0.0):
    """A swing about the mean of the highest and the lowest rate."""
    return (lr + eta_min) / 2 + (lr - eta_min) / 2 * math.cos(epoch * math.pi / T_max)


def one_cycle_by_halves(
    step, *, max_lr, total_steps, pct_start=0.3, div_factor=25.0, final_div_factor=10000.0
):
    """Two formulas with a cosine each."""
    low = max_lr / div_factor
    rise = pct_start * total_steps - 1
    if step < rise:
        return low + (max_lr - low) * (1 - np.cos(np.pi * step / rise)) / 2
    fall = total_steps - 1 - rise
    least = low / final_div_factor
    return least + (max_lr - least) * (1 + np.cos(np.pi * (step - rise) / fall)) / 2


def one_cycle_by_interpolation(
    step, *, max_lr, total_steps, pct_start=0.3, div_factor=25.0, final_div_factor=10000.0
):
    """Finds the angle by interpolation between the knots."""
    low, least = max_lr / div_factor, max_lr / div_factor / final_div_factor
    knots = [0, pct_start * total_steps - 1, total_steps - 1]
    half_turns = np.interp(step, knots, [-1, 0, 1])
    base = low if half_turns < 0 else least
    return base + (max_lr - base) * np.cos(np.pi / 2 * half_turns) ** 2


ALTERNATIVES = {
    "kaiming_normal": {
        "the generator scales": kaiming_by_normal,
        "filter by filter": kaiming_filter_by_filter,
    },
    "sgd_step_plain": {
        "a copy in place": plain_in_a_copy,
        "number by number": plain_number_by_number,
    },
    "sgd_step": {
        "an if for each option": sgd_by_cases,
        "Nesterov written out": sgd_expanded,
        "a velocity downhill, translated": sgd_velocity_downhill,
    },
    "adamw_step": {
        "in PyTorch's order": adamw_as_pytorch,
        "one factor for both corrections": adamw_as_the_paper,
    },
    "step_lr": {"epoch by epoch": step_by_loop, "rounded by NumPy": step_by_numpy},
    "cosine_lr": {
        "by the square of a sine": cosine_by_sine,
        "about the mean": cosine_from_the_middle,
    },
    "one_cycle_lr": {
        "two formulas": one_cycle_by_halves,
        "by interpolation": one_cycle_by_interpolation,
    },
}
