"""A directory that is built aside and takes the place of another one in a single step: one of the two is always whole.

Where the disk cannot swap two names at once, the old one is renamed to `.NAME.old` first; `restore` puts it back,
should the process be killed just then.
"""

import glob
import os
import platform
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from headstart.core.files import flush_files, make_folder
from headstart.core.operating_system import exchange, flush, is_alive


@contextmanager
def made_aside(path: Path) -> Iterator[Path]:
    """An empty directory beside `path`, which takes its place at the end; nothing is left of it if that is not reached.

    What killed processes of this machine have left there is removed first.
    """
    tidy(path)
    aside = path.with_name(f"{_partial(path)}{os.getpid()}")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        make_folder(aside)
        yield aside
        flush_files(aside)
        take_place(aside, path)
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def tidy(path: Path) -> None:
    """Put right what killed processes of this machine have left beside `path`."""
    restore(path)
    beginning = _partial(path)
    for other in path.parent.glob(f"{glob.escape(beginning)}*"):
        owner = other.name.removeprefix(beginning)
        if owner.isdigit() and not is_alive(int(owner)):
            shutil.rmtree(other, ignore_errors=True)


def _partial(path: Path) -> str:
    """How the names of directories begin that are made aside; the number of the process follows."""
    return f"{path.name}.partial-{platform.node()}-"


def made_for(path: Path) -> str:
    """The name that a directory made aside would have got; "" for any other path."""
    found = re.fullmatch(r"(.+)\.partial-.*-\d+", path.name)
    return found[1] if found and path.is_dir() else ""


def aside_of(path: Path) -> Path:
    """Where a run is made that will take the place of `path`: in a folder of its own, under the same name."""
    return path.parent / f".{path.name}.new" / path.name


def clear_aside(path: Path) -> None:
    """Remove what was being made to take the place of `path`."""
    shutil.rmtree(aside_of(path).parent, ignore_errors=True)


def take_place(aside: Path, path: Path) -> None:
    """What was made aside is `path` from now on; what was there is removed. OSError if the disk refuses."""
    old = _old(path)
    if path.is_dir():
        restore(path)
        try:
            exchange(aside, path)
        except OSError:
            path.rename(old)
            aside.rename(path)
        else:
            flush(path.parent)
            aside.rename(old)  # half removed, it must not look like what is being made
    else:
        aside.rename(path)
    flush(path.parent)
    shutil.rmtree(old, ignore_errors=True)


def restore(path: Path) -> None:
    """Put back what an earlier `take_place` had moved away when it was killed, or remove it if it is not needed."""
    old = _old(path)
    if old.is_dir() and not path.exists():
        old.rename(path)
    elif old.is_dir():
        shutil.rmtree(old, ignore_errors=True)


def _old(path: Path) -> Path:
    return path.parent / f".{path.name}.old"
