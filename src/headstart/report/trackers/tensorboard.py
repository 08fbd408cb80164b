"""Curves in TensorBoard."""

from collections.abc import Mapping
from pathlib import Path

from headstart.report.tracking import PROJECT, library


class Tensorboard:
    """Event files in the directory, for `tensorboard --logdir DIRECTORY`."""

    def __init__(self, directory: Path, *, name: str = "") -> None:
        tensorboard = library("tensorboard", "torch.utils.tensorboard")
        self._writer = tensorboard.SummaryWriter(str(directory / PROJECT / name))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        for key, value in values.items():
            self._writer.add_scalar(key, value, step)

    def close(self) -> None:
        self._writer.close()
