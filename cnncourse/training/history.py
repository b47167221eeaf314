"""What a run came to: its figures pass by pass, its hardware, its weights."""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn


@dataclass(frozen=True)
class Epoch:
    """What one pass over the training set came to.

    Parameters
    ----------
    train_loss, test_loss : float
        Mean cross-entropy in nats; in training, measured on the way, as the network changes.
    train_accuracy, test_accuracy : float
        Fractions in [0, 1].
    seconds : float
        Wall-clock time of the pass, with its test.
    """

    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float


@dataclass(frozen=True)
class History:
    """A finished run, pass by pass, and its record.

    Parameters
    ----------
    epochs : tuple of Epoch
        The passes in order.
    record : dict
        Configuration, versions, hardware, seconds, and the SHA-256 of the final weights.
    """

    epochs: tuple[Epoch, ...]
    record: dict[str, object]

    def column(self, name: str) -> list[float]:
        """List one figure of every pass, "test_loss" for example."""
        return [getattr(epoch, name) for epoch in self.epochs]

    @property
    def test_accuracy(self) -> float:
        """Accuracy after the last pass."""
        return self.epochs[-1].test_accuracy


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
        # As bytes, since NumPy does not know every type of torch's.
        digest.update(values.detach().cpu().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


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
