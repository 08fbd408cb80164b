"""Curves in TensorBoard."""

from collections.abc import Mapping
from pathlib import Path

from headstart.core.errors import UsageError


class Tensorboard:
    """Event files in the directory, for `tensorboard --logdir DIRECTORY`."""

    def __init__(self, directory: Path, *, project: str = "headstart", name: str = "") -> None:
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as cause:
            fix = "pip install 'headstart[tracking]'"
            raise UsageError(351, "tensorboard is not installed", found=str(cause), fix=fix) from cause
        self._writer = SummaryWriter(str(directory / project / name))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """One point for each named curve."""
        for key, value in values.items():
            self._writer.add_scalar(key, value, step)

    def close(self) -> None:
        """Everything is on the disk afterwards."""
        self._writer.close()
