"""A run under way: all that it is made of, a pass of it, and what a checkpoint holds."""

from __future__ import annotations

import contextlib
import math
import time
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import nn

from cnncourse.data import ImageSet
from cnncourse.data.batches import Batches
from cnncourse.training import checkpoint as checkpoints
from cnncourse.training import optimizers, precision, record
from cnncourse.training.average import Average
from cnncourse.training.compiling import compiled
from cnncourse.training.evaluation import evaluate
from cnncourse.training.history import Epoch, History
from cnncourse.training.layout import lay_out, memory_format
from cnncourse.training.losses import loss_and_logits, number_right
from cnncourse.training.plan import Plan
from cnncourse.training.progress import Silent
from cnncourse.training.stopping import Stopping


class Run:
    """A run under way.

    Parameters
    ----------
    model : Module
        Network to train, on its device already.
    plan : Plan
        What was asked, its precision chosen.
    train_set, test_set : ImageSet
        Images and labels.
    device : device
        Where it computes.
    """

    def __init__(
        self,
        model: nn.Module,
        plan: Plan,
        train_set: ImageSet,
        test_set: ImageSet,
        device: torch.device,
    ) -> None:
        self.model, self.plan, self.device = model, plan, device
        self.test_set = replace(
            test_set, images=test_set.images.to(device), labels=test_set.labels.to(device)
        )
        self.batches = Batches(
            train_set,
            batch_size=plan.batch_size,
            augment=plan.augment,
            seed=plan.seed,
            device=device,
        )
        self.optimizer = optimizers.make(
            model,
            name=plan.optimizer,
            learning_rate=plan.learning_rate,
            momentum=plan.momentum,
            weight_decay=plan.weight_decay,
            parameters=plan.parameters,
        )
        self.average = None if plan.ema is None else Average(model, plan.ema)
        self.stopping = None if plan.patience is None else Stopping(plan.patience)
        self.layout = memory_format(model, device)
        self.forward = compiled(model, device) if plan.compile else model
        self.settings = {
            "model": type(model).__name__,
            "parameters": sum(p.numel() for p in model.parameters()),
            "groups": optimizers.describe(self.optimizer),
            "data": f"{train_set!r}, {test_set!r}",
            "data_fingerprint": f"{record.fingerprint(train_set)} {record.fingerprint(test_set)}",
        } | {
            "grouped_by" if name == "parameters" else name: value
            for name, value in plan.described().items()
        }
        self.epochs: list[Epoch] = []
        self.environments = [record.environment(device)]

    @property
    def is_over(self) -> bool:
        """Tell whether all passes are done, or patience is at an end."""
        enough = self.stopping is not None and self.stopping.is_over
        return enough or len(self.epochs) >= self.plan.epochs

    def one_pass(self, report: Silent) -> Epoch:
        """Train on every image once, and test."""
        start, computed = time.perf_counter(), time.process_time()
        self._begin_pass(len(self.epochs))
        train_loss, train_accuracy = self._train(report)
        test_loss, test_accuracy = self._test()
        epoch = Epoch(
            train_loss,
            train_accuracy,
            test_loss,
            test_accuracy,
            self.learning_rate,
            time.perf_counter() - start,
            time.process_time() - computed,
        )
        self.epochs.append(epoch)
        report.epoch(len(self.epochs), epoch)
        return epoch

    def _begin_pass(self, number):
        self.model.train()
        if self.plan.before_epoch is not None:
            self.plan.before_epoch(self.model, number)

    def _train(self, report):
        total_loss, total_right = (torch.zeros((), device=self.device) for _ in range(2))
        for step, (images, targets) in enumerate(self.batches):
            self._set_learning_rate(step)
            images = lay_out(images, self.layout)
            with precision.autocast(self.device, self.plan.precision):
                loss, logits = loss_and_logits(
                    self.forward(images), targets, label_smoothing=self.plan.label_smoothing
                )
            self.model.zero_grad()
            loss.backward()
            self.optimizer.step()
            if self.average is not None:
                self.average.update()
            total_loss += loss.detach() * len(images)
            total_right += number_right(logits, targets)
            report.step()
        N = len(self.batches.labels)
        return self._finite(total_loss.item() / N, "training"), total_right.item() / N

    def _set_learning_rate(self, step):
        steps = len(self.batches)
        done = len(self.epochs) * steps + step
        self.learning_rate = self.plan.learning_rate_at(done, self.plan.epochs * steps)
        optimizers.set_learning_rate(self.optimizer, self.learning_rate)

    def _finite(self, loss, which):
        if not math.isfinite(loss):
            raise FloatingPointError(
                f"the {which} loss is {loss} in pass {len(self.epochs) + 1}: try a learning_rate "
                f"below {self.plan.learning_rate}, or look for such numbers in the images"
            )
        return loss

    def _test(self):
        shown = contextlib.nullcontext() if self.average is None else self.average.shown()
        with shown:
            with precision.autocast(self.device, self.plan.precision):
                loss, accuracy = evaluate(self.model, self.test_set)
            self._finite(loss, "test")
            if self.stopping is not None:
                self.stopping.watch(loss, self.model)
        return loss, accuracy

    def finish(self) -> History:
        """Leave the model with the weights that the run is about: averaged, or of the best pass.

        Returns
        -------
        History
            The passes and the record.
        """
        kept_pass = len(self.epochs)
        if self.stopping is not None:
            self.model.load_state_dict(self.stopping.weights)
            kept_pass = self.stopping.best_pass
        elif self.average is not None:
            self.model.load_state_dict(self.average.values)
        return History(tuple(self.epochs), self._record(kept_pass))

    def _record(self, kept_pass):
        made_with = {
            key: "; then ".join(dict.fromkeys(one[key] for one in self.environments))
            for key in self.environments[0]
        }
        return (
            self.settings
            | made_with
            | {
                "passes": len(self.epochs),
                "kept_pass": kept_pass,
                "seconds": round(sum(e.seconds for e in self.epochs), 1),
                "processor_seconds": round(sum(e.processor_seconds for e in self.epochs), 1),
                "weights_sha256": record.weights_sha256(self.model),
            }
        )

    def state(self) -> dict[str, object]:
        """Give all that a checkpoint needs."""
        on_gpu = self.device.type == "cuda"
        return {
            "settings": self.settings,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average and self.average.state(),
            "stopping": self.stopping and self.stopping.state(),
            "order": self.batches.generator.get_state(),
            "chance": torch.get_rng_state(),
            "chance_gpu": torch.cuda.get_rng_state(self.device) if on_gpu else None,
            "epochs": [asdict(epoch) for epoch in self.epochs],
            "environments": self.environments,
        }

    def restore(self, path: Path) -> None:
        """Go on from a checkpoint.

        `before_epoch` is called once more for every pass that is done, so that what it freezes
        is frozen; then come the weights.

        Parameters
        ----------
        path : Path
            File that holds a `state`.

        Raises
        ------
        CheckpointError
            If it is of another model or another run; nothing is changed then.
        """
        state = checkpoints.load(path, self.settings)
        checkpoints.require_same_layers(path, state["model"], self.model.state_dict())
        for number in range(len(state["epochs"])):
            self._begin_pass(number)
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for part, name in ((self.average, "average"), (self.stopping, "stopping")):
            if part is not None:
                part.restore(state[name])
        self.batches.generator.set_state(state["order"])
        torch.set_rng_state(state["chance"])
        if self.device.type == "cuda" and state["chance_gpu"] is not None:
            torch.cuda.set_rng_state(state["chance_gpu"], self.device)
        self.epochs = [Epoch(**epoch) for epoch in state["epochs"]]
        self.environments = state["environments"] + ([] if self.is_over else self.environments)
