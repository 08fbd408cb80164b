"""Curves in Weights & Biases."""

# pyright: reportAttributeAccessIssue=false
# the library is optional, and without it a checker may take this very file for it
from collections.abc import Mapping
from pathlib import Path

from headstart.core.errors import UsageError


class Wandb:
    """A run of Weights & Biases, kept in the directory and sent where `wandb login` points."""

    def __init__(self, directory: Path, *, project: str = "headstart", name: str = "") -> None:
        try:
            import wandb  # pyright: ignore[reportMissingImports]  # an optional library
        except ImportError as cause:
            fix = "pip install 'headstart[tracking]'"
            raise UsageError(351, "wandb is not installed", found=str(cause), fix=fix) from cause
        directory.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(project=project, name=name or None, dir=str(directory))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """One point for each named curve."""
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        """Everything is sent or on the disk afterwards."""
        self._run.finish()
