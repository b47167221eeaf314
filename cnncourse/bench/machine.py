"""What the numbers were measured on, and whether NumPy's BLAS knows the processor."""

import os
import platform
import sys
import time
from pathlib import Path

import numpy as np
import torch
from threadpoolctl import threadpool_info

CORETYPE = "OPENBLAS_CORETYPE"
BEST = "SkylakeX"  # OpenBLAS's name for its kernels for AVX-512
_WITH_AVX512 = {"SkylakeX", "Cooperlake", "SapphireRapids", "Zen5"}


def describe():
    """Name the processor, NumPy's BLAS and the kernels it chose, and the versions.

    Returns
    -------
    dict
        JSON serialisable.
    """
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "avx512f": has_avx512(),
        "blas": [
            {key: library.get(key) for key in ("internal_api", "version", "architecture")}
            for library in _blas()
        ],
        "coretype_told": os.environ.get(CORETYPE),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": torch.__version__,
        "system": f"{platform.system()} {platform.machine()}",
    }


def processor(cpuinfo=Path("/proc/cpuinfo")):
    """Read the processor's name."""
    for line in _lines(cpuinfo):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def has_avx512(cpuinfo=Path("/proc/cpuinfo")):
    """Say whether the processor has the instructions of AVX-512."""
    return any(line.startswith("flags") and "avx512f" in line.split() for line in _lines(cpuinfo))


def load():
    """Say how many processes wanted to run in the last minute; 0 where that is unknown."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def underestimated():
    """Say which kernels OpenBLAS chose where it took the processor for an older one.

    On a virtual machine it can: it goes by the model's number, and falls back where it does
    not know it.

    Returns
    -------
    str or None
        The name of the kernels; None where the choice is right, or was told by `CORETYPE`.
    """
    if CORETYPE in os.environ or not has_avx512():
        return None
    chosen = {b.get("architecture") for b in _blas() if b.get("internal_api") == "openblas"}
    too_old = chosen - _WITH_AVX512
    return ", ".join(sorted(map(str, too_old))) or None


def start_again():
    """Replace this process by the same command with OpenBLAS told about AVX-512."""
    sys.stdout.flush()
    environment = os.environ | {CORETYPE: BEST}
    os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], environment)


def gemm_peak(dtype, size=1536, repeats=5):
    """Measure the best rate of a large matrix product, NumPy's and PyTorch's.

    Parameters
    ----------
    dtype : str
        "float32" or "float64".
    size : int
        Rows and columns of the matrices.
    repeats : int
        Readings; the best counts.

    Returns
    -------
    dict of str to float
        Billions of multiplications and additions a second, of "numpy" and "torch".
    """
    a = np.random.default_rng(0).standard_normal((size, size)).astype(dtype)
    operands = {"numpy": a, "torch": torch.from_numpy(a)}
    best = dict.fromkeys(operands, np.inf)
    for _ in range(repeats + 1):  # the first only warms up
        for name, matrix in operands.items():
            begin = time.perf_counter()
            matrix @ matrix
            best[name] = min(best[name], time.perf_counter() - begin)
    return {name: 2e-9 * size**3 / seconds for name, seconds in best.items()}


def _blas():
    return [library for library in threadpool_info() if library["user_api"] == "blas"]


def _lines(path):
    return path.read_text(errors="replace").splitlines() if path.exists() else []
