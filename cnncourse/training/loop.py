"""The training loop: what a run is, and how it is broken off and continued."""

from __future__ import annotations

import math
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from cnncourse.data import ImageSet
from cnncourse.training import checkpoint as checkpoints
from cnncourse.training.evaluation import evaluate
from cnncourse.training.history import Epoch, History, hardware, weights_sha256
from cnncourse.training.progress import reporter

Augment = Callable[[Tensor, torch.Generator], Tensor]


def train(
    model: nn.Module,
    train_set: ImageSet,
    test_set: ImageSet,
    *,
    epochs: int,
    batch_size: int = 128,
    learning_rate: float = 0.05,
    momentum: float = 0.9,
    weight_decay: float = 5e-4,
    seed: int = 0,
    augment: Augment | None = None,
    device: str | None = None,
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train a classifier by stochastic gradient descent, and test it after each pass.

    Nesterov momentum; the step size rises to `learning_rate` over the first fifth of the run and
    falls to 0 along a cosine. The same seed, machine and number of threads give the same weights,
    bit for bit on a CPU, also when the run was killed and continued.

    Parameters
    ----------
    model : Module
        Turns (N, C, H, W) images into (N, classes) logits; trained in place.
    train_set, test_set : ImageSet
        Images and labels, wholly in memory.
    epochs : int
        Passes over the training set.
    batch_size : int, default 128
        Images a step.
    learning_rate : float, default 0.05
        Largest step size.
    momentum : float, default 0.9
        Share of the last step that is kept.
    weight_decay : float, default 5e-4
        Pull of every parameter towards 0.
    seed : int, default 0
        Fixes the order of the images and all chance in `augment` and the model's layers.
    augment : callable, optional
        Takes a batch of images and a `torch.Generator`, returns the images to train on. A
        checkpoint knows it by its name if it is a function, else by its `repr`.
    device : str, optional
        "cpu" or "cuda"; by default the GPU when there is one.
    checkpoint : path, optional
        File written after each pass. If it is there already, the run goes on from it.
    progress : bool, default True
        Whether to show a bar in a terminal, or a line a pass elsewhere.

    Returns
    -------
    History
        Losses, accuracies and the record of the run.

    Raises
    ------
    ValueError
        If there is nothing to do: no pass, no image a step, no image to train on or to test.
    CheckpointError
        If `checkpoint` is of another model or was made with other settings, or is no checkpoint.
    FloatingPointError
        If the loss is no longer finite.
    """
    _at_least_one(epochs=epochs, batch_size=batch_size)
    _at_least_one(training_images=len(train_set), test_images=len(test_set))
    settings = {
        "model": type(model).__name__,
        "parameters": sum(p.numel() for p in model.parameters()),
        "data": f"{train_set!r}, {test_set!r}",
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "momentum": momentum,
        "weight_decay": weight_decay,
        "seed": seed,
        "augment": _describe(augment),
    }
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    # The layout that convolutions are fastest in; the numbers differ by rounding at most.
    model.to(device, memory_format=torch.channels_last)
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        run = _Run(model, settings, augment, device)
        if checkpoint is not None and Path(checkpoint).exists():
            run.restore(Path(checkpoint))
        train_set, test_set = (_on(device, part) for part in (train_set, test_set))
        steps = math.ceil(len(train_set) / batch_size)
        with reporter(epochs, done=len(run.epochs), steps=steps, show=progress) as report:
            while len(run.epochs) < epochs:
                run.epochs.append(run.one_pass(train_set, test_set, report))
                if checkpoint is not None:
                    checkpoints.save(run.state(), Path(checkpoint))
    return History(tuple(run.epochs), run.record())


def one_cycle(step: int, num_steps: int, *, warm_up: float = 0.2) -> float:
    """Give the step size at a step as a fraction of the largest: up a line, down a cosine.

    Parameters
    ----------
    step : int
        Steps done, 0 to `num_steps` - 1.
    num_steps : int
        Steps of the whole run.
    warm_up : float, default 0.2
        Fraction of the run that goes up.

    Returns
    -------
    float
        Fraction in [0, 1]; 0 at the last step of all.

    Examples
    --------
    >>> [round(one_cycle(step, 10), 2) for step in range(10)]
    [0.5, 1.0, 0.96, 0.85, 0.69, 0.5, 0.31, 0.15, 0.04, 0.0]
    """
    rising = max(1, round(warm_up * num_steps))
    if step < rising:
        return (step + 1) / rising
    return (1 + math.cos(math.pi * (step + 1 - rising) / (num_steps - rising))) / 2


class _Run:
    """A run under way: all that a checkpoint holds."""

    def __init__(self, model, settings, augment, device):
        self.model, self.settings, self.augment, self.device = model, settings, augment, device
        self.optimizer = torch.optim.SGD(
            model.parameters(),
            lr=settings["learning_rate"],
            momentum=settings["momentum"],
            nesterov=settings["momentum"] > 0,
            weight_decay=settings["weight_decay"],
        )
        self.generator = torch.Generator().manual_seed(settings["seed"])
        self.epochs = []
        self.environments = [_environment(device)]

    def one_pass(self, train_set, test_set, report):
        start = time.perf_counter()
        N, size = len(train_set), self.settings["batch_size"]
        order = torch.randperm(N, generator=self.generator).to(self.device)
        total_loss, total_right = (torch.zeros((), device=self.device) for _ in range(2))
        self.model.train()
        for step, index in enumerate(order.split(size)):
            self._set_learning_rate(step, math.ceil(N / size))
            labels = train_set.labels[index]
            loss, logits = self._step(train_set.images[index], labels)
            total_loss += loss.detach() * len(index)
            total_right += (logits.detach().argmax(1) == labels).sum()
            report.step()
        train_loss = total_loss.item() / N
        if not math.isfinite(train_loss):
            raise FloatingPointError(
                f"the loss is {train_loss} in pass {len(self.epochs) + 1}: "
                f"try a learning_rate below {self.settings['learning_rate']}"
            )
        epoch = Epoch(
            train_loss,
            total_right.item() / N,
            *evaluate(self.model, test_set),
            time.perf_counter() - start,
        )
        report.epoch(len(self.epochs) + 1, epoch)
        return epoch

    def _set_learning_rate(self, step, steps):
        done = len(self.epochs) * steps + step
        fraction = one_cycle(done, self.settings["epochs"] * steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.settings["learning_rate"] * fraction

    def _step(self, images, labels):
        if self.augment is not None:
            images = self.augment(images, self.generator)
        images = images.contiguous(memory_format=torch.channels_last)
        logits = self.model(images)
        loss = F.cross_entropy(logits, labels)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return loss, logits

    def state(self):
        on_gpu = self.device.type == "cuda"
        return {
            "settings": self.settings,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "order": self.generator.get_state(),
            "chance": torch.get_rng_state(),
            "chance_gpu": torch.cuda.get_rng_state(self.device) if on_gpu else None,
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "environments": self.environments,
        }

    def restore(self, path):
        state = checkpoints.load(path, self.settings)
        try:
            self.model.load_state_dict(state["model"])
        except RuntimeError as error:
            raise checkpoints.CheckpointError(f"{path} is of another model: {error}") from error
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["order"])
        torch.set_rng_state(state["chance"])
        if self.device.type == "cuda" and state["chance_gpu"] is not None:
            torch.cuda.set_rng_state(state["chance_gpu"], self.device)
        self.epochs = [Epoch(**epoch) for epoch in state["epochs"]]
        here = self.environments if len(self.epochs) < self.settings["epochs"] else []
        self.environments = state["environments"] + here

    def record(self):
        made_with = {
            key: "; then ".join(dict.fromkeys(one[key] for one in self.environments))
            for key in ("python", "torch", "hardware")
        }
        return (
            self.settings
            | made_with
            | {
                "seconds": round(sum(epoch.seconds for epoch in self.epochs), 1),
                "weights_sha256": weights_sha256(self.model),
            }
        )


def _at_least_one(**counts):
    for name, count in counts.items():
        if count < 1:
            raise ValueError(f"{name} is {count}, it must be at least 1")


def _environment(device):
    return {
        "python": platform.python_version(),
        "torch": str(torch.__version__),  # a plain string, which weights_only can read
        "hardware": hardware(device.type),
    }


def _describe(augment):
    # A function's own repr holds an address, which differs from run to run.
    named = isinstance(augment, type(_describe))
    return augment.__qualname__ if named else repr(augment)


def _on(device, part):
    return replace(part, images=part.images.to(device), labels=part.labels.to(device))
