"""The name of a starting point -> what lies there."""

import importlib.util
from collections.abc import Set
from pathlib import Path

from headstart.core.errors import ContractError, UsageError
from headstart.core.rundir import refuse_unfinished
from headstart.models.artifact import Artifact
from headstart.models.core_start import CORE, CoreStart
from headstart.models.fresh_start import PREFIX, FreshStart
from headstart.models.public.hub import is_checkpoint, open_checkpoint
from headstart.models.start import Start


def open_start(name: str) -> Start | None:
    """A starting point: None for "scratch", else a model directory, or a public checkpoint (`hf:`, `timm:`).

    "fresh:NAME" is the network of another one with fresh weights, "core:NAME" its inner layers alone, for data of
    another kind.
    """
    if name == "scratch":
        return None
    if name.startswith((CORE, PREFIX + CORE)):
        start = open_start(name.removeprefix(PREFIX).removeprefix(CORE))
        if start is None:
            fix = "name the model whose inner layers are taken, core:MODEL"
            raise UsageError(912, "there are no trained layers to take", found=name, fix=fix)
        return CoreStart(start, filled=name.startswith(CORE))
    if name.startswith(PREFIX):
        start = open_start(name.removeprefix(PREFIX))
        return None if start is None else FreshStart(start)
    refuse_unfinished(Path(name))
    library = name.partition(":")[0] if name.startswith(("hf:", "timm:")) else is_checkpoint(Path(name))
    if library is not None:
        return open_checkpoint(name if ":" in name else f"{library}:{name}")
    _check_there(name)
    start = Artifact.open(Path(name))
    if not start.finished:
        raise UsageError(524, "this directory is not finished", where=name, fix="run the command that makes it again")
    return start


def _check_there(name: str) -> None:
    """UsageError for the name of a public checkpoint without its library, where no directory is called so."""
    path = Path(name)
    if path.exists():
        return
    library = ""
    if path.name == name and importlib.util.find_spec("timm") is not None:
        import timm

        library = "timm" if timm.is_model(name.partition(".")[0]) else ""
    elif len(path.parts) == 2 and not path.parent.exists() and not path.is_absolute():
        library = "hf"
    if library:
        raise UsageError(510, "no such model", where=name, fix=f"did you mean the public checkpoint {library}:{name}?")


def open_teacher(name: str, layouts: Set[str]) -> Start:
    """A model to learn from; ContractError if it is not there, or reads data of other layouts."""
    fix = "put it back, or give the directory of a finished model for such data, hf:NAME or timm:NAME"
    try:
        start = open_start(name)
    except UsageError as cause:
        what = "the teacher is missing: the model can be used and fine-tuned, but distillation cannot continue"
        raise ContractError(301, what, where=name, found=cause.what, fix=fix) from cause
    if start is None or start.spec.layout not in layouts:
        found = "nothing that was trained" if start is None else "data with " + ", ".join(start.spec.sizes)
        raise ContractError(300, "the teacher reads other data", where=name, found=found, fix=fix)
    return start
