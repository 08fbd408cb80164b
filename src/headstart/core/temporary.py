"""Temporary folders that do not outlive their process for long, however it ended."""

import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headstart.core.operating_system import is_alive


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder in the temporary directory, which is removed in the end."""
    place = make_temporary()
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def make_temporary() -> Path:
    """A new folder in the temporary directory; whoever asks removes it.

    Those that killed processes of this machine have left there are removed first.
    """
    beginning = f"headstart-{platform.node()}-"  # the number of the process follows
    for other in Path(tempfile.gettempdir()).glob(f"{beginning}*"):
        owner = other.name.removeprefix(beginning).partition("-")[0]
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(other, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{beginning}{os.getpid()}-"))
