"""Where headstart keeps what it can make again."""

import os
import tempfile
from pathlib import Path

from headstart.core.errors import StorageError


def directory() -> Path:
    """$HEADSTART_CACHE, else ~/.cache/headstart, else a folder in the temporary directory; it is made if it is absent.

    StorageError if it cannot be made.
    """
    chosen = os.environ.get("HEADSTART_CACHE")
    try:
        folder = Path(chosen) if chosen else Path.home() / ".cache" / "headstart"
    except RuntimeError:  # no home directory
        folder = Path(tempfile.gettempdir()) / "headstart"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        fix = "set HEADSTART_CACHE to a directory that can be written"
        raise StorageError(222, "cannot make the cache", where=folder, found=cause.strerror, fix=fix) from cause
    return folder
