"""Weights that others have trained on ImageNet: torchvision's, fetched once, whole or not at all.

Where there is no network, the message says so, and how to bring the file by hand.
"""

from __future__ import annotations

import hashlib
import re
import socket
from http.client import HTTPException
from pathlib import Path
from urllib.error import URLError

import torch
from torch import Tensor

from cnncourse.models.network import Network

TIMEOUT = 30  # seconds without an answer
# Older files of DenseNet's write norm.1 for norm1.
_DENSENET = re.compile(r"(denselayer\d+\.(?:norm|relu|conv))\.(\d)")


def load_pretrained(network: Network, name: str, weights: str) -> None:
    """Give a network the weights that torchvision has for it.

    Parameters
    ----------
    network : Network
        Changed in place. Where its number of classes is not ImageNet's 1,000, its last layer
        stays as it is, ready to be trained.
    name : str
        The network's name in torchvision.
    weights : str
        Name of a set of weights, such as "DEFAULT" or "IMAGENET1K_V1".

    Raises
    ------
    ValueError
        If torchvision has no such weights, or they do not fit the network.
    OSError
        If the file is not here and cannot be fetched, or is damaged.
    """
    state = _fitting(network, _read(*_source(name, weights), name))
    own = network.state_dict()
    for head in network.heads:
        if f"{head}.weight" in own and own[f"{head}.weight"].shape[0] != 1000:
            state.update({key: own[key] for key in own if key.startswith(f"{head}.")})
    wrong = [key for key in own if key not in state or state[key].shape != own[key].shape]
    if wrong:
        key = wrong[0]
        there = tuple(state[key].shape) if key in state else "none"
        raise ValueError(
            f"{name}'s weights are for the network as torchvision builds it: {key} is "
            f"{tuple(own[key].shape)} here and {there} there"
        )
    network.load_state_dict(state)


def _source(name, weights):
    """Look up where a set of weights lies, and where it belongs on this machine."""
    from torchvision.models import get_model_weights

    sets = get_model_weights(name)
    names = ["DEFAULT", *(entry.name for entry in sets)]
    if weights not in names:
        raise ValueError(f"{name} has no weights {weights!r}: there are {', '.join(names)}")
    url = sets[weights].url
    return url, Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]


def _read(url, path, name) -> dict[str, Tensor]:
    if not path.is_file():
        _fetch(url, path, name)
    # The first figures of the checksum are part of the file's name.
    with open(path, "rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    if not checksum.startswith(_checksum(path)):
        raise OSError(f"{path} is damaged: delete it, and the weights are fetched again")
    return torch.load(path, map_location="cpu", weights_only=True)


def _fetch(url, path, name):
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # It writes beside `path`, compares the checksum, and only then moves the file there.
        torch.hub.download_url_to_file(url, str(path), hash_prefix=_checksum(path))
    except (OSError, HTTPException, RuntimeError) as error:
        raise OSError(_by_hand(url, path, name, error)) from error
    finally:
        socket.setdefaulttimeout(before)


def _checksum(path):
    return path.stem.rsplit("-", 1)[1]


def _by_hand(url, path, name, error):
    reason = error.reason if isinstance(error, URLError) else error
    reason = f"{type(reason).__name__}: {reason}"
    offline = isinstance(error, URLError | TimeoutError | ConnectionError)
    return "\n".join(
        [
            f"{name}'s weights are not on this machine and could not be fetched ({reason})."
            + (" There seems to be no network here." if offline else ""),
            "Nothing was left behind. Without a network, bring them by hand:",
            f"  1. on another machine, download {url}",
            f"  2. put the file at {path}",
            f'create("{name}") without weights= starts from random ones.',
        ]
    )


def _fitting(network, state):
    """Bring a file's names to ours, and leave out heads that this network does not have."""
    own = set(network.state_dict())
    state = {_DENSENET.sub(r"\1\2", key): value for key, value in state.items()}
    return {key: value for key, value in state.items() if key in own or not key.startswith("aux")}
