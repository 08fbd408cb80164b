"""Curves in Weights & Biases."""

from collections.abc import Mapping
from pathlib import Path

from headstart.reports.tracking import library


class Wandb:
    """A run of Weights & Biases, kept in the directory and sent where `wandb login` points."""

    def __init__(self, directory: Path, *, project: str = "headstart", name: str = "") -> None:
        wandb = library("wandb", "wandb")
        directory.mkdir(parents=True, exist_ok=True)
        self._run = wandb.init(project=project, name=name or None, dir=str(directory))

    def log(self, step: int, values: Mapping[str, float]) -> None:
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        self._run.finish()
