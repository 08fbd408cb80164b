"""The name of a starting point, or of a teacher -> what lies there."""

from __future__ import annotations

from pathlib import Path

from headstart.core.errors import ContractError, UsageError
from headstart.models.artifact import Artifact
from headstart.models.hub import is_checkpoint, open_checkpoint
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


def open_teacher(name: str) -> Start:
    """The model that teaches a smaller one; ContractError if it is not there."""
    fix = "put it back, or give the directory of a finished model, hf:... or timm:... as objective.teacher"
    try:
        found = open_start(name)
    except UsageError as cause:
        told = "what it taught answers and is tuned without it, but learns no more of it"
        raise ContractError(
            301, f"the teacher is not there ({told})", where=name, found=cause.what, fix=fix
        ) from cause
    if found is None:
        raise ContractError(301, "nothing can be learned from scratch", where="objective.teacher", fix=fix)
    return found
