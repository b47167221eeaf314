"""Have PyTorch compile a network, where there is a compiler to do it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable

import torch
from torch import nn

COMPILERS = ("g++", "clang++", "c++", "cl")


def compiled(model: nn.Module, device: torch.device) -> Callable:
    """Compile a network for training; the weights stay the model's own.

    It takes from ten seconds to minutes before the first step, and small networks are no faster
    for it afterwards: time a few passes both ways before a long run.

    Parameters
    ----------
    model : Module
        Network to compile.
    device : device
        Where it computes.

    Returns
    -------
    callable
        Computes what the model computes.

    Raises
    ------
    OSError
        If it computes on a CPU and there is no C++ compiler.
    """
    names = [os.environ["CXX"]] if os.environ.get("CXX") else COMPILERS
    if device.type == "cpu" and not any(map(shutil.which, names)):
        raise OSError(
            f"compile=True needs a C++ compiler, and none of {', '.join(names)} is here: install "
            f"one (on Debian and Ubuntu the package g++), or leave compile=False"
        )
    return torch.compile(model)
