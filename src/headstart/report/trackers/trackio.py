"""Curves in Trackio."""

# pyright: reportAttributeAccessIssue=false
# the library is optional, and without it a checker may take this very file for it
from collections.abc import Mapping
from pathlib import Path

from headstart.core.errors import UsageError


class Trackio:
    """A run in Trackio's own local store, for `trackio show`; the run is named after the directory unless given."""

    def __init__(self, directory: Path, *, project: str = "headstart", name: str = "") -> None:
        try:
            import trackio  # pyright: ignore[reportMissingImports]  # an optional library
        except ImportError as cause:
            fix = "pip install 'headstart[tracking]'"
            raise UsageError(351, "trackio is not installed", found=str(cause), fix=fix) from cause
        self._run = trackio.init(project=project, name=name or directory.name)

    def log(self, step: int, values: Mapping[str, float]) -> None:
        """One point for each named curve."""
        self._run.log(dict(values), step=step)

    def close(self) -> None:
        """Everything is on the disk afterwards."""
        self._run.finish()
