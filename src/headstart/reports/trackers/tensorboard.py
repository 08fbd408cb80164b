"""Curves in TensorBoard."""

from collections.abc import Mapping
from pathlib import Path

from headstart.reports.tracking import library


class Tensorboard:
    """Event files in the directory, for `tensorboard --logdir DIRECTORY`."""

    def __init__(self, directory: Path, *, project: str = "headstart", name: str = "") -> None:
        tensorboard = library("tensorboard", "torch.utils.tensorboard")
        self._writer = tensorboard.SummaryWriter(str(directory / project / name))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        for key, value in values.items():
            self._writer.add_scalar(key, value, step)

    def close(self) -> None:
        self._writer.close()
