"""Mistakes that every normalisation invites, registered for one exercise after the other.

An exercise brings `moments`, which says of its arguments what they are normalised by: a mean
and a standard deviation, of x's shape or one that broadcasts to it, and of how many numbers.
"""

import numpy as np


def draw_columns(rng, num_columns):
    """Draw a few whole numbers whose means and standard deviations are whole, too."""
    means = rng.permutation(np.arange(1.0, 9.0))[:num_columns]
    widths = rng.permutation(np.arange(2.0, 6.0))[:num_columns]
    signs = rng.permuted([[-1], [-1], [1], [1]] * np.ones((1, num_columns)), axis=0)
    return means + widths * signs  # (4, num_columns)


def draw_affine(rng, *shape):
    """Draw weights and biases; no weight is near 0 or 1, none equals its bias."""
    weight = rng.uniform(1.5, 2.5, shape) * rng.choice([-1, 1], shape)
    return weight, rng.uniform(3, 4, shape)


def bind(exercise, arrays, options):
    """Give every argument of a call its name."""
    bound = exercise.signature.bind(*arrays, **options)
    bound.apply_defaults()
    return bound.arguments


def first_of(answer, change):
    """Change the first output of an answer and leave the others."""
    return (change(answer[0]), *answer[1:]) if isinstance(answer, tuple) else change(answer)


def _plain(right, given, bias):
    """Ask for the bias alone, as large as x."""
    answer = right(**given | {"weight": np.zeros_like(bias), "bias": bias})
    return answer[0] if isinstance(answer, tuple) else answer


def add_spread_mistakes(exercise, moments, section):
    """Register mistakes with the mean and the variance."""

    def add(name, hint, factor):
        @exercise.mistake(name, hint=hint, section=section)
        def _(right, *arrays, **options):
            given = bind(exercise, arrays, options)
            _, std, count = moments(given)
            bias = _plain(right, given, given["bias"])
            with np.errstate(divide="ignore", invalid="ignore"):
                by = np.sqrt(std**2 + given["eps"]) * factor(std, given["eps"], count)
                return first_of(right(**given), lambda out: (out - bias) * by + bias)

    add(
        "eps is added to the standard deviation, outside the root",
        "In which order do the root and the + eps come?",
        lambda std, eps, count: 1 / (std + eps),
    )
    add(
        "eps is ignored",
        "Where all numbers are equal the variance is 0: what do you divide by there?",
        lambda std, eps, count: 1 / std,
    )
    add(
        "eps is 1e-5 whatever is asked for",
        "eps is an option of the function: look for a number that is written out in your code.",
        lambda std, eps, count: 1 / np.sqrt(std**2 + 1e-5),
    )
    add(
        "the numbers are divided by the variance",
        "Their spread should be 1 afterwards. Halve all numbers: what becomes of the variance, "
        "and what of its root?",
        lambda std, eps, count: 1 / (std**2 + eps),
    )
    add(
        "the root is taken twice",
        "`np.std` takes a root, and so does `np.sqrt`: what stands under yours?",
        lambda std, eps, count: 1 / np.sqrt((std if np.isfinite(count) else std**2) + eps),
    )
    add(
        "the numbers are not divided at all",
        "After the mean is taken off, every group of numbers is brought to the same spread.",
        lambda std, eps, count: 1.0,
    )
    add(
        "the variance has the divisor n - 1",
        "Normalising takes the mean of the squares, divided by n: which `ddof` does your "
        "variance have?",
        lambda std, eps, count: 1 / np.sqrt(std**2 * count / np.maximum(count - 1, 1) + eps),
    )

    @exercise.mistake(
        "the variance is the mean of the squares of x itself",
        hint="A variance is made of distances from the mean. Add 100 to all numbers: does yours "
        "stay as it was?",
        section=section,
    )
    def _(right, *arrays, **options):
        given = bind(exercise, arrays, options)
        mean, std, count = moments(given)
        bias, var = _plain(right, given, given["bias"]), std**2 + given["eps"]
        by = np.sqrt(var / (var + (mean**2 if np.isfinite(count) else 0)))
        return first_of(right(**given), lambda out: (out - bias) * by + bias)

    @exercise.mistake(
        "the mean alone is divided by the standard deviation",
        hint="Division binds more tightly than subtraction: look at your parentheses.",
        section=section,
    )
    def _(right, *arrays, **options):
        given = bind(exercise, arrays, options)
        mean, std, _ = moments(given)
        bias, by = _plain(right, given, given["bias"]), np.sqrt(std**2 + given["eps"])
        shift = _plain(right, given, given["weight"]) * mean * (1 - 1 / by)
        return first_of(right(**given), lambda out: (out - bias) * by + shift + bias)

    @exercise.mistake(
        "the mean is not subtracted",
        hint="The mean of a normalised group is 0 before the bias is added. Is yours?",
        section=section,
    )
    def _(right, *arrays, **options):
        given = bind(exercise, arrays, options)
        mean, std, _ = moments(given)
        shift = _plain(right, given, given["weight"]) * mean / np.sqrt(std**2 + given["eps"])
        return first_of(right(**given), lambda out: out + shift)


def add_affine_mistakes(exercise, section):
    """Register mistakes with weight and bias."""

    def add(name, hint, change):
        @exercise.mistake(name, hint=hint, section=section)
        def _(right, *arrays, **options):
            given = bind(exercise, arrays, options)
            weight, bias = change(given["weight"], given["bias"])
            return right(**given | {"weight": weight, "bias": bias})

    add(
        "weight and bias are not used",
        "The normalised numbers are stretched by `weight` and moved by `bias` before they go on.",
        lambda weight, bias: (np.ones_like(weight), np.zeros_like(bias)),
    )
    add(
        "the bias is not added",
        "What is done with `bias`?",
        lambda weight, bias: (weight, np.zeros_like(bias)),
    )
    add(
        "the weight is not used",
        "What is done with `weight`?",
        lambda weight, bias: (np.ones_like(weight), bias),
    )
    add(
        "weight and bias are exchanged",
        "Which of the two multiplies, and which is added?",
        lambda weight, bias: (bias, weight),
    )
    add(
        "the bias is added before the weight multiplies",
        "First stretch, then move: the bias itself is not multiplied.",
        lambda weight, bias: (weight, weight * bias),
    )
