"""What a run was made with, so that another can repeat it: versions, hardware, data, weights."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch
from torch import nn

from cnncourse.data import ImageSet

SAMPLED = 2**20  # pixels of a set that its fingerprint looks at


def environment(device: torch.device) -> dict[str, str]:
    """Name the versions and the hardware of a run.

    Parameters
    ----------
    device : device
        Where it computes.

    Returns
    -------
    dict of str to str
        "python", "torch", "cnncourse" and "hardware".
    """
    try:
        own = version("cnncourse")
    except PackageNotFoundError:  # run from a folder that was never installed
        own = "not installed"
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),  # a plain string, which weights_only can read
        "cnncourse": own,
        "hardware": hardware(device.type),
    }


def hardware(device: str = "cpu") -> str:
    """Describe what a run computes on, without naming the machine.

    Parameters
    ----------
    device : str, default "cpu"
        "cpu" or "cuda".

    Returns
    -------
    str
        Processor and threads, or GPU.
    """
    if device == "cuda":
        return torch.cuda.get_device_name()
    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(
            (x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), name
        )
    return f"{name}, {os.cpu_count()} cores, threads used: {torch.get_num_threads()}"


def fingerprint(image_set: ImageSet) -> str:
    """Tell a set from others of the same size: all labels, and a sample of the pixels.

    Parameters
    ----------
    image_set : ImageSet
        Images and labels.

    Returns
    -------
    str
        16 hexadecimal figures.
    """
    pixels = image_set.images.reshape(-1)
    pixels = pixels[:: max(1, len(pixels) // SAMPLED)]
    digest = hashlib.sha256(_bytes(image_set.labels))
    digest.update(_bytes(pixels))
    return digest.hexdigest()[:16]


def weights_sha256(model: nn.Module) -> str:
    """Hash the values of a model's parameters and buffers, whatever file they are in.

    Parameters
    ----------
    model : Module
        Any model.

    Returns
    -------
    str
        64 hexadecimal figures.
    """
    digest = hashlib.sha256()
    for name, values in sorted(model.state_dict().items()):
        digest.update(f"{name} {values.dtype} {tuple(values.shape)}".encode())
        digest.update(_bytes(values))
    return digest.hexdigest()


def _bytes(values):
    # As bytes, since NumPy does not know every type of torch's.
    return values.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy().tobytes()
