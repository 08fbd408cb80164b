"""The path of data that a user gave."""

from pathlib import Path

from headstart.core.errors import UsageError, nearest
from headstart.core.rundir import refuse_unfinished


def check_path(path: Path) -> None:
    """UsageError with the nearest name there is, if nothing lies there, or for a directory that is not finished."""
    if path.exists():
        refuse_unfinished(path)
        return
    known = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
    fix = nearest(path.name, known)
    if not known or (len(known) >= 20 and not fix.startswith("did you mean")):
        fix = "check the path"
    raise UsageError(301, "no such file or folder", where=path, fix=fix)
