"""Time convolutions in NumPy against PyTorch's, layer by layer, in one process."""

import statistics
import time

import numpy as np
import torch
from threadpoolctl import threadpool_limits

from cnncourse.bench import machine
from cnncourse.bench.table import LAYERS
from cnncourse.bench.timing import geometric_mean, interleaved, median_ratio
from cnncourse.training.memory import kept

SCHEMA = 1
DIRECTIONS = ("forward", "backward")
# Of the largest value: what the transforms of Winograd's and Fourier's ways may round away.
TOLERANCE = {"float32": 1e-3, "float64": 1e-10}


def measure(ways, names, dtypes, *, repeats, threads, progress=None):
    """Time every way on every layer, and compare its results with the first way's.

    Parameters
    ----------
    ways : list of Way
        The first is what the others are divided by.
    names : list of str
        Layers of `LAYERS`.
    dtypes : list of str
        "float32", "float64" or both.
    repeats : int
        Rounds of interleaved readings.
    threads : int
        Threads for PyTorch and for NumPy's BLAS.
    progress : callable, optional
        Called with a text before each part.

    Returns
    -------
    result : dict
        JSON serialisable; `schema` says which keys to expect.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        loads = [machine.load()]
        # As in training, where each step finds the memory of the step before: for both sides.
        with threadpool_limits(threads, user_api="blas"), kept():
            runs = [_run(ways, names, dtype, repeats, progress or _silent) for dtype in dtypes]
            described = machine.describe()
        loads.append(machine.load())
    finally:
        torch.set_num_threads(before)
    return {
        "schema": SCHEMA,
        "measured": "layers",
        "machine": described,
        "threads": threads,
        "repeats": repeats,
        "load": loads,
        "ways": {way.name: way.title for way in ways},
        "runs": runs,
    }


def _run(ways, names, dtype, repeats, progress):
    """Time all layers in one dtype; the peak is the better of before and after."""
    progress(f"{dtype}: the machine's peak")
    peaks = [machine.gemm_peak(dtype)]
    layers = []
    for name in names:
        entry = {"layer": name, "gmacs": LAYERS[name].macs / 1e9}
        for direction in DIRECTIONS:
            progress(f"{dtype}: {name}, {direction}")
            entry[direction] = _time(ways, LAYERS[name], dtype, direction, repeats)
        layers.append(entry)
    peaks.append(machine.gemm_peak(dtype))
    peak = {key: max(one[key] for one in peaks) for key in peaks[0]}
    for entry in layers:
        _add_shares(entry, max(peak.values()))
    return {
        "dtype": dtype,
        "peak_gflops": peak,
        "layers": layers,
        "geometric_mean": {direction: _means(layers, direction) for direction in DIRECTIONS},
    }


def _time(ways, layer, dtype, direction, repeats):
    """Time one direction of one layer; who cannot do it is left out, who errs is named."""
    calls, first, problems, expected = {}, {}, {}, None
    for way in ways:
        call = _call(way, layer, dtype, direction)
        if call is None:
            continue
        begin = time.perf_counter()
        try:
            result = _as_arrays(call())
        except Exception as error:  # a student's function may raise anything
            problems[way.name] = f"{type(error).__name__}: {error}"
            continue
        first[way.name] = time.perf_counter() - begin
        expected = result if expected is None else expected
        wrong = _differs(result, expected, dtype)
        if wrong:
            problems[way.name] = wrong
        else:
            calls[way.name] = call
    seconds = interleaved(calls, first, repeats=repeats)
    return _summary(seconds, ways[0].name) | {"problems": problems}


def _call(way, layer, dtype, direction):
    """Bind a way to a layer's arrays."""
    function = getattr(way, direction)
    if function is None or not way.can_do(layer):
        return None
    x, w, b, dout = (way.prepare(array) for array in layer.draw(dtype))
    arguments = (x, w, b) if direction == "forward" else (dout, x, w, b)
    return lambda: function(*arguments, **layer.options)


def _as_arrays(result):
    results = result if isinstance(result, tuple | list) else (result,)
    return [np.asarray(one) for one in results]


def _differs(result, expected, dtype):
    """Say in a sentence what is wrong, or nothing."""
    for ours, theirs in zip(result, expected, strict=True):
        if ours.shape != theirs.shape:
            return f"the shape is {ours.shape}, not {theirs.shape}"
        apart = float(np.abs(ours - theirs).max() / np.abs(theirs).max())
        if not apart <= TOLERANCE[dtype]:
            return f"off by {apart:.1e} of the largest value"
    return None


def _summary(seconds, reference):
    """Give every way its median time and its ratio to the reference's."""
    return {
        "seconds": {name: statistics.median(times) for name, times in seconds.items()},
        "ratio": {
            name: median_ratio(times, seconds[reference])
            for name, times in seconds.items()
            if reference in seconds
        },
    }


def _add_shares(entry, peak):
    """Relate the multiplications of the definition to the peak; less work can give over 1."""
    for direction, products in zip(DIRECTIONS, (1, 2), strict=True):
        work = 2 * products * entry["gmacs"]
        timed = entry[direction]["seconds"]
        entry[direction]["share_of_peak"] = {
            name: work / seconds / peak for name, seconds in timed.items()
        }


def _means(layers, direction):
    """Average each way's ratios over the layers; only who did all of them has a mean."""
    ratios = [entry[direction]["ratio"] for entry in layers]
    everywhere = [name for name in ratios[0] if all(name in one for one in ratios)]
    return {name: geometric_mean(one[name] for one in ratios) for name in everywhere}


def _silent(text):
    pass
