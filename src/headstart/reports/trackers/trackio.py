"""Curves in Trackio."""

from collections.abc import Mapping
from pathlib import Path

from headstart.reports.tracking import library


class Trackio:
    """A run in Trackio's own local store, for `trackio show`; the run is named after the directory unless given."""

    def __init__(self, directory: Path, *, project: str = "headstart", name: str = "") -> None:
        self._run = library("trackio", "trackio").init(project=project, name=name or directory.name)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        self._run.finish()
