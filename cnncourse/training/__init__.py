"""The one training loop of the course, its checkpoints and the record of each run."""

from cnncourse.training.checkpoint import CheckpointError
from cnncourse.training.evaluation import evaluate, predict
from cnncourse.training.history import Epoch, History
from cnncourse.training.loop import train
from cnncourse.training.modes import Mode, mode
from cnncourse.training.record import hardware, weights_sha256
from cnncourse.training.schedules import cosine, one_cycle, stepwise

__all__ = [
    "CheckpointError",
    "Epoch",
    "History",
    "Mode",
    "cosine",
    "evaluate",
    "hardware",
    "mode",
    "one_cycle",
    "predict",
    "stepwise",
    "train",
    "weights_sha256",
]
