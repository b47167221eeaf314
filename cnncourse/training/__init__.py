"""The one training loop of the course, its checkpoints and the record of each run."""

from cnncourse.training.checkpoint import CheckpointError
from cnncourse.training.evaluation import evaluate, predict
from cnncourse.training.history import Epoch, History, hardware, weights_sha256
from cnncourse.training.loop import one_cycle, train

__all__ = [
    "CheckpointError",
    "Epoch",
    "History",
    "evaluate",
    "hardware",
    "one_cycle",
    "predict",
    "train",
    "weights_sha256",
]
