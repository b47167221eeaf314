"""In which type of numbers a network computes: float32, or bfloat16 where that is faster."""

from __future__ import annotations

import contextlib
import copy
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn
from torch.nn import functional as F

PRECISIONS = ("float32", "bfloat16", "auto")
# bfloat16 has to save this share of a step, or it is not worth its coarser numbers.
WORTH = 0.9


def autocast(device: torch.device, precision: str) -> AbstractContextManager:
    """Open a block that computes in this precision; the weights themselves stay float32.

    Parameters
    ----------
    device : device
        Where it is computed.
    precision : {"float32", "bfloat16"}
        Type that convolutions and matrix products compute in.

    Returns
    -------
    context manager
        To enter once for each block.
    """
    if precision == "float32":
        return contextlib.nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def has_bfloat16(device: torch.device) -> bool:
    """Tell whether the processor multiplies bfloat16 itself, and does not merely imitate it.

    Parameters
    ----------
    device : device
        A CPU, or a GPU.

    Returns
    -------
    bool
        Of a GPU: from compute capability 8.0 on. Of a CPU: AVX-512's bfloat16, or AMX.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return any(
        getattr(torch.cpu, name, lambda: False)()
        for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")
    )


def choose(
    precision: str,
    model: nn.Module,
    images: Tensor,
    *,
    clock: Callable[[], float] = time.perf_counter,
) -> str:
    """Turn "auto" into a type of numbers.

    float32 where the processor has no bfloat16. A GPU that has it computes in bfloat16. On a CPU
    that has it a step is timed both ways, on a copy of the model, and bfloat16 has to save a
    tenth: small networks lose more by conversions than they gain.

    Parameters
    ----------
    precision : {"float32", "bfloat16", "auto"}
        What was asked for.
    model : Module
        The network, on its device; left as it is.
    images : (N, C, H, W) tensor of float32
        A batch to time, on the same device.
    clock : callable
        Tells seconds.

    Returns
    -------
    {"float32", "bfloat16"}
        What to compute in.
    """
    device = images.device
    if precision != "auto":
        return precision
    if not has_bfloat16(device) or next(model.parameters()).dtype != torch.float32:
        return "float32"
    if device.type == "cuda":
        return "bfloat16"
    trial = copy.deepcopy(model)
    seconds = {p: _step_seconds(trial, images, p, clock) for p in ("float32", "bfloat16")}
    return "bfloat16" if seconds["bfloat16"] < WORTH * seconds["float32"] else "float32"


def _step_seconds(model, images, precision, clock):
    taken = []
    for _ in range(4):  # the first one also prepares
        begin = clock()
        with autocast(images.device, precision):
            outputs = model(images)
            logits = outputs if isinstance(outputs, Tensor) else outputs[0]
            F.cross_entropy(logits, logits.argmax(1)).backward()
        taken.append(clock() - begin)
    return min(taken[1:])
