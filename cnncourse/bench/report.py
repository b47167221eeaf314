"""A measurement as tables for the terminal."""

from rich import box
from rich.table import Table

# Whose share of the peak is told.
_SHARES = ("torch", "fast")


def tables(result):
    """Lay out what `layers.measure` found, a table per dtype and direction.

    Parameters
    ----------
    result : dict
        What `layers.measure` returned, or its JSON.

    Returns
    -------
    list of rich.table.Table
        Times over PyTorch's; at the foot the geometric means.
    """
    return [
        _table(result, run, direction)
        for run in result["runs"]
        for direction in ("forward", "backward")
    ]


def summary(result):
    """Say in a few lines on what it was measured.

    Parameters
    ----------
    result : dict
        What `layers.measure` returned, or its JSON.

    Returns
    -------
    str
    """
    found = result["machine"]
    blas = "; ".join(
        f"{one['internal_api']} {one['version']}, kernels for {one['architecture']}"
        for one in found["blas"]
    )
    told = found["coretype_told"]
    lines = [
        f"{found['processor']}, {found['cores']} cores, {result['threads']} threads used",
        f"BLAS: {blas or 'unknown'}{f' (told by OPENBLAS_CORETYPE={told})' if told else ''}",
        f"Python {found['python']}, NumPy {found['numpy']}, PyTorch {found['torch']}",
    ]
    if max(result["load"]) > 1.5 * result["threads"]:
        lines.append(f"the machine was busy (load {max(result['load']):.1f}): measure again")
    for run in result["runs"]:
        peaks = ", ".join(f"{name} {peak:.0f}" for name, peak in run["peak_gflops"].items())
        lines.append(f"peak of a large product in {run['dtype']}, GFLOP/s: {peaks}")
    return "\n".join(lines)


def problems(result):
    """List the ways that raised or were wrong.

    Parameters
    ----------
    result : dict
        What `layers.measure` returned, or its JSON.

    Returns
    -------
    list of str
        A sentence each.
    """
    return [
        f"{entry['layer']}, {run['dtype']}, {direction}: {way}: {problem}"
        for run in result["runs"]
        for entry in run["layers"]
        for direction in ("forward", "backward")
        for way, problem in entry[direction]["problems"].items()
    ]


def _table(result, run, direction):
    others = [
        (name, title)
        for name, title in result["ways"].items()
        if any(name in entry[direction]["ratio"] for entry in run["layers"])
    ][1:]
    title = f"{direction}, {run['dtype']}: time over PyTorch's"
    table = Table(title=title, show_footer=True, box=box.SIMPLE, pad_edge=False)
    means = run["geometric_mean"][direction]
    table.add_column("layer", footer="mean")
    table.add_column("torch ms", justify="right")
    for name, title in others:
        mean = means.get(name)
        table.add_column(title, justify="right", footer="" if mean is None else f"{mean:.2f}")
    for name in _SHARES:
        table.add_column(f"{name} of peak", justify="right")
    for entry in run["layers"]:
        table.add_row(entry["layer"], *_row(entry[direction], [name for name, _ in others]))
    return table


def _row(timed, others):
    """Write the time of PyTorch, the ratios of the others, and two shares of the peak."""
    ratios = [timed["ratio"].get(name) for name in others]
    shares = [timed["share_of_peak"].get(name) for name in _SHARES]
    return [
        f"{1e3 * timed['seconds']['torch']:.2f}",
        *("" if ratio is None else f"{ratio:.2f}" for ratio in ratios),
        *("" if share is None else f"{share:.0%}" for share in shares),
    ]
