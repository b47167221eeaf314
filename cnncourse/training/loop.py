"""The one training loop of the course."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from torch import nn

from cnncourse.data import ImageSet
from cnncourse.training import checkpoint as checkpoints
from cnncourse.training import memory
from cnncourse.training import precision as precisions
from cnncourse.training.history import History
from cnncourse.training.layout import lay_out, memory_format
from cnncourse.training.optimizers import Groups
from cnncourse.training.plan import Augment, Plan
from cnncourse.training.progress import reporter
from cnncourse.training.run import Run
from cnncourse.training.schedules import Schedule


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
    optimizer: str = "sgd",
    schedule: str | Schedule = "one-cycle",
    label_smoothing: float = 0.0,
    ema: float | None = None,
    patience: int | None = None,
    precision: str = "float32",
    compile: bool = False,  # noqa: A002 - PyTorch's word for it
    parameters: Groups | None = None,
    before_epoch: Callable[[nn.Module, int], object] | None = None,
    seed: int = 0,
    augment: Augment | None = None,
    device: str | None = None,
    checkpoint: str | Path | None = None,
    progress: bool = True,
) -> History:
    """Train a classifier by stochastic gradient descent, and test it after each pass.

    The same seed, machine and number of threads give the same weights, bit for bit on a CPU,
    also when the run was killed and continued.

    Parameters
    ----------
    model : Module
        Turns (N, C, H, W) images into (N, classes) logits; trained in place. One with auxiliary
        heads returns a tuple while it trains, its main logits first.
    train_set, test_set : ImageSet
        Images, as float32 or as bytes, and labels, wholly in memory.
    epochs : int
        Passes over the training set.
    batch_size : int, default 128
        Images a step.
    learning_rate : float, default 0.05
        Largest step size; for AdamW about 0.001 is usual.
    momentum : float, default 0.9
        Share of the last step that is kept; AdamW's first beta.
    weight_decay : float, default 5e-4
        Pull of every parameter towards 0.
    optimizer : {"sgd", "adamw"}, default "sgd"
        Descent with Nesterov's momentum, or AdamW.
    schedule : str or callable, default "one-cycle"
        How the step size goes: "one-cycle" rises over the first fifth of the run and falls to 0
        along a cosine, "cosine" only falls, "step" takes a tenth at half and at three quarters
        of the run, "constant" stays. A function takes the steps done and those of the whole
        run, and returns the fraction of `learning_rate`.
    label_smoothing : float, default 0
        Share of every label that is spread evenly over all classes while training.
    ema : float, optional
        Share that a running mean of the weights keeps at each step, 0.999 for example. The mean
        is what is tested, and what the model is left with.
    patience : int, optional
        Stop after so many passes without a smaller test loss, and leave the model with the
        weights of the best pass. What stops a run should not judge it: pass a part of the
        training set as `test_set`, and test on the real one afterwards.
    precision : {"float32", "bfloat16", "auto"}, default "float32"
        Numbers that the network computes with; the weights are float32 anyway. "auto" takes
        bfloat16 on a GPU that has it, and on a CPU that has it if a step, timed both ways,
        takes a tenth less.
    compile : bool, default False
        Whether PyTorch compiles the network first, which takes from ten seconds to minutes and
        does not make every network faster.
    parameters : callable, optional
        Takes the model, returns groups of parameters as `torch.optim` takes them; each may have
        a "scale", its fraction of every step size.
    before_epoch : callable, optional
        Called with the model, in training mode, and the number of the pass, from 0: to thaw
        layers, or to set some to evaluate. A continued run calls it again for passes done.
    seed : int, default 0
        Fixes the order of the images and all chance in `augment` and the model's layers.
    augment : callable, optional
        Takes a batch of images and a `torch.Generator`, and where it has `mixes_labels` the
        labels, too; returns what to train on. A checkpoint knows it by its name if it is a
        function, else by its `repr`.
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
        If an option is out of its range, or there is no image to train on or to test.
    CheckpointError
        If `checkpoint` is of another model or was made with other settings, or is no checkpoint.
    FloatingPointError
        If the loss is no longer finite.
    OSError
        If a checkpoint cannot be written, or there is no compiler.
    """
    plan = Plan(
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        momentum=momentum,
        weight_decay=weight_decay,
        optimizer=optimizer,
        schedule=schedule,
        label_smoothing=label_smoothing,
        ema=ema,
        patience=patience,
        precision=precision,
        compile=compile,
        parameters=parameters,
        before_epoch=before_epoch,
        seed=seed,
        augment=augment,
    )
    _require_images(training_images=train_set, test_images=test_set)
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None:
        checkpoints.prepare(path)
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    model.to(device)
    for weights in model.parameters():
        if weights.ndim == 4:
            weights.data = lay_out(weights.data, memory_format(model, device))
    gpus = [device] if device.type == "cuda" else []
    with memory.kept(), torch.random.fork_rng(devices=gpus):
        images = train_set.images[:batch_size].to(device, torch.float32)
        plan = replace(plan, precision=precisions.choose(precision, model, images))
        torch.manual_seed(seed)
        run = Run(model, plan, train_set, test_set, device)
        if path is not None and path.exists():
            run.restore(path)
        steps = len(run.batches)
        with reporter(epochs, done=len(run.epochs), steps=steps, show=progress) as report:
            while not run.is_over:
                run.one_pass(report)
                if path is not None:
                    checkpoints.save(run.state(), path)
        return run.finish()


def _require_images(**sets):
    for name, image_set in sets.items():
        if len(image_set) < 1:
            raise ValueError(f"{name} is {len(image_set)}, it must be at least 1")
