"""Time several functions against one another while the machine does other things, too."""

import statistics
import time

# A reading takes at least this many seconds: short calls are repeated.
READING = 0.01
# Threads of one library spin on after their work, OpenBLAS's for some 25 ms: they must not
# take the cores from the next, or PyTorch seems two to ten times as slow as it is.
PAUSE = 0.04
# What takes longer than this is timed once: noise is small beside it.
LONG = 1.0


def interleaved(calls, first, *, repeats):
    """Time functions in turn, so that a disturbance meets them all.

    Parameters
    ----------
    calls : dict of str to callable
        What to time; each has run once before.
    first : dict of str to float
        The seconds that this took; of a long call, they are its only reading.
    repeats : int
        Rounds; in each, every function is read once.

    Returns
    -------
    seconds : dict of str to list of float
        The readings of each function, one per round.
    """
    short = {name: call for name, call in calls.items() if first[name] <= LONG}
    counts = {name: _calls_per_reading(call) for name, call in short.items()}
    seconds = {name: [] if name in short else [first[name]] for name in calls}
    for _ in range(repeats):
        for name, call in short.items():
            time.sleep(PAUSE)
            call()  # wakes the threads, and brings the arrays back into the cache
            seconds[name].append(_read(call, counts[name]))
    return seconds


def median_ratio(ours, theirs):
    """Divide two lists of readings by their medians.

    Parameters
    ----------
    ours, theirs : list of float
        Seconds.

    Returns
    -------
    float
        Above 1 where ours are slower.
    """
    return statistics.median(ours) / statistics.median(theirs)


def geometric_mean(ratios):
    """Average ratios so that twice as slow and twice as fast cancel out.

    Parameters
    ----------
    ratios : iterable of float
        Positive numbers.

    Returns
    -------
    float or None
        None where there is none.
    """
    ratios = list(ratios)
    return statistics.geometric_mean(ratios) if ratios else None


def _calls_per_reading(call):
    once = _read(call, 1)
    return max(1, round(READING / max(once, 1e-6)))


def _read(call, count):
    begin = time.perf_counter()
    for _ in range(count):
        call()
    return (time.perf_counter() - begin) / count
