"""The name of a starting point -> what lies there."""

from __future__ import annotations

from pathlib import Path

from headstart.core.errors import UsageError
from headstart.models.artifact import Artifact
from headstart.models.public.hub import is_checkpoint, open_checkpoint
from headstart.models.start import Start


def open_start(name: str) -> Start | None:
    """A starting point: None for "scratch", else a model directory, or a public checkpoint (`hf:`, `timm:`)."""
    if name == "scratch":
        return None
    library = name.partition(":")[0] if name.startswith(("hf:", "timm:")) else is_checkpoint(Path(name))
    if library is not None:
        return open_checkpoint(name if ":" in name else f"{library}:{name}")
    start = Artifact.open(Path(name))
    if not start.finished:
        raise UsageError(524, "this model is not finished", where=name, fix="run the command that makes it again")
    return start
